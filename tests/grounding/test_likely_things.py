import numpy as np
import pytest

from autoedit.core.photo import Photo
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.proposals import propose_things
from autoedit.grounding.scene import Scene
from tests.drawing import ball, block, ground, overlap

RED, GREEN, BLUE = (190, 25, 25), (30, 120, 45), (30, 60, 170)


@pytest.fixture(scope="module")
def drawn():
    photo = ground()
    outlines = [
        ball(photo, 90, 120, 42, RED), ball(photo, 380, 250, 40, BLUE),
        block(photo, 190, 70, 270, 160, GREEN),
    ]  # fmt: skip
    scene = Scene.of(Photo(photo))
    return scene, LikelyThings(scene), outlines


def test_whole_things_are_the_likeliest(drawn):
    scene, things, outlines = drawn
    found = things.cut()[:3]

    for outline in outlines:
        assert max(overlap(scene.mask(one.members).binary, outline) for one in found) > 0.85
    assert all(one.objectness > 0.6 for one in found)


def test_nothing_found_overlaps(drawn):
    _, things, _ = drawn
    taken = np.sum([one.members for one in things.cut()], axis=0)
    assert taken.max() == 1


def test_what_is_set_aside_is_not_found(drawn):
    scene, things, outlines = drawn
    aside = scene.pieces.mean(outlines[0]) > 0.5
    assert not any((one.members & aside).any() for one in things.cut(aside=aside))


def test_a_thing_is_likely_and_its_ground_is_not(drawn):
    scene, things, outlines = drawn
    thing = scene.pieces.mean(outlines[2]) > 0.5
    left = scene.pieces.centre[:, 0] < 60

    assert things.likely(thing) > 0.6
    assert things.likely(left) < 0.2


def test_a_part_has_a_whole_and_a_whole_has_none_that_is_likely(drawn):
    scene, things, outlines = drawn
    upper = outlines[2].copy()
    upper[100:] = False
    (whole,) = things.wholes(scene.pieces.mean(upper) > 0.5)
    assert overlap(scene.mask(whole.members).binary, outlines[2]) > 0.85
    assert not things.wholes(scene.pieces.mean(outlines[2]) > 0.5)


def test_shares_are_means_over_each_group(drawn):
    scene, things, _ = drawn
    shares = things.share(np.ones(scene.pieces.count, np.float32))
    assert shares == pytest.approx(1)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (20, 7)])
def test_tiny_photos_hold_no_things(shape):
    scene = Scene.of(Photo(np.full((*shape, 3), 127, np.uint8)))
    assert LikelyThings(scene).cut() == []


def test_groups_are_neither_specks_nor_the_whole_photo(drawn):
    scene, _, _ = drawn
    found = propose_things(scene)
    share = found.members @ scene.pieces.area / scene.pieces.area.sum()
    assert share.min() > 0.0005
    assert share.max() < 0.5
    assert found.likely.shape == share.shape


def test_supposing_that_something_is_or_is_no_thing_changes_only_what_is_supposed(drawn):
    scene, things, outlines = drawn
    thing = scene.pieces.mean(outlines[2]) > 0.5
    before = things.likely(thing)

    assert things.supposing(thing, thing=False).likely(thing) == 0
    assert things.supposing(thing, thing=True).likely(thing) == 1
    assert things.likely(thing) == before
    other = scene.pieces.mean(outlines[0]) > 0.5
    assert things.supposing(thing, thing=False).likely(other) == things.likely(other)
