"""Rendered subjects over backgrounds, with the answer: their alpha and their own colours."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

_ROOT = Path(__file__).parents[2]
_WOBBLE, _SMOOTH = 2.0, 12.0  # pixels, standard deviations


@dataclass(frozen=True)
class Folders:
    """Where the pictures lie: rendered subjects, photographic and rendered backgrounds."""

    subjects: Path = _ROOT / "build" / "subjects"
    photos: Path = _ROOT.parent / "shared" / "photos" / "backgrounds"
    renders: Path = _ROOT / "examples"


@dataclass(frozen=True)
class Case:
    """A subject before a background.

    Attributes:
        name: the subject's, KIND_SEED.
        pixels: the photo, uint8 (H, W, 3).
        alpha: the subject's true alpha, float32 (H, W).
        colours: its true colours where alpha is above 0, float32 (H, W, 3) in 0..255.
        ground: the background, float32 (H, W, 3) in 0..255.
    """

    name: str
    pixels: np.ndarray
    alpha: np.ndarray
    colours: np.ndarray
    ground: np.ndarray

    @property
    def kind(self) -> str:
        """Hard, soft, thin, furry, glass."""
        return self.name.rpartition("_")[0]


def cases(folders: Folders, limit: int | None = None) -> Iterator[Case]:
    """Each subject before one background, photographs and renderings by turns."""
    paths = sorted(folders.subjects.glob("*_*.png"))
    photos, renders = sorted(folders.photos.glob("*")), sorted(folders.renders.glob("*.clean.jpg"))
    grounds = [photos or renders, renders or photos]
    for path in paths[:limit]:
        picks = grounds[zlib.crc32(path.stem.encode()) % 2]
        if picks:
            number = zlib.crc32(path.stem[::-1].encode()) % len(picks)
            yield composed(path.stem, read(path), read(picks[number])[:, :, :3])


def composed(name: str, subject: np.ndarray, backdrop: np.ndarray) -> Case:
    """A case of a subject, straight RGBA, and a backdrop that is made to cover it; 0..255 both.

    They are mixed in the values of sRGB, as the methods assume and programs compose.
    """
    height, width = subject.shape[:2]
    factor = max(height / backdrop.shape[0], width / backdrop.shape[1])
    size = tuple(int(np.ceil(side * factor)) for side in backdrop.shape[1::-1])
    manner = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    ground = np.clip(cv2.resize(backdrop, size, interpolation=manner), 0, 255)[:height, :width]
    alpha = subject[:, :, 3] / np.float32(255)
    mixed = subject[:, :, :3] * alpha[:, :, None] + ground * (1 - alpha[:, :, None])
    pixels = np.rint(mixed).astype(np.uint8)
    return Case(name, pixels, alpha, np.ascontiguousarray(subject[:, :, :3]), ground)


def read(path: Path) -> np.ndarray:
    """A picture of 8 or 16 bits, float32 (H, W, C) in 0..255, RGB or RGBA."""
    samples = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise SystemExit(f"{path} cannot be read.")
    order = cv2.COLOR_BGRA2RGBA if samples.shape[2] == 4 else cv2.COLOR_BGR2RGB
    largest = np.iinfo(samples.dtype).max
    return cv2.cvtColor(samples, order).astype(np.float32) * np.float32(255 / largest)


def exact(alpha: np.ndarray) -> np.ndarray:
    """The best hard mask, bool (H, W)."""
    return alpha > 0.5


def wobbly(alpha: np.ndarray) -> np.ndarray:
    """A mask whose outline is some two pixels off, in and out by turns, as segmenters' are."""
    inside = exact(alpha)
    noise = np.random.default_rng(1).normal(size=alpha.shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), _SMOOTH)
    distance = [
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for side in (inside, ~inside)
    ]
    return distance[0] - distance[1] + noise * (_WOBBLE / noise.std()) > 0
