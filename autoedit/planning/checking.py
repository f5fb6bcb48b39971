"""Plans that the grammar did not make, from a file or a language model: read, and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autoedit.core.plan import EditPlan, EditStep
from autoedit.errors import InstructionError
from autoedit.planning.refusals import shortened

MOST_STEPS = 20
_NEEDS = ("replace", "background", "modify", "add", "obscure")
_MANNERS = ("blur", "pixelate", "solid")
_LONGEST_TEXT = 500


def read_plan(path: str | Path) -> EditPlan:
    """Read a plan from a JSON file, such as `autoedit plan` prints.

    Raises:
        InstructionError: when it cannot be read, is no plan, or a step lacks what it needs.
    """
    try:
        plan = EditPlan.model_validate_json(Path(path).read_bytes())
    except OSError as error:
        raise InstructionError(f"The plan {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise InstructionError(
            f"{path} is no plan: {complaint(error)}. `autoedit plan` prints one to start from."
        ) from error
    if wrong := problems(plan):
        raise InstructionError(f"The plan {path} cannot be done: {wrong[0]}.")
    return plan


def complaint(error: ValidationError) -> str:
    """The first thing that does not fit the schema: where, and what."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    told = first["msg"].removeprefix("Value error, ").rstrip(".")
    return shortened(f"{where}: {told}" if where else told, 200)


def problems(plan: EditPlan, instruction: str | None = None) -> list[str]:
    """What the schema alone does not say, a line each; empty when the plan can be tried.

    Args:
        plan: to be checked.
        instruction: what it was made from; then a file must be named there. None for a plan that
            a person wrote.
    """
    wrong: list[str] = []
    if not plan.steps:
        wrong.append("steps: there is none")
    if len(plan.steps) > MOST_STEPS:
        wrong.append(f"steps: {len(plan.steps)}, of at most {MOST_STEPS}")
    for number, step in enumerate(plan.steps):
        wrong += [f"steps.{number}.{what}" for what in _step_problems(step, instruction)]
    texts = _texts(plan.model_dump(exclude={"instruction", "notes"}))
    wrong += [f"a text of {len(text)} characters" for text in texts if len(text) > _LONGEST_TEXT]
    return wrong


def _step_problems(step: EditStep, instruction: str | None) -> list[str]:
    wrong: list[str] = []
    new = step.replacement
    if not step.target.phrase.strip():
        wrong.append("target.phrase: is empty")
    if step.operation in _NEEDS and new is None:
        wrong.append(f"replacement: {step.operation} needs one")
    if new is None:
        return wrong
    said = (new.phrase, new.colour, new.image, new.transparent, new.blur)
    if step.operation == "obscure":
        if new.phrase not in _MANNERS:
            wrong.append(f"replacement.phrase: for obscure one of {', '.join(_MANNERS)}")
    elif sum(map(bool, said)) != 1:
        wrong.append("replacement: exactly one of phrase, colour, image, transparent, blur")
    if new.image and instruction is not None and new.image not in instruction:
        wrong.append("replacement.image: no file of this name is in the instruction")
    return wrong


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, (list, tuple)):
        return [text for each in value for text in _texts(each)]
    return []


def first_object(text: str) -> Any:
    """The first JSON object in a text that may fence it or talk round it.

    Raises:
        ValueError: when there is none, or it is not whole.
    """
    begin = text.find("{")
    if begin < 0:
        raise ValueError("no JSON object")
    return json.JSONDecoder().raw_decode(text[begin:])[0]
