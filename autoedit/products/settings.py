"""What a finished product photo must look like: the `product` section of a pipeline."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Format = Literal["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "HEIF"]
Share = Annotated[float, Field(gt=0, le=1)]
Pixels = Annotated[int, Field(ge=1, le=30_000)]
KEPT = "keep"
"""For `background` and `canvas`: as it is in the photo."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProductRules(_Strict):
    """What is checked; None or False is not held.

    Attributes:
        background: a colour name or "#rrggbb" that the background is to have.
        exact_background: farther than 8 px from the subject every pixel of the saved file has the
            background's colour.
        share_minimum, share_maximum: of the frame that the subject's box fills, along the side
            where it fills more.
        longest_minimum, longest_maximum: the longer side in pixels.
        shortest_minimum: the shorter side in pixels.
        megapixels_maximum: millions of pixels.
        aspect: width over height, held to one pixel.
        bytes_maximum: of the saved file.
        formats: that the file may have; empty for any.
        srgb: the colours are sRGB.
        text_outside: False when nothing may be written beside the product.
        borders: False when no frame may be drawn round the photo.
        whole: the subject is not cut by the photo's border.
        outline_maximum: of the outline that the product was cut out by, at which the photo shows no
            edge; not held where the outline was handed in.
        enlargement_maximum: how far the subject may have been enlarged.
        blur_maximum: of the subject, 0 sharp to 1 (Crete et al. 2007).
    """

    background: str | None = None
    exact_background: bool = False
    share_minimum: Share | None = None
    share_maximum: Share | None = None
    longest_minimum: Pixels | None = None
    longest_maximum: Pixels | None = None
    shortest_minimum: Pixels | None = None
    megapixels_maximum: Annotated[float, Field(gt=0)] | None = None
    aspect: Annotated[float, Field(gt=0)] | None = None
    bytes_maximum: Annotated[int, Field(ge=1000)] | None = None
    formats: tuple[Format, ...] = ()
    srgb: bool = False
    text_outside: bool = True
    borders: bool = True
    whole: bool = False
    outline_maximum: Share | None = None
    enlargement_maximum: Annotated[float, Field(ge=1)] | None = None
    blur_maximum: Share | None = None


class ProductSettings(_Strict):
    """How a product photo is finished after the plan's steps.

    Attributes:
        background: a colour name or "#rrggbb"; "keep" leaves the background, and the frame.
        canvas: "square", "keep" (the photo's own size), or (width, height) in pixels.
        share: of the canvas that the subject's box fills along the side where it fills more; None
            leaves the subject at its size.
        margin: least distance from the subject's box to the canvas' edge, as a fraction of that
            side.
        centring: by the subject's box, or "optical": by its centre of mass.
        straighten: whether a small tilt is taken out.
        upscale: largest enlargement; beyond it the subject stays smaller, with a note.
        longest_minimum, longest_maximum: bounds of a square canvas' side in pixels; None for none.
        format: of the file, where the caller names none.
        quality: of a lossy file, 1 to 100.
        quality_minimum: how far it may fall for the file to fit into `rules.bytes_maximum`.
        tidy: whether dust and scratches on a background that is kept are removed.
        rules: what the finished photo is held to.
    """

    background: str = "white"
    canvas: Literal["square", "keep"] | tuple[Pixels, Pixels] = "square"
    share: Share | None = 0.85
    margin: float = Field(0.0, ge=0, le=0.45)
    centring: Literal["box", "optical"] = "box"
    straighten: bool = False
    upscale: float = Field(1.0, ge=1, le=16)
    longest_minimum: Pixels | None = None
    longest_maximum: Pixels | None = None
    format: Format = "JPEG"
    quality: int = Field(95, ge=1, le=100)
    quality_minimum: int = Field(75, ge=1, le=100)
    tidy: bool = True
    rules: ProductRules = Field(default_factory=lambda: ProductRules.model_validate({}))

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.background == KEPT and (self.canvas != KEPT or self.share is not None):
            raise ValueError("a background that is kept needs 'canvas: keep' and 'share: null'")
        if self.quality_minimum > self.quality:
            raise ValueError("quality_minimum lies above quality")
        low, high = self.longest_minimum, self.longest_maximum
        if low is not None and high is not None and low > high:
            raise ValueError("longest_minimum lies above longest_maximum")
        return self
