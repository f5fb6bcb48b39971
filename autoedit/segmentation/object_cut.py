"""GrabCut on superpixels: which pieces of a window are the object."""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import Superpixels
from autoedit.segmentation.colour_models import LocalColours
from autoedit.segmentation.graph_cut import minimum_cut, path_contrast, smoothness

_SURE = 50.0
_ROUNDS = 5
_CUES = np.float32(0.7)  # what the first odds count once the object's own colours are known


class ObjectCut:
    """Colour models and cuts in turn until the labels stay (Rother et al. 2004, "GrabCut").

    Unlike plain GrabCut: pieces instead of pixels (Li et al. 2004, "Lazy Snapping"), models that
    know where a colour was seen, and a prior from what the prompt says about each piece.
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

    def from_cues(self, cues: FloatArray) -> BoolArray:
        """The object from rough log odds of each piece, float32 (N,): bool (N,)."""
        return self._settle(self._cut(cues), _CUES * cues)

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


def nearer(pieces: Superpixels, core: BoolArray, outside: BoolArray) -> FloatArray:
    """Whether the object's middle is reached across less contrast than the background.

    Float32 (N,) in [-1, 1]. Shading and highlights lie behind faint edges, whatever their colour.
    """
    typical = float(np.average(pieces.contrast, weights=pieces.length)) + 1e-6
    apart = path_contrast(pieces, outside) - path_contrast(pieces, core)
    return np.tanh(apart / (3 * typical)).astype(np.float32)
