from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoedit.core.files import load_photo
from autoedit.core.plan import EditStep, Replacement, Target
from autoedit.core.region import Region, Regions
from autoedit.errors import AmbiguousTargetError, TargetNotFoundError
from tests.cli.fakes import Done, FakeEditor

Run = Callable[..., Done]


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_the_edited_photo_lies_beside_the_photo(editor: FakeEditor, photo: Path, run: Run) -> None:
    before = photo.read_bytes()
    done = run("edit", photo, "remove the red mug")
    written = photo.with_name("desk-edited.png")
    assert done.code == 0
    assert done.out == f"Removed red mug: {written} (checks passed)\n"
    assert done.err == "autoedit: note: CMYK was converted to RGB\n"
    assert photo.read_bytes() == before
    assert (pixels(written)[10:20, 10:30] == 0).all()
    assert (pixels(written)[20:] == pixels(photo)[20:]).all()


def test_settings_reach_the_editor(editor: FakeEditor, photo: Path, run: Run) -> None:
    words = [
        "--seed",
        "7",
        "--box",
        "1,2,30,30.5",
        "--point",
        "3,4",
        "--point",
        "5,6",
        "--pick",
        "all",
    ]
    done = run("edit", photo, "remove it", *words, "--set", "verification.attempts=5")
    assert done.code == 0
    (name, settings) = editor.calls[0]
    assert name == "edit"
    assert settings["seed"] == 7
    assert settings["box"] == (1.0, 2.0, 30.0, 30.5)
    assert settings["point"] == [(3.0, 4.0), (5.0, 6.0)]
    assert settings["pick"] == "all"
    assert editor.pipeline.verification.attempts == 5


