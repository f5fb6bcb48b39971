"""Lines that a hole interrupts."""

from __future__ import annotations

import numpy as np
import pytest

from autoedit.inpainting import FillRequest
from autoedit.inpainting.patch_diffusion import PatchDiffusion
from autoedit.inpainting.patch_diffusion.bridges import _aligned, bridged, lacks_joint
from tests.inpainting.grounds import noise

SHAPE = (240, 320)
Y, X = np.indices(SHAPE).astype(np.float32)
HOLE = np.hypot(Y - 120, X - 160) < 45


def floor(*joints: tuple[float, float, float, float, float]) -> np.ndarray:
    """Boards; each joint runs through (x, y) at a slope, from one column to another."""
    grain = 0.05 * (noise(SHAPE) - 128)
    tone = np.full(SHAPE, 150, np.float32)
    for x, y, slope, first, last in joints:
        off = np.abs(Y - y - slope * (X - x)) / np.hypot(1, slope)
        tone -= 90 * np.clip(2 - off, 0, 1) * (first <= X) * (last > X)
    colour = tone[:, :, None] * np.float32([1, 0.8, 0.6])
    return np.clip(colour + grain, 0, 255).astype(np.uint8)


def damaged(truth: np.ndarray) -> np.ndarray:
    return np.where(HOLE[:, :, None], np.uint8([255, 0, 255]), truth)


@pytest.mark.parametrize("slope", [0.0, 0.2, -1.1, 4.0])
def test_a_joint_goes_on_across_a_hole(slope: float) -> None:
    truth = floor((160, 125, slope, 0, 320))
    given = damaged(truth)
    made = bridged(given, HOLE, ~HOLE)
    assert made is not None
    pixels, part = made
    assert (pixels[~part] == given[~part]).all()
    assert not part[~HOLE].any()
    joint = HOLE & (truth[:, :, 0] < 80)
    assert part[joint].mean() > 0.95
    assert part.sum() < 0.2 * HOLE.sum()
    assert np.abs(pixels[part].astype(int) - truth[part]).mean() < 12


def test_two_pieces_that_are_not_of_one_line_are_none() -> None:
    ends = floor((160, 125, 0.2, 0, 170))
    beside = floor((160, 112, 0.2, 0, 160), (160, 125, 0.2, 160, 320))
    turned = floor((160, 120, 0.2, 0, 160), (160, 120, -0.2, 160, 320))
    light = floor((160, 125, 0.2, 0, 320)).astype(int)
    light[:, 160:] = 2 * np.array([150, 120, 90]) - light[:, 160:]  # a light line beyond the hole
    nothing = floor()
    for truth in (ends, beside, turned, np.clip(light, 0, 255).astype(np.uint8), nothing):
        assert bridged(damaged(truth), HOLE, ~HOLE) is None


def test_a_line_of_what_may_be_no_source_is_not_carried() -> None:
    truth = floor((160, 125, 0.2, 0, 320))
    assert bridged(damaged(truth), HOLE, ~HOLE & (X < 190)) is None
    assert bridged(damaged(truth), HOLE, np.zeros(SHAPE, bool)) is None


@pytest.mark.parametrize("flip", [1, -1])
def test_a_line_goes_on_to_a_thing_behind_which_it_runs(flip: int) -> None:
    truth = floor((160, 125, 0.2, 0, 320))[:, ::flip]
    thing = ((np.hypot(Y - 130, X - 213) < 38) & ~HOLE)[:, ::flip]
    hole = HOLE[:, ::flip]
    given = truth.copy()
    given[thing] = (200, 40, 90)
    given[hole] = (255, 0, 255)
    made = bridged(given, hole, ~hole & ~thing)
    assert made is not None
    pixels, part = made
    assert not part[~hole].any()
    joint = hole & (truth[:, :, 0] < 80)
    assert part[joint].mean() > 0.95
    assert np.abs(pixels[part].astype(int) - truth[part]).mean() < 12


def test_a_line_that_only_a_thing_hides_is_left() -> None:
    truth = floor((160, 125, 0.2, 0, 320))
    hole = (np.hypot(Y - 120, X - 80) < 12) & (Y < 118)
    thing = np.hypot(Y - 130, X - 120) < 40
    assert bridged(truth, hole, ~hole & ~thing) is None


def test_a_joint_ends_where_it_meets_one_that_goes_on() -> None:
    truth = floor((160, 125, 0.1, 0, 320))
    upper = (np.abs(X - 165) < 1.5) & (Y < 125)
    truth[upper] = (60, 48, 36)
    made = bridged(damaged(truth), HOLE, ~HOLE)
    assert made is not None
    pixels, part = made
    assert part[HOLE & upper].mean() > 0.9
    assert pixels[part & upper][:, 0].mean() < 90
    assert not part[(np.abs(X - 165) < 6) & (Y > 135)].any()


