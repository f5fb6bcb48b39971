from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoedit.core.photo import Photo
from autoedit.core.plan import Attributes, Relation, Target
from autoedit.grounding import likely_things
from autoedit.grounding.attributes import AttributeGrounder, PreparedAttributes
from autoedit.grounding.colour_names import EVERYDAY
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.proposals import Proposals
from autoedit.grounding.reading import Reading
from autoedit.grounding.scene import Scene
from autoedit.planning.grammar import GrammarPlanner
from tests.drawing import ball, block, ground, overlap

EXAMPLES = Path(__file__).parents[2] / "examples"
RED, GREEN, BLUE, YELLOW = (190, 25, 25), (30, 120, 45), (30, 60, 170), (225, 190, 30)


def target(head="ball", colour=(), **more):
    looks = Attributes(colour=colour, size=more.pop("size", ()))
    phrase = " ".join((*colour, head))
    return Target(phrase=phrase, head=head, attributes=looks, **more)


@pytest.fixture(scope="module")
def scene():
    """Two red balls, a smaller blue one, and a green box on a table."""
    photo = ground()
    outlines = {
        "left red": ball(photo, 90, 120, 42, RED),
        "right red": ball(photo, 390, 130, 40, RED),
        "blue": ball(photo, 250, 250, 26, BLUE),
        "green": block(photo, 190, 70, 270, 160, GREEN),
    }
    return AttributeGrounder().prepare(Photo(photo)), outlines


def test_a_colour_finds_its_thing_and_says_what_was_not_checked(scene):
    grounding, outlines = scene
    found = grounding.find(target("mug", ("green",)))

    assert len(found) == 1
    assert not found.ambiguous
    assert overlap(found[0].mask.binary, outlines["green"]) > 0.8
    assert found[0].unchecked == ("mug",)
    assert found[0].evidence[0].startswith("colour green")
    x0, y0, x1, y1 = found[0].box
    assert (x0, y0, x1, y1) == pytest.approx((190, 70, 270, 160), abs=8)


def test_two_of_a_kind_are_ambiguous_until_a_place_tells_them_apart(scene):
    grounding, outlines = scene
    both = grounding.find(target(colour=("red",)))
    right = grounding.find(target(colour=("red",), position="right"))

    assert both.ambiguous
    assert len(both) == 2
    assert not right.ambiguous
    assert overlap(right[0].mask.binary, outlines["right red"]) > 0.8
    assert "not at the right" in [miss.refusal for miss in right.near_misses]


def test_quantities(scene):
    grounding, _ = scene
    for quantity in ("all", "2"):
        found = grounding.find(target(colour=("red",), quantity=quantity))
        assert len(found) == 2
        assert not found.ambiguous


def test_ordinals(scene):
    grounding, outlines = scene
    second = grounding.find(target(colour=("red",), ordinal=2))
    last = grounding.find(target(colour=("red",), ordinal=-1, ordinal_from="right"))

    assert overlap(second[0].mask.binary, outlines["right red"]) > 0.8
    assert overlap(last[0].mask.binary, outlines["left red"]) > 0.8
    assert len(grounding.find(target(colour=("red",), ordinal=5))) == 0


def test_sizes(scene):
    grounding, outlines = scene
    smallest = grounding.find(target("object", size=("smallest",)))

    assert overlap(smallest[0].mask.binary, outlines["blue"]) > 0.8


def test_relations(scene):
    grounding, outlines = scene
    anchor = target("box", ("green",))
    for kind, name in (("left_of", "left red"), ("right_of", "right red")):
        found = grounding.find(target("thing", relation=Relation(kind=kind, anchor=anchor)))
        assert overlap(found[0].mask.binary, outlines[name]) > 0.8, kind
    below = grounding.find(target("thing", relation=Relation(kind="below", anchor=anchor)))
    assert overlap(below[0].mask.binary, outlines["blue"]) > 0.8


