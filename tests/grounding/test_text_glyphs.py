"""Glyph masks cover the letters with all that belongs to them, and little else."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from autoedit.grounding.text_glyphs import glyph_mask
from autoedit.grounding.text_reading import Line, upright
from tests.grounding.text_scenes import reader, wall, written


def line_round(truth: Any, text: str, places: tuple[float, ...] = ()) -> Line:
    """A line as a detector gives it: the letters' rectangle with some ground round it."""
    rows, columns = np.nonzero(truth)
    x0, x1, y0, y1 = columns.min() - 6, columns.max() + 6, rows.min() - 6, rows.max() + 6
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
    even = tuple((i + 0.5) / len(text) for i in range(len(text)))
    return Line(corners, text, 0.99, places or even)


def masked(pixels: Any, line: Line) -> Any:
    return glyph_mask(pixels, line, [], lambda crop: reader().reading(crop)[0])


STYLES: dict[str, dict[str, Any]] = {
    "dark": {"colour": (20, 20, 20)},
    "coloured": {"colour": (200, 30, 30)},
    "outlined": {"colour": (255, 255, 255), "outline": 2},
    "shadowed": {"colour": (255, 250, 230), "shadow": 4},
    "bold with a rim": {"colour": (255, 255, 255), "outline": 1, "size": 70},
    "transparent": {"colour": (255, 255, 255), "alpha": 110},
    "huge": {"colour": (20, 60, 160), "size": 150},
}


@pytest.mark.parametrize("style", STYLES)
def test_letters_are_covered_with_outline_and_shadow(style: str) -> None:
    words = "Summer" if style == "huge" else "Summer Days"
    pixels, truth = written(wall(), (320, 200), words, **STYLES[style])
    mask = masked(pixels, line_round(truth, words))
    assert (mask & truth).sum() / truth.sum() >= 0.97
    assert mask.sum() / truth.sum() <= 2.4


def test_the_ground_between_words_stays() -> None:
    pixels, truth = written(wall(), (320, 200), "leave     right")
    rough = line_round(truth, "leave right")
    text, _, places = reader().reading(upright(pixels, rough.corners))
    assert text == "leave right"
    mask = masked(pixels, line_round(truth, text, places))
    columns = np.flatnonzero(truth.any(axis=0))
    gap = int(np.argmax(np.diff(columns)))
    start, end = int(columns[gap]), int(columns[gap + 1])
    assert end - start > 40
    assert not mask[:, start + 12 : end - 12].any()


def test_an_edge_behind_the_letters_is_not_taken_for_a_part_of_them() -> None:
    photo = wall()
    photo[230:] = photo[230:] // 3
    pixels, truth = written(photo, (320, 225), "Horizon Line", (250, 220, 40), size=48)
    mask = masked(pixels, line_round(truth, "Horizon Line"))
    assert (mask & truth).sum() / truth.sum() >= 0.97
    assert mask.sum() / truth.sum() <= 2.2


def test_what_cannot_be_told_from_its_ground_is_covered_word_by_word() -> None:
    rng = np.random.default_rng(3)
    photo = rng.integers(0, 255, (300, 500, 3), dtype=np.uint8)
    photo = cv2.resize(photo[::3, ::3], (500, 300), interpolation=cv2.INTER_NEAREST)
    pixels, truth = written(photo, (250, 150), "very faint", (255, 255, 255), size=44, alpha=40)
    line = line_round(truth, "very faint")
    mask = masked(pixels, line)
    rows, columns = np.nonzero(mask)
    x0, y0, x1, y1 = line.box
    assert (mask & truth).sum() / truth.sum() >= 0.9
    assert x0 - 2 <= columns.min()
    assert columns.max() <= x1 + 2
    assert y0 - 2 <= rows.min()
    assert rows.max() <= y1 + 2
