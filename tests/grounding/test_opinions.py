import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.opinions import settled, wholer
from autoedit.grounding.scene import Scene
from tests.drawing import ball, block, ground, overlap

ONE, ALL = Target(phrase="the thing"), Target(phrase="all the things", quantity="all")
NOTHING = Regions(())


@pytest.fixture(scope="module")
def drawn():
    photo = ground()
    left = ball(photo, 90, 120, 42, (190, 25, 25))
    right = block(photo, 190, 70, 270, 160, (30, 120, 45))
    scene = Scene.of(Photo(photo))
    return scene, LikelyThings(scene), left, right


def regions(*outlines: np.ndarray, ambiguous: bool = False) -> Regions:
    items = tuple(
        Region(mask.box, 0.9, "thing", mask)
        for mask in (Mask(outline.astype(np.float32), "drawn") for outline in outlines)
        if mask.box is not None
    )
    return Regions(items, ambiguous=ambiguous)


def bare(shape: tuple[int, ...], x0: int, x1: int) -> np.ndarray:
    """A patch of nothing but ground."""
    patch = np.zeros(shape, bool)
    patch[220:270, x0:x1] = True
    return patch


def test_a_question_is_settled_by_a_sure_answer_that_it_offers(drawn):
    scene, things, left, right = drawn
    asked, sure = regions(left, right, ambiguous=True), regions(right)
    assert settled(scene, things, ONE, asked, sure, checked=True) == sure


def test_a_question_stays_when_the_other_answer_is_another_or_unsure(drawn):
    scene, things, left, right = drawn
    asked = regions(left, ambiguous=True)
    for other in (regions(right), regions(left, right, ambiguous=True), NOTHING):
        assert settled(scene, things, ONE, asked, other, checked=True) is asked


def test_a_question_stays_when_another_is_far_likelier_than_the_answer(drawn):
    scene, things, left, right = drawn
    pieces = scene.pieces.mean(left.astype(np.float32)) > 0.5
    asked = regions(left, right, ambiguous=True)
    unlikely = things.supposing(pieces, thing=False)
    assert settled(scene, unlikely, ONE, asked, regions(left), checked=True) is asked


def test_all_that_is_offered_as_parts_of_one_thing_is_that_thing(drawn):
    scene, things, left, right = drawn
    upper, lower = left.copy(), left.copy()
    upper[110:], lower[:130] = False, False
    asked, whole = regions(upper, lower, ambiguous=True), regions(left)
    assert settled(scene, things, ONE, asked, whole, checked=True) == whole
    assert settled(scene, things, ONE, asked, whole, checked=False) is asked
    with_another = regions(upper, right, ambiguous=True)
    assert settled(scene, things, ONE, with_another, whole, checked=True) is with_another


def test_two_things_are_no_parts_of_what_holds_both(drawn):
    scene, things, left, right = drawn
    for each in (left, right):
        pieces = scene.pieces.mean(each.astype(np.float32)) > 0.5
        things = things.supposing(pieces, thing=True)
    asked, both = regions(left, right, ambiguous=True), left | right
    both |= bare(left.shape, 100, 300)
    assert settled(scene, things, ONE, asked, regions(both), checked=True) is asked


def test_a_question_stays_when_the_answer_may_be_a_part_of_what_is_offered(drawn):
    scene, things, left, right = drawn
    part = left.copy()
    part[110:] = False
    asked, whole = regions(part, left, right, ambiguous=True), regions(left)
    assert settled(scene, things, ONE, asked, regions(part), checked=True) is asked
    assert settled(scene, things, ONE, asked, whole, checked=True) == whole


def test_all_is_settled_only_by_the_same_things(drawn):
    scene, things, left, right = drawn
    asked, every = regions(left, right, ambiguous=True), regions(left, right)
    assert settled(scene, things, ALL, asked, every, checked=True) == every
    assert settled(scene, things, ALL, asked, regions(left), checked=True) is asked


def test_what_only_the_other_way_finds_must_be_likely_or_cut_by_the_border(drawn):
    scene, things, left, _ = drawn
    sure, cut = regions(left), regions(bare(left.shape, 0, 60))
    assert settled(scene, things, ONE, NOTHING, sure, checked=True) is sure
    assert settled(scene, things, ONE, NOTHING, cut, checked=True) is cut
    patch = regions(bare(left.shape, 200, 300))
    refused = settled(scene, things, ONE, NOTHING, patch, checked=True)
    assert len(refused) == 0
    assert refused.near_misses[0].refusal
    assert refused.note


def test_a_noun_alone_may_mean_what_hardly_looks_like_a_thing(drawn):
    scene, things, left, _ = drawn
    patch = regions(bare(left.shape, 200, 300))
    assert settled(scene, things, ONE, NOTHING, patch, checked=False) is patch


def test_where_both_find_nothing_the_other_s_near_misses_are_shown(drawn):
    scene, things, _, _ = drawn
    other = Regions((), note="nothing")
    assert settled(scene, things, ONE, NOTHING, other, checked=True) is other


def test_the_whole_is_taken_for_a_part_of_it(drawn):
    scene, things, left, right = drawn
    part = left.copy()
    part[120:] = False
    found, whole = regions(part), regions(left)
    assert wholer(scene, things, found, whole) == whole
    assert wholer(scene, things, whole, found) == whole
    for other in (regions(right), regions(left, right, ambiguous=True), NOTHING):
        assert wholer(scene, things, found, other) is found


def test_another_thing_is_no_part_of_the_whole(drawn):
    scene, things, left, right = drawn
    asked, both = regions(left, ambiguous=True), regions(left | right)
    for answer in (
        wholer(scene, things, regions(left), both),
        settled(scene, things, ONE, asked, both, checked=True),
    ):
        (only,) = answer.items
        assert overlap(only.mask.binary, left) > 0.9
        assert only.box[2] < 140


def test_of_several_each_must_be_held(drawn):
    scene, things, left, right = drawn
    large, part = np.zeros_like(left), left.copy()
    large[190:350, 50:450] = True
    part[120:] = False  # half of it, and hardly anything of both together
    found = regions(large, left)

    assert wholer(scene, things, found, regions(large, part)) is found
    assert wholer(scene, things, found, regions(large, left | right)) is not found
