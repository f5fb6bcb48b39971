"""A target's words as a detector is asked for them."""

from __future__ import annotations

import re

from autoedit.core.plan import Target
from autoedit.grounding.wording import BACKGROUND, MAIN, read, wants_subject

_READ_ALONG = ("of", "with", "wearing", "holding")  # boxes cannot tell, detectors can
LINKS = frozenset([*_READ_ALONG, "that", "says"])
"""Words that join what comes after the noun to it."""
_ARTICLES = frozenset(["a", "an", "the"])
_WHICH = frozenset(
    """
    this that these those my your his her its our their of in on at to and or no not
    all any some every each both other others whole entire only
    one two three four five six seven eight nine ten eleven twelve couple few several many
    first second third fourth fifth sixth seventh eighth ninth tenth last next final
    left right top bottom upper lower middle center centre central front back rear near far
    leftmost rightmost topmost bottommost uppermost lowermost left-hand right-hand
    nearest closest farthest furthest foreground background
    """.split()  # noqa: SIM905
)
"""Words before a noun that say which one, not what it is."""


def detection_phrase(target: Target, generic: str = "object") -> str:
    """What a detector is asked for: how the thing looks and its noun, "red mug", "cup of coffee".

    Place, size, count and order are left out: those are rules over what the detector finds.

    Args:
        target: what is looked for.
        generic: the noun for targets that name none ("the red one"); "" when there is none.

    Returns:
        Lower case, without articles; "" when no detector has words for the target ("the main
        subject", "the background", "it").
    """
    wording = read(target)
    if target.head in BACKGROUND:
        return ""
    looks = target.attributes
    colour = " and ".join(looks.colour)
    adjectives = [*looks.other, colour, *looks.pattern, *looks.material]
    words = [word for part in adjectives for word in _plain(part) if word not in MAIN]
    if wording.anything:
        if not generic or not (words or looks.text or not wants_subject(target, wording)):
            return ""
        words.append(generic)
    else:
        noun = _plain(target.head)
        if not noun:
            return ""
        words += [*_compound(target, noun), *noun]
    if looks.text:
        words += ["that", "says", *_plain(" ".join(looks.text))]
    relation = target.relation
    if relation is not None and relation.kind in _READ_ALONG:
        anchor = detection_phrase(relation.anchor, generic="")
        words += [relation.kind, anchor] if anchor else []
    return " ".join(words)


def _plain(text: str) -> list[str]:
    """Lower-case words without articles and stops, which separate phrases for some detectors."""
    return [word for word in re.findall(r"[\w'&-]+", text.lower()) if word not in _ARTICLES]


def _compound(target: Target, noun: list[str]) -> list[str]:
    """The nouns right before the head ("table" of "the old table lamp"), which belong to its name.

    They are what the phrase says there beyond its attributes, place, size, count and order.
    """
    words = _plain(target.phrase)
    ends = (("", 0), ("s", 0), ("es", 0), ("ies", 1), ("ves", 1), ("ves", 2))
    forms = [noun[-1][: len(noun[-1]) - cut] + end for end, cut in ends]
    last = next((i for i, word in enumerate(words) if word in forms), 0)
    place = max(0, last + 1 - len(noun))
    looks = target.attributes
    attributes = (looks.colour, looks.size, looks.material, looks.pattern, looks.other)
    said = {word for parts in attributes for part in parts for word in _plain(part)}
    first = place
    while first and _is_noun(words[first - 1]) and words[first - 1] not in said:
        first -= 1
    return words[first:place]


def _is_noun(word: str) -> bool:
    """What is left when order, place, count and owners ("Tom's") are taken out."""
    return word not in _WHICH and word not in MAIN and word.replace("-", "").isalpha()


def head_noun(phrase: str) -> str:
    """The word of a detection phrase that names the thing: "cup" of "red cup of coffee"."""
    words = phrase.split()
    link = next((i for i, word in enumerate(words) if i and word in LINKS), len(words))
    return words[link - 1]
