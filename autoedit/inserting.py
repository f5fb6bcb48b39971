"""Set a picture into a photo: in a thing's place, on it, beside it, or where it was pointed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from autoedit import verification
from autoedit.backgrounds import light_on, own_shadow
from autoedit.compositing import faces, light, placing
from autoedit.compositing.harmonize import harmonized
from autoedit.compositing.over import over
from autoedit.compositing.placing import Piece
from autoedit.compositing.shadows import contact_shade
from autoedit.compositing.standing import stands_of
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep, Target
from autoedit.core.region import Region
from autoedit.core.result import Verdict
from autoedit.errors import PhotoError
from autoedit.filling import Filled
from autoedit.masking import Cutout
from autoedit.pipeline import CompositingSettings
from autoedit.pointing import Pointer
from autoedit.spots import GROUNDS, WEARERS, Spot, in_front, spot_for

_FLAT_FILES = (
    "logo", "label", "sticker", "decal", "poster", "print", "badge", "stamp", "qr", "barcode",
    "screenshot", "pattern", "painting", "text", "sign", "graphic", "emblem", "artwork",
)  # fmt: skip
_FLAT_THINGS = frozenset((
    "wall", "screen", "monitor", "tv", "television", "billboard", "sign", "poster", "painting",
    "picture", "page", "canvas", "shirt", "t-shirt", "tshirt", "logo", "label", "sticker", "banner",
    "display", "whiteboard", "blackboard", "book", "cover", "flag",
))  # fmt: skip
_COLOURS, _MOSTLY = 8, 0.9  # of 512: a drawing is mostly of so few, and mostly of even areas
_SOFT_LOOK, _TOO_COARSE = 1.6, 4.0  # enlarged more than this it looks soft, or is but pixels
_ON_FACE = 0.7  # of a face's width or height
_MATCHED = (0.6, 1.6)  # powers by which a shadow may be made as deep as the old one
_LIT = 0.97


@dataclass(frozen=True, slots=True)
class Insert:
    """A picture that a step sets into a photo.

    Attributes:
        source: its file, for notes.
        piece: what is set in.
        flat: whether it is laid on a face rather than stood on the ground.
        whole: whether the piece is a whole opaque picture.
        casts: whether it throws a shadow where it stands.
        notes: of how it was cut out.
    """

    source: str
    piece: Piece
    flat: bool
    whole: bool
    casts: bool = True
    notes: tuple[str, ...] = ()


def has_picture(step: EditStep) -> bool:
    """Whether a step sets a picture file into the photo."""
    asked = step.replacement
    return step.operation in ("replace", "add") and asked is not None and bool(asked.image)


def anchor_of(step: EditStep, pointer: Pointer) -> Target | None:
    """The thing in the photo by which the place of an added picture is told; None for none."""
    relation = step.target.relation
    if step.operation != "add" or not has_picture(step) or pointer.given or relation is None:
        return None
    return relation.anchor


def as_removal(step: EditStep, insert: Insert) -> EditStep:
    """The step that clears the place of a picture; what lies flat on a thing has no shadow."""
    effects = "keep" if insert.flat else step.effects
    return step.model_copy(update={"operation": "remove", "effects": effects})


def is_flat(step: EditStep, picture: Photo, manner: str) -> bool:
    """Whether a picture is laid on a face: by its name, its place, or as a drawing on a thing."""
    if manner != "auto":
        return manner == "flat"
    name = Path(step.replacement.image if step.replacement else "").stem.lower()
    flat = any(word in name for word in _FLAT_FILES)
    relation = step.target.relation
    if step.operation == "replace":
        return flat or step.target.head in _FLAT_THINGS
    if relation is None:
        return flat
    place = relation.anchor.head
    if relation.kind not in ("on", "in") or place in GROUNDS | WEARERS:
        return False
    return flat or place in _FLAT_THINGS or _drawn(picture)


def _drawn(picture: Photo) -> bool:
    """Whether a picture has the few even colours of a logo."""
    pixels = picture.pixels
    shown = np.ones(picture.shape, bool) if picture.alpha is None else picture.alpha > 128
    if not shown.any():
        return False
    even = np.abs(np.diff(pixels.astype(np.int16), axis=1)).max(axis=2) <= 1
    if even[shown[:, 1:] & shown[:, :-1]].mean() < _MOSTLY:
        return False
    coarse = (pixels[shown] >> 5).astype(np.int64) @ np.array([64, 8, 1])
    counts = np.sort(np.bincount(coarse, minlength=512))[::-1]
    return bool(counts[:_COLOURS].sum() > _MOSTLY * counts.sum())


# In a thing's place ------------------------------------------------------------------------------


def replaced(
    before: Photo, fills: Sequence[Filled], masks: Sequence[Mask], near: BoolArray | None,
    insert: Insert, settings: CompositingSettings,
) -> tuple[list[Filled], tuple[str, ...]]:  # fmt: skip
    """A picture wherever a thing was that has been taken out.

    Args:
        before: the photo with the thing.
        fills: the photo without it, as often as it was filled.
        masks: where each thing was.
        near: bool (H, W), the other things near it; None for none.
        insert: the picture.
        settings: how it is set in.

    Returns:
        Each with the picture, its matte and verdict; and notes.

    Raises:
        PhotoError: when the picture is far too small for the place.
    """
    results: list[Filled] = []
    notes: dict[str, None] = {}
    for filled in fills:
        photo, matte, shown = filled.photo, filled.matte, 1.0
        for mask in masks:
            if insert.flat:
                quad, own = faces.face_of(before.pixels, mask)
                quad = quad if own else _corners(mask.box or (0.0, 0.0, 1.0, 1.0))
                done = _lay(photo, quad, insert, covers=insert.whole, share=1)
            else:
                done = _stand(photo, before, mask, _spot_of(mask, near, insert), insert, settings)
            photo, matte = done.photo, matte | done.matte
            shown = min(shown, done.shown)
            notes |= dict.fromkeys(done.notes)
        checks = [each for each in filled.verdict.checks if each.name != "outside_untouched"]
        outside = verification.outside_untouched(before.pixels, photo.pixels, matte)
        verdict = Verdict((outside, *checks, verification.shown(shown)))
        results.append(Filled(photo, matte, verdict, filled.attempts))
    return results, tuple(notes)


def places(regions: Sequence[Region], mask: Mask) -> list[Mask]:
    """The part of a mask that belongs to each region."""
    if len(regions) < 2:
        return [mask]
    parts: list[Mask] = []
    for region in regions:
        x0, y0, x1, y1 = (round(value) for value in region.box)
        array = np.zeros(mask.shape, np.float32)
        array[max(y0, 0) : y1, max(x0, 0) : x1] = mask.array[max(y0, 0) : y1, max(x0, 0) : x1]
        part = Mask(array, mask.origin)
        parts += [part] if part.box else []
    return parts


def _spot_of(mask: Mask, near: BoolArray | None, insert: Insert) -> Spot:
    """Where a thing stood: on its foot, as tall as it was."""
    box = mask.box or (0.0, 0.0, 1.0, 1.0)
    stands = stands_of(mask)
    middle = stands[0].at(*stands[0].foot)[0] if stands else (box[0] + box[2]) / 2
    height = placing.height_in(box, insert.piece)
    others = np.zeros(mask.shape, bool) if near is None else near
    hidden = in_front(Mask(others.astype(np.float32)), box[3])
    return Spot((middle, box[3]), height, grounded=bool(stands), behind=hidden)


# On a thing, beside it, or where it was pointed --------------------------------------------------


def added(
    photo: Photo, step: EditStep, masks: Sequence[Mask], others: Mask, pointer: Pointer,
    insert: Insert, settings: CompositingSettings,
) -> tuple[Filled, tuple[str, ...]]:  # fmt: skip
    """A picture laid on a thing's face, or stood where a step says.

    Args:
        photo: as it is.
        step: what was asked.
        masks: each thing that a place is told by, or the place itself.
        others: the other things near.
        pointer: what was pointed at.
        insert: the picture.
        settings: how it is set in.

    Returns:
        The photo with the picture, its matte and verdict; and notes.

    Raises:
        PhotoError: when the picture is far too small for the place.
    """
    told = anchor_of(step, pointer) is not None
    edited, shown, notes = photo, 1.0, dict[str, None]()
    matte = Mask(np.zeros(photo.shape, np.float32), "picture")
    for mask in masks:
        if insert.flat:
            quad, more = _face(photo, mask, known=told or pointer.mask is not None)
            share = _ON_FACE if told else 1.0
            done = _lay(edited, quad, insert, covers=False, share=share)
        else:
            kind = step.target.relation.kind if told and step.target.relation else None
            spot, more = spot_for(kind, step, photo.pixels, mask, others, pointer, insert.piece)
            source = mask if told else _largest(others)
            done = _stand(edited, photo, source, spot, insert, settings)
        edited, matte, shown = done.photo, matte | done.matte, min(shown, done.shown)
        notes |= dict.fromkeys((*more, *done.notes))
    checks = (
        verification.outside_untouched(photo.pixels, edited.pixels, matte),
        verification.shown(shown),
    )
    return Filled(edited, matte, Verdict(checks), 1), tuple(notes)


def _face(photo: Photo, mask: Mask, *, known: bool) -> tuple[FloatArray, tuple[str, ...]]:
    """The face of a thing, or the box that was given."""
    if not known:
        return _corners(mask.box or (0.0, 0.0, 1.0, 1.0)), ()
    quad, own = faces.face_of(photo.pixels, mask)
    return quad, () if own else (_UPRIGHT,)


_UPRIGHT = "No flat face of it was made out, so the picture lies upright on it; --box says where."


def _largest(others: Mask) -> Mask:
    """The largest of other things: it tells the light best."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(others.binary.astype(np.uint8))
    if count < 2:
        return others
    number = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return Mask((labels == number).astype(np.float32), "thing")


