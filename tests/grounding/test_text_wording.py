"""What phrases mean of a photo's text, and which readings fit them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoedit.grounding.text_wording import (
    Meant,
    alike,
    fits,
    is_owned,
    left_over,
    plain,
    text_meant,
)
from tests.grounding.text_scenes import target


@pytest.mark.parametrize(
    ("phrase", "meant"),
    [
        ("the text", Meant(False, several=True)),
        ("the text at the bottom", Meant(False, several=True)),
        ("the words on the sign", Meant(False, several=True)),
        ("the second line of text", Meant(False)),
        ("the first word", Meant(False)),
        ("the date stamp", Meant(False, "date", several=True)),
        ("the timestamp in the corner", Meant(False, "date", several=True)),
        ("the watermark", Meant(False, "watermark", several=True)),
        ("the caption", Meant(False, "caption", several=True)),
        ("the price sticker", Meant(True, "price")),
        ("the license plate", Meant(True)),
        ("the sign that says SALE", Meant(True, content=("SALE",))),
        ("the word FREE", Meant(False, content=("FREE",))),
        ("the word sale in the corner", Meant(False, content=("sale",))),
        ('the text "Hello World"', Meant(False, content=("Hello World",))),
        ("the sign", Meant(True, sure=False)),
        ("the words BUY NOW", Meant(False, content=("BUY NOW",), several=True)),
        ("the sign reading EXIT", Meant(True, content=("EXIT",))),
        ("the sign that says $4.99", Meant(True, content=("$4.99",))),
        ("the date 12/25/1998", Meant(False, "date", content=("12/25/1998",))),
        ("the name Jane Doe on the boat", Meant(False, content=("Jane Doe",))),
        ("the mug that says BOSS", Meant(True, content=("BOSS",), sure=False)),
    ],
)
def test_phrases_about_text(phrase: str, meant: Meant) -> None:
    assert text_meant(target(phrase)) == meant


@pytest.mark.parametrize(
    "phrase", ["the red mug", "the plate", "the stamp", "the man with the sign", "it", "the button"]
)
def test_phrases_about_other_things(phrase: str) -> None:
    assert text_meant(target(phrase)) is None


@pytest.mark.parametrize(
    ("kind", "text", "fit"),
    [
        ("date", "12/25/1998", True), ("date", "'98 12 25", True), ("date", "14:05", True),
        ("date", "2024-05-01 09:30", True), ("date", "Jul 4, 2003", True), ("date", "4 July", True),
        ("date", "888-363-6002", False), ("date", "Room 12", False), ("date", "$4.99", False),
        ("price", "$4.99", True), ("price", "3,50 \u20ac", True), ("price", "19.50", True),
        ("price", "330ml 6.5%", False), ("price", "100% wool", False), ("price", "-20 %", True),
        ("price", "30% OFF", True), ("price", "12.05.2019", False), ("price", "Route 66", False),
    ],
)  # fmt: skip
def test_patterns(kind: str, text: str, fit: bool) -> None:
    meant = Meant(False, kind)  # type: ignore[arg-type]
    assert (fits(text, meant)[0] > 0) == fit


def test_a_word_is_found_within_its_line() -> None:
    score, first, last = fits("BUY ONE GET ONE FREE", Meant(False, content=("free",)))
    assert score == 1
    assert "BUY ONE GET ONE FREE"[first:last] == "FREE"


def test_words_that_were_run_together_are_found() -> None:
    score, first, last = fits("BUYONEGET", Meant(False, content=("one get",)))
    assert score > 0.8
    assert "BUYONEGET"[first:last] == "ONEGET"


def test_another_word_does_not_fit() -> None:
    assert fits("SALT", Meant(False, content=("SALE",)))[0] < 0.78
    assert fits("EXIT", Meant(False, content=("SALE",)))[0] < 0.5


WORDS = st.text("ABDEFHKNRTW0158", min_size=5, max_size=12).filter(lambda word: plain(word) != "")


@given(WORDS, st.data())
def test_letters_that_readers_confuse_do_not_matter(word: str, data: st.DataObject) -> None:
    misread = word.translate(str.maketrans("0158", "OISB" if data.draw(st.booleans()) else "0158"))
    case = data.draw(st.sampled_from([str.lower, str.upper]))
    assert fits(case(misread), Meant(False, content=(word,)))[0] == 1


def test_marks_of_owners() -> None:
    assert is_owned("\u00a9 Jane Doe 2020")
    assert is_owned("www.example.org")
    assert not is_owned("Bon Appetit")


@pytest.mark.parametrize(
    ("phrase", "looked_for"),
    [
        ("the word FREE", "the text"),
        ("the second line of text", "the text"),
        ("the date stamp", "the text"),
        ("the watermark SAMPLE", "the watermark"),
        ("the sign that says SALE", "the sign that says SALE"),
        ("the red mug", "the red mug"),
    ],
)
def test_what_is_looked_for_again_where_it_was(phrase: str, looked_for: str) -> None:
    again = left_over(target(phrase))
    assert again.phrase == looked_for
    assert again == target(phrase) or again.attributes.text == ()


@given(WORDS, WORDS)
def test_likeness_is_one_for_the_same_and_zero_for_nothing(first: str, second: str) -> None:
    assert alike(first, first) == 1
    assert 0 <= alike(first, second) <= 1
    assert alike("", first) == 0
