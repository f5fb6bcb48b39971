"""Segmentation: a box, points or a coarse mask become an exact outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Box, Point


@dataclass(frozen=True, slots=True)
class Prompt:
    """Where the thing is; at least one of the fields is set.

    Attributes:
        box: xyxy in pixels.
        points: (x, y) in pixels that lie on the thing.
        negative_points: (x, y) in pixels that do not.
        mask: a coarse mask over the whole photo.
    """

    box: Box | None = None
    points: tuple[Point, ...] = ()
    negative_points: tuple[Point, ...] = ()
    mask: Mask | None = None


class PreparedSegmentation(Protocol):
    """One photo, ready for many prompts."""

    def outline(self, prompt: Prompt) -> Mask:
        """The mask of the thing at the prompt, float32 (H, W) of the photo's size; may be empty."""
        ...


class Segmenter(Protocol):
    """Loads once, prepares a photo once, outlines many prompts."""

    def prepare(self, photo: Photo) -> PreparedSegmentation:
        """Compute what does not depend on the prompt."""
        ...
