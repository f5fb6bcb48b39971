"""What of a shadow stays dark although its light was given back."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoedit.core.distance import distance
from autoedit.core.mask import Mask
from autoedit.masking import relit, shadow_mask, view_round
from autoedit.masking.unlit import still_dark
from tests.drawing import ball, block, cast_shadow, ground
from tests.views import seen

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def scene():
    """A ball with a deep shadow: the photo, the shadow and the ball."""
    photo = ground()
    shadow = cast_shadow(photo, 290, 225, (85, 24), 0.5)
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    return photo, shadow & ~outline, outline


def test_a_shadow_that_gets_no_light_is_dark(scene):
    photo, shadow, outline = scene
    dark = still_dark(seen(photo, outline, shadow), Mask.of(shadow))

    assert (dark & shadow).sum() > 0.6 * shadow.sum()  # its rim is as light as the ground
    assert (dark & ~shadow).sum() < 0.1 * shadow.sum()


def test_one_that_gets_its_light_is_not(scene):
    photo, shadow, outline = scene
    assert not still_dark(seen(photo, outline, shadow, gain=0.65), Mask.of(shadow)).any()


@pytest.mark.parametrize("doubt", [{"effect": 0.2}, {"thing": 1.0}])
def test_what_surely_is_no_shadow_is_left(scene, doubt):
    photo, shadow, outline = scene
    assert not still_dark(seen(photo, outline, shadow, **doubt), Mask.of(shadow)).any()


@pytest.mark.parametrize("goes_on", [True, False])
def test_another_s_shadow_that_goes_on_from_it_is_left(scene, monkeypatch, goes_on):
    photo, shadow, outline = scene
    other = np.zeros_like(shadow)
    other[140:330, 350:470] = True
    other &= ~shadow
    near = other & (distance(~shadow) < 20)  # of this the network is not so sure
    claimed = other if goes_on else near
    photo[claimed] = photo[claimed] * 0.5
    view = seen(photo, outline, shadow)
    view.seen.effect[near] = 0.15
    anyone = np.where(shadow | claimed, 0.9, 0).astype(np.float32)
    said = dataclasses.replace(view.seen, effect=anyone)
    monkeypatch.setattr("autoedit.masking.unlit.predict", lambda _: said)

    dark = still_dark(view, Mask.of(shadow))
    assert (dark & shadow).sum() > 0.6 * shadow.sum()
    assert (np.mean(dark[near]) < 0.4) == goes_on  # what ends where it does is its own


def test_the_ground_s_own_dark_tones_are_none(scene):
    photo, shadow, outline = scene
    columns = np.arange(photo.shape[1]) // 12 % 2 == 0
    photo[:, columns] = photo[:, columns] * 0.4
    assert not still_dark(seen(photo, outline, shadow, gain=0.65), Mask.of(shadow)).any()


def test_nothing_is_dark_without_a_shadow_or_without_lit_ground(scene):
    photo, shadow, outline = scene
    nothing = np.zeros_like(shadow)
    assert not still_dark(seen(photo, outline, nothing), Mask.of(nothing)).any()
    everywhere = ~outline
    assert not still_dark(seen(photo, outline, everywhere), Mask.of(everywhere)).any()


def test_what_stays_dark_is_filled():
    photo = np.asarray(Image.open(EXAMPLES / "yard.jpg").convert("RGB"))
    mask = Mask.of(np.asarray(Image.open(EXAMPLES / "yard.mask.png").convert("L")) > 127)
    clean = np.asarray(Image.open(EXAMPLES / "yard.clean.jpg").convert("RGB")).astype(int)
    shadow, view = shadow_mask(photo, mask), view_round(photo, mask)
    done = relit(photo, mask, shadow, view=view)

    left = np.abs(done.pixels - clean).max(axis=2) > 40
    left &= shadow.binary & ~mask.binary
    assert (left & done.lost.binary).sum() > 0.8 * left.sum()


def test_another_thing_is_not_filled():
    photo = ground()
    shadow = cast_shadow(photo, 290, 225, (85, 24))
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    other = block(photo, 300, 190, 380, 260, (60, 20, 20))
    done = relit(photo, Mask.of(outline), Mask.of(shadow & ~outline & ~other))
    assert (done.lost.binary & other).sum() < 0.1 * other.sum()  # its rim, that lies in the shadow


def test_a_small_part_that_surely_is_shadow_is_dark_and_a_doubtful_one_is_left(scene):
    photo, shadow, outline = scene
    part = shadow.copy()
    part[:, :310] = False  # all else is lit
    part[:, 318:] = False
    for effect, found in ((0.99, True), (0.6, False)):
        view = seen(photo, outline, shadow, gain=0.65, effect=effect)
        view.gain[part] = 0
        dark = still_dark(view, Mask.of(shadow))
        assert dark[part].mean() > 0.5 if found else not dark.any()
