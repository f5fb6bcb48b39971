"""Fit what tells things from their ground, by logistic regression on random rendered scenes.

    python scripts/render_crowds.py --seed 17000 --count 50 --out SCENES
    python scripts/fit_things.py SCENES

Prints the weights of `autoedit.grounding.standing` and of `autoedit.grounding.proposals`, and the
log loss of each on scenes left out in turn. The second are fitted to what the first say of scenes
that were left out, as they meet new photos.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from masks_bench import sets
from scipy.special import expit

from autoedit.core.photo import Photo
from autoedit.grounding import proposals, standing
from autoedit.grounding.scene import Scene

_FOLDS, _RIDGE, _ROUNDS = 7, 3.0, 12
_UNLIKE, _LIKE = 0.5, 0.8  # IoU with a thing: no thing at all, and one for certain

Fit = tuple[float, np.ndarray]
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def fitted(rows: list[Rows]) -> Fit:
    """Bias and weights by Newton's method, with a ridge on standardised features."""
    features, truth, weight = (np.concatenate(part) for part in zip(*rows, strict=True))
    middle = np.average(features, axis=0, weights=weight)
    spread = np.sqrt(np.average((features - middle) ** 2, axis=0, weights=weight)) + 1e-6
    terms = np.c_[np.ones(len(features)), (features - middle) / spread]
    ridge = _RIDGE * np.r_[0, np.ones(features.shape[1])]
    found = np.zeros(terms.shape[1])
    for _ in range(_ROUNDS):
        likely = expit(terms @ found)
        slope = terms.T @ (weight * (truth - likely)) - ridge * found
        curve = (terms * (weight * likely * (1 - likely))[:, None]).T @ terms + np.diag(ridge)
        found += np.linalg.solve(curve + 1e-6 * np.eye(len(curve)), slope)
    weights = found[1:] / spread
    return float(found[0] - weights @ middle), weights


def predicted(fit: Fit, features: np.ndarray) -> np.ndarray:
    """Probabilities, float32."""
    return expit(fit[0] + features @ fit[1]).astype(np.float32)


def left_out(rows: list[Rows]) -> list[np.ndarray]:
    """What fits to the other scenes say of each scene."""
    said: list[np.ndarray] = [np.zeros(0)] * len(rows)
    for fold in range(_FOLDS):
        fit = fitted([one for i, one in enumerate(rows) if i % _FOLDS != fold])
        for i in range(fold, len(rows), _FOLDS):
            said[i] = predicted(fit, rows[i][0])
    return said


def log_loss(rows: list[Rows], said: list[np.ndarray]) -> float:
    """Mean over all, weighted."""
    likely = np.clip(np.concatenate(said), 1e-4, 1 - 1e-4)
    _, truth, weight = (np.concatenate(part) for part in zip(*rows, strict=True))
    loss = truth * np.log(likely) + (1 - truth) * np.log(1 - likely)
    return float(-np.average(loss, weights=weight))


def shown(scene: Scene, ids: np.ndarray) -> np.ndarray:
    """Of each piece, how many pixels show which thing: (N, T), the ground first."""
    pieces = scene.pieces
    small = cv2.resize(ids, pieces.labels.shape[::-1], interpolation=cv2.INTER_NEAREST)
    counts = np.zeros((pieces.count, int(ids.max()) + 1))
    np.add.at(counts, (pieces.labels.ravel(), small.ravel()), 1)
    return counts


def agreement(scene: Scene, members: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The highest IoU of each group with a thing: (K,)."""
    inside, things = members.astype(np.float32), counts[:, 1:]
    common = inside @ things
    union = (inside @ scene.pieces.area)[:, None] + things.sum(axis=0)[None] - common
    return (common / (union + 1e-6)).max(axis=1)


def report(name: str, rows: list[Rows], said: list[np.ndarray]) -> None:
    """Print the fit to all scenes, and how well fits do on scenes that they have not seen."""
    bias, weights = fitted(rows)
    print(f"{name}: log loss {log_loss(rows, said):.4f}")
    print(f"_BIAS = {bias:.3f}\n_WEIGHTS = ({', '.join(f'{one:.3f}' for one in weights)})")


def main() -> None:
    """Fit both to the scenes of a folder."""
    parser = argparse.ArgumentParser(description="Fit what tells things from their ground.")
    parser.add_argument("scenes", type=Path, help="random scenes")
    folder = parser.parse_args().scenes
    cases = list(sets.scenes(folder))
    if not cases:
        parser.error(f"{folder} holds no scenes; make some with scripts/render_crowds.py.")
    scenes = [Scene.of(Photo(case.photo)) for case in cases]
    counts = [shown(scene, case.ids) for scene, case in zip(scenes, cases, strict=True)]
    parts: list[Rows] = []
    for scene, count in zip(scenes, counts, strict=True):
        area = scene.pieces.area
        truth = count[:, 1:].sum(axis=1) / area
        parts.append((standing.evidence(scene), truth, area / 250))
    said = left_out(parts)
    report("standing", parts, said)
    wholes: list[Rows] = []
    for scene, count, stands in zip(scenes, counts, said, strict=True):
        members = proposals.groups(scene, stands)
        alike = agreement(scene, members, count)
        truth = np.clip((alike - _UNLIKE) / (_LIKE - _UNLIKE), 0, 1)
        features = proposals.evidence(scene, stands, members)
        wholes.append((features, truth, np.ones(len(members))))
    report("proposals", wholes, left_out(wholes))


if __name__ == "__main__":
    main()
