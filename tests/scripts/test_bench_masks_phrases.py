"""Random scenes and the phrases that are made of their graphs."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from masks_bench.graph import Graph, Thing, difference
from masks_bench.phrases import SORTS, Phrase, phrases, plural
from scenes.crowds import COLOURS, GROUNDS, KINDS, Plan, plan

from autoedit import Editor

RGB = {"red": (190, 30, 35), "green": (40, 135, 60), "blue": (35, 85, 180),
       "yellow": (230, 180, 40), "black": (20, 20, 20), "white": (230, 228, 225)}  # fmt: skip


def thing(number: int, kind: str, colour: str, x: float, y: float = 0.5, **more: Any) -> Thing:
    """A thing a tenth of the photo wide, its middle at x, y."""
    box = (x - 0.05, y - 0.05, x + 0.05, y + 0.05)
    made = Thing(number, kind, (colour,), "", box, 0.01, 1.0, 1.0, 8.0 - 4 * y, None, RGB[colour])
    return replace(made, **more)


def graph(*things: Thing) -> Graph:
    return Graph(1, "oak", "", things)


def made(*things: Thing) -> dict[str, Phrase]:
    """Every phrase of the scene by its text; a few seeds show those that a limit leaves out."""
    scene = graph(*things)
    return {p.text: p for seed in range(12) for p in phrases(replace(scene, seed=seed))}


# Plans ---------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_planned_things_stand_apart_and_in_the_picture(seed: int) -> None:
    scene = plan(seed)
    assert 1 <= len(scene.items) <= 7
    assert [item.number for item in scene.items] == list(range(1, len(scene.items) + 1))
    grounded = [item for item in scene.items if item.stands_on is None]
    for item in scene.items:
        assert min(scene.view.box(item)) > 0 and max(scene.view.box(item)) < 1
        for other in grounded:
            if item.stands_on is None and item.number < other.number:
                away = math.dist(item.place[:2], other.place[:2])
                assert away > item.radius + other.radius


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_planned_colours_and_stands_are_what_they_say(seed: int) -> None:
    scene = plan(seed)
    by_number = {item.number: item for item in scene.items}
    for item in scene.items:
        assert not set(item.colours) & set(GROUNDS[scene.ground][1]) or item.kind == "apple"
        assert item.shade in COLOURS[item.colours[0]]
        assert set(item.colours) <= set(KINDS[item.kind].colours or COLOURS)
        if item.stands_on is not None:
            below = by_number[item.stands_on]
            assert 0 < item.place[2] <= below.height
            assert KINDS[item.kind].base * item.size <= KINDS[below.kind].carries * below.size
    assert scene.target not in {item.stands_on for item in scene.items}


def test_a_seed_is_always_the_same_scene() -> None:
    assert asdict(plan(1003)) == asdict(plan(1003))
    assert plan(1003) != plan(1004)


def test_seeds_take_the_grounds_in_turn() -> None:
    assert {plan(seed).ground for seed in range(len(GROUNDS))} == set(GROUNDS)


def test_the_camera_sees_what_it_looks_at_in_the_middle() -> None:
    scene: Plan = plan(5)
    x, y, depth = scene.view.project(scene.view.look)
    assert (x, y) == pytest.approx((0.5, 0.5))
    assert depth == pytest.approx(math.dist(scene.view.look, scene.view.eye))
    ox, oy, oz = scene.view.look
    assert scene.view.project((ox + 0.5, oy, oz))[0] > 0.5
    assert scene.view.project((ox, oy, oz + 0.5))[1] < 0.5


# Phrases -------------------------------------------------------------------------------------


def test_a_colour_that_only_one_thing_has_names_it() -> None:
    found = made(thing(1, "mug", "red", 0.2), thing(2, "ball", "green", 0.8))
    assert found["the red mug"] == Phrase("the red mug", "colour", "one", (1,))
    assert found["the green ball"].things == (2,)


def test_two_of_a_colour_need_the_noun_and_twins_are_a_toss_up() -> None:
    mixed = made(thing(1, "mug", "red", 0.2), thing(2, "ball", "red", 0.8))
    assert mixed["the red mug"].sort == "noun"
    twins = made(thing(1, "mug", "red", 0.2), thing(2, "mug", "red", 0.8))
    assert twins["the red mug"] == Phrase("the red mug", "ambiguous", "ambiguous", (1, 2))
    assert twins["both red mugs"].answer == "all"
    assert twins["the red mug on the left"].things == (1,)


def test_what_looks_alike_is_not_asked_for_by_colour() -> None:
    dull = replace(thing(2, "ball", "green", 0.8), rgb=(170, 40, 40))
    assert "the red mug" not in made(thing(1, "mug", "red", 0.2), dull)


@pytest.mark.parametrize("spoilt", [{"area": 0.002}, {"visible": 0.5}, {"rgb": (90, 88, 91)}])
def test_what_hardly_shows_is_not_asked_for(spoilt: dict[str, Any]) -> None:
    found = made(thing(1, "mug", "red", 0.2, **spoilt), thing(2, "ball", "green", 0.8))
    assert "the red mug" not in found
    assert found["the green ball"].things == (2,)


def test_nothing_is_of_an_absent_colour_and_of_no_colour_nearby() -> None:
    found = made(thing(1, "mug", "red", 0.2), thing(2, "ball", "green", 0.8))
    sorts = {phrase.text.split()[1]: phrase.sort for phrase in found.values() if not phrase.things}
    assert sorts == {"yellow": "nothing", "blue": "nothing", "purple": "nothing",
                     "pink": "near colour"}  # fmt: skip
    gingham = replace(graph(thing(1, "mug", "red", 0.2)), ground="gingham")
    assert not any("blue" in phrase.text for phrase in phrases(gingham))


def test_places_need_a_margin() -> None:
    far = made(thing(1, "mug", "red", 0.15), thing(2, "ball", "green", 0.5))
    assert far["the object on the left"].things == (1,)
    close = made(thing(1, "mug", "red", 0.3), thing(2, "ball", "green", 0.4))
    assert "the object on the left" not in close
    wide = thing(2, "ball", "green", 0.5, box=(0.05, 0.4, 0.95, 0.5))
    assert "the object on the left" not in made(thing(1, "mug", "red", 0.15), wide)


def test_a_corner_holds_one_thing() -> None:
    things = thing(1, "mug", "red", 0.85, 0.2), thing(2, "ball", "green", 0.2, 0.8)
    assert made(*things)["the object in the upper right corner"].things == (1,)
    third = thing(3, "can", "blue", 0.65, 0.35)
    assert "the object in the upper right corner" not in made(*things, third)


def test_sizes_need_a_margin_and_the_room_to_agree() -> None:
    big = thing(1, "box", "red", 0.2, area=0.03, height=2.0)
    small = thing(2, "ball", "green", 0.8)
    assert made(big, small)["the biggest object"].things == (1,)
    assert "the biggest object" not in made(replace(big, area=0.014), small)
    near = replace(big, height=0.5)  # only nearer to the camera
    assert "the biggest object" not in made(near, small)


def test_ordinals_count_from_both_sides() -> None:
    row = [thing(i + 1, "can", c, 0.2 * (i + 1)) for i, c in enumerate(("red", "blue", "green"))]
    found = made(*row)
    assert found["the first thing from the left"].things == (1,)
    assert found["the second can from the right"].things == (2,)
    assert found["the third can from the left"] == Phrase(
        "the third can from the left", "ordinal", "one", (3,)
    )
    close = made(*row, thing(4, "ball", "yellow", 0.64))
    assert "the third can from the left" in close
    assert "the third thing from the left" not in close
    mixed = made(*row, thing(4, "ball", "yellow", 0.8))
    assert mixed["the third can from the left"].sort == "noun"
    assert mixed["the fourth thing from the left"].things == (4,)


def test_relations_have_one_answer() -> None:
    ball = thing(1, "ball", "red", 0.5)
    left, right = thing(2, "box", "blue", 0.2), thing(3, "can", "green", 0.8)
    found = made(ball, left, right)
    assert found["the object left of the red ball"].things == (2,)
    assert found["the object right of the red ball"].things == (3,)
    crowded = made(ball, left, right, thing(4, "cone", "yellow", 0.35, 0.3))
    assert "the object left of the red ball" not in crowded


def test_behind_is_farther_and_on_is_carried() -> None:
    bottle = thing(1, "bottle", "green", 0.5, 0.7)
    behind = thing(2, "box", "red", 0.5, 0.4)
    found = made(bottle, behind)
    assert found["the object behind the green bottle"].things == (2,)
    assert found["the object in front of the red box"].things == (1,)
    cup = thing(3, "mug", "blue", 0.2, 0.4, on=4)
    stack = made(cup, thing(4, "tray", "white", 0.2, 0.5), thing(5, "ball", "red", 0.8))
    assert stack["the mug on the white tray"].things == (3,)
    assert not any("behind" in text for text in stack)


def test_exclusion_is_all_the_rest() -> None:
    things = [thing(i + 1, "can", c, 0.2 * (i + 1)) for i, c in enumerate(("red", "blue", "green"))]
    found = made(*things)
    assert found["everything except the blue can"] == Phrase(
        "everything except the blue can", "exclusion", "all", (1, 3)
    )


def test_a_thing_alone_needs_no_colour() -> None:
    found = made(thing(1, "ball", "red", 0.5))
    assert {found[text].things for text in ("the object", "the thing", "the ball")} == {(1,)}
    assert "the object" not in made(thing(1, "ball", "red", 0.3), thing(2, "can", "blue", 0.7))


def test_two_coloured_things_are_named_by_both() -> None:
    striped = replace(thing(1, "ball", "red", 0.2), colours=("red", "white"))
    found = made(striped, thing(2, "can", "blue", 0.8))
    assert found["the red and white ball"].sort == "two-coloured"
    spoilt = made(striped, thing(2, "can", "white", 0.8))
    assert "the red and white ball" not in spoilt


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_phrases_of_planned_scenes_are_understood_and_point_to_things(seed: int) -> None:
    scene = plan(seed)
    things = []
    for item in scene.items:
        box = scene.view.box(item)
        area = (box[2] - box[0]) * (box[3] - box[1]) * 0.7
        code = item.tints[0]
        rgb = tuple(int(code[i : i + 2], 16) for i in (1, 3, 5))
        depth = math.dist(item.place, scene.view.eye)
        things.append(Thing(item.number, item.kind, item.colours, item.shade, box, area, 1.0,
                            item.height, depth, item.stands_on, rgb))  # fmt: skip
    found = phrases(Graph(seed, scene.ground, scene.wall, tuple(things)))
    editor = Editor("embedded")
    numbers = {item.number for item in scene.items}
    assert found
    for phrase in found:
        assert phrase.sort in SORTS
        assert set(phrase.things) <= numbers
        assert bool(phrase.things) == (phrase.answer != "none")
        assert editor.plan(f"remove {phrase.text}").steps


def test_difference_and_plural() -> None:
    assert difference((200, 30, 30), (200, 30, 30)) == 0
    assert difference(RGB["red"], RGB["green"]) > difference(RGB["red"], (170, 60, 40)) > 0
    assert (plural("box"), plural("mug")) == ("boxes", "mugs")
