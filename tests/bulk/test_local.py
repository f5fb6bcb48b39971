"""Worker processes that die, hang and run out of memory cost one photo each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autoedit.bulk import Batch
from autoedit.bulk.local import LocalEngine
from autoedit.errors import BackendUnavailableError
from tests.bulk import drill
from tests.bulk.conftest import Doer


@pytest.mark.parametrize("together", [1, 4])
def test_each_bad_photo_costs_itself_alone_and_says_why(
    together: int, do: Doer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Batch, "_batches", True)  # whatever the inpainter
    photos = tmp_path / "photos"
    for number in range(6):
        drill.write_photo(photos / f"good-{number}.png", number)
    bad = {
        "crash": drill.SEGFAULT, "hang": drill.HANG, "memory": drill.NO_MEMORY,
        "killed": drill.KILLED, "absent": drill.NOT_FOUND, "bug": drill.UNFORESEEN,
    }  # fmt: skip
    for name, first in bad.items():
        drill.write_photo(photos / f"{name}.png", first=first)

    results = {Path(each.photo).stem: each for each in do(timeout=3.0, gpu_batch=together)}

    assert len(results) == 12
    for number in range(6):
        assert results[f"good-{number}"].state == "done"
        assert results[f"good-{number}"].verdict is True
    assert results["absent"].state == "refused"
    assert all(results[name].state == "failed" for name in bad if name != "absent")
    reasons = {name: f"{results[name].kind}: {results[name].error}" for name in bad}
    assert "SIGSEGV" in reasons["crash"]
    assert "Segmentation fault" in reasons["crash"]
    assert reasons["hang"].startswith("Timeout: It took longer than 3 seconds")
    assert "memory" in reasons["memory"]
    assert "memory ran out" in reasons["killed"]
    assert reasons["absent"] == "TargetNotFoundError: Nothing in the photo fits 'the red mug'."
    assert "what nobody thought of" in reasons["bug"]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == [
        f"good-{number}-obscure.png" for number in range(6)
    ]
    assert not list((tmp_path / "out" / ".autoedit").glob("unfinished/*"))


def test_a_worker_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from autoedit.bulk.local import LocalEngine\n"
        "engine = LocalEngine(1, 1, 60.0, Path(sys.argv[1])); engine._start()\n"
        "assert engine._events.get()[1] == 'ready'\n"
        "print(engine._workers[0].process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    os.kill(worker, 0)
    parent.kill()
    parent.communicate()
    for _ in range(100):
        state = Path(f"/proc/{worker}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail(f"worker {worker} lives on")


def test_workers_that_cannot_start_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autoedit.bulk.local._START", "raise SystemExit('no such library')")
    engine = LocalEngine(1, 1, 5.0, tmp_path)
    job = iter([drill.job(tmp_path)])
    with pytest.raises(BackendUnavailableError, match="no such library"):
        list(engine.run(job))
    engine.close()


def test_a_workers_threads_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    show = "import os, sys; print(os.environ['NUMBA_NUM_THREADS'], file=sys.stderr)"
    monkeypatch.setattr("autoedit.bulk.local._START", show)
    engine = LocalEngine(1, 3, 5.0, tmp_path)
    with pytest.raises(BackendUnavailableError, match=r"\(3\)"):
        list(engine.run(iter([drill.job(tmp_path)])))
    engine.close()
