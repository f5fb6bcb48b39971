"""How a thing and its anchor are related, where a phrase names more than one relation."""

from __future__ import annotations

from collections.abc import Sequence

from autoedit.core.plan import Relation, RelationKind, Target
from autoedit.planning.draft import Draft
from autoedit.planning.phrase import Phrase
from autoedit.planning.words import Token, render, vocabulary

PERSONAL = ("wearing", "holding", "with")
ARTICLES = (
    "the", "a", "an", "this", "that", "these", "those", "my", "your", "our", "his", "her", "its",
    "their", "'s",
)  # fmt: skip


def worn(anchor: Target) -> bool:
    """For "the man in the blue coat", "the woman in red"."""
    if anchor.head:
        return anchor.head in vocabulary().words("nouns.clothes")
    return bool(anchor.attributes.colour)


def is_definite(anchor: Target) -> bool:
    """Whether an anchor is a thing of its own, and not what another is full of."""
    first = anchor.phrase.split(" ", 1)[0].lower()
    return first in ARTICLES or "'s" in anchor.phrase or not anchor.head


def relate(draft: Draft, kind: RelationKind, anchor: Phrase, introduction: Sequence[Token]) -> None:
    """One relation a target: a place wins over what is worn or held, which becomes a look."""
    words = [*introduction, *anchor.said]
    spatial = kind not in (*PERSONAL, "of")
    relation = Relation(kind=kind, anchor=anchor.target)
    if draft.relation is None:
        draft.relation = relation
    elif spatial and draft.relation.kind == "of" and not is_definite(draft.relation.anchor):
        draft.relation = relation  # "a bowl of fruit to the left of the vase"
    elif spatial and draft.relation.kind in PERSONAL:
        worn = draft.relation
        draft.look("other", f"{worn.kind} {worn.anchor.phrase}")
        draft.relation = relation
    else:
        draft.look("other", render(words))
    if spatial:
        draft.location.extend(words)
    draft.said.extend(words)
