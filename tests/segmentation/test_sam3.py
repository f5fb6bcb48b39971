import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from autoedit.core.mask import Mask  # noqa: E402
from autoedit.errors import WeightsError  # noqa: E402
from autoedit.segmentation import Prompt  # noqa: E402
from autoedit.segmentation.sam2 import Sam2Segmenter  # noqa: E402
from autoedit.segmentation.sam3 import Sam3Segmenter  # noqa: E402
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

FRAME = 112


@pytest.fixture(scope="module", autouse=True)
def _offline():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.socket.connect", lambda *_: pytest.fail("went online"))
        yield


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A small SAM 3 tracker: 112 pixels, patches of 14 as in the large one."""
    torch.manual_seed(0)
    vision = transformers.Sam3VisionConfig(
        backbone_config=transformers.Sam3ViTConfig(
            hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
            image_size=FRAME, patch_size=14, window_size=4, global_attn_indexes=[1],
            pretrain_image_size=56,
        ),
        backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
        fpn_hidden_size=16,
    )  # fmt: skip
    config = transformers.Sam3TrackerConfig(
        vision_config=vision,
        prompt_encoder_config=transformers.Sam3TrackerPromptEncoderConfig(
            hidden_size=16, image_size=FRAME, patch_size=14
        ),
        mask_decoder_config=transformers.Sam3TrackerMaskDecoderConfig(
            hidden_size=16, mlp_dim=16, num_attention_heads=2, iou_head_hidden_dim=16
        ),
    )
    folder = tmp_path_factory.mktemp("sam3")
    transformers.Sam3TrackerModel(config).save_pretrained(folder)
    transformers.Sam3TrackerProcessor(
        transformers.Sam3ImageProcessor(
            size={"height": FRAME, "width": FRAME}, mask_size={"height": 32, "width": 32}
        )
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def segmenter(directory):
    return Sam3Segmenter(str(directory), device="cpu")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_kind_of_prompt_gets_a_mask_of_the_photo(segmenter, shape):
    calls = []
    handle = segmenter._model.vision_encoder.register_forward_hook(lambda *_: calls.append(1))
    prepared = segmenter.prepare(photo(shape))
    for prompt in prompts(shape).values():
        found = prepared.outline(prompt)
        assert sound(found, shape)
        assert found.origin == "sam3"
    handle.remove()
    assert len(calls) == 1


def test_the_encoder_gets_rgb_as_it_was_trained(segmenter):
    seen = pixel_values(segmenter, (200, 100, 50))
    wanted = np.array([200, 100, 50]) / 127.5 - 1
    assert seen.shape == (1, 3, FRAME, FRAME)
    assert np.allclose(seen[0], wanted[:, None, None], atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_and_points_come_back_where_they_were(directory, shape):
    made, decoder = drawing_transformers(Sam3Segmenter(str(directory), device="cpu"), FRAME)
    prepared = made.prepare(photo(shape))
    high, wide = shape[0] / 32, shape[1] / 32
    framed = np.array(BOX) * FRAME / np.array([shape[1], shape[0]] * 2)

    assert away(prepared.outline(Prompt(box=BOX)), BOX) <= 1 + max(high, wide)
    assert np.allclose(decoder.seen[-1]["box"], framed, atol=0.01)
    at = prepared.outline(Prompt(points=((40.0, 20.0),)))
    around = (40 - 3 * wide, 20 - 3 * high, 40 + 3 * wide, 20 + 3 * high)
    assert away(at, around) <= 1 + max(high, wide)


def test_an_exact_mask_comes_out_as_it_went_in(directory):
    made, _ = drawing_transformers(Sam3Segmenter(str(directory), device="cpu"), FRAME)
    exact = np.zeros((77, 123), np.float32)
    exact[10:50, 20:60] = 1
    exact[10, 20:60:2] = 0.4  # finer than the decoder's cells
    found = made.prepare(photo((77, 123))).outline(Prompt(box=BOX, mask=Mask(exact)))
    assert np.array_equal(found.array, exact)


def test_each_back_end_refuses_the_other_s_checkpoints(directory):
    with pytest.raises(WeightsError, match="sam3_tracker") as error:
        Sam2Segmenter(str(directory), device="cpu")
    one_line(error)
