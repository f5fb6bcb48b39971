"""A finished product photo held to rules: each a check with what was measured and its limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.compositing.colours import colour_rgb
from autoedit.core.mask import Mask, PixelArray
from autoedit.core.result import Check
from autoedit.products.saving import NEAR, background_of
from autoedit.products.settings import ProductRules

_BLUR_SIDE = 512  # pixels to which a subject is reduced at most for its blur
_BORDER_LEAST, _BORDER_MOST, _BORDER_SPREAD = 0.004, 0.12, 6.0  # of the side; levels of 255


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A product photo as a reader gets it.

    Attributes:
        pixels: as decoded, RGB uint8 (H, W, 3).
        alpha: the subject's, of the same size; None when it is not known.
        rgb: the background's colour that was asked for; None when any will do.
        kind: the file's format as Pillow names it; "" when there is no file.
        size: of the file in bytes; None when there is no file.
        srgb: whether its colours are sRGB.
        cut: sides on which the photo's border cuts the subject.
        enlargement: of the subject, 1 when it has its own pixels; None when it is not known.
        near: pixels round `alpha` that are still the edge's.
        doubt: the share of its outline at which the photo that it was cut from shows no edge; None
            when the outline was handed in.
        shadowed: whether a shadow was left or laid on the background.
        written: boxes (N, 4) of what is written in the photo, xyxy, read when asked for.
    """

    pixels: PixelArray
    alpha: Mask | None
    rgb: tuple[int, int, int] | None
    kind: str
    size: int | None
    srgb: bool
    cut: tuple[str, ...]
    enlargement: float | None
    written: Callable[[], np.ndarray]
    near: float = NEAR
    doubt: float | None = None
    shadowed: bool = False


def checked(photo: Finished, rules: ProductRules) -> tuple[Check, ...]:
    """Every rule that is held, by its name and in the order in which `ProductRules` lists them."""
    height, width = photo.pixels.shape[:2]
    longest, shortest, aspect = max(width, height), min(width, height), width / height
    checks = [
        _colour(photo.rgb, rules.background),
        _background(photo) if rules.exact_background else None,
        *_shares(photo, rules),
        _least("longest_minimum", longest, rules.longest_minimum, "px"),
        _most("longest_maximum", longest, rules.longest_maximum, "px"),
        _least("shortest_minimum", shortest, rules.shortest_minimum, "px"),
        _most("megapixels_maximum", width * height / 1e6, rules.megapixels_maximum, "megapixels"),
        _aspect(width, height, aspect, rules.aspect),
        _file_size(photo.size, rules.bytes_maximum),
        _format(photo.kind, rules.formats),
        Check("srgb", photo.srgb, float(not photo.srgb), 0.0,
              "sRGB" if photo.srgb else "the colours are not sRGB") if rules.srgb else None,
        None if rules.text_outside else _text(photo),
        None if rules.borders else _border(photo),
        _whole(photo) if rules.whole else None,
        _outline(photo.doubt, rules.outline_maximum),
        _enlargement(photo.enlargement, rules.enlargement_maximum),
        _blur(photo, rules.blur_maximum),
    ]  # fmt: skip
    return tuple(check for check in checks if check is not None)


def _unknown(name: str, bound: float | None, why: str) -> Check:
    return Check(name, True, None, bound, f"not measured: {why}")


_NO_SUBJECT = "the subject's outline is not known"


def _colour(rgb: tuple[int, int, int] | None, wanted: str | None) -> Check | None:
    """Whether the background was set in the colour that is asked for, whatever the file made of it.

    The value is how far it is off at most, of 255.
    """
    if wanted is None:
        return None
    if rgb is None:
        return Check("background", False, 255.0, 0.0, f"not of one colour; {wanted} is asked for")
    off = max(abs(ours - theirs) for ours, theirs in zip(rgb, colour_rgb(wanted), strict=True))
    colour = ", ".join(str(level) for level in rgb)
    note = wanted if off == 0 else f"({colour}) was set, and {wanted} is asked for"
    return Check("background", off == 0, float(off), 0.0, note)


