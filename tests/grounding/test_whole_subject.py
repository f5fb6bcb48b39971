"""What a photo is of, as a third opinion on what a phrase means."""

from types import SimpleNamespace

import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Attributes, Relation, Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.candidates import describe
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.scene import Scene
from autoedit.grounding.whole_subject import WholeSubject, concerned, named_only
from autoedit.grounding.wording import read
from tests.drawing import ball, block, ground, overlap

RED, BLUE, GREEN = (190, 25, 25), (30, 60, 170), (30, 120, 45)
NOTHING = Regions(note="I don't know what that looks like.")
CLEAR, DOUBTFUL = 0.9, 0.4  # how surely the photo is of its subject


def target(head="cabinet", colour=(), **more):
    phrase = " ".join((*colour, head))
    return Target(phrase=phrase, head=head, attributes=Attributes(colour=colour), **more)


@pytest.fixture(scope="module")
def drawn():
    """A figure of a red coat, blue trousers and black boots, and a green ball beside it."""
    photo = ground()
    outlines = {
        "coat": block(photo, 110, 60, 190, 150, RED),
        "trousers": block(photo, 110, 150, 190, 230, BLUE),
        "boots": block(photo, 110, 230, 190, 290, (40, 40, 42)),
        "ball": ball(photo, 400, 230, 34, GREEN),
    }
    outlines["figure"] = outlines["coat"] | outlines["trousers"] | outlines["boots"]
    return Scene.of(Photo(photo)), outlines


def pieces(scene, outline):
    return scene.pieces.mean(outline.astype(np.float32)) > 0.5


def opinion(drawn, likely, match=CLEAR):
    """The figure is the subject; how likely each of the rest is a thing."""
    scene, outlines = drawn
    groups = {name: pieces(scene, outlines[name]) for name in likely}
    things = SimpleNamespace(
        cut=lambda: [describe(scene, groups[name], 1.0, likely[name]) for name in likely],
        likely=lambda members: max(
            (likely[name] for name in likely if (groups[name] == members).mean() > 0.99),
            default=0.0,
        ),
    )
    subject = describe(scene, pieces(scene, outlines["figure"]), match, 1.0)
    return WholeSubject(scene, things, lambda: subject)


def regions(drawn, *names, ambiguous=True):
    _, outlines = drawn
    masks = [Mask(outlines[name].astype(np.float32), "drawn") for name in names]
    items = tuple(Region(mask.box, 0.9, "thing", mask) for mask in masks if mask.box is not None)
    return Regions(items, ambiguous=ambiguous)


def weighed(opinion, asked, found):
    return opinion.weighed(asked, read(asked), found)


def shown(drawn, found):
    """The names of what is found, in its order."""
    _, outlines = drawn
    return [
        max(outlines, key=lambda name: overlap(each.mask.binary, outlines[name])) for each in found
    ]


@pytest.mark.parametrize(
    ("asked", "is_so"),
    [
        (target(), True),
        (target(position="left"), True),
        (target(quantity="all"), True),
        (target(relation=Relation(kind="wearing", anchor=target("coat"))), True),
        (target(relation=Relation(kind="left_of", anchor=target("ball"))), False),
        (target(ordinal=2), False),
        (target(exclude=(target("ball"),)), False),
        (target("subject"), False),
        (target("object", position="left"), False),
    ],
)
def test_what_is_told_apart_from_others_does_not_concern_it(asked, is_so):
    assert concerned(asked, read(asked)) is is_so


def test_a_noun_alone_is_one_with_no_colour_and_no_place():
    for asked, is_so in (
        (target(), True), (target(colour=("red",)), False), (target(position="left"), False),
    ):  # fmt: skip
        assert named_only(asked, read(asked)) is is_so


def test_a_noun_means_the_subject_when_nothing_else_may_be_meant(drawn):
    found = weighed(opinion(drawn, {}), target(), NOTHING)

    assert shown(drawn, found) == ["figure"]
    assert not found.ambiguous
    assert found[0].unchecked == ("cabinet",)
    assert found[0].evidence == ("stands out: 1.00",)


@pytest.mark.parametrize(
    ("likely", "match", "offered"),
    [
        ({"ball": 0.5}, CLEAR, ["figure", "ball"]),  # something else stands there
        ({"ball": 0.2}, CLEAR, ["figure"]),
        ({"coat": 0.9}, CLEAR, ["figure", "coat"]),  # one of several, as a vase on its tray
        ({"coat": 0.7}, CLEAR, ["figure"]),
        ({}, DOUBTFUL, ["figure"]),  # it is not clear what the photo is of
    ],
)
def test_a_noun_is_a_question_where_another_may_be_meant(drawn, likely, match, offered):
    found = weighed(opinion(drawn, likely, match), target(), NOTHING)

    assert shown(drawn, found) == offered
    assert found.ambiguous is (len(offered) > 1 or match == DOUBTFUL)
    assert found.guessed is found.ambiguous
    assert found.note == (NOTHING.note if found.ambiguous else "")


def test_what_a_person_wears_is_no_other_thing(drawn):
    clear = opinion(drawn, {"coat": 0.95})

    assert shown(drawn, weighed(clear, target("woman"), NOTHING)) == ["figure"]
    assert weighed(clear, target("shelf"), NOTHING).ambiguous


