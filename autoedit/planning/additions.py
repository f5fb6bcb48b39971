"""Frames that bring something new: add, give, dress, fill; or known things before a new scene."""

from __future__ import annotations

from collections.abc import Sequence

from autoedit.core.plan import EditStep, Relation, Replacement, Target
from autoedit.planning import changes
from autoedit.planning.changes import read_all
from autoedit.planning.clauses import Clause, frame
from autoedit.planning.draft import Cursor, sides_of
from autoedit.planning.noun_group import is_open, read_colour
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.phrase import Phrase
from autoedit.planning.refusals import incomplete, refuse
from autoedit.planning.replacement import (
    background,
    is_backdrop,
    is_pronoun,
    joined,
    only_colour,
    read_replacement,
    scene_head,
    subject_of,
)
from autoedit.planning.words import Token, render, tokenise, vocabulary

_KNOWN = (
    "the", "this", "that", "these", "those", "my", "his", "her", "their", "its", "our", "your",
)  # fmt: skip
COVERS = {"bar": "solid", "box": "solid", "rectangle": "solid", "strip": "solid",
           "blur": "blur", "mosaic": "pixelate", "pixelation": "pixelate"}  # fmt: skip


@frame("add")
def add(clause: Clause) -> list[EditStep]:
    """For "add X to Y", "put X in place of Y", "put it on white"."""
    body = list(clause.body)
    at = next((i for i, t in enumerate(body[:-1]) if i and t.word in ("instead", "place", "rather")
               and body[i + 1].word in ("of", "than")), 0)  # fmt: skip
    if at:
        new = body[: at - 1] if body[at].word == "place" else body[:at]
        joint = Token("with", "with")
        return changes.replace(
            Clause("replace", "put", [*body[at + 2 :], joint, *new], clause.said)
        )
    body = [
        Token(t.text, "on") if t.word in ("to", "onto") and i and _is_goal(body, i) else t
        for i, t in enumerate(body)
    ]
    if there := _in_place_of(body):
        return changes.replace(Clause("replace", "put", there, clause.said))
    cursor = Cursor(body)
    phrases = read_phrases(cursor)
    clause.unused.extend(cursor.rest)
    if not phrases:
        raise incomplete(clause.said, 'what to add; say for example "add a lamp on the table"')
    first = phrases[0]
    if is_backdrop(first.target):
        looks = [token for token in first.said if not token.among(("a", "an"))]
        return [background(subject_of(first.target), read_replacement(looks))]
    if moved := _placed(phrases, clause):
        return moved
    relation = first.target.relation
    if relation and relation.kind in ("on", "above") and first.target.head in COVERS:
        return [covered(relation.anchor, first)]
    _refuseadded(first.target, clause)
    steps = [added(phrase) for phrase in phrases]
    pointed = tokenise(clause.said)[-1].word
    if pointed in ("there", "here") and not steps[-1].location:  # "put a painting there"
        steps[-1] = steps[-1].model_copy(update={"location": pointed})
    return steps


def covered(target: Target, cover: Phrase) -> EditStep:
    """For "put a black bar over his eyes", "cover the plate with a mosaic"."""
    how = COVERS[cover.target.head]
    colour = "".join(cover.target.attributes.colour[:1]) or "black"
    look = Replacement(phrase=how, colour=colour if how == "solid" else "")
    return EditStep(operation="obscure", target=target, replacement=look)


def _is_goal(body: Sequence[Token], at: int) -> bool:
    """Whether "to" leads to a thing, and is not of "next to" or "to the left"."""
    side = any(sides_of(token) for token in body[at + 1 : at + 3])
    return not side and not Cursor(body, at - 1).match("function.relation")


def _in_place_of(body: Sequence[Token]) -> list[Token]:
    """For "put a cat where the dog is": "the dog with a cat"; empty for anything else."""
    at = next((i for i, token in enumerate(body) if i and token.word == "where"), 0)
    if not at or not body[-1].among(("is", "are", "was", "were", "stands", "sits")):
        return []
    return [*body[at + 1 : -1], Token("with", "with"), *body[:at]]


def _placed(phrases: Sequence[Phrase], clause: Clause) -> list[EditStep]:
    """For "put it on white", "put the mug in a park": a new background for a known thing."""
    last = phrases[-1]
    relation = last.target.relation
    known = not any(phrase.indefinite for phrase in phrases)
    if clause.verb not in ("put", "place", "set", "desire") or not known or not relation:
        return []
    anchor, words = relation.anchor, tokenise(relation.anchor.phrase)
    if anchor.head in ("night", "day", "dawn", "dusk", "noon", "midnight"):
        raise refuse("tone", clause.said)
    new = not words or not words[0].among(_KNOWN)
    scene = is_backdrop(anchor) or scene_head(anchor) or (new and not is_pronoun(anchor))
    if last.pronoun and not (scene or relation.kind == "in_front_of" or only_colour(words)):
        raise refuse("geometry", clause.said)
    if not (scene or last.pronoun or only_colour(words)):
        return []
    subject = last.target.model_copy(update={"relation": None, "phrase": last.description})
    before, _, after = last.target.phrase.partition(anchor.phrase)
    if new and after.strip().startswith("with "):  # "on a table with a lamp on it": one scene
        words = tokenise(anchor.phrase + after)
        named = read_phrase(Cursor(tokenise(before)[:-1]))
        subject = named.target if named else subject
    subjects = [*(phrase.target for phrase in phrases[:-1]), subject]
    return [background(joined(subjects), read_replacement(words))]


