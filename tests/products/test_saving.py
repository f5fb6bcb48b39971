import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from autoedit.core.files import load_photo, save_photo
from autoedit.core.files.encoding import encode
from autoedit.core.mask import Mask
from autoedit.core.photo import FileFacts, Photo
from autoedit.products.saving import RIM, background_of, decoded, saved_exactly
from autoedit.products.settings import ProductSettings

WHITE = (255, 255, 255)


def subject(seed: int, blur: float) -> tuple[Photo, Mask]:
    """Loud polygons on white, hard-edged or soft, anywhere on the grid of blocks."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(60, 130, 2)
    alpha = np.zeros(shape, np.float32)
    for _ in range(3):
        corners = rng.integers(12, min(shape) - 12, (5, 2)).astype(np.int32)
        cv2.fillPoly(alpha, [corners], (1.0,))
    if blur:
        alpha = cv2.GaussianBlur(alpha, (0, 0), blur)
        alpha[alpha < 0.01] = 0
    colours = rng.integers(0, 256, (*shape, 3)).astype(np.float32)
    pixels = np.rint(colours * alpha[..., None] + 255 * (1 - alpha[..., None]))
    return Photo(pixels.astype(np.uint8)), Mask(alpha)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.7, 2.0]), st.sampled_from([95, 88]))
def test_the_background_is_exact_and_the_solid_subject_untouched(
    seed: int, blur: float, quality: int
) -> None:
    photo, alpha = subject(seed, blur)
    asked = ProductSettings(quality=quality, quality_minimum=50)
    saved = saved_exactly(photo, alpha, WHITE, asked)
    assert (decoded(saved.content)[background_of(alpha)] == 255).all()
    solid = cv2.distanceTransform((alpha.array == 1).astype(np.uint8), cv2.DIST_L2, 5) > RIM
    assert np.array_equal(saved.photo.pixels[solid], photo.pixels[solid])


def test_plain_encoding_would_not_be_exact() -> None:
    """What the whole module is for: without it the property above does not hold."""
    wrong = 0
    for seed in range(12):
        photo, alpha = subject(seed, 0.0)
        seen = decoded(encode(photo, "JPEG", 95))
        wrong += int((seen[background_of(alpha)] != 255).any(axis=-1).sum())
    assert wrong > 0


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_saving_gives_the_very_bytes_that_were_checked(tmp_path: Path, name: str) -> None:
    photo, alpha = subject(5, 0.7)
    facts = FileFacts(format="JPEG", quantization={0: [40] * 64, 1: [40] * 64}, subsampling=2)
    photo = Photo(photo.pixels, facts=facts)
    kinds: Any = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF"}
    saved = saved_exactly(photo, alpha, WHITE, ProductSettings(format=kinds[name[2:]]))
    path = save_photo(saved.photo, tmp_path / name)
    back = load_photo(path)
    assert np.array_equal(back.pixels, saved.decoded)
    assert path.stat().st_size == len(saved.content)
    if name == "a.jpg":
        assert back.facts.subsampling == 0
        with Image.open(io.BytesIO(encode(photo, "JPEG", 95))) as plain:
            assert back.facts.quantization is not None
            assert back.facts.quantization[0] == list(plain.quantization[0])


def within(limit: int, **more: Any) -> ProductSettings:
    return ProductSettings.model_validate({"rules": {"bytes_maximum": limit}, **more})


def test_a_limit_of_bytes_takes_the_highest_quality_that_fits() -> None:
    photo, alpha = subject(9, 0.7)
    full = saved_exactly(photo, alpha, WHITE, ProductSettings())
    limit = len(full.content) * 2 // 3
    asked = ProductSettings.model_validate(
        {"quality_minimum": 40, "rules": {"bytes_maximum": limit}}
    )
    small = saved_exactly(photo, alpha, WHITE, asked)
    assert len(small.content) <= limit and small.quality is not None and small.quality < 95
    above = ProductSettings(quality=small.quality + 1, quality_minimum=40)
    assert len(saved_exactly(photo, alpha, WHITE, above).content) > limit
    assert str(small.quality) in small.notes[0]
    assert (small.decoded[background_of(alpha)] == 255).all()


def test_quality_stops_at_its_floor_and_says_so() -> None:
    photo, alpha = subject(9, 0.7)
    asked = ProductSettings.model_validate(
        {"quality_minimum": 90, "rules": {"bytes_maximum": 1000}}
    )
    saved = saved_exactly(photo, alpha, WHITE, asked)
    assert saved.quality == 90 and len(saved.content) > 1000
    assert "quality_minimum" in saved.notes[0]


def busy(ground: tuple[int, int, int]) -> tuple[Photo, Mask]:
    """A loud soft-edged blot on a ground of one colour."""
    rng = np.random.default_rng(1)
    alpha = np.zeros((260, 260), np.float32)
    cv2.fillPoly(alpha, [rng.integers(60, 200, (6, 2)).astype(np.int32)], (1.0,))
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.0)
    alpha[alpha < 0.01] = 0
    colours = rng.integers(0, 256, (260, 260, 3)).astype(np.float32)
    colours = np.clip((cv2.GaussianBlur(colours, (0, 0), 2) - 128) * 4 + 128, 0, 255)
    pixels = np.rint(colours * alpha[..., None] + np.array(ground) * (1 - alpha[..., None]))
    return Photo(pixels.astype(np.uint8)), Mask(alpha)


def test_an_avif_is_as_fine_as_its_background_needs(tmp_path: Path) -> None:
    grey = (245, 245, 245)
    photo, alpha = busy(grey)
    saved = saved_exactly(photo, alpha, grey, ProductSettings(format="AVIF"))
    assert saved.quality is not None and saved.quality > 90  # at 90 some pixels are off
    assert (saved.decoded[background_of(alpha)] == grey).all()
    save_photo(saved.photo, tmp_path / "saved.avif")
    assert (tmp_path / "saved.avif").read_bytes() == saved.content


def test_a_colour_that_no_avif_holds_is_told() -> None:
    cream = (240, 234, 214)
    photo, alpha = busy(cream)
    saved = saved_exactly(photo, alpha, cream, ProductSettings(format="AVIF"))
    assert "PNG" in saved.notes[0]
