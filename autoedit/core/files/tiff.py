"""TIFF with 8 or 16 bits a sample, with the tags that a photo keeps. Source: TIFF 6.0.

Pillow reads 8-bit TIFF but has no RGB with 16 bits. Its libtiff still expands every compression:
16-bit samples are taken through it as rows of bytes.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from autoedit.errors import PhotoError

DeepArray = NDArray[np.uint16]

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _CHANNELS, _STRIP_ROWS, _STRIP_BYTES = 273, 274, 277, 278, 279
_X_DENSITY, _Y_DENSITY, _PLANAR, _DENSITY_UNIT, _PREDICTOR = 282, 283, 284, 296, 317
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 322, 323, 324, 325
_EXTRA, _FORMAT, _XMP, _ICC = 338, 339, 700, 34675
_SUBFILE, _LAYERS, _RAW_VERSION = 254, 37724, 50706
_DIRECTORIES = (34665, 34853)  # EXIF and GPS
_DESCRIBES_PIXELS = frozenset(
    {*range(254, 260), 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 290, 291, 292,
     293, 301, 317, *range(320, 326), 330, *range(332, 340), 340, 341, 342, 347, *range(512, 522),
     529, 530, 531, 532, _XMP, _ICC, _LAYERS}
)  # fmt: skip
_NONE, _DEFLATE = 1, 8
_EXPANDABLE = {1, 5, 8, 32773, 32946, 34925, 50000}  # none, LZW, Deflate, PackBits, LZMA, Zstandard
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_PREMULTIPLIED, _UNASSOCIATED = 1, 2
_BAND = 64
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class TiffFacts:
    """What the tags of a TIFF's one page say, and how its pixels lie in the file."""

    tags: Any
    order: str

    def number(self, tag: int, default: int = 1) -> int:
        """A tag's value, or the first of its values."""
        return int((self.numbers(tag) or (default,))[0])

    def numbers(self, tag: int) -> tuple[int, ...]:
        """A tag's values; empty when it is not there."""
        value: Any = self.tags.get(tag, ())
        return cast("tuple[int, ...]", value) if isinstance(value, tuple) else (value,)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels as stored."""
        return self.number(_WIDTH, 0), self.number(_HEIGHT, 0)

    @property
    def deep(self) -> bool:
        """Whether it has 16 bits a sample, in grey or RGB."""
        return self.number(_BITS) == 16 and self.number(_PHOTOMETRIC, _RGB) <= _RGB

    @property
    def orientation(self) -> int:
        """1 to 8, as in EXIF."""
        value = self.number(_ORIENTATION)
        return value if value in range(1, 9) else 1

    @property
    def notes(self) -> tuple[str, ...]:
        """What reading leaves out, a sentence each."""
        notes: list[str] = []
        if _LAYERS in self.tags:
            notes.append("Its layers were left out; the photo is flat now.")
        if self.number(_BITS) == 16 and not self.deep:
            notes.append("16 bits a sample were read as 8.")
        return tuple(notes)

    def info(self) -> dict[str, Any]:
        """The profile, XMP and resolution by Pillow's names."""
        found: dict[str, Any] = {"icc_profile": self.tags.get(_ICC), "xmp": self.tags.get(_XMP)}
        scale = {2: 1.0, 3: 2.54}.get(self.number(_DENSITY_UNIT, 2))  # inch, centimetre
        if scale and _X_DENSITY in self.tags and _Y_DENSITY in self.tags:
            found["dpi"] = tuple(float(self.tags[t]) * scale for t in (_X_DENSITY, _Y_DENSITY))
        if self.number(_COMPRESSION) != _NONE:
            found["compression"] = "tiff_adobe_deflate"  # the one that is written
        return found


