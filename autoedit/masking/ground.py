"""The ground round a thing, and how the light falls on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy import sparse
from scipy.ndimage import correlate1d, gaussian_filter1d

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.superpixels import IntArray, Superpixels, cut_superpixels, to_lab

_SIDE = 400  # longer side of the window that is worked on
_STEP = 7
_REACH = 1.5  # of the window beyond the thing, in sizes
_LOWER = 0.6  # a thing stands on what is below this share of its height
_RIM, _ENOUGH = 2, 0.2  # pixels in which a thing's edge is soft; share of a piece beyond them
_SPECK = 30  # pixels; a part of a mask smaller than this stands nowhere

_CLEAR = 0.25  # ground nearer than this, in sizes of the thing, may be in shadow
_LOCAL = 0.8  # width of what counts as the ground nearby, in sizes of the thing
_REFERENCES = 700  # pieces of ground at most that each piece is compared with
_PAIRED = 220  # of these, for how the light falls off
_FEWEST = 12
# CIELAB units that a shadow differs from the ground's own hue; twice that at the foot, and more
# where it is deep, since the light that is left has a colour of its own.
_TINT, _TINGED = 4.0, 4.0
# Levels of light, log(L + 16): from the darkest to a little above the ground's own, two bins each.
_BIN, _DARKEST, _LIGHTEST = 0.025, -1.0, 0.15
_GRAIN = 0.025  # of the ground's own lightness
_UNLIKE = 0.003  # how likely a piece is at any level, when it is like no ground nearby
_BRIGHT = 20.0  # cost of light above the ground's own, per unit of log
_FAR = 3.2  # cost of shadow, per unit of log and size away from the thing
# A clear shadow, in log of light, that begins so near the foot, in sizes; how dark what joins on to
# it must be, of that; areas of the thing that it may cover, and the share that shows anyway.
_DEEP, _BEGINS, _HALFWAY, _GREATEST, _KNOWN = 0.4, 0.3, 0.6, 1.0, 0.4
_AGREE, _SMOOTH, _ROUNDS = 0.85, 0.2, 20


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The surroundings of a thing, reduced to a few hundred pixels and cut into pieces.

    Attributes:
        box: (x0, y0, x1, y1), the window in the photo, in pixels.
        pixels: RGB uint8 (h, w, 3), the window reduced.
        inside: bool (h, w), the thing.
        others: bool (h, w), other things.
        pieces: the window in N pieces; none straddles the thing's outline.
        thing, other: bool (N,), pieces of the thing, and of other things.
        size: side of a square of the thing's area, in pixels of the window.
    """

    box: tuple[int, int, int, int]
    pixels: PixelArray
    inside: BoolArray
    others: BoolArray
    pieces: Superpixels
    thing: BoolArray
    other: BoolArray
    size: float

    def distance(self, region: BoolArray) -> FloatArray:
        """How far each piece is from a region (h, w), in sizes of the thing: float32 (N,)."""
        if not region.any():
            return np.full(self.pieces.count, np.inf, np.float32)
        away = cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5)
        return self.pieces.mean(away) / np.float32(self.size)


def ground_round(pixels: PixelArray, mask: Mask, others: Mask | None = None) -> Ground | None:
    """The surroundings of the thing under a mask, so wide as its shadow may reach.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing, (H, W).
        others: other things in the photo, (H, W).

    Returns:
        None when there is no thing, or nothing round it.
    """
    box = mask.box
    if box is None:
        return None
    size = float(np.sqrt(mask.binary.sum()))
    margin = _REACH * size + 8
    x0, y0 = max(0, int(box[0] - margin)), max(0, int(box[1] - margin))
    x1 = min(mask.shape[1], int(np.ceil(box[2] + margin)))
    y1 = min(mask.shape[0], int(np.ceil(box[3] + margin)))
    scale = min(1.0, _SIDE / max(x1 - x0, y1 - y0))
    shape = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    reduced = cv2.resize(pixels[y0:y1, x0:x1], shape, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(mask.array[y0:y1, x0:x1], shape, interpolation=cv2.INTER_AREA) > 0.5
    if inside.all() or not inside.any():
        return None
    apart = np.zeros(inside.shape, np.bool_)
    if others is not None:
        apart = cv2.resize(others.array[y0:y1, x0:x1], shape, interpolation=cv2.INTER_AREA) > 0.5
        apart &= ~inside
    lab = to_lab(np.asarray(reduced, np.uint8))
    marked = np.where(inside[:, :, None], np.array((0, 100, -100), np.float32), lab)
    pieces = cut_superpixels(marked, _STEP)  # so that none straddles the outline
    pieces = replace(pieces, colour=_colour_off(pieces, lab, inside))
    thing = pieces.mean(inside) > 0.5
    other = (pieces.mean(apart) > 0.5) & ~thing
    return Ground(
        (x0, y0, x1, y1), reduced, inside, apart, pieces, thing, other, size * scale
    )  # fmt: skip


def _colour_off(pieces: Superpixels, lab: FloatArray, inside: BoolArray) -> FloatArray:
    """The pieces' colours without the thing's soft rim, which would pass for contact shadow."""
    width = 2 * _RIM + 1
    clear = cv2.dilate(inside.astype(np.uint8), np.ones((width, width), np.uint8)) == 0
    weight = clear | (pieces.mean(clear) < _ENOUGH)[pieces.labels]
    channels = [pieces.mean(lab[:, :, channel] * weight) for channel in range(3)]
    return np.stack(channels, axis=1) / pieces.mean(weight)[:, None]


def lower_part(region: BoolArray) -> BoolArray:
    """The lower part of each connected part of a region, with which it stands; bool (h, w)."""
    lower = np.zeros(region.shape, np.bool_)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8))
    for number, (x, y, width, height, area) in enumerate(stats):
        if number and area >= _SPECK:
            top = y + int(_LOWER * height)
            rows = slice(top, y + height), slice(x, x + width)
            lower[rows] |= labels[rows] == number
    return lower


