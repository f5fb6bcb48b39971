"""The light that a thing takes from the ground, given back."""

import cv2
import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.masking import relit
from tests.drawing import ball, block, cast_shadow, ground
from tests.views import seen


def scene(depth: float = 0.45, scale: int = 1):
    """A ball with a shadow on even ground: the photo, the ground, the shadow and the ball."""
    clean = ground(360 * scale, 480 * scale)
    photo = clean.copy()
    shadow = cast_shadow(photo, 290 * scale, 225 * scale, (85 * scale, 24 * scale), depth)
    outline = ball(photo, 230 * scale, 170 * scale, 60 * scale, (30, 60, 170))
    return photo, clean, shadow & ~outline, outline


@pytest.mark.parametrize("scale", [1, 3])
def test_most_of_a_shadow_goes_and_the_ground_s_grain_stays(scale):
    photo, clean, shadow, outline = scene(scale=scale)
    done = relit(photo, Mask.of(outline), Mask.of(shadow))
    before, after = (
        np.abs(each[shadow].astype(float) - clean[shadow]).mean() for each in (photo, done.pixels)
    )
    assert after < 0.4 * before
    grain = np.corrcoef(clean[shadow].ravel(), done.pixels[shadow].ravel())[0, 1]
    assert grain > 0.5
    away = np.abs(done.pixels[~shadow].astype(int) - photo[~shadow]).mean()
    assert away < 1


def test_what_the_mask_leaves_out_is_bit_identical_and_the_thing_as_well():
    photo, _, shadow, outline = scene()
    given = photo.copy()
    done = relit(photo, Mask.of(outline), Mask.of(shadow))
    assert (photo == given).all()
    changed = (done.pixels != photo).any(axis=2)
    assert not changed[done.mask.array == 0].any()
    assert not done.mask.array[outline].any()
    assert 0 <= done.mask.array.min() <= done.mask.array.max() <= 1


def test_what_is_spared_stays():
    photo, _, shadow, outline = scene()
    spared = np.zeros(outline.shape, bool)
    spared[:, 300:] = True
    done = relit(photo, Mask.of(outline), Mask.of(shadow), Mask.of(spared))
    assert (done.pixels[spared] == photo[spared]).all()
    assert (done.pixels[shadow & ~spared] != photo[shadow & ~spared]).any()


@pytest.mark.parametrize(("depth", "gain", "filled"), [(0.14, 0.15, False), (0.4, 0.5, True)])
def test_only_what_is_dark_at_the_foot_is_filled(depth, gain, filled):
    photo, _, shadow, outline = scene(depth)
    view = seen(photo, outline, shadow, gain=gain, thing=0)
    lost = relit(photo, Mask.of(outline), Mask.of(shadow), view=view).lost
    assert lost.binary.any() == filled


def test_what_is_hardly_spared_is_lit():
    photo, _, shadow, outline = scene()
    spared = np.where(np.indices(outline.shape)[1] > 300, 0.3, 0).astype(np.float32)
    done = relit(photo, Mask.of(outline), Mask.of(shadow), Mask(spared, "reflection"))
    whole = relit(photo, Mask.of(outline), Mask.of(shadow))
    assert (done.pixels == whole.pixels).all()


def test_a_shadow_that_is_taken_for_a_thing_has_no_rim_either():
    clean = ground()
    outline = ball(clean.copy(), 230, 170, 60, (30, 60, 170))
    shadow = block(clean.copy(), 290, 190, 380, 260, (0, 0, 0))
    photo = np.where(shadow[:, :, None], (clean + 12) / 2 - 12, clean).astype(np.uint8)
    edge = cv2.morphologyEx(shadow.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((7, 7))) > 0
    left: list[float] = []
    for thing in (0, 0.9):
        view = seen(photo, outline, shadow, gain=np.log(2), thing=thing)
        for maps in (view.gain, view.seen.effect):
            maps[:] = cv2.GaussianBlur(maps, (0, 0), 3)
        done = relit(photo, Mask.of(outline), Mask.of(shadow), view=view)
        left.append(np.abs(done.pixels[edge].astype(int) - clean[edge]).mean())
    assert left[1] < left[0] + 1


def test_a_grey_photo_stays_grey():
    photo, _, shadow, outline = scene()
    grey = np.repeat(photo.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    done = relit(grey, Mask.of(outline), Mask.of(shadow), grey=True).pixels
    assert (done[:, :, 0] == done[:, :, 1]).all()
    assert (done[:, :, 0] == done[:, :, 2]).all()
    assert (done != grey).any()


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (40, 30)])
@pytest.mark.parametrize("value", [0, 1])
def test_an_empty_mask_and_a_full_one_change_nothing(shape, value):
    photo = np.full((*shape, 3), 128, np.uint8)
    mask = Mask(np.full(shape, value, np.float32))
    done = relit(photo, mask, mask)
    assert (done.pixels == photo).all()
    assert not done.mask.array.any()


def test_what_is_at_the_foot_is_left_to_a_fill():
    photo, _, shadow, outline = scene()
    lost = relit(photo, Mask.of(outline), Mask.of(shadow)).lost.binary
    assert lost.any()
    assert not lost[~shadow].any()
    assert lost.sum() < 0.5 * shadow.sum()


def test_a_thing_in_the_shadow_is_lit_as_well_but_is_no_ground():
    photo = ground()
    book = block(photo, 290, 180, 380, 260, (170, 40, 40))
    shadow = cast_shadow(photo, 310, 225, (100, 30), 0.5)
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    done = relit(photo, Mask.of(outline), Mask.of(shadow & ~outline))
    inner = book & ~outline
    assert (done.mask.binary & inner).sum() > 0.1 * inner.sum()
    assert (done.ground.binary & inner).sum() < 0.1 * (done.mask.binary & inner).sum()
    bare = shadow & ~book & ~outline
    assert (done.ground.binary & bare).sum() > 0.5 * bare.sum()
