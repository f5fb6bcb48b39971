from collections import Counter
from dataclasses import replace

import pytest

pytest.importorskip("torch")

import torch
from transformers import (
    Owlv2Config,
    Owlv2ForObjectDetection,
    Owlv2ImageProcessor,
    Owlv2Processor,
)

from autoedit.core.photo import Photo
from autoedit.core.plan import Attributes, Target
from autoedit.errors import OutOfMemoryError, SettingError, WeightsError
from autoedit.grounding.owlv2 import Owlv2Grounder, read_detections
from tests.grounding.tiny import clip_tokenizer, cut_off, odd_photo

RED_MUG = Target(phrase="the red mug", head="mug", attributes=Attributes(colour=("red",)))
MUG = Target(phrase="the mug", head="mug")
LENGTH = 16  # tokens
SIDE, PATCH = 64, 8


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A tiny random OWLv2 of the real class, its heads scaled so that scores differ."""
    torch.manual_seed(0)
    words = clip_tokenizer()
    layers = {
        "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }  # fmt: skip
    config = Owlv2Config(
        text_config={
            **layers, "vocab_size": len(words), "max_position_embeddings": LENGTH,
            "bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id,
            "pad_token_id": words.pad_token_id,
        },
        vision_config={**layers, "image_size": SIDE, "patch_size": PATCH},
        projection_dim=32,
    )  # fmt: skip
    model = Owlv2ForObjectDetection(config)
    with torch.no_grad():
        for head in (model.class_head, model.box_head):
            for name, weight in head.named_parameters():
                if name.endswith("weight"):
                    weight.normal_(0, 0.3 * weight.shape[1] ** -0.5)
    folder = tmp_path_factory.mktemp("owlv2")
    images = Owlv2ImageProcessor(size={"height": SIDE, "width": SIDE})
    model.save_pretrained(folder)
    Owlv2Processor(image_processor=images, tokenizer=words).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def grounder(checkpoint):
    with pytest.MonkeyPatch.context() as patch:
        cut_off(patch)
        yield Owlv2Grounder(str(checkpoint), threshold=0.01, nms=0.9, device="cpu")


@pytest.mark.parametrize("turned", [False, True])
def test_the_parts_give_what_the_whole_model_gives(checkpoint, grounder, turned):
    pixels = odd_photo().pixels
    photo = Photo(pixels.transpose(1, 0, 2).copy() if turned else pixels)
    model = Owlv2ForObjectDetection.from_pretrained(checkpoint).eval()
    processor = Owlv2Processor.from_pretrained(checkpoint)
    given = processor(
        text=[["a photo of a red mug"]], images=photo.pixels, return_tensors="pt",
        padding="max_length", max_length=LENGTH, truncation=True,
    )  # fmt: skip
    with torch.inference_mode():
        expected = processor.post_process_grounded_object_detection(
            model(**given), threshold=0.0, target_sizes=[photo.shape]
        )[0]

    found = grounder.prepare(photo)._detector.detect("red mug")

    wanted = expected["scores"] > grounder._settings.floor
    assert len(found) == int(wanted.sum()) > 0
    boxes = torch.tensor([each.box for each in found])
    scores = torch.tensor([each.score for each in found])
    assert torch.allclose(scores, expected["scores"][wanted], atol=1e-5)
    assert torch.allclose(boxes, expected["boxes"][wanted], atol=1e-3)
    assert len(set(scores.tolist())) > 1


def test_regions_lie_in_the_photo(grounder):
    found = grounder.prepare(odd_photo()).find(RED_MUG)

    regions = (*found, *found.near_misses)
    assert regions
    for x0, y0, x1, y1 in (region.box for region in regions):
        assert 0 <= x0 < x1 <= 123
        assert 0 <= y0 < y1 <= 77


@pytest.mark.parametrize(
    ("shape", "box"),
    [((77, 123), (0.1, 0.2, 0.3, 0.5)), ((123, 77), (0.1, 0.2, 0.3, 0.5))],
)
def test_boxes_are_fractions_of_the_padded_square(grounder, shape, box):
    x0, y0, x1, y1 = box
    boxes = torch.tensor([[[(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], [0.5] * 4]])
    logits = torch.logit(torch.tensor([[[0.8], [0.05]]]))

    found = read_detections(logits, boxes, grounder._loaded.processor, shape, 0.1)

    assert len(found) == 1
    assert found[0].box == pytest.approx([123 * value for value in box], abs=1e-3)
    assert found[0].score == pytest.approx(0.8)


def test_what_lies_in_the_padding_is_nothing(grounder, monkeypatch):
    prepared = grounder.prepare(odd_photo())
    detector = prepared._detector
    detector._boxes = torch.tensor([[[0.5, 0.3, 0.2, 0.2], [0.5, 0.9, 0.2, 0.1]]])
    answers = torch.logit(torch.tensor([[[0.7], [0.9]]]))
    monkeypatch.setattr(detector._model, "class_predictor", lambda *_: (answers, None))

    found = prepared.find(MUG)

    assert [region.box for region in found] == [pytest.approx((49.2, 24.6, 73.8, 49.2), abs=0.01)]
    assert found[0].evidence == ("owlv2: 'mug' 0.70",)


def test_the_photo_is_embedded_once_for_all_phrases(grounder, monkeypatch):
    ran = Counter()
    model = grounder._loaded.model
    for name in ("vision_model", "text_model"):
        part = getattr(model.owlv2, name)

        def count(*given, name=name, real=part.forward, **named):
            ran.update([name])
            return real(*given, **named)

        monkeypatch.setattr(part, "forward", count)

    prepared = grounder.prepare(odd_photo())
    for target in (RED_MUG, MUG, RED_MUG):
        prepared.find(target)

    assert ran == {"vision_model": 1, "text_model": 2}


def test_the_prompt_is_what_the_model_reads(grounder, monkeypatch):
    asked = []
    loaded = grounder._loaded
    real = loaded.processor.tokenizer

    class Listening:
        def __init__(self):
            self.tokenizer = self.read
            self.image_processor = loaded.processor.image_processor
            answer = loaded.processor.post_process_grounded_object_detection
            self.post_process_grounded_object_detection = answer

        def read(self, texts, **options):
            asked.extend(texts)
            return real(texts, **options)

    monkeypatch.setattr(grounder, "_prompt", "my {}!")
    monkeypatch.setattr(grounder, "_loaded", replace(loaded, processor=Listening()))
    grounder.prepare(odd_photo()).find(RED_MUG)
    assert asked == ["my red mug!"]


def test_a_long_phrase_is_cut_and_not_an_error(grounder):
    grounder.prepare(odd_photo()).find(Target(phrase="x", head="mug " * 40))


def test_out_of_memory_is_met_with_half_the_input(grounder, monkeypatch):
    sizes = []
    vision = grounder._loaded.model.owlv2.vision_model
    real = vision.forward

    def small(pixel_values, **options):
        sizes.append(tuple(pixel_values.shape[2:]))
        if max(sizes[-1]) > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(pixel_values=pixel_values, **options)

    monkeypatch.setattr(vision, "forward", small)
    limit = 40
    detections = grounder.prepare(odd_photo())._detector.detect("red mug")
    assert sizes == [(64, 64), (32, 32)]
    assert 0 < len(detections) <= (32 // PATCH) ** 2

    limit = 10
    with pytest.raises(OutOfMemoryError, match="smaller photo"):
        grounder.prepare(odd_photo())


def test_settings_and_weights_that_do_not_fit(checkpoint, tmp_path):
    with pytest.raises(SettingError, match="prompt"):
        Owlv2Grounder(str(checkpoint), prompt="a photo")
    with pytest.raises(SettingError, match="nms"):
        Owlv2Grounder(str(checkpoint), nms=0)
    with pytest.raises(WeightsError, match="no weights"):
        Owlv2Grounder(str(tmp_path / "nowhere"))
    (tmp_path / "config.json").write_text('{"model_type": "grounding-dino"}')
    with pytest.raises(WeightsError, match="'grounding-dino'"):
        Owlv2Grounder(str(tmp_path))


def test_a_checkpoint_with_tensors_missing_is_refused(checkpoint, tmp_path):
    model = Owlv2ForObjectDetection.from_pretrained(checkpoint)
    tensors = {key: value for key, value in model.state_dict().items() if "class_head" not in key}
    model.save_pretrained(tmp_path, state_dict=tensors)
    Owlv2Processor.from_pretrained(checkpoint).save_pretrained(tmp_path)

    with pytest.raises(WeightsError, match="not whole"):
        Owlv2Grounder(str(tmp_path), device="cpu")
