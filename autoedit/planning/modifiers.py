"""What follows a noun and names no other thing: how it stands, what it does, what it reads."""

from __future__ import annotations

from autoedit.planning.draft import Cursor, Draft
from autoedit.planning.noun_group import (
    counts_from,
    is_participle,
    read_group,
    read_ordinal,
    text_follows,
)
from autoedit.planning.places import filler, read_side
from autoedit.planning.relating import PERSONAL
from autoedit.planning.words import Token, render, vocabulary


def linked(cursor: Cursor, draft: Draft, within: str) -> bool:
    """Pass over what only leads on: "in the image", "located", "that is", a comma."""
    if length := filler(cursor) or cursor.match("function.sets.linking"):
        cursor.take(length)
    elif _clause_link(cursor, draft):
        cursor.take(2)
    elif (cursor.peek().word == "and" and draft.relation and not within and cursor.peek(1).among(
        ("wearing", "holding", "carrying")
    )) or (cursor.peek().text == "," and _modifies(cursor)):  # fmt: skip
        draft.said.extend(cursor.take())
    else:
        return False
    return True


def counted(cursor: Cursor, draft: Draft) -> bool:
    """For "the bottle second from the left"."""
    if not counts_from(cursor) or not read_ordinal(cursor, draft):
        return False
    draft.said.extend(cursor.take())
    return True


def arranged(cursor: Cursor, draft: Draft) -> bool:
    """For "the people in line (at the door)": how they stand, and no thing that they are in."""
    length = cursor.match("function.sets.arrangement")
    if not length or not draft.nouns:
        return False
    words = cursor.take(length)
    draft.look("other", render(words).lower())
    draft.said.extend(words)
    return True


def doing(cursor: Cursor, draft: Draft, within: str) -> bool:
    """For "the man sitting (on the bench)", "the man reading a book"."""
    if not draft.nouns or draft.pronoun or within in PERSONAL or not is_participle(cursor):
        return False
    thing = Draft()
    doing = cursor.take()
    words = vocabulary().words
    if doing[0].word.endswith("ing"):
        if cursor.peek().among(words("function.determiner") | words("function.possessive")):
            read_group(cursor, thing)
        elif cursor.peek().among(("me", "us", "him", "them")):
            thing.said.extend(cursor.take())
    draft.look("other", render([*doing, *thing.said]).lower())
    draft.said.extend([*doing, *thing.said])
    return True


def _clause_link(cursor: Cursor, draft: Draft) -> bool:
    """For "that is (on the left)": the link goes, the place is read."""
    return bool(draft.nouns) and (
        cursor.peek().among(("that", "which", "who"))
        and cursor.peek(1).among(("is", "are", "was", "were"))
    )


def _modifies(cursor: Cursor) -> bool:
    """Whether a comma leads on to more about the same thing, and not to the next of a list."""
    ahead = Cursor(cursor.tokens, cursor.at + 1)
    if ahead.match("function.relation") or filler(ahead) or read_side(ahead)[0]:
        return True
    if ahead.match("function.sets.exclusion"):
        return True
    return is_participle(ahead) or ahead.peek().among(("which", "who", "visible", "located"))


def written(cursor: Cursor, draft: Draft) -> bool:
    """What is written on the thing: a quotation, or the words up to the next function word."""
    length = text_follows(cursor)
    if draft.pronoun or not (length or (cursor.peek().kind == "quote" and draft.nouns)):
        return False
    draft.said.extend(cursor.take(length))
    words: list[Token] = []
    if cursor.peek().kind == "quote":
        words.extend(cursor.take())
    else:
        while cursor.peek().kind == "word" and not cursor.match("function.relation"):
            if cursor.peek().word in ("and", "with", "to", "into"):
                break
            words.extend(cursor.take())
    if words:
        draft.said.extend(words)
        draft.look("text", " ".join(t.word if t.kind == "quote" else t.text for t in words))
    return True
