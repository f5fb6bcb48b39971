from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoedit.compositing.pictures import backdrop_picture, coarseness
from autoedit.core.photo import Photo
from autoedit.errors import PhotoError
from tests.testing import noise

PHOTO = Photo(noise(100, 200))


def saved(folder: Path, height: int, width: int) -> str:
    path = folder / f"{width}x{height}.png"
    Image.fromarray(noise(height, width)).save(path)
    return str(path)


def test_a_picture_comes_as_it_is(tmp_path: Path) -> None:
    source = saved(tmp_path, 100, 200)
    assert (backdrop_picture(source, PHOTO, fit="cover", blur=0) == noise(100, 200)).all()
    assert coarseness(source, PHOTO, fit="cover", blur=0) == ""


def test_one_that_is_changed_on_disk_is_read_again(tmp_path: Path) -> None:
    source = saved(tmp_path, 100, 200)
    backdrop_picture(source, PHOTO, fit="cover", blur=0)
    Image.new("RGB", (200, 100), (1, 2, 3)).save(source)
    assert (backdrop_picture(source, PHOTO, fit="cover", blur=0) == (1, 2, 3)).all()


def test_a_tiny_one_is_refused_unless_it_is_tiled_or_blurred(tmp_path: Path) -> None:
    source = saved(tmp_path, 20, 30)
    with pytest.raises(
        PhotoError, match=r"30x20, and would be enlarged 6\.7 times to fill 200x100"
    ):
        backdrop_picture(source, PHOTO, fit="cover", blur=0)
    assert backdrop_picture(source, PHOTO, fit="tile", blur=0).shape == (20, 30, 3)
    assert backdrop_picture(source, PHOTO, fit="cover", blur=5).shape == (20, 30, 3)


def test_a_small_one_gets_a_note(tmp_path: Path) -> None:
    source = saved(tmp_path, 50, 100)
    backdrop_picture(source, PHOTO, fit="cover", blur=0)
    assert "100x50 and was enlarged 2.0 times" in coarseness(source, PHOTO, fit="cover", blur=0)
    assert coarseness(source, PHOTO, fit="tile", blur=0) == ""


@pytest.mark.parametrize("content", [None, b"", b"junk"])
def test_one_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "beach.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PhotoError, match=r"^The backdrop cannot be used: .*beach\.jpg"):
        backdrop_picture(str(path), PHOTO, fit="cover", blur=0)


def test_a_transparent_one_is_laid_on_white(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    Image.new("RGBA", (200, 100), (0, 0, 0, 0)).save(path)
    assert (backdrop_picture(str(path), PHOTO, fit="cover", blur=0) == 255).all()


def test_a_picture_of_the_same_profile_is_not_touched(tmp_path: Path) -> None:
    source = saved(tmp_path, 100, 200)
    before = backdrop_picture(source, PHOTO, fit="cover", blur=0)
    assert np.shares_memory(before, backdrop_picture(source, PHOTO, fit="cover", blur=0))