# Laying and standing -----------------------------------------------------------------------------


class _Set(NamedTuple):
    """The photo with a picture in it, the matte, the share of the picture that shows, and notes."""

    photo: Photo
    matte: Mask
    shown: float
    notes: tuple[str, ...]


def _lay(photo: Photo, quad: FloatArray, insert: Insert, *, covers: bool, share: float) -> _Set:
    rows, columns = insert.piece.alpha.shape
    width, height = faces.size_of(quad)
    notes = _enlarged(insert, min(width / columns, height / rows) * share)
    piece = _greyed(insert.piece) if photo.grey else insert.piece
    colours, alpha = faces.laid(piece, quad, photo.shape, share=share, covers=covers)
    colours = faces.in_light_of(photo.pixels, colours, alpha, quad)
    pixels = over(colours, alpha, photo.pixels)
    matte = Mask((alpha.array > 0).astype(np.float32), "picture")
    return _Set(_with(photo, pixels, alpha), matte, 1.0, (*insert.notes, *notes))


def _stand(
    photo: Photo, before: Photo, source: Mask, spot: Spot, insert: Insert,
    settings: CompositingSettings,
) -> _Set:  # fmt: skip
    """`before` shows the thing under `source`, whose light and shadow tell the scene's."""
    _, top, _, bottom = insert.piece.solid
    factor = spot.height / max(bottom - top, 1)
    notes = [*insert.notes, *_enlarged(insert, factor)]
    piece = _greyed(insert.piece) if photo.grey else insert.piece
    piece = placing.resized(piece, factor)
    colours, alpha, shown = placing.set_down(piece, photo.shape, spot.foot)
    hidden = _soft(spot.behind)
    whole = alpha
    if hidden is not None:
        alpha = Mask(alpha.array * (1 - hidden), "picture")
        shown *= float(alpha.array.sum() / max(float(whole.array.sum()), 1e-6))
    if settings.harmonize is not False:
        near, modest = _around(photo.pixels, whole), settings.harmonize is None
        colours = harmonized(colours, alpha, near, modest=modest)
    shade = None
    if settings.contact != "none" and spot.grounded and insert.casts:
        if insert.piece.cut:
            notes.append(f"{Path(insert.source).name} is cut off at its lower edge; it cannot "
                         "stand well.")  # fmt: skip
        shade = _shade(before, source, whole, settings)
        if shade is not None and hidden is not None:
            shade = 1 - (1 - shade) * (1 - hidden)
    pixels = over(colours, alpha, photo.pixels, shade)
    if photo.grey:
        pixels = np.repeat(pixels[:, :, 1:2], 3, axis=2)
    touched = alpha.array > 0
    if shade is not None:
        touched |= shade < 1
    matte = Mask(touched.astype(np.float32), "picture")
    return _Set(_with(photo, pixels, alpha), matte, shown, tuple(notes))


