"""Several photos at a time in one process: filled together, failing each for itself."""

from __future__ import annotations

import queue
import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from autoedit.bulk import Batch, Settings
from autoedit.bulk.editing import Station
from autoedit.bulk.jobs import Job, Outcome
from autoedit.bulk.together import Together
from autoedit.pipeline import load_pipeline
from autoedit.planning.grammar import GrammarPlanner
from tests.bulk import drill
from tests.bulk.conftest import Doer

REMOVE = "remove the red mug"


@pytest.fixture
def filling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pipeline that fills by the drill's inpainter."""
    drill.register(monkeypatch)
    monkeypatch.setattr(drill.DrillInpainter, "batches", [])
    return drill.write_pipeline(tmp_path / "filling.yaml", inpainter="drill")


def jobs(folder: Path, pipeline: Path, instructions: list[str]) -> list[Job]:
    text = load_pipeline(pipeline).model_dump_json()
    return [
        Job(
            number, str(drill.write_photo(folder / f"{number}.png", number)), "",
            str(folder / f"{number}-edited.png"),
            GrammarPlanner().plan(instruction).model_dump_json(), text,
        )
        for number, instruction in enumerate(instructions)
    ]  # fmt: skip


def done(size: int, asked: list[Job], told: list[tuple[int, ...]]) -> dict[int, Outcome]:
    waiting: queue.Queue[Job] = queue.Queue()
    for job in asked:
        waiting.put(job)
    outcomes = Together(size, told.append).outcomes(waiting)
    return {each.id: each for each in islice(outcomes, len(asked))}


def test_photos_are_filled_together_and_become_what_they_do_alone(
    tmp_path: Path, filling: Path
) -> None:
    asked = jobs(tmp_path, filling, [REMOVE] * 3 + [drill.INSTRUCTION] + [REMOVE] * 2)
    station = Station()
    alone = {job.id: station.do(job) for job in asked}
    single = len(drill.DrillInpainter.batches)
    assert set(drill.DrillInpainter.batches) == {1}
    drill.DrillInpainter.batches.clear()
    told: list[tuple[int, ...]] = []
    together = done(3, asked, told)
    assert sum(drill.DrillInpainter.batches) == single
    assert drill.DrillInpainter.batches[0] == 3
    assert len(drill.DrillInpainter.batches) < single
    assert told[:5] == [(), (0,), (1,), (2,), (0, 1, 2)]
    same = ("state", "verdict", "findings", "notes", "content", "output_hash")
    for job in asked:
        for name in same:
            assert getattr(together[job.id], name) == getattr(alone[job.id], name)
        assert together[job.id].state == "done"


def test_one_that_cannot_be_filled_costs_the_others_nothing(tmp_path: Path, filling: Path) -> None:
    asked = jobs(tmp_path, filling, [REMOVE] * 4)
    drill.write_photo(tmp_path / "2.png", 2, drill.FILL_FAILS)
    (tmp_path / "3.png").write_bytes(b"")
    outcomes = done(4, asked, [])
    assert [outcomes[number].state for number in range(4)] == ["done", "done", "failed", "failed"]
    assert outcomes[2].error == "It cannot be filled."
    assert outcomes[3].kind == "PhotoError"


def test_time_is_shared_out(tmp_path: Path, filling: Path) -> None:
    asked = jobs(tmp_path, filling, [REMOVE] * 3)
    slow = asked[0].pipeline.replace('"seconds":0.0', '"seconds":0.5')
    assert slow != asked[0].pipeline
    outcomes = done(3, [replace(asked[0], pipeline=slow), *asked[1:]], [])
    assert outcomes[0].seconds > 0.5 > max(outcomes[1].seconds, outcomes[2].seconds)


def test_a_crash_while_several_are_filled_costs_one_photo(
    do: Doer, tmp_path: Path, filling: Path
) -> None:
    for number in range(5):
        first = drill.FILL_CRASH if number == 2 else drill.PLAIN
        drill.write_photo(tmp_path / "photos" / f"{number}.png", number, first)
    asked = {"instruction": REMOVE, "pipeline": str(filling), "workers": 1}
    results = {Path(each.photo).stem: each for each in do(gpu_batch=3, **asked)}
    states = {name: each.state for name, each in sorted(results.items())}
    assert states == {"0": "done", "1": "done", "2": "failed", "3": "done", "4": "done"}
    assert "SIGSEGV" in results["2"].error
    shutil.rmtree(tmp_path / "out")
    for each in do(**asked):
        assert each.output_hash == results[Path(each.photo).stem].output_hash


def test_a_pipeline_that_does_not_batch_says_so(tmp_path: Path, pipeline: Path) -> None:
    drill.write_photo(tmp_path / "photos" / "a.png")
    asked = Settings(str(tmp_path / "out"), drill.INSTRUCTION, str(pipeline), gpu_batch=4)
    with Batch(tmp_path / "photos", asked) as batch:
        assert any("--gpu-batch has no effect" in note for note in batch.prepare().notes)
