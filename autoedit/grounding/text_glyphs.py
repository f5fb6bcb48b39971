"""The pixels of letters: from a line of text and the photo to a mask of its glyphs.

Several guesses at which pixels are the ground (what surrounds the line; what its edge is made of;
the darker, the brighter) each give a model of the ground that varies over the line, and with it a
mask of what differs. The guess whose mask still reads as the line did is taken: binarisation
judged by recognition, as in Milyaev et al. 2013, "Image binarization for end-to-end text
understanding in natural images". To the strokes comes what goes with them everywhere:
antialiasing, outlines, drop shadows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import cv2
import numpy as np
from skimage.filters import threshold_multiotsu, threshold_otsu

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.grounding.text_reading import Line, upright
from autoedit.grounding.text_wording import plain

Recognise = Callable[[PixelArray], str]

_WORKING_HEIGHT = 96  # pixels; taller lines are worked on in a reduced copy
_MARGIN = 0.9  # of a line's height: how far round it is looked
_REACH = 0.26  # of a line's height: how far from a stroke its outline and shadow may lie
_LEAST_NOISE = 2.0  # CIELAB units: what even a plain ground varies by
_STRANGE = 2.6  # deviations of the ground from which a pixel may belong to a letter
_LEGIBLE = 0.5  # likeness of two readings from which a mask holds the letters
_SPARSEST, _DENSEST = 0.02, 0.75  # share of a line's rectangle that letters can take
_USUAL_SHARE = 0.35  # what they hardly ever exceed
_LEAST_SPREAD = 14.0  # CIELAB units: what letters of one colour vary by at least
_SHIFTED = 0.5  # deviations by which an outline or a shadow shifts its pixels as a whole
_ENDLESS = 0.85  # of the reach
_GAP = 3  # steps that an outline or a shadow may seem to end for
_FEWEST = 24  # pixels that tell
_THICKEST = 0.16  # of a line's height: half the width of the boldest strokes
_CLEAR = 0.96  # likeness, less what is spilt, that needs no better guess
_BARE = 0.35  # of the usual share of ink: a letter with less was not found


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A line's surroundings at working size.

    Attributes:
        lab: CIELAB float32 (h, w, 3).
        inside: bool (h, w), the line's quadrilateral.
        foreign: bool (h, w), other lines: no ground is learnt from them.
        line: with its corners in this view.
        height: of the line, in its pixels.
    """

    lab: FloatArray
    inside: BoolArray
    foreign: BoolArray
    line: Line
    height: float


def glyph_mask(
    pixels: PixelArray, line: Line, others: Sequence[Line], recognise: Recognise
) -> BoolArray:
    """The letters of a line with all that belongs to them, bool (H, W).

    Where no mask of strokes reads as the line does, as for a faint mark on a busy ground, its
    words are covered whole.

    Args:
        pixels: RGB uint8 (H, W, 3).
        line: which; it may be a part of a longer one.
        others: further lines of the photo.
        recognise: reads one upright line.
    """
    window, scale = _window(pixels, line)
    x0, y0, x1, y1 = window
    view = _view(pixels[y0:y1, x0:x1], (x0, y0), scale, line, others)
    strokes = _legible(view, recognise)
    if strokes is None:
        mask = _words(view)
    else:
        mask = np.logical_or.reduce([_with_effects(view, strokes), *_missed(view, strokes)])
    for side in view.line.rest:
        mask &= ~_filled(mask.shape, side)
    if scale < 1:
        size = (x1 - x0, y1 - y0)
        soft = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        mask = soft > 0.25
    whole = np.zeros(pixels.shape[:2], np.bool_)
    whole[y0:y1, x0:x1] = mask
    return whole


def _window(pixels: PixelArray, line: Line) -> tuple[tuple[int, int, int, int], float]:
    height, width = pixels.shape[:2]
    margin = _MARGIN * line.height + 4
    x0, y0, x1, y1 = line.box
    window = (
        max(0, int(x0 - margin)), max(0, int(y0 - margin)),
        min(width, int(np.ceil(x1 + margin))), min(height, int(np.ceil(y1 + margin))),
    )  # fmt: skip
    return window, min(1.0, _WORKING_HEIGHT / line.height)


def _view(
    crop: PixelArray, corner: tuple[int, int], scale: float, line: Line, others: Sequence[Line]
) -> _View:
    if scale < 1:
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    place = np.array(corner, np.float32)

    def moved(one: Line) -> Line:
        rest = tuple(moved(side) for side in one.rest)
        return replace(one, corners=(one.corners - place) * scale, rest=rest)

    here = moved(line)
    inside = _filled(lab.shape[:2], here)
    foreign = np.zeros(lab.shape[:2], np.bool_)
    for other in (*others, *line.rest):
        foreign |= _filled(foreign.shape, moved(other))
    return _View(lab, inside, foreign & ~inside, here, here.height)


def _filled(shape: tuple[int, ...], line: Line) -> BoolArray:
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, np.rint(line.corners).astype(np.int32), 1)
    return mask > 0


