from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests import drawing
from tests.cli.fakes import Done

Run = Callable[..., Done]


@pytest.fixture
def shot(tmp_path: Path) -> tuple[Path, Path]:
    """A photo of a ball, and its mask."""
    pixels = drawing.ground(240, 320)
    mask = drawing.ball(pixels, 120, 130, 60, (190, 40, 40))
    Image.fromarray(pixels).save(tmp_path / "ball.png")
    Image.fromarray(mask.astype(np.uint8) * 255).save(tmp_path / "mask.png")
    return tmp_path / "ball.png", tmp_path / "mask.png"


def test_a_product_photo_lies_beside_the_photo(shot: tuple[Path, Path], run: Run) -> None:
    photo, mask = shot
    before = photo.read_bytes()
    done = run("product", photo, "--mask", mask)
    written = photo.with_name("ball-product.jpg")
    assert done.code == 0, done.err
    assert photo.read_bytes() == before
    assert "checks passed (product)" in done.out and "exactly (255, 255, 255)" in done.out
    with Image.open(written) as image:
        assert image.format == "JPEG" and image.width == image.height


def test_a_rule_that_is_not_met_is_exit_code_4(shot: tuple[Path, Path], run: Run) -> None:
    photo, mask = shot
    report = photo.with_name("report.json")
    done = run("product", photo, "--mask", mask, "-p", "product-amazon", "--report", report)
    assert done.code == 4
    assert "FAIL" in done.out and "checks FAILED: longest_minimum" in done.out
    account = json.loads(report.read_text())
    failed = [rule for rule in account["rules"] if not rule["passed"]]
    assert [rule["name"] for rule in failed] == ["longest_minimum"]
    assert failed[0]["bound"] == 500 and failed[0]["value"] < 500
    assert account["exit_code"] == 4 and Path(account["output"]).is_file()


def test_colour_and_format_are_the_callers(shot: tuple[Path, Path], run: Run) -> None:
    photo, mask = shot
    out = photo.with_name("grey.png")
    done = run("product", photo, "--mask", mask, "-o", out, "--background", "#f0f1f2", "--json")
    account = json.loads(done.out)
    assert done.code == 0 and account["plan"]["steps"][0]["replacement"]["colour"] == "#f0f1f2"
    assert tuple(np.asarray(Image.open(out))[0, 0]) == (0xF0, 0xF1, 0xF2)


def test_check_only_judges_and_writes_nothing(shot: tuple[Path, Path], run: Run) -> None:
    photo, mask = shot
    out = photo.with_name("done.jpg")
    run("product", photo, "--mask", mask, "-o", out)
    there = sorted(photo.parent.iterdir())
    good = run("product", out, "--check-only", "--json")
    bad = run("product", photo, "--check-only")
    assert good.code == 0 and json.loads(good.out)["passed"] is True
    assert bad.code == 4 and "checks FAILED: exact_background" in bad.out
    assert sorted(photo.parent.iterdir()) == there


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--check-only", "-o", "x.jpg"], 2, "--check-only edits nothing"),
        (["--pipeline", "embedded"], 2, "no product section"),
        (["--background", "mauvish"], 2, "not a colour"),
        (["-o", "x.psd"], 2, "suffix"),
        (["--remove", "the green giraffe"], 3, "giraffe"),
    ],
)
def test_what_cannot_be_done_is_refused(
    shot: tuple[Path, Path], run: Run, words: list[str], code: int, said: str
) -> None:
    done = run("product", shot[0], *words)
    assert done.code == code
    assert said in done.err and len(done.err.strip().splitlines()) <= 3


def test_a_box_shows_the_product_and_words_what_is_removed(tmp_path: Path, run: Run) -> None:
    pixels = drawing.ground(240, 320)
    ball = drawing.ball(pixels, 120, 130, 70, (190, 40, 40))
    block = drawing.block(pixels, 240, 160, 280, 200, (60, 160, 230))
    Image.fromarray(pixels).save(tmp_path / "ball.png")
    out, mask, matte = (tmp_path / name for name in ("out.png", "mask.png", "matte.png"))
    done = run(
        "product", tmp_path / "ball.png", "--box", "45,55,195,205", "--remove", "the blue thing",
        "-o", out, "--save-mask", mask, "--save-matte", matte, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    removed, kept, _ = json.loads(done.out)["steps"]
    assert removed["regions"][0]["box"] == pytest.approx([240, 160, 280, 200], abs=3)
    assert kept["regions"][0]["box"] == pytest.approx([50, 60, 191, 201], abs=3)
    assert drawing.overlap(np.asarray(Image.open(mask)) > 127, ball | block) > 0.95
    changed = np.asarray(Image.open(matte))
    assert (changed[:20] == 255).all() and (changed[100:160, 100:140] == 0).all()


def test_an_outline_that_nothing_bears_out_is_exit_code_4(tmp_path: Path, run: Run) -> None:
    pixels = drawing.ground(240, 320, (243, 243, 243), grain=0.3)
    cv2.circle(pixels, (120, 130), 60, (248, 248, 248), -1)
    Image.fromarray(pixels).save(tmp_path / "white.png")
    done = run("product", tmp_path / "white.png", "--box", "30,40,210,220")
    assert done.code == 4
    assert "checks FAILED: outline_maximum" in done.out and "--box" in done.out


def test_a_kept_shadow_is_kept_and_told(tmp_path: Path, run: Run) -> None:
    pixels = drawing.ground(240, 320, (225, 225, 225), grain=0.7)
    drawing.cast_shadow(pixels, 150, 175, (70, 16))
    mask = drawing.ball(pixels, 120, 130, 50, (190, 40, 40))
    Image.fromarray(pixels).save(tmp_path / "ball.png")
    Image.fromarray(mask.astype(np.uint8) * 255).save(tmp_path / "mask.png")
    words = ("product", tmp_path / "ball.png", "--mask", tmp_path / "mask.png", "--contact")
    plain, kept = run(*words, "none"), run(*words, "keep", "-o", tmp_path / "kept.jpg")
    assert plain.code == 0 and kept.code == 4
    assert "its shadow lies on the others" in kept.out
    seen = np.asarray(Image.open(tmp_path / "kept.jpg")).astype(int)
    grey = (np.ptp(seen, axis=2) < 12) & (seen[:, :, 0] < 235)
    assert grey.mean() > 0.02 and (seen[:3] == 255).all()
