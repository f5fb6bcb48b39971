"""A contact sheet: every fill of a set side by side, a row an image."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .photos import BLANK, Case, window

SIDE = 256  # pixels at most of a window
_GAP, _LINE = 6, 20
_MARGIN = 32  # pixels of the photo round the hole


@dataclass
class Sheet:
    """The windows of the fills of one set, row by row.

    Attributes:
        columns: their labels, left to right.
        rows: an image's name and its windows by label.
    """

    columns: list[str]
    rows: list[tuple[str, dict[str, np.ndarray]]] = field(default_factory=list)

    def add(self, case: Case, fills: dict[str, np.ndarray]) -> None:
        """A row: the hole, the fills by label, and the truth."""
        holed = case.photo.copy()
        holed[case.hole] = BLANK
        place = window(case.hole, _MARGIN)
        pictures = {self.columns[0]: holed, **fills, self.columns[-1]: case.truth}
        self.rows.append((case.name, {name: _fitted(p[place]) for name, p in pictures.items()}))

    def save(self, path: Path) -> None:
        """Write the sheet as a PNG."""
        font = ImageFont.load_default(size=14)
        heights = [max(tile.shape[0] for tile in tiles.values()) for _, tiles in self.rows]
        width = len(self.columns) * (SIDE + _GAP) + _GAP
        height = sum(heights) + len(heights) * (_LINE + _GAP) + _GAP
        canvas = Image.new("RGB", (width, height), "white")
        draw = ImageDraw.Draw(canvas)
        y = _GAP
        for (name, tiles), tall in zip(self.rows, heights, strict=True):
            for number, label in enumerate(self.columns):
                x = _GAP + number * (SIDE + _GAP)
                draw.text((x, y), label if number else f"{name}: {label}", fill="black", font=font)
                if label in tiles:
                    canvas.paste(Image.fromarray(tiles[label]), (x, y + _LINE))
            y += tall + _LINE + _GAP
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.save(path)


def _fitted(pixels: np.ndarray) -> np.ndarray:
    factor = SIDE / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
