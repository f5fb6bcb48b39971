"""Noun phrases: words become a `Target`, with place, relation and exclusion; lists of them."""

from __future__ import annotations

from typing import cast

from autoedit.core.plan import Position, Relation, RelationKind, Target
from autoedit.planning.draft import Cursor, Draft, corner, sides_of
from autoedit.planning.modifiers import arranged, counted, doing, linked, written
from autoedit.planning.noun_group import (
    bare_sides,
    is_open,
    read_colour,
    read_group,
)
from autoedit.planning.phrase import Phrase, is_one, named_after, refined, share_heads
from autoedit.planning.places import filler, read_side
from autoedit.planning.relating import ARTICLES, PERSONAL, relate, worn
from autoedit.planning.words import Token, render, singular, vocabulary

_OF_SIDE: dict[str, RelationKind] = {
    "left": "left_of", "right": "right_of", "top": "on", "bottom": "below",
    "middle": "in", "foreground": "in_front_of", "background": "behind",
}  # fmt: skip
_DEEPEST = 12


def read_phrase(cursor: Cursor, within: str = "", depth: int = 0) -> Phrase | None:
    """Read one noun phrase.

    Args:
        cursor: moved past what was read; left alone when nothing was.
        within: the kind of relation when this is the anchor of one.
        depth: how many anchors this one lies in.

    Returns:
        The phrase, or None when no noun phrase starts here.
    """
    start, draft = cursor.at, Draft()
    if not _pronoun(cursor, draft):
        read_group(cursor, draft)
        for _ in range(_DEEPEST):
            if cursor.peek().word != "'s" or not draft.said:
                break
            draft = _possessed(cursor, draft)
        _measured(cursor, draft)
        if draft.said and draft.said[-1].word == "of" and not draft.nouns:  # "all of them"
            draft.said.extend(cursor.take(cursor.peek().among(("them", "these", "those", "us"))))
    if not (draft.nouns or draft.looks or draft.position or draft.ordinal or draft.quantity):
        cursor.at = start
        return None
    content = within == "of" and not any(word.among(ARTICLES) for word in draft.said)
    if depth < _DEEPEST and not content:  # "a bowl of fruit on the table": the bowl is
        _read_modifiers(cursor, draft, within, depth)
        if cursor.peek().word == "'s" and draft.said:  # "the kid on the left's face"
            draft = _possessed(cursor, draft)
    if draft.owner and draft.nouns and draft.relation is None:
        draft.relation = Relation(kind="of", anchor=Target(phrase=draft.owner))
    target = draft.finish(render(draft.said))
    bare_plural = draft.said[0] is draft.nouns[0] if draft.nouns and draft.said else False
    indefinite = draft.indefinite or (bare_plural and not draft.pronoun)
    return Phrase(target, tuple(draft.said), tuple(draft.location), indefinite, draft.pronoun)


def read_phrases(cursor: Cursor) -> list[Phrase]:
    """Read a list: "the cup, the spoon and the plate"; empty when none starts here."""
    first = read_phrase(cursor)
    phrases = [first] if first else []
    while phrases:
        start = cursor.at
        cursor.at += _separator(cursor)
        following = read_phrase(cursor) if cursor.at > start else None
        if following is None:
            cursor.at = start
            break
        loose = cursor.tokens[start : cursor.at][0].text == "," and not _separator(cursor)
        if loose and len(phrases) == 1 and phrases[0].target.head and is_one(following.target):
            phrases = [refined(phrases[0], following)]
            break
        phrases.append(following)
    return share_heads(phrases)


def _separator(cursor: Cursor) -> int:
    length = 1 if cursor.peek().text in (",", "\n") else 0
    if joint := cursor.match("function.sets.joining", length):
        return length + joint
    if cursor.peek(length).text.lower() in ("and", "or", "&", "plus", "also"):
        length += 1
    return length


