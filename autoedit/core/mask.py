"""A mask over a whole photo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image

from autoedit.errors import MaskError

# Names for what an array holds. Their dtypes are checked where values are made (`Photo`, `Mask`);
# OpenCV's type stubs know none, so that stating them here would only breed casts.
FloatArray = NDArray[Any]
"""float32."""
BoolArray = NDArray[Any]
"""bool."""
PixelArray = NDArray[Any]
"""uint8."""


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A soft mask: 1 inside, 0 outside.

    Attributes:
        array: float32 (H, W) in [0, 1], of the size of the photo.
        origin: where it came from ("grabcut", "given", "grown", ...).
    """

    array: FloatArray = field(repr=False)
    origin: str = ""

    def __post_init__(self) -> None:
        if self.array.ndim != 2 or self.array.dtype != np.float32:
            raise MaskError(
                f"A mask is float32 (height, width); this one is {self.array.dtype} "
                f"{self.array.shape}. Use Mask.of() to convert."
            )

    @classmethod
    def of(cls, values: Any, origin: str = "") -> Mask:
        """Make a mask from a bool, uint8 (0..255), uint16 (0..65535) or float (0..1) array (H, W).

        Raises:
            MaskError: for another number of axes, or values that are not finite.
        """
        array = np.asarray(values)
        if array.ndim != 2:
            raise MaskError(f"A mask has two axes (height, width); this one has {array.ndim}.")
        if array.dtype == np.bool_:
            soft = array.astype(np.float32)
        elif array.dtype == np.uint8:
            soft = array.astype(np.float32) / np.float32(255)
        elif array.dtype == np.uint16:
            soft = array.astype(np.float32) / np.float32(65535)
        else:
            soft = array.astype(np.float32)
            if not np.isfinite(soft).all():
                raise MaskError("A mask holds values that are not finite.")
            soft = np.clip(soft, 0.0, 1.0)
        return cls(np.ascontiguousarray(soft), origin)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.array, dtype=dtype, copy=copy)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.array.shape[0], self.array.shape[1]

    @property
    def binary(self) -> BoolArray:
        """Bool (H, W): above half."""
        return self.array > 0.5

    @property
    def area(self) -> float:
        """Fraction of the photo that is above half, in [0, 1]."""
        return float(self.binary.mean()) if self.array.size else 0.0

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """Xyxy box of everything above half in pixels; None when there is nothing."""
        binary = self.binary
        rows, columns = np.flatnonzero(binary.any(axis=1)), np.flatnonzero(binary.any(axis=0))
        if rows.size == 0:
            return None
        return (
            float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
        )  # fmt: skip

    def __or__(self, other: Mask) -> Mask:
        """The union of two masks of one size."""
        if self.shape != other.shape:
            raise MaskError(
                f"Masks of two sizes, {self.shape} and {other.shape}, cannot be joined."
            )
        return Mask(np.maximum(self.array, other.array), self.origin)

    def to_image(self) -> Image.Image:
        """An 8-bit greyscale PIL image, 255 inside."""
        return Image.fromarray(np.rint(self.array * 255).astype(np.uint8))
