"""A contact sheet: photos with what was found in colour and what is meant as a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

_SIDE, _LINE, _GAP, _COLUMNS = 320, 18, 6, 4
_FOUND, _MEANT = (255, 40, 160), (60, 255, 60)


@dataclass
class Sheet:
    """Tiles with captions, four in a row.

    Attributes:
        most: tiles that it takes; what comes later is left out.
    """

    most: int = 120
    tiles: list[tuple[str, np.ndarray]] = field(default_factory=list)

    def add(
        self, caption: str, photo: np.ndarray, found: np.ndarray | None, meant: np.ndarray
    ) -> None:
        """A tile: `found` bool (H, W) tinted, the outline of `meant` drawn."""
        if len(self.tiles) >= self.most:
            return
        factor = _SIDE / max(photo.shape[:2])
        size = (max(1, round(photo.shape[1] * factor)), max(1, round(photo.shape[0] * factor)))
        tile = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
        if found is not None:
            inside = cv2.resize(found.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
            tile[inside] = (0.45 * tile[inside] + 0.55 * np.array(_FOUND)).astype(np.uint8)
        solid = cv2.resize(meant.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
        lines, _ = cv2.findContours(solid.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(tile, lines, -1, _MEANT, 1)
        self.tiles.append((caption, tile))

    def save(self, path: Path) -> None:
        """Write the sheet as a PNG."""
        font = ImageFont.load_default(size=12)
        rows = [self.tiles[i : i + _COLUMNS] for i in range(0, len(self.tiles), _COLUMNS)]
        heights = [max(tile.shape[0] for _, tile in row) + _LINE + _GAP for row in rows]
        canvas = Image.new("RGB", (_COLUMNS * (_SIDE + _GAP), sum(heights) + _GAP), "white")
        draw = ImageDraw.Draw(canvas)
        y = _GAP
        for row, height in zip(rows, heights, strict=True):
            for column, (caption, tile) in enumerate(row):
                x = column * (_SIDE + _GAP)
                draw.text((x, y), caption[:52], fill="black", font=font)
                canvas.paste(Image.fromarray(tile), (x, y + _LINE))
            y += height
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.save(path)
