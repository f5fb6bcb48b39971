"""What a caller hands in to say which photo and which thing is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from autoedit.core.files import load_mask, load_photo
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Box, Point, Region, Regions
from autoedit.errors import AmbiguousTargetError, MaskError, TargetNotFoundError

PhotoSource = str | Path | bytes | Image.Image | np.ndarray | Photo
MaskSource = str | Path | bytes | Image.Image | np.ndarray | Mask
Pick = int | Literal["all"]


@dataclass(frozen=True, slots=True)
class Pointer:
    """What the caller pointed at, instead of or beside words."""

    box: Box | None = None
    points: tuple[Point, ...] = ()
    negative_points: tuple[Point, ...] = ()
    mask: Mask | None = None
    pick: Pick | None = None

    @property
    def given(self) -> bool:
        """Whether the thing itself was pointed at, so that words need not find it."""
        return self.box is not None or bool(self.points) or self.mask is not None


def photo_from(source: PhotoSource) -> Photo:
    """The photo that was handed in, loaded if need be."""
    return source if isinstance(source, Photo) else load_photo(source)


def given_mask(source: MaskSource, photo: Photo) -> Mask:
    """The mask that was handed in, loaded if need be.

    Raises:
        MaskError: when it has another size than the photo, or is empty or full.
    """
    mask = source if isinstance(source, Mask) else load_mask(source, photo.shape)
    if mask.shape != photo.shape:
        raise MaskError(
            f"The mask is {mask.shape[1]}x{mask.shape[0]} but the photo is "
            f"{photo.width}x{photo.height}. Give a mask of the photo's size."
        )
    binary = mask.binary
    if not binary.any():
        raise MaskError("The mask is empty: no pixel is above half. Paint the target white.")
    if binary.all():
        raise MaskError("The mask covers the whole photo: nothing is left to fill from.")
    return mask


def pointer_for(
    photo: Photo,
    box: Box | None,
    point: Point | Sequence[Point] | None,
    negative_point: Point | Sequence[Point] | None,
    mask: MaskSource | None,
    pick: Pick | None,
) -> Pointer:
    """What was pointed at, checked against the photo.

    Raises:
        MaskError: when the box, a point or the mask does not fit the photo, or there are only
            negative points.
    """
    points, negative = _points(point, photo), _points(negative_point, photo)
    if negative and not points and box is None:
        raise MaskError(
            "A negative point says what is not meant; give a box or a point of what is, too."
        )
    given = None if mask is None else given_mask(mask, photo)
    return Pointer(None if box is None else _clipped(box, photo), points, negative, given, pick)


def _points(given: Point | Sequence[Point] | None, photo: Photo) -> tuple[Point, ...]:
    pairs: list[Any] = [] if given is None else [given] if np.ndim(given) == 1 else list(given)
    points = tuple((float(x), float(y)) for x, y in pairs)
    for x, y in points:
        if not (0 <= x < photo.width and 0 <= y < photo.height):
            raise MaskError(
                f"The point {x:g},{y:g} lies outside the photo ({photo.width}x{photo.height})."
            )
    return points


def _clipped(box: Box, photo: Photo) -> Box:
    x0, y0, x1, y1 = (float(value) for value in box)
    if not (x0 < x1 and y0 < y1):
        raise MaskError(f"The box {x0:g},{y0:g},{x1:g},{y1:g} is empty; give x0,y0,x1,y1.")
    inside = (max(x0, 0.0), max(y0, 0.0), min(x1, float(photo.width)), min(y1, float(photo.height)))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise MaskError(
            f"The box {x0:g},{y0:g},{x1:g},{y1:g} lies outside the photo "
            f"({photo.width}x{photo.height})."
        )
    return inside


def nothing_fits(found: Regions, phrase: str) -> str:
    """Why a phrase fits nothing, in one line."""
    return found.note or f"Nothing in the photo fits {phrase!r}."


def picked(found: Regions, target: Target, pick: Pick | None) -> tuple[Region, ...]:
    """The regions that are meant, of those that fit.

    Raises:
        TargetNotFoundError: when none fits, or none has the number that was picked.
        AmbiguousTargetError: when several fit about equally well and none was picked.
    """
    if not len(found):
        raise TargetNotFoundError(nothing_fits(found, target.phrase), found)
    if pick == "all":
        return found.items
    if pick is not None:
        if not 1 <= pick <= len(found):
            raise TargetNotFoundError(
                f"There is no candidate {pick}; {target.phrase!r} fits {len(found)}.", found
            )
        return (found[pick - 1],)
    if found.ambiguous:
        raise AmbiguousTargetError(_question(found, target), found)
    return found.items


def _question(found: Regions, target: Target) -> str:
    """Which of the candidates is meant, in one line."""
    count, choices = len(found), f"--pick 1 ... --pick {len(found)}, or --pick all."
    if found.guessed:
        which = "candidate 1: --pick 1." if count == 1 else f"one of {count} candidates: {choices}"
        return f"{found.note.rstrip('.')}. It may be {which}"
    if count == 1:
        return (
            f"{target.phrase!r} may be candidate 1, but whether that is one whole thing is not "
            "clear. Take it with --pick 1, or draw a --box."
        )
    if target.quantity != "one":
        return (
            f"Which things {target.phrase!r} means is not clear; these {count} may be. Pick: "
            f"{choices}"
        )
    return (
        f"{target.phrase!r} fits {count} things about equally well. Say which by place, colour or "
        f"size, or pick one: {choices}"
    )


_NEAR = 0.75  # of a mask's longer side: how far round it another thing may be touched by its hole
_APART = 0.1  # of a thing: less of it in the mask is chance
_GOES_ALONG = 0.6  # of a thing that is only the mirror image of another
_MOST = 16  # things that are outlined for it


def near(mask: Mask, found: Regions, score: float) -> list[Region]:
    """The things that a hole round a mask could touch, best first.

    Args:
        mask: the target.
        found: every object that was found.
        score: those below it are left out.
    """
    if mask.box is None:
        return []
    x0, y0, x1, y1 = mask.box
    reach = _NEAR * max(x1 - x0, y1 - y0)
    kept: list[Region] = []
    for region in found:
        a, b, c, d = region.box
        close = a < x1 + reach and c > x0 - reach and b < y1 + reach and d > y0 - reach
        shared = max(0.0, min(c, x1) - max(a, x0)) * max(0.0, min(d, y1) - max(b, y0))
        union = (c - a) * (d - b) + (x1 - x0) * (y1 - y0) - shared
        same = region.mask is None and shared > 0.7 * union
        if region.score >= score and (region.mask is not None or (close and not same)):
            kept.append(region)
    return kept[:_MOST] if any(region.mask is None for region in kept) else kept


def others_than(mask: Mask, found: Sequence[Region], taken: Mask | None = None) -> list[Mask]:
    """The other things in a photo: of all that was found, what the mask does not cover.

    Of a tray with a cup, that was found as one thing, the tray is left where the cup is masked.

    Args:
        mask: the target.
        found: objects, each with its mask.
        taken: what goes with the mask; most of an object in it makes it none.
    """
    taken = mask if taken is None else taken
    kept: list[Mask] = []
    for region in found:
        if region.mask is None:
            continue
        thing = region.mask.binary
        size = np.count_nonzero(thing)
        covered = np.count_nonzero(thing & mask.binary)
        if np.count_nonzero(thing & taken.binary) >= _GOES_ALONG * size:
            continue
        if covered < _APART * size:
            kept.append(region.mask)
        elif covered < _GOES_ALONG * size:  # found as one with what it carries
            kept.append(Mask((thing & ~mask.binary).astype(np.float32), region.mask.origin))
    return kept


_MUCH = 0.35  # of the photo: more than a person means by a point


def notes_for(
    target: Target, regions: tuple[Region, ...], mask: Mask, pointer: Pointer
) -> list[str]:
    """What a person should know of how the target was settled, a line each."""
    doubts = [region.doubt for region in regions if region.doubt and pointer.pick is None]
    notes = list(dict.fromkeys(doubts))
    words = list(dict.fromkeys(word for region in regions for word in region.unchecked))
    if words:
        labels = list(dict.fromkeys(region.label for region in regions))
        notes.append(
            f"{target.phrase!r} was taken to be the {' and the '.join(labels)}; "
            f"whether it is a {' or '.join(words)} cannot be checked here."
        )
    if pointer.points and mask.area > _MUCH:
        notes.append(
            f"The outline at the point covers {mask.area:.0%} of the photo. "
            "If that is too much, draw a --box round the thing."
        )
    return notes
