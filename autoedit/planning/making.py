"""What a thing is made: gone, red, another thing, set before a background; make and colour."""

from __future__ import annotations

from collections.abc import Sequence

from autoedit.core.plan import EditStep, Replacement, Target
from autoedit.planning.changes import DEFINITE, become, modify, without_property
from autoedit.planning.clauses import FRAMES, Clause, find_verb, frame
from autoedit.planning.draft import Cursor
from autoedit.planning.noun_group import read_colour
from autoedit.planning.noun_phrase import read_phrases
from autoedit.planning.phrase import Phrase
from autoedit.planning.refusals import (
    incomplete,
    refuse,
    refuse_change,
    refuse_noun,
    refuse_pose,
    refuse_style,
)
from autoedit.planning.replacement import (
    MAIN_SUBJECT,
    background,
    is_backdrop,
    is_photo,
    is_scene,
    joined,
    only_colour,
    read_colours,
    read_replacement,
    subject_of,
)
from autoedit.planning.words import Token, render, singular, tokenise, vocabulary

_LEADING = (
    "to", "be", "become", "into", "in", "look", "looks", "like", "appear", "as", "completely",
    "fully", "all",
)  # fmt: skip
_BEFORE = ("on", "in", "in_front_of", "next_to", "with")


@frame("make")
def make(clause: Clause) -> list[EditStep]:
    """For "make X red", "make X a Y", "make X out of Y", "make X disappear"."""
    body, quality = list(clause.body), ""
    cursor = Cursor(body)
    phrases = read_phrases(cursor)
    if not phrases:
        raise incomplete(clause.said, "what to make, and into what")
    refuse_pose(body, clause.said)
    refuse_style(body, clause.said)
    rest = list(cursor.rest)
    if set_before := before_backdrop(phrases) if not rest else []:
        return set_before
    if not rest and len(body) > 1:  # "make the sofa fluffy": the last word is what it becomes
        rest = body[-1:]
        phrases = read_phrases(Cursor(body[:-1]))
    if not phrases or not rest:
        raise incomplete(clause.said, 'into what; say for example "make the sofa red"')
    first = phrases[0].target
    if first.head in vocabulary().words("nouns.property"):
        cut = len(body) - len(rest)
        shorter, quality = without_property(body[:cut])
        phrases = read_phrases(Cursor(shorter)) or phrases
    return complement([phrase.target for phrase in phrases], body[: len(body) - len(rest)], rest,
                      clause, quality)  # fmt: skip


def before_backdrop(phrases: Sequence[Phrase]) -> list[EditStep]:
    """For "(make) it on a white background", "(isolate) the shoe on transparent"."""
    relation = phrases[-1].target.relation
    if relation is None or relation.kind not in _BEFORE:
        return []
    words = tokenise(relation.anchor.phrase)
    new = [token for token in words if not token.among(("a", "an"))]
    known = bool(words) and words[0].among(DEFINITE)
    look = read_replacement(new)
    if known or not (is_backdrop(relation.anchor) or look.transparent or only_colour(words)):
        return []
    last = phrases[-1].target.model_copy(
        update={"relation": None, "phrase": phrases[-1].description_without(relation)}
    )
    last = MAIN_SUBJECT if is_photo(last) else last
    subjects = [*(phrase.target for phrase in phrases[:-1]), last]
    return [background(joined(subjects), look)]


def complement(
    targets: list[Target],
    named: Sequence[Token],
    rest: Sequence[Token],
    clause: Clause,
    quality: str = "",
) -> list[EditStep]:
    """What the things named should be: gone, replaced, of a colour, another thing."""
    words = vocabulary()
    rest = _not_instead(rest)
    if placed := _placed_before(targets, rest):
        return placed
    while rest and (rest[0].word in _LEADING or _echo(rest)):
        rest = rest[max(_echo(rest), 1) :]
    said = render(rest).strip().lower()
    if not said:  # of a line's end alone, too
        raise incomplete(clause.said, "what it should be")
    if said in words.words("clauses.gone"):
        return [EditStep(operation="remove", target=target) for target in targets]
    if said.split()[-1] in words.words("adjectives.seamless"):
        clause.unused.extend(rest)
        return []
    if length := words.match("function.sets.material", rest):
        look = Replacement(phrase="made of " + render(rest[length:]))
        return [modify(target, look) for target in targets]
    verb = find_verb(rest)
    done = verb and words.forms.get(rest[0].word, ("", ""))[1] == "ed"
    if verb and done and verb.frame in FRAMES:
        inner = Clause(verb.frame, verb.name, [*named, *verb.body], clause.said)
        return FRAMES[verb.frame](inner)
    if rest[0].word in ("wear", "wearing"):
        look = Replacement(phrase="wearing " + render(rest[1:]))
        return [modify(target, look) for target in targets]
    refuse_noun(targets, clause.said)
    refuse_change(targets, rest, clause.said)
    if len(targets) == 1 and is_backdrop(targets[0]):
        return [background(subject_of(targets[0]), read_replacement(rest))]
    if [token.word for token in rest[:2]] == ["the", "same"]:  # "the same blue as the skirt"
        shade = read_colour(Cursor(rest, 2))[1]
        look = Replacement(colour=shade) if shade else Replacement(phrase=render(rest))
        return [modify(target, look) for target in targets]
    if steps := _painted(targets, rest, clause):
        return steps
    if rest[0].among(words.words("function.determiner")) or singular(rest[-1].word)[1]:
        return become(targets, rest, quality)
    return [_looking(target, rest) for target in targets]


