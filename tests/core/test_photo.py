"""The photo as a value: other pixels, the same depth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autoedit.core.files import load_photo
from autoedit.core.photo import Photo
from autoedit.errors import PhotoError
from tests.testing import noise


@given(st.integers(1, 4), st.data())
def test_deep_samples_stay_where_the_pixels_do(channels: int, data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    samples = data.draw(arrays.arrays(np.uint16, (*shape, channels)))
    mask = data.draw(arrays.arrays(np.bool_, shape))
    photo = load_photo(samples)
    pixels = photo.pixels.copy()
    pixels[mask] = 255 - pixels[mask]
    edited = photo.with_pixels(pixels)
    assert edited.deep is not None
    np.testing.assert_array_equal(edited.deep[~mask], samples[~mask])
    colours = 1 if channels < 3 else 3
    wide = pixels[mask][:, :colours].astype(np.uint16) * 257
    np.testing.assert_array_equal(edited.deep[mask][:, :colours], wide)


def test_deep_alpha_changes_only_where_alpha_does() -> None:
    photo = load_photo(noise(5, 6, 4, np.uint16))
    assert photo.alpha is not None
    assert photo.deep is not None
    alpha = photo.alpha.copy()
    alpha[2, 3] = 255 - alpha[2, 3]
    edited = photo.with_pixels(photo.pixels, alpha)
    assert edited.deep is not None
    different = np.argwhere((edited.deep != photo.deep).any(axis=2))
    assert different.tolist() == [[2, 3]]
    assert edited.deep[2, 3, 3] == int(alpha[2, 3]) * 257


def test_alpha_can_be_added_to_deep_samples() -> None:
    photo = load_photo(noise(5, 6, 3, np.uint16))
    alpha = noise(5, 6, 1)
    edited = photo.with_pixels(photo.pixels, alpha)
    assert edited.deep is not None
    assert photo.deep is not None
    np.testing.assert_array_equal(edited.deep[:, :, :3], photo.deep)
    np.testing.assert_array_equal(edited.deep[:, :, 3], alpha.astype(np.uint16) * 257)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_the_pil_image_has_the_mode_family_of_the_input(channels: int, mode: str) -> None:
    image = load_photo(noise(4, 7, channels)).to_image()
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image), noise(4, 7, channels))


def test_the_eight_bit_value_is_the_nearest() -> None:
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.rint(every / 257).astype(np.uint8)
    np.testing.assert_array_equal(load_photo(every).pixels[:, :, 0], expected)


def test_pixels_of_another_kind_are_refused() -> None:
    with pytest.raises(PhotoError, match="float64"):
        Photo(np.zeros((2, 2, 3)))  # type: ignore[arg-type]
