"""The words, pictures and prompts from which ShapeWorld's detector and segmenter learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("segment_anything")

import torch
from shapeworld import detector, segmenter
from shapeworld.domain import COLOURS, SHAPES, scene
from shapeworld.words import MAX_LENGTH, tokenizer, words
from transformers import AutoTokenizer, CLIPTokenizer

TOKENIZER: Any = tokenizer()
PROCESSOR: Any = detector.build()[1]


def test_every_word_is_one_token_between_start_and_end() -> None:
    start, end = TOKENIZER.bos_token_id, TOKENIZER.eos_token_id
    for word in words():
        first, *inner, last = TOKENIZER(word)["input_ids"]
        assert (first, last, len(inner)) == (start, end, 1), word
    assert end == max(TOKENIZER.get_vocab().values())  # OWLv2 pools where the id is highest


@given(st.text(max_size=40))
def test_no_text_is_unknown(text: str) -> None:
    inner = TOKENIZER(text, truncation=True)["input_ids"][1:-1]
    assert len(inner) <= MAX_LENGTH - 2
    assert TOKENIZER.unk_token_id not in inner or "endoftext" in text


def test_a_saved_tokenizer_is_the_same(tmp_path: Path) -> None:
    TOKENIZER.save_pretrained(tmp_path)
    texts = ["the small blue star on the left", "A café, 3 zebras!", *words()]
    for kind in (CLIPTokenizer, AutoTokenizer):
        loaded = kind.from_pretrained(tmp_path)
        assert loaded(texts)["input_ids"] == TOKENIZER(texts)["input_ids"]
        assert loaded.model_max_length == MAX_LENGTH


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_detectors_boxes_follow_mirroring_and_cutting(seed: int) -> None:
    drawn, images = scene(seed), PROCESSOR.image_processor
    made = detector.batch([drawn] * 6, np.random.default_rng(seed), PROCESSOR)
    pixels = made.pixels.permute(0, 2, 3, 1).numpy() * images.image_std + images.image_mean
    for picture, boxes, kinds in zip(pixels, made.boxes, made.kinds, strict=True):
        for box, (colour, shape, _) in zip(boxes.numpy(), kinds.tolist(), strict=True):
            if colour < 0:
                continue
            x, y = (box[:2] + box[2:]) / 2 * detector.SIDE
            here = picture[int(y), int(x)] * 255
            assert np.abs(here - list(COLOURS.values())[colour]).max() < 40
            assert f"{list(COLOURS)[colour]} {SHAPES[shape]}" in {t.name for t in drawn.things}


def test_patches_answer_for_the_thing_they_lie_in() -> None:
    boxes = torch.full((1, 4, 4), -9.0)
    boxes[..., 2:] += 0.1
    boxes[0, 1] = torch.tensor([0.25, 0.5, 0.5, 0.75])  # columns 3 to 5, rows 6 to 8
    owner, core, inside = detector._assign(boxes)
    expected = torch.zeros(12, 12, dtype=torch.bool)
    expected[6:9, 3:6] = True
    assert torch.equal(inside.reshape(12, 12), expected)
    assert (owner[inside] == 1).all()
    assert core.reshape(12, 12).nonzero().tolist() == [[7, 4]]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_segmenters_prompts_lie_on_what_they_ask_for(seed: int) -> None:
    made = segmenter.batch([scene(seed)] * 3, np.random.default_rng(seed))
    for cover, box, points, labels, inside in zip(
        made.covers, made.boxes, made.points, made.labels, made.inside, strict=True
    ):
        rows, columns = (cover > 0.5).nonzero(as_tuple=True)
        true = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        jitter = 3 * segmenter.FRAME / 40  # of the smallest window, enlarged
        assert (box - true).abs().max() <= jitter + 1
        for (x, y), label in zip(points, labels.tolist(), strict=True):
            if label >= 0:
                near = cover[int(y) : int(y) + 3, int(x) : int(x) + 3]  # a point is 1.3 pixels
                assert near.max() > 0.5 if label else near.min() < 0.5
                assert inside[int(y), int(x)]
        assert not cover[~inside].any()
