import pytest

pytest.importorskip("torch")

import torch
from transformers import (
    BertConfig,
    BertTokenizer,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    GroundingDinoImageProcessor,
    GroundingDinoProcessor,
    MMGroundingDinoConfig,
    MMGroundingDinoForObjectDetection,
    SwinConfig,
)

from autoedit.core.plan import Attributes, Target
from autoedit.core.region import Regions
from autoedit.errors import OutOfMemoryError, SettingError, WeightsError
from autoedit.grounding.detections import DetectionSettings
from autoedit.grounding.grounding_dino import GroundingDinoGrounder, read_detections
from tests.grounding.tiny import cut_off, odd_photo

RED_MUG = Target(phrase="the red mug", head="mug", attributes=Attributes(colour=("red",)))
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, ".", "red", "blue", "mug", "man", "wearing", "hat"]
KINDS = {
    "grounding-dino": (GroundingDinoConfig, GroundingDinoForObjectDetection),
    "mm-grounding-dino": (MMGroundingDinoConfig, MMGroundingDinoForObjectDetection),
}


def save(kind, folder):
    """A tiny random checkpoint of the real class."""
    config_class, model_class = KINDS[kind]
    torch.manual_seed(0)
    backbone = SwinConfig(
        image_size=64, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2],
        window_size=4, out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    text = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=32,
    )  # fmt: skip
    config = config_class(
        backbone_config=backbone, text_config=text, d_model=32, num_queries=20,
        num_feature_levels=3, encoder_layers=1, decoder_layers=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, encoder_attention_heads=2, decoder_attention_heads=2, max_text_len=16,
    )  # fmt: skip
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    images = GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 96})
    words = BertTokenizer(vocab=str(folder / "vocab.txt"))
    model_class(config).save_pretrained(folder)
    GroundingDinoProcessor(images, words).save_pretrained(folder)


