"""Whether a planner's answer to a sentence is right; for the tests and for the benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from autoedit.core.plan import EditPlan, EditStep
from autoedit.errors import InstructionError, UnsupportedInstructionError
from autoedit.planning import Planner

HERE = Path(__file__).parent
CASES = HERE.parents[2] / "shared" / "cases"
REFUSED = {
    "style": "a change of style",
    "pose": "a change of pose",
    "geometry": "a change of size, place or direction",
    "tone": "a change of light, contrast or quality",
}
ERRORS = {
    "not English": "does not look like English",
    "not understood": "No edit was recognised",
    "nothing to do": "only says what to leave alone",
    "incomplete": "does not say",
}
SIGHT = "only a model that sees"
Row = dict[str, Any]


class Case(NamedTuple):
    """A sentence, and why its plan is wrong; "" when it is right."""

    instruction: str
    why: str


def read(name: str) -> list[Row]:
    """The rows of a file beside this one."""
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def published(name: str) -> list[Row]:
    """The rows of shared/cases; none where they are not there."""
    file = CASES / f"{name}_instructions.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return [json.loads(line) for line in lines]


def planned(planner: Planner, instruction: str) -> EditPlan | InstructionError:
    """The plan, or the error in its place."""
    try:
        return planner.plan(instruction)
    except InstructionError as error:
        return error


def judge_gold(planner: Planner, row: Row) -> Case:
    """Every field of every step, the flags, or the kind of error."""
    said, got = row["instruction"], planned(planner, row["instruction"])
    if isinstance(got, InstructionError):
        refused = isinstance(got, UnsupportedInstructionError)
        wanted = REFUSED.get(row.get("refused", "")) or ERRORS.get(row.get("error", ""))
        right = wanted and wanted in str(got) and refused == ("refused" in row)
        return Case(said, "" if right else f"{type(got).__name__}: {got}")
    steps = [step.model_dump(mode="json", exclude_defaults=True) for step in got.steps]
    wrong: list[str] = []
    if steps != row.get("steps"):
        wrong.append(f"got    {json.dumps(steps)}\n    wanted {json.dumps(row.get('steps'))}")
    if len(got.unsupported) != row.get("unsupported", 0):
        wrong.append(f"unsupported {got.unsupported}")
    if any(SIGHT in note for note in got.notes) != row.get("sight", False):
        wrong.append(f"notes {got.notes}")
    return Case(said, "; ".join(wrong))


def judge_imgedit(planner: Planner, row: Row, answers: dict[str, Row]) -> Case:
    """The operations, in order, by the edit type or (compose, background) by the answers."""
    said, got = row["instruction"], planned(planner, row["instruction"])
    kind, answer = row["edit_type"], answers.get(row["id"])
    if kind in ("style", "action"):
        refused = isinstance(got, UnsupportedInstructionError)
        return Case(said, "" if refused else f"not refused: {got!r:.300}")
    if isinstance(got, InstructionError):
        return Case(said, str(got))
    operations = [step.operation for step in got.steps]
    if answer:
        wanted = [set(each.split("|")) for each in answer["operations"]]
        right = len(wanted) == len(operations) and all(
            operation in allowed for operation, allowed in zip(operations, wanted, strict=True)
        )
        right = right and len(got.unsupported) == answer.get("unsupported", 0)
        return Case(said, "" if right else f"{operations}, {got.unsupported}, wanted {answer}")
    wanted_operation = "modify" if kind == "adjust" else kind
    right = set(operations) == {wanted_operation}
    return Case(said, "" if right else f"{operations}, wanted {kind}")


def judge_ggip2p(planner: Planner, row: Row, answers: dict[str, Row]) -> Case:
    """Operation, head noun, position or relation, and replacement; pronouns flagged."""
    said, got = row["instruction"], planned(planner, row["instruction"])
    answer = answers[row["id"]]
    if answer["operations"] == ["refused"]:
        right = isinstance(got, UnsupportedInstructionError)
        return Case(said, "" if right else f"not refused: {got!r:.300}")
    if isinstance(got, InstructionError):
        return Case(said, str(got))
    if len(got.steps) != 1:
        return Case(said, f"{len(got.steps)} steps")
    step = got.steps[0]
    wrong = [name for name, right in _agreements(step, answer).items() if not right]
    if row["type"] == "Pronoun" and not any(SIGHT in note for note in got.notes):
        wrong.append("not flagged as needing a model that sees")
    given = json.dumps(step.model_dump(mode="json", exclude_defaults=True))
    return Case(said, f"{', '.join(wrong)}: {given}" if wrong else "")


def _agreements(step: EditStep, answer: Row) -> dict[str, bool]:
    target, relation, new = step.target, step.target.relation, step.replacement
    place = [relation.kind, relation.anchor.head or relation.anchor.phrase] if relation else []
    what = ("#" + new.colour if new.colour else new.phrase) if new else ""
    return {
        "operation": step.operation in answer["operations"],
        "head": (target.head or target.phrase) == answer["head"],
        "position": target.position == answer.get("position"),
        "relation": place in answer.get("relations", [[]]),
        "replacement": what in answer.get("replacements", [""]),
    }
