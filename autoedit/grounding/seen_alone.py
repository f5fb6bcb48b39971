"""What the network takes for a thing all over, with nothing of the kind round it: a man, a dog.

It need not be of one colour, nor what the photo is of: how likely groups of pieces are things was
learnt from still lifes, where what has a jacket and trousers is two.
"""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import BoolArray
from autoedit.grounding.candidates import Candidate, describe
from autoedit.grounding.proposals import hanging_together
from autoedit.grounding.scene import Scene

_LEVELS = (0.35, 0.5, 0.65)  # likelihoods of a thing at which pieces part
_SMALLEST, _LARGEST = 0.0015, 0.4  # of the photo
_HELD = 0.4  # share of its outline at the photo's border
_CLEAR = 0.35  # likelihood within times that of ground beyond
_LARGER = 0.15  # power of its size: of two ways to outline a thing, the whole of it
_OVERLAP = 0.15  # of the smaller of two: they are one


def seen_alone(scene: Scene) -> list[Candidate]:
    """Such things, clearest first; none overlaps another. Objectness is how clear each is."""
    pieces, thing = scene.pieces, scene.predicted.thing
    if not pieces.edges.size:
        return []
    members = np.concatenate([hanging_together(pieces, thing > level) for level in _LEVELS])
    first, second = pieces.edges.T
    share = members @ (pieces.area / pieces.area.sum())
    leaves = (members[:, first] & ~members[:, second]) * pieces.length
    enters = (members[:, second] & ~members[:, first]) * pieces.length
    length = leaves.sum(axis=1) + enters.sum(axis=1) + 1e-6
    beyond = (leaves @ thing[second] + enters @ thing[first]) / length
    held = members @ pieces.border
    within = members @ (thing * pieces.area) / np.maximum(members @ pieces.area, 1e-6)
    clear = within * (1 - beyond)
    fits = (share > _SMALLEST) & (share < _LARGEST) & (held < _HELD * (held + length))
    chosen: list[int] = []
    for number in np.argsort(-clear * share**_LARGER, kind="stable").tolist():
        if fits[number] and clear[number] > _CLEAR:
            own = members[number]
            if not any(_overlap(scene, own, members[other]) > _OVERLAP for other in chosen):
                chosen.append(number)
    found = [describe(scene, members[k], 1.0, float(clear[k])) for k in chosen]
    return sorted(found, key=lambda one: -one.objectness)


def _overlap(scene: Scene, one: BoolArray, other: BoolArray) -> float:
    area = scene.pieces.area
    return float(area[one & other].sum() / min(area[one].sum(), area[other].sum()))
