from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from autoedit.bulk.jobs import Outcome
from autoedit.bulk.ledger import Entry, Ledger, key_for
from autoedit.errors import InputError, OutputError


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def add(ledger: Ledger, *names: str, run: int = 1) -> None:
    pipeline = ledger.add_pipeline("toy", "hash", "{}")
    plan = ledger.add_plan("remove it", pipeline, "hash", "{}", "", "")
    for name in names:
        entry = Entry(key_for(name), f"/in/{name}", plan, pipeline, None, 0, "1:1", run)
        ledger.add(entry, name, None)


def test_a_photo_goes_through_its_states(ledger: Ledger) -> None:
    with ledger.transaction():
        add(ledger, "a.png", "b.png", "c.png", "d.png")
    ids = [row["id"] for row in ledger.to_do(1)]
    assert len(ids) == 4
    assert list(ledger.to_do(2)) == []
    with ledger.transaction():
        ledger.started(ids)
        ledger.finished([
            Outcome(ids[0], "done", verdict=False, findings=("a\nseam", "b"), content="abc"),
            Outcome(ids[1], "failed", "Crash", "it died"),
            Outcome(ids[2], "refused", "TargetNotFoundError", "nothing"),
        ])  # fmt: skip
    counts = ledger.counts()
    assert counts.states == {"pending": 0, "running": 1, "done": 1, "failed": 1, "refused": 1}
    assert counts.flawed == 1
    assert counts.kinds == {"Crash": 1, "TargetNotFoundError": 1}
    first, *_, last = ledger.rows()
    assert (first["findings"], first["content"]) == ("a seam\nb", "abc")
    assert last["attempts"] == 1
    assert ledger.recover() == 1
    assert [row["id"] for row in ledger.to_do(1)] == [ids[3]]


def test_what_fails_in_a_transaction_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.transaction():
        add(ledger, "a.png")
        raise ZeroDivisionError
    assert ledger.counts().total == 0


def test_a_copy_is_changed_alone(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.transaction():
        add(ledger, "a.png")
    copied = Ledger.copy_of(tmp_path / "ledger.sqlite")
    with copied.transaction():
        add(copied, "b.png")
    assert (copied.counts().total, ledger.counts().total) == (2, 1)
    copied.close()
    assert Ledger.copy_of(tmp_path / "none").counts().total == 0


def test_names_that_differ_in_case_alone_are_one(ledger: Ledger) -> None:
    with ledger.transaction():
        add(ledger, "Straße.png")
    assert ledger.is_taken("STRASSE.PNG")
    assert not ledger.is_taken("other.png")


def test_it_can_be_read_while_it_is_written(ledger: Ledger, tmp_path: Path) -> None:
    reader = Ledger(tmp_path / "ledger.sqlite", read_only=True)
    with ledger.transaction():
        add(ledger, "a.png")
        assert reader.counts().total == 0
    assert reader.counts().total == 1
    with pytest.raises(OutputError, match="readonly"), reader.transaction():
        add(reader, "b.png")


def test_another_version_and_no_ledger_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    ledger.set_fact("version", "99")
    with pytest.raises(InputError, match="version 99"):
        Ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(InputError, match="There is no ledger"):
        Ledger(tmp_path / "none.sqlite", read_only=True)
    (tmp_path / "other").write_text("something that is no database at all" * 40)
    with pytest.raises(OutputError, match="not a database"):
        Ledger(tmp_path / "other")


def test_counting_reads_an_index_alone(ledger: Ledger, tmp_path: Path) -> None:
    asked: list[str] = []
    ledger._base.set_trace_callback(asked.append)
    ledger.counts()
    ledger._base.set_trace_callback(None)
    base = sqlite3.connect(tmp_path / "ledger.sqlite")
    (query,) = asked
    plan = base.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    base.close()
    assert [row[-1] for row in plan] == ["SCAN photos USING COVERING INDEX photos_by_state"]
