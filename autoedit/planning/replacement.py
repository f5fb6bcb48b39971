"""What comes in a target's place: a colour, a scene or thing, a file, transparency, or blur."""

from __future__ import annotations

from collections.abc import Sequence

from autoedit.core.plan import EditPlan, EditStep, Replacement, Target
from autoedit.planning.draft import Cursor
from autoedit.planning.noun_group import read_colour
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.words import Token, render, retyped, singular, tokenise, vocabulary

MAIN_SUBJECT = Target(phrase="the main subject", head="subject")
PRONOUNS = (
    "her", "his", "him", "them", "their", "he", "she", "they", "it", "its", "this", "that", "these",
    "us", "me", "we", "those", "hers", "theirs", "himself", "herself", "itself", "themselves",
)  # fmt: skip
_TRANSPARENT = ("transparent", "transparency", "see-through", "nothing", "alpha")
_BLUR = ("blurred", "blurry", "blur", "bokeh", "defocused", "unfocused")
_OF_STUDIO = ("studio", "seamless", "photo", "photography", "product", "setting", "setup", "sweep")
_OF_GRADIENT = (
    "a", "an", "the", "soft", "smooth", "subtle", "gentle", "simple", "nice", "vertical", "linear",
    "gradient", "ombre", "fade", "background", "backdrop", "from", "to", "of", "between", "and",
    "into", "with", "in", "studio", "plain", "colour", "color",
)  # fmt: skip
_JOINTS = ("and", "&", ",", "or")


def read_colours(cursor: Cursor) -> str:
    """Read "a darker shade of blue", "light grey color", "red and white"; "" when it is no colour.

    Moves the cursor past what was read; leaves it when nothing was.
    """
    words = vocabulary().words
    around = words("adjectives.plain") | words("nouns.plain") | {"one"}
    start, colours, article, fruit = cursor.at, list[str](), "", False
    modifiers: list[str] = []
    while cursor.peek().word:
        length, colour = read_colour(cursor)
        if length:
            adjacent = bool(colours) and cursor.tokens[cursor.at - 1].text not in _JOINTS
            fruit = fruit or adjacent or (not colours and cursor.at == start + 1)
            colours.append(" ".join([*modifiers, colour]))
            modifiers = []
        elif cursor.peek().among(words("adjectives.colour_modifier") | {"more"}) and (
            not colours and _colour_follows(cursor)
        ):
            length, word = 1, cursor.peek().word
            if word != "more":
                modifiers.append(word.removesuffix("er"))
        elif colours and cursor.peek().text in _JOINTS:
            if not read_colour(cursor, 1)[0]:
                break
            length = 1
        elif cursor.peek().among(around) and not (colours and cursor.peek().word in ("the", "a")):
            length = 1
            article = article or cursor.peek().word
        else:
            break
        cursor.take(length)
    taken = cursor.tokens[start : cursor.at]
    fruit = fruit and article in ("a", "an", "the")  # "an orange", "a red orange"
    if not colours or (fruit and taken[-1].among(words("adjectives.colour_noun"))):
        cursor.at = start
        return ""
    return " and ".join(colours)


def _colour_follows(cursor: Cursor) -> bool:
    colours = vocabulary().words("adjectives.colour")
    return any(cursor.peek(ahead).among(colours) for ahead in range(1, 5))


def only_colour(tokens: Sequence[Token]) -> str:
    """The colour when the words name a colour and nothing else, else ""."""
    cursor = Cursor(tokens)
    colour = read_colours(cursor)
    return "" if cursor.rest else colour


def read_replacement(tokens: Sequence[Token]) -> Replacement:
    """What a background becomes."""
    words = [token.word for token in tokens]
    rest = vocabulary().words("adjectives.plain") | vocabulary().words("nouns.plain")
    content = [word for word in words if word not in rest]
    if content and all(word in _TRANSPARENT or word == "layer" for word in content):
        return Replacement(transparent=True)
    if content and all(word in _BLUR for word in content):
        return Replacement(blur=True)
    file = next((token for token in tokens if token.kind == "file"), None)
    if file:
        return Replacement(image=file.text)
    if between := gradient(tokens):
        return between
    studio = [token for token in tokens if not token.among(_OF_STUDIO)]
    if any(token.among(("studio", "seamless")) for token in tokens):
        colour = only_colour(studio)
        if colour or all(token.among(rest) for token in studio):
            return Replacement(colour=colour, style="studio")
    if colour := only_colour(tokens):
        return Replacement(colour=colour)
    return Replacement(phrase=render(without_filler(tokens)))


