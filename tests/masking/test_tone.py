"""What is lit anew, brought to the tones of the ground that always was in the light."""

import numpy as np
import pytest

from autoedit.core.dense_prediction import Prediction
from autoedit.masking.light import changed_by
from autoedit.masking.tone import toned

HEIGHT, WIDTH = 90, 120
THING = (slice(20, 40), slice(50, 70))
SHADOW = (slice(40, 60), slice(55, 95))
COLOURS = np.array([[200, 190, 170], [90, 70, 60]])  # of a ground in stripes


def ground() -> np.ndarray:
    """Stripes of two colours with some grain, float (H, W, 3)."""
    grain = np.random.default_rng(3).normal(0, 2, (HEIGHT, WIDTH, 1))
    return COLOURS[np.arange(WIDTH) // 10 % 2][None] + grain


def better(
    photo: np.ndarray, thing: np.ndarray, effect: np.ndarray, gain: np.ndarray
) -> np.ndarray:
    """The gain set right, of a network that knows where all is, but not how dark."""
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[THING] = True
    seen = Prediction(thing, effect, np.zeros((HEIGHT, WIDTH, 2), np.float32), effect, gain)
    pixels = np.clip(np.rint(photo), 0, 255).astype(np.uint8)
    return toned(pixels, inside, seen, 20.0)


def shaded(tint: tuple[float, float, float] = (0.5, 0.5, 0.5)):
    """The ground, the same with a shadow, and where it and the thing are, float32 (H, W)."""
    clean = ground()
    photo = clean.copy()
    photo[SHADOW] = (photo[SHADOW] + 12) * np.array(tint) - 12
    photo[THING] = (30, 160, 40)
    thing, effect = np.zeros((2, HEIGHT, WIDTH), np.float32)
    thing[THING] = 1
    effect[SHADOW] = 1
    return clean, photo, thing, effect


def left(photo: np.ndarray, clean: np.ndarray, gain: np.ndarray) -> float:
    """Mean difference to the clean ground in the shadow's middle."""
    middle = (slice(44, 56), slice(59, 91))
    done = photo + changed_by(photo.astype(np.float32), gain)
    return float(np.abs(done[middle] - clean[middle]).mean())


@pytest.mark.parametrize("error", [(0.25, 0.25, 0.25), (-0.2, -0.2, -0.2), (0.2, 0.1, -0.2)])
def test_light_that_is_too_strong_too_weak_or_tinted_is_set_right(error):
    clean, photo, thing, effect = shaded()
    gain = effect[:, :, None] * (np.float32(np.log(2)) + np.array(error, np.float32))
    after = left(photo, clean, better(photo, thing, effect, gain))
    assert after < 0.3 * left(photo, clean, gain)
    assert after < 4


@pytest.mark.parametrize(("grain", "least", "most"), [(2, 0.85, 1.1), (20, 0.1, 0.25)])
def test_a_tone_tells_less_where_the_ground_has_many(grain, least, most):
    _, photo, thing, effect = shaded()
    grains = np.random.default_rng(5).normal(0, grain, (HEIGHT, WIDTH, 1))
    photo[:] = np.array([120, 110, 100]) + grains
    photo[SHADOW] = (photo[SHADOW] + 12) / 2 - 12
    photo[THING] = (30, 160, 40)
    gain = effect[:, :, None] * np.full(3, np.log(2) + 0.35, np.float32)
    middle = (slice(44, 56), slice(59, 91))
    made_up = (gain - better(photo, thing, effect, gain))[middle].mean() / 0.35
    assert least < made_up < most


def test_the_ground_s_grain_stays():
    clean, photo, thing, effect = shaded()
    gain = effect[:, :, None] * np.full(3, 0.5, np.float32)
    done = photo + changed_by(photo.astype(np.float32), better(photo, thing, effect, gain))
    stripe = (slice(44, 56), slice(62, 68))
    grain = np.corrcoef(done[stripe][:, :, 0].ravel(), clean[stripe][:, :, 0].ravel())[0, 1]
    assert grain > 0.8


def test_a_thing_in_the_shadow_keeps_its_colours_and_what_is_lit_is_left_alone():
    _, photo, thing, effect = shaded()
    other = (slice(42, 58), slice(70, 80))
    photo[other] = (150, 20, 20)
    thing[other] = 1
    gain = effect[:, :, None] * np.full(3, 0.5, np.float32)
    found = better(photo, thing, effect, gain)
    assert np.allclose(found[44:56, 72:78], gain[44:56, 72:78])
    assert (found[effect == 0] == 0).all()


def test_a_spot_of_no_known_tone_goes_with_the_ground_round_it():
    _, photo, thing, effect = shaded()
    spot = (slice(48, 53), slice(73, 78))
    photo[spot] = photo[spot] * np.array([1.6, 0.8, 0.5])  # where the thing's colour shines
    gain = effect[:, :, None] * (np.float32(np.log(2)) + np.full(3, 0.3, np.float32))
    found = better(photo, thing, effect, gain)
    assert np.abs(found[spot] - np.log(2)).mean() < 0.15


def test_without_lit_ground_the_gain_stays():
    _, photo, thing, _ = shaded()
    everywhere = np.ones((HEIGHT, WIDTH), np.float32)
    gain = np.full((HEIGHT, WIDTH, 3), 0.4, np.float32)
    assert np.array_equal(better(photo, thing, everywhere, gain), gain)


@pytest.mark.parametrize("tray_goes_on", [True, False])
def test_what_lies_on_a_tray_is_set_right_by_its_lit_part_and_by_no_other_thing(tray_goes_on):
    _, photo, thing, effect = shaded()
    tray, lit = (slice(42, 58), slice(60, 90)), (slice(62, 88), slice(60, 90))
    colour = np.array([150, 60, 50])
    photo[tray] = (colour + 12) / 2 - 12
    photo[lit] = colour if tray_goes_on else (20, 60, 150)
    thing[tray] = thing[lit] = 1
    gain = effect[:, :, None] * (np.float32(np.log(2)) + np.array([0.3, 0.2, -0.1], np.float32))
    middle = (slice(45, 55), slice(63, 87))
    found = better(photo, thing, effect, gain)
    done = (photo + changed_by(photo.astype(np.float32), found))[middle]
    if tray_goes_on:
        assert np.abs(done - colour).mean() < 6
    else:
        assert np.allclose(found[middle], gain[middle])
