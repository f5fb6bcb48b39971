from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from autoedit.segmentation import full_size
from autoedit.segmentation.full_size import Grid, outline_of_logits, outline_of_mask, scaled_to_fit
from tests.drawing import ball, ground, overlap

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("beach", "desk", "lawn", "shelf", "tea", "yard")


def example(name):
    pixels = np.asarray(Image.open(EXAMPLES / f"{name}.jpg").convert("RGB"))
    return pixels, np.asarray(Image.open(EXAMPLES / f"{name}.mask.png").convert("L")) > 127


def reduced(truth, side, kind):
    """What a good decoder would make of a mask: logits (h, w) of a grid, and how it lies."""
    grid = Grid.stretched(truth.shape, scaled_to_fit(truth.shape, side))
    share = grid.reduce(truth.astype(np.float32))
    if kind == "binary":
        return np.where(share > 0.5, 5.0, -5.0).astype(np.float32), grid
    if kind == "shares":
        return (share - 0.5) * 10, grid
    wander = cv2.GaussianBlur(np.random.default_rng(3).normal(size=share.shape), (0, 0), 1.5)
    soft = cv2.GaussianBlur(share, (0, 0), 0.8) - 0.5
    slope = np.hypot(*np.gradient(soft))
    return ((soft + 0.5 * wander / wander.std() * slope) * 10).astype(np.float32), grid


def rim_distance(found, truth):
    """Mean distance in pixels between two outlines, both ways."""
    rims = [cv2.erode(each.astype(np.uint8), np.ones((3, 3))) != each for each in (found, truth)]
    far = [cv2.distanceTransform((~rim).astype(np.uint8), cv2.DIST_L2, 5) for rim in rims]
    return (far[0][rims[1]].mean() + far[1][rims[0]].mean()) / 2


def scores(side, kind):
    """Mean (overlap, rim distance) by interpolation alone, and refined."""
    rows = []
    for name in NAMES:
        pixels, truth = example(name)
        logits, grid = reduced(truth, side, kind)
        for refine in (False, True):
            found = outline_of_logits(logits, grid, pixels, refine=refine) > 0.5
            rows.append((overlap(found, truth), rim_distance(found, truth)))
    table = np.array(rows).reshape(len(NAMES), 2, 2).mean(axis=0)
    return table[0], table[1]


@pytest.mark.parametrize(
    ("side", "kind", "gain", "nearer"),
    [
        (256, "binary", 0.004, 0.9),
        (256, "wandering", 0.01, 0.6),
        (96, "binary", 0.02, 0.6),
        (96, "wandering", 0.03, 0.5),
    ],
)
def test_refining_beats_interpolation(side, kind, gain, nearer):
    plain, refined = scores(side, kind)
    assert refined[0] > plain[0] + gain
    assert refined[1] < nearer * plain[1]


def test_an_outline_that_was_right_is_hardly_touched():
    plain, refined = scores(256, "shares")
    assert plain[0] > 0.99
    assert refined[0] > plain[0] - 0.003


def test_thin_parts_are_kept():
    photo = ground()
    truth = ball(photo, 200, 180, 60, (30, 60, 170))
    photo[176:182, 255:420] = (30, 60, 170)
    truth[176:182, 255:420] = True
    logits, grid = reduced(truth, 96, "binary")
    plain = outline_of_logits(logits, grid, photo, refine=False) > 0.5
    found = outline_of_logits(logits, grid, photo) > 0.5

    assert grid.cell == 5
    assert (found[176:182, 270:410].sum(axis=0) >= 5).all()
    assert overlap(found, truth) > overlap(plain, truth) + 0.01


def test_tiles_leave_no_trace(monkeypatch):
    pixels, truth = example("desk")
    logits, grid = reduced(truth, 96, "wandering")
    at_once = outline_of_logits(logits, grid, pixels)
    monkeypatch.setattr(full_size, "_TILE", 64)
    in_tiles = outline_of_logits(logits, grid, pixels)

    assert np.count_nonzero(np.abs(at_once - in_tiles) > 0.5) <= 0.001 * truth.sum()


def test_soft_over_about_two_pixels():
    photo = ground()
    truth = ball(photo, 200, 180, 60, (30, 60, 170))
    array = outline_of_logits(*reduced(truth, 120, "shares"), photo)
    profile = array[180, 250:270]

    assert array.dtype == np.float32
    assert array.min() >= 0
    assert array.max() == 1
    assert 2 <= np.count_nonzero((profile > 0.05) & (profile < 0.95)) <= 4


