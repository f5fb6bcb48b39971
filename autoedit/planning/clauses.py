"""Clauses: a sentence is split where another thing to do begins, and each finds its verb."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autoedit.core.plan import EditStep, EffectKind, Effects
from autoedit.planning.draft import Cursor
from autoedit.planning.effects import kinds_in
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.places import read_side
from autoedit.planning.words import Token, one_letter_apart, render, tokenise, vocabulary

STRONG = (".", ";", "!", "?", ":")
WEAK = (",", "\n", "and", "but", "&", "then", "next", "afterwards", "finally", "also", "so")
_PARTICLES = ("out", "away", "off", "up", "down", "over", "around", "on")
SAME_CLAUSE = ("instead", "rather")
_ASKING = ("to", "you", "could", "can", "would", "might", "please", "pls")
SUBJECTS = (
    "it", "they", "he", "she", "i", "we", "it's", "they're", "he's", "she's", "i'm", "we're",
)  # fmt: skip


@dataclass(slots=True)
class Clause:
    """One thing to do.

    Attributes:
        frame: what kind of verb it has, a key of the vocabulary's verbs or of the indirect forms;
            "" when no verb was recognised.
        verb: the verb as it was said.
        body: the words after it, without courtesy and trailing clauses.
        said: all its words, for messages.
        keep: what a trailing clause asks to leave alone.
        effects: what it says of the shadow and reflection; None when nothing.
        effect_kinds: which of the two it names.
        shadowless: whether it asks for a thing without them.
        unused: words of the body that no rule took, filled in by the frame.
    """

    frame: str
    verb: str
    body: Sequence[Token]
    said: str
    keep: list[str] = field(default_factory=list[str])
    effects: Effects | None = None
    effect_kinds: tuple[EffectKind, ...] = ()
    shadowless: bool = False
    unused: list[Token] = field(default_factory=list[Token])


Frame = Callable[[Clause], list[EditStep]]
FRAMES: dict[str, Frame] = {}
"""Kind of verb -> what makes steps of its clause."""


def frame(*kinds: str) -> Callable[[Frame], Frame]:
    """Register a function as the frame of these kinds of verb."""

    def register(function: Frame) -> Frame:
        FRAMES.update(dict.fromkeys(kinds, function))
        return function

    return register


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb found at a place: its frame, words, and the tokens left as its body."""

    frame: str
    name: str
    body: Sequence[Token]


def find_verb(tokens: Sequence[Token], *, inflected: bool = True) -> Verb | None:
    """The verb at the start of the tokens, the longest that fits; its particle may be parted.

    Args:
        tokens: of a clause, or of the rest of a sentence.
        inflected: whether it may have any form ("removing").
    """
    if not tokens or tokens[0].kind != "word":
        return None
    words = vocabulary()
    first = tokens[0].word
    if inflected and (first,) not in words.verbs and first in words.forms:
        first = words.forms[first][0]
    if first not in words.verb_starts:
        return None
    parted = _parted(first, tokens)
    for length in range(min(words.verb_length, len(tokens)), 0, -1):
        key = (first, *(token.word for token in tokens[1:length]))
        if length == 1 and parted:
            return parted
        if key in words.verbs and all(token.kind == "word" for token in tokens[:length]):
            return Verb(words.verbs[key], " ".join(key), tokens[length:])
    return parted


def imperative(tokens: Sequence[Token]) -> Verb | None:
    """The verb of a command that starts there, and not a noun that looks like one."""
    verb = find_verb(tokens, inflected=False)
    noun_like = vocabulary().words("clauses.noun_like_verbs")
    if verb is None or tokens[0].word not in noun_like or " " in verb.name:
        return verb
    words = vocabulary().words
    follows = verb.body and (
        verb.body[0].among(words("function.determiner"))
        or verb.body[0].among(words("function.possessive"))
        or verb.body[0].among(words("function.pronoun"))
        or verb.body[0].among(vocabulary().map("function.quantity"))
        or verb.body[0].among(("everything", "everyone"))
    )
    return verb if follows else None


def _parted(first: str, tokens: Sequence[Token]) -> Verb | None:
    """For "take the cup out": the verb with the particle further on."""
    words = vocabulary()
    for at in range(2, len(tokens)):
        token = tokens[at]
        if token.kind == "mark" and token.text in (*STRONG, "\n"):
            return None
        frame = words.verbs.get((first, token.word)) if token.among(_PARTICLES) else None
        if frame is None:
            continue
        following = Cursor(tokens, at + 1).peek()
        leads_on = following.word and following.word != "from"  # "take it down from the wall"
        if token.word in ("on", "over", "around", "up", "down") and leads_on:
            continue
        keeps_preposition = token.word == "off" and following.kind == "word"
        end = at if keeps_preposition else at + 1
        if following.word == "of" and Cursor(tokens, at + 2).peek().among(("there", "here")):
            end += 2
        rest = list(tokens[end:])
        if token.word == "out" and rest and rest[0].word == "of":  # "the stain out of the carpet"
            rest[0] = Token("out of", "from")
        return Verb(frame, f"{first} {token.word}", [*tokens[1:at], *rest])
    return None


