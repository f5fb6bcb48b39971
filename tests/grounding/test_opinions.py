import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.opinions import weighed
from autoedit.grounding.scene import Scene
from tests.drawing import ball, block, ground

ONE, ALL = Target(phrase="the thing"), Target(phrase="all the things", quantity="all")


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


def test_answers_that_agree_stand(drawn):
    scene, things, left, _ = drawn
    first = regions(left)
    assert weighed(scene, things, ONE, first, regions(left)) is first


def test_answers_that_differ_are_a_question_of_both(drawn):
    scene, things, left, right = drawn
    asked = weighed(scene, things, ONE, regions(left), regions(right))
    assert asked.ambiguous
    assert len(asked) == 2


def test_a_sure_thing_is_taken_for_what_hardly_is_one(drawn):
    scene, things, left, _ = drawn
    second = regions(left)
    patch = bare(left.shape, 200, 300)
    assert weighed(scene, things, ONE, regions(patch), second) is second


def test_what_hardly_is_a_thing_is_refused_unless_the_border_cuts_it(drawn):
    scene, things, left, _ = drawn
    nothing = Regions(())
    refused = weighed(scene, things, ONE, regions(bare(left.shape, 200, 300)), nothing)
    assert len(refused) == 0
    assert refused.near_misses[0].refusal
    cut = regions(bare(left.shape, 0, 60))
    assert weighed(scene, things, ONE, cut, nothing) is cut


def test_what_only_the_second_way_finds_must_surely_be_a_thing(drawn):
    scene, things, left, _ = drawn
    nothing, sure = Regions(()), regions(left)
    assert weighed(scene, things, ONE, nothing, sure) is sure
    assert weighed(scene, things, ONE, nothing, regions(bare(left.shape, 200, 300))) is nothing


def test_parts_of_a_thing_are_no_question(drawn):
    scene, things, left, _ = drawn
    upper, lower = left.copy(), left.copy()
    upper[120:], lower[:120] = False, False
    first = regions(left)
    assert weighed(scene, things, ONE, first, regions(upper, lower, ambiguous=True)) is first


def test_all_is_a_question_where_the_other_way_finds_more(drawn):
    scene, things, left, right = drawn
    first = regions(left)
    assert weighed(scene, things, ALL, first, regions(left)) is first
    assert weighed(scene, things, ALL, first, regions(left, right)).ambiguous
