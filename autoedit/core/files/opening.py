"""A photo's file up to its header: is it there, is it one of ours, is it fit to be edited."""

from __future__ import annotations

import importlib
import importlib.util
import io
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from autoedit.errors import AutoEditError, PhotoError

MAX_PIXELS = 300_000_000
"""Photos with more pixels than this are refused before anything is decoded."""

READABLE = "JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, HEIC"

_PLUGINS = {
    "JPEG": "PIL.JpegImagePlugin:JpegImageFile",
    "PNG": "PIL.PngImagePlugin:PngImageFile",
    "WEBP": "PIL.WebPImagePlugin:WebPImageFile",
    "TIFF": "PIL.TiffImagePlugin:TiffImageFile",
    "BMP": "PIL.BmpImagePlugin:BmpImageFile",
    "GIF": "PIL.GifImagePlugin:GifImageFile",
    "AVIF": "PIL.AvifImagePlugin:AvifImageFile",
    "HEIF": "pillow_heif.as_plugin:HeifImageFile",
}
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"), (b"II+\0", "TIFF"), (b"MM\0+", "TIFF"), (b"GIF8", "GIF"), (b"BM", "BMP"),
)  # fmt: skip
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx")
_HEAD = 64


def read_file(path: Path) -> bytes:
    """The bytes of a file that begins as one of the formats that can be read.

    Raises:
        PhotoError: when there is no such file, or it is a folder, a device, empty or unreadable.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PhotoError(f"{path} is a folder; name one photo file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise PhotoError(f"{path} is a pipe or device, not a file; save the photo first.")
        with path.open("rb") as file:
            refuse_unknown(file.read(_HEAD), str(path))
            file.seek(0)
            return file.read()
    except FileNotFoundError as error:
        hint = "download it first" if "://" in str(path) or ":/" in str(path) else "check the path"
        raise PhotoError(f"There is no file {path}; {hint}.") from error
    except PermissionError as error:
        raise PhotoError(f"{path} may not be read; change its permissions.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PhotoError(f"{str(path)[:200]} cannot be read ({reason}); check the path.") from error


def format_of(head: bytes) -> str:
    """Pillow's name of the format that a file's first bytes show; "" when it is none of ours."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        brands = head[8 : min(_HEAD, int.from_bytes(head[:4], "big"))]
        if b"avif" in brands or b"avis" in brands:
            return "AVIF"
        if brands[:4] in _HEIF_BRANDS:
            return "HEIF"
    return ""


def refuse_unknown(head: bytes, name: str) -> None:
    """Raise PhotoError when a file is empty or does not begin as a photo."""
    if not head:
        raise PhotoError(f"{name} is empty; take another copy of the photo.")
    if not format_of(head):
        raise PhotoError(f"{name} is not a photo that can be read; these can: {READABLE}.")


@contextmanager
def clear_errors(name: str) -> Generator[None]:
    """Turn whatever a decoder raises into one line."""
    try:
        yield
    except AutoEditError:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise PhotoError(
            f"{name} has too many pixels for memory; make it smaller first."
        ) from error
    except Exception as error:  # decoders raise nearly every kind for damaged files
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise PhotoError(
            f"{name} is damaged or cut short ({reason.rstrip('.')}); take another copy of it."
        ) from error


def open_image(data: bytes, name: str) -> Image.Image:
    """A PIL image over a file's bytes, looked at but not decoded.

    Pillow's plugins are called directly: `Image.open` has a limit of its own that is global.

    Raises:
        PhotoError: for an unknown format, several frames or too many pixels.
    """
    refuse_unknown(data, name)
    kind = format_of(data)
    module, _, attribute = _PLUGINS[kind].partition(":")
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        raise PhotoError(
            f"{name} is a HEIC photo, and pillow-heif, which reads it, is not installed. "
            "Run: pip install 'autoedit[heic]'"
        )
    plugin = getattr(importlib.import_module(module), attribute)
    try:
        image: Image.Image = plugin(io.BytesIO(data), "")
    except SyntaxError as error:  # what Pillow's plugins raise for a header that they do not know
        raise PhotoError(
            f"{name} is a {kind} file that is damaged or of a rare kind ({error}); save it as "
            "8- or 16-bit RGB in another program first."
        ) from error
    refuse_size(image.width, image.height, name)
    if getattr(image, "is_animated", False):
        raise PhotoError(
            f"{name} holds several frames, and animated photos cannot be edited; save one frame "
            "first."
        )
    return image


def refuse_size(width: int, height: int, name: str) -> None:
    """Raise PhotoError when there is no pixel, or more than MAX_PIXELS."""
    if width < 1 or height < 1:
        raise PhotoError(f"{name} has no pixels: {width}x{height}.")
    if width * height > MAX_PIXELS:
        raise PhotoError(
            f"{name} is {width}x{height} pixels, more than the {MAX_PIXELS // 10**6} million that "
            "can be edited; make it smaller first."
        )
