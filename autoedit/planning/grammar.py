"""The planner without a model: an English sentence becomes a plan, offline, in milliseconds.

An instruction is tokenised (`words`), split into clauses that each have a verb (`clauses`); the
verb's frame (`frames`, `changes`) reads the noun phrases round it (`noun_phrase`, `noun_group`).
The words it knows by name are in vocabulary.toml; any other word may be a noun.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from autoedit.core.plan import EditPlan, EditStep, Relation, Replacement, Target
from autoedit.errors import InstructionError, UnsupportedInstructionError
from autoedit.planning import frames
from autoedit.planning.changes import complement, participle_at
from autoedit.planning.clauses import FRAMES, Clause, keep, read_clause, split
from autoedit.planning.noun_group import Cursor
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.phrase import named_after
from autoedit.planning.refusals import incomplete, shortened
from autoedit.planning.replacement import (
    MAIN_SUBJECT,
    background,
    is_backdrop,
    is_pronoun,
    only_colour,
    read_replacement,
    scene_head,
)
from autoedit.planning.words import Token, render, tokenise, vocabulary

LONGEST_INSTRUCTION = 2000
"""In characters."""

_EXAMPLES = '"remove the red mug" or "replace the background with white"'
__all__ = ["LONGEST_INSTRUCTION", "GrammarPlanner", "frames"]


class GrammarPlanner:
    """Plans by a grammar of everyday English; needs no weights and no network."""

    def plan(self, instruction: str) -> EditPlan:
        """Parse one instruction.

        Args:
            instruction: English, up to `LONGEST_INSTRUCTION` characters.

        Returns:
            At least one step. What was understood but cannot be done is in `unsupported`, what
            was not understood in `notes`.

        Raises:
            InstructionError: when it is empty, too long, not English, or names no edit.
            UnsupportedInstructionError: when all that it asks for is what AutoEdit does not do.
        """
        text = _checked(instruction)
        reading = _Reading()
        for words in split(tokenise(text)):
            reading.read(words)
        return reading.finish(instruction)


class _Reading:
    """The clauses of one instruction, one after the other."""

    def __init__(self) -> None:
        self.steps: list[EditStep] = []
        self.notes: list[str] = []
        self.refused: list[UnsupportedInstructionError] = []
        self.failed: list[InstructionError] = []
        self.keep: list[str] = []
        self.mentioned: list[Target] = []
        self.keeps_effects = False

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
        for step in steps:  # "the man and the woman next to him"
            resolved.append(self._resolved(step))
            self.mentioned = self.mentioned or _mentioned(resolved)
        steps = resolved
        self.mentioned = _mentioned(steps) or self.mentioned
        trailing: dict[str, object] = {"keep": tuple(clause.keep)} if clause.keep else {}
        if clause.effects:
            trailing["effects"] = clause.effects
        for step in (step.model_copy(update=trailing) for step in steps):
            if step not in self.steps:  # "extract the dog and isolate it" is one step
                self.steps.append(step)
        if clause.unused and steps:
            unread = shortened(render(clause.unused))
            self.notes.append(f'Not understood in "{shortened(clause.said)}": "{unread}".')

    def _steps(self, clause: Clause) -> list[EditStep]:
        if clause.frame == "keep":
            return self._keep(clause)
        if clause.frame in ("existential", "mention"):
            self.mentioned = [phrase.target for phrase in read_phrases(Cursor(clause.body))]
            return []
        if clause.frame == "aside":
            return []
        if clause.frame:
            return FRAMES[clause.frame](clause)
        steps = _statement(clause) or _backdrop_alone(clause)
        if not steps:
            self._not_understood(clause)
        return steps

    def _not_understood(self, clause: Clause) -> None:
        message = f'No edit was recognised in "{shortened(clause.said)}".'
        if any(token.kind != "mark" for token in clause.body):
            self.notes.append(message)

    def _keep(self, clause: Clause) -> list[EditStep]:
        """For "keep the shadow", "don't touch the vase": belongs to the steps round it."""
        before = clause.effects
        keep(clause, clause.body)
        self.keeps_effects |= clause.effects == "keep" != before
        self.keep += clause.keep
        clause.keep, clause.effects = [], None
        return []

    def _resolved(self, step: EditStep) -> EditStep:
        """Put the thing that was mentioned before in the place of "it" and "his"."""
        target = self._antecedent(step.target, step.operation)
        relation = target.relation
        if relation and is_pronoun(relation.anchor):
            anchor = self._antecedent(relation.anchor, step.operation)
            relation = Relation(kind=relation.kind, anchor=anchor)
            target = target.model_copy(update={"relation": relation})
            if is_pronoun(anchor):
                self._needs_sight(anchor)
        if is_pronoun(target):
            self._needs_sight(target)
        return step.model_copy(update={"target": target})

    def _antecedent(self, target: Target, operation: str) -> Target:
        if len(self.mentioned) == 1:
            target = named_after(target, self.mentioned[0].head)
        if not is_pronoun(target):
            return target
        if len(self.mentioned) == 1:
            owner = self.mentioned[0].relation
            person = target.phrase.lower() in ("his", "her", "him", "he", "she")
            if person and owner and owner.kind == "of":  # "the man's hat ... his shirt"
                return owner.anchor
            return self.mentioned[0]
        if self.mentioned:
            phrase = " and ".join(each.phrase for each in self.mentioned)
            return Target(phrase=phrase, quantity="all")
        return MAIN_SUBJECT if operation in ("background", "extract") else target

    def _needs_sight(self, target: Target) -> None:
        note = f'"{target.phrase}" is not named in the sentence: only a model that sees can tell.'
        if note not in self.notes:
            self.notes.append(note)

    def finish(self, instruction: str) -> EditPlan:
        """The plan, or the error that says why there is none."""
        if not self.steps:
            if self.refused:
                raise self.refused[0]
            if self.failed and not _looks_foreign(instruction):
                raise self.failed[0]
            if self.keep:
                raise InstructionError(
                    f'"{shortened(instruction)}" only says what to leave alone; '
                    f"say for example {_EXAMPLES}."
                )
            raise _nothing_to_do(instruction)
        if self.failed:
            self.notes += [str(error) for error in self.failed]
        update: dict[str, object] = {}
        if self.keeps_effects:
            update["effects"] = "keep"
        steps = [
            step.model_copy(update={**update, "keep": (*step.keep, *self.keep)})
            for step in self.steps
        ]
        return EditPlan(
            steps=tuple(steps),
            instruction=instruction,
            notes=tuple(self.notes),
            unsupported=tuple(str(error) for error in self.refused),
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


def _statement(clause: Clause) -> list[EditStep]:
    """For "the spoon is made of gold", "can the cup be red", "the cup gone"."""
    cursor = Cursor(clause.body)
    while cursor.peek().among(("can", "could", "should", "would", "may", "will", "is", "are")):
        cursor.take()
    cut = participle_at(clause.body)
    before = Cursor(clause.body[: cut or None], cursor.at)
    phrases = read_phrases(before)
    cursor.at = before.at
    if not phrases or not cursor.rest:
        return []
    named = cursor.tokens[: cursor.at]
    length = cursor.match("clauses.copulas")
    said = render(cursor.rest).lower()
    if not length and said not in vocabulary().words("clauses.gone"):
        forms = vocabulary().forms.get(cursor.peek().word)
        if forms is None or forms[1] != "ed":
            return []
    cursor.take(length)
    if not cursor.rest:
        return []
    targets = [phrase.target for phrase in phrases]
    return complement(targets, named, cursor.rest, clause)


def _backdrop_alone(clause: Clause) -> list[EditStep]:
    """For "white background please", "on a beach": nothing but the wanted background."""
    cursor = Cursor(clause.body)
    placed = cursor.peek().among(("on", "in", "against", "with", "onto", "to"))
    if placed:
        cursor.take()
    words = cursor.rest
    phrase = read_phrase(cursor)
    if phrase is None:
        return []
    if cursor.rest:
        return frames.backdrop_for(phrase, cursor)
    if is_backdrop(phrase.target):
        if words[0].word == "no":
            return [background(MAIN_SUBJECT, Replacement(transparent=True))]
        if len(phrase.said) < 2:
            raise incomplete(clause.said, f"what to do; say for example {_EXAMPLES}")
        return [background(MAIN_SUBJECT, read_replacement(words))]
    if placed and (only_colour(words) or (phrase.indefinite and scene_head(phrase.target))):
        return [background(MAIN_SUBJECT, read_replacement(words))]
    return []


def _checked(instruction: str) -> str:
    text = instruction.strip()
    if len(text) > LONGEST_INSTRUCTION:
        raise InstructionError(
            f"The instruction has {len(text):,} characters; at most {LONGEST_INSTRUCTION:,} are "
            f'read. It begins "{shortened(text[:200])}"; say the edit '
            "in a sentence or two."
        )
    letters = [c for c in text if c.isalpha()]
    if not letters:
        what = "is empty" if not text else "holds no words"
        raise InstructionError(f"The instruction {what}; say for example {_EXAMPLES}.")
    latin = sum("LATIN" in unicodedata.name(c, "") for c in unicodedata.normalize("NFKC", text))
    if latin * 2 < len(letters):
        raise _not_english(text)
    return text


def _looks_foreign(instruction: str) -> bool:
    """Whether words or letters of another language stand in a sentence."""
    words = [token.word for token in tokenise(instruction)]
    foreign = sum(word in vocabulary().words("foreign.words") for word in words)
    accented = any(ord(c) > 0xBF and c.isalpha() for c in instruction)
    return foreign > 0 and (foreign >= 2 or accented or foreign * 4 >= len(words))


def _nothing_to_do(instruction: str) -> InstructionError:
    if _looks_foreign(instruction):
        return _not_english(instruction)
    said = shortened(instruction)
    return InstructionError(f'No edit was recognised in "{said}"; say for example {_EXAMPLES}.')


def _not_english(text: str) -> InstructionError:
    said = shortened(text)
    return InstructionError(
        f'"{said}" does not look like English, which is all that the grammar understands; '
        f"say for example {_EXAMPLES}, or use a pipeline whose planner is a language model."
    )
