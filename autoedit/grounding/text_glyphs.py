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
from dataclasses import replace

import cv2
import numpy as np
from skimage.filters import threshold_multiotsu, threshold_otsu

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.grounding.text_effects import (
    FEWEST,
    LEAST_NOISE,
    View,
    blurred,
    deviations,
    grown,
    with_effects,
)
from autoedit.grounding.text_reading import Line, upright
from autoedit.grounding.text_wording import alike

Recognise = Callable[[PixelArray], str]

_WORKING_HEIGHT = 96  # pixels; taller lines are worked on in a reduced copy
_MARGIN = 0.9  # of a line's height: how far round it is looked
_STRANGE = 2.6  # deviations of the ground from which a pixel may belong to a letter
_LEGIBLE = 0.5  # likeness of two readings from which a mask holds the letters
_SPARSEST, _DENSEST = 0.02, 0.75  # share of a line's rectangle that letters can take
_USUAL_SHARE = 0.35  # what they hardly ever exceed
_LEAST_SPREAD = 14.0  # CIELAB units: what letters of one colour vary by at least
_THICKEST = 0.16  # of a line's height: half the width of the boldest strokes
_LOCAL = 0.25  # of a line's height: the surroundings that a letter is brighter or darker than
_NIBLACK = 0.3  # deviations of these from which it is
_THINNEST = 0.02  # of a line's height: half the width of the lightest strokes
_HAIRLINE = 0.1  # taken off the likeness of what is thinner
_CLEAR = 0.96  # likeness, less what is spilt, that needs no better guess
_DOUBT = 0.2  # taken off the likeness of strokes that are seen one by one
_BARE = 0.35  # of the usual share of ink: a letter with less was not found
_BARE_LOCALLY = 0.65  # the same, where strokes are seen one by one


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
    strokes, bare = _legible(view, recognise)
    if strokes is None:
        mask = _words(view)
    else:
        missed = _missed(view, strokes, bare)
        strokes = _mended(view, strokes)
        whole = with_effects(view, strokes) if bare == _BARE else grown(strokes, 2)
        mask = np.logical_or.reduce([whole, *missed])
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
) -> View:
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
    return View(lab, inside, foreign & ~inside, here, here.height)


def _filled(shape: tuple[int, ...], line: Line) -> BoolArray:
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, np.rint(line.corners).astype(np.int32), 1)
    return mask > 0


def _legible(view: View, recognise: Recognise) -> tuple[BoolArray | None, float]:
    """The mask of strokes that reads most like the line, and how much ink its letters need.

    None when no mask reads like it.
    """
    best, best_bare, worth = None, _BARE, _LEGIBLE
    edge = view.inside & ~_shrunk(view.inside, 1 + 0.06 * view.height)
    for guesses, bare in _guesses(view, edge):
        for strokes in guesses:
            share = float(strokes[view.inside].mean())
            if not _SPARSEST < share < _DENSEST:
                continue
            picture = np.where(strokes, 0, 255).astype(np.uint8)
            read = recognise(upright(np.repeat(picture[:, :, None], 3, axis=2), view.line.corners))
            spilt = _implausible(view, strokes, edge) + _DOUBT * (bare == _BARE_LOCALLY)
            if alike(read, view.line.text) - spilt > worth:
                worth = alike(read, view.line.text) - spilt
                best, best_bare = strokes, bare
        if worth > _CLEAR:
            break
    return best, best_bare


def _guesses(view: View, edge: BoolArray) -> Iterator[tuple[Iterator[BoolArray], float]]:
    """Masks of strokes, bool (h, w) each, those that are right most often first.

    With each how much ink its letters need, as a share of the usual, to be wholly there.
    """
    for ground in _grounds(view, edge):
        yield _coloured(view, _strokes(view, ground)), _BARE
    yield _locally(view), _BARE_LOCALLY


def _implausible(view: View, strokes: BoolArray, edge: BoolArray) -> float:
    """How little a mask looks like letters: spilt, too thick, too dense, a hairline, or gaps."""
    share = float(strokes[view.inside].mean())
    half_widths = cv2.distanceTransform(strokes.astype(np.uint8), cv2.DIST_L2, 5)[strokes]
    hairline = np.quantile(half_widths, 0.95) < _THINNEST * view.height  # a mere outline
    gaps = len(_missed(view, strokes, _BARE)) / len(view.line.text)
    spilt = 0.5 * float(strokes[edge].mean()) + 0.5 * max(0.0, share - _USUAL_SHARE)
    return spilt + _stout(strokes, view.height) + gaps + _HAIRLINE * bool(hairline)


