"""A place in a photo, and an ordered set of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, overload

from autoedit.core.mask import Mask

Box = tuple[float, float, float, float]
"""(x0, y0, x1, y1) in pixels, x right, y down; x1 and y1 are exclusive edges."""

Point = tuple[float, float]
"""(x, y) in pixels, x right, y down."""


@dataclass(frozen=True, slots=True)
class Region:
    """One thing that was found.

    Attributes:
        box: xyxy in pixels of the whole photo.
        score: confidence in [0, 1].
        label: what it is, in words a person would use ("red thing on the left").
        mask: a coarse or exact mask over the whole photo, when the back end gives one.
        evidence: what was matched, a phrase each ("colour red: 0.91").
        unchecked: what the phrase says that this back end could not check ("mug").
        doubt: a line for a person when something else may be meant; empty otherwise.
        refusal: why this candidate was not taken, for the nearest misses; empty otherwise.
        exact: True when `mask` is the outline already (glyphs of a text), not to be cut again.
    """

    box: Box
    score: float
    label: str
    mask: Mask | None = None
    evidence: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    refusal: str = ""
    exact: bool = False
    doubt: str = ""

    def report(self) -> dict[str, Any]:
        """Everything but the mask, as JSON-able values."""
        return {
            "box": [round(float(v), 1) for v in self.box],
            "score": round(float(self.score), 4),
            "label": self.label,
            "evidence": list(self.evidence),
            "unchecked": list(self.unchecked),
            "refusal": self.refusal,
            "doubt": self.doubt,
        }


@dataclass(frozen=True, slots=True)
class Regions:
    """What a grounding back end found, best first; nothing found is a length of 0.

    Attributes:
        items: the regions that fit the target.
        near_misses: candidates that were looked at and refused, each with its `refusal`.
        ambiguous: True when the target asks for one thing and several fit about equally well.
        note: what the back end has to say when nothing fits, or nothing surely, in one line; may be
            empty.
    """

    items: tuple[Region, ...] = ()
    near_misses: tuple[Region, ...] = ()
    ambiguous: bool = False
    note: str = ""

    @property
    def guessed(self) -> bool:
        """Whether what is offered is no more than what may be meant: nothing surely fits."""
        return self.ambiguous and bool(self.note)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Region]:
        return iter(self.items)

    @overload
    def __getitem__(self, index: int) -> Region: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Region, ...]: ...
    def __getitem__(self, index: int | slice) -> Region | tuple[Region, ...]:
        return self.items[index]

    def report(self) -> dict[str, Any]:
        """All regions as JSON-able values, numbered from 1 as `--pick` counts them."""
        return {
            "found": [{"number": i, **r.report()} for i, r in enumerate(self.items, 1)],
            "near_misses": [r.report() for r in self.near_misses],
            "ambiguous": self.ambiguous,
            "note": self.note,
        }
