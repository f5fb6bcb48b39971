from __future__ import annotations

import pytest

from autoedit.compositing.colours import colour_rgb, colours_rgb, shaded
from autoedit.errors import InstructionError


@pytest.mark.parametrize(
    ("name", "rgb"),
    [
        ("white", (255, 255, 255)),
        ("#1a2B3c", (26, 43, 60)),
        ("Off-White", (250, 249, 246)),
        ("off white", (250, 249, 246)),
        ("light blue", (173, 216, 230)),
        ("dark red", (139, 0, 0)),
        ("pale red", (255, 178, 178)),
        ("burgundy", (110, 0, 35)),
    ],
)
def test_colour_words(name: str, rgb: tuple[int, int, int]) -> None:
    assert colour_rgb(name) == rgb


@pytest.mark.parametrize("name", ["", "blurple-ish", "#12", "dark", "a nice beach"])
def test_what_is_no_colour_is_refused(name: str) -> None:
    with pytest.raises(InstructionError, match="not a colour"):
        colour_rgb(name)


@pytest.mark.parametrize(
    "words", ["white and grey", "white to grey", "white, grey", "#fff, #808080"]
)
def test_lists_of_colours(words: str) -> None:
    assert colours_rgb(words) == [(255, 255, 255), (128, 128, 128)]


def test_a_list_with_something_else_in_it_is_refused() -> None:
    with pytest.raises(InstructionError, match="'beach' is not a colour"):
        colours_rgb("white and beach")


def test_shades_go_to_black_and_to_white() -> None:
    red = colour_rgb("#c80000")
    assert shaded(red, 0) == (0, 0, 0)
    assert shaded(red, 1) == red
    assert shaded(red, 2) == (255, 255, 255)
