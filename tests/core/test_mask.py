"""Masks as values, and from files, PIL images and arrays."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoedit.core.files import load_mask
from autoedit.core.mask import Mask
from autoedit.errors import MaskError
from tests.testing import deep_png, encoded, exif

INSIDE = np.zeros((6, 9), bool)
INSIDE[1:4, 2:7] = True
GREY = np.where(INSIDE, 255, 0).astype(np.uint8)


def _rgba(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.dstack([np.broadcast_to(colour, (*INSIDE.shape, 3)), alpha]).astype(np.uint8)


RED = np.where(INSIDE[:, :, None], [255, 0, 0], 0).astype(np.uint8)


@pytest.mark.parametrize(
    "source",
    [
        GREY,
        INSIDE,
        INSIDE.astype(np.uint8),
        INSIDE.astype(np.int64),
        INSIDE.astype(np.float64),
        GREY.astype(np.int32),
        GREY.astype(np.uint16) * 257,
        np.dstack([GREY] * 3),
        RED,
        _rgba(RED, np.full(INSIDE.shape, 255)),
        _rgba(np.array([0, 0, 0]), GREY),
        _rgba(np.array([255, 255, 255]), GREY),
        np.dstack([GREY, np.full_like(GREY, 255)]),
        Image.fromarray(GREY),
        Image.fromarray(GREY).convert("1"),
        Image.fromarray(RED).convert("P"),
        encoded(GREY),
        encoded(Image.fromarray(GREY).convert("1")),
        encoded(INSIDE.astype(np.uint8)),
        encoded(_rgba(np.array([9, 9, 9]), GREY)),
        encoded(np.dstack([GREY] * 3), "BMP"),
        deep_png(GREY.astype(np.uint16) * 257),
        Mask.of(INSIDE),
    ],
    ids=range(23),
)
def test_bright_is_inside(source: object) -> None:
    mask = load_mask(source, (6, 9))  # type: ignore[arg-type]
    np.testing.assert_array_equal(mask.binary, INSIDE)


def test_above_half_is_inside() -> None:
    assert load_mask(np.array([[127, 128]], np.uint8)).binary.tolist() == [[False, True]]
    assert load_mask(np.array([[0.5, 0.51]])).binary.tolist() == [[False, True]]


def test_a_file_is_read_by_its_path_and_not_turned(tmp_path: Path) -> None:
    path = tmp_path / "mask.jpg"
    path.write_bytes(encoded(GREY, "JPEG", exif=exif(6), quality=100))
    np.testing.assert_array_equal(load_mask(path, (6, 9)).binary, INSIDE)


def test_another_size_than_the_photo_names_both() -> None:
    with pytest.raises(MaskError, match=r"9x6 pixels and the photo is 8x5"):
        load_mask(GREY, (5, 8))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere.png", "nowhere.png"),
        (b"", "empty"),
        (b"plain text, no picture at all", "not a photo"),
        (encoded(GREY)[:50], "damaged"),
        (np.zeros((2, 3, 5), np.uint8), r"\(2, 3, 5\)"),
        (np.zeros((0, 3), np.uint8), "no pixels"),
        (np.full((2, 2), np.nan), "finite"),
        (np.full((2, 2), 7.0), "0 to 1"),
        (np.full((2, 2), 300), "0 to 255"),
        (np.full((2, 2), "x"), "whole numbers"),
        (3, "int"),
    ],
)
def test_what_cannot_be_a_mask_is_refused_in_one_line(source: object, words: str) -> None:
    with pytest.raises(MaskError, match=words) as caught:
        load_mask(source)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_area_box_and_union() -> None:
    mask = Mask.of(INSIDE)
    assert mask.area == pytest.approx(15 / 54)
    assert mask.box == (2.0, 1.0, 7.0, 4.0)
    assert Mask.of(~INSIDE).area == pytest.approx(39 / 54)
    assert (mask | Mask.of(~INSIDE)).area == 1.0
    assert Mask.of(np.zeros((3, 3))).box is None
    with pytest.raises(MaskError, match="two sizes"):
        _ = mask | Mask.of(np.zeros((3, 3)))
    np.testing.assert_array_equal(np.asarray(mask.to_image()), GREY)
