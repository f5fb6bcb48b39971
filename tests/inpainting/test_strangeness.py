"""What is unlike everything round a hole is not copied into it because its seams happen to fit."""

import numpy as np

from autoedit.inpainting.patch_diffusion.guidance import Shift
from autoedit.inpainting.patch_diffusion.pyramid import Level
from autoedit.inpainting.patch_diffusion.shift_map import solve
from autoedit.inpainting.patch_diffusion.strangeness import strangeness

HOLE = np.s_[20:40, 20:40]


def level_with(image: np.ndarray) -> Level:
    known = np.ones(image.shape[:2], bool)
    known[HOLE] = False
    return Level(image.astype(np.float32), known, known)


def walled(height: int = 60, width: int = 120) -> np.ndarray:
    """A light wall, a little rough, with a black cupboard in the right half."""
    rng = np.random.default_rng(0)
    image = np.zeros((height, width, 4), np.float32)
    image[:, :, 0] = 200 + rng.normal(0, 3, (height, width))
    image[24:36, 84:96, 0] = 15
    return image


def test_the_tones_round_the_hole_are_usual_and_another_is_strange() -> None:
    image = walled()
    rows, columns = np.nonzero(~level_with(image).known)
    wall = strangeness(level_with(image), rows[:, None], columns[:, None] + 30)
    cupboard = strangeness(
        level_with(image), np.full((len(rows), 1), 30), np.full((len(rows), 1), 90)
    )
    assert wall.shape == (400, 1)
    assert wall.max() == 0
    assert cupboard.min() > 50


def test_a_tone_counts_the_less_the_farther_off_it_is_seen() -> None:
    image = np.full((60, 120, 4), 0, np.float32)
    image[:, :30, 0], image[:, 30:, 0] = 40, 220  # an edge runs through the hole
    level = level_with(image)
    rows, columns = np.nonzero(~level.known)
    dark = strangeness(level, rows[:, None], np.full((len(rows), 1), 5))[:, 0]
    assert dark[columns == 21].max() == 0
    assert dark[columns == 38].min() > dark[columns == 31].max() > 0


def test_nothing_round_the_hole_leaves_all_usual() -> None:
    image = walled()
    known = np.ones((60, 120), bool)
    known[:, :60] = False
    usable = known & (np.arange(120) > 100)
    found = strangeness(
        Level(image, known, usable), np.full((3600, 2), 30), np.full((3600, 2), 110)
    )
    assert found.shape == (3600, 2)
    assert not found.any()


def test_a_cupboard_that_fits_without_a_seam_is_not_copied_into_a_wall() -> None:
    image = walled()
    image[10:50, 70:110] = image[10:50, 10:50]  # the cupboard's frame is the hole's to the bit
    image[24:36, 84:96, 0] = 15
    level = level_with(image)
    structure = solve(level, [Shift(0, 60), Shift(0, 30)], np.zeros((60, 120), np.float32))
    assert structure.found.all()
    assert (structure.values[:, 0] > 150).all()
