"""What goes wrong is one line, with its exit code, and never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autoedit.errors import BackendUnavailableError, InstructionError, OutputError, PhotoError
from tests.cli.fakes import Done, FakeEditor

Run = Callable[..., Done]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PhotoError("x.jpg is empty."), 2),
        (InstructionError("There is nothing to do."), 2),
        (BackendUnavailableError("torch is not installed."), 1),
        (OutputError("The disk is full."), 1),
    ],
)
def test_each_error_has_its_code_and_its_line(
    editor: FakeEditor, photo: Path, run: Run, error: Exception, code: int
) -> None:
    editor.error = error
    done = run("edit", photo, "remove it")
    assert (done.code, done.out, done.err) == (code, "", f"autoedit: error: {error}\n")
    done = run("edit", photo, "remove it", "--json")
    account = json.loads(done.out)["error"]
    assert account == {
        "type": type(error).__name__,
        "message": str(error),
        "exit_code": code,
        "candidates": None,
    }
    assert (done.code, done.err) == (code, "")


def test_a_bug_is_one_line_and_a_traceback_for_vv(
    editor: FakeEditor, photo: Path, run: Run
) -> None:
    editor.error = ZeroDivisionError("division\nby zero")
    done = run("edit", photo, "remove it")
    assert done.code == 1
    assert done.err == (
        "autoedit: error: ZeroDivisionError: division by zero "
        "(this is a bug; -vv shows the traceback)\n"
    )
    loud = run("edit", photo, "remove it", "-vv")
    assert loud.code == 1
    assert "Traceback (most recent call last)" in loud.err
    assert loud.err.endswith(done.err)


def test_too_little_memory_is_no_bug(editor: FakeEditor, photo: Path, run: Run) -> None:
    editor.error = MemoryError()
    done = run("edit", photo, "remove it")
    assert done.code == 1
    assert "not enough memory" in done.err
    assert "bug" not in done.err


def test_an_interrupt_says_cancelled(editor: FakeEditor, photo: Path, run: Run) -> None:
    editor.error = KeyboardInterrupt()
    done = run("edit", photo, "remove it")
    assert (done.code, done.out, done.err) == (130, "", "Cancelled.\n")
    assert not photo.with_name("desk-edited.png").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["edt"], "No such command 'edt'. Did you mean 'edit'? See: autoedit --help"),
        (["edit", "a.jpg"], "Missing argument 'INSTRUCTION'. See: autoedit edit --help"),
        (["plan", "a", "b"], "Got unexpected extra argument(s) (b) See: autoedit plan --help"),
    ],
)
def test_wrong_words_are_one_line(run: Run, words: list[str], message: str) -> None:
    done = run(*words)
    assert (done.code, done.out, done.err) == (2, "", f"autoedit: error: {message}\n")
    done = run(*words, "--json")
    assert json.loads(done.out)["error"]["exit_code"] == 2
    assert done.err == ""


def test_json_after_two_dashes_is_an_instruction(run: Run) -> None:
    done = run("edit", "--", "missing.png", "--json", "more")
    assert (done.code, done.out) == (2, "")
    assert "unexpected" in done.err


def test_no_words_at_all_show_the_help(run: Run) -> None:
    done = run()
    assert (done.code, done.out) == (2, "")
    assert "Usage: autoedit" in done.err


def test_a_full_disk_behind_stdout_is_one_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    with full.open("w") as out:
        done = subprocess.run(
            [sys.executable, "-m", "autoedit", "pipelines", "--json"],
            stdout=out, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("autoedit: error: Standard output cannot be written")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_leaves_gets_no_noise() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "autoedit", "pipelines", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    noise = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1
    assert noise == ""
