"""A sentence is cut into clauses where another thing to do begins."""

from __future__ import annotations

from collections.abc import Sequence

from autoedit.planning.clauses import (
    SAME_CLAUSE,
    STRONG,
    SUBJECTS,
    WEAK,
    find_verb,
    fronted,
    imperative,
)
from autoedit.planning.effects import is_effect
from autoedit.planning.replacement import only_colour, read_replacement
from autoedit.planning.words import Token, vocabulary


def split(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut a sentence into clauses: at full stops, and at a comma or "and" before a verb."""
    clauses: list[list[Token]] = [[]]
    depth = at = 0
    while at < len(tokens):
        token = tokens[at]
        depth += (token.text == "(") - (token.text == ")")
        if item := _listed(tokens, at) if depth <= 0 else 0:
            clauses.append([])
            at += item
            continue
        if token.text == ":" and _only_backdrop(clauses[-1]):
            pass  # "background: white"
        elif token.text == ":" and _colour_follows(tokens[at + 1 :]) and clauses[-1]:
            clauses[-1].append(Token("be", "be"))  # "wall colour: pale pink"
        elif token.kind == "mark" and token.text in STRONG and depth <= 0:
            clauses.append([])
        elif token.word in WEAK and token.kind != "quote" and depth <= 0 and clauses[-1]:
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


def _colour_follows(tokens: Sequence[Token]) -> bool:
    end = next((i for i, t in enumerate(tokens) if t.text in STRONG), len(tokens))
    return bool(only_colour(tokens[:end]))


def _only_backdrop(words: Sequence[Token]) -> bool:
    named = [t for t in words if not t.among(vocabulary().words("function.determiner"))]
    return len(named) == 1 and named[0].among(vocabulary().words("nouns.backdrop"))


def _skip_connectors(tokens: Sequence[Token], at: int) -> int:
    while at < len(tokens):
        length = vocabulary().match("clauses.polite", tokens, at)
        if not length and tokens[at].word in WEAK and tokens[at].kind != "quote":
            length = 1
        if not length or find_verb(tokens[at:], inflected=False):
            return at
        at += length
    return at


def _starts(tokens: Sequence[Token], at: int, before: Sequence[Token]) -> bool:
    """Whether a clause with a verb of its own starts there."""
    if at >= len(tokens) or before[0].word in SAME_CLAUSE:
        return False
    if len(fronted([*before, *tokens[at:]])) == len(before):
        return False
    for indirect in ("desire", "dislike", "existential"):
        negative = indirect == "dislike" and tokens[at].word in ("without", "no")
        if negative and tokens[at].word == "no":  # "white background, no shadow"
            negative = not is_effect(tokens[at + 1 :])
        if not negative and vocabulary().match(f"clauses.{indirect}", tokens, at):
            return True
    listed = tokens[at - 1].text in (",", "\n")
    return (
        _states(tokens[at:])
        or imperative(tokens[at:]) is not None
        or (listed and _backdrop_follows(tokens[at:]))
    )


def _backdrop_follows(tokens: Sequence[Token]) -> bool:
    """For "(cut it out,) transparent background": a background and its look, nothing else."""
    end = next((i for i, token in enumerate(tokens) if token.kind == "mark"), len(tokens))
    named = tokens[:end]
    words = vocabulary().words("nouns.backdrop")
    if not 1 < len(named) < 6:
        return False
    if named[0].among(words):  # "background #eee"
        named = named[1:]
    elif not named[-1].among(words):
        return False
    look = read_replacement(named)
    return bool(look.colour or look.transparent or look.blur)


def _listed(tokens: Sequence[Token], at: int) -> int:
    """For "1. (remove the chair)", "second (remove the spoon)": the length of the number."""
    number = tokens[at]
    ordinal = number.among(vocabulary().map("function.ordinal"))
    digit = number.kind == "word" and number.word.isdecimal()
    if not (ordinal or digit):
        return 0
    following = at + 1
    while following < len(tokens) and tokens[following].text in (".", ")", ":", ","):
        following += 1
    if (digit and following == at + 1) or imperative(tokens[following:]) is None:
        return 0
    return following - at


def _states(tokens: Sequence[Token]) -> bool:
    """For "(remove the lamp,) it ruins the picture": a sentence whose subject is a pronoun."""
    if len(tokens) < 2 or not tokens[0].among(SUBJECTS):
        return False
    return "'" in tokens[0].word or (
        tokens[1].kind == "word" and tokens[1].word not in (*WEAK, *SAME_CLAUSE, "too", "as")
    )
