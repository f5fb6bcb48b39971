"""What a generative inpainter is asked for, and where it may draw."""

from __future__ import annotations

from typing import Literal

import numpy as np

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep, Position, RelationKind, Target
from autoedit.core.region import Box, Region
from autoedit.inpainting import FillRequest
from autoedit.pipeline import Pipeline
from autoedit.pointing import Pointer, picked
from autoedit.stages import Stages

_STANDS_AMONG = ("on", "in", "under", "next_to", "behind", "in_front_of", "above", "below")
_SIDE = 0.28  # of the photo's shorter side: how large a new thing is when nothing says so
_OF_ANCHOR = 0.45  # of the anchor's longer side: a thing that stands on or by another
_THIRDS: dict[Position, tuple[float, float]] = {
    "left": (0.2, 0.6), "right": (0.8, 0.6), "top": (0.5, 0.2), "bottom": (0.5, 0.8),
    "middle": (0.5, 0.5), "foreground": (0.5, 0.8), "background": (0.5, 0.35),
    "upper_left": (0.2, 0.2), "upper_right": (0.8, 0.2),
    "lower_left": (0.2, 0.8), "lower_right": (0.8, 0.8),
}  # fmt: skip


def request_for(pipeline: Pipeline, step: EditStep, others: Mask | None) -> FillRequest:
    """The prompt and negative prompt of a step, from the pipeline's templates.

    Args:
        pipeline: whose templates.
        step: remove, replace, add, modify or background.
        others: other things in the photo, which are no source for a fill.
    """
    forbidden = None if others is None else others.binary
    if not pipeline.draws:
        return FillRequest(forbidden=forbidden)
    asked = step.replacement.phrase if step.replacement else ""
    words = {
        "target": step.target.phrase,
        "replacement": asked,
        "surroundings": _surroundings(step.target),
    }
    names: dict[str, tuple[str, str, Literal["remove", "draw", "change"]]] = {
        "remove": ("remove", "remove-negative", "remove"),
        "replace": ("replace", "replace-negative", "draw"),
        "add": ("replace", "draw-negative", "draw"),
        "background": ("background", "draw-negative", "draw"),
        "modify": ("change", "draw-negative", "change"),
    }
    prompt, negative, intent = names[step.operation]
    return FillRequest(
        prompt=pipeline.prompt(prompt, **words),
        negative_prompt=pipeline.prompt(negative, **words),
        intent=intent,
        forbidden=forbidden,
    )


def _surroundings(target: Target) -> str:
    """What a target stands on or among, as far as the sentence says."""
    if target.relation is not None and target.relation.kind in _STANDS_AMONG:
        return target.relation.anchor.phrase
    return "the surroundings"


def room_for(mask: Mask, margin: float) -> Mask:
    """Where a new thing may be drawn: the rectangle round a mask, for it has a shape of its own.

    Args:
        mask: what is there now.
        margin: how far the rectangle reaches beyond, as a fraction of its longer side.

    Returns:
        1 in the rectangle, as far as the photo goes.
    """
    room = np.zeros(mask.shape, np.float32)
    if mask.box is not None:
        x0, y0, x1, y1 = mask.box
        reach = margin * max(x1 - x0, y1 - y0)
        room[max(0, round(y0 - reach)) : round(y1 + reach),
             max(0, round(x0 - reach)) : round(x1 + reach)] = 1.0  # fmt: skip
    return Mask(room, "room")


def place_of(
    stages: Stages, photo: Photo, target: Target, pointer: Pointer
) -> tuple[tuple[Region, ...], Mask]:
    """Where a new thing goes: where it was pointed, else where its words say.

    Returns:
        One region, and its box as a mask.

    Raises:
        TargetError: when it is to stand by a thing that is not found, or one of several.
    """
    box, evidence = pointer.box, "pointed at"
    if box is None:
        anchor: Box | None = None
        if target.relation is not None and not pointer.points:
            beside = target.relation.anchor
            anchor = picked(stages.ground(photo, beside), beside, pointer.pick)[0].box
        box, evidence = place_for(target, photo.shape, anchor), "chosen from its words"
        if pointer.points:
            (x, y), side = pointer.points[0], box[2] - box[0]
            box, evidence = _inside(x, y, side, photo.shape), "pointed at"
    array = np.zeros(photo.shape, np.float32)
    array[round(box[1]) : round(box[3]), round(box[0]) : round(box[2])] = 1.0
    mask = Mask(array, "place")
    return (Region(box, 1.0, target.phrase, mask, (f"place {evidence}",)),), mask


def place_for(target: Target, shape: tuple[int, int], anchor: Box | None) -> Box:
    """Where a new thing goes that nobody pointed a place out for.

    Args:
        target: the new thing, with its position or relation.
        shape: (height, width) of the photo in pixels.
        anchor: the box of what it relates to; None when there is none or it was not found.

    Returns:
        Xyxy in pixels, inside the photo.
    """
    height, width = shape
    side = _SIDE * min(height, width)
    if anchor is None or target.relation is None:
        across, down = _THIRDS.get(target.position or "middle", (0.5, 0.5))
        return _inside(across * width, down * height, side, shape)
    x0, y0, x1, y1 = anchor
    side = min(_OF_ANCHOR * max(x1 - x0, y1 - y0), min(height, width) * 0.9)
    x, y = _beside(target.relation.kind, anchor, side)
    return _inside(x, y, side, shape)


def _beside(kind: RelationKind, anchor: Box, side: float) -> tuple[float, float]:
    """The centre of a square of that side that stands to an anchor as a relation says."""
    x0, y0, x1, y1 = anchor
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    if kind == "left_of":
        return x0 - 0.55 * side, y1 - side / 2
    if kind in ("right_of", "next_to"):
        return x1 + 0.55 * side, y1 - side / 2
    if kind in ("above", "behind"):
        return x, y0 - 0.4 * side
    if kind in ("below", "under", "in_front_of"):
        return x, y1 + 0.4 * side
    if kind in ("on", "wearing", "with", "holding"):
        # What stands on a thing has its foot a little below the top edge that a photo shows.
        return x, y0 + 0.25 * (y1 - y0) - 0.3 * side
    return x, y


def _inside(x: float, y: float, side: float, shape: tuple[int, int]) -> Box:
    height, width = shape
    x = min(max(x, side / 2), width - side / 2)
    y = min(max(y, side / 2), height - side / 2)
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2
