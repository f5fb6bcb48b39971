import json
import os
import re
from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch")
modeling = pytest.importorskip("segment_anything.modeling")

from autoedit.core.mask import Mask  # noqa: E402
from autoedit.errors import (  # noqa: E402
    MaskError,
    OutOfMemoryError,
    SettingError,
    WeightsError,
)
from autoedit.segmentation import Prompt  # noqa: E402
from autoedit.segmentation.segment_anything import SegmentAnythingSegmenter  # noqa: E402
from tests.segmentation.promptables import (  # noqa: E402
    BOX,
    SHAPES,
    DrawingDecoder,
    away,
    one_line,
    photo,
    prompts,
    sound,
)

FRAME = 128
SIZES = {
    "image_encoder": {
        "img_size": FRAME, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2,
        "mlp_ratio": 2, "qkv_bias": True, "use_rel_pos": True, "window_size": 4,
        "global_attn_indexes": [1], "out_chans": 16,
    },
    "prompt_encoder": {
        "embed_dim": 16, "image_embedding_size": [16, 16], "input_image_size": [FRAME, FRAME],
        "mask_in_chans": 4,
    },
    "transformer": {"depth": 1, "embedding_dim": 16, "mlp_dim": 16, "num_heads": 2},
    "mask_decoder": {
        "transformer_dim": 16, "num_multimask_outputs": 3, "iou_head_depth": 2,
        "iou_head_hidden_dim": 16,
    },
    "pixel_mean": [120.0, 110.0, 100.0],
    "pixel_std": [60.0, 50.0, 40.0],
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _offline(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOEDIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr("socket.socket.connect", lambda *_: pytest.fail("went online"))
        yield


def built():
    torch.manual_seed(0)
    return modeling.Sam(
        modeling.ImageEncoderViT(
            **SIZES["image_encoder"], norm_layer=partial(torch.nn.LayerNorm, eps=1e-6)
        ),
        modeling.PromptEncoder(**SIZES["prompt_encoder"]),
        modeling.MaskDecoder(
            **SIZES["mask_decoder"], transformer=modeling.TwoWayTransformer(**SIZES["transformer"])
        ),
        SIZES["pixel_mean"],
        SIZES["pixel_std"],
    ).eval()


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A small Segment Anything, its tensors stored as float16."""
    folder = tmp_path_factory.mktemp("sam")
    torch.save(built().half().state_dict(), folder / "small.pth")
    (folder / "small.json").write_text(json.dumps(SIZES))
    return folder


@pytest.fixture(scope="module")
def segmenter(directory):
    return SegmentAnythingSegmenter(str(directory / "small.pth"), device="cpu")


@pytest.fixture
def drawing(directory):
    """A segmenter whose decoder draws what it is asked for, and that decoder."""
    made = SegmentAnythingSegmenter(str(directory / "small.pth"), device="cpu")
    decoder = DrawingDecoder(
        made._model, FRAME, {"box": "boxes", "points": "points", "mask": "masks"}
    )

    def predict_masks(**_):
        return torch.from_numpy(decoder.masks())[None].float(), torch.full((1, 4), 0.9)

    made._model.mask_decoder.predict_masks = predict_masks
    return made, decoder


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", list(prompts(SHAPES[0])))
def test_every_kind_of_prompt_gets_a_mask_of_the_photo(segmenter, shape, kind):
    found = segmenter.prepare(photo(shape)).outline(prompts(shape)[kind])
    assert sound(found, shape)
    assert found.origin == "segment_anything"


def test_float16_tensors_become_a_float32_model(segmenter):
    assert {each.dtype for each in segmenter._model.parameters()} == {torch.float32}
    assert not segmenter._model.training


def test_the_decoder_gets_what_the_original_gets(segmenter):
    """The embedding and the masks are those of the package's own predictor."""
    segment_anything = pytest.importorskip("segment_anything")
    picture = photo((77, 123))
    predictor = segment_anything.SamPredictor(segmenter._model)
    predictor.set_image(picture.pixels)
    point = np.array([[40.0, 30.0], [5.0, 60.0]])
    _, ious, low = predictor.predict(
        point, np.array([1, 0]), np.array(BOX), multimask_output=True, return_logits=True
    )
    prepared = segmenter.prepare(picture)
    found = prepared.decode(
        Prompt(box=BOX, points=((40.0, 30.0),), negative_points=((5.0, 60.0),)), None
    )

    assert np.allclose(found.logits[1:], low, atol=1e-4)
    assert np.allclose(found.predicted_iou[1:], ious, atol=1e-5)


def test_a_photo_is_encoded_once_for_many_prompts(segmenter):
    calls = []
    encoder = segmenter._model.image_encoder
    handle = encoder.register_forward_hook(lambda *_: calls.append(1))
    prepared = segmenter.prepare(photo())
    for prompt in prompts(SHAPES[0]).values():
        prepared.outline(prompt)
    handle.remove()
    assert len(calls) == 1


def test_two_prepared_photos_do_not_mix(segmenter):
    first, second = segmenter.prepare(photo((77, 123))), segmenter.prepare(photo((123, 77)))
    before = first.outline(Prompt(box=BOX)).array
    second.outline(Prompt(box=BOX))
    assert np.array_equal(first.outline(Prompt(box=BOX)).array, before)


@pytest.mark.parametrize("shape", [*SHAPES, (400, 300)])
def test_a_box_comes_back_where_it_was(drawing, shape):
    made, decoder = drawing
    found = made.prepare(photo(shape)).outline(Prompt(box=BOX))
    scale = FRAME / max(shape)

    assert np.allclose(decoder.seen[-1]["box"], np.array(BOX) * scale, atol=0.6)
    assert away(found, BOX) <= 1 + max(shape) / 64


@pytest.mark.parametrize("shape", SHAPES)
def test_a_point_comes_back_where_it_was(drawing, shape):
    made, decoder = drawing
    found = made.prepare(photo(shape)).outline(
        Prompt(points=((40.0, 20.0),), negative_points=((3.0, 50.0),))
    )
    cell = max(shape) / 64

    assert list(decoder.seen[-1]["labels"]) == [1, 0]
    wanted = (40 - 3 * cell, 20 - 3 * cell, 40 + 3 * cell, 20 + 3 * cell)
    assert away(found, wanted) <= 1 + cell


def test_what_the_decoder_makes_up_in_the_padding_does_not_count(drawing):
    made, decoder = drawing
    drawn = decoder.masks
    decoder.masks = lambda: np.where(
        (np.arange(64)[:, None] >= 42) & (np.arange(4)[:, None, None] == 1), 9.0, drawn()
    )
    found = made.prepare(photo((77, 123))).outline(Prompt(box=BOX))
    assert away(found, BOX) <= 3


def test_a_mask_goes_to_the_decoder_as_logits_with_its_box(drawing):
    made, decoder = drawing
    coarse = np.zeros((77, 123), np.float32)
    coarse[10:50, 20:60] = 1
    made.prepare(photo((77, 123))).outline(Prompt(mask=Mask(coarse)))
    seen = decoder.seen[-1]
    scale = FRAME / 123

    assert np.allclose(seen["box"], np.array(BOX) * scale, atol=0.6)
    assert seen["mask"].shape == (64, 64)
    assert seen["mask"][int(30 * scale / 2), int(40 * scale / 2)] > 4
    assert seen["mask"][int(60 * scale / 2), int(40 * scale / 2)] < -4
    assert (seen["mask"][45:] < -4).all()  # the padding


def test_an_exact_mask_that_the_decoder_agrees_with_stays(drawing):
    made, _ = drawing
    exact = np.zeros((77, 123), np.float32)
    exact[10:50, 20:60] = 1
    exact[10, 20:60:2] = 0  # finer than the decoder's cells
    prepared = made.prepare(photo((77, 123)))
    same = prepared.outline(Prompt(mask=Mask(exact)))
    corrected = prepared.outline(Prompt(mask=Mask(exact), negative_points=((40.0, 30.0),)))

    assert np.array_equal(same.array, exact)
    assert not np.array_equal(corrected.array, exact)


def test_a_wrong_mask_does_not_stay(drawing):
    made, _ = drawing
    wrong = np.zeros((77, 123), np.float32)
    wrong[10:25, 20:40] = 1
    found = made.prepare(photo((77, 123))).outline(Prompt(box=BOX, mask=Mask(wrong)))
    assert away(found, BOX) < 3


def test_prompts_at_and_over_the_rim(segmenter):
    prepared = segmenter.prepare(photo((77, 123)))
    nothing = Mask(np.zeros((77, 123), np.float32))
    for empty in (
        Prompt(), Prompt(box=(-50, -50, -10, -10)), Prompt(box=(30, 30, 30, 60)),
        Prompt(mask=nothing), Prompt(negative_points=((5, 5),)),
    ):  # fmt: skip
        assert prepared.outline(empty).box is None
    assert sound(prepared.outline(Prompt(box=(-50, -50, 900, 900))), (77, 123))
    assert sound(prepared.outline(Prompt(points=((122.9, 76.9), (-4, 500)))), (77, 123))
    with pytest.raises(MaskError) as error:
        prepared.outline(Prompt(mask=Mask(np.ones((5, 5), np.float32))))
    assert "5x5" in one_line(error)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (2, 9)])