def _mended(view: View, strokes: BoolArray) -> BoolArray:
    """Strokes without what is too thick for them, and with what by them has their colour."""
    thin = strokes & ~_thick(strokes, view.height)
    if thin.sum() < 0.5 * strokes.sum():
        thin = strokes
    off = np.linalg.norm(view.lab - np.median(view.lab[thin], axis=0), axis=2)
    like = off <= max(_LEAST_SPREAD / 2, float(np.median(off[thin])))
    near = grown(thin, 0.1 * view.height) & view.inside & ~_thick(like | thin, view.height)
    return thin | (like & near)


def _stout(strokes: BoolArray, height: float) -> float:
    """The share of a mask that is too thick for the strokes of letters of some height."""
    return float(_thick(strokes, height).sum() / max(1, strokes.sum()))


def _thick(strokes: BoolArray, height: float) -> BoolArray:
    core = _shrunk(strokes, _THICKEST * height)
    return grown(core, _THICKEST * height) & strokes


def _grounds(view: View, edge: BoolArray) -> Iterator[BoolArray]:
    """Guesses at where the ground is seen, bool (h, w) each."""
    ring = ~grown(view.inside, 0.1 * view.height) & ~view.foreign
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


def _locally(view: View) -> Iterator[BoolArray]:
    """What is brighter, and what is darker, than its surroundings by how much these vary.

    Niblack 1986, "An introduction to digital image processing": a faint mark on a ground that
    changes along the line stands out from no colour of it as a whole.
    """
    light = view.lab[:, :, 0]
    off = light - blurred(light, _LOCAL * view.height)
    spread = np.sqrt(blurred(off * off, _LOCAL * view.height)) + 0.5 * LEAST_NOISE
    for sign in (1, -1):
        strokes = view.inside & (sign * off > _NIBLACK * spread)
        kernel = np.ones((3, 3), np.uint8)
        opened = cv2.morphologyEx(strokes.astype(np.uint8), cv2.MORPH_OPEN, kernel)
        yield opened > 0


def _along_main_axis(lab: FloatArray, values: FloatArray) -> FloatArray:
    """Each colour's place on the line along which some colours vary most, float32 (h, w).

    Summed without BLAS, whose result may depend on the number of threads.
    """
    mean = values.mean(axis=0)
    off = values - mean
    covariance = (off[:, :, None] * off[:, None, :]).mean(axis=0)
    axis = np.linalg.eigh(covariance)[1][:, -1]
    return ((lab - mean) * axis).sum(axis=2)


def _strokes(view: View, ground: BoolArray) -> BoolArray:
    """What inside the line differs from a ground that is learnt from where it is seen."""
    strokes = np.zeros(ground.shape, np.bool_)
    for _ in range(3):
        strange = _strangeness(view, ground, 0.5 * view.height)
        values = np.minimum(strange[view.inside], 12)
        bar = max(_STRANGE, threshold_otsu(values, nbins=64)) if np.ptp(values) > 0 else 12.0
        strokes = view.inside & (strange > bar)
        ground = (ground & ~strokes) | (view.inside & ~grown(strokes, 0.05 * view.height + 1))
    return strokes


def _strangeness(view: View, ground: BoolArray, reach: float) -> FloatArray:
    """How many deviations each pixel lies off the ground near it, float32 (h, w)."""
    return np.linalg.norm(deviations(view, ground, reach), axis=2)


def _coloured(view: View, strokes: BoolArray) -> Iterator[BoolArray]:
    """The strokes whole, and what of them has one colour: letters have, what lies by them not."""
    yield strokes
    values = view.lab[strokes]
    if len(values) < FEWEST:
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


def _missed(view: View, strokes: BoolArray, bare: float) -> list[BoolArray]:
    """Rectangles of the letters that hold hardly any strokes, as where white lies on white."""
    letters = [i for i, character in enumerate(view.line.text) if not character.isspace()]
    cells = [_rectangle(view, index, index + 1) for index in letters]
    shares = [float(strokes[cell].mean()) if cell.any() else 0.0 for cell in cells]
    bar = bare * float(np.quantile(shares, 0.7)) if shares else 0.0
    return [cell for cell, share in zip(cells, shares, strict=True) if share < bar]


def _words(view: View) -> BoolArray:
    """Each word's own rectangle."""
    mask = np.zeros(view.inside.shape, np.bool_)
    for word in re.finditer(r"\S+", view.line.text):
        mask |= _rectangle(view, word.start(), word.end())
    return mask


def _rectangle(view: View, first: int, last: int) -> BoolArray:
    """Some characters' part of the line, without the detector's margin above and below."""
    a, b, c, d = view.line.part(first, last).corners
    inset = np.stack([a + 0.08 * (d - a), b + 0.08 * (c - b),
                      c - 0.08 * (c - b), d - 0.08 * (d - a)])  # fmt: skip
    mask = np.zeros(view.inside.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.rint(inset).astype(np.int32), 1)
    return mask > 0


def _shrunk(mask: BoolArray, radius: float) -> BoolArray:
    padded = np.pad(mask, 1).astype(np.uint8)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] > radius
