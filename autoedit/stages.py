"""A pipeline's back ends, loaded when first needed, and the photo that each has prepared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autoedit import backends
from autoedit.core.mask import Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.progress import Progress, silent
from autoedit.core.region import Regions
from autoedit.errors import WeightsError
from autoedit.grounding import Grounder, PreparedGrounding
from autoedit.grounding.text_wording import text_meant
from autoedit.inpainting import Inpainter
from autoedit.pipeline import Pipeline, available
from autoedit.planning import Planner
from autoedit.planning.replacement import members, subject_in
from autoedit.products import tidying
from autoedit.products.colours import in_srgb
from autoedit.segmentation import PreparedSegmentation, Prompt, Segmenter

if TYPE_CHECKING:
    from autoedit.grounding.text import PreparedText, TextGrounder

_BACK_ENDS = {
    "grounding": "grounder",
    "text": "text_grounder",
    "segmentation": "segmenter",
    "inpainting": "inpainter",
}
"""What is loaded or prepared, to the attribute of `Stages` that holds it."""


class Stages:
    """The back ends of one pipeline.

    Args:
        pipeline: which, and their settings.
        pull: whether missing weights may be downloaded.

    Attributes:
        progress: told how far a download is.
    """

    def __init__(self, pipeline: Pipeline, *, pull: bool = False) -> None:
        self.pipeline = pipeline
        self.progress: Progress = silent
        self._pull = pull
        # The last photo that each stage prepared, so that retries and several steps share it.
        self._prepared: dict[str, tuple[PixelArray, Any]] = {}

    @cached_property
    def planner(self) -> Planner:
        """Loaded on first use; so are the others."""
        return self._create("planning")

    @cached_property
    def grounder(self) -> Grounder:
        """Finds what a phrase names."""
        return self._create("grounding")

    @cached_property
    def text_grounder(self) -> TextGrounder:
        """Finds what is written; the same for every pipeline."""
        return backends.create("grounding", "text", {})

    @cached_property
    def segmenter(self) -> Segmenter:
        """Outlines what a box, points or a coarse mask show."""
        return self._create("segmentation")

    @cached_property
    def inpainter(self) -> Inpainter:
        """Fills holes."""
        return self._create("inpainting")

    def _create(self, stage: str) -> Any:
        choice = self.pipeline.choices[stage]
        if self._pull:
            from autoedit.models import download

            for reference in self.pipeline.references().get(stage, ()):
                download.ensure(reference, self.progress)
        return backends.create(stage, choice.backend, choice.settings)

    def load(self, stage: str) -> None:
        """Load a stage's back end now rather than when it is first used."""
        getattr(self, _BACK_ENDS[stage])

    def require(self, stages: Sequence[str]) -> None:
        """See that the weights of these stages are here before any work begins.

        Raises:
            WeightsError: says what to pull, all of it at once, and how large it is.
        """
        named = self.pipeline.references()
        references = dict.fromkeys(one for stage in stages for one in named.get(stage, ()))
        if not references or self._pull:
            return
        from autoedit.models import catalogue, store

        lacking: dict[str, WeightsError] = {}
        for reference in references:
            try:
                store.located(reference)
            except WeightsError as error:
                lacking[reference] = error
        if len(lacking) < 2:
            for error in lacking.values():
                raise error
            return
        name = self.pipeline.name
        wanted = name if name in available() else " ".join(lacking)
        raise WeightsError(
            f"The pipeline {name!r} lacks weights ({catalogue.total_in_words(lacking)}): "
            f"{', '.join(lacking)}. Run: autoedit models pull {wanted}, or give --pull."
        )

    def target(self, phrase: str) -> Target:
        """A bare phrase, read by the planner as the target of a step; all that it lists."""
        return subject_in(self.planner.plan(f"remove {phrase}"))

    def ground(self, photo: Photo, target: Target) -> Regions:
        """Everything in a photo that fits a target, best first.

        What is written in a photo is read, and dust and scratches are looked for, whichever the
        pipeline's grounding back end.
        """
        if len(each := members(target)) > 1:
            return _together([(one, self.ground(photo, one)) for one in each])
        if target.head in tidying.NAMES:
            return tidying.marks_found(photo, target)
        meant = text_meant(target)
        if meant is not None and (meant.sure or not self.knows_nouns):
            prepared_text: PreparedText = self._ready("text", photo)
            found = prepared_text.find(target, lambda other: self._found(photo, other).items)
            if len(found) or meant.sure:
                return found
        return self._found(photo, target)

    def written(self, photo: Photo) -> NDArray[np.float64]:
        """Boxes of all that is written in a photo, xyxy in pixels, (N, 4)."""
        reader: PreparedText = self._ready("text", photo)
        everything = reader.find(Target(phrase="all the text", head="text", quantity="all"))
        return np.array([region.box for region in everything.items]).reshape(-1, 4)

    @property
    def knows_nouns(self) -> bool:
        """Whether the grounding back end has learnt what a sign without words looks like."""
        return bool(backends.find("grounding", self.pipeline.grounding.backend).weights)

    def _found(self, photo: Photo, target: Target) -> Regions:
        prepared: PreparedGrounding = self._ready("grounding", photo)
        return prepared.find(target)

    def outline(self, photo: Photo, prompt: Prompt) -> Mask:
        """The outline of the thing at a prompt, float32 (H, W); may be empty."""
        prepared: PreparedSegmentation = self._ready("segmentation", photo)
        return prepared.outline(prompt)

    def _ready(self, stage: str, photo: Photo) -> Any:
        """What a back end makes of a photo, whose colours it sees as they look, in sRGB.

        A wide profile's numbers are duller, and the same photo would be of another thing.
        """
        pixels, prepared = self._prepared.get(stage, (None, None))
        if pixels is not photo.pixels:
            self._prepared.pop(stage, None)  # its memory is needed for the next
            prepared = getattr(self, _BACK_ENDS[stage]).prepare(in_srgb(photo))
            self._prepared[stage] = (photo.pixels, prepared)
        return prepared


def _together(found: Sequence[tuple[Target, Regions]]) -> Regions:
    """What several targets are, if each of them was found."""
    for target, regions in found:
        if not len(regions):
            note = regions.note or f"Nothing in the photo fits {target.phrase!r}."
            return replace(regions, note=note)
    items = tuple(region for _, regions in found for region in regions)
    note = next((regions.note for _, regions in found if regions.guessed), "")
    ambiguous = any(regions.ambiguous for _, regions in found)
    return Regions(items=items, ambiguous=ambiguous, note=note)