def test_without_pointing_the_editor_is_told_nothing(
    editor: FakeEditor, photo: Path, run: Run
) -> None:
    run("edit", photo, "remove it")
    settings = editor.calls[0][1]
    assert [settings[name] for name in ("box", "point", "mask", "pick")] == [None] * 4


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--box", "1,2,3"], "x0,y0,x1,y1"),
        (["--box", "1,2,3,four"], "x0,y0,x1,y1"),
        (["--box", "1,2,3,nan"], "x0,y0,x1,y1"),
        (["--point", "7"], "x,y"),
        (["--point", "7,8", "--point", "a,b"], "x,y"),
        (["--pick", "0"], "--pick"),
        (["--pick", "first"], "--pick"),
        (["--pick", "-1"], "--pick"),
        (["--seed", "x"], "--seed"),
        (["--seed", "-1"], "--seed"),
        (["--candidates", "0"], "--candidates"),
        (["--set", "verification"], "stage.key=value"),
        (["--set", "nothing.here=1"], "nothing"),
        (["--pipeline", "nosuch"], "nosuch"),
        (["--in-place", "-o", "x.png"], "--in-place"),
        (["-o", "out.xyz"], "out.xyz"),
        (["-o", "out"], ".png"),
        (["--save-mask", "mask.jpg"], "mask.jpg"),
        (["--nosuch"], "--nosuch"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_code_2(
    editor: FakeEditor, photo: Path, run: Run, words: list[str], names: str
) -> None:
    files = sorted(photo.parent.iterdir())
    done = run("edit", photo, "remove it", *words)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("autoedit: error: ")
    assert done.err.count("\n") == 1
    assert names in done.err
    assert not editor.calls
    assert sorted(photo.parent.iterdir()) == files


@pytest.mark.parametrize("link", ["same", "dotted", "symbolic", "hard"])
def test_the_photo_is_not_overwritten_by_another_name(
    editor: FakeEditor, photo: Path, run: Run, link: str
) -> None:
    other = photo.with_name("other.png")
    if link == "same":
        other = photo
    elif link == "dotted":
        other = photo.parent / ".." / photo.parent.name / photo.name
    elif link == "symbolic":
        other.symlink_to(photo)
    else:
        other.hardlink_to(photo)
    before = photo.read_bytes()
    done = run("edit", photo, "remove it", "-o", other)
    assert done.code == 2
    assert "--in-place" in done.err
    assert not editor.calls
    assert photo.read_bytes() == before


def test_in_place_overwrites_the_photo(editor: FakeEditor, photo: Path, run: Run) -> None:
    assert run("edit", photo, "remove it", "--in-place").code == 0
    assert (pixels(photo)[10:20, 10:30] == 0).all()
    assert [path.name for path in photo.parent.iterdir()] == ["desk.png"]


def test_an_existing_output_is_replaced_unless_asked_not_to(
    editor: FakeEditor, photo: Path, run: Run
) -> None:
    out = photo.with_name("out.png")
    out.write_text("mine")
    done = run("edit", photo, "remove it", "-o", out, "--no-overwrite")
    assert (done.code, out.read_text()) == (1, "mine")
    assert not editor.calls
    assert run("edit", photo, "remove it", "-o", out).code == 0
    assert pixels(out).shape == pixels(photo).shape


@pytest.mark.parametrize("bad", ["missing/out.png", "desk.png/out.png", "folder.png"])
def test_an_output_that_cannot_be_is_refused_before_the_work(
    editor: FakeEditor, photo: Path, run: Run, bad: str
) -> None:
    photo.with_name("folder.png").mkdir()
    done = run("edit", photo, "remove it", "-o", photo.parent / bad)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "folder" in done.err
    assert not editor.calls


def test_candidates_are_numbered(editor: FakeEditor, photo: Path, run: Run) -> None:
    out = photo.with_name("out.png")
    done = run("edit", photo, "remove it", "-o", out, "--candidates", "3", "--json")
    written = [out, photo.with_name("out-2.png"), photo.with_name("out-3.png")]
    assert json.loads(done.out)["outputs"] == [str(path) for path in written]
    assert [pixels(path)[15, 15, 0] for path in written] == [0, 10, 20]


def test_a_candidate_does_not_overwrite_the_photo(
    editor: FakeEditor, photo: Path, run: Run
) -> None:
    second = photo.rename(photo.with_name("a-2.png"))
    done = run("edit", second, "remove it", "-o", photo.with_name("a.png"), "--candidates", "2")
    assert done.code == 2
    assert not editor.calls


def test_mask_matte_and_report_are_written(editor: FakeEditor, photo: Path, run: Run) -> None:
    mask, matte, report = (photo.with_name(n) for n in ("mask.png", "matte.tif", "report.json"))
    files = ["--save-mask", mask, "--save-matte", matte, "--report", report]
    done = run("edit", photo, "remove it", *files, "--seed", "5")
    assert done.code == 0
    for path in (mask, matte):
        image = Image.open(path)
        assert image.mode == "L"
        array = np.asarray(image)
        assert (array[10:20, 10:30] == 255).all()
        assert array.sum() == 255 * 10 * 20
    account = json.loads(report.read_text())
    assert account["seed"] == 5
    assert account["output"] == str(photo.with_name("desk-edited.png"))
    assert account["verdict"]["passed"] is True
    assert account["exit_code"] == 0


def test_two_outputs_in_one_file_are_refused(editor: FakeEditor, photo: Path, run: Run) -> None:
    out = photo.with_name("out.png")
    done = run("edit", photo, "remove it", "-o", out, "--save-mask", out)
    assert done.code == 2
    assert "Two outputs" in done.err
    assert not out.exists()


def test_a_given_mask_is_not_overwritten(editor: FakeEditor, photo: Path, run: Run) -> None:
    mask = photo.with_name("mask.png")
    Image.new("L", (60, 40), 255).save(mask)
    before = mask.read_bytes()
    done = run("edit", photo, "remove it", "--mask", mask, "--save-mask", mask)
    assert done.code == 2
    assert mask.read_bytes() == before


def test_a_failed_verdict_is_code_4_and_still_written(
    editor: FakeEditor, photo: Path, run: Run
) -> None:
    editor.passed = False
    done = run("edit", photo, "remove the red mug")
    written = photo.with_name("desk-edited.png")
    assert done.code == 4
    assert done.out == f"Removed red mug: {written} (checks FAILED: the seam shows)\n"
    assert written.exists()
    account = json.loads(run("edit", photo, "remove the red mug", "--json").out)
    assert account["exit_code"] == 4
    assert account["verdict"]["passed"] is False


def test_json_is_all_there_is_on_stdout(editor: FakeEditor, photo: Path, run: Run) -> None:
    done = run("edit", photo, "remove the red mug", "--json")
    account = json.loads(done.out)
    assert account["output"] == str(photo.with_name("desk-edited.png"))
    assert account["plan"]["steps"][0]["operation"] == "remove"
    assert done.err == ""


def test_an_ambiguous_target_lists_what_to_pick_from(
    editor: FakeEditor, photo: Path, run: Run
) -> None:
    editor.error = AmbiguousTargetError("'red mug' fits 2 things.", editor.regions)
    editor.error.photo = load_photo(photo)
    picture = photo.with_name("desk-edited-candidates.png")
    done = run("edit", photo, "remove the red mug")
    assert done.code == 3
    assert done.out == ""
    assert done.err.splitlines() == [
        "autoedit: error: 'red mug' fits 2 things.",
        "  1. thing 1 (box 4,5,7,20; score 0.80)",
        "  2. thing 2 (box 8,5,11,20; score 0.70)",
        f"  See them in {picture}",
    ]
    assert (np.asarray(Image.open(picture)) != np.asarray(Image.open(photo))).any()
    assert not photo.with_name("desk-edited.png").exists()


def test_an_ambiguous_target_in_json_has_its_candidates(
    editor: FakeEditor, photo: Path, run: Run
) -> None:
    editor.error = AmbiguousTargetError("'red mug' fits 2 things.", editor.regions)
    editor.error.photo = load_photo(photo)
    done = run("edit", photo, "remove the red mug", "--json", "-o", photo.with_name("new.jpg"))
    error = json.loads(done.out)["error"]
    assert error["picture"] == str(photo.with_name("new-candidates.png"))
    assert (done.code, error["exit_code"], done.err) == (3, 3, "")
    assert error["type"] == "AmbiguousTargetError"
    assert error["message"] == "'red mug' fits 2 things."
    assert [found["number"] for found in error["candidates"]["found"]] == [1, 2]


def test_a_target_not_found_says_what_came_near(editor: FakeEditor, photo: Path, run: Run) -> None:
    near = Region((0, 0, 5, 5), 0.2, "brown thing", refusal="its colour is brown")
    editor.error = TargetNotFoundError("Nothing fits.", Regions((), (near,)))
    done = run("edit", photo, "remove the red mug")
    assert done.code == 3
    assert done.err.splitlines() == [
        "autoedit: error: Nothing fits.",
        "  a. not taken: brown thing (box 0,0,5,5; score 0.20): its colour is brown",
    ]


def test_candidates_that_cannot_be_drawn_are_still_listed(
    editor: FakeEditor, photo: Path, run: Run
) -> None:
    editor.error = AmbiguousTargetError("'red mug' fits 2 things.", editor.regions)
    editor.error.photo = load_photo(photo)
    photo.with_name("desk-edited-candidates.png").mkdir()
    done = run("edit", photo, "remove the red mug")
    assert done.code == 3
    assert "  2. thing 2 (box 8,5,11,20; score 0.70)" in done.err
    assert "They could not be drawn" in done.err


def test_negative_points_reach_the_editor(editor: FakeEditor, photo: Path, run: Run) -> None:
    where = ("--point", "5,5", "--negative-point", "9,9", "--negative-point", "1,2")
    assert run("edit", photo, "remove it", *where).code == 0
    assert editor.calls[0][1]["negative_point"] == [(9.0, 9.0), (1.0, 2.0)]
    done = run("edit", photo, "remove it", "--negative-point", "9")
    assert done.code == 2
    assert "--negative-point takes two numbers" in done.err


def test_a_sample_is_written_to_the_working_directory(
    editor: FakeEditor, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("edit", "sample:coffee", "remove it").code == 0
    assert Image.open(tmp_path / "coffee-edited.png").size == (600, 400)
    assert run("edit", "sample:coffee", "remove it", "--in-place").code == 2


def test_a_cut_out_of_a_jpeg_becomes_a_png(editor: FakeEditor, photo: Path, run: Run) -> None:
    jpeg = photo.with_name("mug.jpg")
    Image.open(photo).save(jpeg)
    assert run("edit", jpeg, "blur the mug").code == 0
    assert photo.with_name("mug-edited.jpg").exists()
    editor.steps = (EditStep(operation="extract", target=Target(phrase="the mug")),)
    done = run("edit", jpeg, "cut out the mug")
    assert done.out.startswith(f"Cut out the mug: {photo.with_name('mug-edited.png')} ")


def test_a_plan_is_told_as_something_done(editor: FakeEditor, photo: Path, run: Run) -> None:
    mug = Target(phrase="the mug")

    def step(operation: str, **replacement: object) -> EditStep:
        given = Replacement.model_validate(replacement) if replacement else None
        return EditStep.model_validate(
            {"operation": operation, "target": mug, "replacement": given}
        )

    editor.steps = (
        step("modify", colour="blue"),
        step("obscure", phrase="pixelate"),
        step("background", blur=True),
        step("background", transparent=True),
        step("replace", phrase="a plant"),
        step("add", phrase="a cat"),
    )
    done = run("edit", photo, "much")
    assert done.out.startswith(
        "Made the mug blue, pixelated the mug, made the background blurred, made the background "
        "transparent, replaced the mug with a plant and added a cat: "
    )
