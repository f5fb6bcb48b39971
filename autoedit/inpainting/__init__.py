"""Inpainting: a hole in a window of the photo is filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from autoedit.core.mask import BoolArray, PixelArray
from autoedit.core.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class FillRequest:
    """What to fill with.

    Attributes:
        prompt: what should be there afterwards; empty for removal by weight-free back ends.
        negative_prompt: what must not be there.
        intent: "remove" continues the surroundings and invents nothing, "draw" puts what the prompt
            says into the hole, "change" alters what is there now as the prompt says.
        seed: same seed, same bits.
        count: how many fills to make, with the seeds `seed`, `seed` + 1, ...
        forbidden: bool (H, W) pixels that are known but must not serve as a source; None for none.
        progress: called with "inpainting" and the fraction done.
    """

    prompt: str = ""
    negative_prompt: str = ""
    intent: Literal["remove", "draw", "change"] = "remove"
    seed: int = 0
    count: int = 1
    forbidden: BoolArray | None = None
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class WindowNeeds:
    """What a back end wants of its window.

    Attributes:
        context: window side as a multiple of the hole's box side.
        minimum: smallest window side in pixels.
        multiple: sides are rounded up to a multiple of this.
        native: the long side the model was trained at; None takes any size.
        follows_prompt: whether the back end can draw what a prompt asks for.
        copies: whether it fills from the window's own pixels, so that the window grows until it
            holds enough of them.
    """

    context: float = 2.0
    minimum: int = 64
    multiple: int = 1
    native: int | None = None
    follows_prompt: bool = False
    copies: bool = False


class Inpainter(Protocol):
    """Fills holes in windows cut from a photo."""

    @property
    def needs(self) -> WindowNeeds:
        """What the window must be like."""
        ...

    def fill(self, pixels: PixelArray, hole: BoolArray, request: FillRequest) -> list[PixelArray]:
        """Fill the hole, as often as the request asks.

        Args:
            pixels: RGB uint8 (H, W, 3).
            hole: bool (H, W); True is unknown.
            request: what to fill with.

        Returns:
            `request.count` times RGB uint8 (H, W, 3), equal to `pixels` outside the hole or not:
            the caller composites.

        Raises:
            InpaintingError: when nothing is known to fill from.
            CancelledError: when the progress callback returned False.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """A hole to be filled: the arguments of `Inpainter.fill` as a value."""

    pixels: PixelArray
    hole: BoolArray
    request: FillRequest


@runtime_checkable
class BatchInpainter(Inpainter, Protocol):
    """One that fills the holes of several photos in less time than one after the other."""

    def fill_many(self, fills: Sequence[Fill]) -> list[list[PixelArray]]:
        """Fill each hole as `fill` does.

        Args:
            fills: in any sizes; those that can go together do.

        Returns:
            For each what `fill` returns, but for the rounding of a batch's sums: a level of 255
            here and there.

        Raises:
            AutoEditError: when one of them fails; then none is returned.
        """
        ...
