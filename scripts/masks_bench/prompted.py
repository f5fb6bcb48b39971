"""Boxes, points and no prompt at all on photos that people outlined, beside plain GrabCut."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from autoedit import Editor, masking
from autoedit.core.photo import Photo
from autoedit.core.region import Box, Point
from autoedit.errors import TargetError
from autoedit.pipeline import load_pipeline
from autoedit.segmentation import Prompt
from autoedit.stages import Stages

from .measures import boundary_f, iou, markdown, mean
from .sets import Outlined
from .sheet import Sheet

PROMPTS, SUBJECTS, SCALE = (
    "Masks: boxes and points",
    "Masks: the main subject, without a prompt",
    "Masks: time and size",
)
_SIDE = 1024  # longer side that all of them work on
_ROUNDS = 5  # of GrabCut
_JITTER = 0.05  # of the box's sides
GRABCUT = "GrabCut, true box"


@dataclass(frozen=True)
class Cut:
    """One outline: of which photo, by which prompt, and how well it agrees."""

    name: str
    prompt: str
    iou: float
    boundary: float


def measure(cases: Iterable[Outlined], sheet: Sheet | None = None) -> list[Cut]:
    """Every prompt on every photo, and GrabCut by the same boxes."""
    pipeline = load_pipeline("embedded", ())
    stages = Stages(pipeline)
    rows: list[Cut] = []
    for case in (reduced(case) for case in cases):
        photo = Photo(case.photo)

        def cut(prompt: Prompt, photo: Photo = photo) -> np.ndarray:
            mask = stages.outline(photo, prompt)
            settings = pipeline.masking
            return masking.clean(mask, speck=settings.speck, hole=settings.hole).binary

        def add(name: str, found: np.ndarray, case: Outlined = case) -> None:
            row = Cut(case.name, name, iou(found, case.truth), boundary_f(found, case.truth))
            rows.append(row)
            if sheet is not None and "5%" not in name:
                caption = f"{case.name}, {name}: {row.iou:.2f} {row.boundary:.2f}"
                sheet.add(caption, case.photo, found, case.truth)

        for label, box in boxes(case.truth).items():
            add(label, cut(Prompt(box=box)))
            add(f"GrabCut, {label}", grabcut(case.photo, box))
        first, second, outside = clicks(case.truth)
        add("one point", cut(Prompt(points=(first,))))
        negative = () if outside is None else (outside,)
        add("two points, one not", cut(Prompt(points=(first, second), negative_points=negative)))
    return rows


def measure_subjects(cases: Iterable[Outlined], sheet: Sheet | None = None) -> list[Cut]:
    """The main subject with no prompt, and GrabCut that is given the true box."""
    editor = Editor("embedded")
    rows: list[Cut] = []
    for case in (reduced(case) for case in cases if case.main):
        try:
            found = editor.segment(Photo(case.photo)).binary
        except TargetError:
            found = np.zeros(case.truth.shape, bool)
        peer = grabcut(case.photo, boxes(case.truth)["true box"])
        for name, mask in (("no prompt", found), (GRABCUT, peer)):
            row = Cut(case.name, name, iou(mask, case.truth), boundary_f(mask, case.truth))
            rows.append(row)
            if sheet is not None:
                caption = f"{case.name}, {name}: {row.iou:.2f} {row.boundary:.2f}"
                sheet.add(caption, case.photo, mask, case.truth)
    return rows


def measure_scale(case: Outlined, rounds: int = 3) -> dict[str, float]:
    """Seconds of a box prompt on the photo at 1 and at 12 megapixels, in turns, and the ratio."""
    stages = Stages(load_pipeline("embedded", ()))
    height, width = case.truth.shape
    taken: dict[int, list[float]] = {1: [], 12: []}
    sized: dict[int, tuple[np.ndarray, Box]] = {}
    for megapixels in taken:
        factor = float(np.sqrt(megapixels * 1e6 / (height * width)))
        size = (round(width * factor), round(height * factor))
        x0, y0, x1, y1 = (edge * factor for edge in boxes(case.truth)["true box"])
        pixels = cv2.resize(case.photo, size, interpolation=cv2.INTER_LANCZOS4)
        sized[megapixels] = pixels, (x0, y0, x1, y1)
    for turn in range(rounds + 1):
        for megapixels, (pixels, box) in sized.items():
            began = time.perf_counter()
            stages.outline(Photo(pixels.copy()), Prompt(box=box))
            if turn:  # the first turn compiles
                taken[megapixels].append(time.perf_counter() - began)
    one, twelve = (statistics.median(taken[megapixels]) for megapixels in (1, 12))
    return {"1 MP, s": one, "12 MP, s": twelve, "12 MP / 1 MP": twelve / one}


# Prompts -------------------------------------------------------------------------------------


def reduced(case: Outlined, side: int = _SIDE) -> Outlined:
    """The case with its longer side at most `side` pixels."""
    height, width = case.truth.shape
    factor = side / max(height, width)
    if factor >= 1:
        return case
    size = (round(width * factor), round(height * factor))
    photo = cv2.resize(case.photo, size, interpolation=cv2.INTER_AREA)
    truth = cv2.resize(case.truth.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    return Outlined(case.name, photo, truth, case.main)


def boxes(truth: np.ndarray) -> dict[str, Box]:
    """The true box, and one whose edges are each off by up to 5 % of its sides."""
    rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
    exact = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
    sides = np.tile(exact[2:] - exact[:2], 2)
    rng = np.random.default_rng(int(exact.sum()))
    moved = exact + rng.uniform(-_JITTER, _JITTER, 4) * sides
    limits = np.tile(np.array(truth.shape[::-1], float), 2)
    moved = np.clip(moved, 0, limits)
    return {"true box": _as_box(exact), "box off by 5%": _as_box(moved)}


def _as_box(edges: np.ndarray) -> Box:
    x0, y0, x1, y1 = (float(edge) for edge in edges)
    return x0, y0, x1, y1


def clicks(truth: np.ndarray) -> tuple[Point, Point, Point | None]:
    """Where a person clicks: deep inside, deep inside elsewhere, and beside it within its box.

    The last is None where the thing fills its box.
    """
    inside = truth.astype(np.uint8)
    first, depth = _deepest(inside)
    rest = inside.copy()
    reach = max(2, round(1.5 * depth))
    cv2.circle(rest, (int(first[0]), int(first[1])), reach, (0,), -1)
    second = _deepest(rest)[0] if rest.any() else first
    x0, y0, x1, y1 = (int(edge) for edge in boxes(truth)["true box"])
    beside = np.zeros_like(inside)
    beside[y0:y1, x0:x1] = 1 - inside[y0:y1, x0:x1]
    if not beside.any():
        return first, second, None
    return first, second, _deepest(beside, open_border=True)[0]


def _deepest(inside: np.ndarray, open_border: bool = False) -> tuple[Point, float]:
    """The pixel farthest from the outside, and how far that is."""
    padded = np.pad(inside, 1, mode="edge" if open_border else "constant")
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return (float(x), float(y)), float(depth[y, x])


def grabcut(pixels: np.ndarray, box: Box) -> np.ndarray:
    """OpenCV's GrabCut (Rother et al. 2004) of a box in the whole photo: bool (H, W)."""
    x0, y0, x1, y1 = (round(edge) for edge in box)
    height, width = pixels.shape[:2]
    # OpenCV needs background: a box of the whole photo leaves a rim of one pixel.
    x0, y0, x1, y1 = max(x0, 1), max(y0, 1), min(x1, width - 1), min(y1, height - 1)
    labels = np.zeros(pixels.shape[:2], np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    bgr = np.ascontiguousarray(pixels[:, :, ::-1])
    rectangle = (x0, y0, x1 - x0, y1 - y0)
    cv2.grabCut(bgr, labels, rectangle, *models, _ROUNDS, cv2.GC_INIT_WITH_RECT)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


# Tables --------------------------------------------------------------------------------------


def table(rows: list[Cut]) -> str:
    """Means by prompt."""
    lines: list[list[object]] = []
    for name in dict.fromkeys(row.prompt for row in rows):
        having = [row for row in rows if row.prompt == name]
        agreement = mean(row.iou for row in having), mean(row.boundary for row in having)
        lines.append([name, len(having), *agreement])
    return markdown(["prompt", "number", "IoU", "boundary F, 3 px"], lines)
