from pathlib import Path

import cv2
import numpy as np
import pytest
from bench_matting import MASKS, main, missed
from matting_bench.cases import Folders, cases, composed, exact, read, wobbly
from matting_bench.measures import NAMES, measures, over
from matting_bench.methods import METHODS


def subject(size: int = 240) -> np.ndarray:
    """A soft red disc, straight RGBA of 0..255, float32 (size, size, 4)."""
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    alpha = np.clip((np.hypot(x, y) < size / 4) * 255.0, 0, 255).astype(np.float32)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.5)
    solid = np.broadcast_to(np.float32([200, 40, 30]), (size, size, 3))
    return np.dstack([solid, alpha]).astype(np.float32)


def ground(size: int = 240) -> np.ndarray:
    return np.broadcast_to(np.float32([20, 120, 200]), (size, size, 3)).copy()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """One subject, one photographic background and one rendered one."""
    for name in ("subjects", "photos", "renders"):
        (tmp_path / name).mkdir()
    samples = np.rint(subject() / 255 * 65535).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "subjects/hard_0.png"), cv2.cvtColor(samples, cv2.COLOR_RGBA2BGRA))
    plain = cv2.cvtColor(ground().astype(np.uint8), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(tmp_path / "photos/sea.png"), plain)
    cv2.imwrite(str(tmp_path / "renders/hall.clean.jpg"), plain)
    return Folders(tmp_path / "subjects", tmp_path / "photos", tmp_path / "renders")


def test_a_case_is_what_its_subject_and_ground_make(folders: Folders) -> None:
    (case,) = cases(folders)
    assert case.kind == "hard"
    again = over(case.colours, case.alpha, (0, 0, 0)) + case.ground * (1 - case.alpha[:, :, None])
    assert np.abs(case.pixels - again).max() <= 0.51
    assert np.abs(read(folders.subjects / "hard_0.png") - subject()).max() < 0.01


def test_the_truth_has_no_error_by_any_measure() -> None:
    case = composed("hard_0", subject(), ground())
    assert measures(case, case.alpha, case.colours) == pytest.approx([0] * len(NAMES), abs=0.05)


def test_measures_are_those_of_their_definitions() -> None:
    case = composed("hard_0", subject(), ground())
    alpha = case.alpha.copy()
    alpha[:10, :20] = 0.5  # far from the subject
    found = dict(zip(NAMES, measures(case, alpha, case.pixels), strict=True))
    assert found["SAD"] == pytest.approx(200 * 0.5 / 1e3)
    assert found["MSE"] == pytest.approx(200 * 0.25 / alpha.size * 1e3)
    assert found["gradient"] > 0
    assert found["colour"] > 0
    assert found["halo"] < 0.1


def test_the_old_background_round_a_subject_is_a_halo() -> None:
    case = composed("hard_0", subject(), ground())
    inside = cv2.dilate(exact(case.alpha).astype(np.uint8), np.ones((15, 15), np.uint8))
    halo = measures(case, inside.astype(np.float32), case.pixels)[NAMES.index("halo")]
    assert halo == pytest.approx(100, abs=1)  # all that is seen there is the old background


def test_wobbly_masks_are_some_pixels_off() -> None:
    alpha = subject()[:, :, 3] / 255
    inside, off = exact(alpha), wobbly(alpha)
    assert not (inside == off).all()
    for first, second in ((inside, off), (off, inside)):
        distance = cv2.distanceTransform((~first).astype(np.uint8), cv2.DIST_L2, 5)
        assert 1 < distance[second].max() < 9


def test_a_bound_that_does_not_hold_is_told() -> None:
    worse = {"AutoEdit": 1.0, "hard mask": 2.0, "rembg's matting": 4.0}
    rows = [
        (mask, "hard", method, (value,) * 5) for mask in MASKS for method, value in worse.items()
    ]
    assert not missed(rows)
    rows[0] = (rows[0][0], "hard", "AutoEdit", (2.5, 1.0, 1.0, 1.0, 2.5))
    assert [line.split()[0] for line in missed(rows)] == ["SAD", "halo"]


def test_the_bench_runs_and_writes_its_sheet(
    folders: Folders, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delitem(METHODS, "rembg's matting")  # its import compiles for half a minute
    monkeypatch.setattr("bench_matting.missed", lambda rows: [])
    sheet = tmp_path / "sheet.png"
    assert main(["--skip-cost", "--sheet", str(sheet)], folders) == 0
    assert "| exact | all | AutoEdit |" in capsys.readouterr().out
    assert sheet.stat().st_size > 1000


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    assert main(["--skip-cost"], Folders(tmp_path, tmp_path, tmp_path)) == 1
