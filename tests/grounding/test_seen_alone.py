"""What the network takes for a thing all over, with nothing of the kind round it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from autoedit.core.photo import Photo
from autoedit.core.plan import Attributes, Target
from autoedit.core.region import Regions
from autoedit.grounding.candidates import describe
from autoedit.grounding.scene import Scene
from autoedit.grounding.seen_alone import seen_alone
from autoedit.grounding.whole_subject import WholeSubject
from autoedit.grounding.wording import read
from tests.drawing import ball, block, ground, overlap

RED, BLUE = (190, 25, 25), (30, 60, 170)


@pytest.fixture(scope="module")
def outlines():
    photo = ground()
    found = {
        "coat": block(photo, 110, 60, 190, 150, RED),
        "trousers": block(photo, 110, 150, 190, 260, BLUE),
        "ball": ball(photo, 400, 230, 34, RED),
    }
    found["figure"] = found["coat"] | found["trousers"]
    return Scene.of(Photo(photo)), found


def seeing(outlines, **likely):
    """The scene, in which the network takes for things what is named, so surely."""
    scene, drawn = outlines
    thing = np.full(scene.pieces.count, 0.02, np.float32)
    for name, value in likely.items():
        thing[scene.pieces.mean(drawn[name].astype(np.float32)) > 0.5] = value
    other = replace(scene)
    other.__dict__["predicted"] = replace(scene.predicted, thing=thing)
    return other


def test_a_figure_is_seen_whole_and_the_clearest_comes_first(outlines):
    _, drawn = outlines
    scene = seeing(outlines, coat=0.7, trousers=0.95, ball=0.99)
    found = seen_alone(scene)
    masks = [scene.mask(each.members).binary for each in found]
    assert len(found) == 2
    assert overlap(masks[0], drawn["ball"]) > 0.8
    assert overlap(masks[1], drawn["figure"]) > 0.8
    assert found[0].objectness > found[1].objectness > 0.5


def test_nothing_is_seen_where_all_may_be_a_thing_or_nothing_is(outlines):
    scene, _ = outlines
    assert seen_alone(seeing(outlines)) == []
    everywhere = replace(scene)
    whole = np.full(scene.pieces.count, 0.9, np.float32)
    everywhere.__dict__["predicted"] = replace(scene.predicted, thing=whole)
    assert seen_alone(everywhere) == []
    assert seen_alone(Scene.of(Photo(np.full((20, 20, 3), 90, np.uint8)))) == []


def asked(outlines, scene, names, **said):
    """What "the man" is offered where these already are, by name."""
    _, drawn = outlines
    members = [scene.pieces.mean(drawn[name].astype(np.float32)) > 0.5 for name in names]
    opinion = WholeSubject(scene, SimpleNamespace(), lambda: None)
    target = Target(phrase="the man", head="man", **said)
    wording = read(target)
    items = tuple(opinion._region(describe(scene, each, 1.0, 0.5), wording) for each in members)
    found = opinion.asked(target, wording, Regions(items, ambiguous=True))
    return [max(drawn, key=lambda name: overlap(one.mask.binary, drawn[name])) for one in found]


def test_a_whole_is_offered_before_its_parts_and_another_thing_last(outlines):
    scene = seeing(outlines, coat=0.9, trousers=0.9, ball=0.9)
    assert asked(outlines, scene, ["trousers", "coat"]) == ["figure", "trousers", "coat", "ball"]


def test_what_is_offered_is_not_offered_again(outlines):
    scene = seeing(outlines, coat=0.9, trousers=0.9, ball=0.9)
    assert asked(outlines, scene, ["figure", "ball"]) == ["figure", "ball"]


def test_what_is_elsewhere_or_of_another_colour_is_not_offered(outlines):
    scene = seeing(outlines, coat=0.9, trousers=0.9, ball=0.9)
    assert asked(outlines, scene, ["figure"], position="left") == ["figure"]
    blue = Attributes(colour=("blue",))
    assert asked(outlines, scene, ["figure"], attributes=blue) == ["figure"]
