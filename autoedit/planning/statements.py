"""Sentences without an imperative: "the cup gone", "can the cup be red", "white background"."""

from __future__ import annotations

from collections.abc import Sequence

from autoedit.core.plan import EditStep, Replacement, Target
from autoedit.planning import frames
from autoedit.planning.clauses import FRAMES, Clause
from autoedit.planning.draft import Cursor
from autoedit.planning.instruction import EXAMPLES
from autoedit.planning.making import before_backdrop, complement, participle_at
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.places import filler, read_side
from autoedit.planning.refusals import incomplete
from autoedit.planning.replacement import (
    MAIN_SUBJECT,
    background,
    is_backdrop,
    is_scene,
    only_colour,
    read_replacement,
    scene_head,
)
from autoedit.planning.words import Token, render, vocabulary


def statement(clause: Clause) -> list[EditStep]:
    """For "the spoon is made of gold", "can the cup be red", "the cup gone"."""
    cursor = Cursor(clause.body)
    while cursor.peek().among(
        ("what", "how", "can", "could", "should", "would", "may", "will", "is", "are")
    ):
        cursor.take()
    start, cut = cursor.at, participle_at(clause.body)
    before = Cursor(clause.body[: cut or None], cursor.at)
    phrases = read_phrases(before)
    cursor.at = before.at
    if not phrases or not cursor.rest:
        return []
    named = cursor.tokens[start : cursor.at]
    length = cursor.match("clauses.copulas")
    said = render(cursor.rest).lower()
    if not length and said not in vocabulary().words("clauses.gone"):
        forms = vocabulary().forms.get(cursor.peek().word)
        if forms is None or forms[1] != "ed":
            return []
    cursor.take(length)
    told = length == 1 and cursor.tokens[cursor.at - 1].among(("is", "are"))
    if not cursor.rest or (told and _is_remark(cursor.rest)):
        return []
    targets = [phrase.target for phrase in phrases]
    if length and targets[0].head in vocabulary().words("nouns.property"):
        body = [*named, *cursor.rest]  # "the colour of the wall should be pink"
        return FRAMES["make"](Clause("make", "make", body, clause.said))
    return complement(targets, named, cursor.rest, clause)


def _is_remark(words: Sequence[Token]) -> bool:
    """For "(that lamp is) so ugly": how a thing is found to be, and not what it should be."""
    opinion = vocabulary().words("adjectives.opinion")
    if words[0].among(("so", "too", "really", "such", "quite", "not")) or words[0].among(opinion):
        return True
    return all(word.among(vocabulary().words("adjectives.other") | {"very"}) for word in words)


def possessed(clause: Clause) -> list[Target]:
    """For "my daughter has a scratch on her nose": who has it, and what."""
    if clause.frame:
        return []
    cursor = Cursor(clause.body)
    owner = read_phrase(cursor)
    if owner is None or not cursor.peek().among(("has", "have", "had", "got")):
        return []
    while cursor.peek().among(("has", "have", "had", "got", "also")):
        cursor.take()
    had = read_phrase(cursor)
    return [owner.target, had.target] if had and had.indefinite else []


def situated(clause: Clause) -> list[Target]:
    """For "my ex is in this photo", "the bin is on the left": what is said to be somewhere."""
    if clause.frame:
        return []
    cursor = Cursor(clause.body)
    phrases = read_phrases(cursor)
    if len(phrases) != 1 or phrases[0].pronoun or not cursor.peek().among(("is", "are", "'s")):
        return []
    named = list(cursor.tokens[: cursor.at])
    cursor.take()
    length = cursor.match("function.relation")
    place = filler(cursor) or read_side(cursor)[0] or length
    if not place or only_colour(cursor.rest[length:]) or is_scene(cursor.rest[length:]):
        return []
    found = read_phrases(Cursor([*named, *cursor.rest]))
    return [phrase.target for phrase in found]


_ASKED_FOR = {
    "removal": "remove", "deletion": "remove", "erasure": "remove", "cutout": "extract",
    "cut-out": "extract", "extraction": "extract", "isolation": "extract", "png": "extract",
}  # fmt: skip


def asked_for(clause: Clause) -> list[EditStep]:
    """For "watermark removal", "removal of the text", "a cut-out of the teapot"."""
    words = list(clause.body)
    at = next((i for i, token in enumerate(words) if token.among(_ASKED_FOR)), -1)
    if at < 0:
        return []
    verb, rest = _ASKED_FOR[words[at].word], words[at + 1 :]
    if rest and rest[0].word == "of":
        words = rest[1:]
    elif at and not rest:
        words = words[:at]
    else:
        return []
    return FRAMES[verb](Clause(verb, verb, words, clause.said))


def backdrop_alone(clause: Clause) -> list[EditStep]:
    """For "white background please", "on a beach": nothing but the wanted background."""
    cursor = Cursor(clause.body)
    placed = cursor.peek().among(("on", "in", "against", "with", "onto", "to"))
    if placed:
        cursor.take()
    words = cursor.rest
    if words and words[0].among(vocabulary().words("nouns.backdrop")):
        new = words[1:]  # "background: white", "background to white"
        while new and new[0].among(("to", "in", "into", "as")):
            new = new[1:]
        look = read_replacement(new)
        if look.colour or look.transparent or look.blur or is_scene(new):
            return [background(MAIN_SUBJECT, look)]
    if new := _as_backdrop(clause.body):
        return [background(MAIN_SUBJECT, read_replacement(new))]
    whole = Cursor(clause.body)
    phrases = read_phrases(whole)
    if phrases and not whole.rest and (steps := before_backdrop(phrases)):
        return steps
    phrase = read_phrase(cursor)
    if phrase is None:
        return []
    if cursor.rest:
        return frames.backdrop_for(phrase, cursor)
    if is_backdrop(phrase.target):
        if words[0].word == "no":
            return [background(MAIN_SUBJECT, Replacement(transparent=True))]
        if len(phrase.said) < 2:
            raise incomplete(clause.said, f"what to do; say for example {EXAMPLES}")
        return [background(MAIN_SUBJECT, read_replacement(words))]
    if placed and (only_colour(words) or (phrase.indefinite and scene_head(phrase.target))):
        return [background(MAIN_SUBJECT, read_replacement(words))]
    return []


def _as_backdrop(words: Sequence[Token]) -> Sequence[Token]:
    """For "a gradient from white to grey as the background": the gradient."""
    at = next((i for i, t in enumerate(words) if i and t.among(("as", "for"))), 0)
    named = [t for t in words[at + 1 :] if not t.among(vocabulary().words("function.determiner"))]
    backdrop = len(named) == 1 and named[0].among(vocabulary().words("nouns.backdrop"))
    return words[:at] if at and backdrop else ()
