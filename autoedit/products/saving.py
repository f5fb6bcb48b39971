"""A product photo as a file whose background is exactly one colour, within a limit of bytes.

A JPEG is coded in blocks of 8 x 8 pixels. A block of nothing but white comes back as white; one
that also holds a bit of the subject rings, and may come back with a 254 at its far corner, up to
ten pixels from the subject. So the file is read back, and where that is seen the softest pixels of
the subject's edge in that block are brought nearer to the background, never its solid part.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from autoedit.core.files.encoding import encode
from autoedit.core.files.facts import facts_of_image
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.photo import FileFacts, Photo
from autoedit.errors import OutputError
from autoedit.products.settings import ProductSettings

NEAR = 8.0
"""Pixels round the subject that are the edge's; the background is what lies farther."""
RIM = 2.0
"""Pixels inside a hard matte's outline that may still be touched; deeper in nothing is."""
_BLOCK = 8
_VARIANTS, _ROUNDS = 512, 8  # of a block that is read back wrong
_TOGETHER = 256  # blocks whose variants are coded as one picture
_STRAY = 12.0  # of 255, by which a clear pixel next to the subject may differ from the background
_STEERED = ("AVIF", "HEIF")
_QUALITIES = (90, 94, 97, 100)  # of those, tried in turn


@dataclass(frozen=True, slots=True, eq=False)
class SavedPhoto:
    """A photo as it will be saved.

    Attributes:
        photo: with the pixels and facts that give these bytes when it is saved in this format.
        content: the file.
        kind: its format, as Pillow names it.
        decoded: what a reader sees, RGB uint8 (H, W, 3).
        quality: of a JPEG, AVIF or HEIC, 1 to 100; None where there is no such thing.
        notes: one-line remarks for a person.
    """

    photo: Photo
    content: bytes
    kind: str
    decoded: PixelArray
    quality: int | None
    notes: tuple[str, ...] = ()


def saved_exactly(
    photo: Photo, alpha: Mask | None, rgb: tuple[int, int, int], settings: ProductSettings
) -> SavedPhoto:
    """Encode, read back, and adapt until the background is exact and the file small enough.

    Args:
        photo: framed, on `rgb`.
        alpha: the subject's, of the photo's size; None when the background is not of one colour.
        rgb: the background's colour.
        settings: format, quality, its floor, and `rules.bytes_maximum`.

    Raises:
        OutputError: when the format's library is missing.
    """
    if settings.format != "JPEG":
        return _other(photo, alpha, rgb, settings)
    best = _jpeg(photo, alpha, rgb, settings.quality)
    limit = settings.rules.bytes_maximum
    if limit is None or len(best.content) <= limit:
        return best
    # The size grows with the quality: the highest that fits lies where halving leads.
    low, high = settings.quality_minimum, settings.quality - 1
    fits: SavedPhoto | None = None
    while low <= high:
        middle = (low + high) // 2
        trial = _jpeg(photo, alpha, rgb, middle)
        if len(trial.content) <= limit:
            fits, low = trial, middle + 1
        else:
            best, high = trial, middle - 1
    if fits is not None:
        return replace(fits, notes=(f"Saved at quality {fits.quality} to fit {limit} bytes.",))
    note = (
        f"The file has {len(best.content)} bytes at quality {best.quality}, the least allowed "
        f"(product.quality_minimum), and {limit} is the limit; give a smaller canvas."
    )
    return replace(best, notes=(note,))


