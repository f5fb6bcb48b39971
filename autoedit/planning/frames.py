"""Verb frames: what each kind of verb makes of the words after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from autoedit.core.plan import EditStep, Relation, Replacement
from autoedit.planning import changes
from autoedit.planning.additions import COVERS, add, added, covered
from autoedit.planning.changes import read_all
from autoedit.planning.clauses import FRAMES, Clause, frame
from autoedit.planning.draft import Cursor
from autoedit.planning.effects import parted, with_effects
from autoedit.planning.making import before_backdrop, complement, participle_at
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.phrase import Phrase
from autoedit.planning.refusals import Kind, incomplete, refuse, refuse_noun
from autoedit.planning.replacement import (
    PRONOUNS,
    background,
    is_backdrop,
    is_photo,
    joined,
    only_colour,
    read_replacement,
    scene_head,
    subject_of,
)
from autoedit.planning.words import Token, render, tokenise, vocabulary

_CLEANING = ("clean", "clear", "scrub", "heal", "tidy")
_CLEARING = ("clean", "clean up", "clear", "clear up", "tidy", "tidy up", "clean off", "clear off")


@frame("remove", "dislike")
def _remove(clause: Clause) -> list[EditStep]:
    phrases = read_all(clause.body, clause)
    targets, effects, kinds = parted([phrase.target for phrase in phrases])
    if not targets:
        raise incomplete(clause.said, 'what to remove; say for example "remove the red mug"')
    if any(target.head in vocabulary().words("nouns.defect") for target in targets):
        raise refuse("tone", clause.said)
    steps: list[EditStep] = []
    for target in targets:
        if is_backdrop(target) and clause.verb.startswith(_CLEANING):
            raise incomplete(clause.said, "which things in the background to remove")
        if target.head in vocabulary().words("nouns.surface") and clause.verb in _CLEARING:
            raise incomplete(
                clause.said,
                f'which things to remove; say for example "remove everything on {target.phrase}"',
            )
        if is_backdrop(target):
            steps.append(background(subject_of(target), Replacement(transparent=True)))
        else:
            step = EditStep(operation="remove", target=target)
            steps.append(with_effects(step, effects, kinds))
    return steps


@frame("extract")
def _extract(clause: Clause) -> list[EditStep]:
    body = _without_surroundings(clause.body)
    at = next((i for i, token in enumerate(body) if i and token.word == "without"), 0)
    if at:  # "the plant without its pot"
        clause.keep.append(render(body[at + 1 :]))
        body = body[:at]
    phrases = read_all(body, clause)
    if steps := before_backdrop(phrases) if phrases else []:
        return steps
    targets, effects, kinds = parted([phrase.target for phrase in phrases])
    if not targets:
        raise incomplete(clause.said, 'what to cut out; say for example "cut out the dog"')
    step = [EditStep(operation="extract", target=target) for target in targets]
    return [with_effects(each, effects, kinds) for each in step]


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
    if over and over[0].target.head not in COVERS:
        return [added(phrase, Relation(kind="on", anchor=joined(targets)))
                for phrase in over] if targets else []  # fmt: skip
    private = vocabulary().words("nouns.private")
    if over and targets:
        return [covered(target, over[0]) for target in targets]
    if any(target.head in private for target in targets):
        clause.frame = "blur"
        return _obscure(clause)
    return _remove(clause)


@frame("move")
def _move(clause: Clause) -> list[EditStep]:
    """For "transport the dog to the moon": new surroundings; from place to place is refused."""
    at = next((i for i, t in enumerate(clause.body) if i and t.among(("to", "onto", "into"))), 0)
    subjects = read_phrases(Cursor(clause.body[:at])) if at else []
    place = clause.body[at + 1 :]
    cursor = Cursor(place)
    goal = read_phrase(cursor)
    scene = goal and (goal.indefinite or is_backdrop(goal.target) or scene_head(goal.target))
    if not subjects or not scene or cursor.rest:
        raise refuse("geometry", clause.said)
    return [background(joined([each.target for each in subjects]), read_replacement(place))]


@frame("whiten")
def _whiten(clause: Clause) -> list[EditStep]:
    """For "whiten the background", "whiten her teeth"."""
    words = [*clause.body, Token("white", "white")]
    return FRAMES["colour"](Clause("colour", clause.verb, words, clause.said))


@frame("use")
def _use(clause: Clause) -> list[EditStep]:
    """For "use beach.jpg as the background", "use a spoon instead of the fork"."""
    body = clause.body
    at = next(
        (i for i, t in enumerate(body) if i and t.among(("as", "for", "instead", "place"))), 0
    )
    if not at:
        raise incomplete(clause.said, "for what to use it")
    new, old = list(body[: at - (body[at].word == "place")]), list(body[at + 1 :])
    if old and old[0].word == "of":
        del old[0]
    return changes.replace(
        Clause("replace", "use", [*old, Token("with", "with"), *new], clause.said)
    )


@frame("instead")
def _instead(clause: Clause) -> list[EditStep]:
    """For "instead of X put Y"."""
    verbs = ("give", "put", "add", "use", "place", "have", "insert", "want", "be", "draw", "show")
    at = next((i for i, token in enumerate(clause.body) if i and token.among(verbs)), 0)
    old = read_phrases(Cursor(clause.body[:at])) if at else []
    cursor = Cursor(clause.body, at + 1)
    if cursor.peek().among(PRONOUNS):  # "give him a crown"
        cursor.take()
    if not old or not cursor.rest:
        raise incomplete(clause.said, "what to put instead of what")
    joint = Token("with", "with")
    body = [*old[0].said, joint, *cursor.rest]
    return changes.replace(Clause("replace", "replace", body, clause.said))


@frame("desire")
def _wish(clause: Clause) -> list[EditStep]:
    """For "I'd like the cup gone", "I want a white background", "give me just the shoe"."""
    if clause.body and clause.body[0].among(("just", "only")):
        return _extract(clause)
    other = [i for i, t in enumerate(clause.body) if i and t.among(("instead", "rather"))]
    if other:
        clause.verb = "desire"
        return add(clause)
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
    if steps := (_in_colour(phrases) or before_backdrop(phrases)) if not cursor.rest else []:
        return steps
    if cursor.rest:
        targets = [phrase.target for phrase in phrases]
        return complement(targets, clause.body[: cursor.at], cursor.rest, clause)
    clause.verb = "desire"
    return add(clause)


def _in_colour(phrases: Sequence[Phrase]) -> list[EditStep]:
    """For "(I'd like to see) the sofa in red"."""
    relation = phrases[-1].target.relation
    if relation is None or relation.kind not in ("in", "wearing"):
        return []
    paint = only_colour(tokenise(relation.anchor.phrase))
    if not paint:
        return []
    said = phrases[-1].description_without(relation)
    last = phrases[-1].target.model_copy(update={"relation": None, "phrase": said})
    targets = [*(phrase.target for phrase in phrases[:-1]), last]
    look = Replacement(colour=paint)
    return [EditStep(operation="modify", target=each, replacement=look) for each in targets]


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
    kind = cast(Kind, clause.frame)
    if kind == "pose":
        phrase = read_phrase(Cursor(clause.body))
        kind = "geometry" if phrase and is_photo(phrase.target) else kind
    raise refuse(kind, clause.said)
