"""A noun phrase that was read, and what the members of a list lend each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autoedit.core.plan import Attributes, Relation, Target
from autoedit.planning.words import Token, render


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase that was read.

    Attributes:
        target: what it names.
        said: its words, filler left out.
        location: those of them that say where it is.
        indefinite: "a lamp", or a bare plural: a thing that need not be there yet.
        pronoun: "it", "them".
    """

    target: Target
    said: tuple[Token, ...]
    location: tuple[Token, ...]
    indefinite: bool
    pronoun: bool

    @property
    def description(self) -> str:
        """The words without those that say where it is."""
        place = {id(token) for token in self.location}
        return render(token for token in self.said if id(token) not in place)

    def description_without(self, relation: Relation) -> str:
        """The words before those of a relation."""
        before, _, _ = self.target.phrase.rpartition(relation.anchor.phrase)
        return before.rsplit(maxsplit=1)[0] if before.split()[1:] else before.strip()


def named_after(target: Target, head: str) -> Target:
    """For "the green one" after a mug: the green mug."""
    words = target.phrase.split()
    if not head or not is_one(target):
        return target
    phrase = " ".join(head if word in ("one", "ones") else word for word in words)
    return target.model_copy(update={"head": head, "phrase": phrase})


def is_one(target: Target) -> bool:
    """Whether a target is "the red one", "yellow ones"."""
    return not target.head and bool({"one", "ones"} & set(target.phrase.split()))


def refined(phrase: Phrase, more: Phrase) -> Phrase:
    """For "the car, the red one": the same thing, said again with more of its look."""
    had, looks = phrase.target, more.target.attributes.model_dump()
    joined = {kind: (*words, *looks[kind]) for kind, words in had.attributes.model_dump().items()}
    target = had.model_copy(
        update={
            "phrase": f"{had.phrase}, {more.target.phrase}",
            "attributes": Attributes.model_validate(joined),
            "position": had.position or more.target.position,
            "relation": had.relation or more.target.relation,
            "ordinal": had.ordinal if had.ordinal is not None else more.target.ordinal,
        }
    )
    return replace(phrase, target=target, said=(*phrase.said, *more.said))


def share_heads(phrases: list[Phrase]) -> list[Phrase]:
    """For "the left and right lamps": the left one is a lamp too."""
    shared: list[Phrase] = []
    donor: Phrase | None = None
    for phrase in reversed(phrases):
        target = phrase.target
        bare = not target.head and not phrase.pronoun and target.quantity == "one"
        looks = target.attributes != type(target.attributes)()
        if bare and donor and (target.position or target.ordinal or looks):
            lemma = donor.target.head
            target = target.model_copy(update={"head": lemma, "phrase": f"{target.phrase} {lemma}"})
            if donor.target.quantity == "all" and shared and shared[-1] is donor:
                lone = donor.target.model_copy(update={"quantity": "one"})
                shared[-1] = Phrase(lone, donor.said, donor.location, donor.indefinite, False)
            shared.append(Phrase(target, phrase.said, phrase.location, phrase.indefinite, False))
            continue
        if target.head:
            donor = phrase
        shared.append(phrase)
    ordered, head = list[Phrase](), ""
    for phrase in reversed(shared):
        ordered.append(replace(phrase, target=named_after(phrase.target, head)))
        head = phrase.target.head or head
    return ordered
