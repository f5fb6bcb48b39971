"""How far an alpha and the colours under it are from the truth: the less, the better.

SAD, MSE and gradient error are those of Rhemann et al., "A perceptually motivated online benchmark
for image matting" (2009), over the whole picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .cases import Case

NAMES = ("SAD", "MSE", "gradient", "colour", "halo")
BACKDROPS = ((255, 255, 255), (0, 0, 0), (0, 177, 64))
_NEAR = 3  # pixels outside the edge
_NOTHING = 1 / 255
_SIGMA = 1.4


def measures(case: Case, alpha: np.ndarray, colours: np.ndarray) -> tuple[float, ...]:
    """The five of `NAMES`.

    SAD in thousands of pixels; MSE times 1000; gradient in thousands; colour: mean difference of
    0..255 on new backdrops where either alpha is soft; halo: the share, in hundredths, of the old
    background's colour in the pixels at most 3 outside the subject, on new backdrops.

    Args:
        case: the truth.
        alpha: float32 (H, W) in [0, 1].
        colours: of 0..255, (H, W, 3).
    """
    off = alpha - case.alpha
    slope = _slopes(alpha) - _slopes(case.alpha)
    return (
        float(np.abs(off).sum() / 1e3),
        float((off * off).mean() * 1e3),
        float((slope * slope).sum() / 1e3),
        float(np.mean([_colour_error(case, alpha, colours, each) for each in BACKDROPS])),
        float(np.mean([_halo(case, alpha, colours, each) for each in BACKDROPS])),
    )


def over(colours: np.ndarray, alpha: np.ndarray, backdrop: Sequence[int]) -> np.ndarray:
    """On a flat backdrop, float32 (H, W, 3) in 0..255."""
    weight = alpha[:, :, None]
    return colours * weight + np.asarray(backdrop, np.float32) * (1 - weight)


def _slopes(alpha: np.ndarray) -> np.ndarray:
    """Gradient magnitude by derivatives of a Gaussian of 1.4 pixels."""
    at = np.arange(-6, 7)
    bell = np.exp(-at * at / (2 * _SIGMA * _SIGMA))
    bell /= bell.sum()
    slope = -at / (_SIGMA * _SIGMA) * bell
    across = cv2.sepFilter2D(alpha, cv2.CV_32F, slope, bell)
    return np.hypot(across, cv2.sepFilter2D(alpha, cv2.CV_32F, bell, slope))


def _colour_error(
    case: Case, alpha: np.ndarray, colours: np.ndarray, backdrop: Sequence[int]
) -> float:
    true = over(case.colours, case.alpha, backdrop)
    error = np.abs(over(colours, alpha, backdrop) - true).mean(axis=2)
    soft = (case.alpha > _NOTHING) & (case.alpha < 1 - _NOTHING)
    return float(error.sum() / max(1, soft.sum()))


def _halo(case: Case, alpha: np.ndarray, colours: np.ndarray, backdrop: Sequence[int]) -> float:
    seen = (case.alpha > _NOTHING).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _NEAR + 1, 2 * _NEAR + 1))
    rim = (cv2.dilate(seen, disc) > 0) & (seen == 0)
    new = np.asarray(backdrop, np.float32)
    line = case.ground - new
    strange = ((over(colours, alpha, backdrop) - new) * line).sum(axis=2)
    share = strange / np.maximum((line * line).sum(axis=2), 255.0)
    return float(np.abs(share[rim]).mean() * 100) if rim.any() else 0.0
