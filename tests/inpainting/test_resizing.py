from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoedit.inpainting.resizing import Fit
from tests.testing import noise, smooth

SIDES = st.integers(1, 300)


@given(SIDES, SIDES, st.sampled_from([64, 128, 512]), st.sampled_from([1, 8, 16, 64]))
def test_sizes(height: int, width: int, native: int, multiple: int) -> None:
    fit = Fit.of((height, width), native, multiple)
    assert max(fit.scaled) == native
    assert all(side % multiple == 0 for side in fit.padded)
    assert all(0 <= a - b < multiple for a, b in zip(fit.padded, fit.scaled, strict=True))
    assert fit.small in (fit.window, fit.scaled)
    assert all(a <= b for a, b in zip(fit.small, fit.window, strict=True))


def test_a_window_of_the_native_size_is_not_resampled() -> None:
    photo = noise(341, 512)
    fit = Fit.of((341, 512), 512, 8)
    model = fit.to_model(fit.shrink(photo))
    assert model.shape == (344, 512, 3)
    assert np.array_equal(model[:341], photo)
    assert np.array_equal(model[341:], photo[:-4:-1])  # reflected, not stretched or black
    back = fit.from_model(model.astype(np.float32))
    assert np.array_equal(back, photo)
    assert fit.small == fit.window


def test_small_and_large_windows_come_back_in_place() -> None:
    for shape in ((77, 123), (900, 1200)):
        fit = Fit.of(shape, 256, 16)
        photo = smooth(*shape)
        picture = fit.to_model(fit.shrink(photo))
        assert picture.shape[:2] == fit.padded
        back = fit.enlarge(np.rint(fit.from_model(picture.astype(np.float32))).astype(np.uint8))
        assert back.shape == photo.shape
        assert np.abs(back.astype(int) - photo).mean() < 4


def test_a_picture_of_another_size_is_put_in_place() -> None:
    fit = Fit.of((64, 96), 96, 32, by_area=False)
    picture = np.zeros((2 * fit.padded[0], 2 * fit.padded[1], 3), np.float32)
    picture[:, 96:] = 255
    back = fit.from_model(picture)
    assert back.shape == (64, 96, 3)
    assert back[:, :47].max() == 0 and back[:, 49:].min() == 255


def test_by_area() -> None:
    fit = Fit.of((300, 1200), 1024, 32, by_area=True)
    assert abs(fit.scaled[0] * fit.scaled[1] / 1024**2 - 1) < 0.01
    assert abs(fit.scaled[1] / fit.scaled[0] - 4) < 0.02


def test_a_shrunk_mask_loses_nothing_and_an_enlarged_one_stays_put() -> None:
    mask = np.zeros((1000, 800), bool)
    mask[501, 333] = True
    fit = Fit.of((1000, 800), 100, 8)
    assert fit.shrink_mask(mask)[50, 33]
    mask = np.zeros((40, 60), bool)
    mask[10:20, 30:50] = True
    fit = Fit.of((40, 60), 240, 8)
    hard = fit.mask_to_model(fit.shrink_mask(mask), soft=False)
    assert set(np.unique(hard)) == {0.0, 1.0}
    rows, columns = np.nonzero(hard)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (40, 80, 120, 200)
    soft = fit.mask_to_model(mask, soft=True)
    assert ((soft > 0) & (soft < 1)).any()


def test_the_mask_is_reflected_with_the_picture() -> None:
    # An object cut by the window's border must not come back from beyond it.
    mask = np.zeros((60, 64), bool)
    mask[50:, 10:20] = True
    fit = Fit.of((60, 64), 64, 16)
    padded = fit.mask_to_model(mask, soft=False)
    assert padded.shape == (64, 64) and padded[60:, 10:20].all()
