"""What a few words ask for as a background: "white", "blur", "studio", "beach.jpg", a prompt."""

from __future__ import annotations

import re
from pathlib import Path

from autoedit.compositing.colours import colours_rgb
from autoedit.core.files.writing import FORMATS
from autoedit.core.plan import Replacement
from autoedit.errors import InstructionError

_TRANSPARENT = frozenset(("transparent", "transparency", "nothing", "none", "clear"))
_BLUR = frozenset(("blur", "blurred", "blurry", "bokeh", "out of focus", "defocused"))
_STUDIO = re.compile(r"\b(?:studio|sweep|cyclorama|infinity cove)\b")
_GRADIENT = re.compile(r"\bgradient\b(?:\s+(?:of|from))?")
_FILLER = re.compile(r"\b(?:an?|the|background|backdrop)\b")


def replacement_for(words: str) -> Replacement:
    """Read what a background is to be.

    A colour ("white", "#eee"); two of them ("white to grey", "a gradient from blue to white");
    "studio", with a colour or without; "transparent"; "blur"; the name of a picture file; and
    anything else is a scene to be drawn.

    Raises:
        InstructionError: when there are no words, or a gradient or studio of no colour is asked
            for.
    """
    text = " ".join(words.split())
    if not text:
        raise InstructionError(
            "What is the background to be? Give a colour, a picture file, studio, blur, "
            "transparent, or words for a scene."
        )
    if text.startswith("sample:") or Path(text).suffix.lower() in FORMATS or Path(text).is_file():
        return Replacement(image=text)
    plain = " ".join(_FILLER.sub(" ", text.lower()).split())
    if plain in _TRANSPARENT:
        return Replacement(transparent=True)
    if plain in _BLUR:
        return Replacement(blur=True)
    if _STUDIO.search(plain) and (rest := _colours(_STUDIO.sub(" ", plain))) is not None:
        return Replacement(style="studio", colour=rest)
    gradient = _GRADIENT.search(plain)
    rest = _colours(_GRADIENT.sub(" ", plain))
    if rest is not None and (gradient or (rest and len(colours_rgb(rest)) == 2)):
        return Replacement(style="gradient", colour=rest)
    return Replacement(colour=rest) if rest else Replacement(phrase=text)


def _colours(text: str) -> str | None:
    """The text when it is a list of colours or empty; None when it is something else."""
    plain = " ".join(text.split())
    try:
        colours_rgb(plain)
    except InstructionError:
        return None if plain else ""
    return plain
