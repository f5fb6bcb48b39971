"""What one job becomes, whatever goes wrong."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from autoedit.bulk.editing import Station
from autoedit.bulk.jobs import Job
from autoedit.bulk.storage import digest
from autoedit.pipeline import load_pipeline
from autoedit.planning.grammar import GrammarPlanner
from tests.bulk import drill


@pytest.fixture
def job(tmp_path: Path, pipeline: Path) -> Job:
    photo = drill.write_photo(tmp_path / "a.png")
    plan = GrammarPlanner().plan(drill.INSTRUCTION)
    return Job(
        7, str(photo), str(tmp_path / "out.png"), str(tmp_path / "temporary.png"),
        plan.model_dump_json(), load_pipeline(pipeline).model_dump_json(),
    )  # fmt: skip


def test_a_result_is_written_and_hashed(job: Job) -> None:
    outcome = Station().do(job)
    assert (outcome.id, outcome.state, outcome.verdict) == (7, "done", True)
    assert outcome.content == digest(Path(job.photo).read_bytes())
    assert outcome.output_hash == digest(Path(job.temporary).read_bytes())
    assert outcome.seconds > 0
    assert outcome.memory > 10**6


def test_bytes_come_in_and_go_back(job: Job) -> None:
    data = Path(job.photo).read_bytes()
    carried = Job(
        job.id, "memory://a.png", "memory://b.png", "", job.plan, job.pipeline, data=data,
        give_back=True,
    )  # fmt: skip
    outcome = Station().do(carried)
    assert outcome.data is not None
    assert digest(outcome.data) == outcome.output_hash == Station().do(job).output_hash


@pytest.mark.parametrize(
    ("number", "stop"), [(errno.ENOSPC, "The disk is full"), (errno.EIO, "cannot be written")]
)
def test_a_disk_that_cannot_be_written_stops_the_run(
    number: int, stop: str, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    outcome = Station().do(job)
    assert outcome.state == "pending"
    assert stop in outcome.stop
    assert list(Path(job.temporary).parent.glob("temporary*")) == []


def test_an_encoder_that_refuses_costs_the_photo_alone(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> bytes:
        raise ValueError("too wide")

    monkeypatch.setattr("autoedit.core.files.writing.encode", fail)
    outcome = Station().do(job)
    assert (outcome.state, outcome.kind, outcome.stop) == ("failed", "OutputError", "")
    assert "too wide" in outcome.error


def test_a_pipeline_that_cannot_run_stops_the_run(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autoedit.backends.Backend.missing", ("torch",))
    outcome = Station().do(job)
    assert outcome.state == "pending"
    assert "torch, which is not installed" in outcome.stop


def test_a_damaged_photo_is_named_as_the_user_knows_it(job: Job) -> None:
    url = "s3://shop/a.png"
    damaged = Job(1, url, "", "", job.plan, job.pipeline, data=b"\x89PNG\r\n\x1a\nrest")
    outcome = Station().do(damaged)
    assert (outcome.state, outcome.kind) == ("failed", "PhotoError")
    assert outcome.error.startswith(f"{url} is")
    assert outcome.content == digest(b"\x89PNG\r\n\x1a\nrest")