def read_clause(tokens: Sequence[Token]) -> Clause:
    """Find the verb of a clause, or which indirect form it has."""
    said = render(tokens)
    start = 0
    while start < len(tokens):
        if find_verb(tokens[start:]) and not _courtesy_verb(tokens, start):
            break
        length = vocabulary().match("clauses.polite", tokens, start)
        if vocabulary().match("clauses.desire", tokens, start) > length:
            break
        if not length and tokens[start].kind == "mark":
            length = 1
        if not length:
            break
        start += length
    core = tokens[start:]
    place = fronted(core)
    core = core[len(place) :]
    while place and core[0].kind == "mark":
        core = core[1:]
    verb = find_verb(core) or _asked(tokens) or _indirect(core) or _misspelt(core)
    if verb and verb.frame in ("mention", "desire"):
        verb = _without(verb) or verb
    clause = Clause(verb.frame if verb else "", verb.name if verb else "", core, said)
    body = verb.body if verb else core
    if body and body[0].kind == "quote" and _names_thing(body[0]):
        body = [*tokenise(body[0].word), *body[1:]]  # remove "the mug"
    clause.body = [*_without_trailing(_without_purpose(body, clause), clause)]
    if place:  # "on the right, delete the tree": as if it were "the tree on the right"
        cursor = Cursor(clause.body)
        read_phrases(cursor)
        clause.body[cursor.at : cursor.at] = place
    return clause


def fronted(tokens: Sequence[Token]) -> Sequence[Token]:
    """For "in the top left (there is a date)", "from the table (remove the cup)": the place."""
    cursor = Cursor(tokens)
    relation = cursor.match("function.relation")
    if not relation and not read_side(cursor)[0]:
        return ()
    for at in range(2, min(len(tokens), 12)):
        told = vocabulary().match("clauses.existential", tokens, at)
        if not told and not imperative(tokens[at:]):
            continue
        place = tokens[: at - (tokens[at - 1].kind == "mark")]
        cursor = Cursor(place)
        if read_side(cursor)[0] == len(place):
            return place
        cursor.at = relation
        anchor = read_phrase(cursor, "in") if relation else None
        return place if anchor and not anchor.indefinite and not cursor.rest else ()
    return ()


def _without_purpose(body: Sequence[Token], clause: Clause) -> Sequence[Token]:
    """Cut off what it is for: "(make the background white) for my shop"."""
    if clause.frame not in ("make", "remove", "extract", "blur", "pixelate", "solid", "colour"):
        return body
    for at in range(2, len(body)):
        named = Cursor(body, at).match("nouns.compound")
        if body[at].word == "for" and not named and not body[at - 1].among(("except", "save")):
            return body[:at]
    return body


def _names_thing(quote: Token) -> bool:
    """Whether a quotation names a thing ("the mug"), and is not what is written on one."""
    words = vocabulary().words("function.determiner") | vocabulary().words("function.possessive")
    return quote.word.split(" ", 1)[0] in words


def _courtesy_verb(tokens: Sequence[Token], start: int) -> bool:
    """For "make sure to remove": courtesy that looks like a verb."""
    length = vocabulary().match("clauses.polite", tokens, start)
    return length > 1 and find_verb(tokens[start + length :]) is not None


def _indirect(tokens: Sequence[Token]) -> Verb | None:
    """Forms without an imperative: a wish, a dislike, a mention, "instead of ..."."""
    if length := vocabulary().match("clauses.keep_markers", tokens):
        return Verb("keep", render(tokens[:length]), tokens[length:])
    for frame in ("desire", "dislike", "existential"):
        if length := vocabulary().match(f"clauses.{frame}", tokens):
            return Verb(frame, render(tokens[:length]), tokens[length:])
    if len(tokens) > 1 and tokens[0].word == "only":
        return Verb("extract", "only", tokens[1:])
    if len(tokens) > 2 and tokens[0].word in SAME_CLAUSE and tokens[1].word in ("of", "than"):
        return Verb("instead", "instead of", tokens[2:])
    return None


def _without(verb: Verb) -> Verb | None:
    """For "I'd love to see this without the crowd": the crowd goes."""
    at = next((i for i, token in enumerate(verb.body) if token.word == "without"), -1)
    if at < 0:
        return None
    words = vocabulary().words
    named = [token for token in verb.body[:at] if not token.among(words("function.determiner"))]
    photo = any(token.among(words("nouns.photo") | words("function.pronoun")) for token in named)
    if named and not photo and verb.body[-1].among(words("nouns.backdrop")):
        return Verb("extract", "without", verb.body[:at])  # "I need the logo without background"
    return Verb("dislike", "without", verb.body[at + 1 :])