def test_tiny_photos(segmenter, shape):
    found = segmenter.prepare(photo(shape)).outline(Prompt(box=(0, 0, shape[1], shape[0])))
    assert sound(found, shape)


def out_of_memory(times):
    left = [times]

    def fail(*_):
        left[0] -= 1
        if left[0] >= 0:
            raise torch.OutOfMemoryError("CUDA out of memory")

    return fail


def test_out_of_memory_is_tried_again_and_then_said(segmenter):
    for times in (1, 2):
        hook = segmenter._model.image_encoder.register_forward_pre_hook(out_of_memory(times))
        try:
            if times == 1:
                assert sound(segmenter.prepare(photo()).outline(Prompt(box=BOX)), SHAPES[0])
            else:
                with pytest.raises(OutOfMemoryError) as error:
                    segmenter.prepare(photo())
                assert "vit_b" in one_line(error)
        finally:
            hook.remove()


def test_an_official_name_is_held_to_its_checksum(tmp_path):
    path = tmp_path / "sam_vit_b_01ec64.pth"
    torch.save(built().state_dict(), path)
    with pytest.raises(WeightsError, match="01ec64") as error:
        SegmentAnythingSegmenter(str(path))
    one_line(error)


def test_a_file_that_is_not_there(tmp_path):
    for reference in (str(tmp_path / "none.pth"), "https://example.org/sam_vit_b_01ec64.pth"):
        with pytest.raises(WeightsError, match=r"none\.pth|autoedit models pull") as error:
            SegmentAnythingSegmenter(reference)
        one_line(error)


