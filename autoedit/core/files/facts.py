"""What a file says beside its pixels, gathered into `FileFacts`."""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from typing import Any

from PIL import Image, JpegImagePlugin

from autoedit.core.files import tiff
from autoedit.core.files.exif import settle_exif, settle_xmp
from autoedit.core.photo import FileFacts

_IPTC = 0x0404
"""The Photoshop resource that holds captions, credits and keywords."""


def facts_of_image(image: Image.Image, data: bytes) -> tuple[FileFacts, int]:
    """The facts of a PIL image, and the EXIF orientation that its pixels still need, 1 to 8.

    Args:
        image: opened or loaded.
        data: its file, or empty.
    """
    exif, orientation = _exif(image)
    facts = _facts(image.info, image.format or "", exif)
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        facts = _of_jpeg(image, facts)
    if facts.format == "WEBP":
        facts = replace(facts, lossless=_webp_is_lossless(data))
    return facts, orientation


def facts_of_tiff(data: bytes, tags: tiff.TiffFacts) -> FileFacts:
    """The facts of a TIFF file."""
    raw = tiff.exif_of(data)
    exif = settle_exif(raw)[0] if raw else None
    return _facts(tags.info(), "TIFF", exif)


def _facts(info: Any, kind: str, exif: bytes | None) -> FileFacts:
    """From Pillow's names of things."""
    xmp = info.get("xmp")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if isinstance(xmp, bytes):
        xmp = settle_xmp(xmp)  # whatever it said: some readers would turn the upright pixels again
    profile = info.get("icc_profile")
    return FileFacts(
        format="JPEG" if kind == "MPO" else kind,
        icc_profile=profile if isinstance(profile, bytes) and profile else None,
        exif=exif,
        xmp=xmp if isinstance(xmp, bytes) and xmp else None,
        dpi=_dpi(info.get("dpi")),
        progressive=bool(info.get("progressive")),
        compression=str(info.get("compression", "")) if kind == "TIFF" else "",
    )


def _exif(image: Image.Image) -> tuple[bytes | None, int]:
    raw = image.info.get("exif")
    if not isinstance(raw, bytes) or not raw:
        found = image.getexif()  # what other places hold, such as a PNG's text
        raw = found.tobytes() if len(found) else b""
    return settle_exif(raw) if raw else (None, 1)


def _dpi(value: Any) -> tuple[float, float] | None:
    try:
        x, y = (float(v) for v in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (x, y) if math.isfinite(x) and math.isfinite(y) and x > 0 and y > 0 else None


def _of_jpeg(image: JpegImagePlugin.JpegImageFile, facts: FileFacts) -> FileFacts:
    comment = image.info.get("comment")
    blocks = [("COM", comment)] if isinstance(comment, bytes) else []
    iptc = image.info.get("photoshop", {}).get(_IPTC)
    if isinstance(iptc, bytes):
        # Alone, without Photoshop's thumbnail of the photo before the edit.
        resource = struct.pack(">4sHHI", b"8BIM", _IPTC, 0, len(iptc)) + iptc
        blocks.append(("APP13", b"Photoshop 3.0\0" + resource + b"\0" * (len(iptc) % 2)))
    facts = replace(facts, blocks=tuple(blocks))
    if image.layers not in (1, 3):
        return facts
    # One table for each component, in their order: how Pillow hands them back to libjpeg.
    used = [image.quantization.get(layer[3]) for layer in image.layer]
    tables = {i: list(table) for i, table in enumerate(used) if table}
    if len(tables) == 3 and tables[1] == tables[2]:
        del tables[2]
    sampling = JpegImagePlugin.get_sampling(image)
    return replace(
        facts,
        quantization=tables if len(tables) > len(used) - 2 else None,
        subsampling=sampling if sampling >= 0 else 0,
    )


def _webp_is_lossless(data: bytes) -> bool:
    position = 12
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        if kind in (b"VP8 ", b"VP8L"):
            return kind == b"VP8L"
        position += 8 + size + size % 2
    return False
