"""Set a subject on another background, or on none: the cut-out, what is behind it, its contact."""

from __future__ import annotations

from typing import Literal

import numpy as np

from autoedit import masking
from autoedit.compositing import backdrops, bokeh, light, pictures
from autoedit.compositing.colours import RGB, colours_rgb, shaded
from autoedit.compositing.harmonize import harmonized
from autoedit.compositing.kept_shadow import shadow_ratio
from autoedit.compositing.over import over
from autoedit.compositing.reflections import with_reflections
from autoedit.compositing.shadows import contact_shade
from autoedit.compositing.standing import Stand, stands_of
from autoedit.compositing.transparency import on_nothing, own_alpha
from autoedit.core.mask import FloatArray, Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep, Replacement
from autoedit.masking import Cutout
from autoedit.pipeline import CompositingSettings

_PAPER = RGB(242, 242, 242)  # a studio's, when no colour is named
_PAPER_NOTE = "No colour was named, so the studio is light grey; say 'white studio' for another."
_GRADIENT = "white and light grey"
_DARKER = 0.75  # of a gradient's only colour, at its lower end
_FAINTEST = 0.003  # of the subject's area: less that a shadow takes of the light is none
_FOCUS = 1 / 55  # of the diagonal: radius of the blur of a photo's own background

Changed = tuple[Photo, Mask, tuple[str, ...]]
"""The edited photo, the matte outside which it is bit-identical, and notes."""


def set_on_background(
    photo: Photo, step: EditStep, mask: Mask, settings: CompositingSettings
) -> Changed:
    """Put what a step asks for behind the subject under a mask.

    Raises:
        PhotoError: when a picture to be put behind it cannot be used.
    """
    asked = step.replacement or Replacement(transparent=True)
    subject = cut_out(photo, mask)
    if asked.blur:
        stands = stands_of(subject.alpha)
        foot = stands[0].at(*stands[0].foot)[1] if stands else None
        radius = _FOCUS * photo.diagonal
        blurred = bokeh.out_of_focus(photo.pixels, subject.alpha, radius=radius, foot=foot)
        pixels = over(subject.colours, subject.alpha, blurred)
        return photo.with_pixels(pixels), _around(subject.alpha), subject.notes
    contact = _contact(step, asked, settings)
    stands = stands_of(subject.alpha) if contact == "cast" or _stages_it(asked, settings) else ()
    shade, notes = _shade(photo, mask, subject, stands, contact, settings)
    notes = (*subject.notes, *notes)
    if _is_transparent(asked):
        pixels, opacity = on_nothing(subject.colours, subject.alpha, shade)
        return photo.with_pixels(pixels, opacity), _around(subject.alpha), notes
    behind, more = _behind(photo, asked, stands, settings)
    colours, matte = subject.colours, _around(subject.alpha)
    if settings.harmonize:
        laid = behind if isinstance(behind, np.ndarray) else np.full((1, 1, 3), behind, np.uint8)
        colours = harmonized(colours, subject.alpha, laid)
        matte = Mask(np.ones_like(subject.alpha.array), "background")
    if settings.reflection > 0 and stands:
        laid = behind if isinstance(behind, np.ndarray) else _plain(photo.shape, behind)
        behind = with_reflections(
            laid, colours, subject.alpha, stands, strength=settings.reflection
        )
    pixels = over(colours, subject.alpha, behind, shade)
    if (pixels != pixels[:, :, :1]).any():
        photo = photo.coloured()
    opaque = None if photo.alpha is None else np.full_like(photo.alpha, 255)
    return photo.with_pixels(pixels, opaque), matte, (*notes, *more)


def extracted(photo: Photo, step: EditStep, mask: Mask, *, reflections: bool) -> Changed:
    """Cut out what a mask covers, its shadow with it or alone where the step says so.

    Args:
        photo: as it is.
        step: of the operation extract.
        mask: the thing.
        reflections: whether its mirror image goes where its shadow goes.
    """
    effects = step.settled_effects
    shadow: FloatArray | None = None
    notes: tuple[str, ...] = ()
    thing = mask
    if own_alpha(photo) is None:
        if step.takes("shadow"):
            shadow, notes = own_shadow(photo, mask, Mask(mask.binary.astype(np.float32)))
        if reflections and step.takes("reflection"):
            thing = mask | masking.reflection_mask(photo.pixels, mask)
    subject = cut_out(photo, thing)
    alpha = subject.alpha
    if effects == "only":
        mirrored = np.where(mask.binary, 0, alpha.array).astype(np.float32)
        alpha = Mask(mirrored, "effects")
        if shadow is not None:
            shadow = np.where(mask.binary, 1, shadow).astype(np.float32)
    pixels, opacity = on_nothing(subject.colours, alpha, shadow)
    return photo.with_pixels(pixels, opacity), _around(alpha), (*subject.notes, *notes)


