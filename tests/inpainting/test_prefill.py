from __future__ import annotations

import numpy as np
import pytest

from autoedit.errors import CancelledError
from autoedit.inpainting import FillRequest
from autoedit.inpainting.prefill import known_image, smooth


def striped() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A striped wall, the same with a red thing on it, and where that is."""
    x = np.mgrid[:96, :128][1]
    tone = 128 + 90 * np.sign(np.sin(2 * np.pi * (x + 0.5) / 12))
    wall = np.dstack([tone, tone * 0.8, 255 - tone]).astype(np.uint8)
    hole = np.zeros((96, 128), bool)
    hole[30:66, 45:85] = True
    photo = wall.copy()
    photo[hole] = (255, 0, 0)
    return wall, photo, hole


def test_removal_continues_the_structure() -> None:
    wall, photo, hole = striped()
    filled = known_image(photo, hole, FillRequest(), structure=True)
    error = np.abs(filled.astype(int) - wall)[hole].mean()
    flat = np.abs(smooth(photo, hole).astype(int) - wall)[hole].mean()
    assert error < 10 < flat
    assert np.array_equal(filled[~hole], photo[~hole])


def test_a_large_window_is_continued_too() -> None:
    wall, photo, hole = (each.repeat(6, axis=0).repeat(6, axis=1) for each in striped())
    filled = known_image(photo, hole, FillRequest(), structure=True)
    assert np.abs(filled.astype(int) - wall)[hole].mean() < 12
    assert np.array_equal(filled[~hole], photo[~hole])


@pytest.mark.parametrize(
    "request_", [FillRequest(intent="draw"), FillRequest(intent="remove")], ids=["draw", "remove"]
)
def test_nothing_of_the_object_stays(request_: FillRequest) -> None:
    _, photo, hole = striped()
    filled = known_image(photo, hole, request_, structure=False)
    assert not (filled[hole] == (255, 0, 0)).all(axis=1).any()
    other = photo.copy()
    other[hole] = (0, 255, 0)
    assert np.array_equal(known_image(other, hole, request_, structure=False), filled)


def test_change_shows_the_photo_itself() -> None:
    _, photo, hole = striped()
    shown = known_image(photo, hole, FillRequest(intent="change"), structure=True)
    assert np.array_equal(shown, photo)


@pytest.mark.parametrize("structure", [True, False])
def test_forbidden_pixels_are_no_source(structure: bool) -> None:
    wall, photo, hole = striped()
    green = np.zeros_like(hole)
    green[20:76, 85:118] = True  # another thing, which touches the hole
    photo[green] = (0, 200, 0)
    request = FillRequest(forbidden=green)
    filled = known_image(photo, hole, request, structure).astype(int)
    assert not ((filled[..., 1] - filled[..., 0] > 100) & hole).any()
    free = known_image(photo, hole, FillRequest(), False).astype(int)
    assert ((free[..., 1] - free[..., 0] > 100) & hole).any()
    assert wall.shape == photo.shape


def test_all_forbidden_still_fills() -> None:
    _, photo, hole = striped()
    filled = known_image(photo, hole, FillRequest(forbidden=~hole), structure=True)
    assert np.array_equal(filled[~hole], photo[~hole])
    assert not np.array_equal(filled[hole], photo[hole])


def test_cancelled() -> None:
    _, photo, hole = striped()
    with pytest.raises(CancelledError):
        known_image(photo, hole, FillRequest(progress=lambda *_: False), structure=True)
