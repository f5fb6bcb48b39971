"""Text is read where it is, from the models in the wheel."""

from __future__ import annotations

import socket
from importlib import util
from typing import Any

import numpy as np
import pytest

from autoedit.errors import BackendUnavailableError
from autoedit.grounding import text_reading
from autoedit.grounding.text_reading import Line, TextReader, distinct
from tests.grounding.text_scenes import reader, wall, written


def line(text: str, x: float = 0.0, width: float = 100.0, score: float = 0.9) -> Line:
    corners = np.array([[x, 0], [x + width, 0], [x + width, 20], [x, 20]], np.float32)
    places = tuple((i + 0.5) / len(text) for i in range(len(text)))
    return Line(corners, text, score, places)


def test_a_line_is_read_where_it_stands_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    pixels, truth = written(wall(), (300, 200), "Harvest Moon")
    (found,) = TextReader().lines(pixels)
    rows, columns = np.nonzero(truth)
    x0, y0, x1, y1 = found.box
    assert found.text == "Harvest Moon"
    assert abs(x0 - columns.min()) < 20
    assert abs(x1 - columns.max()) < 20
    assert abs(y0 - rows.min()) < 20
    assert abs(y1 - rows.max()) < 20


def test_small_text_in_a_large_photo_is_found_once() -> None:
    pixels, _ = written(wall(800, 1700), (860, 405), "Studio Nord 4711", size=13)
    assert [each.text for each in reader().lines(pixels)] == ["Studio Nord 4711"]


def test_a_plain_wall_reads_nothing() -> None:
    assert reader().lines(wall(360, 480)) == []


def test_parts_share_the_line_and_know_the_rest() -> None:
    whole = line("BUY FREE NOW", width=120)
    part = whole.part(4, 8)
    assert part.text == "FREE"
    assert part.box == pytest.approx((35, 0, 85, 20))
    assert [side.text for side in part.rest] == ["BUY ", " NOW"]
    assert part.places == pytest.approx((0.2, 0.4, 0.6, 0.8))


def test_looks_at_the_same_line_are_joined() -> None:
    kept = distinct([line("Hell", width=50), line("Hello World"), line("Hello World", score=0.6)])
    assert [(each.text, each.score) for each in kept] == [("Hello World", 0.9)]
    assert len(distinct([line("one"), line("two", x=200)])) == 2


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find = util.find_spec
    monkeypatch.setattr(
        text_reading.util, "find_spec", lambda name: None if name == "rapidocr" else find(name)
    )
    with pytest.raises(BackendUnavailableError, match=r"rapidocr.*pip install autoedit"):
        TextReader().lines(wall())