@pytest.fixture(scope="module", params=KINDS)
def checkpoint(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    save(request.param, folder)
    return folder


@pytest.fixture(scope="module")
def grounder(checkpoint):
    with pytest.MonkeyPatch.context() as patch:
        cut_off(patch)
        yield GroundingDinoGrounder(str(checkpoint), threshold=0.01, nms=0.9, device="cpu")


class Replay:
    """The loaded model, its answer replaced by a known one."""

    def __init__(self, model, logits, boxes):
        self.model, self.config = model, model.config
        self.logits, self.boxes, self.asked = logits, boxes, []

    def __call__(self, **inputs):
        self.asked.append(inputs)
        outputs = self.model(**inputs)
        outputs.logits, outputs.pred_boxes = self.logits, self.boxes
        return outputs


def answer(prepared, probabilities, boxes):
    """Have the model answer with probabilities (queries, tokens) and boxes cxcywh in [0, 1]."""
    logits = torch.full((1, len(boxes), 16), -torch.inf)
    for i, row in enumerate(probabilities):
        logits[0, i, : len(row)] = torch.logit(torch.tensor(row))
    detector = prepared._detector
    detector._model = Replay(detector._model, logits, torch.tensor([boxes]))
    return detector._model


def test_a_real_checkpoint_finds_regions_in_a_photo_of_odd_size(grounder):
    prepared = grounder.prepare(odd_photo())

    found = prepared.find(RED_MUG)
    raw = prepared._detector._run("red mug", False)

    assert isinstance(found, Regions)
    assert len(raw["boxes"]) > 0
    x0, y0, x1, y1 = torch.tensor([r.box for r in (*found, *found.near_misses)]).unbind(1)
    assert (x0 >= 0).all()
    assert (x1 <= 123).all()
    assert (y0 >= 0).all()
    assert (y1 <= 77).all()
    assert (x0 < x1).all()
    assert (y0 < y1).all()


def test_known_outputs_become_pixels_of_the_photo_and_words(grounder, monkeypatch):
    monkeypatch.setattr(grounder, "_settings", DetectionSettings("grounding dino", threshold=0.35))
    prepared = grounder.prepare(odd_photo())
    # Tokens: [CLS] red mug . [SEP]
    replay = answer(
        prepared,
        [[0, 0.7, 0.8, 0, 0], [0, 0.1, 0.6, 0, 0], [0, 0.75, 0.1, 0, 0], [0, 0.1, 0.2, 0, 0]],
        [[0.25, 0.5, 0.2, 0.4], [0.75, 0.5, 0.2, 0.4], [0.5, 0.2, 0.1, 0.1], [0.5, 0.8, 0.1, 0.1]],
    )

    found = prepared.find(RED_MUG)

    assert len(found) == 1
    assert found[0].box == pytest.approx((0.15 * 123, 0.3 * 77, 0.35 * 123, 0.7 * 77), abs=1e-3)
    assert found[0].evidence == ("grounding dino: 'red mug' 0.80",)
    other, faint = found.near_misses  # the red thing that is no mug is not among them
    assert other.box == pytest.approx((0.65 * 123, 0.3 * 77, 0.85 * 123, 0.7 * 77), abs=1e-3)
    assert other.evidence == ("grounding dino: 'mug' 0.36",)
    assert faint.refusal == "score 0.20 is below 0.35"
    assert replay.asked[0]["input_ids"].tolist() == [[2, 6, 8, 5, 3]]


def test_the_input_is_normalised_rgb_in_the_photo_s_proportions(grounder):
    photo = odd_photo()
    prepared = grounder.prepare(photo)
    replay = answer(prepared, [[0, 0.7]], [[0.5, 0.5, 0.2, 0.2]])

    prepared.find(RED_MUG)

    pixels = replay.asked[0]["pixel_values"]
    assert tuple(pixels.shape) == (1, 3, 60, 96)
    mean = torch.tensor([0.485, 0.456, 0.406])
    deviation = torch.tensor([0.229, 0.224, 0.225])
    expected = (torch.tensor(photo.pixels.mean(axis=(0, 1)) / 255) - mean) / deviation
    assert torch.allclose(pixels.mean(dim=(0, 2, 3)).double(), expected, atol=0.03)


def test_the_model_runs_once_a_phrase(grounder):
    prepared = grounder.prepare(odd_photo())
    replay = answer(prepared, [[0, 0.7, 0.8]], [[0.5, 0.5, 0.2, 0.2]])

    for target in (RED_MUG, RED_MUG, Target(phrase="the mug on the left", head="mug")):
        prepared.find(target)

    assert len(replay.asked) == 2


def test_out_of_memory_is_met_with_half_the_input_once_and_for_all(grounder):
    prepared = grounder.prepare(odd_photo())
    real, sizes = prepared._detector._model, []

    class Small:
        config = real.config

        def __call__(self, **inputs):
            sizes.append(tuple(inputs["pixel_values"].shape[2:]))
            if max(sizes[-1]) > limit:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return real(**inputs)

    prepared._detector._model = Small()
    limit = 50
    prepared.find(RED_MUG)
    prepared.find(Target(phrase="the hat", head="hat"))
    assert sizes == [(60, 96), (30, 48), (30, 48)]

    limit = 10
    with pytest.raises(OutOfMemoryError, match="smaller photo"):
        prepared.find(Target(phrase="the man", head="man"))


@pytest.mark.parametrize(
    ("phrase", "label", "score", "words"),
    [
        ("red mug", "red mug.", 0.8, "red mug"),
        ("red mug", "mug", 0.8 * 0.6, "mug"),
        ("red mug", "red", None, None),
        ("red mug", "", None, None),
        ("mug", "mug [SEP]", 0.8, "mug"),
        ("man wearing red hat", "red hat", None, None),
        ("man wearing red hat", "man hat", 0.8 * 0.8, "man wearing hat"),
        ("old motorcycle", "old motor", 0.8, "old motorcycle"),
        ("old motorcycle", "old ##cycle", 0.8, "old motorcycle"),
    ],
)
def test_a_box_is_what_was_read_in_it(phrase, label, score, words):
    found = read_detections([[1, 2, 3, 4]], [0.8], [label], phrase, 0.35)

    if score is None:
        assert found == []
    else:
        assert found[0].box == (1, 2, 3, 4)
        assert found[0].label == words
        assert found[0].score == pytest.approx(score)


def test_below_the_threshold_words_are_not_looked_at():
    found = read_detections([[1, 2, 3, 4]], [0.2], [""], "red mug", 0.35)
    assert [each.score for each in found] == [0.2]


def test_settings_and_weights_that_do_not_fit(checkpoint, tmp_path):
    with pytest.raises(SettingError, match="text_threshold"):
        GroundingDinoGrounder(str(checkpoint), text_threshold=1.5)
    with pytest.raises(SettingError, match="threshold"):
        GroundingDinoGrounder(str(checkpoint), threshold=0)
    with pytest.raises(WeightsError, match="no weights"):
        GroundingDinoGrounder(str(tmp_path / "nowhere"))
    with pytest.raises(WeightsError, match="autoedit models pull"):
        GroundingDinoGrounder("IDEA-Research/grounding-dino-tiny")
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(WeightsError, match="'clip'"):
        GroundingDinoGrounder(str(tmp_path))
