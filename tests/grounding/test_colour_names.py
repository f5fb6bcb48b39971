import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoedit.core.superpixels import to_lab
from autoedit.grounding.colour_names import (
    BASIC,
    EVERYDAY,
    FINE,
    NEUTRAL,
    known_colour,
    membership,
    memberships,
)


def lab(code):
    channels = [int(code[i : i + 2], 16) for i in (0, 2, 4)]
    return to_lab(np.array([[channels]], np.uint8))[0]


def best_name(code):
    names = (*BASIC, *NEUTRAL)
    return max(names, key=lambda name: float(membership(name, lab(code))[0]))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("d01010", "red"), ("2c7a3a", "green"), ("2040c0", "blue"), ("f0d020", "yellow"),
        ("e8781e", "orange"), ("6b4a2c", "brown"), ("e8a0b0", "pink"), ("6a2a8a", "purple"),
        ("101010", "black"), ("f4f4f2", "white"), ("808284", "grey"), ("9ac0e8", "blue"),
    ],
)  # fmt: skip
def test_plain_colours_get_the_name_that_people_give_them(code, name):
    assert best_name(code) == name


@given(
    st.sampled_from([*BASIC, *FINE, *NEUTRAL]),
    st.tuples(st.floats(0, 100), st.floats(-100, 100), st.floats(-100, 100)),
)
def test_membership_is_a_share(name, colour):
    value = membership(name, np.array([colour], np.float32))
    assert 0 <= value[0] <= 1


def test_brown_wood_is_not_orange():
    assert membership("brown", lab("8a6038"))[0] > 2 * membership("orange", lab("8a6038"))[0]


@pytest.mark.parametrize(("code", "name"), [("dca70b", "yellow"), ("e07b10", "orange")])
def test_a_strong_light_colour_is_not_brown(code, name):
    assert membership(name, lab(code))[0] > membership("brown", lab(code))[0]


def test_all_names_at_once_are_each_name_alone():
    colours = np.concatenate([lab(code) for code in ("d01010", "6b4a2c", "808284", "9ac0e8")])
    every = memberships(colours, 90)

    assert every.shape == (4, len(EVERYDAY))
    for i, name in enumerate(EVERYDAY):
        assert every[:, i] == pytest.approx(membership(name, colours, 90))


def test_a_finer_name_is_narrower_than_its_everyday_word():
    sky, navy = lab("87c0f0"), lab("0a1a50")
    assert membership("blue", sky)[0] > 0.5
    assert membership("navy", sky)[0] < 0.1 < membership("navy", navy)[0]


def test_white_is_judged_by_the_scene():
    dim_white = lab("b4b4b4")
    assert membership("white", dim_white, 74)[0] > 0.5 > membership("white", dim_white, 100)[0]


@pytest.mark.parametrize(
    ("word", "name"),
    [("Gray", "grey"), ("scarlet", "red"), ("reddish", "red"), ("teal", "teal"), ("mug", None)],
)
def test_words_lead_to_names(word, name):
    assert known_colour(word) == name
