"""Text is found by what it reads, its kind, place and colour; or it is said what can be read."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Region
from autoedit.grounding.text import PreparedText
from autoedit.grounding.text_wording import left_over
from autoedit.verification import target_gone
from tests.grounding.text_scenes import reader, target, wall, written


@cache
def poster() -> tuple[PreparedText, dict[str, Any]]:
    """Two FREEs, a red line, a date and a price on a yellow label; the truth of each."""
    photo, truths = wall(), {}
    lines: list[tuple[str, tuple[int, int], Any, int]] = [
        ("BUY FREE NOW", (200, 60), (20, 20, 20), 36),
        ("FREE COFFEE", (430, 250), (190, 20, 20), 34),
        ("12/25/1998", (540, 450), (255, 150, 40), 24),
    ]
    for text, place, colour, size in lines:
        photo, truths[text] = written(photo, place, text, colour, size=size)
    label = np.zeros(photo.shape[:2], np.uint8)
    cv2.ellipse(label, (150, 330), (95, 60), 0, 0, 360, (1,), -1)
    photo = photo.copy()
    photo[label > 0] = (250, 215, 20)
    photo, _ = written(photo, (150, 330), "$4.99", size=40)
    truths["label"] = label > 0
    return PreparedText(Photo(photo), reader()), truths


def readings(phrase: str) -> list[str]:
    return [region.label for region in poster()[0].find(target(phrase))]


def overlap(first: Any, second: Any) -> float:
    return float((first & second).sum() / (first | second).sum())


def only(phrase: str) -> Region:
    found = poster()[0].find(target(phrase))
    assert len(found) == 1, [region.label for region in found]
    assert not found.ambiguous
    return found[0]


def test_all_of_it() -> None:
    found = poster()[0].find(target("all the text"))
    said = " ".join(region.label for region in found)
    assert len(found) == 4
    assert all(text in said for text in ("BUY FREE NOW", "FREE COFFEE", "12/25/1998", "4.99"))
    assert all(region.exact and region.mask is not None for region in found)


def test_one_word_of_a_line_and_not_its_neighbours() -> None:
    region = only("the word COFFEE")
    assert region.exact
    assert region.mask is not None
    truth = poster()[1]["FREE COFFEE"]
    columns = np.flatnonzero((region.mask.binary & truth).any(axis=0))
    share = (region.mask.binary & truth).sum() / truth.sum()
    assert 0.5 < share < 0.75  # six of ten letters
    assert columns.min() > 405
    assert region.evidence[0].startswith("reads: COFFEE (")


def test_a_word_that_stands_twice_is_ambiguous_and_its_place_or_colour_tells() -> None:
    assert poster()[0].find(target("the word FREE")).ambiguous
    assert only("the word FREE at the top").box[1] < 100
    assert only('the red text "FREE"').box[1] > 100


def test_kinds() -> None:
    region = only("the date stamp")
    assert region.mask is not None
    truth = poster()[1]["12/25/1998"]
    assert (region.mask.binary & truth).sum() / truth.sum() > 0.95


def test_a_label_is_outlined_whole() -> None:
    region = only("the price sticker")
    assert region.mask is not None
    assert overlap(region.mask.binary, poster()[1]["label"]) > 0.93


def test_the_noun_of_a_thing_that_is_no_label_stays_unchecked() -> None:
    assert only("the mug that says COFFEE").unchecked == ("mug",)
    assert only("the sticker that says COFFEE").unchecked == ()


def test_ordinals_count_lines() -> None:
    assert "COFFEE" in only("the second line of text from the top").label


@pytest.mark.parametrize(
    "phrase", ["the word ELEPHANT", "the blue text", "the text on the giraffe"]
)
def test_what_is_not_there_is_refused_with_what_can_be_read(phrase: str) -> None:
    found = poster()[0].find(target(phrase), lambda anchor: ())
    if phrase == "the text on the giraffe":  # nobody knows one: said, and not silently trusted
        assert all("not checked" in " ".join(region.evidence) for region in found)
        return
    assert len(found) == 0
    assert "FREE COFFEE" in found.note
    assert found.near_misses
    assert all(miss.refusal and miss.mask is None for miss in found.near_misses)


def test_a_photo_without_text() -> None:
    found = PreparedText(Photo(wall(240, 320)), reader()).find(target("the text"))
    assert len(found) == 0
    assert "No text can be read" in found.note


@pytest.mark.parametrize(
    ("text", "phrase", "rest"),
    [
        ("FREE", "the word FREE", "nothing"),
        ("FREE", "the word FREE", "left half"),
        ("FREE", "the word FREE", "ghost"),
        ("12/25/1998", "the date stamp", "left half"),
        ("12/25/1998", "the date stamp", "upper half"),
    ],
)
def test_the_verdict_fails_on_what_is_left_of_a_word(text: str, phrase: str, rest: str) -> None:
    clean = wall(200, 320)
    written_on, truth = written(clean, (160, 100), text, size=44)
    rows, columns = np.nonzero(truth)
    keep = np.zeros(truth.shape, np.bool_)
    if rest == "left half":
        keep[:, : (columns.min() + columns.max()) // 2] = True
    if rest == "upper half":
        keep[: (rows.min() + rows.max()) // 2] = True
    after = np.where(keep[:, :, None], written_on, clean)
    if rest == "ghost":
        after = (0.75 * clean + 0.25 * written_on).astype(np.uint8)
    mask = Mask.of(cv2.dilate(truth.astype(np.uint8), np.ones((5, 5))) > 0)
    again = PreparedText(Photo(after), reader()).find(left_over(target(phrase)))
    assert target_gone(again, mask, bound=0.25).passed == (rest == "nothing")
