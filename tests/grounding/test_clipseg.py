from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from autoedit.core.plan import Attributes, Target
from autoedit.errors import SettingError, WeightsError
from autoedit.grounding.clipseg import ClipsegGrounder, HeatMaps, spots
from tests.grounding.tiny import clip_tokenizer, cut_off, odd_photo

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

PHOTO = odd_photo()
MUGS = Target(
    phrase="all red mugs", head="mug", attributes=Attributes(colour=("red",)), quantity="all"
)
CUPS = Target(phrase="all cups", head="cup", quantity="all")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random CLIPSeg, wide awake: its heat depends on the phrase and on the place."""
    from transformers import (
        CLIPSegConfig,
        CLIPSegForImageSegmentation,
        CLIPSegProcessor,
        ViTImageProcessor,
    )

    torch.manual_seed(0)
    tokenizer = clip_tokenizer()
    common = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2}
    text = {
        **common,
        "num_hidden_layers": 1,
        "vocab_size": len(tokenizer),
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {**common, "num_hidden_layers": 3, "image_size": 32, "patch_size": 8}
    config = CLIPSegConfig(
        text_config=text,
        vision_config=vision,
        projection_dim=16,
        extract_layers=[0, 1, 2],
        reduce_dim=16,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=32,
    )
    model: Any = CLIPSegForImageSegmentation(config)
    for name, tensor in model.clip.named_parameters():
        if tensor.ndim > 1 and "logit" not in name:
            torch.nn.init.normal_(tensor, std=0.2)
    images = ViTImageProcessor(size={"height": 32, "width": 32})
    processor: Any = CLIPSegProcessor(image_processor=images, tokenizer=tokenizer)
    folder = tmp_path_factory.mktemp("clipseg")
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def grounder(weights: Path) -> ClipsegGrounder:
    return ClipsegGrounder(str(weights), device="cpu")


def heat_of_the_whole_model(weights: Path, phrase: str) -> Any:
    """As the library's own example computes it, float32 (H, W) of the photo."""
    from transformers import CLIPSegForImageSegmentation, CLIPSegProcessor

    model: Any = CLIPSegForImageSegmentation.from_pretrained(weights)
    processor: Any = CLIPSegProcessor.from_pretrained(weights)
    inputs = processor(
        text=[f"a photo of a {phrase}."],
        images=[Image.fromarray(PHOTO.pixels)],
        return_tensors="pt",
    )
    with torch.inference_mode():
        whole = model.eval()(**inputs).logits.sigmoid().reshape(1, 1, 32, 32)
    return torch.nn.functional.interpolate(whole, PHOTO.shape, mode="bilinear")[0, 0].numpy()


def test_the_heat_is_that_of_the_whole_model(weights: Path, grounder: ClipsegGrounder) -> None:
    maps = HeatMaps(grounder._loaded, PHOTO)
    heats = [maps.heat(phrase) for phrase in ("red mug", "cup")]
    for phrase, heat in zip(("red mug", "cup"), heats, strict=True):
        assert heat.dtype == np.float32 and heat.shape == PHOTO.shape
        assert np.abs(heat - heat_of_the_whole_model(weights, phrase)).max() < 1e-4
    assert np.abs(heats[0] - heats[1]).max() > 0.05


def test_what_is_found_are_the_warm_spots(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(monkeypatch)
    whole = heat_of_the_whole_model(weights, "red mug")
    middle = float(np.quantile(whole, 0.9))
    found = ClipsegGrounder(str(weights), threshold=middle, device="cpu").prepare(PHOTO).find(MUGS)
    assert len(found) > 0
    expected = spots(whole, middle, 0.3 * middle)
    for region in found:
        assert region.mask is not None and region.mask.shape == PHOTO.shape
        assert region.box == region.mask.box
        assert any(np.abs(np.subtract(region.box, spot.box)).max() < 2 for spot in expected)


def test_the_photo_is_seen_once_for_all_phrases(
    grounder: ClipsegGrounder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = grounder._loaded.model.clip
    looks: list[int] = []
    look = clip.get_image_features
    monkeypatch.setattr(
        clip, "get_image_features", lambda *a, **k: (looks.append(1), look(*a, **k))[1]
    )
    prepared = grounder.prepare(PHOTO)
    for target in (MUGS, CUPS, MUGS):
        prepared.find(target)
    assert len(looks) == 1


def test_it_looks_again_at_half_the_size_when_memory_runs_out(
    grounder: ClipsegGrounder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = grounder._loaded.model.clip
    look, sizes = clip.get_image_features, []

    def cramped(pixels: Any, **options: Any) -> Any:
        sizes.append(tuple(pixels.shape[2:]))
        if pixels.shape[2] > 16:
            raise torch.OutOfMemoryError
        return look(pixels, **options)

    monkeypatch.setattr(clip, "get_image_features", cramped)
    assert HeatMaps(grounder._loaded, PHOTO).heat("red mug").shape == PHOTO.shape
    assert sizes == [(32, 32), (16, 16)]


def test_a_phrase_longer_than_the_text_tower_is_cut(grounder: ClipsegGrounder) -> None:
    heat = HeatMaps(grounder._loaded, PHOTO).heat("red mug " * 60)
    assert np.isfinite(heat).all()


def test_what_is_wrong_is_said(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="nowhere"):
        ClipsegGrounder(str(tmp_path / "nowhere"))
    with pytest.raises(SettingError, match="threshold"):
        ClipsegGrounder(str(weights), threshold=1.5)
    (tmp_path / "config.json").write_text('{"model_type": "owlvit"}')
    with pytest.raises(WeightsError):
        ClipsegGrounder(str(tmp_path))


def test_spots_are_told_apart_scored_and_outlined() -> None:
    heat = np.full((100, 200), 0.05, np.float32)
    heat[10:30, 20:60] = 0.6
    heat[10:14, 20:40] = 0.9  # a tenth of its 800 pixels
    heat[50:90, 100:150] = 0.3
    heat[0, 0] = 0.95
    strong, faint = spots(heat, threshold=0.5, floor=0.15)
    assert strong.box == (20, 10, 60, 30)
    assert strong.score == pytest.approx(0.9, abs=1e-6)
    assert strong.mask is not None
    assert strong.mask.binary.sum() == 800 and strong.mask.binary[10:30, 20:60].all()
    assert faint.box == (100, 50, 150, 90)
    assert faint.score == pytest.approx(0.3, abs=1e-6)
    assert faint.mask is None


def test_a_warm_rim_round_a_spot_is_no_spot_of_its_own() -> None:
    heat = np.zeros((60, 60), np.float32)
    heat[10:50, 10:50] = 0.3
    heat[20:40, 20:40] = 0.8
    (only,) = spots(heat, threshold=0.5, floor=0.15)
    assert only.box == (20, 20, 40, 40)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 0.9))
def test_spots_cover_just_what_is_warm(seed: int, threshold: float) -> None:
    coarse = np.random.default_rng(seed).random((6, 9)).astype(np.float32)
    heat = np.kron(coarse, np.ones((9, 11), np.float32))
    found = spots(heat, threshold, 0.3 * threshold)
    strong = [each for each in found if each.mask is not None]
    covered = sum((each.mask.binary for each in strong if each.mask), np.zeros(heat.shape, int))
    assert np.array_equal(covered, (heat >= threshold).astype(int))  # once each
    for each in strong:
        assert each.mask is not None and each.box == each.mask.box
        assert threshold <= each.score + 1e-6 <= heat[each.mask.binary].max() + 2e-6
    assert all(each.score < threshold for each in found if each.mask is None)
