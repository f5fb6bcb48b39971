from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.core.mask import Mask
from autoedit.products.framing import cut_sides, frame_for, laid, laid_alpha
from autoedit.products.settings import ProductSettings

WHITE = (255, 255, 255)


def scene(box: tuple[int, int, int, int], shape: tuple[int, int] = (90, 120)) -> Any:
    """A textured block on white, and its matte."""
    x0, y0, x1, y1 = box
    pixels = np.full((*shape, 3), 255, np.uint8)
    rng = np.random.default_rng(3)
    pixels[y0:y1, x0:x1] = rng.integers(0, 200, (y1 - y0, x1 - x0, 3), np.uint8)
    alpha = np.zeros(shape, np.float32)
    alpha[y0:y1, x0:x1] = 1
    return pixels, Mask(alpha)


def asked(**values: Any) -> ProductSettings:
    return ProductSettings.model_validate(values)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(10, 50), st.integers(10, 40), st.integers(10, 60), st.integers(10, 40),
    st.floats(0.3, 1.0),
    st.one_of(st.just("square"), st.tuples(st.integers(60, 140), st.integers(60, 140))),
)  # fmt: skip
def test_the_subject_fills_the_share_in_the_middle(
    x: int, y: int, width: int, height: int, share: float, canvas: Any
) -> None:
    pixels, alpha = scene((x, y, x + width - 1, y + height - 1))
    frame = frame_for(alpha, asked(share=share, canvas=canvas, upscale=16))
    canvas_alpha = laid_alpha(alpha, frame)
    box = canvas_alpha.box
    assert box is not None
    wide, high = frame.size
    assert canvas_alpha.shape == laid(pixels, frame, WHITE).shape[:2] == (high, wide)
    filled = max((box[2] - box[0]) / wide, (box[3] - box[1]) / high)
    assert abs(filled - share) <= 2.5 / min(wide, high) + 0.02 * share
    assert abs(box[0] - (wide - box[2])) <= 2 and abs(box[1] - (high - box[3])) <= 2


def test_at_its_own_size_every_pixel_stays_bit_identical() -> None:
    pixels, alpha = scene((31, 22, 84, 61))
    frame = frame_for(alpha, asked(share=0.8))
    assert frame.copies
    canvas, place = laid(pixels, frame, WHITE), laid_alpha(alpha, frame).binary
    assert np.array_equal(canvas[place], pixels[alpha.binary])
    assert (canvas[~place] == 255).all()


def test_enlarging_stops_at_the_limit_with_a_note() -> None:
    _, alpha = scene((31, 22, 84, 61))
    free = frame_for(alpha, asked(canvas=(400, 400), share=0.8, upscale=16))
    held = frame_for(alpha, asked(canvas=(400, 400), share=0.8, upscale=1.5))
    assert free.scale == pytest.approx(400 * 0.8 / 53) and not free.notes
    assert held.scale == 1.5 and "6.04 times" in held.notes[0]
    small = frame_for(alpha, asked(share=0.8, longest_minimum=1000))
    assert small.size == (66, 66) and small.scale == 1 and small.notes


def test_a_square_canvas_keeps_its_bounds() -> None:
    _, alpha = scene((31, 22, 84, 61))
    frame = frame_for(alpha, asked(share=0.8, longest_maximum=40))
    assert frame.size == (40, 40)
    assert frame.scale == pytest.approx(40 * 0.8 / 53)


@pytest.mark.parametrize(
    ("box", "sides", "edges"),
    [
        ((0, 20, 50, 60), ("left",), {0: 0}),
        ((70, 50, 120, 90), ("right", "bottom"), {2: None, 3: None}),
        ((0, 30, 120, 60), ("left", "right"), {0: 0, 2: None}),
    ],
)
def test_a_cut_side_stays_on_the_edge(box: Any, sides: tuple[str, ...], edges: Any) -> None:
    pixels, alpha = scene(box)
    assert cut_sides(alpha) == sides
    frame = frame_for(alpha, asked(share=0.7), angle=4.0)
    assert frame.angle == 0 and any("not straightened" in note for note in frame.notes)
    found = laid_alpha(alpha, frame).box
    assert found is not None
    for place, value in edges.items():
        assert found[place] == (frame.size[place - 2] if value is None else value)
    assert laid(pixels, frame, WHITE).shape[:2] == frame.size[::-1]


@pytest.mark.parametrize("angle", [0.0, 7.0, -5.0])
@pytest.mark.parametrize("size", [60, 250])
def test_resampling_leaves_no_halo_and_an_exact_ground(angle: float, size: int) -> None:
    pixels = np.full((200, 200, 3), 255, np.uint8)
    cv2.circle(pixels, (100, 90), 50, (180, 20, 20), -1)
    alpha = Mask((pixels != 255).any(axis=2).astype(np.float32))
    frame = frame_for(alpha, asked(canvas=(size, size), share=0.6, upscale=8), angle)
    canvas, matte = laid(pixels, frame, WHITE), laid_alpha(alpha, frame)
    clear = cv2.distanceTransform((matte.array == 0).astype(np.uint8), cv2.DIST_L2, 5)
    assert (canvas[clear > 1.5] == 255).all()
    # On the way from red to white red only rises: ringing or a rim of another colour would not.
    soft = (matte.array > 0.02) & (matte.array < 0.98)
    between = canvas[soft].astype(int)
    assert (between[:, 1] - between[:, 2]).max() <= 1
    assert (between[:, 0] >= 168).all()


def test_turning_is_clockwise_for_a_positive_angle() -> None:
    pixels = np.full((160, 160, 3), 255, np.uint8)
    corners = cv2.boxPoints(((80.0, 80.0), (30.0, 110.0), -6.0)).astype(np.int32)
    cv2.fillPoly(pixels, [corners], (20, 60, 120))
    alpha = Mask((pixels != 255).any(axis=2).astype(np.float32))

    def width(angle: float) -> float:
        box = laid_alpha(alpha, frame_for(alpha, asked(), angle)).box
        assert box is not None
        return box[2] - box[0]

    assert width(6.0) == pytest.approx(31, abs=2)
    assert width(-6.0) > 45


def test_optical_centring_follows_the_mass_and_stays_inside() -> None:
    pixels = np.zeros((100, 100), np.float32)
    pixels[40:80, 20:40] = 1
    pixels[58:60, 40:90] = 1
    alpha = Mask(pixels)
    frame = frame_for(alpha, asked(centring="optical", share=0.8))
    box = laid_alpha(alpha, frame).box
    plain = laid_alpha(alpha, frame_for(alpha, asked(share=0.8))).box
    assert box is not None and plain is not None
    assert box[0] > plain[0] and box[2] <= frame.size[0]
