"""The things in a photo by their likelihood: the likeliest groups of pieces, one after another."""

from __future__ import annotations

from copy import copy

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.grounding.candidates import Candidate, describe
from autoedit.grounding.proposals import propose_things
from autoedit.grounding.scene import Scene

_LEAST, _PERHAPS = 0.04, 0.1  # probability of what is kept to be asked for, and of what is found
_OVERLAP = 0.15  # of the smaller of two groups: they cannot both be things
_SHARED = 0.1  # of a group: what it may have of another thing
_SAME = 0.7  # intersection over union of two groups that are one thing
_WHOLE = 0.3  # probability of what may be the whole of a part
HELD, LARGER = 0.9, 1.7
"""Of a part: how much of it its whole holds, and times its area how large the whole is at least."""


class LikelyThings:
    """As `Things`, found another way: by the network's maps, which know the look of things.

    A candidate's objectness is the probability that it is one whole thing.
    """

    def __init__(self, scene: Scene) -> None:
        found = propose_things(scene)
        kept = found.likely > _LEAST
        self._scene, self._members, self._likely = scene, found.members[kept], found.likely[kept]
        inside = self._members.astype(np.float32)
        self._weights = inside * scene.pieces.area
        self._area = self._weights.sum(axis=1)
        self._common = self._weights @ inside.T

    def supposing(self, members: BoolArray, *, thing: bool) -> LikelyThings:
        """The same, as if some pieces (N,) surely were one whole thing, or surely were not."""
        other = copy(self)
        alike = self._alike(members)
        other._likely = self._likely.copy()
        if thing:
            other._likely[int(alike.argmax())] = 1.0
        else:
            other._likely[alike > _SAME] = 0.0
        return other

    def share(self, values: FloatArray) -> FloatArray:
        """The mean over each of the K groups of a value per piece: (N,) -> float32 (K,)."""
        return (self._weights @ values / self._area).astype(np.float32)

    def cut(
        self, fits: FloatArray | None = None, aside: BoolArray | None = None
    ) -> list[Candidate]:
        """Things that do not overlap, best first, each with its fit as `match`; see `Things`."""
        fits = np.ones_like(self._likely) if fits is None else fits
        if aside is not None:
            fits = np.where(self.share(aside.astype(np.float32)) > _SHARED, 0, fits)
        value = self._likely * fits
        chosen: list[int] = []
        for group in np.argsort(-value, kind="stable").tolist():
            if value[group] < _PERHAPS:
                break
            least = _OVERLAP * np.minimum(self._area[group], self._area[chosen])
            if not (self._common[group, chosen] > least).any():
                chosen.append(group)
        things = [
            describe(self._scene, self._members[k], float(fits[k]), float(self._likely[k]))
            for k in chosen
        ]
        return sorted(things, key=lambda thing: (-thing.match * thing.objectness, thing.box))

    def wholes(self, members: BoolArray) -> list[Candidate]:
        """The largest likely group, if any, that some pieces (N,) are only a part of."""
        own = float(self._scene.pieces.area[members].sum())
        held = self._weights @ members.astype(np.float32)
        larger = (held > HELD * own) & (self._area > LARGER * own) & (self._likely > _WHOLE)
        if not larger.any():
            return []
        best = int(np.where(larger, self._area, 0).argmax())
        return [describe(self._scene, self._members[best], 1.0, float(self._likely[best]))]

    def likely(self, members: BoolArray) -> float:
        """The probability that some pieces (N,) are one whole thing."""
        return float(self._likely[self._alike(members) > _SAME].max(initial=0.0))

    def _alike(self, members: BoolArray) -> FloatArray:
        """Each group's intersection over union with some pieces (N,): float32 (K,)."""
        shared = self._weights @ members.astype(np.float32)
        return shared / (self._area + float(self._scene.pieces.area[members].sum()) - shared)
