from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autoedit.compositing.colours import RGB
from autoedit.compositing.over import over
from autoedit.compositing.transparency import on_nothing, own_alpha, trimmed
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from tests.testing import noise

shapes = st.tuples(st.integers(1, 300), st.integers(1, 12))
alphas = st.sampled_from([0.0, 0.0, 0.3, 1.0, 1.0])


@given(shapes, st.data(), st.tuples(*[st.integers(0, 255)] * 3))
def test_a_plain_backdrop_is_exact_and_so_is_the_subject(
    shape: tuple[int, int], data: st.DataObject, rgb: tuple[int, int, int]
) -> None:
    alpha = data.draw(hnp.arrays(np.float32, shape, elements=alphas))
    colours = noise(*shape)
    result = over(colours, Mask(alpha), RGB(*rgb))
    assert (result[alpha == 0] == rgb).all()
    assert (result[alpha == 1] == colours[alpha == 1]).all()
    picture = np.broadcast_to(np.asarray(rgb, np.uint8), (*shape, 3))
    assert (over(colours, Mask(alpha), np.ascontiguousarray(picture)) == result).all()


def test_the_shade_darkens_the_backdrop_and_not_the_subject() -> None:
    alpha = Mask.of(np.array([[0.0, 1.0]]))
    colours = np.full((1, 2, 3), 90, np.uint8)
    result = over(colours, alpha, RGB(200, 100, 50), np.full((1, 2), 0.5, np.float32))
    assert result.tolist() == [[[100, 50, 25], [90, 90, 90]]]


def test_a_shadow_on_nothing_looks_on_white_as_it_would_have_been_laid_there() -> None:
    rng = np.random.default_rng(8)
    alpha = Mask(rng.choice([0, 0.4, 1], (30, 30)).astype(np.float32))
    shade = rng.uniform(0.2, 1, (30, 30)).astype(np.float32)
    colours = noise(30, 30)
    pixels, opacity = on_nothing(colours, alpha, shade)
    weight = opacity[:, :, None] / 255.0
    shown = pixels * weight + 255 * (1 - weight)
    assert np.abs(shown - over(colours, alpha, RGB(255, 255, 255), shade)).max() <= 2.5
    assert (pixels[(alpha.array == 0) & (opacity > 0)] == 0).all(), "a shadow is black"


def test_which_photos_are_cut_outs() -> None:
    pixels = noise(40, 40)
    alpha = np.zeros((40, 40), np.uint8)
    alpha[10:30, 10:30] = 255
    own = own_alpha(Photo(pixels, alpha))
    assert own is not None
    assert own.box == (10, 10, 30, 30)
    assert own_alpha(Photo(pixels)) is None
    assert own_alpha(Photo(pixels, np.full((40, 40), 255, np.uint8))) is None
    assert own_alpha(Photo(pixels, np.zeros((40, 40), np.uint8))) is None


def test_trimming_keeps_what_shows_and_a_margin() -> None:
    alpha = np.zeros((40, 50), np.uint8)
    alpha[5:30, 3:20] = 1
    deep = noise(40, 50, 4, np.uint16)
    photo = Photo(noise(40, 50), alpha, deep)
    tight = trimmed(photo)
    assert tight.shape == (25, 17)
    assert (tight.pixels == photo.pixels[5:30, 3:20]).all()
    assert tight.deep is not None
    assert (tight.deep == deep[5:30, 3:20]).all()
    wide = trimmed(photo, 4)
    assert wide.shape == (33, 24), "a margin ends where the photo does"
    assert wide.alpha is not None
    assert not wide.alpha[:4].any()
    opaque = Photo(noise(8, 8))
    assert trimmed(opaque) is opaque


def test_clear_pixels_hold_the_subjects_colours_and_nothing_of_the_old_ground() -> None:
    colours = np.full((80, 80, 3), (10, 200, 10), np.uint8)  # a lawn
    colours[:, 30:40], colours[:, 40:50] = (200, 0, 0), (0, 0, 200)
    alpha = np.zeros((80, 80), np.float32)
    alpha[:, 30:50] = 1
    for shade in (None, np.ones((80, 80), np.float32)):
        pixels, opacity = on_nothing(colours, Mask(alpha), shade)
        assert (opacity == alpha * 255).all()
        assert (pixels[:, 30:50] == colours[:, 30:50]).all()
        assert (pixels[:, 20:30] == (200, 0, 0)).all()
        assert (pixels[:, 50:60] == (0, 0, 200)).all()
        assert (pixels[:, [0, 79]] == (100, 0, 100)).all()


def test_what_is_all_clear_stays() -> None:
    colours = noise(9, 9)
    assert (on_nothing(colours, Mask(np.zeros((9, 9), np.float32)), None)[0] == colours).all()
