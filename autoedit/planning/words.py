"""Words: an instruction becomes tokens, and the vocabulary says what each may be."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

TokenKind = Literal["word", "quote", "file", "mark"]

_FILE = re.compile(r".*\.(?:jpe?g|png|webp|tiff?|bmp|avif|heic)", re.IGNORECASE)
_TOKEN = re.compile(
    r"""
    (?P<file>[\w./~-]*\w\.(?:jpe?g|png|webp|tiff?|bmp|avif|heic|JPE?G|PNG|WEBP|HEIC)\b)
  | "(?P<quote>[^"]{1,200})"
  | (?<!\w)'(?P<single>[^'\n]{1,200})'(?!\w)
  | (?P<number>(?:[$\u20ac\u00a3\u00a5]\d+(?:[.,]\d+)*|\d+(?:[.,:/]\d+)+)(?![\w'-]))
  | (?P<word>\#[0-9a-fA-F]{3,8}\b|\w+(?:['-]\w+)*)
  | (?P<possessive>(?<=[sS])'(?!\w))
  | (?P<mark>[.,;:!?()&\n])
    """,
    re.VERBOSE,
)
_TYPOGRAPHY = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "`": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2013": ",",
        "\u2014": ",",
        "\u2010": "-",
        "\u2011": "-",
        "\r": "\n",
        "[": "(",
        "]": ")",
    }
)
_WITHOUT = re.compile(r"\bw/o\b", re.IGNORECASE)
_WITH = re.compile(r"\bw/(?=[ a-z])", re.IGNORECASE)
_INCLUDING = re.compile(r"\bincl\b\.?", re.IGNORECASE)
_CONTRACTED = frozenset({"let's", "there's", "that's", "it's", "what's", "who's", "he's", "she's"})
_KEY_WORDS = ("watermark", "background", "backgrounds", "reflection", "transparent", "shadow")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quoted text, a file name, or a punctuation mark.

    Attributes:
        text: as typed.
        word: lower case, as the vocabulary writes it; the quoted text without its quotes.
        kind: which of them it is.
    """

    text: str
    word: str
    kind: TokenKind = "word"

    def among(self, words: Iterable[str]) -> bool:
        """Whether this is a plain word of the set."""
        return self.kind == "word" and self.word in words


class Vocabulary:
    """The tables of vocabulary.toml, with the verbs' inflected forms."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._tables = tables
        self._sets: dict[str, frozenset[str]] = {}
        self._maps: dict[str, dict[str, Any]] = {}
        self._phrases: dict[str, dict[str, list[tuple[str, ...]]]] = {}
        self.verbs: dict[tuple[str, ...], str] = {
            tuple(verb.split()): frame for frame, verbs in tables["verbs"].items() for verb in verbs
        }
        self.verb_starts = {verb[0] for verb in self.verbs}
        self.verb_length = max(map(len, self.verbs))
        self.forms = self._inflect()

    def _inflect(self) -> dict[str, tuple[str, str]]:
        """Inflected verb -> (base, "ing" | "ed" | "s")."""
        forms: dict[str, tuple[str, str]] = {}
        for base in sorted({verb[0] for verb in self.verbs}):
            stem = base[:-1] if base.endswith("e") else base
            if re.search(r"[^aeiou][aeiou][bdgmpt]$", base) and base not in ("edit", "lighten"):
                stem += base[-1]
            past = base[:-1] + "i" if base.endswith("y") and base[-2] not in "aeiou" else stem
            forms.setdefault(stem + "ing", (base, "ing"))
            forms.setdefault(past + "ed", (base, "ed"))
            forms.setdefault(base + "s", (base, "s"))
        for form, base in self._tables["irregular_forms"].items():
            forms[form] = (base, "ed")
        return forms

    def words(self, path: str) -> frozenset[str]:
        """A list of the file as a set; `path` is "table.key"."""
        if path not in self._sets:
            self._sets[path] = frozenset(_at(self._tables, path))
        return self._sets[path]

    def map(self, path: str) -> dict[str, Any]:
        """A table of the file; `path` is "table" or "table.key"."""
        if path not in self._maps:
            self._maps[path] = _at(self._tables, path)
        return self._maps[path]

    def phrases(self, path: str) -> dict[str, list[tuple[str, ...]]]:
        """A list (or a table's keys) of several-word phrases, by first word, longest first."""
        if path not in self._phrases:
            index: dict[str, list[tuple[str, ...]]] = {}
            for phrase in _at(self._tables, path):
                parts = tuple(phrase.split())
                index.setdefault(parts[0], []).append(parts)
            for entries in index.values():
                entries.sort(key=len, reverse=True)
            self._phrases[path] = index
        return self._phrases[path]

    def match(self, path: str, tokens: Sequence[Token], start: int = 0) -> int:
        """How many tokens from `start` make the longest phrase of that list; 0 for none."""
        if start >= len(tokens) or tokens[start].kind != "word":
            return 0
        for parts in self.phrases(path).get(tokens[start].word, ()):
            found = tokens[start : start + len(parts)]
            if len(found) == len(parts) and all(
                token.kind == "word" and token.word == part
                for token, part in zip(found, parts, strict=True)
            ):
                return len(parts)
        return 0


def _at(tables: dict[str, Any], path: str) -> Any:
    for key in path.split("."):
        tables = tables[key]
    return tables


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read once."""
    text = (resources.files("autoedit.planning") / "vocabulary.toml").read_text(encoding="utf-8")
    return Vocabulary(tomllib.loads(text))


def clean(instruction: str) -> str:
    """Compatibility forms made plain, typographic quotes straight, control characters blank."""
    text = unicodedata.normalize("NFKC", instruction).translate(_TYPOGRAPHY)
    text = _WITHOUT.sub("without", text)
    text = _WITH.sub("with ", text)
    text = _INCLUDING.sub("including", text)
    return "".join(
        " " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") and c != "\n" else c
        for c in text
    )


def tokenise(instruction: str) -> tuple[Token, ...]:
    """Split a sentence; symbols that are neither words nor punctuation are dropped."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(clean(instruction)):
        kind, text = match.lastgroup, match.group()
        if kind in ("quote", "single") and _FILE.fullmatch(match.group(kind)):
            tokens.append(Token(match.group(kind), match.group(kind), "file"))
        elif kind in ("quote", "single"):
            tokens.append(Token(text, match.group(kind).strip(), "quote"))
        elif kind == "file":
            tokens.append(Token(text, text, "file"))
        elif kind == "possessive":
            tokens.append(Token(text, "'s"))
        elif kind == "mark":
            if text != "\n" or not (tokens and tokens[-1].among(_leading())):
                tokens.append(Token(text, text, "mark"))
        elif kind == "number":
            tokens.append(Token(text, text))
        elif text.lower() in ("the", "my") and tokens and tokens[-1].word == "form":
            tokens[-1:] = [Token("from", "from"), Token(text, text.lower())]  # a common slip
        elif not (tokens and text.lower() in ("the", "a") and tokens[-1].word == text.lower()):
            tokens.extend(_word(text))
    return tuple(_spelt(tokens))


@cache
def _leading() -> frozenset[str]:
    """Words after which a line's end ends nothing."""
    words = vocabulary().words
    closed = words("function.determiner") | words("function.possessive") | {"and", "or", "with"}
    return closed | frozenset(vocabulary().map("function.relation"))


def _spelt(tokens: Sequence[Token]) -> list[Token]:
    """Words that are written on something, in capitals or digits, joined as if in quotes.

    "The words BUY NOW" name two words, of which the second is no courtesy.
    """
    told = any(token.kind == "word" and token.text.islower() for token in tokens)
    result: list[Token] = []
    at = 0
    while at < len(tokens):
        introduced = vocabulary().match("function.sets.text", tokens, at)
        noun = tokens[at].among(vocabulary().words("nouns.writing"))
        start = at + max(introduced, int(noun), 1)
        result.extend(tokens[at:start])
        at = end = start
        while told and (introduced or noun) and end < len(tokens) and _is_spelt(tokens[end]):
            end += 1
        if end > start:
            text = " ".join(token.text for token in tokens[start:end])
            result.append(Token(text, text, "quote"))
            at = end
    return result


def _is_spelt(token: Token) -> bool:
    """Whether a word stands as it is written somewhere, and not as in a sentence."""
    return token.kind == "word" and not token.text.islower() and token.word != "'s"


def _word(text: str) -> list[Token]:
    word = text.lower()
    if meant := vocabulary().map("typed_for").get(word):
        return [Token(meant, meant)]
    if word.endswith("'s") and len(word) > 2 and word not in _CONTRACTED:
        return [*_word(text[:-2]), Token("'s", "'s")]
    if "-" in word and _all_colour(parts := word.split("-")):
        shown = text.split("-")
        return [Token(a, b) for a, b in zip(shown, parts, strict=True)]
    for suffix in ("-coloured", "-colored"):
        if word.endswith(suffix) and word not in vocabulary().words("adjectives.colour"):
            return _word(text[: -len(suffix)])
    for key in _KEY_WORDS if word not in _KEY_WORDS else ():
        if word[:1] == key[:1] and len(word) > 5 and one_letter_apart(word, key):
            return [Token(key, key)]
    if len(word) > 5 and (colour := _meant_colour(word)):
        return [Token(colour, colour)]
    return [Token(text, word)]


def _meant_colour(word: str) -> str:
    """The colour that a word misspells, the first letter right: "turqoise"; else ""."""
    colours = vocabulary().words("adjectives.colour")
    if word in colours or word in vocabulary().words("adjectives.near_colour"):
        return ""
    close = (c for c in sorted(colours) if len(c) > 5 and c[0] == word[0])
    return next((c for c in close if one_letter_apart(word, c)), "")


def _all_colour(parts: list[str]) -> bool:
    colours = vocabulary().words("adjectives.colour")
    modifiers = vocabulary().words("adjectives.colour_modifier")
    return all(parts) and parts[-1] in colours and all(
        part in colours or part in modifiers or part == "and" for part in parts
    )  # fmt: skip


def one_letter_apart(first: str, second: str) -> bool:
    """Whether one insertion, deletion, change, or swap of neighbours makes them equal."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    i = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if i is None:
        return True
    a, b = first[i:], second[i:]
    return (
        a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    )  # fmt: skip


def singular(word: str) -> tuple[str, bool]:
    """The lemma of a noun, and whether the word was a plural."""
    nouns = vocabulary()
    irregular = nouns.map("nouns.irregular_plural")
    if word in irregular:
        return irregular[word], True
    if not word.endswith("s") or len(word) < 4 or word in nouns.words("nouns.invariant"):
        return word, False
    if word.endswith(("ss", "us", "is")):
        return word, False
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y", True
    if word.endswith(("ches", "shes", "xes", "sses", "zes", "oes")):
        return word[:-2], True
    return word[:-1], True


def render(tokens: Iterable[Token]) -> str:
    """Tokens as a person would write them, on one line."""
    text = ""
    for token in tokens:
        if token.word == "\n":
            continue
        joined = token.word == "'s" or (token.kind == "mark" and token.text in ".,;:!?)")
        if text and not joined and not text.endswith("("):
            text += " "
        text += token.text
    return text.strip(" ,;:")


def retyped(token: Token, word: str) -> Token:
    """The same token read as another word."""
    return replace(token, text=word, word=word)