def background_of(alpha: Mask, near: float = NEAR) -> BoolArray:
    """Where the background must be exact: farther than `near` px from the subject, bool (H, W)."""
    clear = (alpha.array == 0).astype(np.uint8)
    if clear.all():
        return clear > 0
    return cv2.distanceTransform(clear, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > near


def decoded(content: bytes) -> PixelArray:
    """What a reader sees of a file without transparency, RGB uint8 (H, W, 3)."""
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def _plain(photo: Photo) -> Photo:
    """As the settings have it, not as the file was that it came from."""
    facts = photo.facts
    facts = FileFacts(icc_profile=facts.icc_profile, exif=facts.exif, xmp=facts.xmp, dpi=facts.dpi)
    return replace(photo, facts=facts, deep=None, grey=False)


def _other(
    photo: Photo, alpha: Mask | None, rgb: tuple[int, int, int], settings: ProductSettings
) -> SavedPhoto:
    """The formats that keep every pixel, and those whose loss only their quality steers."""
    photo = _plain(photo)
    if settings.format in _STEERED:
        return _finest(photo, alpha, rgb, settings.format)
    if settings.format == "WEBP":
        photo = replace(photo, facts=replace(photo.facts, lossless=True, format="WEBP"))
    content = encode(photo, settings.format, None)
    return SavedPhoto(photo, content, settings.format, photo.pixels, None)


def _finest(photo: Photo, alpha: Mask | None, rgb: tuple[int, int, int], kind: str) -> SavedPhoto:
    """At the lowest of a few qualities at which the background is read back exact."""

    def at(quality: int) -> SavedPhoto:
        tried = replace(photo, facts=replace(photo.facts, quality=quality))
        content = encode(tried, kind, None)
        return SavedPhoto(tried, content, kind, _read_back(content, kind), quality)

    first = saved = at(_QUALITIES[0])
    if alpha is None:
        return first
    ground = background_of(alpha)
    for quality in _QUALITIES[1:]:
        if not (ground & (saved.decoded != rgb).any(axis=2)).any():
            return saved
        saved = at(quality)
    if not (ground & (saved.decoded != rgb).any(axis=2)).any():
        return saved
    note = f"No {kind} holds this background exactly; a JPEG, PNG or WebP does."
    return replace(first, notes=(note,))


def _read_back(content: bytes, kind: str) -> PixelArray:
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        return decoded(content)
    except OSError as error:
        raise OutputError(f"A {kind} that was just made cannot be read back: {error}.") from error


def _jpeg(photo: Photo, alpha: Mask | None, rgb: tuple[int, int, int], quality: int) -> SavedPhoto:
    """At one quality, chroma not subsampled, the background exact if that can be had."""
    photo = _plain(photo)
    content = encode(photo, "JPEG", quality)
    seen = decoded(content)
    if alpha is not None:
        ground = background_of(alpha)
        off = ground & (seen != rgb).any(axis=2)
        if off.any():
            settled = _settled(photo.pixels, alpha.array, off, ground, rgb, quality)
            photo = replace(photo, pixels=settled)
            content = encode(photo, "JPEG", quality)
            seen = decoded(content)
    # The tables stand for the quality, so that saving the photo gives these very bytes.
    with Image.open(io.BytesIO(content)) as image:
        facts, _ = facts_of_image(image, content)
    facts = replace(photo.facts, quantization=facts.quantization, subsampling=0)
    return SavedPhoto(replace(photo, facts=facts), content, "JPEG", seen, quality)


def _settled(
    pixels: PixelArray, alpha: FloatArray, off: BoolArray, ground: BoolArray,
    rgb: tuple[int, int, int], quality: int,
) -> PixelArray:  # fmt: skip
    """The photo with the edge in its wrong blocks varied until each is read back right.

    Blocks are coded one by one, so variants of all of them are coded together, as one picture, and
    of those that come back right the one that changed least is taken. What varies is the edge
    alone: soft pixels fade towards the background, clear ones beside them darken or lighten a
    little; at last, where a matte is hard, the subject's outermost `RIM` pixels fade too.
    """
    blocks = np.unique(np.argwhere(off) // _BLOCK, axis=0)
    changed = _padded(pixels)
    depth = cv2.distanceTransform((alpha == 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    edge, rim, far = (
        np.stack([_block(_padded(plane), y, x) for y, x in blocks])
        for plane in (alpha, np.where(depth > RIM, alpha, np.minimum(alpha, 0.5)), ground)
    )
    best = np.stack([_block(changed, y, x) for y, x in blocks])
    # Each round varies what came nearest in the one before, of those that are still wrong.
    left = np.arange(len(blocks))
    for turn in range(_ROUNDS):
        for part in np.array_split(left, -(-len(left) // _TOGETHER)):
            soft = edge if turn < _ROUNDS // 2 else rim
            best[part] = _best(best[part], soft[part], far[part], rgb, quality, turn)
        left = left[_short(best[left][None], far[left], rgb, quality)[0] > 0]
        if not len(left):
            break
    for (y, x), block in zip(blocks, best, strict=True):
        _block(changed, y, x)[:] = block
    return changed[: pixels.shape[0], : pixels.shape[1]]


def _best(
    blocks: PixelArray, alpha: FloatArray, ground: BoolArray, rgb: tuple[int, int, int],
    quality: int, turn: int,
) -> PixelArray:  # fmt: skip
    """Of each block (N, 8, 8, 3) the variant that is read back nearest, then that changed least."""
    random = np.random.default_rng(turn)
    base = np.array(rgb, np.float32)
    strength = np.linspace(0, 1, _VARIANTS, dtype=np.float32)[:, None, None, None]
    fade = 1 - strength * random.random((_VARIANTS, 1, _BLOCK, _BLOCK), np.float32)
    stray = random.uniform(-1, 1, (_VARIANTS, 1, _BLOCK, _BLOCK, 3)).astype(np.float32)
    stray *= _STRAY * strength[..., None]
    soft, clear = (alpha > 0) & (alpha < 1), (alpha == 0) & ~ground
    variants = np.where(
        soft[..., None], base + fade[..., None] * (blocks - base),
        blocks + np.where(clear[..., None], stray, np.float32(0)),
    )  # fmt: skip
    variants[-1] = np.where((soft | clear)[..., None], base, blocks)  # no edge at all
    variants = np.rint(np.clip(variants, 0, 255)).astype(np.uint8)
    cost = np.abs(variants.astype(np.float32) - blocks).sum(axis=(2, 3, 4))
    cost += 1e6 * _short(variants, ground, rgb, quality)
    return variants[cost.argmin(axis=0), np.arange(len(blocks))]


def _short(
    variants: PixelArray, ground: BoolArray, rgb: tuple[int, int, int], quality: int
) -> FloatArray:
    """By how much the ground of variants (V, N, 8, 8, 3) is read back wrong in all, (V, N)."""
    count, number = variants.shape[:2]
    mosaic = variants.transpose(0, 2, 1, 3, 4).reshape(count * _BLOCK, number * _BLOCK, 3)
    seen = decoded(encode(Photo(np.ascontiguousarray(mosaic)), "JPEG", quality))
    seen = seen.reshape(count, _BLOCK, number, _BLOCK, 3).transpose(0, 2, 1, 3, 4)
    off = np.abs(seen.astype(np.float32) - np.array(rgb, np.float32)).sum(axis=-1)
    return (off * ground).sum(axis=(2, 3))


def _padded(plane: np.ndarray) -> np.ndarray:
    """Whole blocks, the last row and column repeated as a JPEG encoder does."""
    more = [(0, -plane.shape[0] % _BLOCK), (0, -plane.shape[1] % _BLOCK)]
    return np.pad(plane, more + [(0, 0)] * (plane.ndim - 2), mode="edge")


def _block(plane: np.ndarray, y: int, x: int) -> np.ndarray:
    return plane[y * _BLOCK : (y + 1) * _BLOCK, x * _BLOCK : (x + 1) * _BLOCK]