def _asked(tokens: Sequence[Token]) -> Verb | None:
    """For "it would be great if you could remove the cup": the command in the courtesy."""
    courtesy = vocabulary().words("clauses.courtesy")
    for at in range(1, len(tokens) - 1):
        before = tokens[at - 1]
        if before.kind == "word" and not before.among(courtesy):
            return None
        gerund = before.among(("of", "about", "for", "mind")) and tokens[at].word.endswith("ing")
        found = find_verb(tokens[at:]) if gerund else imperative(tokens[at:])
        asked = before.among(_ASKING) and find_verb(tokens[at:], inflected=False)
        if (found or asked) and not vocabulary().match("clauses.polite", tokens, at):
            return found or asked or None
    return None


def _misspelt(tokens: Sequence[Token]) -> Verb | None:
    """A verb of five letters or more with one letter wrong, or with one letter doubled."""
    if len(tokens) < 2 or tokens[0].kind != "word" or len(tokens[0].word) < 5:
        return None
    typed = tokens[0].word
    if typed in vocabulary().words("foreign.words") | vocabulary().words("adjectives.colour"):
        return None
    single = re.sub(r"(.)\1", r"\1", typed)
    for verb, frame in vocabulary().verbs.items():
        close = len(verb[0]) > 4 and one_letter_apart(typed, verb[0])
        if len(verb) == 1 and (close or single == verb[0]):
            return Verb(frame, verb[0], tokens[1:])
    return None


def _without_trailing(body: Sequence[Token], clause: Clause) -> Sequence[Token]:
    """Cut off what does not belong to the edit: "while keeping ...", "ensuring that ..."."""
    core: list[Token] = []
    kept: list[Token] | None = None
    aside = False
    at = 0
    while at < len(body):
        length = vocabulary().match("clauses.keep_markers", body, at)
        leaving = length and body[at].word == "leaving" and body[at - 1 : at] != [] and (
            body[at - 1].kind != "mark"
        )  # fmt: skip
        if length and at + length < len(body) and not leaving:
            _note_kept(kept, clause)
            kept, aside, at = [], False, at + length
            continue
        lacking = 1 if body[at].word == "without" else 2 * _says(body, at, "with no")
        if lacking and (kinds := kinds_in(body[at + lacking : at + lacking + 3])):
            clause.effects, clause.effect_kinds, aside = "keep", kinds, True
            clause.shadowless = True
        if body[at].among(("including",)) and core:
            length, aside = 1, True
            if kinds := kinds_in(body[at:]):
                clause.effects, clause.effect_kinds = "take_along", kinds
        elif length := vocabulary().match("clauses.aside_markers", body, at):
            aside = aside or bool(core) or kept is not None
        if not aside:
            (core if kept is None else kept).append(body[at])
        at += 1
    _note_kept(kept, clause)
    return without_courtesy(core)


def _note_kept(kept: list[Token] | None, clause: Clause) -> None:
    if kept:
        keep(clause, kept)


def keep(clause: Clause, tokens: Sequence[Token]) -> None:
    """Note what the sentence asks to leave alone; a shadow is an effect, not a thing."""
    words = [*without_courtesy(tokens)]
    while words and (
        words[-1].kind == "mark"
        or words[-1].word in ("and", "completely")
        or any(_ends_with(words, ending) for ending in vocabulary().words("clauses.keep_endings"))
    ):
        ending = max(
            (e for e in vocabulary().words("clauses.keep_endings") if _ends_with(words, e)),
            key=len,
            default=" ",
        )
        words = words[: -len(ending.split()) or -1]
    named = read_phrases(Cursor(words))
    effects = vocabulary().words("nouns.effect")
    if named and all(phrase.target.head in effects for phrase in named):
        clause.effects, clause.effect_kinds = "keep", kinds_in(words)
    elif words:
        clause.keep.append(render(words))


def _says(tokens: Sequence[Token], at: int, phrase: str) -> bool:
    return " ".join(token.word for token in tokens[at : at + phrase.count(" ") + 1]) == phrase


def _ends_with(tokens: Sequence[Token], phrase: str) -> bool:
    parts = phrase.split()
    return len(tokens) > len(parts) and [t.word for t in tokens[-len(parts) :]] == parts


def without_courtesy(tokens: Sequence[Token]) -> Sequence[Token]:
    """Drop "please", "for me", commas at the end."""
    words = list(tokens)
    while words:
        if words[-1].kind == "mark" and words[-1].text != ")":
            words.pop()
            continue
        ending = next(
            (e for e in vocabulary().words("clauses.stop_courtesy") if _ends_with(words, e)), ""
        )
        if not ending:
            break
        words = words[: -len(ending.split())]
    return words


def tells(clause: Clause) -> bool:
    """Whether a clause without a verb of an edit only tells: "it ruins the picture"."""
    words = clause.body
    if not words or not words[0].among(SUBJECTS) or clause.frame:
        return False
    return "'" in words[0].word or not Cursor(words, 1).match("clauses.wishing")
