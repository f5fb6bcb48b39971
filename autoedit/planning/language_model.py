"""Planning by a language model: asked for a plan, its answer checked, repaired once, or dropped.

The instruction is data to the model (quoted, within tags), and whatever the model answers can only
become a plan: its schema has no place for anything else, a file must be named in the instruction,
and the model's own remarks are not passed on.

Source: the delimiting of data is spotlighting, Hines et al. 2024, "Defending Against Indirect
Prompt Injection Attacks With Spotlighting".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from autoedit.core.data import data_directory
from autoedit.core.plan import EditPlan, EditStep, PlanValue
from autoedit.errors import InstructionError, UnsupportedInstructionError
from autoedit.planning.checking import complaint, first_object, problems
from autoedit.planning.grammar import GrammarPlanner
from autoedit.planning.instruction import sized
from autoedit.planning.refusals import shortened

if TYPE_CHECKING:
    from autoedit.core.photo import Photo

_THOUGHT = "</think>"
_THOUSAND = 1000.0
_LONGEST_LINE = 120


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; `role` is "system", "user" or "assistant"."""

    role: str
    text: str
    photo: Photo | None = None


class NoReplyError(Exception):
    """A model gave no answer that could be read; the message says why, for a note."""


class ChatModel(Protocol):
    """What answers, here or behind an endpoint."""

    name: str
    sees: bool

    def reply(self, messages: list[Message], schema: dict[str, Any]) -> str:
        """The answer's text, whole.

        Args:
            messages: the conversation; photos only when `sees`.
            schema: JSON schema of the answer, for a model that can be held to it.

        Raises:
            NoReplyError: when there is none, it was refused, or it was cut off.
        """
        ...


class Answer(PlanValue):
    """What a model may answer."""

    steps: tuple[EditStep, ...]
    unsupported: tuple[str, ...] = ()


class LanguageModelPlanner:
    """Plans by a `ChatModel`; where it gives no plan, the grammar's is taken, with a note.

    Args:
        model: what answers.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._system = (data_directory("prompts") / "planner.md").read_text(encoding="utf-8")

    @property
    def sees(self) -> bool:
        """Whether the model looks at the photo."""
        return self._model.sees

    def plan(self, instruction: str, photo: Photo | None = None) -> EditPlan:
        """Parse one instruction, in any language that the model knows.

        Args:
            instruction: up to `grammar.LONGEST_INSTRUCTION` characters.
            photo: what it is about; a model that sees may say where things are.

        Raises:
            InstructionError: when it is empty, too long, or neither the model nor the grammar
                makes a plan of it.
            UnsupportedInstructionError: when all that it asks for is what AutoEdit does not do.
        """
        text = sized(instruction)
        seen = photo if self.sees else None
        messages = [Message("system", self._system), Message("user", quoted(text), seen)]
        try:
            answer = self._asked(messages, instruction)
        except NoReplyError as error:
            return self._by_grammar(instruction, str(error))
        if not answer.steps:
            raise UnsupportedInstructionError(
                f'"{shortened(text)}" asks for what AutoEdit does not do: '
                f"{'; '.join(_lines(answer.unsupported))}. It can remove, replace, recolour, add, "
                "cut out or blur a thing, or change the background."
            )
        return EditPlan(
            steps=tuple(_placed(step, seen) for step in answer.steps),
            instruction=instruction,
            unsupported=_lines(answer.unsupported),
        )

    def _asked(self, messages: list[Message], instruction: str) -> Answer:
        """The answer; what is wrong with the first one is said to the model once."""
        schema = Answer.model_json_schema()
        reply = self._model.reply(messages, schema)
        try:
            return read_answer(reply, instruction)
        except ValueError as error:
            wrong = str(error)
        repair = (
            f"That is not a plan by the rules above: {wrong}. Answer with the corrected JSON "
            "object and nothing else."
        )
        again = [*messages, Message("assistant", reply), Message("user", repair)]
        try:
            return read_answer(self._model.reply(again, schema), instruction)
        except ValueError as error:
            raise NoReplyError(f"answered twice without a plan ({error})") from error

    def _by_grammar(self, instruction: str, why: str) -> EditPlan:
        told = f"The language model {self._model.name} {why}"
        try:
            plan = GrammarPlanner().plan(instruction)
        except UnsupportedInstructionError:
            raise
        except InstructionError as error:
            raise InstructionError(f"{told}; and the grammar: {error}") from error
        note = f"{told}; the grammar read the instruction instead."
        return plan.model_copy(update={"notes": (*plan.notes, note)})


def quoted(instruction: str) -> str:
    """The instruction as data: a JSON string that cannot close its tags."""
    text = json.dumps(instruction, ensure_ascii=False)
    text = text.replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<instruction>{text}</instruction>"


def read_answer(reply: str, instruction: str) -> Answer:
    """A model's reply as an answer that can be done.

    Raises:
        ValueError: says in one line what is wrong with it.
    """
    try:
        value = first_object(reply.rpartition(_THOUGHT)[2])
        answer = Answer.model_validate(value)
    except ValidationError as error:
        raise ValueError(complaint(error)) from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no whole JSON object ({shortened(str(error))})") from error
    if not answer.steps and any(line.strip() for line in answer.unsupported):
        return answer
    plan = EditPlan(steps=answer.steps, unsupported=answer.unsupported)
    if wrong := problems(plan, instruction):
        raise ValueError("; ".join(wrong[:3]))
    return answer


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(shortened(text, _LONGEST_LINE) for text in texts if text.strip())


def _placed(step: EditStep, photo: Photo | None) -> EditStep:
    """The step with its boxes in pixels; boxes of a model that saw nothing are dropped."""
    if photo is None:
        return step.model_copy(update={"boxes": ()})
    across, down = photo.width / _THOUSAND, photo.height / _THOUSAND
    boxes: list[tuple[float, float, float, float]] = []
    for x0, y0, x1, y1 in step.boxes:
        left, top = max(x0 * across, 0.0), max(y0 * down, 0.0)
        right, bottom = min(x1 * across, photo.width), min(y1 * down, photo.height)
        if left < right and top < bottom:
            boxes.append((left, top, float(right), float(bottom)))
    return step.model_copy(update={"boxes": tuple(boxes)})
