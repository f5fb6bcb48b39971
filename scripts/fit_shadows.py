"""Fit what tells a shadow from its ground, by logistic regression on scenes with clean plates.

    python scripts/render_crowds.py --seed 24000 --count 20 --out SCENES
    python scripts/fit_shadows.py SCENES

Prints the weights of `autoedit.masking.shadows`, and the log loss on scenes left out in turn. The
rendered examples are part of what it is fitted to.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from fit_things import Rows, left_out, report
from masks_bench.measures import changed, rimmed
from masks_bench.sets import Folders, Plate, plates

from autoedit.core.mask import Mask
from autoedit.masking import view_round
from autoedit.masking.shadows import evidence

_STEP = 7  # pixels: neighbours say the same


def rows_of(case: Plate) -> Rows | None:
    """Evidence, truth and weight of some of the pixels round a thing."""
    view = view_round(case.photo, Mask.of(case.thing, "given"))
    if view is None:
        return None
    x0, y0, x1, y1 = view.box

    def reduced(values: np.ndarray) -> np.ndarray:
        part = values[y0:y1, x0:x1].astype(np.float32)
        return cv2.resize(part, view.inside.shape[::-1], interpolation=cv2.INTER_AREA)

    counts = (reduced(rimmed(case.thing)) < 0.3) & ~view.inside
    truth = reduced(changed(case.photo, case.clean, case.thing)) > 0.5
    features, truth = evidence(view)[counts][::_STEP], truth[counts][::_STEP]
    return features, truth.astype(np.float32), np.ones(len(truth), np.float32)


def main() -> None:
    """Fit to the scenes of a folder and to the examples."""
    parser = argparse.ArgumentParser(description="Fit what tells a shadow from its ground.")
    parser.add_argument("scenes", type=Path, help="random scenes")
    folder = parser.parse_args().scenes
    if not any(folder.glob("*.json")):
        parser.error(f"{folder} holds no scenes; make some with scripts/render_crowds.py.")
    # No real plates are in that folder: what changes in those is known with the thing only.
    cases = plates(Folders(scenes=folder, photos=folder))
    rows = [row for row in map(rows_of, cases) if row is not None]
    report("shadows", rows, left_out(rows))


if __name__ == "__main__":
    main()
