"""Train the models of ShapeWorld: `python scripts/train_shapeworld.py all`.

Stages: vae, decoder (needs vae), inpainting (needs both), detector, segmenter.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from shapeworld.training import Options

STAGES = ("vae", "decoder", "inpainting", "detector", "segmenter")


def main() -> None:
    """Run one stage or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=(*STAGES, "all"))
    parser.add_argument(
        "--out", type=Path, default=Path("pipelines/shapeworld"), help="finished weights go here"
    )
    parser.add_argument("--steps", type=int, help="of the optimiser, instead of the stage's own")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--evaluate", action="store_true", help="measure a finished detector or segmenter instead"
    )
    given = parser.parse_args()
    options = Options(given.out, given.steps, given.resume, given.threads)
    for stage in STAGES if given.stage == "all" else (given.stage,):
        module = import_module(f"shapeworld.{stage}")
        if not given.evaluate:
            module.train(options)
        elif hasattr(module, "check"):
            print(f"{stage}: {module.check(options)}")


if __name__ == "__main__":
    main()
