from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from autoedit.core.plan import Attributes, Target
from autoedit.errors import OutOfMemoryError, WeightsError
from autoedit.grounding.detections import DetectionSettings
from autoedit.grounding.sam3 import Instances, Sam3Grounder, instances
from tests.grounding.tiny import clip_tokenizer, cut_off, odd_photo

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

PHOTO = odd_photo()
SETTINGS = DetectionSettings("sam 3", threshold=0.5)
MUGS = Target(
    phrase="all red mugs", head="mug", attributes=Attributes(colour=("red",)), quantity="all"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random SAM 3 with seven queries; it looks at 56 x 56 pixels."""
    from transformers import Sam3Config, Sam3ImageProcessor, Sam3Model, Sam3Processor

    torch.manual_seed(0)
    tokenizer = clip_tokenizer()
    small = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 32}
    detr = {**small, "num_layers": 1}
    backbone = {
        **small,
        "model_type": "sam3_vit_model",
        "num_hidden_layers": 2,
        "image_size": 56,
        "patch_size": 14,
        "window_size": 2,
        "global_attn_indexes": [1],
        "pretrain_image_size": 28,
    }
    text = {
        **small,
        "model_type": "clip_text_model",
        "num_hidden_layers": 1,
        "projection_dim": 16,
        "max_position_embeddings": 32,
        "vocab_size": len(tokenizer),
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = Sam3Config(
        vision_config={
            "backbone_config": backbone,
            "fpn_hidden_size": 32,
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
        },
        text_config=text,
        geometry_encoder_config=detr,
        detr_encoder_config=detr,
        detr_decoder_config={**detr, "num_queries": 7},
        mask_decoder_config={"hidden_size": 32, "num_attention_heads": 2},
    )
    images = Sam3ImageProcessor(size={"height": 56, "width": 56})
    folder = tmp_path_factory.mktemp("sam3")
    Sam3Model(config).save_pretrained(folder)
    Sam3Processor(image_processor=images, tokenizer=tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def grounder(weights: Path) -> Sam3Grounder:
    return Sam3Grounder(str(weights), threshold=0.2, nms=1.0, device="cpu")


def fabricated() -> Any:
    """Three queries: a sure one at the upper left, a faint one, and one that is nothing."""
    masks = torch.full((1, 3, 8, 8), -9.0)
    masks[0, 0, :2, :4] = 9.0  # the upper quarter of the left half
    masks[0, 1, 6:, 6:] = 9.0
    return SimpleNamespace(
        pred_logits=torch.tensor([[2.0, -0.5, -6.0]]),
        pred_boxes=torch.tensor([[[0.0, 0.0, 0.5, 0.25], [0.75, 0.7, 1.0, 1.0], [0, 0, 1, 1]]]),
        pred_masks=masks,
        presence_logits=torch.tensor([[1.0]]),
    )


def test_outputs_become_boxes_scores_and_masks_of_the_photo(grounder: Sam3Grounder) -> None:
    sure, faint = instances(fabricated(), grounder._loaded.processor, PHOTO.shape, SETTINGS)
    presence = 1 / (1 + np.exp(-1.0))
    assert sure.score == pytest.approx(presence / (1 + np.exp(-2.0)), abs=1e-5)
    assert sure.box == pytest.approx((0, 0, 61.5, 19.25))
    assert faint.score == pytest.approx(presence / (1 + np.exp(0.5)), abs=1e-5)
    assert faint.box == pytest.approx((92.25, 53.9, 123, 77), abs=1e-3)
    assert faint.mask is None  # below the threshold
    assert sure.mask is not None and sure.mask.shape == (77, 123)
    binary = sure.mask.binary  # its rim is interpolated, over half of a coarse pixel
    assert binary[:14, :53].all()
    assert not binary[25:].any() and not binary[:, 70:].any()


def test_half_precision_outputs_are_read_too(grounder: Sam3Grounder) -> None:
    outputs = fabricated()
    outputs = SimpleNamespace(**{name: value.bfloat16() for name, value in vars(outputs).items()})
    found = instances(outputs, grounder._loaded.processor, PHOTO.shape, SETTINGS)
    assert [each.mask is not None for each in found] == [True, False]


def test_without_a_presence_score_the_queries_count_alone(grounder: Sam3Grounder) -> None:
    outputs = fabricated()
    outputs.presence_logits = None
    sure, _ = instances(outputs, grounder._loaded.processor, PHOTO.shape, SETTINGS)
    assert sure.score == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-5)


def test_an_empty_mask_is_none(grounder: Sam3Grounder) -> None:
    outputs = fabricated()
    outputs.pred_masks[:] = -9.0
    sure, _ = instances(outputs, grounder._loaded.processor, PHOTO.shape, SETTINGS)
    assert sure.mask is None


def test_detections_are_the_librarys_own(weights: Path, grounder: Sam3Grounder) -> None:
    from transformers import Sam3Model, Sam3Processor

    model: Any = Sam3Model.from_pretrained(weights).eval()
    processor: Any = Sam3Processor.from_pretrained(weights)
    inputs = processor(images=Image.fromarray(PHOTO.pixels), text="red mug", return_tensors="pt")
    with torch.inference_mode():
        outputs = model(
            pixel_values=inputs["pixel_values"],
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
        )
    told = processor.post_process_instance_segmentation(outputs, 0.2, 0.5, [PHOTO.shape])[0]
    found = Instances(grounder._loaded, grounder._settings, PHOTO).detect("red mug")
    found = [each for each in found if each.score > 0.2]
    assert len(found) == len(told["scores"]) > 0
    for each, score, box, mask in zip(
        found, told["scores"], told["boxes"], told["masks"], strict=True
    ):
        assert each.score == pytest.approx(float(score), abs=1e-5)
        assert each.box == pytest.approx(box.tolist(), abs=1e-3)
        assert each.mask is not None
        assert np.array_equal(each.mask.binary, mask.numpy().astype(bool))


def test_regions_come_back_without_a_network(
    grounder: Sam3Grounder, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(monkeypatch)
    found = grounder.prepare(PHOTO).find(MUGS)
    assert len(found) > 0
    for region in found:
        x0, y0, x1, y1 = region.box
        assert 0 <= x0 < x1 <= 123 and 0 <= y0 < y1 <= 77
        assert region.mask is not None and region.mask.shape == (77, 123)


def test_the_photo_is_seen_once_for_all_phrases(
    grounder: Sam3Grounder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = grounder._loaded.model.vision_encoder
    looks: list[int] = []
    look = encoder.forward
    monkeypatch.setattr(encoder, "forward", lambda *a, **k: (looks.append(1), look(*a, **k))[1])
    seen = Instances(grounder._loaded, grounder._settings, PHOTO)
    first, second = seen.detect("red mug"), seen.detect("cup of tea")
    assert len(looks) == 1
    assert [each.score for each in first] != [each.score for each in second]


def test_a_phrase_longer_than_the_text_encoder_is_cut(grounder: Sam3Grounder) -> None:
    assert Instances(grounder._loaded, grounder._settings, PHOTO).detect("red mug " * 60)


def test_memory_that_runs_out_once_is_met_with_half_precision(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grounder = Sam3Grounder(str(weights), threshold=0.2, device="cpu")
    model = grounder._loaded.model
    look = model.get_vision_features

    def cramped(pixels: Any) -> Any:
        if pixels.dtype == torch.float32:
            raise torch.OutOfMemoryError
        return look(pixels)

    monkeypatch.setattr(model, "get_vision_features", cramped)
    found = Instances(grounder._loaded, grounder._settings, PHOTO).detect("red mug")
    assert found and all(np.isfinite(each.box).all() for each in found)


def test_memory_that_runs_out_twice_is_said(
    grounder: Sam3Grounder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cramped(_: Any) -> Any:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(grounder._loaded.model, "get_vision_features", cramped)
    with pytest.raises(OutOfMemoryError, match="another grounding back end"):
        grounder.prepare(PHOTO)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "sam"}')
    with pytest.raises(WeightsError, match="sam3"):
        Sam3Grounder(str(tmp_path))