def test_exclusions(scene):
    grounding, outlines = scene
    rest = grounding.find(
        target("everything", quantity="all", exclude=(target("box", ("green",)),))
    )

    assert len(rest) >= 2
    assert all(overlap(region.mask.binary, outlines["green"]) < 0.1 for region in rest)


def test_what_stays_must_be_known_before_the_rest_is_taken(scene):
    grounding, _ = scene
    for unwanted, said in (
        (target("vase"), "which is to stay"),
        (target(colour=("purple",)), "which is to stay"),
        (target(colour=("red",)), "Say which of them is to stay"),
    ):
        rest = grounding.find(target("everything", quantity="all", exclude=(unwanted,)))
        assert len(rest) == 0
        assert said in rest.note


def test_the_rest_is_everything_else(scene):
    grounding, outlines = scene
    rest = grounding.find(target("everything", quantity="all", exclude=(target(colour=("blue",)),)))

    assert len(rest) == 3
    for name in ("left red", "right red", "green"):
        assert max(overlap(region.mask.binary, outlines[name]) for region in rest) > 0.8


def test_counting_things_of_many_shapes_by_a_noun_is_a_question(scene):
    grounding, outlines = scene
    bottle = grounding.find(target("bottle", ordinal=2))
    thing = grounding.find(target("thing", ordinal=2))

    assert bottle.ambiguous
    assert len(bottle) > 1
    assert not thing.ambiguous
    assert overlap(bottle[0].mask.binary, outlines["green"]) > 0.8
    assert overlap(thing[0].mask.binary, outlines["green"]) > 0.8


def test_any_noun_means_the_only_thing_there_is():
    photo = ground()
    outline = ball(photo, 330, 220, 45, BLUE)
    found = AttributeGrounder().prepare(Photo(photo)).find(target("bottle"))

    assert len(found) == 1
    assert overlap(found[0].mask.binary, outline) > 0.85
    assert found[0].unchecked == ("bottle",)


def test_a_thing_is_taken_with_its_parts_of_other_colours():
    photo = ground()
    outline = block(photo, 150, 120, 330, 220, BLUE)
    for x in (180, 250):
        photo[140:175, x : x + 45] = (25, 25, 30)
    found = AttributeGrounder().prepare(Photo(photo)).find(target("car", ("blue",)))

    assert len(found) == 1
    assert overlap(found[0].mask.binary, outline) > 0.85


@pytest.mark.parametrize(
    ("name", "words"), [("yard", "remove the red toy car"), ("tea", "remove the brown teapot")]
)
def test_a_rendered_thing_is_taken_whole_and_alone(name, words):
    photo = np.asarray(Image.open(EXAMPLES / f"{name}.jpg").convert("RGB"))
    outline = np.asarray(Image.open(EXAMPLES / f"{name}.mask.png").convert("L")) > 127
    wanted = GrammarPlanner().plan(words).steps[0].target
    found = AttributeGrounder().prepare(Photo(photo)).find(wanted)

    assert len(found) == 1
    assert overlap(found[0].mask.binary, outline) > 0.88


def test_both_colours_of_a_two_coloured_thing_must_be_there():
    photo = ground()
    ball(photo, 100, 180, 45, YELLOW)
    ball(photo, 380, 180, 45, BLUE)
    both = block(photo, 200, 120, 280, 170, YELLOW) | block(photo, 200, 170, 280, 220, BLUE)
    grounding = AttributeGrounder().prepare(Photo(photo))
    found = grounding.find(target("box", ("blue", "yellow")))

    assert len(found) == 1
    assert overlap(found[0].mask.binary, both) > 0.85
    assert len(grounding.find(target("box", ("blue", "red")))) == 0


def test_a_refusal_names_the_colour_that_is_there(scene):
    grounding, _ = scene
    found = grounding.find(target(colour=("orange",)))

    assert len(found) == 0
    assert any("orange" in miss.refusal for miss in found.near_misses)


