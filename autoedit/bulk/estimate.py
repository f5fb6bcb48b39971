"""How long a run would take, from what is done already or from one photo edited on trial."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from pathlib import Path

from autoedit.bulk.jobs import Job, Outcome
from autoedit.bulk.local import LocalEngine, cores

_ROUNDS = 2
"""The first edit of a process loads and compiles; the second takes what the others will."""


def trial_seconds(
    row: sqlite3.Row, *, threads: int | None = None, most: float = 60.0
) -> float | None:
    """Seconds that a photo takes a worker that has its models loaded.

    Args:
        row: of `Ledger.to_do`. Its photo is edited in a process of its own, and the result thrown
            away.
        threads: that the process may use.
        most: seconds to wait for one edit.

    Returns:
        None when the photo cannot be edited in that time.
    """
    pointing = json.loads(row["pointing"] or "{}")
    with tempfile.TemporaryDirectory(prefix="autoedit-") as name:
        folder = Path(name)
        result = folder / Path(row["output"]).name
        job = Job(
            row["id"], row["photo"], str(result), str(result), row["plan"], row["pipeline"],
            tuple(pointing["box"]) if "box" in pointing else None, pointing.get("mask"),
            pointing.get("pick"), row["seed"],
        )  # fmt: skip
        engine = LocalEngine(1, threads or cores(), most, folder)
        try:
            outcomes = [each for each in engine.run(iter([job] * _ROUNDS)) if each is not None]
        finally:
            engine.close()
    return _usual(outcomes)


def _usual(outcomes: list[Outcome]) -> float | None:
    done = [each.seconds for each in outcomes if each.state == "done"]
    return min(done) if done else None
