"""What a thing makes darker than a shadow can be."""

import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.masking import relit
from autoedit.masking.blackened import blackened
from tests.drawing import ball, ground
from tests.views import seen


@pytest.fixture
def scene():
    """A ball on ground that grows dark from the top down: the photo, what is below it, the ball."""
    photo = ground()
    photo[:] = photo * np.linspace(1.2, 0.5, len(photo))[:, None, None]
    image = ball(photo, 230, 270, 45, (30, 40, 42))
    photo[image] = (30, 40, 42)
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    return photo, image & ~outline, outline


def test_what_mirrors_the_dark_is_black_however_little_gain_it_is_given(scene):
    photo, image, outline = scene
    black = blackened(seen(photo, outline, image, gain=0.35, thing=0))
    assert (black & image).sum() > 0.9 * image.sum()
    assert (black & ~image).sum() < 0.15 * image.sum()


def test_it_is_filled_and_a_shadow_is_not(scene):
    photo, image, outline = scene
    shaded = photo.copy()
    shaded[image] = ground()[image] * 0.5
    for given, filled in ((photo, True), (shaded, False)):
        view = seen(given, outline, image, gain=0.35, thing=0)
        done = relit(given, Mask.of(outline), Mask.of(image), view=view)
        lower = image.copy()
        lower[:260] = False  # the foot, where it is dark, is filled in any case
        assert (np.mean(done.lost.binary[lower]) > 0.9) == filled
        assert (np.mean(done.lost.binary[lower]) < 0.1) == (not filled)


@pytest.mark.parametrize("other", [{"thing": 1.0}, {"thing": 0.25}, {"effect": 0.3}, {"gain": 0.1}])
def test_a_dark_thing_and_what_is_no_effect_are_none(scene, other):
    photo, image, outline = scene
    said = {"gain": 0.35, "thing": 0.0} | other
    assert not blackened(seen(photo, outline, image, **said)).any()


def test_nothing_is_black_without_lit_ground_beside(scene):
    photo, image, outline = scene
    view = seen(photo, outline, image, gain=0.35, thing=0)
    view.seen.thing[~image] = 1
    assert not blackened(view).any()