def test_what_is_not_there_comes_with_the_nearest_and_why_not(scene):
    grounding, _ = scene
    found = grounding.find(target(colour=("purple",)))

    assert len(found) == 0
    assert "purple" in found.note
    assert all(miss.refusal for miss in found.near_misses)


def test_it_knows_what_it_does_not_know(scene):
    grounding, _ = scene
    found = grounding.find(target("giraffe"))

    assert found.guessed
    assert all(each.unchecked == ("giraffe",) for each in found)
    assert found.note == (
        "I can find things here by colour, place, size, or as the main subject; I don't know what "
        "a 'giraffe' looks like. Add a colour or a place, point at it with --point, or use a "
        "pipeline with a detector: autoedit pipelines"
    )
    assert "an 'elephant'" in grounding.find(target("elephant")).note


def test_the_same_question_has_the_same_answer(scene):
    grounding, _ = scene
    first, second = (grounding.find(target(colour=("blue",))) for _ in range(2))
    assert first.report() == second.report()
    assert np.array_equal(first[0].mask.array, second[0].mask.array)


def test_shade_and_highlight_belong_to_the_thing():
    photo = ground()
    outline = ball(photo, 240, 180, 60, RED)
    photo[:, 200:240][outline[:, 200:240]] = photo[:, 200:240][outline[:, 200:240]] * 0.5
    found = AttributeGrounder().prepare(Photo(photo)).find(target(colour=("red",)))

    assert overlap(found[0].mask.binary, outline) > 0.85


def test_dark_and_light():
    photo = ground()
    light = ball(photo, 120, 180, 45, (150, 195, 240))
    dark = ball(photo, 350, 180, 45, (20, 30, 95))
    grounding = AttributeGrounder().prepare(Photo(photo))

    assert overlap(grounding.find(target(colour=("dark blue",)))[0].mask.binary, dark) > 0.8
    assert overlap(grounding.find(target(colour=("light", "blue")))[0].mask.binary, light) > 0.8


def test_colours_of_a_dim_photo_have_the_names_of_full_light():
    photo = ground(colour=(95, 88, 74))
    pink = ball(photo, 240, 180, 45, (146, 56, 92))
    scene = Scene.of(Photo(photo))
    named = scene.everyday[scene.pieces.mean(pink) > 0.5].mean(axis=0)

    assert EVERYDAY[int(named.argmax())] == "pink"


def test_what_has_a_colour_surely_is_meant_before_what_may_be_called_so():
    photo = ground(colour=(205, 205, 205))
    brown = ball(photo, 120, 180, 45, (85, 50, 28))
    ball(photo, 350, 180, 45, (195, 98, 24))
    found = AttributeGrounder().prepare(Photo(photo)).find(target(colour=("brown",)))

    assert not found.ambiguous
    assert overlap(found[0].mask.binary, brown) > 0.8


def test_of_two_of_one_colour_the_larger_is_not_meant_more():
    photo = ground(colour=(150, 110, 70))
    large, small = (ball(photo, x, 180, size, (120, 50, 150)) for x, size in ((120, 45), (400, 20)))
    grounding = AttributeGrounder().prepare(Photo(photo))
    found = grounding.find(target(colour=("purple",)))
    biggest = grounding.find(target(colour=("purple",), size=("biggest",)))

    assert found.ambiguous
    assert [overlap(each.mask.binary, outline) > 0.8 for each, outline in
            zip(found, (large, small), strict=True)] == [True, True]  # fmt: skip
    assert not biggest.ambiguous
    assert overlap(biggest[0].mask.binary, large) > 0.8


def test_the_main_subject_and_its_background():
    photo = ground(600, 800)
    outline = ball(photo, 400, 320, 130, YELLOW)
    grounding = AttributeGrounder().prepare(Photo(photo))
    subject = grounding.find(target("subject"))
    background = grounding.find(target("background"))

    assert overlap(subject[0].mask.binary, outline) > 0.85
    assert overlap(background[0].mask.binary, ~outline) > 0.9
    assert subject[0].mask.shape == (600, 800)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 3), (20, 7)])
