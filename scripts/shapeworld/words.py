"""The words of ShapeWorld, and a CLIP tokenizer in which each of them is one token."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tokenizers.pre_tokenizers import ByteLevel

from .domain import BACKGROUNDS, COLOURS, SHAPES, SIZES

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

MAX_LENGTH = 16
"""Tokens of a phrase at most, the start and the end token among them."""

NOUNS = ("object", "shape", "thing")
"""What a phrase may call any object."""

_OTHER_WORDS = """
one two three four each every all other nothing
a an the and or of in on at to with without no is it this that
left right top bottom middle centre center corner upper lower side
above below under over near by next beside between
tiny little big huge photo picture image scene background plain empty clean texture colour
color remove replace
"""


def words() -> tuple[str, ...]:
    """Every word that is one token: those of the domain, their plurals and function words."""
    nouns = (*SHAPES, *NOUNS)
    plurals = (f"{noun}s" for noun in (*nouns, "one", "background"))
    listed = (*COLOURS, *nouns, *plurals, *SIZES, *BACKGROUNDS, *_OTHER_WORDS.split())
    return tuple(dict.fromkeys(listed))


def tokenizer() -> CLIPTokenizer:
    """Byte-level BPE as CLIP's: a word of `words()` is one token, other text is cut in pieces.

    The vocabulary is laid out as OpenAI's: 256 bytes, 256 bytes that end a word, merges in order,
    then start and end of text. The end has the highest id, where `Owlv2TextModel` takes its pooled
    output; a `CLIPTextConfig` needs this tokenizer's `eos_token_id` for the same. Text is never
    unknown. The pad token is the end token, as with CLIP.
    """
    from transformers import CLIPTokenizer

    alphabet = sorted(ByteLevel.alphabet())
    merges: list[tuple[str, str]] = []
    for word in words():
        while len(pieces := _split(word, merges)) > 1:
            merges.append((pieces[0], pieces[1]))
    tokens = [*alphabet, *(f"{byte}</w>" for byte in alphabet), *("".join(pair) for pair in merges)]
    tokens = [*dict.fromkeys(tokens), "<|startoftext|>", "<|endoftext|>"]
    made: Any = CLIPTokenizer(
        vocab={token: number for number, token in enumerate(tokens)},
        merges=merges,  # pyright: ignore[reportArgumentType] (pairs of strings, as it stores them)
        model_max_length=MAX_LENGTH,
    )
    return made


def _split(word: str, merges: list[tuple[str, str]]) -> list[str]:
    """The pieces that the merges so far leave of a word, the earliest merge first."""
    pieces = [*word[:-1], f"{word[-1]}</w>"]
    for merge in merges:
        while merge in (pairs := list(pairwise(pieces))):
            at = pairs.index(merge)
            pieces[at : at + 2] = ["".join(merge)]
    return pieces
