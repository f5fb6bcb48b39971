import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.core.mask import Mask
from autoedit.masking import alpha_matte
from autoedit.masking.matting import closed_form, library
from autoedit.masking.matting.evidence import evidence
from autoedit.masking.matting.softness import band_widths, distances

SUBJECT, GROUND = np.array([190, 60, 40]), np.array([30, 120, 60])


def disc(radius: float = 60, softness: float = 0.7, size: int = 200) -> np.ndarray:
    """A disc's alpha, float32 (size, size), its edge blurred by a Gaussian."""
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    hard = (np.hypot(x, y) < radius).astype(np.float32)
    return np.clip(cv2.GaussianBlur(hard, (0, 0), softness), 0, 1)


def photo(alpha: np.ndarray, seed: int = 0) -> np.ndarray:
    """A faintly grained subject of one colour before a ground of another."""
    mixed = SUBJECT * alpha[:, :, None] + GROUND * (1 - alpha[:, :, None])
    grain = np.random.default_rng(seed).normal(0, 3, mixed.shape)
    return np.clip(np.rint(mixed + grain), 0, 255).astype(np.uint8)


def hairs(alpha: np.ndarray) -> np.ndarray:
    """The alpha with strands two pixels wide that stand out from the disc."""
    grown = alpha.copy()
    middle = (alpha.shape[0] - 1) / 2
    for angle in np.linspace(0, 2 * np.pi, 40, endpoint=False):
        ends = [
            tuple(round(middle + reach * part) for part in (np.cos(angle), np.sin(angle)))
            for reach in (55, 68)
        ]
        cv2.line(grown, *ends, 1.0, 2, cv2.LINE_AA)
    return grown


@pytest.mark.parametrize("softness", [0.6, 2.5, 6.0])
def test_alpha_follows_edges_from_hard_to_blurred(softness: float) -> None:
    truth = disc(softness=softness)
    found = alpha_matte(photo(truth), Mask.of(truth > 0.5)).alpha.array
    hard = np.abs((truth > 0.5) - truth).sum()
    assert np.abs(found - truth).sum() < 0.5 * hard
    assert found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1


def test_an_outline_that_is_off_is_put_right() -> None:
    truth = disc()
    for radius in (57, 63):
        found = alpha_matte(photo(truth), Mask.of(disc(radius) > 0.5)).alpha.array
        assert np.abs(found - truth).sum() < 0.1 * np.abs(disc(radius) - truth).sum()


def test_strands_beyond_the_mask_are_found() -> None:
    truth = hairs(disc())
    strands = (truth > 0.9) & (disc(61, 0.1) < 0.01) & (disc(64) > 0.5)
    assert strands.sum() > 100
    found = alpha_matte(photo(truth), Mask.of(disc() > 0.5)).alpha.array
    assert found[strands].mean() > 0.8
    gaps = (truth == 0) & (disc(70) > 0.5) & (disc(60, 0.1) < 0.01)
    assert found[gaps].mean() < 0.05


def test_thin_parts_without_a_solid_middle_stay() -> None:
    truth = np.zeros((120, 160), np.float32)
    truth[:, 79:81] = 1.0
    found = alpha_matte(photo(truth), Mask.of(truth > 0.5)).alpha.array
    assert found[10:-10, 79:81].mean() > 0.9
    assert found[10:-10, :76].max() < 0.05


def test_an_outline_that_wobbles_is_told_by_the_colours_of_either_side() -> None:
    truth = disc(softness=0.3) > 0.5
    y, x = np.mgrid[0:200, 0:200] - 99.5
    wobbling = np.hypot(x, y) < 60 + 4 * np.sin(9 * np.arctan2(y, x))
    likely, sure = evidence(photo(truth.astype(np.float32)), *distances(wobbling))
    off = wobbling != truth
    assert off.sum() > 500
    assert (((likely > 0.5) == truth) & (sure > 0.5))[off].mean() > 0.95
    found = alpha_matte(photo(truth.astype(np.float32)), Mask.of(wobbling)).alpha.array
    assert np.abs(found - truth).sum() < 0.1 * off.sum()


def test_colours_that_both_sides_have_are_no_evidence() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    likely, sure = evidence(noise, *distances(disc() > 0.5))
    assert sure[60:140, 20:60].mean() < 0.3
    assert likely.min() >= 0 and likely.max() <= 1 and sure.min() >= 0 and sure.max() <= 1


def test_no_old_background_shines_through() -> None:
    truth = disc(softness=3.0)
    pixels = photo(truth)
    alpha, colours, notes = alpha_matte(pixels, Mask.of(truth > 0.5))
    band = (alpha.array > 0.2) & (alpha.array < 0.95)
    assert np.abs(colours[band] - SUBJECT).mean() < 8
    assert np.abs(pixels[band] - SUBJECT).mean() > 30
    assert (colours[alpha.array == 1] == pixels[alpha.array == 1]).all()
    assert not notes


def test_the_band_is_narrow_at_hard_edges_and_wide_at_soft_ones() -> None:
    widths = []
    for softness in (0.6, 2.5, 6.0):
        truth = disc(softness=softness)
        inside = truth > 0.5
        width, _ = band_widths(photo(truth), *distances(inside))
        widths.append(float(np.median(width[inside & (truth < 0.8)])))
    assert widths[0] <= 3
    assert widths[0] < 0.6 * widths[1] < 0.6 * widths[2]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["noise", "flat", "mask"]))
