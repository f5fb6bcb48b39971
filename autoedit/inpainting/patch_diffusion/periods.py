"""The periods of a plane: shifts by which what is seen of it is like itself."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from scipy import fft

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.inpainting.patch_diffusion.planes import from_the_front

_SHADING = 20.0  # pixels over which light differs, and a pattern does not
_NEAR, _MARGIN = 3.0, 30  # hole sizes, and pixels, round the hole where periods are sought
_OVERLAP = 0.08  # share of what is known that must lie on itself, moved
_ALIKE, _SHORTEST = 0.3, 8  # correlation of a period, at least; pixels
_AS_GOOD = 0.45  # of the best period's correlation
_PERIODS, _PAIRS = 18, 60  # the shortest ones that are tried
_SLANT = 0.35  # sine of the angle between two periods, at least


def without_light(image: FloatArray, usable: BoolArray) -> FloatArray:
    """The picture without its light and shade, 0 where it is not known."""
    known = usable.astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(known, (0, 0), _SHADING), 1e-3)[:, :, None]
    light = cv2.GaussianBlur(image * known[:, :, None], (0, 0), _SHADING) / share
    return np.asarray((image - light) * known[:, :, None], np.float32)


def pairs(
    image: FloatArray, usable: BoolArray, line: tuple[float, float],
    centre: tuple[float, float], size: float,
) -> Iterator[np.ndarray]:  # fmt: skip
    """Two periods each, (2, 2), of a plane round the hole."""
    there = from_the_front(image, usable, line, centre, round(_NEAR * size) + _MARGIN)
    if there is None:
        return
    front, seen, _ = there
    found = _periods(without_light(front, seen), seen)
    both = [np.stack([a, b]) for n, a in enumerate(found) for b in found[:n]]
    wide = [pair for pair in both if crossed(pair)]
    yield from sorted(wide, key=lambda pair: abs(float(np.linalg.det(pair))))[:_PAIRS]


def crossed(pair: np.ndarray) -> bool:
    """Whether two periods run different ways, and neither is too short to be one."""
    lengths = np.linalg.norm(pair, axis=1)
    apart = abs(float(np.linalg.det(pair))) > _SLANT * float(lengths.prod())
    return apart and float(lengths.min()) > _SHORTEST


def _periods(plain: FloatArray, seen: BoolArray) -> list[np.ndarray]:
    """Shifts (dy, dx) by which a picture is like itself, the shortest first.

    By the normalised correlation of masked pictures (Padfield 2012, "Masked object registration in
    the Fourier domain").
    """
    height, width = seen.shape
    shape = [int(fft.next_fast_len(2 * side - 1) or 0) for side in seen.shape]
    mask = np.fft.rfft2(seen.astype(np.float32), shape)
    power = np.fft.rfft2(np.square(plain).sum(axis=2), shape)
    own = np.zeros(mask.shape, np.float32)
    for channel in range(plain.shape[2]):
        own += np.square(np.abs(np.fft.rfft2(plain[:, :, channel], shape)))
    middle = shape[1] // 2

    def back(product: np.ndarray) -> FloatArray:
        """Shifts from none down, and both ways across."""
        all_over = np.fft.fftshift(np.fft.irfft2(product, shape), axes=1)
        return all_over[:height, middle - width + 1 : middle + width].astype(np.float32)

    overlap, one, other = (
        back(each) for each in (mask * mask.conj(), power * mask.conj(), mask * power.conj())
    )
    least = 1e-6 * max(float(one.max()), 1e-6)
    alike = back(own) / np.maximum(np.sqrt(np.maximum(one * other, 0)), least)
    alike[overlap < _OVERLAP * np.count_nonzero(seen)] = 0
    alike = cv2.GaussianBlur(alike, (0, 0), 0.8)
    top = (alike == cv2.dilate(alike, np.ones((5, 5), np.uint8))) & (alike > _ALIKE)
    dy, dx = np.nonzero(top)
    strength, dx = alike[dy, dx], dx - width + 1
    kept = (np.hypot(dy, dx) > _SHORTEST) & ((dy > 0) | (dx > 0))
    if not kept.any():
        return []
    kept &= strength >= _AS_GOOD * strength[kept].max()
    shifts = np.stack([dy[kept], dx[kept]], axis=1).astype(np.float64)
    order = np.argsort(np.hypot(*shifts.T), kind="stable")[:_PERIODS]
    return list(shifts[order])
