"""What a target says that this back end can check, and what it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from autoedit.core.plan import Target
from autoedit.grounding.colour_names import known_colour

_DARKER, _LIGHTER = ("dark", "deep"), ("light", "pale", "pastel")
_STRONGER = ("bright", "vivid", "neon")
_THINGS = frozenset(
    [
        "object",
        "thing",
        "item",
        "product",
        "subject",
        "one",
        "ones",
        "it",
        "this",
        "that",
        "these",
        "those",
        "stuff",
        "something",
        "figure",
        "foreground",
        "everything",
        "all",
        "element",
        "main",
    ]
)
MAIN = frozenset(
    ["main", "central", "primary", "product", "subject", "foreground", "most", "prominent"]
)
"""Words by which the main subject is meant."""
BACKGROUND = frozenset(["background", "backdrop", "surroundings"])
"""Words for everything but the main subject."""
LIVING = frozenset((
    "man", "woman", "person", "people", "boy", "girl", "child", "kid", "baby", "toddler", "guy",
    "lady", "gentleman", "player", "pedestrian", "tourist", "passer-by", "bystander", "stranger",
    "cyclist", "skier", "surfer", "runner", "dancer", "bride", "groom", "couple", "dog", "puppy",
    "corgi", "cat", "kitten", "horse", "pony", "donkey", "cow", "calf", "bull", "sheep", "lamb",
    "goat", "pig", "rabbit", "bunny", "bird", "swan", "goose", "duck", "hen", "chicken", "rooster",
    "pigeon", "seagull", "gull", "eagle", "owl", "parrot", "peacock", "flamingo", "penguin", "bear",
    "deer", "fox", "wolf", "lion", "lioness", "tiger", "leopard", "elephant", "giraffe", "zebra",
    "camel", "monkey", "squirrel", "hedgehog", "kangaroo", "panda", "lemur", "animal",
))  # fmt: skip
"""Nouns of people and animals: things of many parts, each of another colour."""
SIZES: dict[str, tuple[str, bool]] = {
    "big": ("area", True), "bigger": ("area", True), "biggest": ("area", True),
    "large": ("area", True), "larger": ("area", True), "largest": ("area", True),
    "huge": ("area", True), "giant": ("area", True),
    "small": ("area", False), "smaller": ("area", False), "smallest": ("area", False),
    "little": ("area", False), "tiny": ("area", False), "tiniest": ("area", False),
    "tall": ("height", True), "taller": ("height", True), "tallest": ("height", True),
    "high": ("height", True), "highest": ("height", True), "short": ("height", False),
    "shorter": ("height", False), "shortest": ("height", False),
    "wide": ("width", True), "wider": ("width", True), "widest": ("width", True),
    "narrow": ("width", False), "narrowest": ("width", False), "long": ("length", True),
    "longer": ("length", True), "longest": ("length", True), "thin": ("width", False),
}  # fmt: skip
"""Word to what it measures, and whether more is meant."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour name with the words before it."""

    name: str
    modifiers: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """As a person would say it."""
        return " ".join((*self.modifiers, self.name))

    @property
    def tone(self) -> int:
        """-1 for dark, 1 for light, 0 when not said."""
        if any(word in _DARKER for word in self.modifiers):
            return -1
        return int(any(word in _LIGHTER for word in self.modifiers))

    @property
    def vivid(self) -> bool:
        """Whether a strong colour is meant."""
        return any(word in _STRONGER for word in self.modifiers)


@dataclass(frozen=True, slots=True)
class Wording:
    """A target's words, sorted.

    Attributes:
        colours: all of them must be there ("black and white").
        sizes: words of `SIZES`.
        anything: whether the noun says no more than that it is a thing.
        main: whether the main subject is meant.
        living: whether a person or an animal is.
        unchecked: words that only a detector could check.
    """

    colours: tuple[Colour, ...]
    sizes: tuple[str, ...]
    anything: bool
    main: bool
    living: bool
    unchecked: tuple[str, ...]


def wants_subject(target: Target, wording: Wording) -> bool:
    """Whether the phrase means the photo's subject rather than one thing among others."""
    placed = target.position or target.ordinal is not None or target.relation or wording.sizes
    if placed or target.exclude or target.quantity != "one":
        return False
    return wording.main or wording.anything


def read(target: Target) -> Wording:
    """Sort a target's words."""
    looks = target.attributes
    colours, unknown = _colours(" ".join(looks.colour))
    sizes = tuple(word for word in looks.size if word.lower() in SIZES)
    unknown += [word for word in looks.size if word.lower() not in SIZES]
    others = [*looks.material, *looks.pattern, *looks.text]
    main = target.head in MAIN or target.phrase.strip().lower() == "it"
    for word in looks.other:
        if word.lower() in MAIN:
            main = True
        else:
            others.append(word)
    anything = not target.head or all(part in _THINGS for part in target.head.split())
    nouns = [] if anything else [target.head]
    living = target.head.split(" ")[-1] in LIVING
    return Wording(colours, sizes, anything, main, living, tuple(nouns + unknown + others))


def _colours(text: str) -> tuple[tuple[Colour, ...], list[str]]:
    found: list[Colour] = []
    waiting: list[str] = []
    unknown: list[str] = []
    for word in text.lower().replace("-", " ").replace(",", " ").split():
        name = known_colour(word)
        if name is not None:
            if word.endswith("ish"):  # "reddish brown" is a brown
                waiting.append(word)
                continue
            found.append(Colour(name, tuple(w for w in waiting if not w.endswith("ish"))))
            waiting = []
        elif word in (*_DARKER, *_LIGHTER, *_STRONGER):
            waiting.append(word)
        elif word not in ("and", "coloured", "colored", "with"):
            unknown.append(word)
    for word in waiting:  # "the reddish one", "the dark one"
        name = known_colour(word)
        if name is not None:
            found.append(Colour(name))
        elif not found and word in ("dark", "deep"):
            found.append(Colour("black"))
        elif not found and word in _LIGHTER:
            found.append(Colour("white"))
    return tuple(found), unknown
