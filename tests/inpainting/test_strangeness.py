"""What is unlike everything round a hole is not copied into it because its seams happen to fit."""

import numpy as np

from autoedit.inpainting.patch_diffusion.guidance import Shift
from autoedit.inpainting.patch_diffusion.pyramid import Level
from autoedit.inpainting.patch_diffusion.shift_map import solve
from autoedit.inpainting.patch_diffusion.strangeness import off_tone, strangeness

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


def grass(dry: slice, noise: float, height: int = 60, width: int = 160) -> np.ndarray:
    """Rough ground, which no shift brings to lie on itself; a part of it is lighter on average."""
    rng = np.random.default_rng(3)
    image = np.zeros((height, width, 4), np.float32)
    image[:, :, :3] = 100 + rng.normal(0, noise, (height, width, 3))
    image[:, dry, 0] += 30
    image[:, :, 3] = 200
    return image


def test_a_tone_is_off_as_far_as_it_is_from_the_mean_of_those_round_the_hole() -> None:
    level = level_with(grass(np.s_[100:140], 2.0))
    rows, columns = np.nonzero(~level.known)
    beside = off_tone(level, rows[:, None], columns[:, None] + 30)
    dry = off_tone(level, rows[:, None], columns[:, None] + 90)
    assert beside.shape == (400, 1)
    assert beside.max() < 3
    assert 20 < np.median(dry) < 35
    nothing = Level(level.image, level.known, np.zeros_like(level.known))
    assert not off_tone(nothing, rows[:, None], columns[:, None]).any()


def test_on_rough_ground_what_has_the_same_tone_is_taken() -> None:
    image = grass(np.s_[100:140], 28.0)
    level = level_with(image)
    shifts = ((0, 90), (3, 91), (-4, 88), (1, 30))
    structure = solve(
        level, [Shift(*each) for each in shifts], np.zeros(level.known.shape, np.float32)
    )
    _, columns = np.nonzero(~level.known)
    assert (structure.x - columns == 30).mean() > 0.9


def test_on_rough_ground_what_is_as_far_away_is_taken() -> None:
    image = grass(np.s_[0:0], 28.0, height=160)
    known = np.ones(image.shape[:2], bool)
    known[20:40, 20:40] = False
    structure = solve(
        Level(image, known, known), [Shift(100, 40), Shift(90, 3), Shift(2, 60)],
        np.zeros(known.shape, np.float32),
    )  # fmt: skip
    rows, _ = np.nonzero(~known)
    assert (np.abs(structure.y - rows) <= 2).mean() > 0.7
