"""Photos into the ledger: each distinct instruction planned once, each result's name settled."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

from autoedit import abilities, backends
from autoedit.bulk import naming, storage
from autoedit.bulk.inputs import Item
from autoedit.bulk.ledger import DONE, FAILED, REFUSED, Entry, Ledger, key_for
from autoedit.bulk.settings import Settings
from autoedit.core.plan import EditPlan
from autoedit.errors import AutoEditError, InputError, InstructionError, PhotoError, SettingError
from autoedit.pipeline import Pipeline, load_pipeline
from autoedit.planning import Planner
from autoedit.pointing import Pointer

_SEED_OF_RETRY = 104_729  # away from the seeds of one edit's own attempts


@dataclass(frozen=True, slots=True)
class Collision:
    """A result that was given another name: what was `wanted` is another's, or not ours."""

    photo: str
    wanted: str
    output: str


@dataclass(slots=True)
class Taken:
    """What taking photos in came to.

    Attributes:
        photos: all that were named.
        to_do: of these, what is to be done in this run.
        known: that are in the ledger already, in whichever state.
        finished: of the known, done and left alone.
        changed: of the known, whose file is another now, or whose result is gone.
        retried: of the known, that are done again as asked.
        collisions: results with another name than the template's; the first hundred.
        collided: how many there are in all.
        skipped: files in folders that are no photos.
        notes: what planning remarked on the instructions.
    """

    photos: int = 0
    to_do: int = 0
    known: int = 0
    finished: int = 0
    changed: int = 0
    retried: int = 0
    collisions: list[Collision] = field(default_factory=list)
    collided: int = 0
    skipped: int = 0
    notes: dict[str, None] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """JSON-able values."""
        return {**asdict(self), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class _Planned:
    """An instruction for a pipeline, in the ledger."""

    id: int
    hash: str
    operation: str
    transparent: bool
    error: AutoEditError | None


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A pipeline, in the ledger."""

    id: int
    hash: str
    pipeline: Pipeline
    planner: Planner


class Intake:
    """Takes items into a ledger, inside a transaction of the caller's.

    Args:
        ledger: where to.
        settings: of the run.
        run: its number.
    """

    def __init__(self, ledger: Ledger, settings: Settings, run: int) -> None:
        self.taken = Taken()
        self._ledger = ledger
        self._settings = settings
        self._run = run
        self._pipelines: dict[str, _Loaded] = {}
        # Bounded: a manifest may have another instruction on each of a million lines.
        self._planned = lru_cache(4096)(self._plan)
        self._there = _presence(settings.out)

    @property
    def pipelines(self) -> list[Pipeline]:
        """Those that the items name."""
        return [loaded.pipeline for loaded in self._pipelines.values()]

    def take(self, items: Iterable[Item]) -> None:
        """Take all items in.

        Raises:
            InputError: when an item has no instruction, or cannot be used.
            SettingError: when a pipeline is not known.
            InstructionError: when the run's own instruction cannot be done.
            PhotoError: when a picture that it names cannot be used.
        """
        for item in items:
            if self._is_own(item.photo):
                continue
            self.taken.photos += 1
            if _is_text(item.photo):
                self._take(item)
            else:
                fault = "Its name is not valid UTF-8; rename the file."
                self._take(replace(item, photo=_escaped(item.photo), name=_escaped(item.name)),
                           fault)  # fmt: skip

    def _is_own(self, photo: str) -> bool:
        """Whether a photo is a result of an earlier run, in a folder that is input as well."""
        out = f"{self._settings.out.rstrip('/')}/"
        return photo.startswith(out) and self._ledger.is_taken(photo.removeprefix(out))

    def _take(self, item: Item, fault: str = "") -> None:
        settings = self._settings
        instruction = item.instruction or settings.instruction
        if not instruction:
            raise InputError(
                f"{item.place or item.photo} has no instruction; say what to do with it."
            )
        name = item.pipeline or settings.pipeline or ""
        pointed = item.box is not None or item.mask is not None
        planned = self._planned(instruction, name, pointed, item.pick is not None)
        if planned.error is not None and item.instruction is None:
            raise planned.error
        loaded = self._pipelines[name]
        seed = settings.seed if item.seed is None else item.seed
        mask_stamp = storage.stamp(item.mask) if item.mask else ""
        pointing = {"box": item.box, "mask": item.mask, "pick": item.pick}
        pointing = {key: value for key, value in pointing.items() if value is not None}
        output = naming.name_for(
            item.name, settings.template, operation=planned.operation,
            transparent=planned.transparent, pipeline=loaded.pipeline.name, seed=seed,
            format=naming.format_of_product(loaded.pipeline, settings.format),
        )  # fmt: skip
        entry = Entry(
            key_for(item.photo, planned.hash, loaded.hash, json.dumps(pointing), mask_stamp,
                    str(seed), settings.format or "", settings.template),
            item.photo, planned.id, loaded.id, json.dumps(pointing) if pointing else None, seed,
            storage.stamp(item.photo) if item.stamp is None else item.stamp, self._run,
        )  # fmt: skip
        if fault:
            entry = replace(entry, state="failed", kind="PhotoError", error=fault)
        elif planned.error is not None:
            kind = type(planned.error).__name__
            entry = replace(entry, state="refused", kind=kind, error=str(planned.error))
        if not self._take_known(entry):
            self._take_new(entry, output)

    def _take_known(self, entry: Entry) -> bool:
        """Whether the photo is in the ledger; it is to be done again where that is called for."""
        row = self._ledger.find(entry.key)
        if row is None:
            return False
        if row["run"] == self._run:  # named twice
            self.taken.photos -= 1
            return True
        taken, retry = self.taken, self._settings.retry
        taken.known += 1
        state, seed = row["state"], row["seed"]
        again = (
            (state == FAILED and "failed" in retry) or (state == REFUSED and "refused" in retry)
        )  # fmt: skip
        if state == DONE and row["verdict"] == 0 and "verdict" in retry:
            again, seed = True, (seed + _SEED_OF_RETRY) % 2**32
        changed = not again and state >= DONE and self._has_changed(row, entry)
        taken.retried += again
        taken.changed += changed
        if again or changed:
            self._ledger.renew(row["id"], self._run, entry.stamp, seed)
        else:
            self._ledger.keep(row["id"], self._run, entry.stamp)
        taken.finished += state == DONE and not (again or changed)
        taken.to_do += state < DONE or again or changed
        return True

    def _has_changed(self, row: sqlite3.Row, entry: Entry) -> bool:
        """Whether a finished photo is another file now, or its result is gone."""
        if row["state"] == DONE and not self._there(row["output"]):
            return True
        if row["stamp"] == entry.stamp:
            return False
        if not row["content"]:
            return True
        try:
            return storage.digest(storage.read(entry.photo)) != row["content"]
        except PhotoError:
            return True

    def _take_new(self, entry: Entry, wanted: str) -> None:
        output, number = wanted, 1
        while self._ledger.is_taken(output) or self._there(output):
            number += 1
            output = naming.numbered(wanted, number)
        if number > 1:
            self.taken.collided += 1
            if len(self.taken.collisions) < 100:
                self.taken.collisions.append(Collision(entry.photo, wanted, output))
        self._ledger.add(entry, output, wanted if number > 1 else None)
        self.taken.to_do += entry.state == "pending"

    def _plan(self, instruction: str, name: str, pointed: bool, picked: bool) -> _Planned:
        loaded = self._load(name)
        plan = EditPlan(steps=())
        error: AutoEditError | None = None
        try:
            plan = loaded.planner.plan(instruction)
            if not self._settings.skip_unsupported:
                abilities.check_supported(plan)
            pointer = Pointer((0.0, 0.0, 1.0, 1.0) if pointed else None, pick=1 if picked else None)
            abilities.check(plan, None, pointer, loaded.pipeline)
        except (InstructionError, PhotoError) as caught:  # of a picture for the background
            error, plan = caught, EditPlan(steps=(), instruction=instruction)
        for note in (*plan.notes, *plan.unsupported):
            if len(self.taken.notes) < 20:
                self.taken.notes[f"{instruction}: {note}"] = None
        content = plan.model_dump_json()
        meant = key_for(plan.model_dump_json(include={"steps"})).hex()
        kind, text = ("", "") if error is None else (type(error).__name__, str(error))
        id = self._ledger.add_plan(instruction, loaded.id, meant, content, kind, text)
        meant = meant if error is None else key_for(instruction).hex()
        return _Planned(
            id, meant, naming.operations(plan), plan.makes_transparent, error
        )  # fmt: skip

    def _load(self, name: str) -> _Loaded:
        if name not in self._pipelines:
            settings = self._settings
            pipeline = load_pipeline(name, settings.overrides)
            if pipeline.product is not None and settings.format is not None:
                made_for = f"product.format={naming.kind_of(settings.format)}"
                pipeline = load_pipeline(name, (*settings.overrides, made_for))
            if lacking := pipeline.missing():
                modules = ", ".join(
                    dict.fromkeys(part for each in lacking.values() for part in each)
                )
                raise SettingError(
                    f"The pipeline {pipeline.name!r} needs {modules}, which is not installed; see "
                    "'autoedit pipelines'."
                )
            content = pipeline.model_dump_json()
            hash = key_for(pipeline.model_dump_json(exclude={"summary", "licence", "memory"})).hex()
            choice = pipeline.planning
            self._pipelines[name] = _Loaded(
                self._ledger.add_pipeline(pipeline.name, hash, content), hash, pipeline,
                backends.create("planning", choice.backend, choice.settings),
            )  # fmt: skip
        return self._pipelines[name]


def _is_text(place: str) -> bool:
    """Whether a name can be written as UTF-8; on Linux, any bytes are a name."""
    try:
        place.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(place: str) -> str:
    return place.encode("utf-8", "backslashreplace").decode()


def _presence(out: str) -> Callable[[str], bool]:
    """Whether a name is in the output folder; at a URL, as one listing says."""
    if not storage.is_url(out):
        return lambda name: storage.exists(storage.joined(out, name))
    names = storage.names_below(out)
    return lambda name: name in names
