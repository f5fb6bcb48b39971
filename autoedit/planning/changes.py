"""Frames that turn one thing into another: replace, change."""

from __future__ import annotations

from collections.abc import Sequence

from autoedit.core.plan import EditStep, Replacement, Target
from autoedit.planning.clauses import FRAMES, Clause, frame
from autoedit.planning.draft import Cursor, sides_of
from autoedit.planning.noun_group import is_open
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.phrase import Phrase
from autoedit.planning.refusals import (
    incomplete,
    refuse,
    refuse_change,
    refuse_noun,
)
from autoedit.planning.replacement import (
    MAIN_SUBJECT,
    background,
    is_backdrop,
    is_scene,
    joined,
    one_for,
    only_colour,
    read_colours,
    read_replacement,
    scene_head,
    subject_of,
    without_filler,
)
from autoedit.planning.words import Token, render, vocabulary

DEFINITE = ("the", "this", "that", "these", "those", "my", "his", "her", "their", "its")


@frame("replace")
def replace(clause: Clause) -> list[EditStep]:
    """For "replace X with Y", "swap X for Y"."""
    body = clause.body
    joints = [at for at, token in enumerate(body) if at and token.word in ("with", "by")]
    if not joints:
        joints = [at for at, token in enumerate(body) if at and token.word in ("for", "to", "into")]
    if not joints:
        named = [phrase.target for phrase in read_all(body, clause)]
        refuse_noun(named, clause.said)
        if len(named) == 2:  # "swap the cup and the plate"
            raise refuse("geometry", clause.said)
        raise incomplete(clause.said, 'with what; say for example "replace the mug with a vase"')
    at = joints[0]
    bartered = next((i for i, token in enumerate(body) if i and token.word == "for"), 0)
    if bartered and clause.verb.startswith(("swap", "exchange", "trade", "switch")):
        joints, at = [bartered], bartered
    if len(joints) > 1 and body[at].word == "with" and body[at + 1].word in DEFINITE:
        at = joints[1]  # "replace the girl with the hat with a cat"
    old, new = body[:at], list(body[at + 1 :])
    if clause.verb == "substitute" and body[at].word == "for":
        old, new = new, list(old)
    steps: list[EditStep] = []
    again = _gapped(new)
    if again:
        following = Clause("replace", clause.verb, new[again + 1 :], clause.said)
        new = new[:again]
        steps = replace(following)
    targets = [phrase.target for phrase in read_all(old, clause)]
    if not new or not targets:
        raise incomplete(clause.said, "what to replace with what")
    if render(new).lower() in vocabulary().words("clauses.nothing"):
        return FRAMES["remove"](Clause("remove", clause.verb, old, clause.said))
    return [*_replaced(targets, new, clause), *steps]


def _gapped(new: Sequence[Token]) -> int:
    """Where "... and the plate with a bowl" goes on; 0 when it does not."""
    for at in range(1, len(new) - 1):
        again = new[at].word in ("and", ",") and new[at + 1].word in DEFINITE
        if again and any(token.word == "with" for token in new[at + 1 :]):
            return at
    return 0


def _replaced(targets: list[Target], new: Sequence[Token], clause: Clause) -> list[EditStep]:
    if all(is_backdrop(target) for target in targets):
        return [background(subject_of(targets[0]), read_replacement(new))]
    colour = only_colour(new)
    if colour and not any(token.word in ("one", "ones", "a", "an") for token in new):
        return [modify(target, Replacement(colour=colour)) for target in targets]
    file = next((token.text for token in new if token.kind == "file"), "")
    return [
        EditStep(
            operation="replace",
            target=target,
            replacement=Replacement(image=file)
            if file
            else Replacement(phrase=render(without_filler(one_for(new, target)))),
        )
        for target in targets
    ]


def modify(target: Target, replacement: Replacement) -> EditStep:
    """The step that gives a thing another look."""
    return EditStep(operation="modify", target=target, replacement=replacement)


def read_all(tokens: Sequence[Token], clause: Clause) -> list[Phrase]:
    """All noun phrases of a run of words; a word that fits nowhere is noted and passed over."""
    cursor, phrases = Cursor(tokens), list[Phrase]()
    while cursor.peek().word:
        found = read_phrases(cursor)
        if found and (not phrases or cursor.tokens[cursor.at - 1].kind == "word"):
            phrases += found
        if not found:
            skipped = cursor.take()[0]
            if skipped.kind != "mark" and skipped.word not in ("and", "only", "just", "'s"):
                clause.unused.append(skipped)
    return phrases


@frame("change")
def change(clause: Clause) -> list[EditStep]:
    """For "change X to Y", "turn X into Y", "change the colour of X to Y"."""
    body = clause.body
    at = _becomes(body)
    if not at and clause.verb == "set":  # "set the scene in a snowy village"
        at = next((i for i, token in enumerate(body) if i and token.word in ("in", "at", "on")), 0)
    if not at:
        return _unfinished(clause)
    old, new = list(body[:at]), list(body[at + 1 :])
    while new and new[0].word in ("look", "like", "be", "become", "resemble"):
        new = new[1:]
    came_from: Sequence[Token] = ()
    cut = next(
        (i for i in range(1, len(old)) if old[i].word == "from" and not _of_photo(old, i)), 0
    )
    if cut:
        old, came_from = old[:cut], old[cut + 1 :]
    old, quality = without_property(old)
    targets = [phrase.target for phrase in read_all(old, clause)]
    if not targets or not new:
        raise incomplete(clause.said, "what should become what")
    refuse_noun(targets, clause.said)
    refuse_change(targets, new, clause.said)
    return become([_coloured(target) for target in targets], new, quality, came_from)