def illumination(ground: Ground) -> FloatArray:
    """How much darker the light is on each piece than on the same ground farther out.

    The photo's log lightness is the ground's own plus a field of light. As in the correction of
    intensity inhomogeneity (Sled et al. 1998, "N3"), the ground's own is known by its histogram,
    here of the pieces farther out that have the same hue (a shadow scales L + 16, a and b by one
    factor) and are near; each level of light is as likely as the histogram is high at the
    lightness that it would leave. Neighbours agree on their level by mean-field inference with a
    truncated linear cost: a single piece cannot tell a dark streak from shade, many together can.

    Returns:
        float32 (N,), change of log(L + 16), at most 0 but for noise; 0 on things.
    """
    blocked = ground.thing | ground.other
    reference = ~blocked & (ground.distance(ground.inside) > _CLEAR)
    field, usual = _field(ground, reference)
    # The far part of a long shadow is ground nearby for the near part, and for itself.
    lit = reference & ~_joined(ground, field, usual)
    return field if (lit == reference).all() else _field(ground, lit)[0]


def _field(ground: Ground, farther: BoolArray) -> tuple[FloatArray, FloatArray]:
    """The change of light against the pieces that are `farther` out, bool (N,).

    Returns:
        float32 (N,): as neighbours agree on it; and the mean over all the like ground nearby.
    """
    pieces, blocked = ground.pieces, ground.thing | ground.other
    distance = ground.distance(ground.inside)
    asked = np.flatnonzero(~blocked).astype(np.int32)
    reference = np.flatnonzero(farther).astype(np.int32)
    field, usual = np.zeros((2, pieces.count), np.float32)
    if reference.size < _FEWEST:
        return field, usual
    reference = reference[:: max(1, reference.size // _REFERENCES)]
    levels = np.arange(_DARKEST, _LIGHTEST + _BIN, 2 * _BIN)
    cost = _BRIGHT * np.maximum(levels, 0)[None] + _FAR * (
        np.maximum(-levels, 0)[None] * np.clip(distance[asked], 0, 2)[:, None]
    )
    alone = np.zeros((pieces.count, levels.size))
    likelihood = _likelihood(ground, asked, reference, distance)
    usual[asked] = likelihood @ levels / np.maximum(likelihood.sum(axis=1), _UNLIKE)
    alone[asked] = np.log(likelihood + _UNLIKE) - cost
    first, second = pieces.edges[:, 0], pieces.edges[:, 1]
    bond = np.where(blocked[first] | blocked[second], 0, pieces.length / _STEP)
    graph = sparse.csr_matrix((bond, (first, second)), shape=(pieces.count, pieces.count))
    graph = graph + graph.T
    reach = round(_SMOOTH / (2 * _BIN))
    # A cost that grows linearly up to `reach` levels apart is this bonus up to a constant.
    bonus = _AGREE * 2 * (1 - np.abs(np.arange(1 - reach, reach)) / reach)
    belief = _softmax(alone)
    for _ in range(_ROUNDS):
        told = correlate1d(graph @ belief, bonus, axis=1, mode="constant")
        belief = 0.5 * belief + 0.5 * _softmax(alone + told)
    field[asked] = (belief * levels).sum(axis=1)[asked]
    return field, usual


def _joined(ground: Ground, field: FloatArray, usual: FloatArray) -> BoolArray:
    """The pieces in deep shade by the thing, and those that join on to them, alike and as dark.

    Args:
        ground: as it is.
        field: float32 (N,), the change of light.
        usual: float32 (N,), the change from most of the like ground nearby.

    Returns:
        bool (N,): what may be the rest of a shadow, and is no ground to compare it with.
    """
    pieces, free = ground.pieces, ~(ground.thing | ground.other)
    shaded = (np.maximum(field, usual) < -_DEEP) & free
    shaded &= ground.distance(lower_part(ground.inside)) < _BEGINS
    depth = np.where(shaded, np.maximum(field, usual), 0)
    first, second = np.concatenate([pieces.edges, pieces.edges[:, ::-1]]).T
    off = np.linalg.norm(pieces.colour[first] - pieces.colour[second], axis=1)
    passable = (off < 1.25 * _TINT) & free[second]
    for _ in range(pieces.count):
        dark = usual[second] < _HALFWAY * depth[first]
        steps = np.flatnonzero(passable & shaded[first] & ~shaded[second] & dark)
        if not steps.size:
            break
        depth[second[steps]] = depth[first[steps]]
        shaded[second[steps]] = True
    area = pieces.area * shaded
    known = area[field < -0.5 * _DEEP].sum() / max(float(area.sum()), 1)
    small = area.sum() < _GREATEST * ground.size**2
    return shaded if small and known > _KNOWN else np.zeros_like(shaded)


def _softmax(values: FloatArray) -> FloatArray:
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _likelihood(
    ground: Ground, asked: IntArray, reference: IntArray, distance: FloatArray
) -> FloatArray:
    """How likely each asked piece is the ground nearby at each level of light: (M, levels)."""
    pieces, size = ground.pieces, ground.size
    ratio, tint, away = _compared(pieces, asked, reference)
    light = _fall_off(pieces, reference, size)
    change = np.log(ratio) + light[reference][None] - light[asked][:, None]
    near = np.exp(-away / (2 * (_LOCAL * size) ** 2))
    bleed = 1 + np.exp(-distance[asked] / 0.2)  # a thing tints the shadow at its foot
    tolerance = _TINT * bleed[:, None] * (1 + _TINGED * np.abs(change))
    weight = near * np.exp(-tint / (2 * tolerance**2))
    margin = round(4 * _GRAIN / _BIN)
    count = round((_LIGHTEST - _DARKEST) / _BIN) + 1 + 2 * margin
    place = np.rint((change - _DARKEST) / _BIN).astype(np.int64) + margin
    weight = np.where((place >= 0) & (place < count), weight, 0)
    flat = np.arange(asked.size)[:, None] * count + np.clip(place, 0, count - 1)
    histogram = np.bincount(flat.ravel(), weight.ravel(), asked.size * count)
    density = gaussian_filter1d(histogram.reshape(asked.size, count), _GRAIN / _BIN, axis=1)
    density *= np.sqrt(2 * np.pi) * _GRAIN / _BIN  # 1 where all the ground nearby is at that level
    return density[:, margin : count - margin : 2] / near.sum(axis=1, keepdims=True)


def _compared(
    pieces: Superpixels, index: IntArray, reference: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ratio of L + 16, squared difference in tint, and squared distance, of each to each."""
    colour, centre = pieces.colour, pieces.centre
    level = np.maximum(colour[:, 0], 0) + 16
    ratio = level[index][:, None] / level[reference][None]
    tint, away = np.zeros(ratio.shape, np.float32), np.zeros(ratio.shape, np.float32)
    for channel in (1, 2):
        tint += (colour[index, channel][:, None] - ratio * colour[reference, channel][None]) ** 2
    for axis in (0, 1):
        away += (centre[index, axis][:, None] - centre[reference, axis][None]) ** 2
    return ratio, tint, away


def _fall_off(pieces: Superpixels, reference: IntArray, size: float) -> FloatArray:
    """How the light falls off over the ground, log(L + 16) up to a constant: float32 (N,).

    A quadratic in x and y, from pairs of pieces of the same ground by least squares in which pairs
    that fit badly are let go: a lamp's pool of light or a window's slope, not the shadow.
    """
    x, y = ((pieces.centre - pieces.centre[reference].mean(axis=0)) / size).T
    terms = np.stack([x, y, x * x, x * y, y * y], axis=1)
    some = reference[:: max(1, reference.size // _PAIRED)]
    ratio, tint, away = _compared(pieces, some, some)
    first, second = np.nonzero((tint < 25) & (np.abs(np.log(ratio)) < 0.3) & (away > 9))
    if first.size < 200:
        return np.zeros(pieces.count, np.float32)
    offsets = terms[some[first]] - terms[some[second]]
    change = np.log(ratio[first, second])
    weight = np.ones(change.size, np.float32)
    slope = np.zeros(terms.shape[1])
    for _ in range(4):
        weighted = offsets * weight[:, None]
        normal = weighted.T @ offsets + 0.002 * change.size * np.eye(terms.shape[1])
        slope = np.linalg.solve(normal, weighted.T @ change)
        weight = 1 / (1 + ((change - offsets @ slope) / 0.04) ** 2)
    return np.asarray(terms @ slope, np.float32)
