"""Verb frames: what each kind of verb makes of the words after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from autoedit.core.plan import EditStep, Effects, Relation, Replacement, Target
from autoedit.planning import changes
from autoedit.planning.changes import complement, participle_at, read_all
from autoedit.planning.clauses import Clause, frame
from autoedit.planning.noun_group import Cursor, sides_of
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.phrase import Phrase
from autoedit.planning.refusals import Kind, incomplete, refuse, refuse_noun
from autoedit.planning.replacement import (
    background,
    is_backdrop,
    is_photo,
    is_pronoun,
    joined,
    only_colour,
    read_replacement,
    scene_head,
    subject_of,
)
from autoedit.planning.words import Token, render, tokenise, vocabulary

_KNOWN = (
    "the",
    "this",
    "that",
    "these",
    "those",
    "my",
    "his",
    "her",
    "their",
    "its",
    "our",
    "your",
)


@frame("remove", "dislike")
def _remove(clause: Clause) -> list[EditStep]:
    phrases = read_all(clause.body, clause)
    targets, effects = _effects([phrase.target for phrase in phrases])
    if not targets:
        raise incomplete(clause.said, 'what to remove; say for example "remove the red mug"')
    if any(target.head in vocabulary().words("nouns.defect") for target in targets):
        raise refuse("tone", clause.said)
    steps: list[EditStep] = []
    for target in targets:
        if is_backdrop(target) and clause.verb.startswith(("clean", "clear", "scrub", "heal")):
            raise incomplete(clause.said, "which things in the background to remove")
        if is_backdrop(target):
            steps.append(background(subject_of(target), Replacement(transparent=True)))
        else:
            steps.append(_with_effects(EditStep(operation="remove", target=target), effects))
    return steps


def _with_effects(step: EditStep, effects: Effects | None) -> EditStep:
    return step.model_copy(update={"effects": effects}) if effects else step


def _effects(targets: list[Target]) -> tuple[list[Target], Effects | None]:
    """Shadows and reflections are not things of their own: they go with, or are the whole job."""
    names = vocabulary().words("nouns.effect")
    things, owned = list[Target](), False
    for target in targets:
        relation = target.relation
        if relation and relation.kind == "with" and relation.anchor.head in names:
            said = target.phrase.removesuffix(relation.anchor.phrase).rsplit(" with", 1)[0].strip()
            things.append(target.model_copy(update={"relation": None, "phrase": said}))
            owned = True
        elif target.head in names and len(targets) > 1 and not _owner(target):
            owned = True
        else:
            things.append(target)
    if len(things) == 1 and things[0].head in names:
        return [_owner(things[0]) or things[0]], "only"
    return things, "take_along" if owned else None


def _owner(effect: Target) -> Target | None:
    """Whose shadow it is, when the sentence names it."""
    relation = effect.relation
    if relation and relation.kind == "of" and relation.anchor.head:
        return relation.anchor
    return None


@frame("extract")
def _extract(clause: Clause) -> list[EditStep]:
    body = _without_surroundings(clause.body)
    targets, effects = _effects([phrase.target for phrase in read_all(body, clause)])
    if not targets:
        raise incomplete(clause.said, 'what to cut out; say for example "cut out the dog"')
    step = [EditStep(operation="extract", target=target) for target in targets]
    return [_with_effects(each, effects) for each in step]


def _without_surroundings(body: Sequence[Token]) -> Sequence[Token]:
    """For "isolate the dog from the background": what it is cut from says nothing."""
    for at, token in enumerate(body):
        end = min(at + 5, len(body))
        if at and token.word == "from" and any(
            body[i].among(vocabulary().words("nouns.backdrop")) for i in range(at + 1, end)
        ):  # fmt: skip
            return body[:at]
    return body


@frame("blur", "pixelate", "solid")
def _obscure(clause: Clause) -> list[EditStep]:
    how = clause.frame
    targets = [phrase.target for phrase in read_all(clause.body, clause)]
    if not targets:
        raise incomplete(clause.said, f"what to {clause.verb}")
    if all(is_photo(target) for target in targets):
        raise refuse("tone", clause.said)
    paint = "" if how != "solid" else "white" if clause.verb.startswith("white") else "black"
    steps: list[EditStep] = []
    for target in targets:
        if how == "blur" and is_backdrop(target):
            steps.append(background(subject_of(target), Replacement(blur=True)))
        elif how == "blur" and target.exclude and not target.head:
            steps.append(background(joined(target.exclude), Replacement(blur=True)))
        else:
            look = Replacement(phrase=how, colour=paint)
            steps.append(EditStep(operation="obscure", target=target, replacement=look))
    return steps


@frame("hide")
def _hide(clause: Clause) -> list[EditStep]:
    """Hiding what is private leaves it covered; hiding anything else takes it away."""
    at = next((i for i, token in enumerate(clause.body) if i and token.word == "with"), 0)
    over = read_all(clause.body[at + 1 :], clause) if at else []
    clause.body = clause.body[:at] if at else clause.body
    targets = [phrase.target for phrase in read_all(clause.body, clause)]
    if over and over[0].target.head not in ("bar", "box", "rectangle", "strip", "blur", "mosaic"):
        return [_added(phrase, Relation(kind="on", anchor=joined(targets)))
                for phrase in over] if targets else []  # fmt: skip
    private = vocabulary().words("nouns.private")
    if over or any(target.head in private for target in targets):
        kinds = {"blur": "blur", "mosaic": "pixelate"}
        clause.frame = kinds.get(over[0].target.head, "solid") if over else "blur"
        return _obscure(clause)
    return _remove(clause)


@frame("add")
def _add(clause: Clause) -> list[EditStep]:
    body = list(clause.body)
    at = next((i for i, t in enumerate(body[:-1]) if i and t.word in ("instead", "place") and
               body[i + 1].word == "of"), 0)  # fmt: skip
    if at:
        new = body[: at - 1] if body[at].word == "place" else body[:at]
        joint = Token("with", "with")
        return changes.replace(
            Clause("replace", "put", [*body[at + 2 :], joint, *new], clause.said)
        )
    body = [
        Token(t.text, "on") if t.word in ("to", "onto") and i and not _goes_to_side(body, i) else t
        for i, t in enumerate(body)
    ]
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
    _refuse_added(first.target, clause)
    return [_added(phrase) for phrase in phrases]


def _goes_to_side(body: Sequence[Token], at: int) -> bool:
    return any(sides_of(token) for token in body[at + 1 : at + 3])


def _placed(phrases: Sequence[Phrase], clause: Clause) -> list[EditStep]:
    """For "put it on white", "put the mug in a park": a new background for a known thing."""
    last = phrases[-1]
    relation = last.target.relation
    known = not any(phrase.indefinite for phrase in phrases)
    if clause.verb not in ("put", "place", "set", "desire") or not known or not relation:
        return []
    anchor, words = relation.anchor, tokenise(relation.anchor.phrase)
    new = not words or not words[0].among(_KNOWN)
    scene = is_backdrop(anchor) or scene_head(anchor) or (new and not is_pronoun(anchor))
    if last.pronoun and not (scene or relation.kind == "in_front_of" or only_colour(words)):
        raise refuse("geometry", clause.said)
    if not (scene or last.pronoun or only_colour(words)):
        return []
    subject = last.target.model_copy(update={"relation": None, "phrase": last.description})
    subjects = [*(phrase.target for phrase in phrases[:-1]), subject]
    return [background(joined(subjects), read_replacement(words))]


def _refuse_added(target: Target, clause: Clause) -> None:
    words = vocabulary().words
    if target.head in words("nouns.always_style") or target.head in ("effect", "look"):
        raise refuse("style", clause.said)
    if target.head in words("nouns.tone") and target.head not in ("light", "lighting"):
        raise refuse("tone", clause.said)


def _added(phrase: Phrase, relation: Relation | None = None) -> EditStep:
    target, location = phrase.target, render(phrase.location)
    if relation:
        target = target.model_copy(update={"relation": relation})
        location = f"{relation.kind} {relation.anchor.phrase}"
    new = Replacement(phrase=phrase.description)
    return EditStep(operation="add", target=target, replacement=new, location=location)


@frame("give")
def _give(clause: Clause) -> list[EditStep]:
    cursor = Cursor(clause.body)
    first = read_phrase(cursor)
    if first and cursor.peek().word == "to":  # "give a hat to the man"
        cursor.take()
        gifts, receiver = [first], read_phrase(cursor)
    else:
        receiver, gifts = first, read_phrases(cursor)
    if receiver is None or not gifts:
        raise incomplete(clause.said, "who gets what")
    gift = gifts[0].target
    if gift.head in vocabulary().words("nouns.always_style") or gift.head == "look":
        raise refuse("style", clause.said)
    if paint := only_colour(gifts[0].said):
        look = Replacement(colour=paint)
        return [EditStep(operation="modify", target=receiver.target, replacement=look)]
    return [_added(each, Relation(kind="on", anchor=receiver.target)) for each in gifts]


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
    return [_added(each, Relation(kind="in", anchor=holder)) for each in content]


@frame("instead")
def _instead(clause: Clause) -> list[EditStep]:
    """For "instead of X put Y"."""
    verbs = ("put", "add", "use", "place", "have", "insert", "want", "be", "draw", "show")
    at = next((i for i, token in enumerate(clause.body) if i and token.among(verbs)), 0)
    old = read_phrases(Cursor(clause.body[:at])) if at else []
    cursor = Cursor(clause.body, at + 1)
    if not old or not cursor.rest:
        raise incomplete(clause.said, "what to put instead of what")
    joint = Token("with", "with")
    body = [*old[0].said, joint, *cursor.rest]
    return changes.replace(Clause("replace", "replace", body, clause.said))


@frame("desire")
def _wish(clause: Clause) -> list[EditStep]:
    """For "I'd like the cup gone", "I want a white background"."""
    cursor = Cursor(clause.body)
    cut = participle_at(clause.body)
    if cut:
        cursor = Cursor(clause.body[:cut])
    phrases = read_phrases(cursor)
    if not phrases:
        raise incomplete(clause.said, "what you want changed")
    cursor = Cursor(clause.body, cursor.at)
    if steps := backdrop_for(phrases[0], cursor):
        return steps
    if cursor.rest:
        targets = [phrase.target for phrase in phrases]
        return complement(targets, clause.body[: cursor.at], cursor.rest, clause)
    clause.verb = "desire"
    return _add(clause)


def backdrop_for(phrase: Phrase, cursor: Cursor) -> list[EditStep]:
    """For "(I need) a white background for the shoe"; the cursor stands after the background."""
    if not is_backdrop(phrase.target) or cursor.peek().word not in ("for", "to"):
        return []
    cursor.take()
    subject = read_phrase(cursor)
    if subject is None:
        return []
    return [background(subject.target, read_replacement(phrase.said))]


@frame("style", "pose", "geometry", "tone")
def _refused(clause: Clause) -> list[EditStep]:
    """Verbs of style, pose, size and light."""
    if clause.frame == "tone":
        refuse_noun([phrase.target for phrase in read_all(clause.body, clause)], clause.said)
    raise refuse(cast(Kind, clause.frame), clause.said)
