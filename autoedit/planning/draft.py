"""What a phrase is read with: a cursor over tokens, and the target while it is being read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from autoedit.core.plan import Attributes, Position, Relation, Target
from autoedit.planning.words import Token, singular, vocabulary

END = Token("", "", "mark")
Side = Literal["left", "right", "top", "bottom"]


@dataclass(slots=True)
class Cursor:
    """A place in a run of tokens; reading past the end gives an empty mark."""

    tokens: Sequence[Token]
    at: int = 0

    def peek(self, ahead: int = 0) -> Token:
        """The token `ahead` places on."""
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else END

    def match(self, path: str, ahead: int = 0) -> int:
        """The length of the longest phrase of a vocabulary list that starts there."""
        return vocabulary().match(path, self.tokens, self.at + ahead)

    def take(self, count: int = 1) -> Sequence[Token]:
        """Move on, and return what was passed."""
        taken = self.tokens[self.at : self.at + count]
        self.at += len(taken)
        return taken

    @property
    def rest(self) -> Sequence[Token]:
        """What is still to be read."""
        return self.tokens[self.at :]


@dataclass(slots=True)
class Draft:
    """A target while it is being read.

    Attributes:
        said: the words of its phrase, filler left out.
        location: those of them that say where it is.
        nouns: the words of the noun group, the head last.
    """

    said: list[Token] = field(default_factory=list[Token])
    location: list[Token] = field(default_factory=list[Token])
    nouns: list[Token] = field(default_factory=list[Token])
    looks: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    position: Position | None = None
    ordinal: int | None = None
    ordinal_from: Side | None = None
    quantity: str = ""
    relation: Relation | None = None
    exclude: tuple[Target, ...] = ()
    owner: str = ""
    indefinite: bool = False
    pronoun: bool = False

    def look(self, kind: str, word: str) -> None:
        """Note one attribute."""
        self.looks.setdefault(kind, []).append(word)

    def place(self, position: Position) -> None:
        """Note a position; a vertical and a horizontal one make a corner."""
        depth = ("foreground", "background")
        if self.position in (None, "middle", position):
            self.position = position
        elif position in depth:
            self.look("other", position)
        elif self.position in depth:
            self.look("other", self.position)
            self.position = position
        else:
            self.position = corner([self.position, position])

    def head(self) -> tuple[str, bool]:
        """The head noun's lemma and whether it was a plural; "" when there is none."""
        if not self.nouns or self.pronoun:
            return "", False
        word = self.nouns[-1].word
        if word in vocabulary().words("nouns.everyone"):
            return "person", True
        if word in vocabulary().words("nouns.everything"):
            return "", True
        return ("", word == "ones") if word in ("one", "ones") else singular(word)

    def finish(self, phrase: str) -> Target:
        """The target, with the given words."""
        head, plural = self.head()
        position = self.position
        start = self.ordinal_from
        if start is None:
            sides: dict[str, Side] = {"left": "left", "right": "right", "top": "top",
                                      "bottom": "bottom"}  # fmt: skip
            start = sides.get(position or "", "left")
            if self.ordinal == -1:
                start = _OPPOSITE.get(position, "left")
            elif self.ordinal is None:
                start = "left"
        looks = {kind: tuple(dict.fromkeys(words)) for kind, words in self.looks.items()}
        return Target(
            phrase=phrase,
            head=head,
            attributes=Attributes.model_validate(looks),
            position=position,
            ordinal=self.ordinal,
            ordinal_from=start,
            quantity=self.quantity or ("all" if plural else "one"),
            relation=self.relation,
            exclude=self.exclude,
        )


_OPPOSITE: dict[Position | None, Side] = {
    "left": "right", "right": "left", "top": "bottom", "bottom": "top"
}  # fmt: skip


def sides_of(token: Token) -> list[Position]:
    """The sides that a word names: "left", "middle-right"; empty for any other word."""
    if token.kind != "word":
        return []
    table = vocabulary().map("function.side")
    if token.word in table:
        return [table[token.word]]
    parts = token.word.split("-")
    return [table[p] for p in parts] if len(parts) > 1 and all(p in table for p in parts) else []


def corner(sides: Sequence[str]) -> Position:
    """One position from several sides."""
    vertical = next((s for s in sides if s in ("top", "bottom")), "")
    horizontal = next((s for s in sides if s in ("left", "right")), "")
    if vertical and horizontal:
        return cast(Position, ("upper_" if vertical == "top" else "lower_") + horizontal)
    return cast(Position, vertical or horizontal or sides[0])
