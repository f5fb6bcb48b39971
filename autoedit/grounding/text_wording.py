"""What a phrase means of a photo's text: which words, of what kind, and whether their label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from autoedit.core.plan import Target

Kind = Literal["any", "date", "price", "watermark", "caption", "title"]

_WRITING = frozenset(
    """
    text word letter lettering writing caption subtitle title headline heading slogan inscription
    wording typography typeface font watermark timestamp datestamp date copyright handwriting
    character digit number name phrase sentence paragraph texts writings
    """.split()  # noqa: SIM905
)
_MASS = frozenset(
    """
    text texts lettering writing writings wording typography font caption subtitle title headline
    heading watermark timestamp datestamp date copyright handwriting slogan inscription paragraph
    """.split()  # noqa: SIM905
)
"""Nouns that mean all of it, however many lines it has."""
_LABELS = frozenset(
    "sign signboard signpost sticker label banner poster placard billboard plaque".split()  # noqa: SIM905
)
_LABELS_OF_WORDS = frozenset(
    "plate tag badge button board notice card stamp ticket note screen".split()  # noqa: SIM905
)
"""Labels when the phrase says what is on them; alone, they may be something else."""
_DATES, _PRICES = frozenset(["date", "time"]), frozenset(["price", "cost", "sale"])
_NUMBERED = frozenset(["license", "licence", "number", "registration", "name"])
_LINES = frozenset(["line", "row"])
_SPELT = re.compile(
    r"^(?:the |all the |every |both )?(?:words?|texts?|letters?|captions?|titles?|numbers?|"
    r"inscriptions?|slogans?|headlines?|phrases?) (?:of |that (?:says?|reads?) |saying |reading )?"
    r"(.+)$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^[\"'\u201c\u2018](.+)[\"'\u201d\u2019]$")
_PLACED = re.compile(
    r"\s+(?:on|in|at|of|from|below|above|near|under|over|behind|beside|next to|to the|by|and)\s.*$"
)
_DATE = re.compile(
    r"""(?ix)
    (?<!\d)(?: \d{1,4}\s?[-./:'\u2019]\s?\d{1,2}\s?[-./:'\u2019\s]\s?\d{2,4}  # 2024-05-01, 12/31/99
    | '?\d{2}\s{1,2}\d{1,2}\s{1,2}\d{1,2}                                 # '98 12 25
    | \d{1,2}\s?:\s?\d{2}(?:\s?[:.]\s?\d{2})?\s?(?:[ap]\.?m\.?)?            # 14:05, 9:30 pm
    | (?:19|20)\d{2}[.\-/]?[01]\d[.\-/]?[0-3]\d )(?!\d)
    | (?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*[.,\s]*\d{1,4}
    | \d{1,2}(?:st|nd|rd|th)?[.\s]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)
    """
)
_PRICE = re.compile(
    r"""(?ix)
    [$\u20ac\u00a3\u00a5\u20b9\uffe5]\s?\d | \d\s?[$\u20ac\u00a3\u00a5\u20b9\uffe5\u00a2]
    | (?<![\d.,:/-])\d{1,4}[.,]\d{2}(?![\d.,:/-]) | \b(?:usd|eur|gbp|chf|only)\s?\d
    | (?<![\d.,])[1-9]\d?\s?% | \b(?:sale|off|price)\b  # 30%, but no 6.5% of alcohol nor 100% wool
    """
)
_OWNED = re.compile(
    r"(?i)\u00a9|\(c\)|copyright|watermark|sample|preview|proof|draft|stock|shutter|getty|alamy|"
    r"dreamstime|depositphotos|123rf|istock|adobe|photo(?:graph)?s?\b|\.com|\.net|\.org|www|@"
)
_CONFUSED = str.maketrans("0o1l|i!5s8b2z6g", "oolllllssbbzzgg")


@dataclass(frozen=True, slots=True)
class Meant:
    """What of a photo's text a target means.

    Attributes:
        label: whether the thing that carries the text is meant, not its letters.
        kind: which text, where the words of the phrase tell.
        content: what it must read; any of them will do. Empty when not said.
        several: whether all that fits is meant, be it one line or ten.
        sure: whether it cannot be anything but text or its label. "The sign" may be one without
            words, and of "the mug that says BOSS" nothing but the words can be checked.
    """

    label: bool
    kind: Kind = "any"
    content: tuple[str, ...] = ()
    several: bool = False
    sure: bool = True


def text_meant(target: Target) -> Meant | None:
    """What of a photo's text a target means; None when it is about something else."""
    head = target.head.lower().split()[-1] if target.head.strip() else ""
    before = _words_before(target, head)
    content = tuple(text for text in target.attributes.text if plain(text))
    kind = _kind(head, before)
    printed = head in _LABELS_OF_WORDS and kind in ("date", "watermark")  # "the date stamp"
    if head in _WRITING or printed or _is_line(target, head):
        one = bool(content) or target.ordinal is not None or _is_line(target, head)
        mass = (head in _MASS or printed) and target.quantity == "one" and not one
        return Meant(False, kind, content, mass or target.quantity == "all")
    if head in _LABELS or head in _LABELS_OF_WORDS:
        said = bool(content) or kind != "any" or bool(before & _NUMBERED)
        if said or head in _LABELS:
            return Meant(True, kind, content, target.quantity == "all", said)
    spelt = _QUOTED.match(target.phrase.strip()) or _SPELT.match(target.phrase.strip())
    if spelt:
        words = _PLACED.sub("", spelt.group(1)).strip(" \"'\u201c\u201d")
        if plain(words):
            return Meant(False, "any", (words,), target.quantity == "all")
    if content:  # "the mug that says BOSS"
        return Meant(True, "any", content, target.quantity == "all", sure=False)
    return None


