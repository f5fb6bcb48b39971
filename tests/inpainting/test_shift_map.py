from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.inpainting.patch_diffusion.guidance import Family, PlaneShift, Shift, families
from autoedit.inpainting.patch_diffusion.lattice import Expected
from autoedit.inpainting.patch_diffusion.pyramid import Level
from autoedit.inpainting.patch_diffusion.shift_map import (
    _cheaper,
    _expand,
    _label,
    regular,
    solve,
)


def level_of(lightness: np.ndarray, known: np.ndarray, usable: np.ndarray | None = None) -> Level:
    image = np.dstack([lightness, *[np.zeros_like(lightness)] * 3]).astype(np.float32)
    return Level(np.where(known[:, :, None], image, 0), known, known if usable is None else usable)


def with_hole(height: int, width: int, box: tuple[int, int, int, int]) -> np.ndarray:
    known = np.ones((height, width), bool)
    known[box[1] : box[3], box[0] : box[2]] = False
    return known


def test_the_source_that_continues_what_is_known_is_chosen() -> None:
    truth = np.tile(np.random.default_rng(0).uniform(0, 255, (60, 12)), (1, 6))
    known = with_hole(60, 72, (30, 20, 42, 40))
    choices = [Shift(3, 5), Shift(0, 12), Shift(-7, 12), Shift(0, -9)]
    found = solve(level_of(truth, known), choices, np.zeros((60, 72), np.float32))
    assert found.found.all()
    assert np.abs(found.values[:, 0] - truth[~known]).max() < 0.01
    assert (found.x - np.nonzero(~known)[1] == 12).all()


def test_two_grounds_are_joined_where_they_meet() -> None:
    """Sky above, stripes below: no single source serves both."""
    rng = np.random.default_rng(1)
    truth = np.full((60, 80), 220.0)
    truth[30:] = np.tile(rng.uniform(0, 120, (30, 16)), (1, 5))
    known = with_hole(60, 80, (32, 18, 48, 44))
    wrong_below, wrong_above = Shift(-20, 0), Shift(20, 0)
    choices = [wrong_below, wrong_above, Shift(0, 16), Shift(0, -16)]
    found = solve(level_of(truth, known), choices, np.zeros((60, 80), np.float32))
    assert np.abs(found.values[:, 0] - truth[~known]).max() < 1


def test_sources_outside_or_forbidden_are_not_used() -> None:
    truth = np.full((40, 40), 100.0)
    truth[:, 25:] = 30
    known = with_hole(40, 40, (0, 10, 20, 30))
    usable = known.copy()
    usable[:, 25:] = False
    choices = [Shift(0, 25), Shift(0, -30), Shift(-20, 0)]
    found = solve(level_of(truth, known, usable), choices, np.zeros((40, 40), np.float32))
    taken = np.rint(found.y[found.found]).astype(int), np.rint(found.x[found.found]).astype(int)
    assert usable[taken].all()
    assert (found.values[found.found, 0] == 100).all()
    assert not found.found.all()  # nothing reaches the lower rows: they come from within the hole


def test_of_equal_sources_the_one_from_common_ground_is_taken() -> None:
    truth = np.full((40, 60), 100.0)
    known = with_hole(40, 60, (20, 10, 30, 20))
    rarity = np.zeros((40, 60), np.float32)
    rarity[:, 30:] = 50
    choices = [Shift(0, 15), Shift(0, -15)]
    found = solve(level_of(truth, known), choices, rarity)
    assert (found.x < 20).all()


