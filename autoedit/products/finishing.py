"""From an edited photo and its subject's alpha to a finished product photo, with its checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from autoedit.compositing.colours import colour_rgb
from autoedit.core.mask import Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan
from autoedit.core.result import Check, StepResult, Verdict
from autoedit.products import framing
from autoedit.products.colours import is_srgb
from autoedit.products.compliance import Finished, checked
from autoedit.products.evidence import unfounded
from autoedit.products.saving import saved_exactly
from autoedit.products.settings import KEPT, ProductSettings
from autoedit.products.straighten import tilt

_SPECK = 0.002  # of the subject's area, below which a part far from it is no part of it
_NEAR_COLOUR = 24  # levels of 255 within which the edge of a finished photo is its background
_EDGE = 16.0  # pixels round what differs that clearly, which hold the edge and a JPEG's ringing

_HANDED_IN = {"mask given", "its own alpha"}  # evidence of an outline that nobody had to find

Written = Callable[[Photo], np.ndarray]
"""Boxes (N, 4) of what is written in a photo, xyxy in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """A finished product photo.

    Attributes:
        photo: framed, with the facts by which saving gives what was checked.
        checks: one for each rule that is held.
        notes: one-line remarks for a person.
    """

    photo: Photo
    checks: tuple[Check, ...]
    notes: tuple[str, ...]


def background_rgb(plan: EditPlan, settings: ProductSettings) -> tuple[int, int, int] | None:
    """The one colour of the finished background; None when it is not to have one."""
    asked = [step.replacement for step in plan.steps if step.operation == "background"]
    if not asked:
        return None
    last = asked[-1]
    if last is None or not last.colour or last.style != "flat":
        return None
    return colour_rgb(last.colour)


def finish(
    photo: Photo, original: Photo, steps: list[StepResult], plan: EditPlan,
    settings: ProductSettings, written: Written,
) -> Product:  # fmt: skip
    """Frame the photo, settle how it is saved, and hold it to the rules.

    Args:
        photo: after the plan's steps, in sRGB.
        original: before them, of the same size.
        steps: what they did; the last background's matte is one minus the subject's alpha.
        plan: what was asked, completed.
        settings: of the pipeline.
        written: reads what is written in a photo, where a rule needs it.
    """
    rgb = background_rgb(plan, settings)
    laid = [step for step in steps if step.operation == "background"]
    alpha = Mask(np.float32(1.0) - laid[-1].matte.array, "alpha") if laid else None
    doubt = _doubt(original, laid[-1]) if laid else None
    if photo.alpha is not None:
        photo = replace(photo, alpha=None)
    if rgb is None or alpha is None or alpha.box is None:
        saved = saved_exactly(photo, None, rgb or (255, 255, 255), settings)
        shadowed = False
        cut, enlargement, notes = (), 1.0, ("The background is not of one colour, and so the "
                                            "frame stays as it is.",)  # fmt: skip
        alpha = None if rgb is None else alpha
    else:
        photo, alpha = without_specks(photo, alpha, rgb)
        cover = _with_shadow(photo, alpha, rgb)
        shadowed = cover is not alpha
        angle, remark = tilt(photo.pixels, alpha) if settings.straighten else (0.0, "")
        frame = framing.frame_for(alpha, settings, angle)
        framed = framing.laid(photo.pixels, frame, rgb)
        alpha = framing.laid_alpha(alpha, frame)
        photo = replace(photo, pixels=framed)
        saved = saved_exactly(photo, framing.laid_alpha(cover, frame), rgb, settings)
        cut, enlargement = frame.cut, frame.scale
        notes = (*((remark,) if remark else ()), *frame.notes)
    finished = Finished(
        saved.decoded, alpha, rgb, saved.kind, len(saved.content), is_srgb(saved.photo), cut,
        max(1.0, enlargement), lambda: written(replace(saved.photo, pixels=saved.decoded)),
        doubt=doubt, shadowed=shadowed,
    )  # fmt: skip
    return Product(saved.photo, checked(finished, settings.rules), (*notes, *saved.notes))


def _doubt(original: Photo, laid: StepResult) -> float | None:
    """How much of an outline that was found lies on no edge; None of one that was handed in."""
    given = any(_HANDED_IN & set(region.evidence) for region in laid.regions)
    return None if given else unfounded(original.pixels, laid.mask)


def _with_shadow(photo: Photo, alpha: Mask, rgb: tuple[int, int, int]) -> Mask:
    """The subject and the shadow that it keeps, which is no more to be whitened than itself."""
    shadow = (alpha.array == 0) & (photo.pixels != rgb).any(axis=2)
    if not shadow.any():
        return alpha
    return Mask(np.where(shadow, np.float32(1), alpha.array), "subject and shadow")


def as_step(product: Product, original: Photo) -> StepResult:
    """The finishing as the last of an edit's steps, so that its checks are in the verdict."""
    nothing = Mask(np.zeros(original.shape, np.float32), "none")
    return StepResult("product", (), nothing, nothing, 1, Verdict(product.checks))


def without_specks(photo: Photo, alpha: Mask, rgb: tuple[int, int, int]) -> tuple[Photo, Mask]:
    """Without the dots that a matte may keep far from the subject, which would widen its box."""
    count, labels = cv2.connectedComponents((alpha.array > 0).astype(np.uint8))
    solid = np.bincount(labels.ravel(), weights=alpha.array.ravel(), minlength=count)
    solid[0] = 0
    small = solid < _SPECK * solid.sum()
    small[0] = False
    if not small.any():
        return photo, alpha
    specks = small[labels]
    pixels = photo.pixels.copy()
    pixels[specks] = rgb
    kept = Mask(np.where(specks, np.float32(0), alpha.array), alpha.origin)
    return replace(photo, pixels=pixels), kept


def file_size(source: object) -> int | None:
    """Of a file in bytes; None for what is no file."""
    if isinstance(source, bytes):
        return len(source)
    if isinstance(source, str | Path) and Path(source).is_file():
        return Path(source).stat().st_size
    return None


def judged(
    photo: Photo, size: int | None, settings: ProductSettings, written: Written,
    outline: Callable[[Photo], Mask],
) -> tuple[Check, ...]:  # fmt: skip
    """A photo that is finished already, held to the rules.

    The subject is what differs from a background of the colour asked for; where the photo's edge
    shows no such background it is outlined.

    Args:
        photo: as loaded.
        size: of its file in bytes; None when it is none.
        settings: colour and rules.
        written: reads what is written in a photo.
        outline: the subject of a photo, float32 (H, W).
    """
    rgb = None if settings.background == KEPT else colour_rgb(settings.background)
    alpha = None if rgb is None else _what_differs(photo.pixels, rgb)
    if alpha is None:
        alpha = outline(photo)
    finished = Finished(
        photo.pixels, alpha, rgb, photo.facts.format, size, is_srgb(photo),
        framing.cut_sides(alpha), None, lambda: written(photo), _EDGE,
    )  # fmt: skip
    return checked(finished, settings.rules)


def _what_differs(pixels: PixelArray, rgb: tuple[int, int, int]) -> Mask | None:
    """All but the background of one colour that runs along the photo's edge; None without one."""
    near = np.abs(pixels.astype(np.int16) - np.array(rgb, np.int16)).max(axis=2) <= _NEAR_COLOUR
    ring = np.concatenate([near[0], near[-1], near[:, 0], near[:, -1]])
    if ring.mean() < 0.5 or near.all():
        return None
    _, labels = cv2.connectedComponents(near.astype(np.uint8), connectivity=4)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    outside = near & np.isin(labels, border)
    return Mask((~outside).astype(np.float32), "unlike the background")