def _painted(targets: list[Target], rest: Sequence[Token], clause: Clause) -> list[EditStep]:
    """For "red", and "(make the car) red and the bus blue"; empty for anything else."""
    cursor = Cursor(rest)
    colour = read_colours(cursor)
    steps = [modify(target, Replacement(colour=colour)) for target in targets if colour]
    if not colour or not cursor.rest:
        return steps
    if cursor.peek().text not in ("and", ","):
        return []
    while cursor.peek().text in ("and", ","):
        cursor.take()
    return [*steps, *make(Clause("make", "make", cursor.rest, clause.said))]


def _not_instead(rest: Sequence[Token]) -> list[Token]:
    """For "(make it) blue instead of grey": blue."""
    for at in range(1, len(rest) - 1):
        if rest[at].among(("instead", "rather")) and rest[at + 1].among(("of", "than")):
            return list(rest[:at])
    return list(rest)


def _placed_before(targets: list[Target], rest: Sequence[Token]) -> list[EditStep]:
    """For "(my cat should) be on the moon": in new surroundings."""
    at = next((i for i, token in enumerate(rest[:3]) if not token.among(("to", "be"))), 0)
    scene = rest[at + 1 :]
    if not rest or not rest[at].among(("on", "in", "at", "against")) or not scene:
        return []
    if not is_scene(scene) or targets[0].head in vocabulary().words("nouns.stuff"):
        return []
    return [background(joined(targets), read_replacement(scene))]


def _echo(rest: Sequence[Token]) -> int:
    """For "(look like) it is (made of glass)": how many words only say the thing again."""
    if rest[0].among(("it's", "they're", "he's", "she's")):
        return 1
    again = len(rest) > 1 and rest[0].among(("it", "they", "he", "she"))
    return 2 if again and rest[1].among(("is", "are", "was", "were")) else 0


def _looking(target: Target, rest: Sequence[Token]) -> EditStep:
    """A look that is no colour: transparent, unreadable, or as the words say."""
    words = {token.word for token in rest}
    if words & vocabulary().words("adjectives.unreadable"):
        return EditStep(operation="obscure", target=target, replacement=Replacement(phrase="blur"))
    around = read_replacement(rest)
    if target.exclude and not target.head and (around.transparent or around.blur):
        return background(joined(target.exclude), around)
    return modify(target, Replacement(phrase=render(rest)))


def participle_at(body: Sequence[Token]) -> int:
    """Where "(the lamp) removed" has its verb; 0 when it has none."""
    forms, articles = vocabulary().forms, vocabulary().words("function.determiner")
    for at in range(1, len(body)):
        inflected = body[at].kind == "word" and forms.get(body[at].word, ("", ""))[1] == "ed"
        if inflected and forms[body[at].word][0] and not body[at - 1].among(articles):
            return at
    return 0


@frame("colour")
def colour(clause: Clause) -> list[EditStep]:
    """For "paint the door in a light green", "color the shirt red"."""
    cursor = Cursor(clause.body)
    phrases = read_phrases(cursor)
    while cursor.peek().word in ("in", "to", "into", "with", "as", "it"):
        cursor.take()
    if not phrases:
        raise incomplete(clause.said, "what to colour")
    targets = [phrase.target for phrase in phrases]
    relation = targets[0].relation
    if not cursor.rest and relation and relation.kind in ("in", "with", "wearing") and (
        paint := only_colour([*_retokenised(relation.anchor)])
    ):  # fmt: skip
        said = targets[0].phrase.removesuffix(relation.anchor.phrase).rsplit(" ", 2)[0]
        plain = targets[0].model_copy(update={"relation": None, "phrase": said})
        return [modify(plain, Replacement(colour=paint))]
    if not cursor.rest:
        if phrases[0].indefinite:
            return FRAMES["add"](clause)
        raise incomplete(clause.said, 'which colour; say for example "paint the door green"')
    if all(is_photo(target) for target in targets):
        raise refuse("tone", clause.said)
    return complement(targets, clause.body[: cursor.at], cursor.rest, clause)


def _retokenised(target: Target) -> tuple[Token, ...]:
    return tokenise(target.phrase)
