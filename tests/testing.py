"""Helpers that several test files share."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

SHARED = Path(__file__).parents[2] / "shared"
"""Real photos beside the checkout; tests that use them skip where they are missing."""

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d tiff:Orientation="6" dc:title="Desk"/></x:xmpmeta>'
ICC = Path(__file__).name.encode() * 300  # no codec looks into a profile that it only carries


def noise(height: int, width: int, channels: int = 3, dtype: Any = np.uint8) -> Any:
    """Random samples (H, W, C), (H, W) for one channel, the same each time."""
    rng = np.random.default_rng(height * 1000 + width * 10 + channels)
    shape = (height, width, channels) if channels > 1 else (height, width)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def smooth(height: int, width: int, channels: int = 3) -> Any:
    """A photo-like gradient, uint8 (H, W, C), that lossy formats keep nearly as it is."""
    y, x = np.mgrid[0:height, 0:width]
    parts = [80 + 60 * np.sin(x / 9 + i) + 60 * np.cos(y / 7 - i) for i in range(channels)]
    picture = np.clip(np.stack(parts, 2), 0, 255).astype(np.uint8)
    return picture if channels > 1 else picture[:, :, 0]


def encoded(samples: Any, kind: str = "PNG", **options: Any) -> bytes:
    """A file of uint8 samples, by Pillow."""
    buffer = io.BytesIO()
    image = samples if isinstance(samples, Image.Image) else Image.fromarray(samples)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def tiff(samples: Any, **options: Any) -> bytes:
    """A TIFF file, by tifffile."""
    buffer = io.BytesIO()
    channels = samples.shape[2] if samples.ndim == 3 else 1
    options.setdefault("photometric", "rgb" if channels > 2 else "minisblack")
    if channels in (2, 4):
        options.setdefault("extrasamples", ["unassalpha"])
    tifffile.imwrite(buffer, samples, metadata=None, **options)
    return buffer.getvalue()


def deep_png(samples: Any, *extra: tuple[bytes, bytes]) -> bytes:
    """A 16-bit PNG of uint16 samples, written chunk by chunk; `extra` come before the pixels."""
    height, width = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    rows = samples.astype(">u2").tobytes()
    stride = width * channels * 2
    filtered = b"".join(b"\0" + rows[y * stride : (y + 1) * stride] for y in range(height))
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)),
        *extra,
        (b"IDAT", zlib.compress(filtered)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def exif(orientation: int = 1, **more: Any) -> Image.Exif:
    """An EXIF block with a maker, an artist, a lens and a place."""
    block = Image.Exif()
    block[271], block[315], block[274] = "Kamera", "Ada", orientation
    block.get_ifd(34665)[42036] = "Lens 50mm"
    block.get_ifd(34853)[1] = "N"
    for tag, value in more.items():
        block[int(tag)] = value
    return block


def read_exif(raw: bytes | None) -> Image.Exif:
    block = Image.Exif()
    block.load(raw or b"")
    return block
