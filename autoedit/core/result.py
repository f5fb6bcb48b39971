"""What an edit leaves behind: the photo, and how it came about."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from autoedit.core.files import save_photo
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan
from autoedit.core.region import Region


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the verification looked at.

    Attributes:
        name: "outside_untouched", "target_gone", "seam", "coverage", ...
        passed: whether `value` is within `bound`.
        value: what was measured; None when it could not be (then `passed` is True and `note` says
            why).
        bound: the limit it was held to.
        note: one line for a person.
    """

    name: str
    passed: bool
    value: float | None
    bound: float | None
    note: str = ""

    def report(self) -> dict[str, Any]:
        """JSON-able values."""
        return {
            "name": self.name,
            "passed": self.passed,
            "value": None if self.value is None else round(float(self.value), 5),
            "bound": self.bound,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The program's own judgement of an edit: all checks of all steps."""

    checks: tuple[Check, ...] = ()

    @property
    def passed(self) -> bool:
        """True when every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def penalty(self) -> tuple[int, float]:
        """Smaller is better: failed checks, then the sum of overshoots; orders candidates."""
        overshoot = 0.0
        for check in self.checks:
            if check.value is not None and check.bound:
                overshoot += check.value / check.bound
        return sum(not check.passed for check in self.checks), overshoot

    def report(self) -> dict[str, Any]:
        """JSON-able values."""
        return {"passed": self.passed, "checks": [check.report() for check in self.checks]}


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step's evidence.

    Attributes:
        operation: the step's operation.
        regions: what was edited.
        mask: the target's own mask, before growing (H, W).
        matte: what was composited: 0 where the photo is bit-identical to the input.
        attempts: how many fills were tried.
        verdict: of the attempt that was kept.
        notes: one-line remarks for a person.
    """

    operation: str
    regions: tuple[Region, ...]
    mask: Mask
    matte: Mask
    attempts: int
    verdict: Verdict
    notes: tuple[str, ...] = ()

    def report(self) -> dict[str, Any]:
        """JSON-able values."""
        return {
            "operation": self.operation,
            "regions": [region.report() for region in self.regions],
            "mask_area": round(self.mask.area, 6),
            "matte_area": round(float((self.matte.array > 0).mean()), 6),
            "attempts": self.attempts,
            "verdict": self.verdict.report(),
        }


@dataclass(frozen=True, slots=True)
class EditResult:
    """An edited photo with its evidence.

    Attributes:
        photo: the edited photo, with the input's metadata.
        original: the photo as it came in.
        plan: what was done.
        steps: one for each step of the plan.
        timings: seconds per stage, in the order in which the stages first ran.
        seed: the seed of the first attempt.
        backends: stage name to back end name.
        weights: stage name to the weights that its back end used, as the pipeline names them.
        pipeline: the pipeline's name.
        candidates: further edited photos when more than one was asked for, best first, the chosen
            one included.
        notes: one-line remarks ("CMYK was converted to RGB").
    """

    photo: Photo
    original: Photo
    plan: EditPlan
    steps: tuple[StepResult, ...]
    timings: dict[str, float] = field(default_factory=dict[str, float])
    seed: int = 0
    backends: dict[str, str] = field(default_factory=dict[str, str])
    weights: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    pipeline: str = ""
    candidates: tuple[Photo, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def image(self) -> Image.Image:
        """The edited photo as a PIL image of the input's size and mode family."""
        return self.photo.to_image()

    @property
    def mask(self) -> Mask:
        """The targets' own masks, joined: what was found, before growing. float32 (H, W)."""
        return self._joined("mask")

    @property
    def matte(self) -> Mask:
        """Where anything may differ from the input: above 0. float32 (H, W)."""
        return self._joined("matte")

    def _joined(self, name: str) -> Mask:
        masks: list[Mask] = [getattr(step, name) for step in self.steps]
        if not masks:
            return Mask(np.zeros(self.original.shape, np.float32), "none")
        joined = masks[0]
        for mask in masks[1:]:
            joined = joined | mask
        return joined

    @property
    def verdict(self) -> Verdict:
        """All steps' checks."""
        return Verdict(tuple(check for step in self.steps for check in step.verdict.checks))

    def save(self, path: str | Path, *, overwrite: bool = True) -> Path:
        """Write the edited photo atomically; the suffix decides the format.

        Raises:
            OutputError: when it cannot be written; nothing is left behind then.
        """
        return save_photo(self.photo, path, overwrite=overwrite)

    def report(self) -> dict[str, Any]:
        """A JSON-able account: plan, regions, verdict, timings, seed, back ends, notes."""
        return {
            "photo": self.original.name,
            "size": [self.original.width, self.original.height],
            "pipeline": self.pipeline,
            "backends": dict(self.backends),
            "weights": {stage: list(named) for stage, named in self.weights.items()},
            "seed": self.seed,
            "plan": self.plan.model_dump(mode="json"),
            "steps": [step.report() for step in self.steps],
            "verdict": self.verdict.report(),
            "timings": {name: round(seconds, 4) for name, seconds in self.timings.items()},
            "candidates": len(self.candidates),
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        """Before, mask and after, side by side, for a notebook."""
        pictures = {
            "before": Image.fromarray(self.original.pixels),
            "mask": self.mask.to_image(),
            "after": Image.fromarray(self.photo.pixels),
        }
        cells = "".join(
            f'<figure style="margin:4px;display:inline-block"><img src="{_data_url(picture)}">'
            f"<figcaption>{name}</figcaption></figure>"
            for name, picture in pictures.items()
        )
        word = "passed" if self.verdict.passed else "failed"
        return f"<div>{cells}<p>verdict: {word}</p></div>"


def _data_url(image: Image.Image, side: int = 360) -> str:
    image = image.copy()
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
