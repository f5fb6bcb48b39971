import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoedit.grounding.candidates import Candidate
from autoedit.grounding.places import fit_position, fit_relation, fit_size, in_order


def thing(x, y, width=0.1, height=0.1):
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return Candidate(np.zeros(1, bool), box, width * height, (x, y), 1.0, 1.0)


@pytest.mark.parametrize(
    ("position", "there", "elsewhere"),
    [
        ("left", (0.2, 0.5), (0.8, 0.5)), ("right", (0.8, 0.5), (0.2, 0.5)),
        ("top", (0.5, 0.2), (0.5, 0.8)), ("bottom", (0.5, 0.8), (0.5, 0.2)),
        ("middle", (0.5, 0.5), (0.1, 0.9)), ("upper_right", (0.8, 0.2), (0.8, 0.8)),
        ("lower_left", (0.2, 0.8), (0.8, 0.8)), ("foreground", (0.5, 0.8), (0.5, 0.2)),
        ("background", (0.5, 0.3), (0.5, 0.9)),
    ],
)  # fmt: skip
def test_positions_in_the_frame(position, there, elsewhere):
    assert fit_position(thing(*there), position) > 0.7
    assert fit_position(thing(*elsewhere), position) < 0.1


def test_sizes_are_relative_to_the_others():
    small, tall, big = thing(0, 0, 1, 1), thing(0, 0, 1, 4), thing(0, 0, 3, 3)
    items = [small, tall, big]

    assert np.argmax(fit_size(items, "biggest")) == 2
    assert np.argmax(fit_size(items, "small")) == 0
    assert np.argmax(fit_size(items, "tallest")) == 1


def test_counting_from_a_side():
    items = [thing(0.5, 0.1), thing(0.1, 0.9), thing(0.9, 0.5)]
    assert in_order(items, "left") == [items[1], items[0], items[2]]
    assert in_order(items, "bottom") == [items[1], items[2], items[0]]


ANCHOR = (100.0, 100.0, 200.0, 200.0)


@pytest.mark.parametrize(
    ("kind", "box"),
    [
        ("left_of", (20, 120, 80, 180)), ("right_of", (220, 120, 280, 180)),
        ("above", (120, 20, 180, 80)), ("below", (120, 220, 180, 280)),
        ("on", (120, 60, 180, 130)), ("next_to", (205, 120, 260, 200)),
        ("behind", (120, 90, 180, 150)), ("in_front_of", (120, 150, 180, 240)),
    ],
)  # fmt: skip
def test_relations_to_another_thing(kind, box):
    opposite = {"left_of": "right_of", "right_of": "left_of", "above": "below", "below": "above",
                "behind": "in_front_of", "in_front_of": "behind"}  # fmt: skip

    fit = fit_relation(box, ANCHOR, kind)

    assert fit is not None
    assert fit > 0.5
    if kind in opposite:
        assert fit_relation(box, ANCHOR, opposite[kind]) < 0.1


@given(st.tuples(*[st.floats(0, 400)] * 4), st.sampled_from(["left_of", "on", "next_to", "below"]))
def test_a_relation_is_a_share(numbers, kind):
    box = (*sorted(numbers[:2]), *sorted(numbers[2:]))
    fit = fit_relation((box[0], box[2], box[1] + 1, box[3] + 1), ANCHOR, kind)
    assert 0 <= fit <= 1


def test_what_boxes_cannot_tell():
    assert fit_relation(ANCHOR, ANCHOR, "wearing") is None