def cut_out(photo: Photo, mask: Mask) -> Cutout:
    """A subject freed of its background; of a photo that is a cut-out, by its own alpha."""
    own = own_alpha(photo)
    if own is not None and _much_the_same(own, mask):
        return Cutout(own, photo.pixels)
    subject = masking.alpha_matte(photo.pixels, mask)
    if photo.alpha is None:
        return subject
    within = subject.alpha.array * (photo.alpha.astype(np.float32) / np.float32(255))
    return subject._replace(alpha=Mask(within, subject.alpha.origin))


def _much_the_same(own: Mask, mask: Mask) -> bool:
    joined = (own.binary | mask.binary).sum()
    return bool((own.binary & mask.binary).sum() > 0.9 * joined)


def _around(alpha: Mask) -> Mask:
    return Mask(np.float32(1.0) - alpha.array, "background")


def _plain(shape: tuple[int, int], rgb: RGB) -> PixelArray:
    return np.full((*shape, 3), rgb, np.uint8)


def _is_transparent(asked: Replacement) -> bool:
    return not (asked.colour or asked.image or asked.style != "flat")


def _stages_it(asked: Replacement, settings: CompositingSettings) -> bool:
    """Whether the backdrop itself needs to know where the subject stands."""
    return asked.style == "studio" or settings.reflection > 0


def _behind(
    photo: Photo, asked: Replacement, stands: tuple[Stand, ...], settings: CompositingSettings
) -> tuple[PixelArray | RGB, tuple[str, ...]]:
    """The backdrop without its subject."""
    if asked.image:
        blur = settings.blur * photo.diagonal
        laid = pictures.backdrop_picture(asked.image, photo, fit=settings.fit, blur=blur)
        note = pictures.coarseness(asked.image, photo, fit=settings.fit, blur=blur)
        laid = backdrops.picture(laid, photo.shape, fit=settings.fit, blur=blur)
        return laid, (note,) if note else ()
    colours = colours_rgb(asked.colour) if asked.colour else [_PAPER]
    if asked.style == "studio":
        foot = stands[0].at(*stands[0].foot) if stands else None
        note = () if asked.colour else (_PAPER_NOTE,)
        return backdrops.studio(photo.shape, colours[0], stands=foot), note
    if asked.style == "gradient" or len(colours) > 1:
        if not asked.colour:
            colours = colours_rgb(_GRADIENT)
        below = colours[-1] if len(colours) > 1 else shaded(colours[0], _DARKER)
        return backdrops.gradient(photo.shape, colours[0], below), ()
    return colours[0], ()


# Contact ---------------------------------------------------------------------------------------


def _contact(
    step: EditStep, asked: Replacement, settings: CompositingSettings
) -> Literal["keep", "cast", "none"]:
    if step.effects in ("keep", "take_along"):
        return "keep"
    if settings.contact != "auto":
        return settings.contact
    return "cast" if asked.image or asked.style == "studio" else "none"


def _shade(
    photo: Photo, mask: Mask, subject: Cutout, stands: tuple[Stand, ...],
    contact: str, settings: CompositingSettings,
) -> tuple[FloatArray | None, tuple[str, ...]]:  # fmt: skip
    """What is left of the light on the backdrop; None for all of it."""
    if contact == "keep":
        return own_shadow(photo, mask, subject.alpha)
    if contact == "none":
        return None, ()
    if not stands:
        return None, ("What it stands on is not in the picture, so it throws no shadow.",)
    angle = settings.light
    if angle == "auto":
        angle = light_on(photo, mask, subject, stands[0])
    shade = contact_shade(stands, photo.shape, light=angle, softness=settings.softness)
    return shade, ()


def own_shadow(photo: Photo, mask: Mask, alpha: Mask) -> tuple[FloatArray | None, tuple[str, ...]]:
    """The shadow that the subject throws in the photo, as what it leaves of the light."""
    shade = None
    if own_alpha(photo) is None:
        shade = shadow_ratio(photo.pixels, alpha, masking.shadow_mask(photo.pixels, mask))
    if shade is None or ((1 - shade) * (1 - alpha.array)).sum() < _FAINTEST * alpha.array.sum():
        return None, ("No shadow of it was found in the photo, so there is none to keep.",)
    return shade, ()


def light_on(photo: Photo, mask: Mask, subject: Cutout, stand: Stand) -> float:
    """Where the light comes from: by the old shadow, else by the shading, else as usual."""
    shade, _ = own_shadow(photo, mask, subject.alpha)
    found = None
    if shade is not None:
        beside = np.where(subject.alpha.binary, np.float32(1), shade)
        found = light.light_of_shadow(stand, beside)
    if found is None:
        found = light.light_of_shading(subject.colours, subject.alpha)
    return light.usual_light() if found is None else found
