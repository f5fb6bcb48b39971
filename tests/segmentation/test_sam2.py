import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from autoedit.core.mask import Mask  # noqa: E402
from autoedit.errors import BackendUnavailableError, OutOfMemoryError, WeightsError  # noqa: E402
from autoedit.segmentation import Prompt  # noqa: E402
from autoedit.segmentation.sam2 import Sam2Segmenter  # noqa: E402
from tests.segmentation.promptables import (  # noqa: E402
    BOX,
    SHAPES,
    away,
    drawing_transformers,
    one_line,
    photo,
    pixel_values,
    prompts,
    sound,
)

FRAME = 128


@pytest.fixture(scope="module", autouse=True)
def _offline():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.socket.connect", lambda *_: pytest.fail("went online"))
        yield


def parts(kind):
    """The sizes of a small SAM 2, or of an EdgeTAM with its own image encoder."""
    if kind == "edgetam":
        vision = transformers.EdgeTamVisionConfig(
            backbone_config=transformers.TimmWrapperConfig(
                architecture="repvit_m1",
                model_args={"in_chans": 3, "features_only": True, "out_indices": [0, 1, 2, 3]},
            ),
            backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
            fpn_hidden_size=16,
        )
        prompt, decoder = (
            transformers.EdgeTamPromptEncoderConfig, transformers.EdgeTamMaskDecoderConfig
        )  # fmt: skip
    else:
        vision = transformers.Sam2VisionConfig(
            backbone_config=transformers.Sam2HieraDetConfig(
                image_size=[FRAME, FRAME], hidden_size=8, num_attention_heads=1,
                blocks_per_stage=[1, 1, 2, 1], embed_dim_per_stage=[8, 16, 32, 64],
                num_attention_heads_per_stage=[1, 1, 2, 2], window_size_per_stage=[8, 4, 4, 4],
                global_attention_blocks=[3], window_positional_embedding_background_size=[4, 4],
            ),
            backbone_channel_list=[64, 32, 16, 8],
            backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
            fpn_hidden_size=16,
        )  # fmt: skip
        prompt, decoder = transformers.Sam2PromptEncoderConfig, transformers.Sam2MaskDecoderConfig
    return {
        "vision_config": vision,
        "prompt_encoder_config": prompt(hidden_size=16, image_size=FRAME, patch_size=16),
        "mask_decoder_config": decoder(
            hidden_size=16, mlp_dim=16, num_attention_heads=2, iou_head_hidden_dim=16
        ),
    }


def small(kind):
    torch.manual_seed(0)
    if kind == "edgetam":
        return transformers.EdgeTamModel(transformers.EdgeTamConfig(**parts(kind)))
    if kind == "sam2":
        return transformers.Sam2Model(transformers.Sam2Config(**parts(kind)))
    return transformers.Sam2VideoModel(  # what the published SAM 2.1 checkpoints hold
        transformers.Sam2VideoConfig(
            **parts(kind), memory_attention_hidden_size=16, memory_attention_num_layers=1,
            memory_attention_feed_forward_hidden_size=16, memory_encoder_hidden_size=16,
            memory_encoder_output_channels=8, memory_fuser_embed_dim=16,
            memory_fuser_intermediate_dim=16, mask_downsampler_embed_dim=16,
        )
    )  # fmt: skip


@pytest.fixture(scope="module", params=["sam2", "sam2_video", "edgetam"])
def directory(request, tmp_path_factory):
    if request.param == "edgetam":
        pytest.importorskip("timm")
    folder = tmp_path_factory.mktemp(request.param)
    small(request.param).save_pretrained(folder)
    images = transformers.Sam2ImageProcessor(
        size={"height": FRAME, "width": FRAME}, mask_size={"height": 32, "width": 32}
    )
    if request.param == "sam2_video":
        videos = transformers.Sam2VideoVideoProcessor()
        transformers.Sam2VideoProcessor(images, videos).save_pretrained(folder)
    else:
        transformers.Sam2Processor(images).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def segmenter(directory):
    return Sam2Segmenter(str(directory), device="cpu")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_kind_of_prompt_gets_a_mask_of_the_photo(segmenter, shape):
    prepared = segmenter.prepare(photo(shape))
    for prompt in prompts(shape).values():
        found = prepared.outline(prompt)
        assert sound(found, shape)
        assert found.origin == "sam2"


def test_a_photo_is_encoded_once_for_many_prompts(segmenter):
    calls = []
    handle = segmenter._model.vision_encoder.register_forward_hook(lambda *_: calls.append(1))
    prepared = segmenter.prepare(photo())
    for prompt in prompts(SHAPES[0]).values():
        prepared.outline(prompt)
    handle.remove()
    assert len(calls) == 1


