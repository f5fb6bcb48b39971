from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import autoedit
from autoedit import backends
from autoedit.cli import console, doctor
from autoedit.core.region import Region, Regions
from tests.cli.fakes import Done, FakeEditor

Run = Callable[..., Done]


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"autoedit {autoedit.__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        "edit",
        "background",
        "extract",
        "plan",
        "locate",
        "segment",
        "inpaint",
        "pipelines",
        "doctor",
    ],
)
def test_every_command_has_help_json_and_verbose(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert f"Usage: autoedit {command} " in done.out
    assert "--json" in done.out
    assert "--verbose" in done.out
    assert command in run("--help").out


def test_plan_prints_json(run: Run) -> None:
    done = run("plan", "remove the red mug")
    assert done.code == 0
    plan = autoedit.core.plan.EditPlan.model_validate_json(done.out)
    assert plan.instruction == "remove the red mug"
    assert plan.steps[0].operation == "remove"


def test_locate_prints_regions_and_draws_them(editor: FakeEditor, photo: Path, run: Run) -> None:
    picture = photo.with_name("candidates.png")
    done = run("locate", photo, "red mug", "-o", picture)
    account = json.loads(done.out)
    assert done.code == 0
    assert account["phrase"] == "red mug"
    assert account["size"] == [60, 40]
    assert [found["label"] for found in account["found"]] == ["thing 1", "thing 2"]
    assert account["ambiguous"] is True
    assert account["output"] == str(picture)
    assert Image.open(picture).size == (60, 40)
    assert picture.read_bytes() != photo.read_bytes()


def test_locate_without_a_find_is_code_3(editor: FakeEditor, photo: Path, run: Run) -> None:
    editor.regions = Regions(note="I don't know what a 'giraffe' looks like.")
    picture = photo.with_name("candidates.png")
    done = run("locate", photo, "giraffe", "-o", picture)
    assert (done.code, done.out) == (3, "")
    assert done.err == "autoedit: error: I don't know what a 'giraffe' looks like.\n"
    assert not picture.exists()


def test_locate_draws_what_came_near(editor: FakeEditor, photo: Path, run: Run) -> None:
    editor.regions = Regions((), (Region((4, 5, 7, 20), 0.2, "brown thing", refusal="brown"),))
    picture = photo.with_name("candidates.png")
    done = run("locate", photo, "the red mug", "-o", picture)
    assert done.code == 3
    assert f"See them in {picture}" in done.err
    assert (np.asarray(Image.open(picture)) != np.asarray(Image.open(photo))).any()


def test_segment_writes_a_mask(editor: FakeEditor, photo: Path, run: Run) -> None:
    out = photo.with_name("mask.png")
    done = run("segment", photo, "red mug", "-o", out, "--pick", "2")
    assert done.code == 0
    assert str(out) in done.out
    assert editor.calls[0][1]["pick"] == 2
    assert np.asarray(Image.open(out)).sum() == 255 * 10 * 20
    account = json.loads(run("segment", photo, "-o", out, "--point", "15,15", "--json").out)
    assert account["box"] == [10, 10, 30, 20]
    assert account["area"] == pytest.approx(200 / 2400, abs=1e-6)
    assert editor.calls[1][1]["phrase"] is None


def test_segment_does_not_overwrite_the_photo(editor: FakeEditor, photo: Path, run: Run) -> None:
    assert run("segment", photo, "mug", "-o", photo).code == 2
    assert not editor.calls


def test_inpaint_fills_the_mask(editor: FakeEditor, photo: Path, run: Run) -> None:
    mask, out = photo.with_name("mask.png"), photo.with_name("out.png")
    hole = np.zeros((40, 60), np.uint8)
    hole[5:9, 5:9] = 255
    Image.fromarray(hole).save(mask)
    done = run("inpaint", photo, mask, "-o", out, "--prompt", "grass", "--seed", "4")
    assert (done.code, done.out) == (0, f"Filled the hole: {out}\n")
    settings = editor.calls[0][1]
    assert (settings["prompt"], settings["seed"]) == ("grass", 4)
    assert (np.asarray(Image.open(out))[5:9, 5:9] == 7).all()
    assert json.loads(run("inpaint", photo, mask, "-o", out, "--json").out)["output"] == str(out)
    assert run("inpaint", photo, mask, "-o", mask).code == 2


def test_pipelines_says_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = json.loads(run("pipelines", "--json").out)
    (embedded,) = [row for row in rows if row["name"] == "embedded"]
    assert embedded["ready"]
    assert embedded["default"]
    assert embedded["backends"]["inpainting"] == "patch_diffusion"
    lacking = backends.Backend("no.where:Class", ("no_such_module",), "neural")
    monkeypatch.setitem(backends.BACKENDS["inpainting"], "patch_diffusion", lacking)
    text = run("pipelines").out
    assert "needs no_such_module: pip install 'autoedit[neural]'" in text
    assert run("doctor", "--json").code == 1


def test_doctor_tells_versions_machine_and_pipelines(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    done = run("doctor", "--json")
    account = json.loads(done.out)
    assert done.code == 0
    assert account["autoedit"] == autoedit.__version__
    assert account["cores"] >= 1
    assert account["device"]["kind"] == "cpu"
    assert "not installed" in account["device"]["note"]
    assert Path(account["data"]["pipelines"], "embedded.yaml").is_file()
    table = run("doctor").out
    for word in ("AutoEdit", "Python", "Device", "embedded"):
        assert word in table


def test_doctor_reads_versions_from_the_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    requirements = ["numpy>=2.0", "no-such-library>=1; extra == 'neural'", "pytest; extra == 'dev'"]
    monkeypatch.setattr(metadata, "requires", lambda _: requirements)
    assert doctor.libraries() == {
        "numpy": {"version": np.__version__, "extra": ""},
        "no-such-library": {"version": None, "extra": "neural"},
    }


def test_there_are_no_bars_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    console.start_logging(0)
    with console.progress_bars() as progress:
        assert progress("inpainting", 0.5) is None
    assert capsys.readouterr().err == ""


def test_there_is_a_bar_for_each_stage_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    console.start_logging(0)
    with console.progress_bars() as progress:
        for fraction in (0.0, 0.5, 1.0):
            assert progress("inpainting", fraction) is None
        progress("verification", 1.0)
    assert "inpainting" in terminal.getvalue()
    assert "verification" in terminal.getvalue()


def test_a_log_goes_to_stderr_only_when_asked_for(
    editor: FakeEditor, photo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    def noisy(text: str, _: object) -> object:
        logger = logging.getLogger("autoedit.somewhere")
        logger.warning("alpha was lost")
        logger.info("found it")
        logger.debug("every detail")
        return type(editor).plan(editor, text)

    monkeypatch.setattr(editor, "plan", noisy)
    texts = [run("edit", photo, "x", "--json", *words).err for words in ([], ["-v"], ["-vv"])]
    assert texts[0] == "autoedit: note: alpha was lost\n"
    assert "found it" in texts[1]
    assert "every detail" not in texts[1]
    assert "every detail" in texts[2]


def test_the_shell_completes_pipelines() -> None:
    words = "autoedit edit a.jpg x --pipeline emb"
    environment = {
        **os.environ,
        "_AUTOEDIT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": "5",
    }
    done = subprocess.run(
        [sys.executable, "-m", "autoedit"], env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["embedded"]
