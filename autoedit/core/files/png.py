"""PNG as chunks: is a file whole, what does it say beside its pixels, and 16 bits a sample.

Pillow reads and writes 8-bit PNG; it has no RGB with 16 bits. Source: W3C PNG, third edition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

DeepArray = NDArray[np.uint16]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_END = 33
_KEPT = (b"tEXt", b"zTXt", b"iTXt", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"pHYs", b"tIME")
_REPLACED = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0", b"Raw profile type APP1\0",
             b"Raw profile type xmp\0")  # fmt: skip
_COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
_CHANNELS = {kind: channels for channels, kind in _COLOUR_TYPE.items()}
_UP = 2
_LEVEL = 2  # 16-bit samples shrink by 3% more at level 6, in seven times the time
_BAND = 256


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, content) of each chunk, the final IEND included.

    Raises:
        ValueError: at a chunk that is cut short or does not match its checksum.
    """
    position = len(_SIGNATURE)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        content = data[position + 8 : position + 8 + length]
        position += 12 + length
        if position > len(data):
            break
        if zlib.crc32(content, zlib.crc32(kind)) != struct.unpack_from(">I", data, position - 4)[0]:
            raise ValueError(f"the checksum of its {kind.decode('latin-1')} chunk is wrong")
        yield kind, content
        if kind == b"IEND":
            return
    raise ValueError("the file ends too early")


def kept_blocks(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """The text, colour, resolution and time chunks, but those that hold EXIF or XMP."""
    return tuple(
        (kind.decode(), content)
        for kind, content in chunks(data)
        if kind in _KEPT and not content.startswith(_REPLACED)
    )


def is_deep(data: bytes) -> bool:
    """Whether a PNG has 16 bits a sample."""
    return data[24] == 16


def decode_deep(data: bytes) -> DeepArray:
    """The samples of a 16-bit PNG, uint16 (H, W, C) with C as in `Photo.deep`.

    Raises:
        ValueError: when it is damaged.
    """
    import cv2

    # Only the pixels: what else there is, OpenCV would apply or warn about in its own ways.
    parts = list(chunks(data))
    kept = [_chunk(*part) for part in parts if part[0] in (b"IHDR", b"IDAT", b"IEND")]
    channels = _CHANNELS[data[25]]
    bare = np.frombuffer(_SIGNATURE + b"".join(kept), np.uint8)
    decoded = cv2.imdecode(bare, cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16:
        raise ValueError("its pixels cannot be decoded")
    if channels == 1:
        samples = decoded.reshape(*decoded.shape[:2], 1)
    else:  # OpenCV gives BGR or BGRA, grey with alpha as BGRA too
        samples = decoded[:, :, {2: [0, 3], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]]
    key = next((content for kind, content in parts if kind == b"tRNS"), None)
    if key is not None and channels in (1, 3):
        clear = (samples == np.frombuffer(key, ">u2", channels)).all(axis=2, keepdims=True)
        opaque = np.where(clear, 0, 65535).astype(np.uint16)
        samples = np.concatenate([samples, opaque], axis=2)
    return np.ascontiguousarray(samples, dtype=np.uint16)


def encode_deep(samples: DeepArray) -> bytes:
    """A 16-bit PNG of uint16 samples (H, W, C)."""
    height, width, channels = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPE[channels], 0, 0, 0)
    squeeze = zlib.compressobj(_LEVEL)
    above = np.zeros((1, width * channels * 2), np.uint8)
    packed: list[bytes] = []
    for top in range(0, height, _BAND):
        band = samples[top : top + _BAND].astype(">u2").reshape(-1, width * channels)
        rows = band.view(np.uint8)
        filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
        filtered[:, 0] = _UP
        np.subtract(rows, np.concatenate([above, rows[:-1]]), out=filtered[:, 1:])
        above = rows[-1:]
        packed.append(squeeze.compress(filtered.tobytes()))
    packed.append(squeeze.flush())
    content = b"".join(packed)
    limit = 1 << 30
    parts = [_chunk(b"IDAT", content[i : i + limit]) for i in range(0, len(content), limit)]
    return b"".join([_SIGNATURE, _chunk(b"IHDR", header), *parts, _chunk(b"IEND", b"")])


def with_chunks(png: bytes, extra: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A PNG file with more chunks right behind its header."""
    added = b"".join(_chunk(kind, content) for kind, content in extra)
    return png[:_HEADER_END] + added + png[_HEADER_END:]


def metadata_chunks(
    icc_profile: bytes | None,
    exif: bytes | None,
    xmp: bytes | None,
    dpi: tuple[float, float] | None,
    blocks: Iterable[tuple[str, bytes]],
) -> list[tuple[bytes, bytes]]:
    """What a photo's file says beside its pixels, as chunks.

    Args:
        icc_profile, xmp: raw.
        exif: without the "Exif" prefix.
        dpi: (x, y); passed over when `blocks` hold the resolution.
        blocks: as `kept_blocks` gives them.
    """
    result = [(kind.encode(), content) for kind, content in blocks]
    if icc_profile:
        # A profile and the plain sRGB chunk exclude each other.
        result = [(kind, content) for kind, content in result if kind != b"sRGB"]
        result.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile)))
    if dpi and not any(kind == b"pHYs" for kind, _ in result):
        per_metre = [round(value / 0.0254) for value in dpi]
        result.append((b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if exif:
        result.append((b"eXIf", exif))
    if xmp:
        result.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    return result


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
