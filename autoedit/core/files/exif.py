"""EXIF and XMP blocks, changed in place so that all the rest (maker notes too) stays as it was."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

PREFIX = b"Exif\0\0"
"""What a JPEG puts before the TIFF structure of its EXIF."""

_ORIENTATION = 0x0112
_EXIF_IFD = 0x8769
_PIXEL_X, _PIXEL_Y = 0xA002, 0xA003
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_SHORT = 3


def settle_exif(block: bytes) -> tuple[bytes, int]:
    """Prepare an EXIF block for a photo whose pixels get turned upright and then edited.

    The orientation becomes 1, width and height change places when the turn makes them, and the
    embedded thumbnail goes: it would still show what an edit removes.

    Args:
        block: with or without the "Exif" prefix.

    Returns:
        The block with the prefix, and the orientation it had, 1 to 8. A block that cannot be
        understood comes back as it is, with 1.
    """
    tiff = block.removeprefix(PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return PREFIX + tiff, 1
    try:
        directory = _Directories(bytearray(tiff), order)
        orientation = directory.settle()
    except struct.error:
        return PREFIX + tiff, 1
    return PREFIX + bytes(directory.data), orientation


def settle_xmp(xmp: bytes) -> bytes:
    """Set every `tiff:Orientation` of an XMP packet to 1."""
    return re.sub(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]", rb"\g<1>1", xmp)


@dataclass(slots=True)
class _Directories:
    """The image file directories of a TIFF structure (TIFF 6.0, section 2), changed in place."""

    data: bytearray
    order: str

    def settle(self) -> int:
        first, link = self._entries(self._unpack("I", 4))
        thumbnail = self._unpack("I", link)
        if thumbnail:
            struct.pack_into(self.order + "I", self.data, link, 0)
        orientation = 1
        if _ORIENTATION in first:
            orientation = self._get(first[_ORIENTATION])
            self._set(first[_ORIENTATION], 1)
        if orientation not in range(1, 9):
            orientation = 1
        if orientation >= 5 and _EXIF_IFD in first:
            self._swap_sides(self._get(first[_EXIF_IFD]))
        if thumbnail:
            self._erase_thumbnail(thumbnail)
        return orientation

    def _swap_sides(self, offset: int) -> None:
        entries, _ = self._entries(offset)
        if _PIXEL_X in entries and _PIXEL_Y in entries:
            x, y = entries[_PIXEL_X], entries[_PIXEL_Y]
            width, height = self._get(x), self._get(y)
            self._set(x, height)
            self._set(y, width)

    def _erase_thumbnail(self, offset: int) -> None:
        entries, _ = self._entries(offset)
        if _THUMBNAIL_OFFSET in entries and _THUMBNAIL_LENGTH in entries:
            start = self._get(entries[_THUMBNAIL_OFFSET])
            end = min(start + self._get(entries[_THUMBNAIL_LENGTH]), len(self.data))
            if end == len(self.data):
                del self.data[start:]
            else:
                self.data[start:end] = bytes(max(0, end - start))

    def _entries(self, offset: int) -> tuple[dict[int, int], int]:
        """Tag to the position of its entry, and the position of the link to the next directory."""
        count = self._unpack("H", offset)
        positions = [offset + 2 + 12 * i for i in range(count)]
        return {self._unpack("H", p): p for p in positions}, offset + 2 + 12 * count

    def _unpack(self, code: str, offset: int) -> int:
        return struct.unpack_from(self.order + code, self.data, offset)[0]

    def _code(self, entry: int) -> str:
        return "H" if self._unpack("H", entry + 2) == _SHORT else "I"

    def _get(self, entry: int) -> int:
        return self._unpack(self._code(entry), entry + 8)

    def _set(self, entry: int, value: int) -> None:
        struct.pack_into(self.order + self._code(entry), self.data, entry + 8, value)
