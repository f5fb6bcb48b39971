"""Phrases on the random scenes: is the right thing found, how well outlined, and is doubt owned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from autoedit import Editor
from autoedit.core.photo import Photo
from autoedit.core.region import Region
from autoedit.errors import AmbiguousTargetError, InstructionError, TargetError

from .measures import iou, markdown, mean
from .phrases import SORTS, Phrase, phrases
from .sets import Scene
from .sheet import Sheet

TITLE = "Masks: phrases on random scenes"
Said = Literal["taken", "asked", "refused", "not read"]
_HIT, _SAME = 0.5, 0.5  # of a thing's pixels; IoU with all that is meant
_APART = ("near colour", "noun")  # reported, but in no sum
_GROUPS = {
    "colour or position": ("colour", "modifier", "two-coloured", "position", "agnostic"),
    "ordinals and relations": ("ordinal", "relation"),
    "size, quantity, exclusion": ("size", "quantity", "exclusion"),
}


@dataclass(frozen=True)
class Spoken:
    """What became of a phrase.

    Attributes:
        scene: its name.
        phrase: what was said and meant.
        said: taken (a region returned as sure), asked (a toss-up), refused, or not read (the
            planner gave up).
        right: whether that is the right answer.
        iou: of the outline with what is meant; NaN unless taken and right.
        beyond: whether the wrong thing was taken with no doubt owned.
        candidates: numbers of the things among the regions.
    """

    scene: str
    phrase: Phrase
    said: Said
    right: bool
    iou: float
    beyond: bool
    candidates: tuple[int, ...]


def measure(cases: Iterable[Scene], sheet: Sheet | None = None) -> list[Spoken]:
    """Every phrase of every scene through the embedded pipeline."""
    editor = Editor("embedded")
    rows: list[Spoken] = []
    for scene in cases:
        photo = Photo(scene.photo)
        for phrase in phrases(scene.graph):
            row, mask = hear(editor, photo, scene, phrase)
            rows.append(row)
            if sheet is not None and not row.right:
                meant = np.isin(scene.ids, phrase.things)
                sheet.add(f"{scene.name}: {phrase.text} [{row.said}]", scene.photo, mask, meant)
    return rows


def hear(
    editor: Editor, photo: Photo, scene: Scene, phrase: Phrase
) -> tuple[Spoken, np.ndarray | None]:
    """One phrase: what was found, held against what is meant; and the outline, bool (H, W)."""
    mask = None
    said: Said = "taken"
    found: tuple[Region, ...] = ()
    try:
        regions = editor.locate(photo, phrase.text)
        found = regions.items
        said = "refused" if not found else "asked" if regions.ambiguous else "taken"
        if said == "taken":
            mask = editor.segment(photo, phrase.text).binary
    except AmbiguousTargetError:
        said = "asked"
    except TargetError:
        said = "refused"
    except InstructionError:
        said = "not read"
    covered = [touched(_covered(region, photo), scene.ids) for region in found]
    candidates = sorted({number for numbers in covered for number in numbers})
    right, agreement = False, float("nan")
    if phrase.answer == "none":
        right = said in ("refused", "not read")
    elif phrase.answer == "ambiguous":
        right = said == "asked" and set(phrase.things) <= set(candidates)
    elif mask is not None:
        meant = np.isin(scene.ids, phrase.things)
        right = set(touched(mask, scene.ids)) == set(_showing(phrase.things, scene.ids))
        right = right and iou(mask, meant) >= _SAME
        agreement = iou(mask, meant) if right else agreement
    beyond = said == "taken" and not right
    row = Spoken(scene.name, phrase, said, right, agreement, beyond, tuple(candidates))
    return row, mask


def touched(mask: np.ndarray, ids: np.ndarray) -> list[int]:
    """The numbers of the things that a mask holds the better half of."""
    numbers, sizes = np.unique(ids, return_counts=True)
    held = np.bincount(ids[mask], minlength=256)
    return [int(n) for n, size in zip(numbers, sizes, strict=True) if n and held[n] > _HIT * size]


def _showing(things: tuple[int, ...], ids: np.ndarray) -> list[int]:
    return [number for number in things if (ids == number).any()]


def _covered(region: Region, photo: Photo) -> np.ndarray:
    if region.mask is not None:
        return region.mask.binary
    x0, y0, x1, y1 = (round(edge) for edge in region.box)
    covered = np.zeros(photo.shape, bool)
    covered[y0:y1, x0:x1] = True
    return covered


def table(rows: list[Spoken]) -> str:
    """By sort, then the groups that have bounds."""
    lines: list[list[object]] = []
    for sort in SORTS:
        of_sort = [row for row in rows if row.phrase.sort == sort]
        if of_sort:
            lines.append([sort, *_figures(of_sort)])
    for name, sorts in _GROUPS.items():
        grouped = [row for row in rows if row.phrase.sort in sorts]
        if grouped:
            lines.append([f"**{name}**", *_figures(grouped)])
    checked = [row for row in rows if row.phrase.sort not in _APART]
    lines.append(["**all but near colour and noun**", *_figures(checked)])
    head = ["phrases", "number", "right", "asked", "refused", "wrong, no doubt owned", "IoU"]
    return markdown(head, lines)


def _figures(rows: list[Spoken]) -> list[object]:
    count = len(rows)

    def share(number: int) -> str:
        return f"{100 * number / count:.1f}%"

    refused = sum(row.said in ("refused", "not read") for row in rows)
    return [
        count, share(sum(row.right for row in rows)), share(sum(r.said == "asked" for r in rows)),
        share(refused), share(sum(row.beyond for row in rows)), mean(row.iou for row in rows),
    ]  # fmt: skip
