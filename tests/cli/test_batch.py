"""`autoedit batch`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autoedit.bulk.jobs import Job, Outcome
from autoedit.cli.batch_progress import Tally, duration
from tests.bulk import drill
from tests.bulk.engines import Deeds, copied
from tests.cli.fakes import Done

Run = Callable[..., Done]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(4):
        drill.write_photo(tmp_path / "photos" / f"{number}.png", number)
    return tmp_path / "photos"


@pytest.fixture
def batch(run: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`autoedit batch "remove the mug" photos -o out`, done by copying."""
    Deeds(deed).install(monkeypatch)
    return lambda *more: run("batch", "remove the mug", photos, "-o", tmp_path / "out", *more)


def deed(job: Job) -> Outcome:
    return FAULTS.get(Path(job.photo).stem, copied)(job)


FAULTS: dict[str, Callable[[Job], Outcome]] = {}


@pytest.fixture(autouse=True)
def _no_faults() -> None:
    FAULTS.clear()


def fail(job: Job) -> Outcome:
    return Outcome(job.id, "failed", "PhotoError", "it is bad")


def refuse(job: Job) -> Outcome:
    return Outcome(job.id, "refused", "TargetNotFoundError", "no mug")


def flaw(job: Job) -> Outcome:
    return replace(copied(job), verdict=False)


def test_a_run_says_what_it_did_and_the_next_that_nothing_is_left(batch: Run) -> None:
    first = batch()
    assert first.code == 0
    assert first.out.startswith("4 done. Look at it: autoedit batch report ")
    assert "4 photos, 4 to do." in first.err
    again = batch()
    assert again.code == 0
    assert "4 photos, 0 to do, 4 done before." in again.err


@pytest.mark.parametrize(
    ("faults", "code", "words"),
    [
        ({"1": flaw}, 4, "4 done (1 with faults found)"),
        ({"1": flaw, "2": refuse}, 3, "3 done (1 with faults found), 1 refused"),
        ({"1": fail, "2": refuse}, 1, "2 done, 1 failed, 1 refused"),
    ],
)
def test_the_exit_code_tells_the_worst(
    faults: dict[str, Callable[[Job], Outcome]], code: int, words: str, batch: Run
) -> None:
    FAULTS.update(faults)
    done = batch()
    assert (done.code, done.out.partition(". Look")[0]) == (code, words)
    assert ("failed: " in done.err and "1.png: it is bad" in done.err) == (code == 1)


def test_json_is_an_object_on_each_line(batch: Run) -> None:
    FAULTS["2"] = fail
    done = batch("--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["event"] for line in lines] == ["planned", *["photo"] * 4, "summary"]
    assert lines[0]["to_do"] == 4
    assert [line["state"] for line in lines[1:5]] == ["done", "done", "failed", "done"]
    assert lines[3]["error"] == "it is bad"
    assert (lines[-1]["done"], lines[-1]["failed"], lines[-1]["exit_code"]) == (3, 1, 1)
    assert done.code == 1


def test_an_error_is_a_line_of_json_too(run: Run, tmp_path: Path) -> None:
    done = run("batch", "remove it", tmp_path / "none", "-o", tmp_path / "out", "--json")
    (line,) = done.out.splitlines()
    account = json.loads(line)
    assert (account["event"], account["type"], done.code) == ("error", "InputError", 2)
    assert "There is no file or folder" in account["message"]


def test_a_full_disk_is_told_with_what_to_do(batch: Run, tmp_path: Path) -> None:
    FAULTS["1"] = lambda job: Outcome(job.id, "pending", "OutputError", "x", stop="Disk full.")
    done = batch()
    assert done.code == 1
    assert "Disk full. The same command goes on; what is done is kept." in done.err
    assert "1 done, 3 to do" in done.out
    FAULTS.clear()
    assert batch().code == 0


def test_status_counts_and_names_the_errors(batch: Run, run: Run, tmp_path: Path) -> None:
    FAULTS["2"] = fail
    batch()
    done = run("batch", "status", tmp_path / "out")
    assert done.out == "3 done, 1 failed.\n  1 x PhotoError\n"
    account = json.loads(run("batch", "status", tmp_path / "out", "--json").out)
    assert (account["done"], account["errors"]) == (3, {"PhotoError": 1})
    assert account["in_progress"] is False
    missing = run("batch", "status", tmp_path)
    assert missing.code == 2
    assert "There is no ledger" in missing.err


def test_report_writes_the_page_and_the_table(batch: Run, run: Run, tmp_path: Path) -> None:
    batch()
    done = run("batch", "report", tmp_path / "out", "-o", tmp_path / "look.html")
    assert done.code == 0
    assert len((tmp_path / "look.csv").read_text().splitlines()) == 5
    assert '"4 photos, 4 done"' in (tmp_path / "look.html").read_text("utf-8").replace(
        '"summary":', ""
    )
    assert len(list((tmp_path / "look-files").rglob("*.webp"))) == 4


def test_a_dry_run_estimates_from_a_trial_and_writes_nothing(
    run: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill.register(monkeypatch)
    pipeline = drill.write_pipeline(tmp_path / "drill.yaml", seconds=0.1)
    done = run("batch", drill.INSTRUCTION, photos, "-o", tmp_path / "out", "-w", 2, "--dry-run",
               "--json", "-p", pipeline)  # fmt: skip
    planned, estimate = (json.loads(line) for line in done.out.splitlines())
    assert (planned["to_do"], estimate["workers"]) == (4, 2)
    assert 0.1 <= estimate["seconds_a_photo"] < 5
    assert estimate["seconds"] == pytest.approx(estimate["seconds_a_photo"] * 4 / 2)
    assert not (tmp_path / "out").exists()


def test_a_manifest_needs_no_instruction(run: Run, photos: Path, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    engine = Deeds().install(monkeypatch)
    (photos / "list.csv").write_text("photo,instruction\n1.png,remove the mug\n")
    assert run("batch", photos / "list.csv", "-o", tmp_path / "out").code == 0
    assert len(engine.done) == 1
    done = run("batch", "remove the mug", "-o", tmp_path / "out")
    assert done.code == 2
    assert "with which photos" in done.err


def test_paths_come_from_standard_input(run: Run, photos: Path, tmp_path: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    Deeds().install(monkeypatch)
    lines = (tmp_path / "lines").open("w+")
    lines.write(f"{photos}/0.png\n{photos}/3.png\n")
    lines.seek(0)
    monkeypatch.setattr(sys, "stdin", lines)
    assert run("batch", "remove the mug", "-", "-o", tmp_path / "out").code == 0
    lines.close()
    assert len(list((tmp_path / "out").glob("*.png"))) == 2


def test_help_names_the_usage(run: Run) -> None:
    assert "autoedit batch INSTRUCTION INPUTS... -o OUT" in run("batch", "--help").out
    assert run("batch").code == 0


def test_a_tally_tells_rate_and_rest() -> None:
    now = iter(float(second) for second in range(0, 100, 2))
    tally = Tally(10, clock=lambda: next(now))
    assert tally.words(0) == "0 done, 0 failed, 0 refused, starting"
    for state, verdict in (("done", True), ("done", False), ("failed", None), ("refused", None)):
        tally.count(state, verdict)  # pyright: ignore[reportArgumentType]
    assert tally.rate == 0.5
    expected = "2 done (1 with faults), 1 failed, 1 refused, 0.50/s, 12 s left, 3 workers"
    assert tally.words(3) == expected
    assert [duration(each) for each in (40, 700, 12_000, 200_000)] == [
        "40 s", "12 min", "3 h 20 min", "2 d 7 h"
    ]  # fmt: skip
