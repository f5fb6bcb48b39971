"""What each pixel of a photo belongs to, by a small convolutional network of our own.

It was trained on rendered scenes alone (`scripts/train_dense_prediction.py`), is part of the
package, and runs on the CPU in some hundredths of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray

_WEIGHTS = Path(__file__).with_name("dense_prediction.onnx")
_MORE_WEIGHTS = Path(__file__).with_name("dense_prediction_effects.onnx")
"""Taught further with other scenes: of a thing's effects, the mean of both is nearer the truth."""
_EFFECTS = slice(4, 8)  # maps of the effect and the gain
_SIDE, _MULTIPLE, _CELL = 320, 32, 2  # pixels: that it looks at, of its sides, and of a cell's
_MIRRORED = (1, 1, -1, 1, 1, 1, 1, 1)  # what its maps become in a mirror: x points the other way
_REACH = 16.0  # cells: what the network calls one unit of offset
_ALONE = Lock()  # OpenCV's networks keep their input


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Maps of a photo's size.

    Attributes:
        thing: float32 (H, W) in [0, 1], the probability that a pixel shows a thing, not the ground.
        outline: float32 (H, W) in [0, 1], likewise that a thing's outline runs through it.
        centre: float32 (H, W, 2), (x, y) in pixels of the middle of the thing that it shows.
        effect: float32 (H, W) in [0, 1], likewise that it shows a thing's shadow or mirror image.
        gain: float32 (H, W, 3), RGB, log of the factor on values, plus 12 of 255 each, that undoes
            the effects; 0 where there are none.
    """

    thing: FloatArray
    outline: FloatArray
    centre: FloatArray
    effect: FloatArray
    gain: FloatArray


def predict(
    pixels: PixelArray, thing: BoolArray | None = None, *, twice: bool = True
) -> Prediction:
    """Tell things, their outlines and their effects.

    Args:
        pixels: RGB uint8 (H, W, 3).
        thing: bool (H, W), whose shadow and mirror image are sought; all things' without it.
        twice: whether the second weights are asked of them, too.
    """
    height, width = pixels.shape[:2]
    scale = _SIDE / max(height, width)
    # Whole cells, so that those of the mirrored photo lie on those of the photo.
    rows, columns = (_CELL * max(1, round(side * scale / _CELL)) for side in (height, width))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(pixels, (columns, rows), interpolation=interpolation)
    given = np.zeros((rows, columns, 1), np.float32)
    if thing is not None:
        given[..., 0] = cv2.resize(thing.astype(np.float32), (columns, rows)) > 0.5
    seen = np.concatenate([small.astype(np.float32) / 127.5 - 1, given], axis=2)
    both = np.stack([seen, seen[:, ::-1]])  # the mean of both is nearer the truth than either
    below, right = -rows % _MULTIPLE, -columns % _MULTIPLE
    padded = np.pad(both, ((0, 0), (0, below), (0, right), (0, 0)), mode="edge")
    asked = np.ascontiguousarray(padded.transpose(0, 3, 1, 2))
    maps = _run(_network(_WEIGHTS), asked)
    if thing is not None and twice:
        more = _run(_network(_MORE_WEIGHTS), asked)
        maps[:, _EFFECTS] = (maps[:, _EFFECTS] + more[:, _EFFECTS]) / 2
    maps = maps[:, :, : rows // _CELL, : columns // _CELL]
    mirrored = maps[1, :, :, ::-1] * np.array(_MIRRORED, np.float32)[:, None, None]
    half = (maps[0] + mirrored) / 2
    offset = half[2:4] * _REACH
    cells = np.mgrid[: half.shape[1], : half.shape[2]].astype(np.float32)
    towards = (width / half.shape[2], height / half.shape[1])
    centre = np.stack([
        (offset[0] + cells[1] + 0.5) * towards[0], (offset[1] + cells[0] + 0.5) * towards[1],
    ])  # fmt: skip
    likely = 1 / (1 + np.exp(-half[[0, 1, 4]]))
    large = [
        np.asarray(cv2.resize(one, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        for one in (*likely, *centre, *half[5:8])
    ]
    centres, gain = np.stack(large[3:5], axis=2), np.stack(large[5:], axis=2)
    return Prediction(large[0], large[1], centres, large[2], gain)


def _run(network: cv2.dnn.Net, asked: FloatArray) -> FloatArray:
    with _ALONE:
        network.setInput(asked)
        return np.array(network.forward(), np.float32)


@cache
def _network(weights: Path) -> cv2.dnn.Net:
    return cv2.dnn.readNetFromONNX(str(weights))
