"""How likely each piece of a photo is a part of a thing, and none of the ground, wall or shadow."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.special import expit

from autoedit.core.mask import FloatArray
from autoedit.core.superpixels import Superpixels
from autoedit.grounding.ground import ground_likeness
from autoedit.grounding.scene import Scene

_NEAR = 0.3  # of the photo's longer side: how far along its border a colour is looked for
_ALIKE, _TINT = 5.0, 3.0  # CIELAB units
_BOND, _ROUNDS = 8.0, 6  # CIELAB contrast that parts neighbours, and steps between them
# Logistic regression on rendered scenes, by `scripts/fit_things.py`: what stands in `evidence`.
_BIAS = -1.687
_WEIGHTS = (0.956, -0.050, -0.130, -0.187, 1.560, -0.012, 0.493, 0.006, -2.580, -0.883)


def standing(scene: Scene) -> FloatArray:
    """The probability that each piece is of a thing: float32 (N,) in [0, 1]."""
    return expit(_BIAS + evidence(scene) @ np.array(_WEIGHTS, np.float32))


def evidence(scene: Scene) -> FloatArray:
    """What tells things from their ground, float32 (N, 10).

    Likeness to what reaches the border, averaged within edges, so that a dark side or a highlight
    goes with its thing; nearby, and twice as far; the border's colours nearby likewise, and its
    tints; what the network says of it being of a thing or of its shadow; salience; chroma; how far
    up or down it lies; and whether it touches the border.
    """
    pieces = scene.pieces
    alike = ground_likeness(pieces)
    kept = smoothed(pieces, np.maximum(alike, np.sqrt(alike * scene.background)))
    seen, tint = _like_border(pieces)
    down = pieces.centre[:, 1] / pieces.labels.shape[0] - 0.5
    return np.stack([
        kept, smoothed(pieces, kept), smoothed(pieces, np.log(seen + 0.002)), np.log(tint + 0.01),
        log_odds(scene.predicted.thing), scene.predicted.effect, scene.salience,
        np.log1p(np.hypot(pieces.colour[:, 1], pieces.colour[:, 2])), down**2, pieces.border > 0,
    ], axis=1).astype(np.float32)  # fmt: skip


def log_odds(likely: FloatArray) -> FloatArray:
    """Of a probability, float32 of its shape, within [-4, 4]."""
    return np.log((likely + 0.02) / (1.02 - likely)).astype(np.float32)


def _like_border(pieces: Superpixels) -> tuple[FloatArray, FloatArray]:
    """The share of the border nearby that has a piece's colour, and its tint: (N,) in [0, 1]."""
    rim = np.flatnonzero(pieces.border)
    away = np.linalg.norm(pieces.centre[:, None] - pieces.centre[None, rim], axis=2)
    weight = np.exp(-0.5 * (away / (_NEAR * max(pieces.labels.shape))) ** 2) * pieces.border[rim]
    weight /= weight.sum(axis=1, keepdims=True) + 1e-6
    colour, level = pieces.colour, pieces.colour[:, :1] + 16
    apart = np.linalg.norm(colour[:, None] - colour[None, rim], axis=2)
    hue = colour[:, 1:] / level
    off = np.linalg.norm(hue[:, None] - hue[None, rim], axis=2) * level
    seen, tint = (
        (np.exp(-0.5 * (distance / width) ** 2) * weight).sum(axis=1)
        for distance, width in ((apart, _ALIKE), (off, _TINT))
    )
    return seen, tint


def smoothed(pieces: Superpixels, values: FloatArray) -> FloatArray:
    """Values (N,) averaged over neighbours that no edge parts, so many times."""
    first, second = pieces.edges.T
    bond = pieces.length * np.exp(-pieces.contrast / _BOND)
    graph = sparse.csr_matrix((bond, (first, second)), shape=(pieces.count, pieces.count))
    graph = graph + graph.T
    total = np.asarray(graph.sum(axis=1)).ravel() + 1e-6
    for _ in range(_ROUNDS):
        values = 0.5 * values + 0.5 * (graph @ values) / total
    return np.asarray(values, np.float32)
