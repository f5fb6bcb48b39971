"""Where the subject stands on the canvas, and the one resampling that brings it there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from autoedit.core.mask import FloatArray, Mask, PixelArray
from autoedit.products.settings import ProductSettings

SIDES = ("left", "top", "right", "bottom")
_CUT = 0.04  # of the box's side that lies on the photo's border, from which it is cut there
_CUT_PIXELS = 6
_MOST = 30_000  # pixels a side


@dataclass(frozen=True, slots=True)
class Frame:
    """A canvas, and how the photo lies on it.

    Attributes:
        size: (width, height) of the canvas in pixels.
        scale: canvas pixels for one of the photo.
        angle: degrees by which the photo is turned clockwise on the canvas.
        offset: (x, y) on the canvas of the turned and scaled photo's point (0, 0).
        cut: sides on which the photo's border cuts the subject.
        notes: one-line remarks for a person.
    """

    size: tuple[int, int]
    scale: float
    angle: float
    offset: tuple[float, float]
    cut: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def copies(self) -> bool:
        """Whether every pixel of the photo that is on the canvas stays as it is."""
        whole = all(float(part).is_integer() for part in self.offset)
        return self.scale == 1 and self.angle == 0 and whole

    @property
    def matrix(self) -> FloatArray:
        """Of points in the photo (pixel corners are whole numbers) to the canvas, (2, 3)."""
        return np.hstack([self.scale * _turn(self.angle), np.array(self.offset)[:, None]])


def _turn(angle: float) -> FloatArray:
    radians = np.deg2rad(angle)
    cosine, sine = np.cos(radians), np.sin(radians)
    return np.array([[cosine, -sine], [sine, cosine]])


def cut_sides(mask: Mask) -> tuple[str, ...]:
    """The sides of the photo that cut the subject, of `SIDES`."""
    inside, box = mask.binary, mask.box
    if box is None:
        return ()
    width, height = box[2] - box[0], box[3] - box[1]
    lines = {
        "left": (inside[:, 0], height), "top": (inside[0], width),
        "right": (inside[:, -1], height), "bottom": (inside[-1], width),
    }  # fmt: skip
    return tuple(
        side for side, (line, span) in lines.items()
        if line.sum() > max(_CUT_PIXELS, _CUT * span)
    )  # fmt: skip


def frame_for(alpha: Mask, settings: ProductSettings, angle: float = 0.0) -> Frame:
    """The canvas for a subject, and where it stands on it.

    A side that the photo's border cuts stays on the canvas' edge, so that the cut is where a crop
    would be; a cut subject is not turned.

    Args:
        alpha: the subject's, of the photo's size, not empty.
        settings: share, canvas, centring and the bounds.
        angle: degrees to turn the photo clockwise.
    """
    cut = cut_sides(alpha)
    notes: list[str] = []
    if cut and angle:
        angle = 0.0
        notes.append("The subject is cut by the photo's border, and so was not straightened.")
    low, high, centre = _extent(alpha, angle)
    span = high - low
    size, scale, remarks = _sized(span, alpha.shape, settings, cut)
    notes += remarks
    if settings.centring == "box":
        centre = (low + high) / 2
    offset = np.array(size) / 2 - scale * centre
    slack = np.array(size) * (0 if cut else settings.margin)
    least, most = slack - scale * low, np.array(size) - slack - scale * high
    inside = np.clip(offset, np.minimum(least, most), np.maximum(least, most))
    offset = np.where(least <= most, inside, (least + most) / 2)
    for axis, (first, last) in enumerate((("left", "right"), ("top", "bottom"))):
        if first in cut and last not in cut:
            offset[axis] = -scale * low[axis]
        elif last in cut and first not in cut:
            offset[axis] = size[axis] - scale * high[axis]
    if scale == 1 and angle == 0:
        offset = np.round(offset)
    return Frame(size, scale, angle, (float(offset[0]), float(offset[1])), cut, tuple(notes))


def _extent(alpha: Mask, angle: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The subject's box and centre of mass after a turn about the photo's corner, (2,) each."""
    inside = alpha.binary
    rows, columns = np.nonzero(inside)
    hull = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32)).reshape(-1, 2)
    corners = (hull[:, None] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).reshape(-1, 2)
    turned = corners @ _turn(angle).T
    mass = _turn(angle) @ np.array([columns.mean() + 0.5, rows.mean() + 0.5])
    return turned.min(axis=0), turned.max(axis=0), mass


def _sized(
    span: FloatArray, shape: tuple[int, int], settings: ProductSettings, cut: tuple[str, ...]
) -> tuple[tuple[int, int], float, list[str]]:
    """The canvas' size (width, height), the scale, and remarks."""
    share = settings.share
    if share is not None:
        share = min(share, 1 - 2 * settings.margin)
    across = {"left", "right"} <= set(cut), {"top", "bottom"} <= set(cut)
    if share is not None and across[int(np.argmax(span))]:
        share = 1.0  # cut on both sides: it fills the canvas from edge to edge
    if settings.canvas == "square":
        return _square(span, shape, share, settings)
    size = (shape[1], shape[0]) if settings.canvas == "keep" else settings.canvas
    if share is None:
        return size, 1.0, []
    wanted = float((np.array(size) * share / span).min())
    scale = min(wanted, settings.upscale)
    notes = [] if scale == wanted else [_too_small(wanted, settings.upscale)]
    return size, scale, notes