def _legible(view: _View, recognise: Recognise) -> BoolArray | None:
    """The mask of strokes that reads most like the line; None when none does."""
    best, worth = None, _LEGIBLE
    edge = view.inside & ~_shrunk(view.inside, 1 + 0.06 * view.height)
    for ground in _grounds(view, edge):
        for strokes in _coloured(view, _strokes(view, ground)):
            share = float(strokes[view.inside].mean())
            if not _SPARSEST < share < _DENSEST:
                continue
            picture = np.where(strokes, 0, 255).astype(np.uint8)
            read = recognise(upright(np.repeat(picture[:, :, None], 3, axis=2), view.line.corners))
            spilt = 0.5 * float(strokes[edge].mean()) + _stout(strokes, view.height)
            spilt += 0.5 * max(0.0, share - _USUAL_SHARE)
            spilt += len(_missed(view, strokes)) / len(view.line.text)
            if _alike(read, view.line.text) - spilt > worth:
                best, worth = strokes, _alike(read, view.line.text) - spilt
        if worth > _CLEAR:
            break
    return best


def _stout(strokes: BoolArray, height: float) -> float:
    """The share of a mask that is too thick for the strokes of letters of some height."""
    core = _shrunk(strokes, _THICKEST * height)
    return float((_grown(core, _THICKEST * height) & strokes).sum() / max(1, strokes.sum()))


def _grounds(view: _View, edge: BoolArray) -> Iterator[BoolArray]:
    """Guesses at where the ground is seen, bool (h, w) each."""
    ring = ~_grown(view.inside, 0.1 * view.height) & ~view.foreign
    if ring.mean() > 0.1:
        yield ring
    inside = view.lab[view.inside]
    along = _along_main_axis(view.lab, inside)
    values = along[view.inside]
    if np.ptp(values) < 1:
        return
    classes = np.digitize(along, threshold_multiotsu(values, 3, nbins=64))
    shares = [float((classes[edge] == one).mean()) for one in range(3)]
    yield view.inside & (classes == int(np.argmax(shares)))
    middle = threshold_otsu(values, nbins=64)
    sides = (along > middle, along <= middle)
    for side in sorted(sides, key=lambda one: -float(one[edge].mean())):
        yield view.inside & side


def _along_main_axis(lab: FloatArray, values: FloatArray) -> FloatArray:
    """Each colour's place on the line along which some colours vary most, float32 (h, w).

    Summed without BLAS, whose result may depend on the number of threads.
    """
    mean = values.mean(axis=0)
    off = values - mean
    covariance = (off[:, :, None] * off[:, None, :]).mean(axis=0)
    axis = np.linalg.eigh(covariance)[1][:, -1]
    return ((lab - mean) * axis).sum(axis=2)


def _strokes(view: _View, ground: BoolArray) -> BoolArray:
    """What inside the line differs from a ground that is learnt from where it is seen."""
    strokes = np.zeros(ground.shape, np.bool_)
    for _ in range(3):
        strange = _strangeness(view, ground, 0.5 * view.height)
        values = np.minimum(strange[view.inside], 12)
        bar = max(_STRANGE, threshold_otsu(values, nbins=64)) if np.ptp(values) > 0 else 12.0
        strokes = view.inside & (strange > bar)
        ground = (ground & ~strokes) | (view.inside & ~_grown(strokes, 0.05 * view.height + 1))
    return strokes


def _strangeness(view: _View, ground: BoolArray, reach: float) -> FloatArray:
    """How many deviations each pixel lies off the ground near it, float32 (h, w)."""
    return np.linalg.norm(_deviations(view, ground, reach), axis=2)


def _deviations(
    view: _View, ground: BoolArray, reach: float, noise: float = _LEAST_NOISE
) -> FloatArray:
    """Each channel's offset from the ground near it, in its deviations, float32 (h, w, 3)."""
    seen = ground.astype(np.float32)
    weight = _blurred(seen, reach) + 1e-4
    mean = _blurred(view.lab * seen[:, :, None], reach) / weight[:, :, None]
    overall = view.lab[ground].mean(axis=0) if ground.any() else view.lab.mean(axis=(0, 1))
    trust = (weight / (weight + 0.01))[:, :, None]
    off = view.lab - (trust * mean + (1 - trust) * overall)
    variance = _blurred(off**2 * seen[:, :, None], reach) / weight[:, :, None]
    return off / np.sqrt(variance + noise**2)


def _coloured(view: _View, strokes: BoolArray) -> Iterator[BoolArray]:
    """The strokes whole, and what of them has one colour: letters have, what lies by them not."""
    yield strokes
    values = view.lab[strokes]
    if len(values) < _FEWEST:
        return
    along = _along_main_axis(view.lab, values)
    if np.ptp(along[strokes]) < _LEAST_SPREAD:
        return
    middle = threshold_otsu(along[strokes], nbins=64)
    for half in (strokes & (along > middle), strokes & (along <= middle)):
        if half.any():
            colour = np.median(view.lab[half], axis=0)
            off = np.linalg.norm(view.lab - colour, axis=2)
            spread = 3 * 1.5 * float(np.median(off[half]))
            yield strokes & (off < max(_LEAST_SPREAD, spread))