def test_a_blocky_mask_is_put_right_and_an_exact_one_stays():
    photo = ground()
    truth = ball(photo, 200, 180, 60, (30, 60, 170)).astype(np.float32)
    grid = Grid.stretched(photo.shape[:2], (72, 96))
    blocky = cv2.resize(grid.reduce(truth), (480, 360), interpolation=cv2.INTER_NEAREST)
    better = outline_of_mask(blocky, grid, photo)

    assert overlap(better > 0.5, truth > 0.5) > overlap(blocky > 0.5, truth > 0.5) + 0.02
    assert outline_of_mask(truth, grid, photo) is truth
    assert outline_of_mask(blocky, grid, photo, refine=False) is blocky
    fine = Grid.stretched(photo.shape[:2], (360, 480))
    assert outline_of_mask(blocky, fine, photo) is blocky


shapes = st.tuples(st.integers(1, 300), st.integers(1, 300))


@settings(deadline=None, max_examples=60)
@given(shapes, st.booleans(), st.data())
def test_a_rectangle_comes_back_where_it_was(shape, padded, data):
    grid = (Grid.padded if padded else Grid.stretched)(shape, (64, 64))
    rows, columns = (sorted((data.draw(st.integers(0, n - 1)), data.draw(st.integers(1, n))))
                     for n in shape)  # fmt: skip
    truth = np.zeros(shape, np.float32)
    truth[rows[0] : rows[1], columns[0] : columns[1]] = 1
    cell = (shape[0] / grid.used[0], shape[1] / grid.used[1])
    x0, y0, x1, y1 = grid.box((columns[0], rows[0], columns[1], rows[1]))
    centres = np.mgrid[:64, :64] + 0.5
    inside = (centres[1] > x0) & (centres[1] < x1) & (centres[0] > y0) & (centres[0] < y1)
    found = outline_of_logits(np.where(inside, 4.0, -4.0), grid, np.zeros((*shape, 3), np.uint8),
                              refine=False) > 0.5  # fmt: skip

    assert found.shape == shape
    where = np.argwhere(found)
    if len(where):
        wanted = np.array([[rows[0], columns[0]], [rows[1] - 1, columns[1] - 1]])
        away = np.abs(np.stack([where.min(axis=0), where.max(axis=0)]) - wanted)
        assert (away <= np.array(cell) + 1.5).all()
    elif truth.any():
        assert not inside.any() or min(cell) < 1


@pytest.mark.parametrize("shape", [(77, 123), (123, 77), (480, 360), (100, 100)])
def test_padding_and_interpolation_as_the_original(shape):
    torch = pytest.importorskip("torch")
    modeling = pytest.importorskip("segment_anything.modeling")
    transforms = pytest.importorskip("segment_anything.utils.transforms")
    scaled = scaled_to_fit(shape, 128)
    rough = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    logits = cv2.GaussianBlur(rough, (0, 0), 4)
    grid = Grid.padded(shape, (128, 128)).resampled((64, 64))

    class Sam:
        class image_encoder:  # noqa: N801
            img_size = 128

    original = modeling.Sam.postprocess_masks(
        Sam(), torch.from_numpy(logits)[None, None], scaled, shape
    )[0, 0].numpy()
    ours = grid.enlarge(logits, np.s_[0 : shape[0], 0 : shape[1]])

    assert transforms.ResizeLongestSide.get_preprocess_shape(*shape, 128) == scaled
    assert np.abs(ours - original).max() < 0.15 * np.abs(original).max()
    assert ((ours > 0) != (original > 0)).mean() < 0.01


def test_what_lies_in_the_padding_is_not_there():
    grid = Grid.padded((50, 100), (64, 64))
    logits = np.full((64, 64), -5, np.float32)
    logits[40:60, 10:20] = 5
    pixels = np.zeros((50, 100, 3), np.uint8)

    assert grid.used == (32, 64)
    assert not (grid.without_padding(logits) > 0).any()
    assert not outline_of_logits(logits, grid, pixels).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (3, 2)])
def test_the_smallest_photos(shape):
    for grid in (Grid.padded(shape, (64, 64)), Grid.stretched(shape, (64, 64))):
        full = outline_of_logits(
            np.full((64, 64), 5, np.float32), grid, np.zeros((*shape, 3), np.uint8)
        )
        assert full.shape == shape
        assert (full > 0.5).all()