def _pronoun(cursor: Cursor, draft: Draft) -> bool:
    token = cursor.peek()
    if token.word in ("what", "whatever") and cursor.peek(1).among(("is", "are", "'s")):
        draft.nouns.append(Token("thing", "thing"))  # "what is on the left"
        draft.said.extend(cursor.take(2))
        return True
    if not token.among(vocabulary().words("function.pronoun")) or is_open(cursor):
        return False
    modified = token.word in ("her", "this", "that", "these", "those")
    if modified and (is_open(cursor, 1) or cursor.peek(1).word in ("one", "ones")):
        return False
    draft.pronoun = True
    draft.nouns.append(token)
    draft.said.extend(cursor.take())
    if token.word in ("them", "these", "those", "they", "us", "theirs"):
        draft.quantity = "all"
    return True


def _possessed(cursor: Cursor, owner: Draft) -> Draft:
    """For "the woman's red dress": the dress, of the woman."""
    anchor = owner.finish(render(owner.said))
    draft = Draft(said=[*owner.said, *cursor.take()], relation=Relation(kind="of", anchor=anchor))
    before = len(draft.said)
    read_group(cursor, draft)
    return draft if len(draft.said) > before else Draft(said=draft.said, nouns=owner.nouns)


def _measured(cursor: Cursor, draft: Draft) -> None:
    """For "a pair of shoes", "two of the balls": the head is what follows."""
    words = vocabulary().words
    measure = draft.nouns and singular(draft.nouns[-1].word)[0] in words("nouns.measure")
    ranked = not draft.nouns and (draft.ordinal or draft.looks.get("size"))
    if not (measure or ranked) or cursor.peek().word != "of" or filler(cursor):
        return
    if measure and draft.nouns[-1].word == "couple":
        draft.quantity = "2"
    elif ranked:
        draft.quantity = draft.quantity or "one"
    kept, draft.nouns = draft.nouns, []
    draft.said.extend(cursor.take())
    read_group(cursor, draft)
    draft.nouns = draft.nouns or kept


def _read_modifiers(cursor: Cursor, draft: Draft, within: str, depth: int) -> None:
    """Read what follows the noun, for as long as one of the readers takes something."""
    while (
        linked(cursor, draft, within)
        or written(cursor, draft)
        or _material(cursor, draft, within)
        or _exclusion(cursor, draft, within)
        or _parenthesis(cursor, draft)
        or _place(cursor, draft, within, depth)
        or arranged(cursor, draft)
        or _relation(cursor, draft, within, depth)
        or counted(cursor, draft)
        or doing(cursor, draft, within)
    ):
        pass


def _material(cursor: Cursor, draft: Draft, within: str) -> bool:
    length = cursor.match("function.sets.material")
    if not length or within in PERSONAL:
        return False
    start = cursor.at
    taken = cursor.take(length)
    phrase = read_phrase(cursor, "of")
    if phrase is None or taken[0].word == "out":  # "make it out of gold" is for the verb
        cursor.at = start
        return False
    draft.said.extend([*taken, *phrase.said])
    draft.look("material", phrase.target.phrase)
    return True


def _exclusion(cursor: Cursor, draft: Draft, within: str) -> bool:
    length = cursor.match("function.sets.exclusion")
    if not length or within:
        return False
    start = cursor.at
    cursor.take(length)
    phrases = read_phrases(cursor)
    if not phrases:
        cursor.at = start
        return False
    head = draft.head()[0]
    draft.exclude += tuple(named_after(phrase.target, head) for phrase in phrases)
    return True


def _parenthesis(cursor: Cursor, draft: Draft) -> bool:
    if cursor.peek().text != "(":
        return False
    cursor.take()
    inner: list[Token] = []
    while cursor.peek().word and cursor.peek().text != ")":
        inner.extend(cursor.take())
    cursor.take()
    reader = Cursor(inner)
    if not _place(reader, draft, "", 0) and not _relation(reader, draft, "", 0):
        within = read_phrase(Cursor(inner)) if inner else None
        if within and not within.target.head:  # "the cup (the red one on the left)"
            for kind, words in within.target.attributes.model_dump().items():
                for word in words:
                    draft.look(kind, word)
            if within.target.position:
                draft.place(within.target.position)
            draft.relation = draft.relation or within.target.relation
        elif inner:
            draft.look("other", render(inner))
    return True


