"""An instruction before it is read: its length, its letters, and what language it is in."""

from __future__ import annotations

import unicodedata

from autoedit.errors import InstructionError
from autoedit.planning.refusals import shortened
from autoedit.planning.words import tokenise, vocabulary

LONGEST_INSTRUCTION = 2000
"""In characters."""

EXAMPLES = '"remove the red mug" or "replace the background with white"'


def sized(instruction: str) -> str:
    """The instruction without blanks round it.

    Raises:
        InstructionError: when it is empty, has no letters, or is too long.
    """
    text = instruction.strip()
    if len(text) > LONGEST_INSTRUCTION:
        raise InstructionError(
            f"The instruction has {len(text):,} characters; at most {LONGEST_INSTRUCTION:,} are "
            f'read. It begins "{shortened(text[:200])}"; say the edit '
            "in a sentence or two."
        )
    if not any(c.isalpha() for c in text):
        what = "is empty" if not text else "holds no words"
        raise InstructionError(f"The instruction {what}; say for example {EXAMPLES}.")
    return text


def checked(instruction: str) -> str:
    """As `sized`, and refused when most of its letters are not Latin.

    Raises:
        InstructionError: as `sized`, or when it cannot be English.
    """
    text = sized(instruction)
    letters = [c for c in text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in unicodedata.normalize("NFKC", text))
    if latin * 2 < len(letters):
        raise _not_english(text)
    return text


def looks_foreign(instruction: str) -> bool:
    """Whether words or letters of another language stand in a sentence."""
    words = [token.word for token in tokenise(instruction)]
    foreign = sum(word in vocabulary().words("foreign.words") for word in words)
    accented = any(ord(c) > 0xBF and c.isalpha() for c in instruction)
    return foreign > 0 and (foreign >= 2 or accented or foreign * 4 >= len(words))


def nothing_to_do(instruction: str) -> InstructionError:
    """The error for a sentence in which no edit was recognised."""
    if looks_foreign(instruction):
        return _not_english(instruction)
    said = shortened(instruction)
    return InstructionError(f'No edit was recognised in "{said}"; say for example {EXAMPLES}.')


def _not_english(text: str) -> InstructionError:
    said = shortened(text)
    return InstructionError(
        f'"{said}" does not look like English, which is all that the grammar understands; '
        f"say for example {EXAMPLES}, or use a language model as the planner: "
        "--set planning.backend=endpoint, or language_model."
    )