def read_facts(data: bytes, name: str) -> TiffFacts:
    """Read the tags of a TIFF file.

    Raises:
        PhotoError: for several pages, a camera's raw file, and samples that are not 1 to 16 bit
            whole numbers.
    """
    if 43 in data[2:4]:
        raise PhotoError(f"{name} is a BigTIFF, which cannot be edited; save it as plain TIFF.")
    tags = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
    stream = io.BytesIO(data)
    stream.seek(tags.next)
    tags.load(stream)
    facts = TiffFacts(tags, "<" if data[:2] == b"II" else ">")
    if _RAW_VERSION in tags or data[8:10] == b"CR" or facts.number(_SUBFILE, 0) & 1:
        raise PhotoError(
            f"{name} is a camera's raw file; develop it to TIFF or JPEG first, then edit that."
        )
    if tags.next:
        raise PhotoError(
            f"{name} has several pages, and only one photo can be edited; save one page first."
        )
    bits, kind = facts.number(_BITS), facts.number(_FORMAT)
    if kind != 1 or bits not in (1, 2, 4, 8, 16):
        word = {2: "signed ", 3: "floating-point "}.get(kind, "")
        raise PhotoError(
            f"{name} has {bits}-bit {word}samples, and 8 or 16 bits can be edited; convert it to "
            "16 bits first."
        )
    return facts


def exif_of(data: bytes) -> bytes | None:
    """The EXIF, GPS and descriptive tags of a TIFF file as one EXIF block; None without any."""
    exif = Image.Exif()
    exif.load(data)
    for tag in _DESCRIBES_PIXELS.intersection(exif):
        del exif[tag]
    return exif.tobytes() if len(exif) else None