def left_over(target: Target) -> Target:
    """What is looked for where a target was, once it is removed.

    Half a word is no longer that word, nor half a date a date, yet it must not stay: where letters
    were meant, any that can be read count. Everything else is looked for as it was.
    """
    meant = text_meant(target)
    if meant is None or meant.label:
        return target
    head = "watermark" if meant.kind == "watermark" else "text"  # hardly stands out
    return Target(phrase=f"the {head}", head=head)


def counted_from_top(target: Target) -> bool:
    """Whether an ordinal counts lines, which go down where nothing else is said."""
    return _is_line(target, target.head.lower()) and target.ordinal_from == "left"


def names_label(target: Target) -> bool:
    """Whether the head noun is one of things that carry text, such as a sign."""
    return bool({target.head.lower().split()[-1]} & (_LABELS | _LABELS_OF_WORDS))


def fits(text: str, meant: Meant) -> tuple[float, int, int]:
    """How well a line's text fits what is meant.

    Returns:
        A score in [0, 1], and the first and the last but one of the characters that fit: a word
        may be one of many in a line.
    """
    if meant.content:
        return max(
            (_found_in(text, wanted) for wanted in meant.content), key=lambda found: found[0]
        )
    pattern = {"date": _DATE, "price": _PRICE}.get(meant.kind)
    if pattern is None:
        return 1.0, 0, len(text)
    found = pattern.search(text)
    return (1.0 if found else 0.0), 0, len(text)


def is_owned(text: str) -> bool:
    """Whether a text names an owner or an agency, as a watermark does."""
    return _OWNED.search(text) is not None


def plain(text: str) -> str:
    """Letters and digits alone, lower case, those that readers confuse made one (O and 0)."""
    return "".join(c for c in text.casefold() if c.isalnum()).translate(_CONFUSED)


def alike(first: str, second: str) -> float:
    """The likeness of two readings, in [0, 1]."""
    return SequenceMatcher(None, plain(first), plain(second), autojunk=False).ratio()


def _found_in(text: str, wanted: str) -> tuple[float, int, int]:
    """The part of a line that is most like the wanted words: whole words of it."""
    sought = plain(wanted)
    starts = [0, *(i + 1 for i, c in enumerate(text) if c.isspace())]
    ends = [*(i for i, c in enumerate(text) if c.isspace()), len(text)]
    best = (0.0, 0, len(text))
    for first in starts:
        for last in ends:
            part = plain(text[first:last])
            if last <= first or not part or len(part) > 2 * len(sought) + 2:
                continue
            score = SequenceMatcher(None, part, sought, autojunk=False).ratio()
            if score > best[0]:
                best = (score, first, last)
    joined = plain(text)  # words that were read without the blank between them
    if best[0] < 0.9 and len(sought) >= 4 and sought in joined:
        begin = joined.index(sought)
        kept = [i for i, c in enumerate(text) if c.isalnum()]
        if len(kept) == len(joined):
            return 0.9, kept[begin], kept[begin + len(sought) - 1] + 1
    return best


def _kind(head: str, before: set[str]) -> Kind:
    if head in ("date", "timestamp", "datestamp") or (before & _DATES):
        return "date"
    if before & _PRICES:
        return "price"
    if head in ("watermark", "copyright") or before & {"watermark", "copyright"}:
        return "watermark"
    if head in ("caption", "subtitle"):
        return "caption"
    return "title" if head in ("title", "headline", "heading") else "any"


def _is_line(target: Target, head: str) -> bool:
    of = target.relation.anchor.head if target.relation and target.relation.kind == "of" else ""
    return head in _LINES and of in _WRITING


def _words_before(target: Target, head: str) -> set[str]:
    """The words of the phrase up to its head noun: "price" of "the price sticker"."""
    words = re.findall(r"[\w'-]+", target.phrase.lower())
    place = next((i for i, word in enumerate(words) if head and word.startswith(head[:-1])), 0)
    return set(words[:place]) | set(_split(target.attributes.other))


def _split(parts: Sequence[str]) -> list[str]:
    return [word for part in parts for word in part.lower().split()]
