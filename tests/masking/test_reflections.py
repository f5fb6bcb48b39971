from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.core.mask import Mask
from autoedit.masking.reflections import reflection_mask
from autoedit.masking.view import view_round
from tests.drawing import ball, block, cast_shadow, ground, overlap


def mirrored(photo, outline, foot, strength, blur=None):
    """Mix the part of the photo above `foot` into the ground below it; the image's outline."""
    image = np.zeros_like(outline)
    high = min(foot, photo.shape[0] - foot)
    image[foot : foot + high] = outline[foot - high : foot][::-1]
    flipped = photo.copy()
    flipped[foot : foot + high] = photo[foot - high : foot][::-1]
    if blur is not None:  # a rough gloss: the thing's mean tint alone
        flipped[image] = photo[outline].mean(axis=0)
    mixed = (1 - strength) * photo + strength * flipped
    photo[image] = mixed[image].astype(np.uint8)
    return image


@pytest.mark.parametrize(("strength", "blur"), [(0.6, None), (0.25, True), (0.15, True)])
def test_a_mirror_image_is_found(strength, blur):
    photo = ground()
    outline = block(photo, 200, 90, 260, 190, (40, 60, 170))
    image = mirrored(photo, outline, 190, strength, blur)
    found = reflection_mask(photo, Mask.of(outline))

    assert overlap(found.binary, image) > 0.7
    assert not found.array[outline].any()


def test_in_water_it_is_found_below_a_gap():
    photo = ground()
    outline = block(photo, 200, 90, 260, 180, (40, 60, 170))
    photo[100:120, 205:230] = (230, 220, 60)  # something to tell it by
    image = mirrored(photo, outline, 188, 0.7)
    found = reflection_mask(photo, Mask.of(outline))

    assert overlap(found.binary, image) > 0.7


def test_in_water_it_is_found_far_below_what_stands_on_thin_legs():
    photo = ground(grain=6.0)
    outline = block(photo, 200, 60, 260, 120, (40, 60, 170))
    photo[70:90, 205:230] = (230, 220, 60)
    image = mirrored(photo, outline, 140, 0.7)  # nothing of it is above row 160
    found = reflection_mask(photo, Mask.of(outline))

    assert overlap(found.binary, image) > 0.7


@pytest.mark.parametrize("grain", [1.0, 6.0])
def test_dull_ground_mirrors_nothing(grain):
    photo = ground(grain=grain)
    outline = ball(photo, 230, 170, 60, (190, 25, 25))
    assert reflection_mask(photo, Mask.of(outline)).box is None


def test_the_grounds_own_stripes_are_no_mirror_image():
    photo = ground()
    for left in range(0, 480, 80):
        photo[:, left : left + 40] = photo[:, left : left + 40] * 0.7
    outline = block(photo, 222, 90, 258, 190, (40, 60, 170))
    assert reflection_mask(photo, Mask.of(outline)).box is None


def test_a_shadow_to_the_side_is_no_mirror_image():
    photo = ground()
    shade = cast_shadow(photo, 330, 225, (85, 20))
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    found = reflection_mask(photo, Mask.of(outline))
    assert (found.binary & shade).sum() < 0.1 * shade.sum()


def test_what_it_stands_on_is_no_mirror_image():
    photo = ground()
    block(photo, 195, 180, 265, 260, (70, 190, 210))
    outline = block(photo, 200, 90, 260, 180, (30, 30, 34))
    assert reflection_mask(photo, Mask.of(outline)).box is None


def test_a_shadow_straight_below_is_no_mirror_image():
    photo = ground()
    cast_shadow(photo, 230, 230, (34, 45))
    outline = block(photo, 200, 90, 260, 190, (60, 170, 70))
    assert reflection_mask(photo, Mask.of(outline)).box is None


def test_other_things_are_not_taken():
    photo = ground()
    outline = block(photo, 200, 90, 260, 190, (40, 60, 170))
    mirrored(photo, outline, 190, 0.3, blur=True)
    other = block(photo, 215, 215, 300, 260, (30, 120, 40))
    found = reflection_mask(photo, Mask.of(outline), Mask.of(other))
    assert found.binary.any()
    assert not (found.binary & other).any()


def test_a_thing_at_the_photos_edge_is_left_without_when_there_is_no_ground_below():
    photo = ground()
    outline = block(photo, 200, 200, 260, 360, (40, 60, 170))
    assert reflection_mask(photo, Mask.of(outline)).box is None


def test_a_thing_far_wider_than_high_is_no_trouble():
    photo = ground()
    outline = block(photo, 40, 200, 440, 212, (40, 60, 170))
    assert reflection_mask(photo, Mask.of(outline)).shape == (360, 480)


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.tuples(*[st.integers(0, 60)] * 4),
    st.integers(0, 2**32 - 1),
)
def test_any_mask_gives_a_mask_of_its_size_off_the_thing(shape, sides, seed):
    photo = np.random.default_rng(seed).integers(0, 256, (*shape, 3)).astype(np.uint8)
    outline = np.zeros(shape, bool)
    outline[sides[0] : sides[1] + 1, sides[2] : sides[3] + 1] = True
    found = reflection_mask(photo, Mask.of(outline))
    assert found.shape == shape
    assert found.array.dtype == np.float32
    assert found.array.min() >= 0
    assert found.array.max() <= 1
    assert not found.array[outline].any()


def test_a_thing_that_it_stands_on_is_no_mirror_image():
    photo = ground()
    outline = block(photo, 200, 90, 260, 190, (40, 60, 170))
    image = mirrored(photo, outline, 190, 0.25, blur=True)
    seen = view_round(photo, Mask.of(outline))
    below = np.ones_like(seen.seen.thing)
    taken_for_one = replace(seen, seen=replace(seen.seen, thing=below))
    assert reflection_mask(photo, Mask.of(outline)).binary[image].mean() > 0.6
    assert reflection_mask(photo, Mask.of(outline), view=taken_for_one).box is None


def test_ground_without_any_effect_is_no_mirror_image():
    photo = ground()
    outline = block(photo, 200, 90, 260, 190, (40, 60, 170))
    image = mirrored(photo, outline, 190, 0.25, blur=True)
    seen = view_round(photo, Mask.of(outline))

    def found(likely):
        effect, none = np.full_like(seen.seen.effect, likely), np.zeros_like(seen.seen.thing)
        view = replace(seen, gain=np.full_like(seen.gain, 0.1 if likely > 0.1 else 0))
        view = replace(view, seen=replace(seen.seen, effect=effect, thing=none))
        return reflection_mask(photo, Mask.of(outline), view=view).binary[image].mean()

    assert found(0.5) > 0.6
    assert found(0.01) == 0


def test_another_thing_of_the_same_look_is_not_the_thing_seen_again():
    photo = ground()
    outline = block(photo, 200, 90, 260, 180, (40, 60, 170))
    photo[100:120, 205:230] = (230, 220, 60)  # something to tell it by
    image = mirrored(photo, outline, 188, 0.7)
    seen = view_round(photo, Mask.of(outline))
    wide = np.zeros_like(seen.seen.thing)
    wide[(np.indices(wide.shape)[0] + seen.box[1]) >= 188] = 1  # it goes on to both sides
    view = replace(seen, seen=replace(seen.seen, thing=wide))
    assert reflection_mask(photo, Mask.of(outline)).binary[image].mean() > 0.7
    assert reflection_mask(photo, Mask.of(outline), view=view).box is None
