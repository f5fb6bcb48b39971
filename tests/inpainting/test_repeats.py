from __future__ import annotations

import numpy as np

from autoedit.inpainting.patch_diffusion.repeats import repeats


def four_channels(lightness: np.ndarray) -> np.ndarray:
    return np.dstack([lightness, *[np.zeros_like(lightness)] * 3]).astype(np.float32)


def noisy_tile(period_y: int, period_x: int, height: int, width: int) -> np.ndarray:
    tile = np.random.default_rng(1).uniform(0, 255, (period_y, period_x))
    return np.tile(tile, (height // period_y + 1, width // period_x + 1))[:height, :width]


def test_the_commonest_offsets_are_the_photos_periods() -> None:
    image = four_channels(noisy_tile(14, 11, 90, 100))
    offsets, rarity = repeats(image, np.ones((90, 100), bool), 12)
    assert len(offsets)
    assert all(dy % 14 == 0 and dx % 11 == 0 for dy, dx in offsets)
    assert tuple(-offsets[0]) in {tuple(offset) for offset in offsets}
    assert rarity.max() < 2


def test_a_lone_thing_is_rarer_than_what_goes_on() -> None:
    lightness = noisy_tile(14, 11, 90, 100)
    lightness[36:56, 40:60] = np.random.default_rng(5).uniform(0, 255, (20, 20))
    _, rarity = repeats(four_channels(lightness), np.ones((90, 100), bool), 12)
    assert rarity[40:50, 45:55].min() > 10 + rarity[10:20, 10:20].max()


def test_what_must_not_serve_neither_asks_nor_answers() -> None:
    # The right half repeats at 8 pixels, the left one nowhere.
    rng = np.random.default_rng(2)
    lightness = rng.uniform(0, 255, (80, 120))
    lightness[:, 60:] = np.tile(rng.uniform(0, 255, (80, 8)), (1, 8))[:, :60]
    image, usable = four_channels(lightness), np.ones((80, 120), bool)
    everywhere, _ = repeats(image, usable, 1)
    assert abs(everywhere[0][1]) % 8 == 0
    assert everywhere[0][0] == 0
    usable[:, 60:] = False
    left, _ = repeats(image, usable, 40)
    assert all(abs(dx) <= 60 for _, dx in left)


def test_too_small_a_photo_has_no_periods() -> None:
    for side in (1, 5, 9, 14):
        image = four_channels(np.full((side, side), 9.0))
        offsets, rarity = repeats(image, np.ones((side, side), bool), 8)
        assert offsets.shape[1] == 2
        assert rarity.shape == (side, side)
        assert np.isfinite(rarity).all()
