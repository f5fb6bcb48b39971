"""Where a new thing may go, and what the model is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoedit import abilities, drawing
from autoedit.core.mask import Mask
from autoedit.core.plan import EditStep, Relation, Replacement, Target
from autoedit.core.region import Region, Regions
from autoedit.editor import Editor
from autoedit.pipeline import load_pipeline
from autoedit.pointing import near

SHAPE = (300, 400)
ANCHOR = (150.0, 120.0, 250.0, 200.0)


def standing(kind: str) -> Target:
    return Target(phrase="a cup", head="cup", relation=Relation.model_validate(
        {"kind": kind, "anchor": Target(phrase="the table", head="table")}))  # fmt: skip


def centre(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


@given(
    st.sampled_from(["left_of", "right_of", "above", "below", "on", "in", "next_to", "behind"]),
    st.tuples(st.floats(0, 390), st.floats(0, 290)),
    st.tuples(st.floats(5, 400), st.floats(5, 300)),
)
def test_a_place_always_lies_in_the_photo(
    kind: str, corner: tuple[float, float], size: tuple[float, float]
) -> None:
    anchor = (*corner, min(400.0, corner[0] + size[0]), min(300.0, corner[1] + size[1]))
    x0, y0, x1, y1 = drawing.place_for(standing(kind), SHAPE, anchor)
    assert -1e-6 <= x0 < x1 <= 400 + 1e-6
    assert -1e-6 <= y0 < y1 <= 300 + 1e-6


def test_a_place_is_on_the_side_that_was_said() -> None:
    x, y = centre(ANCHOR)
    assert centre(drawing.place_for(standing("left_of"), SHAPE, ANCHOR))[0] < ANCHOR[0]
    assert centre(drawing.place_for(standing("right_of"), SHAPE, ANCHOR))[0] > ANCHOR[2]
    above = drawing.place_for(standing("on"), SHAPE, ANCHOR)
    assert above[1] < ANCHOR[1] < above[3] < y
    assert centre(above)[0] == x
    corner = Target(phrase="a bird", position="upper_right")
    across, down = centre(drawing.place_for(corner, SHAPE, None))
    assert across > 200
    assert down < 150


def test_room_is_the_rectangle_and_a_margin() -> None:
    array = np.zeros(SHAPE, np.float32)
    array[100:140, 200:300] = np.eye(40, 100, dtype=np.float32)
    array[100:140, 200:300] += np.fliplr(np.eye(40, 100, dtype=np.float32))
    box = Mask(np.clip(array, 0, 1)).box
    assert box is not None
    room = drawing.room_for(Mask(np.clip(array, 0, 1)), 0.1)
    assert room.box == (box[0] - 10, box[1] - 10, box[2] + 10, box[3] + 10)
    assert room.binary[95:145, 195:305].all()


def test_a_prompt_names_what_is_drawn_and_where_and_the_negative_one_what_was_there() -> None:
    pipeline = load_pipeline("standard")
    step = Editor("embedded").plan("replace the mug on the table with a vase").steps[0]
    request = drawing.request_for(pipeline, step, None)
    assert request.intent == "draw"
    assert "a vase in the table" in request.prompt
    assert "mug" not in request.prompt
    assert "mug" in request.negative_prompt
    removal = drawing.request_for(pipeline, step.model_copy(update={"operation": "remove"}), None)
    assert removal.intent == "remove"
    assert "mug" not in removal.prompt
    assert "mug" in removal.negative_prompt


def test_a_pipeline_without_a_prompt_gets_none() -> None:
    step = EditStep(operation="remove", target=Target(phrase="the mug"))
    others = Mask(np.ones((4, 4), np.float32))
    request = drawing.request_for(load_pipeline("embedded"), step, others)
    assert request.prompt == request.negative_prompt == ""
    assert request.forbidden is not None
    assert request.forbidden.all()


@pytest.mark.parametrize(
    ("operation", "replacement", "needed"),
    [
        ("remove", None, False),
        ("replace", Replacement(phrase="a vase"), True),
        ("add", Replacement(phrase="a vase"), True),
        ("background", Replacement(colour="white"), False),
        ("background", Replacement(phrase="a beach"), True),
        ("modify", Replacement(colour="red"), False),
        ("modify", Replacement(phrase="made of clay"), True),
        ("obscure", Replacement(phrase="blur"), False),
    ],
)
def test_what_needs_drawing(operation: str, replacement: Replacement | None, needed: bool) -> None:
    step = EditStep.model_validate(
        {"operation": operation, "target": Target(phrase="it"), "replacement": replacement}
    )
    assert abilities.draws(step) is needed


def test_only_things_near_a_hole_are_outlined_and_not_the_target_itself() -> None:
    array = np.zeros(SHAPE, np.float32)
    array[100:140, 200:240] = 1
    found = Regions((
        Region((201, 99, 241, 141), 0.9, "the target"),
        Region((250, 100, 280, 130), 0.8, "a neighbour"),
        Region((10, 10, 40, 40), 0.8, "far away"),
        Region((250, 100, 280, 130), 0.2, "too faint"),
    ))  # fmt: skip
    assert [each.label for each in near(Mask(array), found, 0.45)] == ["a neighbour"]