def _background(photo: Finished) -> Check:
    """The share of background pixels that do not have the colour asked for."""
    if photo.alpha is None or photo.rgb is None:
        return _unknown("exact_background", 0.0, _NO_SUBJECT)
    ground = background_of(photo.alpha, photo.near)
    off = ground & (photo.pixels != photo.rgb).any(axis=2)
    count, total = int(off.sum()), int(ground.sum())
    colour = ", ".join(str(level) for level in photo.rgb)
    note = f"{total - count} of {total} background pixels are exactly ({colour})"
    if count and photo.shadowed:
        note += ": its shadow lies on the others (--contact none leaves it away)"
    return Check("exact_background", count == 0, count / max(1, total), 0.0, note)


def _shares(photo: Finished, rules: ProductRules) -> list[Check | None]:
    low, high = rules.share_minimum, rules.share_maximum
    if low is None and high is None:
        return []
    box = photo.alpha.box if photo.alpha is not None else None
    if box is None:
        return [_unknown("share_minimum" if low else "share_maximum", low or high, _NO_SUBJECT)]
    height, width = photo.pixels.shape[:2]
    share = max((box[2] - box[0]) / width, (box[3] - box[1]) / height)
    # One pixel either way: a box has whole pixels and a share of a canvas has not.
    slack = 1.0 / max(width, height)
    note = f"the product fills {share:.1%} of the frame"
    return [
        None if low is None else Check("share_minimum", share >= low - slack, share, low,
                                       f"{note}, at least {low:.0%} is asked for"),
        None if high is None else Check("share_maximum", share <= high + slack, share, high,
                                        f"{note}, at most {high:.0%} is allowed"),
    ]  # fmt: skip


def _least(name: str, value: float, bound: float | None, unit: str) -> Check | None:
    if bound is None:
        return None
    note = f"{_named(name)} {value:g} {unit}, at least {bound:g} is asked for"
    return Check(name, value >= bound, float(value), float(bound), note)


def _most(name: str, value: float, bound: float | None, unit: str) -> Check | None:
    if bound is None:
        return None
    note = f"{_named(name)} {value:g} {unit}, at most {bound:g} is allowed"
    return Check(name, value <= bound, float(value), float(bound), note)


_NAMES = {
    "longest_minimum": "longest side", "longest_maximum": "longest side",
    "shortest_minimum": "shortest side", "megapixels_maximum": "size", "bytes_maximum": "file",
    "enlargement_maximum": "enlarged",
}  # fmt: skip


def _named(name: str) -> str:
    return f"{_NAMES[name]}:"


def _aspect(width: int, height: int, aspect: float, wanted: float | None) -> Check | None:
    if wanted is None:
        return None
    passed = abs(width - height * wanted) <= max(1.0, wanted)
    return Check(
        "aspect", passed, aspect, wanted, f"{width} x {height} px, {wanted:g} is asked for"
    )


def _file_size(size: int | None, bound: int | None) -> Check | None:
    if bound is None:
        return None
    if size is None:
        return _unknown("bytes_maximum", float(bound), "there is no file yet")
    return _most("bytes_maximum", size, bound, "bytes")


def _format(kind: str, formats: tuple[str, ...]) -> Check | None:
    if not formats:
        return None
    if not kind:
        return _unknown("formats", None, "there is no file yet")
    passed = kind in formats
    return Check("formats", passed, float(not passed), 0.0,
                 f"{kind}; allowed: {', '.join(formats)}")  # fmt: skip


def _text(photo: Finished) -> Check:
    """Letters beside the product, as a share of the frame."""
    name = "text_outside"
    if photo.alpha is None:
        return _unknown(name, 0.0, _NO_SUBJECT)
    outside = background_of(photo.alpha, photo.near)
    if photo.rgb is not None and not (outside & (photo.pixels != photo.rgb).any(axis=2)).any():
        return Check(name, True, 0.0, 0.0, "nothing but the background beside the product")
    beside = 0
    for x0, y0, x1, y1 in np.rint(photo.written()).astype(int):
        place = outside[max(0, y0) : y1, max(0, x0) : x1]
        beside += int(place.sum()) if place.size and place.mean() > 0.5 else 0
    share = beside / outside.size
    note = "something is written beside the product" if beside else "nothing is written beside it"
    return Check(name, not beside, share, 0.0, note)


