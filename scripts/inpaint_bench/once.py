"""One method on one photo, in a process of its own, so that its peak memory can be told.

    python once.py METHOD FOLDER
    python once.py

Without arguments it only imports.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from inpaint_bench.peers import methods, set_threads  # noqa: E402  (its package is found only now)


def main(arguments: list[str]) -> None:
    """Fill the hole that `peers.prepare` wrote."""
    set_threads()
    if arguments:
        key, folder = arguments[0], Path(arguments[1])
        photo, hole = np.load(folder / "photo.npy"), np.load(folder / "hole.npy")
        np.save(folder / "out.npy", methods()[key].fill(photo, hole).pixels)


if __name__ == "__main__":
    main(sys.argv[1:])
