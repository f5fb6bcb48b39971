"""Sentences that nobody would write: the grammar must survive them."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator

from tests.planning import judging

_MARKS = (",", ".", "(", ")", '"', "'s", "'", "\n", ";", "!", "?", "-", "#fff", "a.jpg", "2", "3rd")
_ODD = ("🙂", "\0", "²", "İ", "\u202e", "ﬁ", "ß", "🏳️‍🌈", "\ud800", "٣", "컵", "é", "\u200b")
_LONGEST = 10_000


def sentences(count: int, seed: int = 0) -> Iterator[str]:
    """So many sentences: word soup, torn and doubled real ones, any unicode, very long ones."""
    chance = random.Random(seed)
    real = [row["instruction"] for row in judging.read("gold.jsonl")]
    words = sorted({word for sentence in real for word in re.findall(r"\S+", sentence)})
    makers = (_soup, _soup, _soup, _torn, _torn, _joined, _typed, _unicode)
    for number in range(count):
        text = chance.choice(makers)(chance, words, real)
        if number % 1000 == 0:
            text = (text + " ") * (_LONGEST // (len(text) + 1) + 1)
        yield text[:_LONGEST]


def _soup(chance: random.Random, words: list[str], real: list[str]) -> str:
    bag = (words, words, words, _MARKS, _ODD)
    verb = chance.choice(("", "", "remove the ", "make ", "add ", "replace ", "put it "))
    length = chance.randint(1, 25)
    return verb + " ".join(chance.choice(chance.choice(bag)) for _ in range(length))


def _torn(chance: random.Random, words: list[str], real: list[str]) -> str:
    parts = chance.choice(real).split()
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(parts)) if parts else 0
        action = chance.randrange(3)
        if action == 0 and parts:
            del parts[at]
        elif action == 1:
            parts.insert(at, chance.choice(words))
        else:
            chance.shuffle(parts)
    return " ".join(parts)


def _joined(chance: random.Random, words: list[str], real: list[str]) -> str:
    joint = chance.choice((" and ", ", ", ". ", " then ", " with ", " of ", " to ", " "))
    return joint.join(chance.sample(real, chance.randint(2, 4)))


def _typed(chance: random.Random, words: list[str], real: list[str]) -> str:
    letters = list(chance.choice(real))
    for _ in range(chance.randint(1, 6)):
        letters[chance.randrange(len(letters))] = chr(chance.randint(32, 126))
    return "".join(letters)


def _unicode(chance: random.Random, words: list[str], real: list[str]) -> str:
    letters = [chr(chance.randrange(0x110000)) for _ in range(chance.randint(0, 120))]
    return unicodedata.normalize(chance.choice(("NFC", "NFD")), "".join(letters))