def test_what_has_a_colour_that_is_hardly_there_is_not_the_subject(drawn):
    mine = opinion(drawn, {})

    red = weighed(mine, target(colour=("red",)), NOTHING)
    assert shown(drawn, red) == ["figure"]
    assert red[0].evidence[1].startswith("colour red: 0.")
    both = weighed(mine, target(colour=("red", "blue")), NOTHING)
    assert shown(drawn, both) == ["figure"]
    assert not both.ambiguous
    for missing in (("green",), ("red", "green")):
        assert weighed(mine, target(colour=missing), NOTHING) is NOTHING


def test_the_subject_is_not_sought_for_a_colour_that_is_not_there(drawn):
    def never():
        raise AssertionError

    opinion = WholeSubject(drawn[0], SimpleNamespace(cut=list), never)
    assert weighed(opinion, target(colour=("pink",)), NOTHING) is NOTHING
    assert weighed(opinion, target(position="left"), NOTHING) is NOTHING


def test_a_place_where_nothing_is_stays_empty(drawn):
    assert weighed(opinion(drawn, {}), target(position="left"), NOTHING) is NOTHING


def test_a_whole_stands_for_parts_that_are_no_things(drawn):
    offered = regions(drawn, "coat", "trousers")
    found = weighed(opinion(drawn, {"coat": 0.5}), target(colour=("red",)), offered)

    assert shown(drawn, found) == ["figure"]
    assert not found.ambiguous


def test_a_whole_is_offered_first_where_a_part_may_be_meant(drawn):
    offered = regions(drawn, "coat", "trousers")
    sure, asked = opinion(drawn, {"coat": 0.9}), target(position="middle")
    found = weighed(sure, asked, offered)

    assert shown(drawn, found) == ["figure", "coat", "trousers"]
    assert found.ambiguous
    assert shown(drawn, weighed(sure, target("man", position="middle"), offered)) == ["figure"]
    doubtful = opinion(drawn, {}, DOUBTFUL)
    assert shown(drawn, weighed(doubtful, asked, offered)) == ["figure", "coat", "trousers"]
    with_another = regions(drawn, "coat", "ball")
    found = weighed(opinion(drawn, {}), asked, with_another)
    assert shown(drawn, found) == ["figure", "coat", "ball"]


def test_a_noun_alone_may_mean_the_subject_whatever_else_is_offered(drawn):
    found = weighed(opinion(drawn, {}), target(), regions(drawn, "ball", "coat"))

    assert shown(drawn, found) == ["figure", "ball", "coat"]
    rivalled, parts = opinion(drawn, {"ball": 0.9}), regions(drawn, "coat", "trousers")
    assert shown(drawn, weighed(rivalled, target(), parts)) == ["figure", "coat", "trousers"]
    assert shown(drawn, weighed(opinion(drawn, {}), target(), parts)) == ["figure"]


def test_what_has_a_side_has_another_beside_it(drawn):
    offered = regions(drawn, "coat", "trousers")
    found = weighed(opinion(drawn, {}), target("motorcycle", position="left"), offered)

    assert shown(drawn, found) == ["coat", "trousers", "figure"]
    assert found.ambiguous


@pytest.mark.parametrize(
    "asked", [target(colour=("green",)), target(position="right"), target(position="lower_right")]
)
def test_a_whole_of_another_colour_or_place_is_not_offered(drawn, asked):
    offered = regions(drawn, "coat")
    assert weighed(opinion(drawn, {}), asked, offered) is offered


def test_what_is_offered_already_or_begins_elsewhere_stays(drawn):
    for names in (("figure", "ball"), ("ball", "coat")):
        offered = regions(drawn, *names)
        assert weighed(opinion(drawn, {}), target(position="middle"), offered) is offered


@pytest.mark.parametrize(
    ("likely", "found_first", "offered"),
    [
        ({"ball": 0.5}, "figure", ["figure", "ball"]),
        ({}, "figure", ["figure"]),
        ({"trousers": 0.6}, "trousers", ["trousers", "figure"]),
        ({"trousers": 0.97}, "trousers", ["trousers"]),
    ],
)
def test_one_thing_by_its_noun_is_a_question_beside_another(drawn, likely, found_first, offered):
    one = regions(drawn, found_first, ambiguous=False)
    found = weighed(opinion(drawn, likely), target(), one)

    assert shown(drawn, found) == offered
    assert found.ambiguous is (len(offered) > 1)


def test_several_that_only_a_noun_tells_are_all_offered(drawn):
    scene, _ = drawn
    mine = opinion(drawn, {"coat": 0.9, "ball": 0.6, "trousers": 0.3})
    found = weighed(mine, target(quantity="all"), NOTHING)

    assert shown(drawn, found) == ["coat", "ball"]
    assert found.guessed
    assert weighed(mine, target(colour=("red",), quantity="all"), NOTHING) is NOTHING
    nobody = WholeSubject(scene, SimpleNamespace(cut=list), lambda: None)
    assert len(nobody.weighed(target(), read(target()), NOTHING)) == 0


def test_it_takes_the_things_of_a_photo_as_they_are(drawn):
    scene, _ = drawn
    things = LikelyThings(scene)
    subject = describe(scene, pieces(scene, drawn[1]["figure"]), CLEAR, 1.0)
    found = weighed(WholeSubject(scene, things, lambda: subject), target(), NOTHING)

    assert shown(drawn, found)[0] == "figure"
