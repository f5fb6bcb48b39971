"""Boxes that a planner gives are where the editor looks, and words no more."""

from __future__ import annotations

import numpy as np

from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep, Target
from autoedit.editor import Editor

BOXES = ((20.0, 20.0, 60.0, 60.0), (100.0, 30.0, 140.0, 70.0))


def photo() -> Photo:
    """Two red squares of the same size on grey."""
    pixels = np.full((100, 160, 3), 128, np.uint8)
    for x0, y0, x1, y1 in BOXES:
        pixels[int(y0) + 5 : int(y1) - 5, int(x0) + 5 : int(x1) - 5] = (200, 30, 30)
    return Photo(pixels, name="squares.png")


def cut(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    target = Target(phrase="the gizmo", head="gizmo")  # no word that finds anything
    step = EditStep(operation="extract", target=target, boxes=boxes)
    result = Editor("embedded").edit(photo(), EditPlan(steps=(step,)))
    return result.mask.binary


def test_one_box_is_as_if_pointed_at() -> None:
    mask = cut(BOXES[1])
    assert mask[50, 120]
    assert not mask[:, :90].any()


def test_every_box_is_a_region() -> None:
    mask = cut(*BOXES)
    assert mask[40, 40]
    assert mask[50, 120]
    assert not mask[:, 70:95].any()


def test_a_planner_that_sees_is_given_the_photo() -> None:
    editor, shown = Editor("embedded"), []

    class Seeing:
        sees = True

        def plan(self, instruction: str, photo: Photo | None = None) -> EditPlan:
            shown.append(photo)
            step = EditStep(operation="extract", target=Target(phrase="it"), boxes=BOXES[:1])
            return EditPlan(steps=(step,), instruction=instruction)

    editor._stages.__dict__["planner"] = Seeing()
    squares = photo()
    result = editor.edit(squares, "schneide es aus")
    assert shown == [squares]
    assert result.mask.binary[40, 40]
    assert not result.mask.binary[:, 90:].any()
