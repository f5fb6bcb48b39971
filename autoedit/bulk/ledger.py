"""The ledger: one row a photo, in SQLite beside the output. One process writes it.

Write-ahead logging lets `status` read while a run writes. Commits are synchronous and batched by
the caller: what was committed survives a power cut.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from autoedit.bulk.jobs import STATES, Outcome, State
from autoedit.errors import InputError, OutputError

VERSION = 1
_NUMBER = {state: number for number, state in enumerate(STATES)}
PENDING, RUNNING, DONE, FAILED, REFUSED = range(5)
_PAGE = 256

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plans (
    id INTEGER PRIMARY KEY, instruction TEXT NOT NULL, pipeline INTEGER NOT NULL,
    hash TEXT NOT NULL, content TEXT NOT NULL, kind TEXT NOT NULL, error TEXT NOT NULL,
    UNIQUE (instruction, pipeline, hash)
);
CREATE TABLE IF NOT EXISTS pipelines (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, content TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS photos (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,         -- of the photo's place, plan, pipeline and pointing
    photo TEXT NOT NULL,
    output TEXT NOT NULL,             -- relative to the output folder
    output_key BLOB NOT NULL UNIQUE,  -- the same whatever the letters' case
    wanted TEXT,                      -- the name that was taken already, when it was
    plan INTEGER NOT NULL REFERENCES plans (id),
    pipeline INTEGER NOT NULL REFERENCES pipelines (id),
    pointing TEXT,                    -- box, mask and pick as JSON
    seed INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    content TEXT NOT NULL DEFAULT '', -- SHA-256 of the photo's file
    run INTEGER NOT NULL,             -- the last one that named the photo
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    verdict INTEGER,
    findings TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0,
    output_hash TEXT NOT NULL DEFAULT '',
    finished REAL
);
CREATE INDEX IF NOT EXISTS photos_by_state ON photos (state, verdict, kind);
CREATE INDEX IF NOT EXISTS photos_to_do ON photos (run, id) WHERE state < 2;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that is to be added: see the table `photos`."""

    key: bytes
    photo: str
    plan: int
    pipeline: int
    pointing: str | None
    seed: int
    stamp: str
    run: int
    state: State = "pending"
    kind: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many photos are in which state.

    Attributes:
        states: by state, all of them.
        flawed: done and written, but the checks found fault with it.
        kinds: failed and refused photos by the error's class, most frequent first.
    """

    states: dict[State, int]
    flawed: int
    kinds: dict[str, int]

    @property
    def total(self) -> int:
        """All photos."""
        return sum(self.states.values())

    def report(self) -> dict[str, Any]:
        """JSON-able values."""
        return {"photos": self.total, **self.states, "flawed": self.flawed, "errors": self.kinds}


class Ledger:
    """The rows of one output folder.

    Args:
        path: the database; None for one that is kept nowhere.
        read_only: for `status` and `report`; works while a run writes.

    Raises:
        InputError: when there is none to read, or it is of another version.
        OutputError: when it cannot be written.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        self.path = path
        if read_only and (path is None or not path.is_file()):
            raise InputError(f"There is no ledger at {path}; was anything written there?")
        with clear_errors(path):
            # "" is a database that SQLite keeps in a temporary file and removes.
            self._base = sqlite3.connect(path or "", isolation_level=None)
            self._base.row_factory = sqlite3.Row
            if not read_only:
                self._base.execute("PRAGMA journal_mode = WAL")
                self._base.execute("PRAGMA synchronous = FULL")
                self._base.executescript(_SCHEMA)
            else:
                self._base.execute("PRAGMA query_only = ON")
            self._check_version()

    def _check_version(self) -> None:
        found = int(self.fact("version") or 0)
        if not found:
            self.set_fact("version", str(VERSION))
        elif found != VERSION:
            raise InputError(
                f"The ledger {self.path} is of version {found}, and this AutoEdit reads {VERSION}. "
                "Use another output folder."
            )

    @classmethod
    def copy_of(cls, path: Path) -> Ledger:
        """What a ledger holds, to be changed without changing it; an empty one if there is none."""
        copied = cls(None)
        if path.is_file():
            original = cls(path, read_only=True)
            original._base.backup(copied._base)
            original.close()
        return copied

    def close(self) -> None:
        """Release the file."""
        self._base.close()

    # Transactions ----------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside becomes durable together, or nothing of it after an error.

        Raises:
            OutputError: when it cannot be written.
        """
        with clear_errors(self.path):
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise

    # Facts, plans, pipelines -------------------------------------------------------------------

    def fact(self, name: str) -> str | None:
        """A value that was set before."""
        row = self._base.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row["value"]

    def set_fact(self, name: str, value: str) -> None:
        """Keep a value."""
        self._base.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def add_pipeline(self, name: str, hash: str, content: str) -> int:
        """The row of a pipeline."""
        self._base.execute(
            "INSERT OR IGNORE INTO pipelines (name, hash, content) VALUES (?, ?, ?)",
            (name, hash, content),
        )
        found = self._base.execute("SELECT id FROM pipelines WHERE hash = ?", (hash,)).fetchone()
        return found["id"]

    def add_plan(
        self, instruction: str, pipeline: int, hash: str, content: str, kind: str, error: str
    ) -> int:
        """The row of what an instruction means; `kind` and `error` say why it means nothing."""
        self._base.execute(
            "INSERT OR IGNORE INTO plans (instruction, pipeline, hash, content, kind, error) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (instruction, pipeline, hash, content, kind, error),
        )
        found = self._base.execute(
            "SELECT id FROM plans WHERE instruction = ? AND pipeline = ? AND hash = ?",
            (instruction, pipeline, hash),
        ).fetchone()
        return found["id"]

    # Taking photos in ----------------------------------------------------------------------------

    def find(self, key: bytes) -> sqlite3.Row | None:
        """A photo's row."""
        return self._base.execute(
            "SELECT id, photo, output, stamp, content, state, run, verdict, seed "
            "FROM photos WHERE key = ?",
            (key,),
        ).fetchone()

    def is_taken(self, output: str) -> bool:
        """Whether a result has that name already, whatever the letters' case."""
        found = self._base.execute(
            "SELECT 1 FROM photos WHERE output_key = ?", (name_key(output),)
        ).fetchone()
        return found is not None

    def add(self, entry: Entry, output: str, wanted: str | None) -> None:
        """A new photo."""
        self._base.execute(
            "INSERT INTO photos (key, photo, output, output_key, wanted, plan, pipeline, pointing, "
            "seed, stamp, run, state, kind, error) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (entry.key, entry.photo, output, name_key(output), wanted, entry.plan, entry.pipeline,
             entry.pointing, entry.seed, entry.stamp, entry.run, _NUMBER[entry.state], entry.kind,
             entry.error),
        )  # fmt: skip

    def keep(self, id: int, run: int, stamp: str) -> None:
        """A photo that is named again and stays as it is."""
        self._base.execute("UPDATE photos SET run = ?, stamp = ? WHERE id = ?", (run, stamp, id))

    def renew(self, id: int, run: int, stamp: str, seed: int) -> None:
        """A photo that is to be done again."""
        self._base.execute(
            "UPDATE photos SET run = ?, stamp = ?, seed = ?, state = ?, content = '', kind = '', "
            "error = '', verdict = NULL, findings = '', notes = '' WHERE id = ?",
            (run, stamp, seed, PENDING, id),
        )

    # Work ----------------------------------------------------------------------------------------

    def recover(self) -> int:
        """Put back what was under way when a run ended; how many photos that were."""
        with self.transaction():
            done = self._base.execute(
                "UPDATE photos SET state = ? WHERE state = ?", (PENDING, RUNNING)
            )
            return done.rowcount

    def to_do(self, run: int) -> Iterator[sqlite3.Row]:
        """The pending photos of a run, in the order in which they were named, page by page."""
        last = 0
        while True:
            rows = self._base.execute(
                "SELECT photos.id, photo, output, pointing, seed, plans.content AS plan, "
                "pipelines.content AS pipeline FROM photos "
                "JOIN plans ON plans.id = photos.plan "
                "JOIN pipelines ON pipelines.id = photos.pipeline "
                f"WHERE run = ? AND photos.id > ? AND state = {PENDING} AND state < 2 "
                "ORDER BY photos.id LIMIT ?",
                (run, last, _PAGE),
            ).fetchall()
            if not rows:
                return
            yield from rows
            last = rows[-1]["id"]

    def started(self, ids: Iterable[int]) -> None:
        """These photos are under way."""
        self._base.executemany(
            f"UPDATE photos SET state = {RUNNING}, attempts = attempts + 1 WHERE id = ?",
            [(id,) for id in ids],
        )

    def finished(self, outcomes: Iterable[Outcome]) -> None:
        """What became of photos that were under way."""
        self._base.executemany(
            "UPDATE photos SET state = ?, kind = ?, error = ?, verdict = ?, findings = ?, "
            "notes = ?, seconds = ?, content = ?, output_hash = ?, finished = ? WHERE id = ?",
            [
                (_NUMBER[each.state], each.kind, each.error, each.verdict,
                 _lines(each.findings), _lines(each.notes), round(each.seconds, 4), each.content,
                 each.output_hash, time.time(), each.id)
                for each in outcomes
            ],
        )  # fmt: skip

    # Looking -------------------------------------------------------------------------------------

    def counts(self, run: int | None = None) -> Counts:
        """Photos by state, of one run or of all; quick for millions: an index holds all of it."""
        states: dict[State, int] = dict.fromkeys(STATES, 0)
        kinds: dict[str, int] = {}
        flawed = 0
        where, values = ("", ()) if run is None else ("WHERE run = ?", (run,))
        for row in self._base.execute(
            f"SELECT state, verdict, kind, count(*) AS number FROM photos {where} "
            "GROUP BY state, verdict, kind",
            values,
        ):
            state = STATES[row["state"]]
            states[state] += row["number"]
            flawed += row["number"] if state == "done" and row["verdict"] == 0 else 0
            if state in ("failed", "refused"):
                kinds[row["kind"]] = kinds.get(row["kind"], 0) + row["number"]
        ordered = sorted(kinds.items(), key=lambda pair: -pair[1])
        return Counts(states, flawed, dict(ordered))

    def usual_seconds(self) -> float | None:
        """The mean of what the last photos took; None when none is done."""
        row = self._base.execute(
            "SELECT avg(seconds) AS mean FROM (SELECT seconds FROM photos "
            f"WHERE state = {DONE} ORDER BY id DESC LIMIT 200)"
        ).fetchone()
        return row["mean"]

    def rows(self) -> Iterator[sqlite3.Row]:
        """Every photo with its plan's instruction and its pipeline's name, in order."""
        yield from self._base.execute(
            "SELECT photos.*, plans.instruction, plans.hash AS plan_hash, "
            "pipelines.name AS pipeline_name, pipelines.hash AS pipeline_hash FROM photos "
            "JOIN plans ON plans.id = photos.plan JOIN pipelines ON pipelines.id = photos.pipeline "
            "ORDER BY photos.id"
        )


def key_for(*parts: str) -> bytes:
    """16 bytes that stand for some texts."""
    return blake2b(json.dumps(parts).encode(), digest_size=16).digest()


def name_key(output: str) -> bytes:
    """The same for two names that are one file where case does not count."""
    return blake2b(output.casefold().encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(" ".join(text.split()) for text in texts)


@contextmanager
def clear_errors(path: Any) -> Iterator[None]:
    """Turn what SQLite says into one line."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            raise OutputError(
                f"The ledger {path} cannot be written: the disk is full. Free some space and run "
                "the same command again; what is done is kept."
            ) from error
        raise OutputError(f"The ledger {path} cannot be used: {text}.") from error
