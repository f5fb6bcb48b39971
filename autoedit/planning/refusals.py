"""What AutoEdit understands and does not do: style, pose, geometry, light."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from autoedit.core.plan import Target
from autoedit.errors import InstructionError, UnsupportedInstructionError
from autoedit.planning.replacement import is_photo
from autoedit.planning.words import Token, clean, vocabulary

Kind = Literal["style", "pose", "geometry", "tone"]
_LONGEST_QUOTE = 80
_WHOLE = ("it", "this", "that", "everything")


def shortened(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """A sentence as it may stand in a message: on one line, without control characters."""
    text = " ".join(clean(text).split())
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def refuse(kind: Kind, said: str) -> UnsupportedInstructionError:
    """The error for a kind of edit that AutoEdit does not do."""
    what, instead = str(vocabulary().map("refusal")[kind]).split("|")
    return UnsupportedInstructionError(
        f'"{shortened(said)}" asks for {what}, which AutoEdit does not do. It can {instead}.'
    )


def incomplete(said: str, missing: str) -> InstructionError:
    """The error for a verb without what it needs."""
    return InstructionError(f'"{shortened(said)}" does not say {missing}.')


def refuse_noun(targets: Sequence[Target], said: str) -> None:
    """Raise when a thing to be changed is a size, a pose, or a quality of the photo."""
    words = vocabulary().words
    for target in targets:
        if target.head in ("pose", "posture", "expression"):
            raise refuse("pose", said)
        if target.head in words("nouns.extent"):
            raise refuse("geometry", said)
        if target.head in words("nouns.tone") or target.head + "s" in words("nouns.tone"):
            raise refuse("tone", said)


def refuse_change(targets: Sequence[Target], new: Sequence[Token], said: str) -> None:
    """Raise when what something should become is a style, a size, a pose, or a light."""
    words = vocabulary().words
    named = [token.word for token in new if token.kind == "word"]
    whole = all(is_photo(t) or t.phrase.lower() in _WHOLE for t in targets)
    if any(w in words("nouns.always_style") for w in named) or (
        whole and any(w in words("nouns.style") or w.endswith("-style") for w in named)
    ):
        raise refuse("style", said)
    content = [w for w in named if w not in ("more", "less", "much", "a", "bit", "little", "be",
                                             "very", "slightly", "look", "to", "even")]  # fmt: skip
    if not content:
        return
    if content[0] in words("adjectives.geometry") and len(content) < 3:
        raise refuse("geometry", said)
    if content[0] in words("adjectives.tone") and len(content) == 1:
        raise refuse("tone", said)
    photo = all(is_photo(t) or (not t.head and t.phrase == "everything") for t in targets)
    if photo and set(content) <= words("adjectives.colour") | {"and", "grayscale", "greyscale"}:
        raise refuse("tone", said)
    if (content[0],) in vocabulary().verbs and vocabulary().verbs[(content[0],)] == "pose":
        raise refuse("pose", said)


def refuse_pose(words: Sequence[Token], said: str) -> None:
    """Raise for "make the person raise her arm": a verb of movement after who does it."""
    verbs = vocabulary().verbs
    introduces = vocabulary().words("function.determiner") | vocabulary().words(
        "function.possessive"
    )
    for at in range(1, len(words)):
        before, word = words[at - 1], words[at].word
        moves = word in _POSES or verbs.get((word,)) == "pose"
        following = words[at + 1].word if at + 1 < len(words) else ""
        looks = word == "look" and following in _DIRECTIONS
        acts = before.kind == "word" and not before.among(introduces) and (
            before.word not in ("on", "in", "of", "to", "with", "at")
        )  # fmt: skip
        if (acts and moves) or looks:
            raise refuse("pose", said)


def refuse_style(words: Sequence[Token], said: str) -> None:
    """Raise for "render this in the style of Van Gogh"."""
    if any(word.word == "style" for word in words):
        raise refuse("style", said)


_POSES = (
    "sit", "stand", "jump", "run", "walk", "turn", "face", "dance", "fly", "sleep", "lie", "cry",
    "laugh", "frown", "wink", "kneel", "hold", "smiling", "sitting", "standing", "jumping",
    "running", "walking", "dancing", "sleeping", "laughing", "crying", "talk", "nod", "stare",
)  # fmt: skip
_DIRECTIONS = ("slightly", "to", "at", "up", "down", "left", "right", "away", "towards", "toward")
