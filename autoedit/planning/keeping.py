"""What is to be kept where a background changes: a thing that is named stays in front of it."""

from __future__ import annotations

from collections.abc import Iterable

from autoedit.core.plan import EditPlan, EditStep, EffectKind, Target
from autoedit.planning.draft import Cursor
from autoedit.planning.effects import kinds_of
from autoedit.planning.noun_phrase import read_phrases
from autoedit.planning.replacement import MAIN_SUBJECT, joined, members
from autoedit.planning.words import tokenise, vocabulary

_NO_THINGS = (
    "aspect", "backdrop", "body", "extent", "photo", "property", "scene", "stuff", "style", "tone",
)  # fmt: skip
"""Nouns of what is no thing before a background: its look, its parts, and the background."""


def in_front(step: EditStep) -> EditStep:
    """For "keep the red mug and make the background white": the mug is the subject, not a guess.

    A step whose subject is named already, and one that only says to keep the light or the pose,
    stays as it is.
    """
    if step.operation not in ("background", "extract") or step.target != MAIN_SUBJECT:
        return step
    things, effects = _kept(step.keep)
    update: dict[str, object] = {}
    if things:
        update["target"] = joined(things)
    if effects and step.effects is None:
        update |= {"effects": "keep", "effect_kinds": effects}
    return step.model_copy(update=update)


def together(plan: EditPlan) -> EditPlan:
    """For "cut out the dog and the ball": one cut-out that shows both, not one out of the other."""
    steps: list[EditStep] = []
    for step in plan.steps:
        last = steps[-1] if steps else None
        both = last and last.operation == step.operation == "extract" and not step.boxes
        if both and last and last.model_copy(update={"target": step.target}) == step:
            target = joined([*members(last.target), *members(step.target)])
            steps[-1] = step.model_copy(update={"target": target})
        else:
            steps.append(step)
    return plan.model_copy(update={"steps": tuple(steps)})


def _kept(phrases: Iterable[str]) -> tuple[list[Target], tuple[EffectKind, ...]]:
    """The things that phrases name, none when one of them cannot be told; and their effects."""
    things: dict[str, Target] = {}
    effects: list[str] = []
    counts = vocabulary().map("function.quantity")
    for phrase in phrases:
        cursor = Cursor(tokenise(phrase))
        for each in read_phrases(cursor):
            target = each.target
            if target.head in vocabulary().words("nouns.effect"):
                effects.append(target.head)
            elif each.pronoun:  # "keep me and my dog": not the dog alone
                return [], ()
            elif target.head in counts:  # "keep all three"
                things[target.phrase] = Target(phrase=target.phrase, quantity=counts[target.head])
            elif _is_thing(target):
                things[target.phrase] = target
        if cursor.rest:
            return [], ()
    return list(things.values()), kinds_of(effects)


def _is_thing(target: Target) -> bool:
    relation = target.relation
    if relation is not None and relation.kind == "of":  # "her face", "the colours of the shoe"
        return False
    if not target.head:  # "both", but not "everything else"
        return target.quantity.isdecimal() or bool(target.attributes.colour)
    words = vocabulary().words
    return not any(target.head in words(f"nouns.{kind}") for kind in _NO_THINGS)
