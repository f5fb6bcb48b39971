from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from autoedit.core.plan import Attributes, Target
from autoedit.errors import WeightsError
from autoedit.grounding.florence2 import (
    Florence2Grounder,
    Grounded,
    _Seen,
    certainty_of,
    meant,
    read_boxes,
)
from tests.grounding.tiny import BEGIN, END, byte_tokenizer, cut_off, odd_photo

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

PHOTO = odd_photo()
TASK = "<CAPTION_TO_PHRASE_GROUNDING>"
ANSWER = "red mug<loc_100><loc_250><loc_499><loc_750><loc_520><loc_0><loc_999><loc_400>"
BOXES = [(12.3615, 19.2885, 61.4385, 57.7885), (64.0215, 0.0385, 122.9385, 30.8385)]
"""The answer's boxes in a photo of 123 x 77: the middle of bin 100 is 0.1005 of the width."""

MUGS = Target(
    phrase="all red mugs", head="mug", attributes=Attributes(colour=("red",)), quantity="all"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Florence-2 that has learnt one answer by heart."""
    from transformers import (
        CLIPImageProcessor,
        Florence2Config,
        Florence2ForConditionalGeneration,
        Florence2Processor,
    )

    torch.manual_seed(0)
    tokenizer = byte_tokenizer([], extra_special_tokens={"image_token": "<image>"})
    tokenizer.add_tokens([f"<loc_{i}>" for i in range(1000)])
    text = {
        "model_type": "bart",
        "vocab_size": len(tokenizer),
        "d_model": 32,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32,
        "max_position_embeddings": 256,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "decoder_start_token_id": tokenizer.eos_token_id,
    }
    vision = {
        "depths": [1, 1],
        "patch_size": [7, 3],
        "patch_stride": [4, 2],
        "patch_padding": [3, 1],
        "patch_prenorm": [False, True],
        "embed_dim": [16, 32],
        "num_heads": [2, 4],
        "num_groups": [2, 4],
        "window_size": 4,
        "projection_dim": 32,
    }
    model: Any = Florence2ForConditionalGeneration(
        Florence2Config(
            vision_config=vision, text_config=text, image_token_id=tokenizer.image_token_id
        )
    )
    images = CLIPImageProcessor(
        size={"height": 32, "width": 32},
        do_center_crop=False,
        image_seq_length=17,  # 32 / 4 / 2 squared, and one for the whole
    )
    processor: Any = Florence2Processor(
        image_processor=images, tokenizer=tokenizer, post_processor_config={"phrase_grounding": {}}
    )
    inputs = asked(processor)
    labels = tokenizer(f"{BEGIN}{ANSWER}{END}", add_special_tokens=False, return_tensors="pt")
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(100):
        loss = model(**inputs, labels=labels["input_ids"]).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.02:
            break
    folder = tmp_path_factory.mktemp("florence2")
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def asked(processor: Any) -> Any:
    """The inputs as the library's own example makes them."""
    image = Image.fromarray(PHOTO.pixels)
    return processor(text=f"{TASK}red mug", images=image, return_tensors="pt")


@pytest.fixture(scope="module")
def grounder(weights: Path) -> Florence2Grounder:
    return Florence2Grounder(str(weights), max_new_tokens=40, device="cpu")


def test_it_answers_with_boxes_of_the_photo(
    grounder: Florence2Grounder, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(monkeypatch)
    looks: list[int] = []
    tower = grounder._loaded.model.model.vision_tower
    look = tower.forward
    monkeypatch.setattr(tower, "forward", lambda *a, **k: (looks.append(1), look(*a, **k))[1])
    prepared = grounder.prepare(PHOTO)
    found = sorted(prepared.find(MUGS), key=lambda region: region.box)
    assert len(found) == 2
    for region, box in zip(found, BOXES, strict=True):
        assert region.box == pytest.approx(box, abs=1e-3)
        assert region.score > 0.9
    prepared.find(Target(phrase="the cup", head="cup"))
    assert len(looks) == 1


def test_the_answer_is_the_one_of_the_whole_model(grounder: Florence2Grounder) -> None:
    """With the photo's tokens where the processor would have put them."""
    loaded = grounder._loaded
    whole = loaded.model.generate(
        **asked(loaded.processor), max_new_tokens=40, num_beams=1, do_sample=False
    )
    told = loaded.processor.post_process_generation(
        sequence=whole[0], task=TASK, image_size=(PHOTO.width, PHOTO.height)
    )[TASK]
    found = _Seen(loaded, grounder._bins, 40, PHOTO).detect("red mug")
    assert [[int(edge) for edge in each.box] for each in found] == told["bboxes"]
    assert [each.label for each in found] == told["labels"] == ["red mug"] * 2


def test_it_looks_again_at_half_the_size_when_memory_runs_out(
    grounder: Florence2Grounder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, sizes = grounder._loaded.model, []
    look = model.get_image_features

    def cramped(pixels: Any, **options: Any) -> Any:
        sizes.append(tuple(pixels.shape[2:]))
        if pixels.shape[2] > 16:
            raise torch.OutOfMemoryError
        return look(pixels, **options)

    monkeypatch.setattr(model, "get_image_features", cramped)
    grounder.prepare(PHOTO).find(MUGS)
    assert sizes == [(32, 32), (16, 16)]


def test_a_phrase_cannot_ask_for_another_task(grounder: Florence2Grounder) -> None:
    seen = _Seen(grounder._loaded, grounder._bins, 4, PHOTO)
    tokenizer = grounder._loaded.processor.tokenizer
    ids = seen._ask("<OD> mug <loc_3><image></s>")[0].tolist()
    assert tokenizer.decode(ids[1:-1]).startswith("Locate the phrases in the caption: OD")
    assert not {tokenizer.image_token_id, *grounder._bins, tokenizer.eos_token_id} & set(ids[:-1])


def test_a_tokenizer_without_locations_is_refused(weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(weights, folder)
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    content["added_tokens"] = [
        token for token in content["added_tokens"] if token["content"] != "<loc_7>"
    ]
    path.write_text(json.dumps(content))
    with pytest.raises(WeightsError, match="location tokens"):
        Florence2Grounder(str(folder), device="cpu")


def test_boxes_are_read_with_their_phrases_and_scores() -> None:
    tokens = ["a ", "mug", *locations(1, 2, 3, 4), *locations(5, 6, 7, 8), "Cup", *locations(9, 9)]
    certainty = [0, 0, 0.75, 0.75, 0.25, 0.25, 1, 1, 1, 1, 0, 0.1, 0.1]
    assert read_boxes(tokens, certainty) == [
        Grounded("a mug", (1, 2, 3, 4), 0.5),
        Grounded("a mug", (5, 6, 7, 8), 1.0),
    ]
    assert read_boxes(["nothing", " here"], [0, 0]) == []
    broken = [*locations(1, 2), "mug", *locations(3, 4)]
    assert read_boxes(broken, [1.0] * len(broken)) == []


def locations(*bins: int) -> list[str]:
    return [f"<loc_{each}>" for each in bins]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text("abc xyz", min_size=1).filter(str.strip),
            st.lists(st.lists(st.integers(0, 999), min_size=4, max_size=4), min_size=1, max_size=3),
        ),
        max_size=4,
    )
)
def test_reading_agrees_with_the_processor(
    grounder: Florence2Grounder, groups: list[tuple[str, list[list[int]]]]
) -> None:
    """Which rounds to whole pixels; here in a photo of 1000 x 1000, where it need not."""
    tokens = [
        token
        for phrase, boxes in groups
        for token in (*phrase, *(one for box in boxes for one in locations(*box)))
    ]
    found = read_boxes(tokens, [1.0] * len(tokens))
    told = grounder._loaded.processor.post_process_generation(
        text="".join(tokens), task=TASK, image_size=(1000, 1000)
    )[TASK]
    assert [list(each.bins) for each in found] == told["bboxes"]
    assert [each.phrase for each in found] == told["labels"]


@pytest.mark.parametrize(
    ("answered", "phrase", "kept"),
    [
        (["red mug", "handle"], "red mug with a handle", [0]),
        (["handle", "red mug", "red mug"], "red mug with a handle", [1, 2]),
        (["mug"], "red mug", [0]),
        (["cup", "cup"], "red mug", [0, 1]),  # other words for the whole phrase
        (["cup", "mug"], "red mug", [1]),
        ([], "red mug", []),
    ],
)
def test_only_the_thing_itself_is_meant(answered: list[str], phrase: str, kept: list[int]) -> None:
    boxes = [Grounded(each, (i, i, i + 1, i + 1), 1.0) for i, each in enumerate(answered)]
    assert meant(boxes, phrase) == [boxes[i] for i in kept]


def test_certainty_is_the_probability_of_the_places_nearby() -> None:
    bins = list(range(5, 1005))
    shares = torch.full((4, 1010), 1e-12)
    shares[0, bins[500]], shares[0, bins[510]], shares[0, 0] = 0.3, 0.4, 0.3
    shares[1, bins[500]], shares[1, bins[511]] = 0.4, 0.6
    shares[2, bins[0]], shares[2, bins[999]] = 0.7, 0.3  # the other edge is not nearby
    shares[3, 2] = 1.0
    ids = torch.tensor([bins[500], bins[500], bins[0], 2])
    found = certainty_of(ids, shares.log(), bins)
    assert found == pytest.approx([0.7, 0.4, 0.7, 0.0], abs=1e-4)
