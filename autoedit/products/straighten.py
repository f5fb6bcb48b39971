"""How far a product leans: small angles only, and only where the evidence is clear.

Two sources, the surer first. The mirror symmetry of the outline about an upright axis (as by
Marola 1989: the overlap of a shape with its mirror image, over the axis' angle) tells for bottles,
vases and shoes seen from the front; long straight edges (von Gioi et al. 2010 find such; here
Canny's edges and the probabilistic Hough transform, by OpenCV) tell for boxes and books.
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, Mask, PixelArray

_MOST = 12.0  # degrees
_LEAST = 0.4  # degrees, below which nobody sees it
_SIDE = 256  # pixels of the outline's working size
_STEP = 0.25  # degrees
_ALIKE = 0.94  # overlap from which an outline is symmetric
_BETTER = 0.004  # by which the best axis must beat the upright one
_LONG = 0.35  # of the subject's longer side: what counts as a long edge
_AGREE = 0.7  # of the long edges' length that lies within a degree of the angle


def tilt(pixels: PixelArray, alpha: Mask) -> tuple[float, str]:
    """Degrees to turn the photo clockwise so that its subject stands upright, and a remark.

    Args:
        pixels: RGB uint8 (H, W, 3).
        alpha: the subject's, not empty.

    Returns:
        0.0 where it stands upright already, or where nothing tells; the remark says which.
    """
    inside, grey = _reduced(pixels, alpha)
    angle = _by_symmetry(inside)
    evidence = "the symmetry of its outline"
    if angle is None:
        angle, evidence = _by_edges(grey, inside), "its long edges"
    if angle is None:
        return 0.0, "Not straightened: neither symmetry nor long edges tell how it should stand."
    if abs(angle) < _LEAST:
        return 0.0, ""
    return angle, f"Turned by {angle:+.1f} degrees, going by {evidence}."


def _reduced(pixels: PixelArray, alpha: Mask) -> tuple[BoolArray, PixelArray]:
    """The subject's box with room to turn, as bool (h, w) and grey uint8 (h, w)."""
    x0, y0, x1, y1 = (int(part) for part in alpha.box or (0, 0, *alpha.shape[::-1]))
    scale = min(1.0, 2 * _SIDE / max(x1 - x0, y1 - y0))
    size = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    soft = cv2.resize(alpha.array[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(pixels[y0:y1, x0:x1], cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return soft > 0.5, grey


def _by_symmetry(inside: BoolArray) -> float | None:
    """From the second moments' centre: the turn at which the outline best covers its mirror."""
    scale = min(1.0, _SIDE / max(inside.shape))
    size = max(1, round(inside.shape[1] * scale)), max(1, round(inside.shape[0] * scale))
    small = cv2.resize(inside.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    if small.sum() < 100 or _is_round(small > 0.5):
        return None
    rows, columns = np.mgrid[: small.shape[0], : small.shape[1]]
    centre = (float((columns * small).sum() / small.sum()),
              float((rows * small).sum() / small.sum()))  # fmt: skip
    side = int(np.hypot(*small.shape)) + 4
    angles = np.arange(-_MOST, _MOST + _STEP / 2, _STEP)
    scores = np.array([_mirrored(small, centre, side, float(angle)) for angle in angles])
    best = int(scores.argmax())
    upright = scores[len(angles) // 2]
    if scores[best] < _ALIKE or best in (0, len(angles) - 1):
        return None
    if scores[best] - upright < _BETTER:
        return 0.0
    # The peak between the steps, by a parabola.
    before, peak, after = scores[best - 1 : best + 2]
    bend = before - 2 * peak + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(angles[best] + shift * _STEP)


def _mirrored(small: np.ndarray, centre: tuple[float, float], side: int, angle: float) -> float:
    """Intersection over union of the outline, turned clockwise, with its mirror image."""
    matrix = cv2.getRotationMatrix2D(centre, -angle, 1.0)
    middle = (side - 1) / 2
    matrix[:, 2] += middle - np.array(centre)
    turned = cv2.warpAffine(small, matrix, (side, side), flags=cv2.INTER_LINEAR)
    best = 0.0
    for shift in (-1, 0, 1):  # the centre of mass is good to about a pixel
        mirror = np.roll(turned[:, ::-1], shift, axis=1)
        both = float(np.minimum(turned, mirror).sum())
        best = max(best, both / max(1e-6, float(np.maximum(turned, mirror).sum())))
    return best


def _is_round(inside: BoolArray) -> bool:
    """Whether the outline is as symmetric about any axis as about another."""
    contours, _ = cv2.findContours(
        inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    outline = max(contours, key=cv2.contourArea)
    radius = cv2.minEnclosingCircle(outline)[1]
    return cv2.contourArea(outline) > 0.88 * np.pi * radius**2


def _by_edges(grey: PixelArray, inside: BoolArray) -> float | None:
    """The common lean of long edges that are nearly upright or level; None when they disagree."""
    near = cv2.dilate(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    edges = cv2.Canny(cv2.GaussianBlur(grey, (0, 0), 1.0), 40, 120)
    edges[~near] = 0
    least = _LONG * max(inside.shape)
    lines = cv2.HoughLinesP(edges, 1, np.pi / 720, 40, minLineLength=least, maxLineGap=6)
    if lines is None:
        return None
    ends = lines.reshape(-1, 4).astype(np.float64)
    across, down = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    length = np.hypot(across, down)
    lean = (np.rad2deg(np.arctan2(down, across)) + 45) % 90 - 45  # from level or upright
    small = np.abs(lean) <= _MOST
    if length[small].sum() < _AGREE * length.sum():
        return None
    order = np.argsort(lean[small])
    sums = np.cumsum(length[small][order])
    middle = float(lean[small][order][np.searchsorted(sums, sums[-1] / 2)])
    close = np.abs(lean - middle) <= 1.0
    if length[close].sum() < _AGREE * length.sum():
        return None
    return -float(np.average(lean[close], weights=length[close]))
