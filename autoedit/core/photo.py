"""A photo: its pixels, and everything its file says beside them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autoedit.core.mask import PixelArray
from autoedit.errors import PhotoError

Samples = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class FileFacts:
    """What a file said beside its pixels, kept so that saving gives back what came in.

    Attributes:
        format: PIL's name of the file format ("JPEG", "PNG", ...); "" for arrays.
        icc_profile, exif, xmp: the raw blocks; the EXIF (with its "Exif" prefix) has orientation 1
            and no thumbnail of the photo before the edit.
        dpi: dots per inch (x, y).
        quantization: a JPEG's quantisation tables, so that it is saved at the same quality.
        subsampling: a JPEG's chroma subsampling as PIL numbers it (0 is 4:4:4, 1 4:2:2, 2 4:2:0).
        progressive: whether a JPEG was progressive.
        lossless: whether a WebP or AVIF was lossless, as far as it can be told.
        quality: at which an AVIF or HEIC is to be saved where nobody says another, 1 to 100; None
            for the usual one.
        compression: a TIFF's compression as PIL names it ("tiff_adobe_deflate"); "" for none.
        blocks: further metadata, (kind, content) each, kept when saved in this format again: a
            JPEG's comment and IPTC, a PNG's text and colour chunks.
    """

    format: str = ""
    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    quantization: dict[int, list[int]] | None = None
    subsampling: int | None = None
    progressive: bool = False
    lossless: bool = False
    quality: int | None = None
    compression: str = ""
    blocks: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photo, orientation applied.

    Attributes:
        pixels: RGB uint8 (H, W, 3).
        alpha: uint8 (H, W), or None when the photo is opaque.
        deep: the original 16-bit samples, uint16 (H, W, C) with C of 1 (grey), 2 (grey, alpha),
            3 (RGB) or 4 (RGB, alpha); None for 8-bit photos. `with_pixels` keeps them where the
            8-bit pixels did not change.
        grey: True when the photo is greyscale; `to_image` gives greyscale back.
        name: the file's name or "array"; for messages and reports.
        facts: what the file said beside the pixels.
        notes: one-line remarks about conversions.
    """

    pixels: PixelArray = field(repr=False)
    alpha: PixelArray | None = field(default=None, repr=False)
    deep: Samples | None = field(default=None, repr=False)
    grey: bool = False
    name: str = "array"
    facts: FileFacts = field(default_factory=FileFacts, repr=False)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise PhotoError(
                f"Photo pixels are RGB uint8 (height, width, 3); these are {self.pixels.dtype} "
                f"{self.pixels.shape}."
            )

    @property
    def height(self) -> int:
        """In pixels."""
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        """In pixels."""
        return self.pixels.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    @property
    def diagonal(self) -> float:
        """In pixels."""
        return float(np.hypot(self.height, self.width))

    def with_pixels(self, pixels: PixelArray, alpha: PixelArray | None = None) -> Photo:
        """This photo with other pixels, RGB uint8 (H, W, 3) of the same size.

        Alpha stays when `alpha` is None. 16-bit samples stay bit-identical wherever the 8-bit
        value did not change; where it did, the new 8-bit value is widened (times 257).
        """
        new_alpha = self.alpha if alpha is None else alpha
        return replace(self, pixels=pixels, alpha=new_alpha, deep=self._deep_for(pixels, new_alpha))

    def _deep_for(self, pixels: PixelArray, alpha: PixelArray | None) -> Samples | None:
        if self.deep is None:
            return None
        colours = 1 if self.grey else 3
        deep = np.empty((*self.shape, colours + (alpha is not None)), np.uint16)
        deep[:, :, :colours] = self.deep[:, :, :colours]
        changed = (pixels != self.pixels).any(axis=2)
        deep[changed, :colours] = pixels[changed, :colours] * np.uint16(257)
        if alpha is not None:
            deep[:, :, -1] = alpha * np.uint16(257)
            if self.alpha is not None:
                same = alpha == self.alpha
                deep[same, -1] = self.deep[same, -1]
        return deep

    def coloured(self) -> Photo:
        """This photo able to hold colour: a greyscale one becomes RGB, its grey profile dropped."""
        if not self.grey:
            return self
        deep = self.deep
        if deep is not None:
            parts = [deep[:, :, :1]] * 3 + [deep[:, :, 1:]]
            deep = np.concatenate(parts, axis=2)
        facts = replace(self.facts, icc_profile=None)
        return replace(self, grey=False, deep=deep, facts=facts)

    def to_image(self) -> Image.Image:
        """A PIL image of the input's mode family: L, LA, RGB or RGBA, 8 bits a sample."""
        image = Image.fromarray(self.pixels)
        if self.grey:
            image = Image.fromarray(np.ascontiguousarray(self.pixels[:, :, 0]))
        if self.alpha is not None:
            image.putalpha(Image.fromarray(self.alpha))
        if self.facts.icc_profile:
            image.info["icc_profile"] = self.facts.icc_profile
        return image