def saved(folder, tensors, sizes=SIZES):
    torch.save(tensors, folder / "own.pth")
    (folder / "own.json").write_text(sizes if isinstance(sizes, str) else json.dumps(sizes))
    return str(folder / "own.pth")


def test_tensors_that_do_not_fit(tmp_path):
    tensors = built().state_dict()
    name = "mask_decoder.iou_token.weight"
    lacking = {key: value for key, value in tensors.items() if key != name}
    for wrong, said in (
        (lacking, "missing"),
        (tensors | {"extra": torch.zeros(1)}, "do not belong"),
        (tensors | {name: torch.zeros(1, 3)}, "another shape"),
        ({"model": tensors}, "no state dict"),
        ([1, 2], "no state dict"),
    ):
        with pytest.raises(WeightsError, match=said) as error:
            SegmentAnythingSegmenter(saved(tmp_path, wrong))
        one_line(error)


def changed(part, **sizes):
    return SIZES | {part: SIZES[part] | sizes}


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ("{", "JSON"),
        ({**SIZES, "image_format": "BGR"}, "image_format"),
        ({key: value for key, value in SIZES.items() if key != "pixel_std"}, "pixel_std"),
        (changed("image_encoder", depth="two"), r"image_encoder\.depth"),
        (changed("image_encoder", out_chans=32), "out_chans"),
        (changed("prompt_encoder", image_embedding_size=[8, 8]), "image_embedding_size"),
        (changed("prompt_encoder", input_image_size=[64, 64]), "input_image_size"),
        ({**SIZES, "pixel_std": [1.0, 0.0, 1.0]}, "pixel_std"),
    ],
)
def test_sizes_that_are_not_valid(tmp_path, sizes, said):
    with pytest.raises(WeightsError, match=said) as error:
        SegmentAnythingSegmenter(saved(tmp_path, built().state_dict(), sizes))
    one_line(error)


def test_a_file_without_sizes_needs_a_builder(tmp_path):
    torch.save(built().state_dict(), tmp_path / "own.pth")
    with pytest.raises(WeightsError, match=r"own\.json.*builder") as error:
        SegmentAnythingSegmenter(str(tmp_path / "own.pth"))
    one_line(error)
    with pytest.raises(SettingError, match="vit_b, vit_l, vit_h") as error:
        SegmentAnythingSegmenter(str(tmp_path / "own.pth"), builder="vit_x")  # type: ignore
    one_line(error)


def test_the_builder_of_a_name(tmp_path, monkeypatch):
    """The official name, or the setting, decides which official builder makes the model."""
    import segment_anything

    asked = []
    made = {name: (lambda name=name: (asked.append(name), built())[1]) for name in "bhl"}
    registry = {f"vit_{name}": each for name, each in made.items()}
    monkeypatch.setattr(segment_anything, "sam_model_registry", registry)
    monkeypatch.setattr("autoedit.models.store.verify_hash_prefix", lambda _: None)
    torch.save(built().state_dict(), tmp_path / "sam_vit_l_0b3195.pth")
    torch.save(built().state_dict(), tmp_path / "tuned.pth")
    SegmentAnythingSegmenter(str(tmp_path / "sam_vit_l_0b3195.pth"), device="cpu")
    SegmentAnythingSegmenter(str(tmp_path / "tuned.pth"), builder="vit_b", device="cpu")

    assert asked == ["l", "b"]


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_damaged_files_and_code_in_them(tmp_path):
    path = tmp_path / "own.pth"
    (tmp_path / "own.json").write_text(json.dumps(SIZES))
    path.write_bytes(b"")
    contents = [b"", b"no weights at all", None]
    torch.save(built().state_dict(), tmp_path / "whole.pth")
    contents[2] = (tmp_path / "whole.pth").read_bytes()[:5000]
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=re.escape(str(path))) as error:
            SegmentAnythingSegmenter(str(path))
        one_line(error)
    torch.save({"a": Evil(str(tmp_path / "made"))}, path)
    with pytest.raises(WeightsError):
        SegmentAnythingSegmenter(str(path))
    assert not (tmp_path / "made").exists()
