"""Places in the frame: "on the far left", "in the upper right corner"; and "in the image"."""

from __future__ import annotations

from autoedit.core.plan import Position
from autoedit.planning.draft import Cursor, Draft, sides_of
from autoedit.planning.noun_group import is_open, read_group
from autoedit.planning.words import vocabulary

_SIDE_INTRODUCTIONS = ("on", "at", "in", "to", "near", "toward", "towards", "along", "from", "by")


def filler(cursor: Cursor) -> int:
    """For "in the image": says nothing. The length, or 0."""
    if not cursor.peek().among(("in", "from", "of", "on", "within", "across", "to", "at", "into")):
        return 0
    length = 1
    own = cursor.peek(length).among(("this", "my", "our"))  # "in this old photo of my mother"
    if cursor.peek(length).among(vocabulary().words("function.determiner")):
        length += 1
    while own and cursor.peek(length).among(vocabulary().words("adjectives.other")):
        length += 1
    if not cursor.peek(length).among(vocabulary().words("nouns.photo")):
        return 0
    after = length + 1
    if own and cursor.peek(after).word == "of":
        words = vocabulary().words("function.determiner") | vocabulary().words(
            "function.possessive"
        )
        while cursor.peek(after + 1).among(words) or is_open(cursor, after + 1):
            after += 1
        return after + 1
    return 0 if is_open(cursor, after) or cursor.peek(after).word == "'s" else after


def read_side(cursor: Cursor) -> tuple[int, list[Position]]:
    """For "on the far left side", "in the upper right corner": its length and its sides."""
    sides: list[Position] = []
    if not cursor.peek().among(_SIDE_INTRODUCTIONS):
        return 0, sides
    length = 1
    while cursor.peek(length).among(("the", "far", "very", "extreme", "its", "furthest", "your")):
        length += 1
    while found := sides_of(cursor.peek(length)):
        sides += found
        length += 1
    if not sides:
        return 0, sides
    while cursor.peek(length).among(("hand", "most")):
        length += 1
    named = False
    while cursor.peek(length).among(vocabulary().words("function.sets.side_word") - {"of"}):
        length, named = length + 1, True
    if not named and _leads_to_noun(cursor, length):
        return 0, []
    return length, sides


def _leads_to_noun(cursor: Cursor, ahead: int) -> bool:
    """Whether a noun follows: "on the top shelf" is the shelf, "on the top blue" is not."""
    reader, draft = Cursor(cursor.tokens, cursor.at + ahead), Draft()
    if not is_open(reader):
        return reader.peek().among(("one", "ones"))
    read_group(reader, draft)
    if len(draft.nouns) == 1 and draft.nouns[0].among(
        vocabulary().words("adjectives.complement") | vocabulary().words("adjectives.colour")
    ):
        return False
    return bool(draft.nouns)
