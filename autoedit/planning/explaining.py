"""Which words of an instruction became what in its plan."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from autoedit.core.plan import EditPlan, EditStep, Target
from autoedit.planning.words import Token, render, singular, tokenise, vocabulary


class Meaning(NamedTuple):
    """Words, and what they became: "on the left", "steps.0.target.position = left"."""

    words: str
    became: str


def explained(plan: EditPlan, verbs: Sequence[str] = ()) -> list[Meaning]:
    """What each field of a plan was read from.

    Args:
        plan: as a planner made it.
        verbs: what was said for the operation of each step, where the planner can tell.

    Returns:
        A line for each field that is set, step by step; at last the words that became nothing.
    """
    lines: list[Meaning] = []
    for number, step in enumerate(plan.steps):
        verb = verbs[number] if number < len(verbs) else ""
        lines += [Meaning(words, f"steps.{number}.{became}") for words, became in _step(step, verb)]
    lines += [Meaning(line, "unsupported") for line in plan.unsupported]
    unused = _unused(plan.instruction, [words for words, _ in lines])
    return [*lines, Meaning(unused, "(nothing)")] if unused else lines


def _step(step: EditStep, verb: str) -> Iterable[Meaning]:
    yield Meaning(verb, f"operation = {step.operation}")
    yield from (Meaning(words, f"target.{became}") for words, became in _target(step.target))
    if step.replacement:
        new = step.replacement.model_dump(exclude_defaults=True)
        for field, value in new.items():
            words = str(value) if isinstance(value, str) else ""
            yield Meaning(words, f"replacement.{field} = {_shown(value)}")
    if step.location:
        yield Meaning(step.location, f"location = {step.location}")
    if step.effects:
        yield Meaning(" and ".join(step.effect_kinds), f"effects = {step.effects}")
    yield from (Meaning(phrase, f"keep = {phrase}") for phrase in step.keep)


def _target(target: Target) -> Iterable[Meaning]:
    yield Meaning(target.phrase, "phrase")
    tokens = tokenise(target.phrase)
    words = vocabulary()
    heads = [t.text for t in tokens if target.head in (t.word, singular(t.word)[0])]
    if target.head:
        yield Meaning(heads[-1] if heads else "", f"head = {target.head}")
    for kind, values in target.attributes.model_dump().items():
        yield from (Meaning(value, f"attributes.{kind} = {value}") for value in values)
    if target.position:
        places = _among(tokens, words.map("function.side"))
        yield Meaning(places, f"position = {target.position}")
    if target.ordinal is not None:
        ranks = words.map("function.ordinal").keys() | words.map("function.extreme").keys()
        numbers = _among(tokens, ranks) or _among(tokens, _digits(tokens))
        yield Meaning(numbers, f"ordinal = {target.ordinal} from the {target.ordinal_from}")
    if target.quantity != "one":
        counts = _among(tokens, words.map("function.quantity").keys() | _digits(tokens))
        yield Meaning(counts or (heads[-1] if heads else ""), f"quantity = {target.quantity}")
    if target.relation:
        anchor = target.relation.anchor
        before = tokenise(target.phrase.partition(anchor.phrase)[0])
        link = _among(before, _linking(before)) or render(before[-1:])
        yield Meaning(link, f"relation.kind = {target.relation.kind}")
        yield from (Meaning(said, f"relation.anchor.{what}") for said, what in _target(anchor))
    for other in target.exclude:
        yield from (Meaning(said, f"exclude.{what}") for said, what in _target(other))


def _linking(tokens: Sequence[Token]) -> set[str]:
    """The words of the last preposition among some tokens: "to the left of", "next to"."""
    for start in range(len(tokens)):
        length = vocabulary().match("function.relation", tokens, start)
        if length and start + length == len(tokens):
            return {token.word for token in tokens[start:]}
    return set()


def _among(tokens: Sequence[Token], words: Iterable[str]) -> str:
    known = set(words)
    return render(token for token in tokens if token.word in known)


def _digits(tokens: Sequence[Token]) -> set[str]:
    return {token.word for token in tokens if token.word[:1].isdigit()}


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _unused(instruction: str, used: Sequence[str]) -> str:
    """The words of an instruction that no line accounts for, in their order."""
    known = Counter(token.word for words in used for token in tokenise(words))
    forms = vocabulary().forms
    left: list[Token] = []
    for token in tokenise(instruction):
        base = forms.get(token.word, (token.word, ""))[0]
        word = token.word if known[token.word] else base
        if known[word]:
            continue
        if token.kind != "mark":
            left.append(token)
    return render(left)