def decode_deep(data: bytes, facts: TiffFacts) -> tuple[DeepArray, list[str]]:
    """The samples of a 16-bit TIFF as stored, and notes on what was left out or converted.

    Returns:
        uint16 (H, W, C) with C as in `Photo.deep`, and a sentence for each note.

    Raises:
        PhotoError: for a compression that cannot be expanded.
        OSError, ValueError: when it is damaged.
    """
    samples = _words(data, facts)
    notes: list[str] = []
    colours = 3 if facts.number(_PHOTOMETRIC) == _RGB else 1
    extra = facts.numbers(_EXTRA)
    if facts.number(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        samples[:, :, :1] = 65535 - samples[:, :, :1]
    spare = samples.shape[2] - colours
    if spare < 0:
        raise ValueError("it has fewer channels than colours")
    # One channel more that nothing is said of is alpha to every program that writes it so.
    meaning = extra[0] if extra else (_UNASSOCIATED if spare == 1 else 0)
    has_alpha = spare > 0 and meaning in (_PREMULTIPLIED, _UNASSOCIATED)
    if spare > has_alpha:
        notes.append(f"Channels beside colour and alpha were left out: {spare - has_alpha}.")
    samples = samples[:, :, : colours + has_alpha]
    if has_alpha and meaning == _PREMULTIPLIED:
        alpha = np.maximum(samples[:, :, -1:], 1).astype(np.float32) / 65535
        plain = np.rint(samples[:, :, :-1] / alpha).clip(0, 65535).astype(np.uint16)
        samples = np.concatenate([plain, samples[:, :, -1:]], axis=2)
        notes.append("Its colours were premultiplied with alpha, and are plain now.")
    return np.ascontiguousarray(samples), notes


def _words(data: bytes, facts: TiffFacts) -> DeepArray:
    """All channels as stored, uint16 (H, W, channels)."""
    if facts.number(_COMPRESSION) not in _EXPANDABLE:
        raise PhotoError(
            "This TIFF's 16-bit compression cannot be read; save it uncompressed, with LZW or ZIP."
        )
    width, height = facts.size
    channels = facts.number(_CHANNELS)
    planes = channels if facts.number(_PLANAR) == 2 else 1
    together = channels // planes
    block = facts.number(_TILE_WIDTH, width)
    samples = np.empty((height, width, channels), np.uint16)
    for plane in range(planes):
        with _as_bytes(data, facts, plane, planes) as image:
            rows = np.asarray(image)
        words = rows.view(facts.order + "u2").reshape(height, width, together)
        into = samples[:, :, plane * together : (plane + 1) * together]
        if facts.number(_PREDICTOR) == 2:  # each row of a strip or tile holds differences
            for x in range(0, width, block):
                np.cumsum(words[:, x : x + block], 1, np.uint16, into[:, x : x + block])
        else:
            into[:] = words
    return samples


def _as_bytes(data: bytes, facts: TiffFacts, plane: int, planes: int) -> Image.Image:
    """One plane as Pillow's greyscale image of bytes: another directory over the same strips."""
    width, height = facts.size
    row_bytes = 2 * facts.number(_CHANNELS) // planes
    tiled = _TILE_OFFSETS in facts.tags
    where = (_TILE_OFFSETS, _TILE_BYTES) if tiled else (_STRIP_OFFSETS, _STRIP_BYTES)
    directory = TiffImagePlugin.ImageFileDirectory_v2(_header(facts.order, 8))
    directory[_WIDTH], directory[_HEIGHT] = width * row_bytes, height
    directory[_BITS], directory[_CHANNELS], directory[_PHOTOMETRIC] = 8, 1, _BLACK_IS_ZERO
    directory[_COMPRESSION] = facts.number(_COMPRESSION)
    parts = len(facts.numbers(where[0])) // planes
    for tag in where:
        directory[tag] = facts.numbers(tag)[plane * parts : (plane + 1) * parts]
    if tiled:
        directory[_TILE_WIDTH] = facts.number(_TILE_WIDTH) * row_bytes
        directory[_TILE_HEIGHT] = facts.number(_TILE_HEIGHT)
    else:
        directory[_STRIP_ROWS] = min(facts.number(_STRIP_ROWS, height), height)
    if tiled:  # Pillow moves the offsets of strips behind the directory, but not those of tiles
        behind = 8 + len(directory.tobytes(8))
        directory[_TILE_OFFSETS] = tuple(behind + n for n in directory[_TILE_OFFSETS])
    whole = b"".join([_header(facts.order, 8), directory.tobytes(8), data])
    return TiffImagePlugin.TiffImageFile(io.BytesIO(whole))


def encode(
    samples: NDArray[Any],
    *,
    exif: bytes | None,
    xmp: bytes | None,
    icc_profile: bytes | None,
    dpi: tuple[float, float] | None,
    compressed: bool,
) -> bytes:
    """A TIFF file of uint8 or uint16 samples (H, W, C), C as in `Photo.deep`, without loss.

    `compressed` is Deflate with horizontal differences; every TIFF reader of today has it.
    """
    height, width, channels = samples.shape
    strips = [_strip(samples[y : y + _BAND], compressed) for y in range(0, height, _BAND)]
    sizes = [len(strip) for strip in strips]
    tags = TiffImagePlugin.ImageFileDirectory_v2(_header("<", 8))
    _describe(tags, exif, dpi)
    tags[_WIDTH], tags[_HEIGHT], tags[_CHANNELS] = width, height, channels
    tags[_BITS] = (samples.dtype.itemsize * 8,) * channels
    tags[_COMPRESSION] = _DEFLATE if compressed else _NONE
    tags[_PREDICTOR] = 2 if compressed else 1
    tags[_PHOTOMETRIC] = _RGB if channels > 2 else _BLACK_IS_ZERO
    tags[_PLANAR], tags[_ORIENTATION] = 1, 1
    tags[_STRIP_ROWS], tags[_STRIP_BYTES] = _BAND, tuple(sizes)
    tags[_STRIP_OFFSETS] = (0, *accumulate(sizes[:-1]))  # from the directory's end
    if channels in (2, 4):
        tags[_EXTRA] = _UNASSOCIATED
    if xmp:
        tags[_XMP] = xmp
    if icc_profile:
        tags[_ICC] = icc_profile
    return b"".join([_header("<", 8), tags.tobytes(8), *strips])


def _describe(tags: Any, exif: bytes | None, dpi: tuple[float, float] | None) -> None:
    block = Image.Exif()
    if exif:
        block.load(exif)
    for tag in set(block) - _DESCRIBES_PIXELS:
        tags[tag] = block.get_ifd(tag) if tag in _DIRECTORIES else block[tag]
    if dpi:
        tags[_DENSITY_UNIT] = 2
        tags[_X_DENSITY], tags[_Y_DENSITY] = dpi


def _strip(rows: NDArray[Any], compressed: bool) -> bytes:
    little = rows.astype(rows.dtype.newbyteorder("<"))
    if compressed:
        little[:, 1:] -= rows[:, :-1]
        packed = zlib.compress(little.tobytes(), _LEVEL)
    else:
        packed = little.tobytes()
    return packed + b"\0" * (len(packed) % 2)  # offsets in a TIFF are even


def _header(order: str, directory: int) -> bytes:
    return struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, directory)
