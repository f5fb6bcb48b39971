"""The planner without a model: an English sentence becomes a plan, offline, in milliseconds.

An instruction is tokenised (`words`), split into clauses that each have a verb (`clauses`); the
verb's frame (`frames`, `changes`) reads the noun phrases round it (`noun_phrase`, `noun_group`).
The words it knows by name are in vocabulary.toml; any other word may be a noun.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autoedit.core.plan import (
    EditPlan,
    EditStep,
    EffectKind,
    Relation,
    RelationKind,
    Target,
)
from autoedit.errors import InstructionError, UnsupportedInstructionError
from autoedit.planning import frames
from autoedit.planning.clauses import FRAMES, Clause, keep, read_clause, tells
from autoedit.planning.draft import Cursor
from autoedit.planning.instruction import (
    EXAMPLES,
    LONGEST_INSTRUCTION,
    checked,
    looks_foreign,
    nothing_to_do,
)
from autoedit.planning.keeping import in_front
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.phrase import named_after
from autoedit.planning.refusals import shortened
from autoedit.planning.replacement import (
    MAIN_SUBJECT,
    background,
    gradient,
    is_pronoun,
    read_replacement,
)
from autoedit.planning.splitting import split
from autoedit.planning.statements import asked_for, backdrop_alone, possessed, situated, statement
from autoedit.planning.words import Token, render, tokenise, vocabulary

if TYPE_CHECKING:
    from autoedit.core.photo import Photo

__all__ = ["LONGEST_INSTRUCTION", "GrammarPlanner", "frames"]


_PERSONS = {"his": "he", "him": "he", "he": "he", "her": "she", "hers": "she", "she": "she"}
_OPPOSITES: dict[RelationKind, RelationKind] = {
    "left_of": "right_of", "right_of": "left_of", "above": "below", "below": "above",
    "behind": "in_front_of", "in_front_of": "behind",
}  # fmt: skip


class GrammarPlanner:
    """Plans by a grammar of everyday English; needs no weights and no network."""

    sees = False

    def plan(self, instruction: str, photo: Photo | None = None) -> EditPlan:
        """Parse one instruction.

        Args:
            instruction: English, up to `LONGEST_INSTRUCTION` characters.
            photo: makes no difference.

        Returns:
            At least one step. What was understood but cannot be done is in `unsupported`, what
            was not understood in `notes`.

        Raises:
            InstructionError: when it is empty, too long, not English, or names no edit.
            UnsupportedInstructionError: when all that it asks for is what AutoEdit does not do.
        """
        return _read(instruction).finish(instruction)

    def verbs(self, instruction: str) -> tuple[str, ...]:
        """The verb that made each step of the plan, in the form that the vocabulary gives it.

        Raises:
            InstructionError: as `plan`.
        """
        reading = _read(instruction)
        reading.finish(instruction)
        return tuple(reading.verbs)


def _read(instruction: str) -> _Reading:
    reading = _Reading()
    for words in split(tokenise(checked(instruction))):
        reading.read(words)
    return reading


class _Reading:
    """The clauses of one instruction, one after the other."""

    def __init__(self) -> None:
        self.steps: list[EditStep] = []
        self.verbs: list[str] = []  # one for each step
        self.notes: list[str] = []
        self.refused: list[UnsupportedInstructionError] = []
        self.failed: list[InstructionError] = []
        self.keep: list[str] = []
        self.mentioned: list[Target] = []
        self.kept: list[Target] = []
        self.kept_effects: tuple[EffectKind, ...] = ()
        self.pointed = False  # whether "it" stands for the subject, which so is named

    def read(self, words: Sequence[Token]) -> None:
        """Add what one clause asks for."""
        clause = read_clause(words)
        try:
            steps = self._steps(clause)
        except UnsupportedInstructionError as error:
            self.refused.append(error)
            return
        except InstructionError as error:
            self.failed.append(error)
            named = read_phrases(Cursor(clause.body))
            self.mentioned = [phrase.target for phrase in named] or self.mentioned
            return
        resolved: list[EditStep] = []
        for one in steps:  # "the man and the woman next to him"
            step = self._of_backdrop(one) or self._of_the_rest(one) or _left_alone(one)
            resolved.append(self._laid(self._resolved(step)))
            self.mentioned = self.mentioned or _mentioned(resolved)
        steps = resolved
        self.mentioned = _mentioned(steps) or self.mentioned
        trailing: dict[str, object] = {}
        if clause.effects:
            trailing |= {"effects": clause.effects, "effect_kinds": clause.effect_kinds}
        for one in steps:
            if self._cleared(one):
                continue
            if clause.shadowless and one.operation == "background":
                trailing = {}  # a new background has no old shadow, unless it is asked for
            step = one.model_copy(update={**trailing, "keep": (*one.keep, *clause.keep)})
            self._withdraw(step)
            if step not in self.steps:  # "extract the dog and isolate it" is one step
                self.steps.append(step)
                self.verbs.append(clause.verb)
        if clause.unused and steps:
            unread = shortened(render(clause.unused))
            self.notes.append(f'Not understood in "{shortened(clause.said)}": "{unread}".')

    def _withdraw(self, step: EditStep) -> None:
        """For "the lamp is horrid, remove it": what goes is not made horrid first."""
        last = self.steps[-1] if self.steps else None
        undone = last and (last.operation, step.operation) == ("modify", "remove")
        if undone and last and last.target == step.target and step.effects is None:
            del self.steps[-1], self.verbs[-1]

    def _of_backdrop(self, step: EditStep) -> EditStep | None:
        """For "remove the background and make it pink": "it" is the background, made once."""
        last, asked = self.steps[-1] if self.steps else None, step.replacement
        cleared = last is not None and last.replacement is not None and last.replacement.transparent
        if last is None or last.operation != "background" or not cleared:
            return None
        if step.operation != "modify" or not is_pronoun(step.target) or self.mentioned:
            return None
        if asked is None or not asked.colour:
            return None
        del self.steps[-1], self.verbs[-1]
        return background(last.target, asked)

    def _laid(self, step: EditStep) -> EditStep:
        """For "cut out the shoe and put it on white": one step, which cuts it out anyway."""
        last = self.steps[-1] if self.steps else None
        if last is None or (last.operation, step.operation) != ("extract", "background"):
            return step
        if last.effects or step.target not in (last.target, MAIN_SUBJECT):
            return step
        del self.steps[-1], self.verbs[-1]
        return step.model_copy(update={"target": last.target})

    def _of_the_rest(self, step: EditStep) -> EditStep | None:
        """For "just keep the bird and get rid of everything else": all but the bird."""
        target, spared = step.target, self.kept or self.mentioned
        others = target.quantity == "all" and target.phrase.lower().endswith((" else", " rest"))
        if not others or target.exclude or not spared:
            return None
        if step.operation == "remove" and [s.operation for s in self.steps[-1:]] == ["extract"]:
            del self.steps[-1], self.verbs[-1]
        return step.model_copy(
            update={"target": target.model_copy(update={"exclude": tuple(spared)})}
        )

    def _cleared(self, step: EditStep) -> bool:
        """For "(white background,) no shadow": the shadow goes with the background."""
        loose = step.effects == "only" and step.target.relation is None
        named = step.target.head in vocabulary().words("nouns.effect")
        return loose and named and bool(self.steps) and self.steps[-1].operation == "background"

    def _steps(self, clause: Clause) -> list[EditStep]:
        if clause.frame == "keep":
            return self._keep(clause)
        if clause.frame in ("existential", "mention"):
            self.mentioned = [phrase.target for phrase in read_phrases(Cursor(clause.body))]
            return []
        if clause.frame == "aside" or (tells(clause) and (self.steps or self.mentioned)):
            return []
        if place := situated(clause):
            self.mentioned = place
            return []
        if owned := possessed(clause):
            self.mentioned = owned[:1]
            had = self._named(owned[1], EditStep(operation="remove", target=owned[1]))
            self.mentioned = [had]
            return []
        if clause.frame:
            return FRAMES[clause.frame](clause)
        if gradient(clause.body):
            return [background(MAIN_SUBJECT, read_replacement(clause.body))]
        steps = asked_for(clause) or backdrop_alone(clause) or statement(clause)
        if not steps:
            self._not_understood(clause)
        return steps

    def _not_understood(self, clause: Clause) -> None:
        courtesy = vocabulary().words("clauses.courtesy")
        if all(token.kind == "mark" or token.among(courtesy) for token in clause.body):
            return
        cursor = Cursor(clause.body)
        named = read_phrases(cursor)
        if named and not (
            named[0].indefinite and cursor.rest
        ):  # "the dog on the left: make it brown"
            self.mentioned = [phrase.target for phrase in named]
        message = f'No edit was recognised in "{shortened(clause.said)}".'
        if any(token.kind != "mark" for token in clause.body):
            self.notes.append(message)

    def _keep(self, clause: Clause) -> list[EditStep]:
        """For "keep the shadow", "don't touch the vase": belongs to the steps round it."""
        self.kept = [phrase.target for phrase in read_phrases(Cursor(clause.body))]
        keep(clause, clause.body)
        if clause.effects == "keep":
            self.kept_effects += clause.effect_kinds
        self.keep += clause.keep
        clause.keep, clause.effects = [], None
        return []

    def _resolved(self, step: EditStep) -> EditStep:
        """Put the thing that was mentioned before in the place of "it" and "his"."""
        return step.model_copy(update={"target": self._named(step.target, step)})

    def _named(self, target: Target, step: EditStep, kind: RelationKind | None = None) -> Target:
        meant = self._opposite(target, kind) or self._antecedent(target, step.operation)
        if is_pronoun(meant):
            self._needs_sight(meant)
        if meant.relation != target.relation or is_pronoun(target):
            return meant  # of a step before, and so resolved
        target = meant
        if target.relation:
            kind = target.relation.kind
            relation = Relation(kind=kind, anchor=self._named(target.relation.anchor, step, kind))
            target = target.model_copy(update={"relation": relation})
        return target

    def _opposite(self, target: Target, kind: RelationKind | None) -> Target | None:
        """For "a lamp to the left of the sofa and a plant to the right of it": the sofa."""
        before = self.mentioned[0].relation if len(self.mentioned) == 1 else None
        contrast = before and kind and _OPPOSITES.get(kind) == before.kind
        return before.anchor if before and contrast and is_pronoun(target) else None

    def _antecedent(self, target: Target, operation: str) -> Target:
        if len(self.mentioned) == 1:
            target = named_after(target, self.mentioned[0].head)
        if not is_pronoun(target):
            return target
        if len(self.mentioned) == 1 and self._is_gone(self.mentioned[0], operation):
            left = self.mentioned[0].relation
            return left.anchor if left else target
        if len(self.mentioned) == 1:
            owner = self.mentioned[0].relation
            person = target.phrase.lower() in _PERSONS
            if person and owner and owner.kind == "of":  # "the man's hat ... his shirt"
                known = not is_pronoun(owner.anchor)
                same = _PERSONS.get(owner.anchor.phrase.lower()) == _PERSONS[target.phrase.lower()]
                return owner.anchor if known or same else target
            return self.mentioned[0]
        if self.mentioned:
            phrase = " and ".join(each.phrase for each in self.mentioned)
            return Target(phrase=phrase, quantity="all", exclude=target.exclude)
        if operation not in ("background", "extract"):
            return target
        self.pointed = True
        return MAIN_SUBJECT

    def _is_gone(self, thing: Target, operation: str) -> bool:
        """For "take the label off the jar and make it blue": what is blue is the jar."""
        last = self.steps[-1] if self.steps else None
        return bool(
            operation in ("modify", "background", "extract", "add")
            and last
            and last.operation == "remove"
            and last.target == thing
            and not last.effects
            and thing.relation
            and thing.relation.kind in ("on", "of")
        )

    def _needs_sight(self, target: Target) -> None:
        note = f'"{target.phrase}" is not named in the sentence: only a model that sees can tell.'
        if note not in self.notes:
            self.notes.append(note)

    def finish(self, instruction: str) -> EditPlan:
        """The plan, or the error that says why there is none."""
        if not self.steps:
            if self.refused:
                raise self.refused[0]
            if self.failed and not looks_foreign(instruction):
                raise self.failed[0]
            if self.keep:
                raise InstructionError(
                    f'"{shortened(instruction)}" only says what to leave alone; '
                    f"say for example {EXAMPLES}."
                )
            raise nothing_to_do(instruction)
        if self.failed:
            self.notes += [str(error) for error in self.failed]
        update: dict[str, object] = {}
        if self.kept_effects:
            update |= {"effects": "keep", "effect_kinds": self.kept_effects}
        steps = [
            step.model_copy(update={**update, "keep": (*step.keep, *self.keep)})
            for step in self.steps
        ]
        if not self.pointed:
            steps = [in_front(step) for step in steps]
        return EditPlan(
            steps=tuple(steps),
            instruction=instruction,
            notes=tuple(self.notes),
            unsupported=tuple(str(error) for error in self.refused),
        )


def _left_alone(step: EditStep) -> EditStep:
    """For "the lamp, but not the table": of one thing nothing is excepted, so it is kept."""
    target = step.target
    if not target.exclude or not target.head or target.quantity == "all":
        return step
    kept = tuple(other.phrase for other in target.exclude if other.head != target.head)
    if len(kept) < len(target.exclude):
        return step
    return step.model_copy(
        update={"target": target.model_copy(update={"exclude": ()}), "keep": (*step.keep, *kept)}
    )


def _mentioned(steps: Sequence[EditStep]) -> list[Target]:
    """What "it" means after these steps: the new thing where there is one."""
    things: list[Target] = []
    for step in steps:
        new = step.replacement.phrase if step.replacement else ""
        if step.operation == "replace" and new:
            phrase = read_phrase(Cursor(tokenise(new)))
            things.append(phrase.target if phrase else step.target)
        elif step.target != MAIN_SUBJECT:
            things.append(step.target)
    return list({target.phrase: target for target in things}.values())