def test_anything_gives_a_finite_alpha_that_is_certain_far_from_the_outline(
    seed: int, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(1, 60, 2))
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind == "flat":
        pixels[:] = 255
    mask = np.zeros((height, width), np.float32)
    mask[height // 4 : height // 4 + height // 2 + 1, : width // 2 + 1] = 1
    if kind == "mask":
        mask = rng.random((height, width), dtype=np.float32)
    alpha, colours, _ = alpha_matte(pixels, Mask.of(mask, "grabcut"))
    assert np.isfinite(alpha.array).all()
    assert alpha.array.min() >= 0 and alpha.array.max() <= 1
    assert colours.shape == pixels.shape and colours.dtype == np.uint8


def test_an_empty_mask_is_an_empty_matte_and_a_full_one_a_full_matte() -> None:
    pixels = photo(disc())
    for value in (0.0, 1.0):
        mask = Mask(np.full((200, 200), value, np.float32))
        alpha, colours, notes = alpha_matte(pixels, mask)
        assert (alpha.array == value).all()
        assert (colours == pixels).all()
        assert not notes


def test_a_subject_cut_by_the_border_stays_solid_there() -> None:
    truth = disc()[:, 100:]
    found = alpha_matte(photo(truth), Mask.of(truth > 0.5)).alpha.array
    assert found[60:140, 0].min() == 1


def test_a_given_alpha_stays_as_it_is() -> None:
    truth = disc(softness=6)
    pixels = photo(truth)
    alpha, colours, _ = alpha_matte(pixels, Mask.of(truth, "given"))
    assert (alpha.array == truth).all()
    band = (truth > 0.2) & (truth < 0.95)
    assert np.abs(colours[band] - SUBJECT).mean() < np.abs(pixels[band] - SUBJECT).mean() / 3


def test_a_given_outline_with_smooth_steps_is_matted() -> None:
    truth = disc()
    drawn = disc(63)
    found = alpha_matte(photo(truth), Mask.of(drawn, "given")).alpha.array
    assert np.abs(found - truth).sum() < 0.2 * np.abs(drawn - truth).sum()


@pytest.mark.parametrize("error", [ValueError("no convergence"), ImportError("gone")])
def test_a_failure_falls_back_to_a_feathered_outline_with_a_note(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(closed_form, "laplacian", lambda: fail)
    truth = disc()
    alpha, _, notes = alpha_matte(photo(truth), Mask.of(truth > 0.5))
    assert str(error) in notes[0]
    assert np.abs(alpha.array - truth).max() < 0.4


def test_a_solution_that_is_not_finite_is_no_alpha(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = lambda _matrix, right, _start: right * np.nan  # noqa: E731
    monkeypatch.setattr(closed_form, "_conjugate_gradients", nothing)
    alpha, _, notes = alpha_matte(photo(disc()), Mask.of(disc() > 0.5))
    assert notes
    assert np.isfinite(alpha.array).all()


def test_tiles_give_what_one_piece_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = disc(softness=3)
    whole = alpha_matte(photo(truth), Mask.of(truth > 0.5)).alpha.array
    monkeypatch.setattr(closed_form, "_TILE", 70)
    tiled = alpha_matte(photo(truth), Mask.of(truth > 0.5)).alpha.array
    assert np.abs(tiled - whole).max() < 0.03


def test_finer_levels_keep_the_edge_as_sharp_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from autoedit.masking.matting import levels

    truth = disc(150, size=500)
    monkeypatch.setattr(levels, "COARSE", 40_000)
    found = alpha_matte(photo(truth), Mask.of(truth > 0.5)).alpha.array
    assert np.abs(found - truth).sum() < 0.5 * np.abs((truth > 0.5) - truth).sum()


def test_the_solution_is_pymattings() -> None:
    from pymatting import estimate_alpha_cf

    truth = disc(40, 2.0, 100)
    pixels = photo(truth)
    trimap = np.where(truth > 0.99, 1.0, np.where(truth < 0.01, 0.0, 0.5))
    unknown = trimap == 0.5
    pull = np.full(truth.shape, 1e-9, np.float32)
    guess = trimap.astype(np.float32)
    found = closed_form.solve(pixels, guess, unknown, guess, pull)
    assert np.abs(found - estimate_alpha_cf(pixels / 255.0, trimap)).max() < 0.02


def test_matting_loads_one_module_of_pymatting() -> None:
    code = (
        "import sys; from autoedit.masking.matting.library import laplacian; laplacian();"
        "print(sorted(n for n in sys.modules if n.startswith('pymatting')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['pymatting.laplacian.cf_laplacian']"


def test_a_pymatting_laid_out_in_another_way_is_imported_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import pymatting

    monkeypatch.setattr(library, "_file", lambda _name: None)
    library.laplacian.cache_clear()
    monkeypatch.delitem(sys.modules, "pymatting.laplacian.cf_laplacian", raising=False)
    try:
        assert library.laplacian().__name__ == pymatting.cf_laplacian.__name__
    finally:
        library.laplacian.cache_clear()


def test_the_same_bits_on_one_thread_and_on_two() -> None:
    truth = hairs(disc(softness=2))
    pixels, mask = photo(truth), Mask.of(truth > 0.5)
    before = cv2.getNumThreads()
    found = []
    try:
        for threads in (1, 2):
            cv2.setNumThreads(threads)
            found.append(alpha_matte(pixels, mask))
    finally:
        cv2.setNumThreads(before)
    assert (found[0].alpha.array == found[1].alpha.array).all()
    assert (found[0].colours == found[1].colours).all()
