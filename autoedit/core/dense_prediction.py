"""What each pixel of a photo belongs to, by a small convolutional network of our own.

It was trained on rendered scenes alone (`scripts/train_dense_prediction.py`), is part of the
package, and runs on the CPU in some hundredths of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray

_WEIGHTS = Path(__file__).with_name("dense_prediction.onnx")
_SIDE, _MULTIPLE = 320, 32
_REACH = 16.0  # cells: what the network calls one unit of offset
_THREADS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Maps of a photo's size.

    Attributes:
        thing: float32 (H, W) in [0, 1], the probability that a pixel shows a thing, not the ground.
        outline: float32 (H, W) in [0, 1], likewise that a thing's outline runs through it.
        centre: float32 (H, W, 2), (x, y) in pixels of the middle of the thing that it shows.
        effect: float32 (H, W) in [0, 1], likewise that it shows a thing's shadow or mirror image.
    """

    thing: FloatArray
    outline: FloatArray
    centre: FloatArray
    effect: FloatArray


def predict(pixels: PixelArray, thing: BoolArray | None = None) -> Prediction:
    """Tell things, their outlines and their effects.

    Args:
        pixels: RGB uint8 (H, W, 3).
        thing: bool (H, W), whose shadow and mirror image are sought; all things' without it.
    """
    height, width = pixels.shape[:2]
    scale = _SIDE / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(pixels, (columns, rows), interpolation=interpolation)
    given = np.zeros((rows, columns, 1), np.float32)
    if thing is not None:
        given[..., 0] = cv2.resize(thing.astype(np.float32), (columns, rows)) > 0.5
    below, right = -rows % _MULTIPLE, -columns % _MULTIPLE
    both = np.concatenate([small.astype(np.float32) / 127.5 - 1, given], axis=2)
    padded = np.pad(both, ((0, below), (0, right), (0, 0)), mode="edge")
    maps = _session().run(None, {"photo": padded.transpose(2, 0, 1)[None]})[0][0]
    half = np.asarray(maps[:, : (rows + 1) // 2, : (columns + 1) // 2], np.float32)
    offset = half[2:4] * _REACH
    cells = np.mgrid[: half.shape[1], : half.shape[2]].astype(np.float32)
    towards = (width / half.shape[2], height / half.shape[1])
    centre = np.stack([
        (offset[0] + cells[1] + 0.5) * towards[0], (offset[1] + cells[0] + 0.5) * towards[1],
    ])  # fmt: skip
    likely = 1 / (1 + np.exp(-half[[0, 1, 4]]))
    large = [
        np.asarray(cv2.resize(one, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        for one in (*likely, *centre)
    ]
    return Prediction(large[0], large[1], np.stack(large[3:], axis=2), large[2])


@cache
def _session() -> Any:
    onnxruntime: Any = import_module("onnxruntime")  # it has no types
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = _THREADS, 1
    return onnxruntime.InferenceSession(str(_WEIGHTS), options, providers=["CPUExecutionProvider"])