def _place(cursor: Cursor, draft: Draft, within: str, depth: int) -> bool:
    """A place in the frame, or on a side of another thing."""
    if depth_words := cursor.match("function.depth") if draft.nouns else 0:
        words = cursor.take(depth_words)
        draft.place(vocabulary().map("function.depth")[" ".join(t.word for t in words)])
        draft.said.extend(words)
        return True
    length, sides = read_side(cursor)
    if not length and draft.nouns and not draft.pronoun and (length := bare_sides(cursor)):
        for ahead in range(length):
            sides += sides_of(cursor.peek(ahead))
    if not length:
        return False
    if cursor.peek(length).word == "of" and not filler(Cursor(cursor.tokens, cursor.at + length)):
        return _side_of(cursor, draft, length, sides, within, depth)
    if within and within != "of":  # "the girl with the hat on the left": the girl is
        return False
    if cursor.peek().word == "from" and draft.ordinal is not None and sides[0] in (
        "left", "right", "top", "bottom",
    ):  # fmt: skip
        draft.ordinal_from = sides[0]
    else:
        draft.place(corner(sides))
    draft.location.extend(cursor.tokens[cursor.at : cursor.at + length])
    draft.said.extend(cursor.take(length))
    return True


def _side_of(
    cursor: Cursor, draft: Draft, length: int, sides: list[Position], within: str, depth: int
) -> bool:
    if within in PERSONAL or (draft.relation and draft.relation.kind not in (*PERSONAL, "of")):
        return False
    start, taken = cursor.at, cursor.take(length + 1)
    anchor = read_phrase(cursor, _OF_SIDE[sides[0]], depth + 1)
    if anchor is None:
        cursor.at = start
        return False
    side = corner(sides)
    if side in _OF_SIDE:
        kind = _OF_SIDE[side]
    elif taken[-2].among(("corner", "edge")):
        kind = "on"
    else:
        kind = _OF_SIDE[next(s for s in sides if s in ("left", "right"))]
    if side in ("foreground", "background") and taken[1].word == "the":
        draft.place(side)
        kind = "in"
    relate(draft, kind, anchor, taken)
    return True


def _relation(cursor: Cursor, draft: Draft, within: str, depth: int) -> bool:
    """A preposition and the thing that it leads to."""
    length = cursor.match("function.relation")
    if not length:
        return False
    if read_side(cursor)[0] and not filler(cursor):
        return False  # a place in the frame that the thing further out takes
    if cursor.peek().word == "off" and read_colour(cursor)[0] > 1:  # "(paint it) off white"
        return False
    start, taken = cursor.at, cursor.take(length)
    said = " ".join(token.word for token in taken)
    kind = cast(RelationKind, vocabulary().map("function.relation")[said])
    if within and (kind in PERSONAL or within in PERSONAL) and kind != "of":
        cursor.at = start
        return False
    anchor = read_phrase(cursor, kind, depth + 1)
    if anchor is None:
        cursor.at = start
        return False
    if kind in PERSONAL:
        anchor = _with_more(cursor, anchor)
    if said == "between":
        anchor = _both(cursor, anchor, depth)
    flaw = draft.head()[0] in vocabulary().words("nouns.flaw")
    if kind == "in" and said == "in" and worn(anchor.target) and not flaw:
        kind = "wearing"
        if within:
            cursor.at = start
            return False
    relate(draft, kind, anchor, taken)
    return True


def _both(cursor: Cursor, first: Phrase, depth: int) -> Phrase:
    """For "between the fork and the knife": one anchor that names both."""
    if cursor.peek().word != "and":
        return first
    start, joint = cursor.at, cursor.take()
    second = read_phrase(cursor, "next_to", depth + 1)
    if second is None:
        cursor.at = start
        return first
    said = (*first.said, *joint, *second.said)
    return Phrase(Target(phrase=render(said), quantity="all"), said, (), False, False)


def _with_more(cursor: Cursor, anchor: Phrase) -> Phrase:
    """For "wearing a black beanie and hoodie": what has no article goes with what is worn."""
    if cursor.peek().word != "and" or not is_open(cursor, 1):
        return anchor
    joint = cursor.take()
    draft = Draft()
    read_group(cursor, draft)
    said = (*anchor.said, *joint, *draft.said)
    target = anchor.target.model_copy(update={"phrase": render(said)})
    return Phrase(target, said, anchor.location, anchor.indefinite, anchor.pronoun)