def test_scattered_single_pixels_have_no_edges_and_are_filled() -> None:
    truth = np.full((30, 30), 50.0)
    known = np.ones((30, 30), bool)
    known[5:25:6, 5:25:6] = False
    found = solve(
        level_of(truth, known), [Shift(0, 2), Shift(2, 0)], np.zeros((30, 30), np.float32)
    )
    assert (found.values[:, 0] == 50).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_cut_is_the_cheapest_of_all(seed: int) -> None:
    """Against trying every choice of pixels."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 9))
    gain = np.rint(rng.normal(2, 6, count))
    edges = np.array([(i, j) for i in range(count) for j in range(count) if i != j])
    edges = edges[rng.random(len(edges)) < 0.4]
    across = np.rint(rng.uniform(0, 6, len(edges)))

    def price(moved: np.ndarray) -> float:
        left = ~moved[edges[:, 0]] & moved[edges[:, 1]]
        return float(gain[moved].sum() + across[left].sum())

    every = (np.array(choice) for choice in itertools.product((False, True), repeat=count))
    assert price(_cheaper(gain, edges, across)) == min(map(price, every))


def test_what_runs_along_the_hole_is_found_from_a_beginning_of_its_own() -> None:
    """Each pixel's own choice may lead into a dead end; a family that agrees does not."""
    better = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = rng.normal(0, 20, (30, 8, 3)).astype(np.float32)
        values[:, :4] = values[:, :1] + rng.normal(0, 1, (30, 4, 3))
        cost = rng.uniform(0, 60, (30, 8)).astype(np.float32)
        edges = np.stack([np.arange(29), np.arange(1, 30)], axis=1)
        plain, dearer = _expand(values, cost, edges, np.arange(8))
        labels = _label(values, cost, edges, np.arange(8), [Family(np.arange(4), False)])
        energy = energy_of(values, cost, edges, labels)
        assert abs(energy_of(values, cost, edges, plain) - dearer) < 0.1
        assert energy <= dearer + 0.1
        better += energy < dearer - 1
    assert better


def energy_of(values: np.ndarray, cost: np.ndarray, edges: np.ndarray, labels: np.ndarray) -> float:
    total = float(cost[np.arange(len(cost)), labels].sum())
    for first, second in edges:
        for pixel in (first, second):
            step = values[pixel, labels[first]] - values[pixel, labels[second]]
            total += float(np.linalg.norm(step))
    return total


def test_a_plane_may_carry_on_for_hardly_more_than_what_has_the_fewest_seams() -> None:
    """Two sources of one grey fill a half each for least; one on a plane fills all for more."""
    values = np.zeros((40, 4, 3), np.float32)
    values[:, 2:] = 60
    edges = np.stack([np.arange(39), np.arange(1, 40)], axis=1)
    for dearer, taken in ((1.05, True), (1.15, False)):
        cost = np.full((40, 4), 10 * dearer, np.float32)
        cost[:20, 0], cost[20:, 1] = 10, 10
        cost[20:, 0], cost[:20, 1] = 1000, 1000
        level, plane = (
            _label(values, cost, edges, np.arange(4), [Family(np.array([2, 3]), aslant)])
            for aslant in (False, True)
        )
        assert (level < 2).all()
        assert bool((plane >= 2).all()) == taken


def test_of_a_lattice_s_translates_the_one_that_need_not_be_enlarged_is_taken() -> None:
    known = with_hole(80, 60, (20, 40, 40, 50))
    level = level_of(np.full((80, 60), 100.0), known)
    count = int((~known).sum())
    told = Expected(
        np.full((count, 3), [100, 0, 0], np.float32),
        np.ones(count, np.float32),
        np.ones(count, bool),
    )
    far, near = (PlaneShift((0, 0.008), (45, 30), dy, 0) for dy in (-30, 15))
    for choices in ([far, near], [near, far]):
        labels, there = regular(level, choices, told)
        assert there.all()
        assert all(choices[label] is near for label in labels)


def test_sources_of_one_plane_make_a_family() -> None:
    choices = [PlaneShift((0.0, 0.01), (0, 0), 0, n) for n in range(4)]
    assert [family.aslant for family in families(list(choices), np.arange(4))] == [True]


def test_level_and_upright_sources_make_families() -> None:
    level, upright = [Shift(0, n) for n in range(1, 6)], [Shift(n, 0) for n in range(1, 4)]
    choices = [Shift(1, 1), *level, *upright]
    found = families(choices, np.arange(len(choices)))
    assert [family.members.tolist() for family in found] == [[1, 2, 3, 4, 5]]  # three are too few
    assert not found[0].aslant
    assert families(choices, np.array([0, 1, 2])) == []