def _shade(
    before: Photo, source: Mask, alpha: Mask, settings: CompositingSettings
) -> FloatArray | None:
    """The new thing's shadow: by the light that an old one shows, and about as deep."""
    stands = stands_of(alpha)
    if not stands:
        return None
    angle, old = settings.light, None
    theirs = stands_of(source)
    if theirs:
        solid = Mask(source.binary.astype(np.float32), source.origin)
        old, _ = own_shadow(before, source, solid)
        if angle == "auto":
            angle = light_on(before, source, Cutout(solid, before.pixels), theirs[0])
    if angle == "auto":
        angle = light.usual_light()
    shade = contact_shade(stands[:1], before.shape, light=angle, softness=settings.softness)
    return shade if old is None else shade ** np.float32(_depth(old, shade))


def _depth(old: FloatArray, new: FloatArray) -> float:
    """The power that makes one shadow as deep as another, within bounds."""
    depths = [
        math.log(float(np.quantile(each[each < _LIT], 0.3))) if (each < _LIT).any() else -0.1
        for each in (old, new)
    ]
    return float(np.clip(depths[0] / depths[1], *_MATCHED))


def _around(pixels: PixelArray, alpha: Mask) -> PixelArray:
    """The photo round a place, as far again as the place is large."""
    x0, y0, x1, y1 = alpha.box or (0.0, 0.0, float(alpha.shape[1]), float(alpha.shape[0]))
    reach = max(x1 - x0, y1 - y0)
    return pixels[max(0, int(y0 - reach)) : int(y1 + reach),
                  max(0, int(x0 - reach)) : int(x1 + reach)]  # fmt: skip