def _coloured(target: Target) -> Target:
    """For "the blue of the car": the car."""
    relation = target.relation
    bare = not target.head and target.attributes.colour
    return relation.anchor if bare and relation and relation.kind == "of" else target


def _becomes(body: Sequence[Token]) -> int:
    """Where "to" or "into" stands that leads to the new thing; 0 when there is none."""
    for at in range(1, len(body)):
        if body[at].word == "into" or (body[at].word == "with" and "to" not in _words(body)):
            return at
        if body[at].word != "to" or body[at - 1].word in ("next", "close", "adjacent", "near"):
            continue
        side = at + 1 + (at + 1 < len(body) and body[at + 1].word == "the")
        if side < len(body) and sides_of(body[side]):
            continue
        return at
    return 0


def _words(tokens: Sequence[Token]) -> list[str]:
    return [token.word for token in tokens]


def _of_photo(tokens: Sequence[Token], at: int) -> bool:
    return any(t.among(vocabulary().words("nouns.photo")) for t in tokens[at + 1 : at + 3])


def _unfinished(clause: Clause) -> list[EditStep]:
    """A change that does not say into what: usually of size, light or pose."""
    targets = [phrase.target for phrase in read_all(clause.body, clause)]
    refuse_noun(targets, clause.said)
    if any(target.head in vocabulary().words("nouns.body") for target in targets):
        raise refuse("pose", clause.said)
    cursor = Cursor(clause.body)
    named = [phrase.target for phrase in read_phrases(cursor)]
    if named and read_colours(Cursor(cursor.rest)):  # "turn the leaves orange"
        return FRAMES["make"](Clause("make", "make", clause.body, clause.said))
    if clause.verb == "turn" and (cursor.rest or any(target.position for target in targets)):
        raise refuse("geometry", clause.said)
    raise incomplete(clause.said, 'into what; say for example "change the sofa to blue"')


def without_property(tokens: Sequence[Token]) -> tuple[list[Token], str]:
    """For "the colour of the sofa", "the sofa's colour": the sofa, and "colour"."""
    words = list(tokens)
    names = vocabulary().words("nouns.property")
    cursor = Cursor(words)
    for at, token in enumerate(words):
        if not token.among(names):
            continue
        if at + 1 < len(words) and words[at + 1].word in ("of", "on"):
            part = words[:at]  # "the (hair) colour of the girl"
            named = any(not token.among(DEFINITE) for token in part)
            return [*part, *words[at + 1 :]] if named else words[at + 2 :], token.word
        if at and not is_open(cursor, at + 1):
            left = words[: at - 1] if words[at - 1].word == "'s" else words[:at]
            return [*left, *words[at + 1 :]], token.word
    return words, ""


def become(
    targets: list[Target],
    new: Sequence[Token],
    quality: str = "",
    came_from: Sequence[Token] = (),
) -> list[EditStep]:
    """Decide whether a change is of the background, of a colour or look, or of the thing."""
    colour = only_colour(new)
    if is_backdrop(targets[0]) and len(targets) == 1:
        return [background(subject_of(targets[0]), read_replacement(new))]
    if quality:
        words = render(without_filler(new))
        look = Replacement(colour=colour) if colour else Replacement(phrase=words)
        return [modify(target, look) for target in targets]
    indefinite = bool(new) and new[0].word in ("a", "an") and new[-1].among(("one", "ones"))
    if colour and not indefinite:
        return [modify(target, Replacement(colour=colour)) for target in targets]
    scene = is_scene(new)
    stuff = any(target.head in vocabulary().words("nouns.stuff") for target in targets)
    behind = any(
        t.head in vocabulary().words("nouns.scenic") or t.position == "background" for t in targets
    ) or any((scene_head(t) or is_backdrop(t)) and not stuff for t in targets)
    if scene and (behind or not stuff or came_from):
        subject = MAIN_SUBJECT if behind and not came_from else joined(targets)
        return [background(subject, read_replacement(new))]
    return [_thing(target, new) for target in targets]


def _thing(target: Target, new: Sequence[Token]) -> EditStep:
    """Another thing, or the same thing in another colour."""
    file = next((token.text for token in new if token.kind == "file"), "")
    if file:
        return EditStep(operation="replace", target=target, replacement=Replacement(image=file))
    cursor = Cursor(one_for(new, target))
    wanted = read_phrase(cursor)
    if wanted and target.head and wanted.target.head == target.head and not cursor.rest:
        looks = wanted.target.attributes
        rest = looks.model_copy(update={"colour": ()})
        had = target.attributes.model_copy(update={"colour": ()})
        if len(looks.colour) == 1 and rest in (type(looks)(), had):
            return modify(target, Replacement(colour=looks.colour[0]))
    phrase = render(without_filler(cursor.tokens))
    return EditStep(operation="replace", target=target, replacement=Replacement(phrase=phrase))
