"""A repeated mark is found where it cannot be read, and nothing else is taken for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autoedit.grounding.text_reading import Line
from autoedit.grounding.text_repeats import unread_copies
from tests.grounding.text_scenes import wall, written

PLACES = ((150, 80), (420, 180), (180, 300), (430, 400))


def marked() -> tuple[Any, list[Line]]:
    """A wall with four faint marks, a line for each; a dark band makes the third hard to see."""
    photo, lines = wall().copy(), list[Line]()
    photo[285:315, 100:260] //= 3
    for place in PLACES:
        photo, truth = written(photo, place, "stockhouse", (255, 255, 255), size=34, alpha=100)
        rows, columns = np.nonzero(truth)
        x0, x1 = columns.min() - 5, columns.max() + 5
        y0, y1 = rows.min() - 5, rows.max() + 5
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
        lines.append(Line(corners, "stockhouse", 0.9, tuple((i + 0.5) / 10 for i in range(10))))
    return photo, lines


def test_a_copy_that_was_not_read_is_found_where_it_stands() -> None:
    photo, lines = marked()
    for unread in (2, 3):
        read = [line for i, line in enumerate(lines) if i != unread]
        (copy,) = unread_copies(photo, read)
        assert copy.text == "stockhouse"
        assert np.abs(copy.corners - lines[unread].corners).max() <= 6


def test_a_copy_of_which_only_a_part_was_read_is_told_whole() -> None:
    photo, lines = marked()
    half = lines[2].part(5, 10)
    (copy,) = unread_copies(photo, [lines[0], lines[1], lines[3], half])
    assert np.abs(copy.corners - lines[2].corners).max() <= 6


def test_what_was_read_everywhere_is_not_found_again() -> None:
    photo, lines = marked()
    assert unread_copies(photo, lines) == []


def test_one_mark_alone_has_no_copies_and_neither_have_two_texts() -> None:
    photo, lines = marked()
    assert unread_copies(photo, lines[:1]) == []
    other = Line(lines[1].corners, "Grand Opening", 0.9, lines[1].places)
    assert unread_copies(photo, [lines[0], other]) == []