def test_the_masks_are_those_of_the_model_called_directly(segmenter):
    picture = photo((77, 123))
    model, processor = segmenter._model, segmenter._processor
    inputs = processor(
        images=picture.pixels, input_boxes=[[list(BOX)]], input_points=[[[[40.0, 30.0]]]],
        input_labels=[[[1]]], return_tensors="pt",
    )  # fmt: skip
    inputs.pop("original_sizes")
    with torch.inference_mode():
        direct = model(**inputs, multimask_output=True)
    found = segmenter.prepare(picture).decode(Prompt(box=BOX, points=((40.0, 30.0),)), None)

    assert found.logits.shape == (4, 32, 32)
    assert np.allclose(found.logits[1:], direct.pred_masks[0, 0].numpy(), atol=1e-4)
    assert np.allclose(found.predicted_iou[1:], direct.iou_scores[0, 0].numpy(), atol=1e-5)


def test_the_encoder_gets_rgb_as_it_was_trained(segmenter):
    seen = pixel_values(segmenter, (200, 100, 50))
    wanted = [(200 / 255 - 0.485) / 0.229, (100 / 255 - 0.456) / 0.224, (50 / 255 - 0.406) / 0.225]
    assert seen.shape == (1, 3, FRAME, FRAME)
    assert np.allclose(seen[0], np.array(wanted)[:, None, None], atol=1e-4)


@pytest.mark.parametrize("shape", [*SHAPES, (400, 300)])
def test_boxes_and_points_come_back_where_they_were(directory, shape):
    made, decoder = drawing_transformers(Sam2Segmenter(str(directory), device="cpu"), FRAME)
    prepared = made.prepare(photo(shape))
    high, wide = shape[0] / 32, shape[1] / 32
    framed = np.array(BOX) * FRAME / np.array([shape[1], shape[0]] * 2)

    assert away(prepared.outline(Prompt(box=BOX)), BOX) <= 1 + max(high, wide)
    assert np.allclose(decoder.seen[-1]["box"], framed, atol=0.01)
    at = prepared.outline(Prompt(points=((40.0, 20.0),), negative_points=((3.0, 50.0),)))
    around = (40 - 3 * wide, max(0, 20 - 3 * high), 40 + 3 * wide, 20 + 3 * high)
    assert away(at, around) <= 1 + max(high, wide)
    assert list(decoder.seen[-1]["labels"]) == [1, 0]


def test_a_mask_goes_to_the_decoder_as_logits_with_its_box(directory):
    made, decoder = drawing_transformers(Sam2Segmenter(str(directory), device="cpu"), FRAME)
    coarse = np.zeros((77, 123), np.float32)
    coarse[10:50, 20:60] = 1
    found = made.prepare(photo((77, 123))).outline(Prompt(mask=Mask(coarse)))
    seen = decoder.seen[-1]

    assert seen["box"].size == 4
    assert seen["mask"].shape == (32, 32)
    assert seen["mask"][30 * 32 // 77, 40 * 32 // 123] > 4
    assert seen["mask"][60 * 32 // 77, 40 * 32 // 123] < -4
    assert away(found, BOX) <= 1


def test_out_of_memory_is_tried_again_and_then_said(segmenter):
    for times in (1, 2):
        left = [times]

        def fail(*_, left=left):
            left[0] -= 1
            if left[0] >= 0:
                raise torch.OutOfMemoryError("CUDA out of memory")

        hook = segmenter._model.vision_encoder.register_forward_pre_hook(fail)
        try:
            if times == 1:
                assert sound(segmenter.prepare(photo()).outline(Prompt(box=BOX)), SHAPES[0])
            else:
                with pytest.raises(OutOfMemoryError) as error:
                    segmenter.prepare(photo())
                assert "smaller checkpoint" in one_line(error)
        finally:
            hook.remove()


def refused(folder):
    with pytest.raises(WeightsError) as error:
        Sam2Segmenter(str(folder), device="cpu")
    return one_line(error)


def test_weights_that_are_missing_or_damaged(directory, tmp_path):
    from safetensors.torch import load_file, save_file

    assert "no weights" in refused(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty")

    lacking = shutil.copytree(directory, tmp_path / "lacking")
    tensors = load_file(lacking / "model.safetensors")
    name = next(key for key in tensors if "conv_s0.bias" in key)
    save_file({key: each for key, each in tensors.items() if key != name},
              lacking / "model.safetensors", metadata={"format": "pt"})  # fmt: skip
    assert "conv_s0.bias" in refused(lacking)

    cut = shutil.copytree(directory, tmp_path / "cut")
    content = (cut / "model.safetensors").read_bytes()
    (cut / "model.safetensors").write_bytes(content[: len(content) // 2])
    refused(cut)

    bare = shutil.copytree(directory, tmp_path / "bare")
    (bare / "model.safetensors").unlink()
    refused(bare)


def test_another_kind_of_model_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clipseg"}))
    assert "'clipseg'" in refused(tmp_path)


def test_a_missing_library_is_named(directory, monkeypatch):
    def fail(*_, **__):
        raise ImportError("EdgeTAM needs timm: pip install timm")

    monkeypatch.setattr(transformers.AutoModelForMaskGeneration, "from_pretrained", fail)
    with pytest.raises(BackendUnavailableError, match="pip install timm") as error:
        Sam2Segmenter(str(directory), device="cpu")
    one_line(error)
