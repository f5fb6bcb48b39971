"""Shadow and mirror image: against what really changes where a thing is taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from autoedit import Editor, masking
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep, Effects, Target
from autoedit.errors import AutoEditError

from .measures import CHANGE, changed, markdown, mean, rimmed
from .sets import EXAMPLES, REAL, Plate
from .sheet import Sheet

TITLE = "Masks: shadow and mirror image"
Find = Callable[[np.ndarray, Mask], Mask]
_FEW = 0.0015  # of the photo: a thing that changes less than this has no effect to be found
_HALF = 0.5


@dataclass(frozen=True)
class Effect:
    """What was found of one thing's effects.

    Attributes:
        name: of the photo; `group` how it is lit, or what it stands on.
        precision: of the pixels found; NaN when none were found.
        recall: of the pixels that change; NaN when hardly any do, or which do is not known.
        affects: whether the thing has effects that could be found.
        found: part of the photo that was found; `true` part that changes.
        kept: mean difference to the clean plate over the whole photo, 0..255, after the thing
            was removed without its effects; `taken` with them; NaN when not measured.
        kept_seen, taken_seen: the same of the pixels only that differ by more than CHANGE: not of
            what nobody sees.
    """

    name: str
    group: str
    precision: float
    recall: float
    found: float
    true: float
    affects: bool
    kept: float = float("nan")
    taken: float = float("nan")
    kept_seen: float = float("nan")
    taken_seen: float = float("nan")


def finders() -> list[Find]:
    """Those that the masking stage has, by name: the mirror image may still be lacking."""
    names = ("shadow_mask", "reflection_mask")
    return [getattr(masking, name) for name in names if hasattr(masking, name)]


def measure(
    cases: Iterable[Plate], sheet: Sheet | None = None, *, removal: bool = True
) -> list[Effect]:
    """Find the effects of each thing from its true silhouette, and remove it with and without."""
    editor = Editor("embedded")
    find = finders()
    return [measure_one(case, find, sheet, editor if removal else None) for case in cases]


def measure_one(
    case: Plate, find: list[Find], sheet: Sheet | None, editor: Editor | None
) -> Effect:
    """One thing: precision, recall, and with an editor the error that its removal leaves.

    Where only a generous mask is known, the thing is outlined by that mask's box, and precision is
    the part of the effects found that lies in the mask.
    """
    thing = case.thing
    if case.generous:
        thing = _own_outline(case)
        truth = case.thing & ~rimmed(thing)
    else:
        truth = changed(case.photo, case.clean, thing)
    mask = Mask.of(thing, "given")
    found = np.zeros(thing.shape, bool)
    for finder in find:
        found |= finder(case.photo, mask).array > _HALF
    outside = found & ~rimmed(thing)
    hit = np.count_nonzero(outside & truth)
    precision = hit / np.count_nonzero(outside) if outside.any() else float("nan")
    affects = bool(truth.mean() >= _FEW)
    known = affects and not case.generous
    recall = hit / np.count_nonzero(truth) if known else float("nan")
    if sheet is not None:
        sheet.add(f"{case.name}: P {precision:.2f} R {recall:.2f}", case.photo, outside, truth)
    kept = taken = kept_seen = taken_seen = float("nan")
    if editor is not None:
        photo = Photo(case.photo)
        kept, kept_seen = _errors(editor, photo, mask, case.clean, "keep")
        taken, taken_seen = _errors(editor, photo, mask, case.clean, "take_along")
    return Effect(
        case.name, case.group, precision, recall, float(outside.mean()), float(truth.mean()),
        affects, kept, taken, kept_seen, taken_seen,
    )  # fmt: skip


def _own_outline(case: Plate) -> np.ndarray:
    box = Mask.of(case.thing).box
    outline = Editor("embedded").segment(Photo(case.photo), box=box).binary
    return outline & case.thing


def _errors(
    editor: Editor, photo: Photo, mask: Mask, clean: np.ndarray, effects: Effects
) -> tuple[float, float]:
    """Mean absolute difference to the clean plate over all pixels and channels, and what shows."""
    step = EditStep(operation="remove", target=Target(phrase="the object"), effects=effects)
    try:
        result = editor.edit(photo, EditPlan(steps=(step,)), mask=mask)
    except AutoEditError:
        return float("nan"), float("nan")
    return errors(result.photo.pixels, clean)


def errors(pixels: np.ndarray, clean: np.ndarray) -> tuple[float, float]:
    """Mean absolute difference of two photos, RGB uint8 (H, W, 3): all of it, and what shows."""
    apart = np.abs(pixels.astype(np.int16) - clean.astype(np.int16)).astype(np.float32)
    shows = apart.max(axis=2, keepdims=True) > CHANGE
    return float(apart.mean()), float((apart * shows).mean())


def table(rows: list[Effect]) -> str:
    """By group: means over those that have the figure, and the error's ratios."""
    groups = sorted({row.group for row in rows})
    lines = [list(_line(group, [r for r in rows if r.group == group])) for group in groups]
    rendered = [row for row in rows if row.group != REAL]  # there, the truth is exact
    seeds = [row for row in rendered if row.group != EXAMPLES]
    lines.append(list(_line("**random scenes**", seeds)))
    lines.append(list(_line("**all rendered**", rendered)))
    head = ["photos", "number", "with effects", "found none", "precision", "recall",
            "error without", "error with", "with / without", "what shows of it"]  # fmt: skip
    return markdown(head, lines)


def _line(group: str, rows: list[Effect]) -> Iterator[object]:
    showing = [row for row in rows if row.affects]
    yield group
    yield len(rows)
    yield len(showing)
    yield sum(row.found == 0 for row in showing)
    # Where nothing is to be found, what is found is all wrong: it counts against precision too.
    yield mean(row.precision for row in rows)
    yield mean(row.recall for row in showing)
    both = [row for row in showing if not np.isnan(row.kept + row.taken)]
    kept, taken = mean(row.kept for row in both), mean(row.taken for row in both)
    yield from (kept, taken, _ratio(kept, taken))
    yield _ratio(mean(row.kept_seen for row in both), mean(row.taken_seen for row in both))


def _ratio(kept: float, taken: float) -> float:
    return taken / kept if kept else float("nan")