def _refuseadded(target: Target, clause: Clause) -> None:
    words = vocabulary().words
    if target.head in words("nouns.always_style") or target.head in ("effect", "look"):
        raise refuse("style", clause.said)
    if target.head in words("nouns.tone") and target.head not in ("light", "lighting"):
        raise refuse("tone", clause.said)


def added(phrase: Phrase, relation: Relation | None = None) -> EditStep:
    """The step that draws a new thing, at a relation given or where its own words say."""
    target, location = _anchored(phrase), render(phrase.location)
    if relation:
        target = target.model_copy(update={"relation": relation})
        location = f"{relation.kind} {relation.anchor.phrase}"
    file = next((token for token in phrase.said if token.kind == "file"), None)
    new = Replacement(image=file.text) if file else Replacement(phrase=phrase.description)
    return EditStep(operation="add", target=target, replacement=new, location=location)


def _anchored(phrase: Phrase) -> Target:
    """The new thing's target: what is there already is found by its place, the new thing is not.

    "Curtains to the window on the left": the window is on the left. "In its place" is a location
    and no relation.
    """
    target, relation = phrase.target, phrase.target.relation
    if relation and relation.kind == "in" and relation.anchor.head in ("place", "stead"):
        return target.model_copy(update={"relation": None})
    side = target.position
    if not relation or not side or relation.anchor.position or is_pronoun(relation.anchor):
        return target
    _, met, after = target.phrase.partition(relation.anchor.phrase)
    if not met or not after or "," in after:
        return target
    anchor = relation.anchor.model_copy(
        update={"position": side, "phrase": relation.anchor.phrase + after}
    )
    relation = Relation(kind=relation.kind, anchor=anchor)
    return target.model_copy(update={"relation": relation, "position": None})


@frame("give")
def _give(clause: Clause) -> list[EditStep]:
    cursor = Cursor(clause.body)
    first = read_phrase(cursor)
    if first and cursor.peek().word == "to":  # "give a hat to the man"
        cursor.take()
        gifts, receiver = [first], read_phrase(cursor)
    else:
        receiver, gifts = first, read_phrases(cursor)
        if first and not gifts:  # "give the cat green eyes"
            at = _colour_after_noun(first.said)
            receiver = read_phrase(Cursor(first.said[:at])) if at else first
            gifts = read_phrases(Cursor(first.said[at:])) if at else []
        if not gifts and clause.body and clause.body[0].word == "her":  # "give her red lipstick"
            receiver = read_phrase(Cursor(clause.body[:1]))
            gifts = read_phrases(Cursor(clause.body[1:]))
    if clause.body and clause.body[-1].among(("look", "style", "feel", "vibe", "filter")):
        raise refuse("style", clause.said)
    if receiver is None or not gifts:
        raise incomplete(clause.said, "who gets what")
    gift = gifts[0].target
    if gift.head in vocabulary().words("nouns.always_style") or gift.head == "look":
        raise refuse("style", clause.said)
    if paint := _painted(gifts[0]):
        look = Replacement(colour=paint)
        return [EditStep(operation="modify", target=receiver.target, replacement=look)]
    if is_backdrop(gift):
        return [background(receiver.target, read_replacement(gifts[0].said))]
    if paint := only_colour(gifts[0].said):
        look = Replacement(colour=paint)
        return [EditStep(operation="modify", target=receiver.target, replacement=look)]
    return [added(each, Relation(kind="on", anchor=receiver.target)) for each in gifts]


def _painted(gift: Phrase) -> str:
    """For "(give the wall) a fresh coat of light grey paint": light grey."""
    at = next((i for i, token in enumerate(gift.said) if token.word == "of"), -1)
    return only_colour(gift.said[at + 1 :]) if at >= 0 else ""


def _colour_after_noun(words: Sequence[Token]) -> int:
    """Where "(the cat) green (eyes)" has its colour; 0 when it has none."""
    named = False
    for at in range(len(words)):
        coloured = read_colour(Cursor(words, at))[0]
        if coloured and named:
            return at
        named = named or (at > 0 and not coloured and is_open(Cursor(words, at)))
    return 0


@frame("dress")
def _dress(clause: Clause) -> list[EditStep]:
    """For "dress the dog in a raincoat"."""
    joints = (i for i, token in enumerate(clause.body) if i and token.among(("in", "with", "up")))
    at = next(joints, 0)
    clothes = clause.body[at:] if at else ()
    while clothes and clothes[0].among(("in", "with", "up", "as")):
        clothes = clothes[1:]
    receivers, worn = read_phrases(Cursor(clause.body[:at])), read_phrases(Cursor(clothes))
    if not receivers or not worn:
        raise incomplete(clause.said, "who is to wear what")
    relations = [Relation(kind="on", anchor=receiver.target) for receiver in receivers]
    return [added(each, relation) for relation in relations for each in worn]


@frame("fill")
def _fill(clause: Clause) -> list[EditStep]:
    at = next((i for i, token in enumerate(clause.body) if i and token.word == "with"), 0)
    until = at - (clause.body[at - 1].word == "to") if at else 0
    phrases = read_all(clause.body[:until], clause) if at else []
    content = read_phrases(Cursor(clause.body[at + 1 :]))
    if not phrases or not content:
        raise incomplete(clause.said, "what to fill with what")
    holder = phrases[0].target
    if holder.head in ("area", "hole", "gap", "space", "spot", "place"):
        return []  # what a removal does anyway
    if is_backdrop(holder):
        return [background(subject_of(holder), read_replacement(clause.body[at + 1 :]))]
    if paint := only_colour(clause.body[at + 1 :]):
        return [EditStep(operation="modify", target=holder, replacement=Replacement(colour=paint))]
    return [added(each, Relation(kind="in", anchor=holder)) for each in content]