def gradient(tokens: Sequence[Token]) -> Replacement | None:
    """A background's gradient, of two colours, of one, or of none that is named; else None."""
    if not any(token.among(("gradient", "ombre", "fade")) for token in tokens):
        return None
    colours: list[str] = []
    cursor = Cursor(tokens)
    while cursor.peek().word:
        length, colour = read_colour(cursor)
        if length:
            colours.append(colour)
        elif not cursor.peek().among(_OF_GRADIENT) and cursor.peek().kind != "mark":
            return None
        cursor.take(length or 1)
    if len(colours) > 2:
        return None
    return Replacement(colour=" and ".join(colours), style="gradient")


def without_filler(tokens: Sequence[Token]) -> list[Token]:
    """Drop "in the image" where it stands in free text."""
    words, photo = list(tokens), vocabulary().words("nouns.photo")
    for at in range(len(words) - 2, 0, -1):
        if at + 1 >= len(words):  # what was dropped stood there
            continue
        following = words[at + 2].kind == "word" if at + 2 < len(words) else False
        if words[at - 1].word in ("in", "of", "from") and words[at].word in ("the", "this") and (
            words[at + 1].among(photo) and not following
        ):  # fmt: skip
            del words[at - 1 : at + 2]
    return words


def one_for(tokens: Sequence[Token], old: Target) -> list[Token]:
    """For "a black one" said of a tie: "a black tie"."""
    nouns = [word for word in old.phrase.split() if singular(word.lower())[0] == old.head]
    named = {"one": old.head, "ones": nouns[0] if nouns else old.head}
    return [
        retyped(token, named[token.word]) if token.among(named) and old.head else token
        for token in tokens
    ]


def is_backdrop(target: Target) -> bool:
    """Whether a target is what lies behind everything: "the background", "the surroundings"."""
    relation = target.relation
    if relation and relation.kind == "behind" and target.phrase.lower().startswith("everything "):
        return not target.head
    return target.head in vocabulary().words("nouns.backdrop")


def is_photo(target: Target) -> bool:
    """Whether a target is the whole photo."""
    return target.head in vocabulary().words("nouns.photo") and target.relation is None


def is_pronoun(target: Target) -> bool:
    """Whether a target is only "it", "him", "their"."""
    return not target.head and target.phrase.lower().rpartition(" of ")[2] in PRONOUNS


def is_scene(tokens: Sequence[Token]) -> bool:
    """Whether words name surroundings ("a sandy beach") and not a thing."""
    phrase = read_phrase(Cursor([token for token in tokens if token.text != ","]))
    return phrase is not None and scene_head(phrase.target)


def scene_head(target: Target) -> bool:
    """Whether a target's noun is a place that surrounds things."""
    scenes = vocabulary().words("nouns.scene")
    return target.head in scenes or singular(target.head)[0] in scenes


def subject_of(backdrop: Target) -> Target:
    """Whose background it is: "the background of the suit" is the suit's."""
    relation = backdrop.relation
    if (
        relation
        and relation.kind in ("of", "on", "next_to", "behind")
        and not is_photo(relation.anchor)
    ):
        return relation.anchor
    return MAIN_SUBJECT


def joined(targets: Sequence[Target]) -> Target:
    """Several subjects that stay together in front of one background."""
    if len(targets) == 1:
        return targets[0]
    phrase = ", ".join(t.phrase for t in targets[:-1]) + " and " + targets[-1].phrase
    return Target(phrase=phrase, quantity="all")


def subject_in(plan: EditPlan) -> Target:
    """All that the steps of a plan are about, as one subject."""
    return joined(list(dict.fromkeys(step.target for step in plan.steps)))


def members(target: Target) -> tuple[Target, ...]:
    """The subjects that were `joined`; the target alone when it is one."""
    if target.head or target.quantity != "all" or target.exclude:
        return (target,)
    cursor = Cursor(tokenise(target.phrase))
    named = read_phrases(cursor)
    together = len(named) > 1 and not cursor.rest
    return tuple(phrase.target for phrase in named) if together else (target,)


def background(subject: Target, replacement: Replacement) -> EditStep:
    """The step that changes what is behind a subject."""
    return EditStep(operation="background", target=subject, replacement=replacement)