def _soft(mask: Mask | None) -> FloatArray | None:
    if mask is None:
        return None
    return cv2.GaussianBlur(mask.binary.astype(np.float32), (0, 0), 0.8)


def _greyed(piece: Piece) -> Piece:
    grey = cv2.cvtColor(piece.colours, cv2.COLOR_RGB2GRAY)
    return piece._replace(colours=np.repeat(grey[:, :, None], 3, axis=2))


def _with(photo: Photo, pixels: PixelArray, alpha: Mask) -> Photo:
    if photo.alpha is None:
        return photo.with_pixels(pixels)
    opacity = np.rint(alpha.array * 255).astype(np.uint8)
    return photo.with_pixels(pixels, np.maximum(photo.alpha, opacity))


def _enlarged(insert: Insert, factor: float) -> tuple[str, ...]:
    """A note when the picture is enlarged so much that it shows.

    Raises:
        PhotoError: when nothing but its pixels would be seen.
    """
    height, width = insert.piece.alpha.shape
    name = Path(insert.source).name
    if factor > _TOO_COARSE:
        raise PhotoError(
            f"What {name} shows is {width}x{height} pixels, and would be enlarged {factor:.1f} "
            "times to fill its place. Give a larger picture."
        )
    if factor > _SOFT_LOOK:
        return (f"{name} was enlarged {factor:.1f} times; it looks soft.",)
    return ()


def _corners(box: tuple[float, float, float, float]) -> FloatArray:
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)