def _with_effects(view: _View, strokes: BoolArray) -> BoolArray:
    """Strokes with the antialiasing, outline and shadow that go with them.

    Whatever goes with letters stands everywhere at the same distance from them: they are moved
    step by step in each direction, as far as the pixels that they newly cover are off the ground
    as a whole. What merely lies behind a letter or two is not.
    """
    reach = _REACH * view.height
    ground = ~_grown(strokes, reach) & ~view.foreign
    tight = _grown(strokes, 1 + 0.02 * view.height)
    beyond = ground & _grown(strokes, 2 * reach)
    if beyond.sum() < _FEWEST:
        return _grown(strokes, 1 + 0.08 * view.height)
    off = _deviations(view, ground, 0.25 * view.height, 2 * _LEAST_NOISE)
    off = off - np.median(off[beyond], axis=0)
    angles = [n * np.pi / 4 for n in range(8)]
    covered = [_followed(off, strokes, angle, tight, reach) for angle in angles]
    # What lies in the strongest direction, as a shadow does, must not be ascribed to the others:
    # moved against it, a letter comes upon its neighbour's shadow.
    longest = int(np.argmax([one.sum() for one in covered]))
    first = covered[longest]
    others = [_followed(off, strokes, angle, first, reach) for angle in angles]
    return _grown(np.logical_or.reduce([first, *others]), 1.5)


def _followed(
    off: FloatArray, strokes: BoolArray, angle: float, tight: BoolArray, reach: float
) -> BoolArray:
    """What letters cover when moved in one direction for as long as they uncover no ground.

    Where that never ends, it is the ground itself, as of a sign that is larger than its text.

    Args:
        off: each pixel's deviations from the ground, float32 (h, w, 3).
        strokes: the letters, bool (h, w).
        angle: the direction in radians, from x towards y.
        tight: what is covered already, bool (h, w).
        reach: how far to go at most, in pixels.
    """
    covered, waiting, farthest = tight, [], 0.0
    step = max(1.0, reach / 10)
    for distance in np.arange(step, reach, step):
        moved = _moved(strokes, angle, distance)
        new = moved & ~covered
        if new.sum() < _FEWEST:
            continue
        waiting.append(moved)
        # Between a bright letter and its dark shadow lie pixels that are like the ground.
        if len(waiting) > _GAP:
            break
        if np.abs(np.median(off[new], axis=0)).max() >= _SHIFTED:
            covered = np.logical_or.reduce([covered, *waiting])
            waiting, farthest = [], distance
    return covered if farthest < _ENDLESS * reach else tight


def _moved(mask: BoolArray, angle: float, distance: float) -> BoolArray:
    x, y = round(distance * np.cos(angle)), round(distance * np.sin(angle))
    how = np.array([[1, 0, x], [0, 1, y]], np.float32)
    size = (mask.shape[1], mask.shape[0])
    return cv2.warpAffine(mask.astype(np.uint8), how, size, flags=cv2.INTER_NEAREST) > 0


def _missed(view: _View, strokes: BoolArray) -> list[BoolArray]:
    """Rectangles of the letters that hold hardly any strokes, as where white lies on white."""
    letters = [i for i, character in enumerate(view.line.text) if not character.isspace()]
    cells = [_rectangle(view, index, index + 1) for index in letters]
    shares = [float(strokes[cell].mean()) if cell.any() else 0.0 for cell in cells]
    bar = _BARE * float(np.quantile(shares, 0.7)) if shares else 0.0
    return [cell for cell, share in zip(cells, shares, strict=True) if share < bar]


def _words(view: _View) -> BoolArray:
    """Each word's own rectangle."""
    mask = np.zeros(view.inside.shape, np.bool_)
    for word in re.finditer(r"\S+", view.line.text):
        mask |= _rectangle(view, word.start(), word.end())
    return mask


def _rectangle(view: _View, first: int, last: int) -> BoolArray:
    """Some characters' part of the line, without the detector's margin above and below."""
    a, b, c, d = view.line.part(first, last).corners
    inset = np.stack([a + 0.08 * (d - a), b + 0.08 * (c - b),
                      c - 0.08 * (c - b), d - 0.08 * (d - a)])  # fmt: skip
    mask = np.zeros(view.inside.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.rint(inset).astype(np.int32), 1)
    return mask > 0


def _alike(first: str, second: str) -> float:
    return SequenceMatcher(None, plain(first), plain(second), autojunk=False).ratio()


def _blurred(values: FloatArray, reach: float) -> FloatArray:
    return cv2.GaussianBlur(values, (0, 0), max(1.0, reach), borderType=cv2.BORDER_REPLICATE)


def _grown(mask: BoolArray, radius: float) -> BoolArray:
    if not mask.any():
        return mask
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= radius


def _shrunk(mask: BoolArray, radius: float) -> BoolArray:
    padded = np.pad(mask, 1).astype(np.uint8)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] > radius
