"""What may be a source where letters were, and what a fill may not touch."""

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Region, Regions
from autoedit.pipeline import load_pipeline
from autoedit.run import Run
from autoedit.selecting import elsewhere, others
from tests.drawing import ball, block, cast_shadow, ground, overlap
from tests.views import seen


def board() -> tuple[Photo, Region]:
    """White letters on a brown board before a blue sky."""
    pixels = np.full((120, 200, 3), (90, 150, 230), np.uint8)
    pixels[30:90, 40:160] = (110, 60, 30)
    letters = np.zeros((120, 200), np.float32)
    letters[50:66, 60:140:4] = 1
    letters[50:66, 61:140:4] = 1
    pixels[letters > 0] = 250
    return Photo(pixels), Region((60, 50, 140, 66), 1.0, "text", Mask(letters, "text"), exact=True)


def test_letters_are_filled_from_what_they_stand_on() -> None:
    photo, region = board()
    far = elsewhere(photo, (region,)).array
    assert (far[40:48, 60:140] == 0).all()
    assert (far[:28] == 1).all()
    assert (far[100:] == 1).all()
    sky_nearby = far[26:29, 60:140]
    assert (sky_nearby == 1).all()


def test_a_region_without_letters_is_filled_from_round_it() -> None:
    photo, region = board()
    plain = Region(region.box, 1.0, "text", exact=True)
    far = elsewhere(photo, (plain,)).array
    assert (far[30:90, 50:150] == 0).all()
    assert (far[:20] == 1).all()


@pytest.fixture
def scene():
    """A ball beside a box: the photo, and the outlines of both."""
    photo = ground()
    cast_shadow(photo, 290, 240, (95, 16))
    box = block(photo, 250, 140, 350, 240, (40, 70, 170))
    return photo, ball(photo, 200, 190, 50, (190, 40, 30)), box


def beside_the_ball(scene, found, outline, **masks):
    """The other things beside the ball, of which grounding found one, and segmentation more."""
    photo, target, _ = scene
    asked = []

    def segment(_, prompt):
        asked.append(prompt)
        return Mask.of(outline)

    stages: Any = SimpleNamespace(
        ground=lambda *_: Regions((Region((250, 140, 350, 240), 1.0, "box", Mask.of(found)),)),
        outline=segment,
        pipeline=load_pipeline("embedded", ()),
    )
    things = others(stages, Photo(photo), Mask.of(target), Run(), **masks)
    return [thing.binary for thing in things], asked


@pytest.mark.parametrize(("long", "passes"), [(0, 1), (15, 2), (24, 3), (90, 3)])
def test_a_thin_part_is_followed_while_there_is_more_of_it(scene, monkeypatch, long, passes):
    photo, target, box = scene
    spout = np.zeros_like(box)
    spout[145:185, 350 : 350 + long] = True
    monkeypatch.setattr("autoedit.selecting._likely_things", lambda *_: np.ones(box.shape))
    asked = []

    def segment(_, prompt):
        asked.append(prompt)
        found = cv2.dilate(prompt.mask.binary.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
        return Mask.of(found & (box | spout))

    found = Region((250, 140, 350, 240), 1.0, "box", Mask.of(box))
    stages: Any = SimpleNamespace(
        ground=lambda *_: Regions((found,)),
        outline=segment,
        pipeline=load_pipeline("embedded", ()),
    )
    (thing,) = others(stages, Photo(photo), Mask.of(target), Run())
    assert len(asked) == passes
    assert overlap(thing.binary, box | (spout & (np.indices(box.shape)[1] < 386))) > 0.99


def test_what_a_fill_comes_up_to_is_outlined_to_the_pixel(scene) -> None:
    box = scene[2]
    coarse, more = box.copy(), box.copy()
    coarse[140:180, 250:270] = False  # grounding's patches lack a corner
    more[120:140, 300:350] = True  # and an edge was missed where the box ends
    (thing,), asked = beside_the_ball(scene, coarse, more)
    assert (asked[0].mask.binary == coarse).all()
    assert len(asked) == 2  # so much was lacking that there might be more
    assert overlap(thing, box) > 0.97 > overlap(coarse, box)
    assert not thing[scene[1]].any()


def test_what_surely_is_a_thing_stays_one(scene) -> None:
    box = scene[2]
    less = box.copy()
    less[170:210, 280:330] = False  # a patch of another colour, as on a label
    (thing,), _ = beside_the_ball(scene, box, less)
    assert overlap(thing, box) > 0.97


def test_what_stands_far_from_the_hole_is_taken_as_it_was_found(scene) -> None:
    photo, target, box = scene
    away = np.roll(box, 60, axis=1)
    things, asked = beside_the_ball((photo, target, away), away, away)
    assert not asked
    assert all((thing == away).all() for thing in things)


@pytest.mark.parametrize(("filled", "asked_for"), [(True, 1), (False, 0)])
def test_only_what_a_fill_comes_up_to_is_worth_an_outline(scene, filled, asked_for) -> None:
    photo, target, box = scene
    away = np.roll(box, 60, axis=1)
    shadow = Mask.of(np.roll(target, 57, axis=1))  # it reaches the box, and is filled or lit anew
    hole = Mask.of(target) | shadow if filled else Mask.of(target)
    _, asked = beside_the_ball(
        (photo, target, away), away, away, hole=hole, taken=Mask.of(target) | shadow
    )
    assert len(asked) == asked_for


def test_a_thing_of_which_segmentation_finds_nothing_stays_as_it_was_found(scene) -> None:
    plain = np.full_like(scene[0], 190)  # nor does the network see any here
    box, nothing = scene[2], np.zeros_like(scene[2])
    things, asked = beside_the_ball((plain, *scene[1:]), box, nothing)
    assert len(asked) == 1
    assert [(thing == box).all() for thing in things] == [True]


@pytest.mark.parametrize(("likely", "found", "count"), [
    (0.98, False, 1), (0.9, False, 0), (0.98, True, 1),
])  # fmt: skip
def test_a_thing_that_grounding_missed_is_spared_where_the_network_sees_it(
    scene, likely, found, count
) -> None:
    photo, target, box = scene
    regions = (Region((250, 140, 350, 240), 1.0, "box", Mask.of(box)),) if found else ()
    stages: Any = SimpleNamespace(
        ground=lambda *_: Regions(regions),
        outline=lambda _, prompt: Mask.of(box),
        pipeline=load_pipeline("embedded", ()),
    )
    speck = np.zeros_like(box)
    speck[40:48, 500:508] = True
    view = seen(photo, target, (box & ~target) | speck, thing=likely)
    things = others(stages, Photo(photo), Mask.of(target), Run(), view=view)
    assert len(things) == count
    for thing in things:
        assert overlap(thing.binary, box & ~target) > 0.95


def test_a_mere_place_has_no_things_that_were_missed(scene) -> None:
    photo, target, box = scene
    stages: Any = SimpleNamespace(
        ground=lambda *_: Regions(()), pipeline=load_pipeline("embedded", ())
    )
    view = seen(photo, target, box & ~target, thing=0.98)
    assert others(stages, Photo(photo), Mask.of(target), Run(), view=view, place=True) == []
