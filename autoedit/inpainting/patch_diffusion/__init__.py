"""Patch diffusion: a diffusion sampler that needs no weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autoedit.core.mask import BoolArray, PixelArray
from autoedit.core.window import window_with_sources
from autoedit.errors import BackendUnavailableError, CancelledError, SettingError
from autoedit.inpainting import FillRequest, WindowNeeds
from autoedit.inpainting.patch_diffusion.bridges import bridged, lacks_joint
from autoedit.inpainting.patch_diffusion.regular import laid
from autoedit.inpainting.patch_diffusion.sampler import Settings, sample

if TYPE_CHECKING:
    from autoedit.inpainting.patch_diffusion.pipeline import PatchDiffusionPipeline

_SMALLEST = 256  # pixels, of a window's side
_WIDER = 1.5  # so many times as wide a window is what a lattice is sought in

__all__ = ["PatchDiffusion", "PatchDiffusionPipeline"]


def __getattr__(name: str) -> Any:
    """The pipeline, which alone needs torch and diffusers, when it is asked for."""
    if name != "PatchDiffusionPipeline":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from autoedit.inpainting.patch_diffusion.pipeline import PatchDiffusionPipeline
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            f"PatchDiffusionPipeline needs {error.name}. Run: pip install 'autoedit[neural]'"
        ) from error
    return PatchDiffusionPipeline


class PatchDiffusion:
    """Fills a hole from the photo's own patches.

    Args:
        patch: side of a patch in pixels, odd.
        sigma_max, sigma_min: first and last noise level, of 255.
        coarse_steps, fine_steps, last_steps: sampler steps at the coarsest level, at each finer
            one, and at the photo's own scale.
        confidence: by what factor a pixel's say falls with each pixel of distance from what is
            known; above 1.
        screening: weight of the voted colours against the voted gradients.
        structure: pixels of the hole, at most, among which its structure is sought before the
            sampler begins; 0 for none.
        guided_sigma: first noise level after that, of 255.
        context: side of the window as a multiple of the hole's.

    Raises:
        SettingError: for a value out of range.
    """

    def __init__(
        self,
        *,
        patch: int = 9,
        sigma_max: float = 60.0,
        sigma_min: float = 4.0,
        coarse_steps: int = 8,
        fine_steps: int = 3,
        last_steps: int = 1,
        confidence: float = 1.15,
        screening: float = 0.02,
        structure: int = 3000,
        guided_sigma: float = 10.0,
        context: float = 2.5,
    ) -> None:
        if patch < 3 or patch % 2 == 0:
            raise SettingError(f"inpainting.patch must be odd and at least 3; it is {patch}.")
        if not 0 < sigma_min <= guided_sigma <= sigma_max:
            raise SettingError("inpainting: 0 < sigma_min <= guided_sigma <= sigma_max must hold.")
        if (
            min(coarse_steps, fine_steps, last_steps) < 1
            or confidence < 1
            or screening <= 0
            or context < 1.2
            or structure < 0
        ):
            raise SettingError(
                "inpainting: steps must be at least 1, confidence at least 1, screening above 0, "
                "context at least 1.2 and structure at least 0."
            )
        self._settings = Settings(
            patch,
            sigma_max,
            sigma_min,
            coarse_steps,
            fine_steps,
            last_steps,
            confidence,
            screening,
            structure,
            guided_sigma,
        )
        self._context = context
        self._needs = WindowNeeds(context=_WIDER * context, minimum=_SMALLEST, copies=True)

    @property
    def needs(self) -> WindowNeeds:
        """What the window must be like."""
        return self._needs

    def fill(self, pixels: PixelArray, hole: BoolArray, request: FillRequest) -> list[PixelArray]:
        """Fill the hole; see `autoedit.inpainting.Inpainter`."""
        fills: list[PixelArray] = []

        def report(fraction: float) -> None:
            done = (len(fills) + fraction) / request.count
            if request.progress("inpainting", done) is False:
                raise CancelledError("The edit was cancelled during inpainting.")

        forbidden = np.zeros_like(hole) if request.forbidden is None else request.forbidden
        usable = ~hole & ~forbidden
        regular = laid(pixels, hole, usable, self._settings.structure)
        if regular is not None and not lacks_joint(pixels, *regular, hole, usable):
            pixels, hole = regular[0], hole & ~regular[1]
        structured = self._settings.structure > 0
        lines = bridged(pixels, hole, ~hole & ~forbidden) if structured else None
        if lines is not None:
            pixels, hole = lines[0], hole & ~lines[1]
        if not hole.any():
            return [pixels.copy() for _ in range(request.count)]
        rows, columns = np.nonzero(hole.any(axis=1))[0], np.nonzero(hole.any(axis=0))[0]
        box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        inner = window_with_sources(
            box, hole, ~hole & ~forbidden, context=self._context, minimum=_SMALLEST
        ).slices
        for seed in range(request.seed, request.seed + request.count):
            filled = pixels.copy()
            filled[inner] = sample(
                pixels[inner], hole[inner], forbidden[inner], seed, self._settings, report
            )
            fills.append(filled)
        return fills
