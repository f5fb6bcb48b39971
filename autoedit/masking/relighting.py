"""Give the ground back the light and the colour that a thing takes from it or throws on it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.masking.blackened import blackened
from autoedit.masking.edges import off_edges
from autoedit.masking.levels import levelled
from autoedit.masking.light import changed_by, reduced
from autoedit.masking.rims import rim_change
from autoedit.masking.unlit import still_dark
from autoedit.masking.view import View, in_photo, view_round

_FAINT, _PLAIN = 1.0, 3.0  # of 255: changes that are left alone, and that are made in full
_FOOT, _DARK, _BLACK = 0.12, 0.25, 0.8  # sizes of the thing; log of the gain: there, and anywhere
_ROUND = 0.25, 0.5  # sizes round the thing and its shadow: lit in full, and not at all
_LOWER = 0.6  # a thing stands on what is below this share of its height
_SPECK = 30  # pixels; a part of a mask smaller than this stands nowhere
_UNLIKELY, _LIKELY = 0.1, 0.3  # likewise, how likely the network finds an effect there at all
# How likely ground is a thing, at most, that tells a rim; how much of a pixel stays or is filled.
_BARE, _FIXED = 0.3, 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Relit:
    """A photo without what a thing does to the light round it; the thing is still there.

    Attributes:
        pixels: RGB uint8 (H, W, 3), bit-identical to the photo's where the mask is 0.
        mask: float32 (H, W) in [0, 1], how much of the change was made; 0 on the thing.
        ground: float32 (H, W) in [0, 1], the mask without what shows things.
        lost: float32 (H, W) in [0, 1], where a fill knows better: what is dark at the thing's very
            foot or all but black, where its own outline ends and its shadow begins by a guess; and
            what of the shadow stays dark.
    """

    pixels: PixelArray
    mask: Mask
    ground: Mask
    lost: Mask


def relit(
    pixels: PixelArray, mask: Mask, shadow: Mask, spared: Mask | None = None,
    view: View | None = None, *, grey: bool = False,
) -> Relit:  # fmt: skip
    """Undo the shadow of a thing, and the colour it throws, where the ground can still be seen.

    A shadow is a factor on the light of the ground (Finlayson, Hordley, Lu and Drew 2006, "On the
    removal of shadows from images"), and the ground's own pattern is there below it. The factor
    comes from the network, which was taught with scenes with and without the thing, and is made
    exact by the lit ground near by.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing, (H, W).
        shadow: where its shadow is found, (H, W); what is lost lies in it, or is dark and goes on
            from it. What is far from it stays as it is: that may be another thing's shadow.
        spared: where nothing may change, (H, W).
        view: what `view_round` says of the thing, when it is known already.
        grey: whether all channels are to stay alike.
    """
    done, (share, ground) = pixels.copy(), np.zeros((2, *mask.shape), np.float32)
    depth = np.zeros(mask.shape, np.float32)
    view = view or view_round(pixels, mask)
    if view is None:
        return Relit(done, *(Mask(share, name) for name in ("light", "ground", "lost")))
    sure = np.clip((view.seen.effect - _UNLIKELY) / (_LIKELY - _UNLIKELY), 0, 1)
    gain = off_edges(levelled(view), view) * (sure * _about(view, shadow))[:, :, None]
    if grey:
        gain = np.repeat(gain.mean(axis=2, keepdims=True), 3, axis=2)
    fixed = mask.array > 0
    if spared is not None:
        fixed = fixed | spared.binary  # what is less sure is not filled, and must be lit
    for place, part in _parts(view, gain):
        change, weight = _change(done[place].astype(np.float32), part)
        weight[fixed[place]] = 0
        changed = done[place] + weight[:, :, None] * change
        done[place] = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
        share[place] = weight
        depth[place] = part.mean(axis=2)
    black = (depth > _BLACK) | in_photo(blackened(view), view, mask.shape)
    lost = shadow.binary & (black | (_at_foot(mask) & (depth > _DARK)))
    lost |= still_dark(view, shadow) & ~fixed
    _smooth(done, share, view, gain, fixed | lost)
    x0, y0, x1, y1 = view.box
    thing = cv2.resize(view.seen.thing, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    ground[y0:y1, x0:x1] = np.where(thing > 0.5, 0, share[y0:y1, x0:x1])
    return Relit(
        done, Mask(share, "light"), Mask(ground, "ground"), Mask(lost.astype(np.float32), "lost")
    )


def _smooth(
    done: PixelArray, share: FloatArray, view: View, gain: FloatArray, fixed: BoolArray
) -> None:
    """Take the rims away of what was lit anew, in place, but where it is fixed, bool (H, W)."""
    x0, y0, x1, y1 = view.box
    rows, columns = view.inside.shape
    lit, weight, kept = done[y0:y1, x0:x1], share[y0:y1, x0:x1], fixed[y0:y1, x0:x1]
    ground = (view.seen.thing < _BARE) | (view.seen.effect > _LIKELY)  # or a deep shadow
    free = ground & (reduced(kept, rows, columns) < _FIXED)
    change, edge = (
        cv2.resize(each, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
        for each in rim_change(reduced(lit, rows, columns), gain.mean(axis=2), free)
    )
    edge[kept] = 0
    change[edge == 0] = 0
    lit[:] = np.clip(np.rint(lit + change), 0, 255).astype(np.uint8)
    weight[:] = np.maximum(weight, edge)


def _about(view: View, shadow: Mask) -> FloatArray:
    """How much is to be lit at all, float32 (h, w) in [0, 1]: less far from the thing's shadow."""
    x0, y0, x1, y1 = view.box
    size = view.inside.shape[1], view.inside.shape[0]
    shaded = cv2.resize(shadow.array[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA) > 0.5
    near, far = (share * view.size * view.scale for share in _ROUND)
    return np.clip((far - distance(~(shaded | view.inside))) / (far - near), 0, 1)


def _at_foot(mask: Mask) -> BoolArray:
    """What is so near what the thing stands on that its rim may be in it, bool (H, W)."""
    foot = _lower_part(mask.binary)
    if not foot.any():
        return np.zeros(mask.shape, np.bool_)
    return distance(~foot) < _FOOT * float(np.sqrt(mask.binary.sum()))


def _change(values: FloatArray, gain: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What the gain adds to values in 0..255, (h, w, 3), and how much of that is made, (h, w)."""
    change = changed_by(values, gain)
    largest = np.abs(change).max(axis=2)
    return change, np.clip((largest - _FAINT) / (_PLAIN - _FAINT), 0, 1)


def _parts(view: View, gain: FloatArray) -> list[tuple[tuple[slice, slice], FloatArray]]:
    """The part of the photo that the gain changes, if any, and its gain at full size."""
    _, weight = _change(view.pixels.astype(np.float32), gain)
    shown = cv2.dilate((weight > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not rows.size:
        return []
    x0, y0, x1, y1 = view.box
    down, across = (y1 - y0) / gain.shape[0], (x1 - x0) / gain.shape[1]
    top, bottom = rows[0], rows[-1] + 1
    left, right = columns[0], columns[-1] + 1
    place = (slice(y0 + round(top * down), y0 + round(bottom * down)),
             slice(x0 + round(left * across), x0 + round(right * across)))  # fmt: skip
    shape = place[1].stop - place[1].start, place[0].stop - place[0].start
    part = np.ascontiguousarray(gain[top:bottom, left:right])
    large = cv2.resize(part, shape, interpolation=cv2.INTER_LINEAR)
    return [(place, np.asarray(large, np.float32))]


def _lower_part(region: BoolArray) -> BoolArray:
    """The lower part of each connected part of a region, with which it stands; bool (h, w)."""
    lower = np.zeros(region.shape, np.bool_)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8))
    for number, (x, y, width, height, area) in enumerate(stats):
        if number and area >= _SPECK:
            top = y + int(_LOWER * height)
            rows = slice(top, y + height), slice(x, x + width)
            lower[rows] |= labels[rows] == number
    return lower