def _square(
    span: FloatArray, shape: tuple[int, int], share: float | None, settings: ProductSettings
) -> tuple[tuple[int, int], float, list[str]]:
    """As large as the subject's own pixels make it, within the bounds."""
    longest = float(span.max())
    native = longest / share if share is not None else float(max(shape))
    side = min(max(native, settings.longest_minimum or 0), settings.longest_maximum or _MOST)
    notes: list[str] = []
    if share is None:
        side = int(np.ceil(side))
        return (side, side), 1.0, notes
    wanted = side / native
    if wanted > settings.upscale:
        side = native * settings.upscale
        notes.append(_too_small(wanted, settings.upscale))
    pixels = max(1, int(np.floor(side + 0.5)))
    scale = pixels / native
    # A canvas of whole pixels moves the share by less than one: not worth a resampling.
    return (pixels, pixels), 1.0 if abs(pixels - native) <= 1 else scale, notes


def _too_small(wanted: float, most: float) -> str:
    return (
        f"The subject has too few pixels: it would have to be enlarged {wanted:.2f} times, and "
        f"{most:g} is the most (product.upscale). It was not enlarged further."
    )


def laid(pixels: PixelArray, frame: Frame, rgb: tuple[int, int, int]) -> PixelArray:
    """The photo on its canvas, resampled at most once; round it, and where it was `rgb`, `rgb`.

    On a ground of one colour a linear filter of the composite is the same as filtering
    premultiplied colours and alpha and compositing afterwards, so that no edge gets a halo.

    Args:
        pixels: RGB uint8 (H, W, 3), on a ground of the colour `rgb`.
        frame: where to.
        rgb: 0..255 each.
    """
    painted = (pixels != np.array(rgb, np.uint8)).any(axis=2)
    if frame.copies:
        return _copied(pixels, frame, rgb)
    canvas = resampled(pixels, frame, rgb)
    # Lanczos rings by a level or two beyond the edge: the ground has one colour.
    touched = resampled(painted.astype(np.uint8) * 255, frame, (0, 0, 0), smooth=True) > 0
    canvas[~touched] = rgb
    return canvas


def laid_alpha(alpha: Mask, frame: Frame) -> Mask:
    """The subject's alpha on the canvas, float32 of the canvas' size; exactly 0 and 1 stay so."""
    eight = np.rint(alpha.array * 255).astype(np.uint8)
    if frame.copies:
        return Mask.of(_copied(eight, frame, (0, 0, 0)), alpha.origin)
    return Mask.of(resampled(eight, frame, (0, 0, 0), smooth=True), alpha.origin)


def _copied(pixels: PixelArray, frame: Frame, rgb: tuple[int, int, int]) -> PixelArray:
    width, height = frame.size
    shape = (height, width) if pixels.ndim == 2 else (height, width, 3)
    canvas = np.empty(shape, np.uint8)
    canvas[:] = rgb[0] if pixels.ndim == 2 else rgb
    x, y = (int(part) for part in frame.offset)
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(width, x + pixels.shape[1]), min(height, y + pixels.shape[0])
    if x1 > x0 and y1 > y0:
        canvas[y0:y1, x0:x1] = pixels[y0 - y : y1 - y, x0 - x : x1 - x]
    return canvas


def resampled(
    pixels: PixelArray, frame: Frame, rgb: tuple[int, int, int], *, smooth: bool = False
) -> PixelArray:
    """By Lanczos, or without negative lobes when `smooth`; uint8 as given, of the canvas' size."""
    ground = rgb[0] if pixels.ndim == 2 else rgb
    if frame.angle:
        return _turned(pixels, frame, ground, smooth=smooth)
    # What the canvas shows of the photo, in the photo's pixels; beyond it there is the ground.
    x0, y0 = (-part / frame.scale for part in frame.offset)
    x1, y1 = x0 + frame.size[0] / frame.scale, y0 + frame.size[1] / frame.scale
    height, width = pixels.shape[:2]
    before = max(0, int(np.ceil(-x0))), max(0, int(np.ceil(-y0)))
    after = max(0, int(np.ceil(x1 - width))), max(0, int(np.ceil(y1 - height)))
    wide = Image.new(
        "L" if pixels.ndim == 2 else "RGB",
        (width + before[0] + after[0], height + before[1] + after[1]), ground,
    )  # fmt: skip
    wide.paste(Image.fromarray(pixels), before)
    box = (x0 + before[0], y0 + before[1], x1 + before[0], y1 + before[1])
    box = (max(0.0, box[0]), max(0.0, box[1]), min(wide.width, box[2]), min(wide.height, box[3]))
    method = Image.Resampling.BILINEAR if smooth else Image.Resampling.LANCZOS
    return np.asarray(wide.resize(frame.size, method, box=box)).copy()


def _turned(
    pixels: PixelArray, frame: Frame, ground: int | tuple[int, int, int], *, smooth: bool
) -> PixelArray:
    """Turned at the photo's own resolution or above, then averaged: no aliasing when it shrinks."""
    times = max(1, int(np.ceil(1 / frame.scale - 1e-6)))
    matrix = frame.matrix * times
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV's whole numbers are pixel centres
    size = (frame.size[0] * times, frame.size[1] * times)
    method = cv2.INTER_LINEAR if smooth else cv2.INTER_LANCZOS4
    border = (ground,) * 3 if isinstance(ground, int) else ground
    large = cv2.warpAffine(
        pixels, matrix, size, flags=method, borderMode=cv2.BORDER_CONSTANT, borderValue=border
    )
    if times == 1:
        return np.asarray(large)
    return np.asarray(cv2.resize(large, frame.size, interpolation=cv2.INTER_AREA))
