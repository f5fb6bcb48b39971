"""GrabCut on superpixels: which pieces of a window are the object."""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import Superpixels
from autoedit.segmentation.colour_models import LocalColours
from autoedit.segmentation.graph_cut import minimum_cut, path_contrast, smoothness

_SURE = 50.0
_ROUNDS = 5
_UNKNOWN = 0.1  # likelihood of any colour under an object of which nothing is known yet


class ObjectCut:
    """Colour models and cuts in turn until the labels stay (Rother et al. 2004, "GrabCut").

    Unlike plain GrabCut: pieces instead of pixels (Li et al. 2004, "Lazy Snapping"), models that
    know where a colour was seen, and a prior from the contrast that has to be crossed to come in
    from outside.
    """

    def __init__(
        self, pieces: Superpixels, step: float, reach: float, sure: FloatArray, smooth: float = 6.0
    ) -> None:
        """Prepare for cuts of one window.

        Args:
            pieces: the window's superpixels.
            step: their nominal width in pixels.
            reach: how far, in pixels, a colour seen in one place counts in another.
            sure: float32 (N,), 1 for surely object, -1 for surely background, 0 for unknown.
            smooth: what a faint edge costs against one unit of log likelihood.
        """
        self.pieces = pieces
        self.sure = sure
        self.colours = LocalColours.of(pieces, reach)
        self.weights = smooth * smoothness(pieces, step)

    def from_outside(self, prior: FloatArray) -> BoolArray:
        """The object when nothing is known but the background: bool (N,)."""
        background = self.colours.likelihood((self.sure < 0).astype(np.float32))
        unknown = np.full_like(background, _UNKNOWN)
        return self._settle(self._cut(self.colours.log_ratio(unknown, background) + prior), prior)

    def from_labels(
        self, inside: BoolArray, prior: FloatArray, doubt: FloatArray | None = None
    ) -> BoolArray:
        """The object when a first guess is known: bool (N,).

        `doubt` is float32 (N,) in [0, 1]: pieces near the rim of the guess, which may be on the
        wrong side, count less in the colour models.
        """
        return self._settle(inside, prior, doubt)

    def _settle(
        self, inside: BoolArray, prior: FloatArray, doubt: FloatArray | None = None
    ) -> BoolArray:
        weight = np.float32(1) if doubt is None else 1 - doubt
        for _ in range(_ROUNDS):
            if not inside.any() or inside.all():
                break
            model = self.colours.likelihood(inside * weight)
            background = self.colours.likelihood(~inside * weight)
            after = self._cut(self.colours.log_ratio(model, background) + prior)
            if (after == inside).all():
                break
            inside = after
        return inside

    def _cut(self, unary: FloatArray) -> BoolArray:
        unary = np.where(self.sure != 0, _SURE * self.sure, unary)
        return minimum_cut(unary.astype(np.float32), self.pieces.edges, self.weights)


def enclosure(pieces: Superpixels, outside: BoolArray) -> FloatArray:
    """How walled off each piece is from the outside: standard score within -1.5 and 1.5, (N,)."""
    contrast = path_contrast(pieces, outside)
    within = contrast[~outside]
    if within.size == 0:
        return np.zeros_like(contrast)
    score = (contrast - np.median(within)) / (within.std() + 1e-6)
    return np.clip(score, -1.5, 1.5).astype(np.float32)


def nearer(pieces: Superpixels, core: BoolArray, outside: BoolArray) -> FloatArray:
    """Whether the object's middle is reached across less contrast than the background.

    Float32 (N,) in [-1, 1]. Shading and highlights lie behind faint edges, whatever their colour.
    """
    typical = float(np.average(pieces.contrast, weights=pieces.length)) + 1e-6
    apart = path_contrast(pieces, outside) - path_contrast(pieces, core)
    return np.tanh(apart / (3 * typical)).astype(np.float32)
