from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.core.plan import Relation, Target
from autoedit.core.region import Region
from autoedit.grounding.choosing import Rated, choose, narrow
from autoedit.grounding.places import iou, share_of_smaller


@dataclass(frozen=True)
class Thing:
    """A square in a photo of 100 x 100 pixels."""

    name: str
    x: float
    y: float
    side: float = 10

    @property
    def box(self):
        half = self.side / 2
        return (self.x - half, self.y - half, self.x + half, self.y + half)

    @property
    def centre(self):
        return (self.x / 100, self.y / 100)

    @property
    def area(self):
        return self.side**2 / 1e4


LEFT, MIDDLE, RIGHT = Thing("left", 10, 50), Thing("middle", 50, 50), Thing("right", 90, 50, 20)
ROW = (RIGHT, LEFT, MIDDLE)


def rated(*scores, things=ROW):
    return [Rated(thing, score) for thing, score in zip(things, scores, strict=True)]


def target(**more):
    return Target(phrase="the mug", head="mug", **more)


def names(choice):
    return [each.item.name for each in choice.meant]


def narrowed(candidates, wanted, *, sizes=(), found=(), overlap=iou):
    regions = [Region(thing.box, 1.0, thing.name) for thing in found]
    return narrow(
        candidates,
        wanted,
        sizes,
        anchors=lambda _: regions,
        excluded=lambda _: regions,
        overlap=overlap,
    )


def test_one_clear_best_is_meant_and_the_others_are_near_misses():
    choice = choose(target(), rated(0.5, 0.9, 0.6), main=False)

    assert names(choice) == ["left"]
    assert not choice.ambiguous
    assert [(each.item.name, each.refusal) for each in choice.near_misses] == [
        ("middle", "others fit better"),
        ("right", "others fit better"),
    ]


def test_a_toss_up_is_ambiguous_unless_the_most_prominent_is_asked_for():
    close = rated(0.5, 0.9, 0.75)

    assert names(choose(target(), close, main=False)) == ["left", "middle"]
    assert choose(target(), close, main=False).ambiguous
    assert names(choose(target(), close, main=True)) == ["left"]
    assert not choose(target(), close, main=True).ambiguous


def test_what_was_refused_is_never_meant():
    candidates = [Rated(LEFT, 0.9, refusal="not at the right"), Rated(RIGHT, 0.3)]

    choice = choose(target(quantity="all"), candidates, main=False)

    assert names(choice) == ["right"]
    assert choice.near_misses[0].refusal == "not at the right"


@pytest.mark.parametrize(
    ("more", "expected", "ambiguous"),
    [
        ({"ordinal": 1}, ["left"], False),
        ({"ordinal": 2, "ordinal_from": "right"}, ["middle"], False),
        ({"ordinal": -1}, ["right"], False),
        ({"ordinal": 4}, [], False),
        ({"quantity": "all"}, ["left", "middle", "right"], False),
        ({"quantity": "3"}, ["left", "middle", "right"], False),
        ({"quantity": "2"}, ["left", "middle", "right"], True),
    ],
)
def test_ordinals_and_quantities(more, expected, ambiguous):
    choice = choose(target(**more), rated(0.8, 0.9, 0.85), main=False)

    assert sorted(names(choice)) == sorted(expected)
    assert choice.ambiguous == ambiguous


def test_only_things_of_the_same_kind_are_counted():
    choice = choose(target(ordinal=1), rated(0.8, 0.1, 0.85), main=False)
    assert names(choice) == ["middle"]


def test_places_and_sizes_weigh_on_the_score():
    placed = narrowed(rated(0.8, 0.8, 0.8), target(position="left"))
    sized = narrowed(rated(0.8, 0.8, 0.8), target(), sizes=("biggest",))

    assert names(choose(target(position="left"), placed, main=False)) == ["left"]
    assert {each.item.name: each.refusal for each in placed}["right"] == "not at the left"
    assert names(choose(target(), sized, main=False)) == ["right"]
    assert any("biggest: 1.00" in each.evidence for each in sized)


def test_the_one_on_the_left_is_the_one_further_left():
    near, far = Thing("near", 30, 50), Thing("far", 8, 50)
    close = Thing("close", 12, 50)

    def said(*things):
        scores = [0.8] * len(things)
        placed = narrowed(rated(*scores, things=things), target(position="left"))
        return choose(target(position="left"), placed, main=False)

    assert names(said(near, far)) == ["far"]
    assert not said(near, far).ambiguous
    assert said(close, far).ambiguous
    everything = target(position="left", quantity="all")
    placed = narrowed(rated(0.8, 0.8, things=(near, far)), everything)
    assert len(choose(everything, placed, main=False).meant) == 2


def test_any_of_several_anchors_will_do():
    beside = Target(phrase="a person", head="person")
    wanted = target(relation=Relation(kind="right_of", anchor=beside))
    far, near = Thing("far", 95, 5), Thing("near", 40, 50)

    result = narrowed(rated(0.8, 0.8, 0.8), wanted, found=(far, near))

    fits = {each.item.name: each.refusal for each in result}
    assert fits["middle"] == ""
    assert fits["left"] == "not right of a person"


def test_a_thing_is_not_beside_itself():
    wanted = target(relation=Relation(kind="next_to", anchor=target()))
    apart = [Thing("one", 20, 50), Thing("two", 35, 50)]
    alone = narrowed(rated(0.8, things=apart[:1]), wanted, found=apart[:1])
    pair = narrowed(rated(0.8, 0.8, things=apart), wanted, found=apart)

    assert alone[0].refusal == "not next to the mug"
    assert [each.refusal for each in pair] == ["", ""]


def test_an_anchor_that_is_not_there_is_said_and_refuses_nothing():
    wanted = target(relation=Relation(kind="on", anchor=Target(phrase="the shelf", head="shelf")))
    result = narrowed(rated(0.8, 0.7, 0.6), wanted)

    assert all(each.evidence == ("not checked: on the shelf",) for each in result)
    assert not any(each.refusal for each in result)


def test_exclusions_follow_how_boxes_overlap():
    table, vase = Thing("table", 50, 50, 80), Thing("vase", 50, 50, 12)
    wanted = target(quantity="all", exclude=(Target(phrase="the vase", head="vase"),))
    both = rated(0.8, 0.8, things=(table, vase))

    whole = narrowed(both, wanted, found=(vase,), overlap=iou)
    pieces = narrowed(both, wanted, found=(vase,), overlap=share_of_smaller)

    assert [each.refusal for each in whole] == ["", "is the vase"]
    assert [each.refusal for each in pieces] == ["is the vase", "is the vase"]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.floats(0.01, 1), min_size=1, max_size=8),
    st.sampled_from(["one", "all", "2", "3"]),
)
def test_the_meant_ones_are_the_best_of_all(scores, quantity):
    things = [Thing(str(i), 10 * i, 50) for i in range(len(scores))]
    choice = choose(target(quantity=quantity), rated(*scores, things=things), main=False)

    if not choice.meant:  # one is not both
        assert sum(score >= 0.45 * max(scores) for score in scores) < int(quantity)
        return
    least = min(each.score for each in choice.meant)
    assert max(scores) in [each.score for each in choice.meant]
    assert all(each.score <= least for each in choice.near_misses)
    assert len(choice.meant) + len(choice.near_misses) <= len(scores)
    assert choice.ambiguous <= (len(choice.meant) > 1)


def test_one_is_not_both():
    choice = choose(target(quantity="2"), rated(0.9, 0.1, 0.1), main=False)

    assert choice.meant == []
    assert not choice.ambiguous
    assert choice.near_misses[0].item is RIGHT
