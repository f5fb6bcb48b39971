"""Clauses: a sentence is split where another thing to do begins, and each finds its verb."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autoedit.core.plan import EditStep, EffectKind, Effects
from autoedit.planning.draft import Cursor
from autoedit.planning.effects import kinds_in
from autoedit.planning.words import Token, one_letter_apart, render, tokenise, vocabulary

_STRONG = (".", ";", "!", "?", ":")
_WEAK = (",", "\n", "and", "but", "&", "then", "next", "afterwards", "finally", "also")
_PARTICLES = ("out", "away", "off", "up", "down", "over", "around", "on")
_SAME_CLAUSE = ("instead", "rather")


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
        unused: words of the body that no rule took, filled in by the frame.
    """

    frame: str
    verb: str
    body: Sequence[Token]
    said: str
    keep: list[str] = field(default_factory=list[str])
    effects: Effects | None = None
    effect_kinds: tuple[EffectKind, ...] = ()
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


def split(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut a sentence into clauses: at full stops, and at a comma or "and" before a verb."""
    clauses: list[list[Token]] = [[]]
    depth = at = 0
    while at < len(tokens):
        token = tokens[at]
        depth += (token.text == "(") - (token.text == ")")
        if token.text == ":" and _only_backdrop(clauses[-1]):
            pass  # "background: white"
        elif token.kind == "mark" and token.text in _STRONG and depth <= 0:
            clauses.append([])
        elif token.word in _WEAK and token.kind != "quote" and depth <= 0 and clauses[-1]:
            start = _skip_connectors(tokens, at)
            if _starts(tokens, start, clauses[-1]):
                clauses.append([])
                at = start
                continue
            clauses[-1].extend(
                Token(",", ",", "mark") if skipped.word == "then" else skipped
                for skipped in tokens[at : max(start, at + 1)]
            )
            at = max(start, at + 1)
            continue
        else:
            clauses[-1].append(token)
        at += 1
    return [clause for clause in clauses if any(token.kind != "mark" for token in clause)]


def _only_backdrop(words: Sequence[Token]) -> bool:
    named = [t for t in words if not t.among(vocabulary().words("function.determiner"))]
    return len(named) == 1 and named[0].among(vocabulary().words("nouns.backdrop"))


def _skip_connectors(tokens: Sequence[Token], at: int) -> int:
    while at < len(tokens):
        length = vocabulary().match("clauses.polite", tokens, at)
        if not length and tokens[at].word in _WEAK and tokens[at].kind != "quote":
            length = 1
        if not length or _find(tokens[at:], inflected=False):
            return at
        at += length
    return at


def _starts(tokens: Sequence[Token], at: int, before: Sequence[Token]) -> bool:
    """Whether a clause with a verb of its own starts there."""
    if at >= len(tokens) or before[0].word in _SAME_CLAUSE:
        return False
    for indirect in ("desire", "dislike", "existential"):
        negative = indirect == "dislike" and tokens[at].word in ("without", "no")
        if not negative and vocabulary().match(f"clauses.{indirect}", tokens, at):
            return True
    verb = _find(tokens[at:], inflected=False)
    if verb is None:
        return False
    first = tokens[at].word
    if first not in vocabulary().words("clauses.noun_like_verbs") or " " in verb.name:
        return True
    return bool(verb.body) and (
        verb.body[0].among(vocabulary().words("function.determiner"))
        or verb.body[0].among(vocabulary().words("function.possessive"))
        or verb.body[0].among(vocabulary().words("function.pronoun"))
        or verb.body[0].among(vocabulary().map("function.quantity"))
        or verb.body[0].among(("everything", "everyone"))
    )


def _find(tokens: Sequence[Token], *, inflected: bool) -> Verb | None:
    """The verb at the start of the tokens, the longest that fits; its particle may be parted."""
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


def _parted(first: str, tokens: Sequence[Token]) -> Verb | None:
    """For "take the cup out": the verb with the particle further on."""
    words = vocabulary()
    for at in range(2, len(tokens)):
        token = tokens[at]
        if token.kind == "mark" and token.text in (*_STRONG, "\n"):
            return None
        frame = words.verbs.get((first, token.word)) if token.among(_PARTICLES) else None
        if frame is None:
            continue
        following = Cursor(tokens, at + 1).peek()
        if token.word in ("on", "over", "around", "up", "down") and following.word:
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


def find_verb(tokens: Sequence[Token]) -> Verb | None:
    """The verb at the start in any form ("removing"), or None."""
    return _find(tokens, inflected=True)


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
    verb = find_verb(core) or _indirect(core) or _asked(core) or _misspelt(core)
    if verb and verb.frame in ("mention", "desire"):
        verb = _without(verb) or verb
    clause = Clause(verb.frame if verb else "", verb.name if verb else "", core, said)
    body = verb.body if verb else core
    if body and body[0].kind == "quote" and _names_thing(body[0]):
        body = [*tokenise(body[0].word), *body[1:]]  # remove "the mug"
    clause.body = _without_trailing(body, clause)
    return clause


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
    for frame in ("desire", "dislike", "existential"):
        if length := vocabulary().match(f"clauses.{frame}", tokens):
            return Verb(frame, render(tokens[:length]), tokens[length:])
    if len(tokens) > 2 and tokens[0].word in _SAME_CLAUSE and tokens[1].word in ("of", "than"):
        return Verb("instead", "instead of", tokens[2:])
    return None


def _without(verb: Verb) -> Verb | None:
    """For "I'd love to see this without the crowd": the crowd goes."""
    at = next((i for i, token in enumerate(verb.body) if token.word == "without"), -1)
    return Verb("dislike", "without", verb.body[at + 1 :]) if at >= 0 else None


def _asked(tokens: Sequence[Token]) -> Verb | None:
    """For "it would be great if you could remove the cup": the verb after "you could"."""
    for at in range(1, len(tokens) - 1):
        if not (tokens[at - 1].word == "you" and tokens[at].among(("could", "can", "would"))):
            continue
        start = at + 1
        while length := vocabulary().match("clauses.polite", tokens, start):
            start += length
        if verb := find_verb(tokens[start:]):
            return verb
    return None


def _misspelt(tokens: Sequence[Token]) -> Verb | None:
    """A verb of five letters or more with one letter wrong, or with one letter doubled."""
    if len(tokens) < 2 or tokens[0].kind != "word" or len(tokens[0].word) < 5:
        return None
    typed = tokens[0].word
    if typed in vocabulary().words("foreign.words"):
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
        if body[at].word == "without" and (kinds := kinds_in(body[at + 1 : at + 3])):
            clause.effects, clause.effect_kinds, aside = "keep", kinds, True
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
    if words and words[-1].among(vocabulary().words("nouns.effect")):
        clause.effects, clause.effect_kinds = "keep", kinds_in(words)
    elif words:
        clause.keep.append(render(words))


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