def test_tiny_and_even_photos_hold_nothing(shape):
    photo = Photo(np.full((*shape, 3), 127, np.uint8))
    grounding = AttributeGrounder().prepare(photo)
    for wanted in (target(colour=("red",)), target("subject"), target("thing", position="left")):
        assert len(grounding.find(wanted)) == 0


@pytest.mark.parametrize("way", [{"position": "right"}, {"quantity": "all"}])
@pytest.mark.parametrize(("likely", "asked"), [(0.3, True), (0.05, False)])
def test_what_may_be_a_thing_makes_a_question_where_it_would_be_meant(
    way, likely, asked, monkeypatch
):
    photo = ground()
    clear = ball(photo, 260, 180, 50, RED)
    faint = ball(photo, 410, 180, 45, (150, 140, 120))
    scene = Scene.of(Photo(photo))
    members = np.stack([scene.pieces.mean(outline) > 0.5 for outline in (clear, faint)])
    groups = Proposals(members, np.array([0.99, likely], np.float32))
    monkeypatch.setattr(likely_things, "propose_things", lambda _: groups)
    things = LikelyThings(scene)
    found = Reading(scene, things, 0.4).find(target("object", **way))

    assert found.ambiguous == asked
    assert len(found) == 1 + asked
    assert max(overlap(each.mask.binary, clear) for each in found) > 0.8
    for each in found:  # nothing is told surer than it is
        known = 0.99 if overlap(each.mask.binary, clear) > 0.8 else likely
        assert f"stands out: {known:.2f}" in each.evidence


@pytest.mark.parametrize(("likely", "count"), [(0.05, 1), (0.15, 2), (0.45, 0)])
def test_a_noun_does_not_mean_one_of_two_things(monkeypatch, likely, count):
    photo = ground()
    outlines = ball(photo, 140, 180, 50, RED), ball(photo, 340, 180, 45, BLUE)
    scene = Scene.of(Photo(photo))
    members = np.stack([scene.pieces.mean(outline) > 0.5 for outline in outlines])
    groups = Proposals(members, np.array([0.95, likely], np.float32))
    monkeypatch.setattr(likely_things, "propose_things", lambda _: groups)
    found = Reading(scene, LikelyThings(scene), 0.4).find(target("dog"))

    assert len(found) == count
    assert found.ambiguous is (count == 2)


@pytest.mark.parametrize(("x", "asked"), [(120, False), (290, True)])
def test_what_is_alone_and_hardly_at_its_place_is_a_question(x, asked):
    photo = ground()
    ball(photo, x, 180, 50, RED)
    found = AttributeGrounder().prepare(Photo(photo)).find(target("object", position="left"))

    assert len(found) == 1
    assert found.ambiguous is asked


def test_without_a_subject_the_note_says_what_to_do():
    found = AttributeGrounder().prepare(Photo(ground())).find(target("subject"))

    assert not len(found)
    assert "--box" in found.note
    assert "colour" in found.note


class Said:
    """A reading that has made up its mind."""

    def __init__(self, found):
        self.find = lambda target: found


def test_what_one_way_leaves_open_the_other_settles():
    photo = ground()
    left = ball(photo, 130, 180, 45, RED)
    ball(photo, 260, 180, 45, BLUE)
    grounding = PreparedAttributes(Scene.of(Photo(photo)))
    asked = replace(grounding.find(target("object", quantity="all")), ambiguous=True)
    grounding.__dict__["_likely"] = Said(asked)
    found = grounding.find(target("object", position="left"))

    assert len(asked) == 2
    assert len(found) == 1
    assert not found.ambiguous
    assert overlap(found[0].mask.binary, left) > 0.8
