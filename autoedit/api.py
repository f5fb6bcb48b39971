"""One call each: edit, background, extract, product, plan, segment, inpaint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from autoedit.asking import background_plan, extract_plan
from autoedit.compositing.transparency import trimmed
from autoedit.core.mask import Mask
from autoedit.core.plan import EditPlan
from autoedit.core.progress import Progress
from autoedit.core.region import Box, Point
from autoedit.core.result import EditResult
from autoedit.editor import Editor
from autoedit.pipeline import Pipeline, default_pipeline, load_pipeline
from autoedit.pointing import MaskSource, PhotoSource, Pick
from autoedit.products.requests import product_plan


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


def background(
    photo: PhotoSource,
    what: str,
    *,
    subject: str | None = None,
    box: Box | None = None,
    point: Point | Sequence[Point] | None = None,
    negative_point: Point | Sequence[Point] | None = None,
    mask: MaskSource | None = None,
    pick: Pick | None = None,
    seed: int = 0,
    pipeline: str | Path | Pipeline | None = None,
    pull: bool = False,
    progress: Progress | None = None,
    **compositing: Any,
) -> EditResult:
    """Set the subject of a photo on another background.

    Args:
        photo: as for `Editor.edit`; so are box, point, negative_point, mask, pick, seed and
            progress, which point at the subject.
        what: a colour ("white"), two ("white to grey"), "studio", "blur", "transparent", the path
            of a picture, or words for a scene to draw.
        subject: what stays ("the red mug"); None for the main subject.
        pipeline, pull: as for `Editor`.
        compositing: `contact`, `light`, `softness`, `reflection`, `harmonize`, `fit` and `blur`,
            as `autoedit.pipeline.CompositingSettings` has them.

    Raises:
        AutoEditError: see `autoedit.errors`.
    """
    if not isinstance(pipeline, Pipeline):
        pipeline = load_pipeline(pipeline or default_pipeline())
    editor = Editor(pipeline.with_compositing(**compositing), pull=pull)
    return editor.edit(
        photo, background_plan(editor, what, subject), seed=seed, box=box, point=point,
        negative_point=negative_point, mask=mask, pick=pick, progress=progress,
    )  # fmt: skip


def extract(
    photo: PhotoSource,
    phrase: str | None = None,
    *,
    with_shadow: bool = False,
    trim: int | None = None,
    box: Box | None = None,
    point: Point | Sequence[Point] | None = None,
    negative_point: Point | Sequence[Point] | None = None,
    mask: MaskSource | None = None,
    pick: Pick | None = None,
    pipeline: str | Path | Pipeline | None = None,
    pull: bool = False,
    progress: Progress | None = None,
) -> EditResult:
    """Cut a thing out: the result's photo has a transparent ground.

    Args:
        photo: as for `Editor.edit`; so are box, point, negative_point, mask, pick and progress.
        phrase: the thing; None for the main subject.
        with_shadow: whether its shadow comes along, as black that covers in part.
        trim: pixels of empty ground that stay round it; None cuts nothing off.
        pipeline, pull: as for `Editor`.

    Raises:
        AutoEditError: see `autoedit.errors`.
    """
    editor = Editor(pipeline, pull=pull)
    result = editor.edit(
        photo, extract_plan(editor, phrase, with_shadow=with_shadow), box=box, point=point,
        negative_point=negative_point, mask=mask, pick=pick, progress=progress,
    )  # fmt: skip
    return result if trim is None else replace(result, photo=trimmed(result.photo, trim))


def product(
    photo: PhotoSource,
    *,
    pipeline: str | Path | Pipeline = "product",
    subject: str | None = None,
    remove: Sequence[str] = (),
    seed: int = 0,
    box: Box | None = None,
    point: Point | Sequence[Point] | None = None,
    negative_point: Point | Sequence[Point] | None = None,
    mask: MaskSource | None = None,
    pick: Pick | None = None,
    pull: bool = False,
    progress: Progress | None = None,
) -> EditResult:
    """Make a product photo of one photo: what is named removed, on the pipeline's background.

    The verdict's checks hold the pipeline's rules ("product-amazon", ...); `Editor(...).check`
    judges a photo that is finished already.

    Args:
        photo: as for `Editor.edit`; so are the others that are not named here.
        pipeline: one with a `product` section.
        subject: what the product is; None for the main subject.
        remove: phrases of what is removed first ("the price sticker").

    Raises:
        SettingError: when the pipeline has no `product` section.
        AutoEditError: as `Editor.edit`.
    """
    editor = Editor(pipeline, pull=pull)
    asked = product_plan(editor.plan, editor.pipeline, subject=subject, remove=tuple(remove))
    return editor.edit(
        photo, asked, seed=seed, box=box, point=point, negative_point=negative_point, mask=mask,
        pick=pick, progress=progress,
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
