"""A photo as the bytes of a file, format by format."""

from __future__ import annotations

import importlib
import importlib.util
import io
import logging
import struct
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from autoedit.core.files import png, tiff
from autoedit.core.files.exif import PREFIX
from autoedit.core.files.pixels import joined
from autoedit.core.photo import Photo
from autoedit.errors import OutputError

_log = logging.getLogger(__name__)

_JPEG_QUALITY = 95
_QUALITY = 90
_SEGMENT = 65533
"""What one segment of a JPEG can hold, in bytes."""
_XMP_OVERHEAD = 29


def encode(photo: Photo, kind: str, quality: int | None) -> bytes:
    """The bytes of a file.

    Args:
        photo: what to encode.
        kind: the format as Pillow names it.
        quality: 1 to 100, or None for that of the input.

    Raises:
        OutputError: when the format's library is missing or refuses the photo.
        Exception: of nearly any kind, from the encoder.
    """
    if photo.deep is not None and kind not in ("PNG", "TIFF"):
        _log.warning(
            "%s has 16 bits a sample and %s holds 8; save as PNG or TIFF to keep them.",
            photo.name, kind,
        )  # fmt: skip
    encoders = {"JPEG": _jpeg, "PNG": _png, "TIFF": _tiff, "BMP": _bmp, "GIF": _gif,
                "WEBP": _webp, "AVIF": _avif, "HEIF": _heif}  # fmt: skip
    try:
        return encoders[kind](photo, quality)
    except OutputError:
        raise
    except Exception as error:  # some writers take the EXIF apart, and stumble over a damaged one
        if photo.facts.exif is None:
            raise
        plain = replace(photo, facts=replace(photo.facts, exif=None))
        content = encoders[kind](plain, quality)
        _log.warning("The EXIF of %s is damaged and was left out (%s).", photo.name, error)
        return content


def _image(photo: Photo) -> Image.Image:
    """In L, LA, RGB or RGBA, with an empty `info`: each encoder says itself what goes along."""
    image = photo.to_image()
    image.info.clear()
    return image


def _metadata(photo: Photo) -> dict[str, Any]:
    """Pillow's options for what all of its writers can keep."""
    facts = photo.facts
    kept = {"icc_profile": facts.icc_profile, "exif": facts.exif, "xmp": facts.xmp}
    return {name: value for name, value in kept.items() if value}


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _jpeg(photo: Photo, quality: int | None) -> bytes:
    facts = photo.facts
    options = _metadata(photo)
    room = {"exif": _SEGMENT, "xmp": _SEGMENT - _XMP_OVERHEAD}
    for name, most in room.items():
        if len(options.get(name, b"")) > most:
            _log.warning("The %s of %s is too large for a JPEG.", name.upper(), photo.name)
            del options[name]
    if facts.dpi:
        options["dpi"] = facts.dpi
    if facts.format == "JPEG":
        blocks = dict(facts.blocks)
        options |= {"comment": blocks.get("COM"), "progressive": facts.progressive}
        if "APP13" in blocks and len(blocks["APP13"]) <= _SEGMENT:
            size = struct.pack(">H", len(blocks["APP13"]) + 2)
            options["extra"] = b"\xff\xed" + size + blocks["APP13"]
    if facts.quantization and quality is None:
        options["qtables"] = facts.quantization
    else:
        options["quality"] = quality or _JPEG_QUALITY
    if not photo.grey:
        options["subsampling"] = facts.subsampling or 0
    return _saved(_on_white(photo), "JPEG", **options)


def _on_white(photo: Photo) -> Image.Image:
    """Without alpha, for a JPEG: what was clear is white."""
    image = _image(photo)
    if photo.alpha is None:
        return image
    _log.warning("A JPEG has no transparency: what was clear in %s is white now.", photo.name)
    ground = Image.new(image.mode, image.size, "white")
    ground.alpha_composite(image)
    return ground.convert("L" if photo.grey else "RGB")


def _png(photo: Photo, _quality: int | None) -> bytes:
    facts = photo.facts
    exif = facts.exif.removeprefix(PREFIX) if facts.exif else None
    blocks = facts.blocks if facts.format == "PNG" else ()
    extra = png.metadata_chunks(facts.icc_profile, exif, facts.xmp, facts.dpi, blocks)
    deep = photo.deep
    whole = _saved(_image(photo), "PNG") if deep is None else png.encode_deep(deep)
    return png.with_chunks(whole, extra)


def _tiff(photo: Photo, _quality: int | None) -> bytes:
    facts = photo.facts
    samples = photo.deep
    return tiff.encode(
        joined(photo.pixels, photo.alpha, photo.grey) if samples is None else samples,
        exif=facts.exif,
        xmp=facts.xmp,
        icc_profile=facts.icc_profile,
        dpi=facts.dpi,
        compressed=bool(facts.compression) or facts.format != "TIFF",
    )


def _bmp(photo: Photo, _quality: int | None) -> bytes:
    if photo.alpha is None:
        options = {"dpi": photo.facts.dpi} if photo.facts.dpi else {}
        return _saved(_image(photo), "BMP", **options)
    import cv2  # Pillow's BMP has no alpha

    written, content = cv2.imencode(".bmp", np.dstack([photo.pixels[:, :, ::-1], photo.alpha]))
    if not written:
        raise ValueError("the BMP encoder failed")
    return content.tobytes()


def _gif(photo: Photo, _quality: int | None) -> bytes:
    _log.warning("A GIF holds 256 colours; save %s as PNG to keep all of them.", photo.name)
    return _saved(_image(photo), "GIF")


def _webp(photo: Photo, quality: int | None) -> bytes:
    lossless = photo.facts.lossless and quality is None
    return _saved(
        _image(photo), "WEBP", lossless=lossless, exact=lossless,
        quality=100 if lossless else quality or _QUALITY, **_metadata(photo),
    )  # fmt: skip


def _avif(photo: Photo, quality: int | None) -> bytes:
    quality = quality or photo.facts.quality or _QUALITY
    return _saved(_image(photo), "AVIF", quality=quality, subsampling="4:4:4", **_metadata(photo))


def _heif(photo: Photo, quality: int | None) -> bytes:
    if importlib.util.find_spec("pillow_heif") is None:
        raise OutputError(
            "pillow-heif, which writes HEIC, is not installed. Run: pip install 'autoedit[heic]'"
        )
    heif = importlib.import_module("pillow_heif")
    image = _image(photo)
    image.info |= _metadata(photo)
    buffer = io.BytesIO()
    heif.from_pillow(image).save(
        buffer, quality=quality or photo.facts.quality or _QUALITY, chroma=444
    )
    return buffer.getvalue()