def test_where_two_joints_cross_neither_has_a_gap() -> None:
    truth = floor((160, 125, 0.1, 0, 320), (160, 120, -3.0, 0, 320))
    made = bridged(damaged(truth), HOLE, ~HOLE)
    assert made is not None
    crossing = HOLE & (truth[:, :, 0] < 80) & (np.abs(Y - 125) < 8) & (np.abs(X - 160) < 8)
    assert made[1][crossing].mean() > 0.9
    assert (made[0][crossing][:, 0] < 110).mean() > 0.95


def test_in_a_larger_photo_a_line_is_as_straight() -> None:
    truth = floor((160, 125, 0.2, 0, 320)).repeat(4, axis=0).repeat(4, axis=1)
    hole = HOLE.repeat(4, axis=0).repeat(4, axis=1)
    made = bridged(np.where(hole[:, :, None], np.uint8(0), truth), hole, ~hole)
    assert made is not None
    pixels, part = made
    assert part[hole & (truth[:, :, 0] < 80)].mean() > 0.8  # its middle is left to the sampler
    assert np.abs(pixels[part].astype(int) - truth[part]).mean() < 14


def test_patch_diffusion_keeps_a_joint_whole() -> None:
    truth = floor((160, 125, 0.2, 0, 320), (160, 20, 0.2, 0, 320), (160, 215, 0.2, 0, 320))
    (filled,) = PatchDiffusion().fill(damaged(truth), HOLE, FillRequest(seed=1))
    joint = HOLE & (truth[:, :, 0] < 80)
    assert filled[joint][:, 0].mean() < 90
    assert (filled[~HOLE] == truth[~HOLE]).all()


def tiles(joint: float) -> np.ndarray:
    """Tiles with light joints, of which the level one is as light as told."""
    wide = np.clip(5 - np.abs(Y - 125), 0, 1) * joint + np.clip(5 - np.abs(X - 160 - 0.2 * Y), 0, 1)
    return (90 + 110 * np.minimum(wide, 1)[:, :, None] * np.ones(3) + 0.1 * noise(SHAPE)).astype(
        np.uint8
    )


def test_a_joint_that_was_not_laid_out_is_missed() -> None:
    truth, without = tiles(1), np.where(HOLE[:, :, None], tiles(0), tiles(1))
    seen = damaged(truth)
    assert not lacks_joint(seen, truth, HOLE, HOLE, ~HOLE)
    assert lacks_joint(seen, without, HOLE, HOLE, ~HOLE)
    above = HOLE & (Y < 105)
    assert not lacks_joint(seen, without, above, HOLE, ~HOLE)  # it says nothing of the joint


def test_a_line_beside_which_the_ground_differs_is_no_joint() -> None:
    shade = 4 * np.clip(125 - Y, 0, 14)[:, :, None]  # as between the squares of a chequered floor
    truth, without = ((tiles(joint) - shade).astype(np.uint8) for joint in (1, 0))
    made = np.where(HOLE[:, :, None], without, truth)
    assert not lacks_joint(damaged(truth), made, HOLE, HOLE, ~HOLE)


@pytest.mark.parametrize("laid", [0, 1])
def test_what_is_laid_out_without_a_joint_is_not_used(
    laid: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth, made = tiles(1), np.where(HOLE[:, :, None], tiles(laid), tiles(1))
    package = "autoedit.inpainting.patch_diffusion"
    monkeypatch.setattr(f"{package}.laid", lambda *_: (made, HOLE))
    (filled,) = PatchDiffusion().fill(damaged(truth), HOLE, FillRequest())
    joint = HOLE & (np.abs(Y - 125) < 4)
    assert filled[joint].mean() > 190
    assert (filled == made).all() == bool(laid)


def test_without_structure_no_line_is_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    def sought(*_: np.ndarray) -> None:
        raise AssertionError("a line was sought")

    monkeypatch.setattr("autoedit.inpainting.patch_diffusion.bridged", sought)
    truth = floor((160, 125, 0.2, 0, 320))
    PatchDiffusion(structure=0).fill(damaged(truth), HOLE, FillRequest(seed=1))
    with pytest.raises(AssertionError):
        PatchDiffusion().fill(damaged(truth), HOLE, FillRequest(seed=1))


def test_hundreds_of_pieces_are_soon_compared() -> None:
    lines = np.random.default_rng(3).uniform(0, 300, (400, 2, 2))
    lines[7] = [[10, 20], [50, 24]]
    lines[9] = [[150, 34], [200, 39]]
    pairs = _aligned(lines)
    assert (pairs == [9, 7]).all(axis=1).any()
    assert len(pairs) < 0.1 * 400 * 399 / 2
