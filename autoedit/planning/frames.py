"""Verb frames: what each kind of verb makes of the words after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from autoedit.core.plan import EditStep, Relation, Replacement, Target
from autoedit.planning import changes
from autoedit.planning.changes import complement, participle_at, read_all
from autoedit.planning.clauses import Clause, frame
from autoedit.planning.draft import Cursor, sides_of
from autoedit.planning.effects import parted, with_effects
from autoedit.planning.noun_group import is_open, read_colour
from autoedit.planning.noun_phrase import read_phrase, read_phrases
from autoedit.planning.phrase import Phrase
from autoedit.planning.refusals import Kind, incomplete, refuse, refuse_noun
from autoedit.planning.replacement import (
    PRONOUNS,
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
    "the", "this", "that", "these", "those", "my", "his", "her", "their", "its", "our", "your",
)  # fmt: skip
_COVERS = {"bar": "solid", "box": "solid", "rectangle": "solid", "strip": "solid",
           "blur": "blur", "mosaic": "pixelate", "pixelation": "pixelate"}  # fmt: skip


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
        if is_backdrop(target) and clause.verb.startswith(("clean", "clear", "scrub", "heal")):
            raise incomplete(clause.said, "which things in the background to remove")
        if is_backdrop(target):
            steps.append(background(subject_of(target), Replacement(transparent=True)))
        else:
            step = EditStep(operation="remove", target=target)
            steps.append(with_effects(step, effects, kinds))
    return steps


@frame("extract")
def _extract(clause: Clause) -> list[EditStep]:
    body = _without_surroundings(clause.body)
    targets, effects, kinds = parted([phrase.target for phrase in read_all(body, clause)])
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
    if over and over[0].target.head not in _COVERS:
        return [_added(phrase, Relation(kind="on", anchor=joined(targets)))
                for phrase in over] if targets else []  # fmt: skip
    private = vocabulary().words("nouns.private")
    if over and targets:
        return [_covered(target, over[0]) for target in targets]
    if any(target.head in private for target in targets):
        clause.frame = "blur"
        return _obscure(clause)
    return _remove(clause)


@frame("add")
def _add(clause: Clause) -> list[EditStep]:
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
    if relation and relation.kind in ("on", "above") and first.target.head in _COVERS:
        return [_covered(relation.anchor, first)]
    _refuse_added(first.target, clause)
    return [_added(phrase) for phrase in phrases]


def _covered(target: Target, cover: Phrase) -> EditStep:
    """For "put a black bar over his eyes", "cover the plate with a mosaic"."""
    how = _COVERS[cover.target.head]
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
    subjects = [*(phrase.target for phrase in phrases[:-1]), subject]
    return [background(joined(subjects), read_replacement(words))]


def _refuse_added(target: Target, clause: Clause) -> None:
    words = vocabulary().words
    if target.head in words("nouns.always_style") or target.head in ("effect", "look"):
        raise refuse("style", clause.said)
    if target.head in words("nouns.tone") and target.head not in ("light", "lighting"):
        raise refuse("tone", clause.said)


def _added(phrase: Phrase, relation: Relation | None = None) -> EditStep:
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
    if clause.body and clause.body[-1].among(("look", "style", "feel", "vibe", "filter")):
        raise refuse("style", clause.said)
    if receiver is None or not gifts:
        raise incomplete(clause.said, "who gets what")
    gift = gifts[0].target
    if gift.head in vocabulary().words("nouns.always_style") or gift.head == "look":
        raise refuse("style", clause.said)
    if is_backdrop(gift):
        return [background(receiver.target, read_replacement(gifts[0].said))]
    if paint := only_colour(gifts[0].said):
        look = Replacement(colour=paint)
        return [EditStep(operation="modify", target=receiver.target, replacement=look)]
    return [_added(each, Relation(kind="on", anchor=receiver.target)) for each in gifts]


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
    return [_added(each, relation) for relation in relations for each in worn]


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


@frame("use")
def _use(clause: Clause) -> list[EditStep]:
    """For "use beach.jpg as the background", "use a spoon instead of the fork"."""
    body = clause.body
    at = next((i for i, t in enumerate(body) if i and t.among(("as", "for", "instead"))), 0)
    if not at:
        raise incomplete(clause.said, "for what to use it")
    new, old = list(body[:at]), list(body[at + 1 :])
    if old and old[0].word == "of":
        del old[0]
    return changes.replace(
        Clause("replace", "use", [*old, Token("with", "with"), *new], clause.said)
    )


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
        return _add(clause)
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
    kind = cast(Kind, clause.frame)
    if kind == "pose":
        phrase = read_phrase(Cursor(clause.body))
        kind = "geometry" if phrase and is_photo(phrase.target) else kind
    raise refuse(kind, clause.said)
