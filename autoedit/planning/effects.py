"""Shadows and reflections: no things of their own, they go with a thing or are the whole job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from autoedit.core.plan import EditStep, EffectKind, Effects, Target
from autoedit.planning.words import Token, singular, vocabulary


def kinds_of(words: Iterable[str]) -> tuple[EffectKind, ...]:
    """Which effects some words name, in their order: "shadow", "reflection"."""
    names = vocabulary().words("nouns.effect")
    found = (singular(word)[0] for word in words if word in names)
    return tuple(dict.fromkeys(cast(EffectKind, word) for word in found))


def kinds_in(tokens: Iterable[Token]) -> tuple[EffectKind, ...]:
    """Which effects some tokens name."""
    return kinds_of(token.word for token in tokens if token.kind == "word")


def is_effect(tokens: Sequence[Token]) -> bool:
    """Whether some tokens begin with an effect, such as "drop shadow, please"."""
    return any(token.among(vocabulary().words("nouns.effect")) for token in tokens[:2])


def parted(
    targets: Sequence[Target],
) -> tuple[list[Target], Effects | None, tuple[EffectKind, ...]]:
    """Part things from their effects.

    Returns:
        The things; `only` when nothing but effects is named (then the things are their owners,
        where the sentence names them), `take_along` when they go with a thing, else None; and
        which effects are named.
    """
    names = vocabulary().words("nouns.effect")
    if targets and all(target.head in names for target in targets):
        owners = [_owner(target) or target for target in targets]
        return list(dict.fromkeys(owners)), "only", kinds_of(target.head for target in targets)
    things, kinds = list[Target](), list[EffectKind]()
    for target in targets:
        relation = target.relation
        if relation and relation.kind == "with" and relation.anchor.head in names:
            said = target.phrase.removesuffix(relation.anchor.phrase).rsplit(" with", 1)[0].strip()
            things.append(target.model_copy(update={"relation": None, "phrase": said}))
            kinds += kinds_of(relation.anchor.phrase.lower().split())
        elif target.head in names and not _owner(target):
            kinds += kinds_of([target.head])
        else:
            things.append(target)
    return things, "take_along" if kinds else None, tuple(dict.fromkeys(kinds))


def with_effects(
    step: EditStep, effects: Effects | None, kinds: tuple[EffectKind, ...]
) -> EditStep:
    """The step with what is said of the effects, where something is."""
    return step.model_copy(update={"effects": effects, "effect_kinds": kinds}) if effects else step


def _owner(effect: Target) -> Target | None:
    """Whose shadow it is, when the sentence names it."""
    relation = effect.relation
    if relation and relation.kind == "of" and relation.anchor.head:
        return relation.anchor
    return None
