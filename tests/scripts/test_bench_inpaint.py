"""The bench of the inpainter: its photos, peers and bounds."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

pytest.importorskip("torch")
pytest.importorskip("piq")

import bench_inpaint
import bench_tables
from inpaint_bench import peers, photos, report, timing, xphoto_worker
from inpaint_bench.metrics import Scores, psnr
from inpaint_bench.peers import PeerError
from inpaint_bench.sheet import SIDE, Sheet

from tests.drawing import ball, ground
from tests.testing import noise, smooth

GOOD = Scores(haarpsi=0.8, gmsd=0.1, psnr=30.0, ssim=0.9, swd=0.01, seam=1.0)


def disc(height: int = 120, width: int = 160, radius: int = 30) -> Any:
    hole = np.zeros((height, width), np.uint8)
    cv2.circle(hole, (width // 2, height // 2), radius, (1,), -1)
    return hole > 0


@pytest.fixture
def folders(tmp_path: Path) -> photos.Folders:
    """One rendered scene with a shadow, one real one with a noise floor, two backgrounds."""
    examples, beside = tmp_path / "examples", tmp_path / "photos"
    for name in ("clean_plates", "backgrounds", "masks"):
        (beside / name).mkdir(parents=True)
    examples.mkdir()
    clean = ground(120, 160)
    photo = clean.copy()
    photo[80:100, 100:140] //= 2
    mask = ball(photo, 70, 60, 22, (200, 30, 30))
    for name, pixels in (("a.png", photo), ("a.clean.png", clean), ("a.mask.png", mask)):
        Image.fromarray(pixels).save(examples / name)
    scene = {"name": "a", "photo": "a.png", "clean_plate": "a.clean.png", "mask": "a.mask.png"}
    (examples / "scenes.jsonl").write_text(json.dumps(scene) + "\n")
    large = [cv2.resize(part, (1000, 750), interpolation=cv2.INTER_LINEAR)
             for part in (photo, clean, mask.astype(np.uint8) * 255)]  # fmt: skip
    for kind, pixels in zip(("input", "truth", "mask"), large, strict=True):
        Image.fromarray(pixels).save(beside / "clean_plates" / f"b.{kind}.png")
    note = "ring 31.9 dB (alignment/photometric floor)"
    (beside / "INDEX.tsv").write_text(f"path\tnote\nclean_plates/b.truth.png\t{note}\n")
    for name in ("c", "d"):
        Image.fromarray(smooth(300, 900)).save(beside / "backgrounds" / f"{name}.png")
    Image.fromarray(mask).save(beside / "masks" / "e.gt.png")
    return photos.Folders(examples, beside)


def cases(key: str, folders: photos.Folders, **options: Any) -> list[photos.Case]:
    return list(photos.SETS[key].cases(folders, photos.Options(**options)))


def test_the_silhouette_grows_by_five_pixels(folders: photos.Folders) -> None:
    (case,) = cases("rendered", folders)
    mask = photos.read_mask(folders.examples / "a.mask.png")
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    assert case.hole[away <= 4].all()
    assert not case.hole[away > 6].any()
    assert (case.photo != case.truth)[90, 120].all()  # the shadow stays known


def test_the_shadow_joins_the_hole(folders: photos.Folders) -> None:
    (plain,), (shadow,) = cases("rendered", folders), cases("shadow", folders)
    assert shadow.hole[80:100, 100:140].all()
    assert not plain.hole[85:95, 110:135].any()
    assert np.array_equal(shadow.photo[~shadow.hole], shadow.truth[~shadow.hole])


def test_specks_are_no_change() -> None:
    photo = smooth(60, 80)
    speckled = photo.copy()
    speckled[10, 10] ^= 128
    speckled[30:40, 30:40] ^= 128
    got = photos.changed(speckled, photo)
    assert got[30:40, 30:40].all()
    assert got.sum() == 100


def test_real_photos_are_scaled_and_state_their_floor(folders: photos.Folders) -> None:
    (case,) = cases("real", folders)
    assert case.photo.shape == case.truth.shape == (576, 768, 3)
    assert case.hole.shape == (576, 768)
    assert case.floor == 31.9
    full = cases("real", folders, full_size=True)[0]
    assert full.photo.shape == (750, 1000, 3)
    assert case.hole.mean() == pytest.approx(full.hole.mean(), rel=0.02)


def test_placed_holes_hide_the_truth_and_stay_put(folders: photos.Folders) -> None:
    both = cases("holes", folders)
    assert {"c", "d"} <= {case.name for case in both}
    for case in both:
        assert max(case.hole.shape) <= 800
        assert 0.035 < case.hole.mean() < 0.125
        assert (case.photo[case.hole] == photos.BLANK).all()
        assert np.array_equal(case.photo[~case.hole], case.truth[~case.hole])
    assert not np.array_equal(*(case.hole for case in both if case.name in "cd"))
    (alone,) = cases("holes", folders, images="d")
    assert np.array_equal(alone.hole, next(c.hole for c in both if c.name == "d"))
    (other,) = cases("holes", folders, images="d", seed=1)
    assert not np.array_equal(alone.hole, other.hole)


def test_a_shape_that_cannot_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="No silhouette fits into 400 x 20"):
        photos.placed(np.random.default_rng(0), [np.ones((90, 9), bool)], (20, 400))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(80, 400), st.integers(80, 400))
def test_a_placed_shape_is_whole(seed: int, height: int, width: int) -> None:
    shape = np.ones((40, 50), bool)
    hole = photos.placed(np.random.default_rng(seed), [shape], (height, width))
    rows, columns = np.nonzero(hole)
    assert hole.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert 0.03 < hole.mean() < 0.13


def test_sets_without_their_folders_are_left_out_with_a_note(tmp_path: Path) -> None:
    missing = {key: photos.SETS[key].missing(photos.Folders(tmp_path, tmp_path))
               for key in photos.SETS}  # fmt: skip
    assert not missing["rendered"]
    assert not missing["shadow"]
    assert "clean_plates" in missing["real"]
    assert "backgrounds" in missing["holes"]


@pytest.mark.parametrize("key", ["autoedit", "telea", "navier_stokes", "biharmonic"])
def test_a_method_of_this_process_fills_the_hole_and_nothing_else(key: str) -> None:
    truth, hole = smooth(120, 160), disc(radius=12)
    photo = truth.copy()
    photo[hole] = photos.BLANK
    got = peers.methods()[key].fill(photo, hole)
    assert np.array_equal(got.pixels[~hole], photo[~hole])
    assert psnr(got.pixels, truth, hole) > 15
    assert got.seconds > 0


def test_what_a_method_does_outside_the_hole_is_undone() -> None:
    photo, hole = smooth(40, 50), disc(40, 50, 8)
    darker = peers.Method("a", "A", lambda photo, _: (photo // 2, 1.5), lambda _: ...)
    got = darker.fill(photo, hole)
    assert np.array_equal(got.pixels, np.where(hole[:, :, None], photo // 2, photo))
    assert got.seconds == 1.5


def test_our_seed_is_handed_on() -> None:
    photo, hole = noise(100, 120), disc(100, 120, 20)
    first, again = (peers.methods(3)["autoedit"].fill(photo, hole).pixels for _ in range(2))
    other = peers.methods(4)["autoedit"].fill(photo, hole).pixels
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


class Xphoto:
    """Stands in for the module: notes what it is given, fills with white."""

    INPAINT_SHIFTMAP, INPAINT_FSR_FAST = 0, 2

    def inpaint(self, pixels: Any, known: Any, filled: Any, kind: int) -> None:
        self.given = (pixels.copy(), known.copy(), kind)
        filled[:] = pixels
        filled[known == 0] = (255, 128, 128) if kind == self.INPAINT_SHIFTMAP else (255, 0, 0)


@pytest.mark.parametrize(("kind", "colour"), [("shift_map", (255,) * 3), ("fsr", (0, 0, 255))])
def test_xphoto_is_given_its_colours_and_zeros_to_fill(kind: str, colour: Any) -> None:
    photo, hole, module = smooth(40, 50), disc(40, 50, 8), Xphoto()
    filled = xphoto_worker.fill(kind, photo, hole, module)
    pixels, known, flag = module.given
    assert flag == {"shift_map": 0, "fsr": 2}[kind]
    assert np.array_equal(known == 0, hole)
    code = cv2.COLOR_RGB2Lab if kind == "shift_map" else cv2.COLOR_RGB2BGR
    assert np.array_equal(pixels[~hole], cv2.cvtColor(photo, code)[~hole])
    assert (filled[hole] == colour).all()
    assert np.abs(filled[~hole].astype(int) - photo[~hole]).max() <= 20  # 8-bit Lab and back


def test_without_contrib_its_methods_are_left_out_with_a_note(monkeypatch, tmp_path) -> None:
    def fail() -> Path:
        raise PeerError("pip failed with exit code 1: no network")

    monkeypatch.setattr(peers, "contrib_python", fail)
    found, notes = bench_inpaint.chosen_methods(["fsr", "telea"], 0)
    assert [method.key for method in found] == ["telea"]
    assert notes == ["FSR: left out. pip failed with exit code 1: no network"]


def test_a_worker_that_fails_says_why(monkeypatch) -> None:
    monkeypatch.setattr(peers, "contrib_python", lambda: Path(sys.executable))
    with pytest.raises(PeerError, match="shift-map failed with exit code 1: This OpenCV has no"):
        peers.methods()["shift_map"].fill(smooth(40, 50), disc(40, 50, 8))


def test_without_gmic_it_is_left_out_with_a_note(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found, notes = bench_inpaint.chosen_methods(["gmic"], 0)
    assert not found
    assert "G'MIC: left out" in notes[0]


def test_gmic_without_a_time_is_an_error(monkeypatch) -> None:
    monkeypatch.setattr(peers, "run_process", lambda *_: "done")
    with pytest.raises(PeerError, match="how long"):
        peers.gmic(smooth(40, 50), disc(40, 50, 8))


@pytest.mark.skipif(not peers.shutil.which("gmic"), reason="G'MIC is not installed")
def test_gmic_fills_the_hole() -> None:
    truth, hole = ground(100, 120, grain=1.0), disc(100, 120, 14)
    photo = np.where(hole[:, :, None], np.uint8(0), truth)
    got = peers.methods()["gmic"].fill(photo, hole)
    assert psnr(got.pixels, truth, hole) > 20
    assert 0 < got.seconds < 60


def results(peer: Scores, ours: Scores = GOOD, count: int = 10) -> list[report.Result]:
    return [
        report.Result("rendered", f"image{number}", key, score, 1.0)
        for number in range(count)
        for key, score in (("autoedit", ours), ("gmic", peer))
    ]


NAMES = {"autoedit": "AutoEdit", "gmic": "G'MIC"}
WORSE = Scores(haarpsi=0.7, gmsd=0.2, psnr=25.0, ssim=0.8, swd=0.02, seam=3.0)


def missed(rows: list[report.Result], figures: Any = ()) -> list[str]:
    return report.missed(report.tables(rows, NAMES), figures)


def test_a_run_that_is_first_everywhere_misses_nothing() -> None:
    assert missed(results(WORSE)) == []
    text = report.section("bench", report.tables(results(WORSE), NAMES), [], [])
    assert "Every bound that could be measured is met." in text
    assert "| AutoEdit | **0.800** | **0.100** | **30.00** | **0.900** | **0.0100** |" in text
    assert "| image3 | **0.800** | 0.700 |" in text
    assert "| G'MIC | 0.700 | 0.200 | 25.00 | 0.800 | 0.0200 | 3.00 | 1.00 | 100% |" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"haarpsi": 0.9}, ["mean HaarPSI 0.800 is behind G'MIC's 0.900", "on 0% of the images"]),
        ({"gmsd": 0.05}, ["mean GMSD 0.100 is behind G'MIC's 0.050"]),
        ({"psnr": 31.0}, ["mean PSNR 30.00 is behind G'MIC's 31.00"]),
        ({"swd": 0.005}, ["mean SWD 0.0100 is behind G'MIC's 0.0050"]),
        ({"ssim": 0.99}, []),
    ],
)
def test_each_mean_behind_a_peer_is_named(change: dict[str, float], said: list[str]) -> None:
    lines = missed(results(replace(WORSE, **change)))
    assert len(lines) == len(said)
    for line, part in zip(lines, said, strict=True):
        assert part in line


@pytest.mark.parametrize(("lost", "count"), [(2, 0), (3, 1)])
def test_ours_must_be_better_on_four_fifths(lost: int, count: int) -> None:
    rows = results(WORSE)
    for number in range(lost):
        rows[2 * number + 1] = replace(rows[2 * number + 1], scores=replace(WORSE, haarpsi=0.81))
    lines = missed(rows)
    assert len(lines) == count
    assert all("by HaarPSI on 70% of the images, not 80%" in line for line in lines)


@pytest.mark.parametrize(("seam", "count"), [(0.79, 1), (0.81, 0), (1.19, 0), (1.21, 1)])
def test_the_seam_has_two_bounds(seam: float, count: int) -> None:
    lines = missed(results(WORSE, replace(GOOD, seam=seam)))
    assert len(lines) == count
    assert all("seam ratio" in line for line in lines)


def test_a_peer_that_failed_is_compared_where_it_did_not() -> None:
    close = replace(WORSE, haarpsi=0.79)
    rows = [row for row in results(close) if row.method == "autoedit" or row.image == "image4"]
    rows[0] = replace(rows[0], scores=replace(GOOD, haarpsi=0.0))  # the peer has no such image
    assert missed(rows) == []
    assert "G'MIC (1 of 10)" in report.section("bench", report.tables(rows, NAMES), [], [])


def test_a_figure_above_its_bound_is_named() -> None:
    figures = [timing.Figure("time", 0.7, 0.6), timing.Figure("peak", 0.9, 1.0, "GB"),
               timing.Figure("seconds", 99.0)]  # fmt: skip
    assert missed([], figures) == ["time: 0.700 is above 0.6"]
    text = report.section("bench", [], figures, ["G'MIC: left out."])
    assert "| time | **0.700** | 0.6 |" in text
    assert "| peak | 0.900 GB | 1 GB |" in text
    assert "G'MIC: left out." in text


def test_memory_is_the_childs_own_and_not_its_starters() -> None:
    held = np.ones(40_000_000)  # 320 MB here
    idle = timing.peak([sys.executable, "-c", "pass"])
    large = timing.peak([sys.executable, "-c", "held = bytearray(b'1') * 200_000_000"])
    assert idle < 100e6 < held.nbytes
    assert large - idle == pytest.approx(200e6, rel=0.1)


def test_a_process_that_fails_has_no_peak() -> None:
    with pytest.raises(PeerError, match="failed"):
        timing.peak([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_small_photo_is_cut_from_the_large_one(folders: photos.Folders) -> None:
    scene = timing.scene(folders)
    large, hole = scene.large()
    small, same = scene.small()
    assert large.shape == (3000, 4000, 3)
    assert small.shape[0] * small.shape[1] == pytest.approx(1e6, rel=0.01)
    assert same.sum() == hole.sum()
    assert np.array_equal(small[same], large[hole])
    columns = np.flatnonzero(hole.any(axis=0))
    assert np.ptp(columns) + 1 == timing.HOLE_WIDTH
    assert scene.large(16)[1].sum() == pytest.approx(16 * hole.sum(), rel=0.02)


def test_medians_are_taken_in_turns() -> None:
    order: list[str] = []
    left = {"a": [3.0, 1.0, 2.0], "b": [5.0, 9.0, 4.0]}

    def call(name: str) -> float:
        order.append(name)
        return left[name][order.count(name) - 1]

    got = timing.medians({name: lambda name=name: call(name) for name in left}, 3)
    assert got == {"a": 2.0, "b": 5.0}
    assert order == ["a", "b"] * 3


def test_a_sheet_has_a_row_for_each_image(tmp_path: Path) -> None:
    truth, hole = smooth(600, 500), disc(600, 500, 200)
    sheet = Sheet(["with hole", "AutoEdit", "truth"])
    for name in ("first", "second"):
        case = photos.Case(name, truth, hole, truth)
        sheet.add(case, {"AutoEdit": np.full_like(truth, (0, 200, 0))})
    sheet.save(tmp_path / "new" / "sheet.png")
    got = photos.read(tmp_path / "new" / "sheet.png")
    assert 3 * SIDE < got.shape[1] < 3 * SIDE + 100
    green = (got == (0, 200, 0)).all(axis=2)
    magenta = (got == photos.BLANK).all(axis=2)
    assert green.sum() == pytest.approx(2 * SIDE * SIDE, rel=0.1)
    assert np.flatnonzero(magenta.any(axis=0)).max() < np.flatnonzero(green.any(axis=0)).min()


def test_a_run_measures_shows_saves_and_names_what_it_misses(
    folders: photos.Folders, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(bench_tables, "TABLE", tmp_path / "docs" / "benchmarks.md")
    worse = peers.Method("autoedit", "AutoEdit", lambda photo, _: (photo // 2, 1.0), lambda _: ...)
    real = peers.methods
    monkeypatch.setattr(peers, "methods", lambda seed=0: {**real(seed), "autoedit": worse})
    arguments = [
        "--methods", "autoedit", "telea", "--sets", "rendered", "real", "--skip-timing",
        "--sheet", str(tmp_path / "sheet.png"), "--save", str(tmp_path / "fills"),
    ]  # fmt: skip
    assert bench_inpaint.main(arguments, folders) == 1
    said = capsys.readouterr()
    assert "missed: rendered scenes, the silhouette: mean PSNR" in said.err
    assert "| b | 31.9 dB |" in said.out
    assert not bench_tables.TABLE.exists()
    for name in ("sheet-rendered.png", "sheet-real.png", "fills/real/b.telea.png"):
        assert (tmp_path / name).is_file()
    bench_inpaint.main([*arguments, "--write"], folders)
    assert "## Filling holes\n" in bench_tables.TABLE.read_text()


def test_a_run_without_photos_says_so(folders: photos.Folders, capsys) -> None:
    arguments = ["--methods", "telea", "--images", "zebra", "--skip-timing"]
    assert bench_inpaint.main(arguments, folders) == 1
    assert "Nothing was measured" in capsys.readouterr().err