def _border(photo: Finished) -> Check:
    """A frame of one colour along all four sides, of another than what it encloses."""
    name = "borders"
    height, width = photo.pixels.shape[:2]
    ring = np.concatenate(
        [photo.pixels[0], photo.pixels[-1], photo.pixels[:, 0], photo.pixels[:, -1]]
    ).astype(np.float32)
    colour = np.median(ring, axis=0)
    flat = np.abs(ring - colour).max(axis=1) <= _BORDER_SPREAD
    if photo.rgb is not None and np.abs(colour - photo.rgb).max() <= _BORDER_SPREAD:
        return Check(name, True, 0.0, 0.0, "no frame: the edge is background")
    if flat.mean() < 0.98:
        return Check(name, True, 0.0, 0.0, "no frame round the photo")
    same = np.abs(photo.pixels.astype(np.float32) - colour).max(axis=2) <= _BORDER_SPREAD
    rows, columns = same.mean(axis=1) > 0.98, same.mean(axis=0) > 0.98
    widths = [
        int(np.argmin(line)) if not line.all() else len(line)
        for line in (rows, rows[::-1], columns, columns[::-1])
    ]
    share = max(widths) / min(height, width)
    is_frame = _BORDER_LEAST <= share <= _BORDER_MOST and min(widths) >= 1
    note = f"a frame up to {max(widths)} px wide" if is_frame else "no frame round the photo"
    return Check(name, not is_frame, share if is_frame else 0.0, 0.0, note)


def _whole(photo: Finished) -> Check:
    if photo.alpha is None:
        return _unknown("whole", 0.0, _NO_SUBJECT)
    where = " and ".join(photo.cut)
    note = f"the product is cut at the {where}" if where else "the whole product is shown"
    return Check("whole", not photo.cut, float(len(photo.cut)), 0.0, note)


def _outline(doubt: float | None, bound: float | None) -> Check | None:
    """Whether the photo shows an edge where the product was cut out, or it was guessed."""
    if bound is None:
        return None
    if doubt is None:
        return _unknown("outline_maximum", bound, "the outline was not drawn by this program")
    note = f"{doubt:.0%} of the outline lies on no edge in the photo"
    if doubt > bound:
        note += f", at most {bound:.0%} may: look at it, and give a --box, points or a --mask"
    return Check("outline_maximum", doubt <= bound, doubt, bound, note)


def _enlargement(value: float | None, bound: float | None) -> Check | None:
    if bound is None:
        return None
    if value is None:
        return _unknown(
            "enlargement_maximum", bound, "the photo that it was made from is not known"
        )
    return _most("enlargement_maximum", round(value, 4), bound, "times")


def _blur(photo: Finished, bound: float | None) -> Check | None:
    """Crete et al. 2007, "The blur effect", by scikit-image, of the subject's box."""
    if bound is None:
        return None
    box = photo.alpha.box if photo.alpha is not None else None
    if box is None:
        return _unknown("blur_maximum", bound, _NO_SUBJECT)
    from skimage.measure import blur_effect

    x0, y0, x1, y1 = (int(part) for part in box)
    grey = cv2.cvtColor(photo.pixels[y0:y1, x0:x1], cv2.COLOR_RGB2GRAY)
    scale = _BLUR_SIDE / max(grey.shape)
    if scale < 1:
        size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    if min(grey.shape) < 16:
        return _unknown("blur_maximum", bound, "the product is only a few pixels wide")
    value = float(np.mean(blur_effect(grey)))
    note = f"blur {value:.2f} of 0 (sharp) to 1, at most {bound:g} is allowed"
    return Check("blur_maximum", value <= bound, value, bound, note)
