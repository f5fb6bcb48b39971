"""One call each: edit, plan, segment, inpaint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from autoedit.core.mask import Mask
from autoedit.core.plan import EditPlan
from autoedit.core.progress import Progress
from autoedit.core.region import Box, Point
from autoedit.core.result import EditResult
from autoedit.editor import Editor
from autoedit.pipeline import Pipeline
from autoedit.pointing import MaskSource, PhotoSource, Pick


def edit(
    photo: PhotoSource,
    instruction: str | EditPlan,
    *,
    pipeline: str | Path | Pipeline | None = None,
    seed: int = 0,
    box: Box | None = None,
    point: Point | Sequence[Point] | None = None,
    negative_point: Point | Sequence[Point] | None = None,
    mask: MaskSource | None = None,
    pick: Pick | None = None,
    candidates: int = 1,
    pull: bool = False,
    progress: Progress | None = None,
) -> EditResult:
    """Edit one photo by an instruction; see `Editor.edit`."""
    return Editor(pipeline, pull=pull).edit(
        photo, instruction, seed=seed, box=box, point=point, negative_point=negative_point,
        mask=mask, pick=pick, candidates=candidates, progress=progress,
    )  # fmt: skip


def plan(instruction: str, *, pipeline: str | Path | Pipeline | None = None) -> EditPlan:
    """Parse an instruction; see `Editor.plan`."""
    return Editor(pipeline).plan(instruction)


def segment(
    photo: PhotoSource,
    phrase: str | None = None,
    *,
    box: Box | None = None,
    point: Point | Sequence[Point] | None = None,
    negative_point: Point | Sequence[Point] | None = None,
    pick: Pick | None = None,
    pipeline: str | Path | Pipeline | None = None,
) -> Mask:
    """The outline of what a phrase names or a box or point shows; see `Editor.segment`."""
    return Editor(pipeline).segment(
        photo, phrase, box=box, point=point, negative_point=negative_point, pick=pick
    )


def inpaint(
    photo: PhotoSource,
    mask: MaskSource,
    *,
    prompt: str = "",
    grow: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    pipeline: str | Path | Pipeline | None = None,
) -> Image.Image:
    """Fill a hole; see `Editor.inpaint`. Gives a PIL image of the photo's size and mode."""
    editor = Editor(pipeline)
    filled = editor.inpaint(photo, mask, prompt=prompt, grow=grow, seed=seed, progress=progress)
    return filled.to_image()
