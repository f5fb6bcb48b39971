"""How well a pipeline removes and replaces on scenes that were never trained on.

`python -m scripts.shapeworld.scores pipelines/shapeworld/inpainting --count 200`
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_inpaint import (
    StableDiffusionInpaintPipeline,
)
from numpy.typing import NDArray
from PIL import Image as Pictures

from .checks import colour_left, seen
from .domain import COLOURS, SHAPES, Image, Scene, Thing, scene
from .training import FRESH

BATCH = 8


@dataclass(frozen=True, slots=True)
class Trial:
    """A thing of a fresh scene, the hole made for it, and what shall stand there instead."""

    scene: Scene
    thing: Thing
    hole: NDArray[np.bool_]
    wanted: tuple[str, str]

    def left(self, pixels: Image) -> bool:
        """Whether the thing's colour is in the hole, other things that reach in left out."""
        others = np.zeros_like(self.hole)
        for other in self.scene.things:
            if other is not self.thing:
                others |= cv2.dilate((other.coverage() > 0).astype(np.uint8), np.ones((3, 3))) > 0
        return colour_left(pixels, self.hole & ~others, self.thing.colour)

    def psnr(self, pixels: Image) -> float:
        """In the hole, against the true scene without the thing, in dB."""
        true = self.scene.without(self.thing)[self.hole].astype(float)
        error = np.square(pixels[self.hole] - true).mean()
        return float(10 * np.log10(255**2 / max(error, 1e-3)))


def trial(number: int, margin: tuple[float, float] = (4.0, 7.0)) -> Trial:
    """The trial of a number: the silhouette grown by a margin in pixels, as the chain does."""
    drawn = scene(FRESH + number)
    rng = np.random.default_rng([5, number])
    thing = drawn.things[rng.integers(len(drawn.things))]
    wanted = (thing.colour, thing.shape)
    while wanted == (thing.colour, thing.shape):
        wanted = (str(rng.choice(list(COLOURS))), str(rng.choice(SHAPES)))
    size = 2 * round(rng.uniform(*margin)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    hole = cv2.dilate((thing.coverage() > 0).astype(np.uint8), kernel) > 0
    return Trial(drawn, thing, hole, wanted)


def fill(
    pipeline: Any,
    trials: list[Trial],
    prompts: list[str],
    negatives: list[str],
    known: list[Image] | None = None,
    **settings: Any,
) -> list[Image]:
    """The pipeline's pictures, with everything outside the holes as it was."""
    filled = []
    for start in range(0, len(trials), BATCH):
        part = slice(start, start + BATCH)
        pictures = known[part] if known else [one.scene.pixels for one in trials[part]]
        made = pipeline(
            prompt=prompts[part],
            negative_prompt=negatives[part],
            image=[Pictures.fromarray(one) for one in pictures],
            mask_image=[Pictures.fromarray(one.hole) for one in trials[part]],
            generator=[torch.Generator().manual_seed(start + n) for n in range(len(pictures))],
            output_type="np",
            **settings,
        ).images
        for one, image in zip(trials[part], made, strict=True):
            new = np.rint(image * 255).astype(np.uint8)
            filled.append(np.where(one.hole[:, :, None], new, one.scene.pixels))
    return filled


def load(folder: Path) -> Any:
    """The pipeline in float32, silent."""
    pipeline: Any = StableDiffusionInpaintPipeline.from_pretrained(
        folder, torch_dtype=torch.float32, safety_checker=None, requires_safety_checker=False
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def removal(pipeline: Any, trials: list[Trial], **settings: Any) -> tuple[list[Image], list[bool]]:
    """Pictures and whether each is right: no colour left, at least 26 dB in the hole."""
    filled = fill(
        pipeline, trials, ["background"] * len(trials), [one.thing.name for one in trials],
        **settings,
    )  # fmt: skip
    return filled, [
        not one.left(image) and one.psnr(image) >= 26
        for one, image in zip(trials, filled, strict=True)
    ]


def replacement(
    pipeline: Any, trials: list[Trial], **settings: Any
) -> tuple[list[Image], list[bool]]:
    """Pictures and whether each shows the asked colour and shape."""
    prompts = ["a {} {}".format(*one.wanted).replace("a o", "an o") for one in trials]
    filled = fill(pipeline, trials, prompts, [one.thing.name for one in trials], **settings)
    return filled, [
        seen(image, one.hole) == one.wanted for one, image in zip(trials, filled, strict=True)
    ]


def main() -> None:
    """Print both rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--guidance", type=float, nargs=2, default=(1.5, 3.0))
    given = parser.parse_args()
    pipeline = load(given.folder)
    trials = [trial(number) for number in range(given.count)]
    for kind, guidance in zip((removal, replacement), given.guidance, strict=True):
        settings = {"num_inference_steps": given.steps, "guidance_scale": guidance, "strength": 1.0}
        _, right = kind(pipeline, trials, **settings)
        print(f"{kind.__name__}: {sum(right)} of {len(right)} at {settings}")


if __name__ == "__main__":
    main()
