"""The pictures that a plan sets into a photo: each cut out once, and set in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoedit import inserting, selecting
from autoedit.backgrounds import cut_out
from autoedit.compositing import pictures
from autoedit.compositing.placing import piece_of
from autoedit.compositing.transparency import own_alpha
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep, Target
from autoedit.core.region import Region
from autoedit.core.result import StepResult
from autoedit.errors import PhotoError, TargetError
from autoedit.filling import Filled, Job
from autoedit.inserting import Insert
from autoedit.masking import Cutout
from autoedit.pointing import Pointer
from autoedit.run import Run
from autoedit.stages import Stages

_KEPT = 4
_SUBJECT = EditStep(operation="extract", target=Target(phrase="the main subject", head="subject"))


class Pictures:
    """Cuts the things out of pictures, by their own alpha, else as their main subject.

    Args:
        stages: find and outline a subject.
    """

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._cut: dict[tuple[str, int], Cutout] = {}

    def prepare(self, plan: EditPlan, photo: Photo, run: Run) -> None:
        """Cut out all that a plan needs, so that what cannot be used costs no other work.

        Raises:
            PhotoError: when a picture cannot be read, is tiny, or shows no thing.
        """
        for step in plan.steps:
            self.insert(step, photo, run)

    def insert(self, step: EditStep, photo: Photo, run: Run) -> Insert | None:
        """The picture that a step sets into a photo; None for a step without."""
        if not inserting.has_picture(step) or step.replacement is None:
            return None
        source = step.replacement.image
        picture = pictures.thing_picture(source)
        manner = self._stages.pipeline.compositing.manner
        flat = inserting.is_flat(step, picture, manner)
        whole = flat and own_alpha(picture) is None
        if whole:
            cutout = Cutout(Mask(np.ones(picture.shape, np.float32), "picture"), picture.pixels)
        else:
            cutout = self._cutout(source, picture, run)
        coloured = pictures.in_colours_of(photo, picture.with_pixels(cutout.colours))
        piece = piece_of(coloured.pixels, cutout.alpha)
        casts = step.effects != "keep"  # an old shadow that stays needs no second
        return Insert(source, piece, flat, whole, casts, cutout.notes)

    def put_in(
        self, before: Photo, fills: Sequence[Filled], job: Job, regions: tuple[Region, ...],
        mask: Mask, insert: Insert, run: Run,
    ) -> tuple[list[Filled], tuple[str, ...]]:  # fmt: skip
        """The picture where things were that have been taken out; see `inserting.replaced`."""
        with run.stage("compositing"):
            places = inserting.places(regions, mask)
            settings = self._stages.pipeline.compositing
            near = job.request.forbidden
            return inserting.replaced(before, fills, places, near, insert, settings)

    def add(
        self, photo: Photo, step: EditStep, regions: tuple[Region, ...], mask: Mask,
        pointer: Pointer, insert: Insert, run: Run,
    ) -> tuple[Photo, StepResult]:  # fmt: skip
        """The picture on a thing or beside it, where nothing has to be filled."""
        place = inserting.anchor_of(step, pointer) is None
        things = selecting.others(self._stages, photo, mask, run, place=place)
        others = selecting.joined(things, mask.shape)
        with run.stage("compositing"):
            places = inserting.places(regions, mask)
            settings = self._stages.pipeline.compositing
            done, notes = inserting.added(photo, step, places, others, pointer, insert, settings)
        return done.photo, StepResult(
            step.operation, regions, mask, done.matte, 1, done.verdict, notes
        )

    def _cutout(self, source: str, picture: Photo, run: Run) -> Cutout:
        own = own_alpha(picture)
        if own is not None:
            return Cutout(own, picture.pixels)
        key = source, pictures.changed_at(source)
        if key not in self._cut:
            try:
                _, mask = selecting.select(self._stages, picture, _SUBJECT, Pointer(), run)
            except TargetError as error:
                raise PhotoError(
                    f"No thing can be told from its background in the picture {source}. Cut it out "
                    f"first, 'autoedit extract {source} --box ...', and give that file."
                ) from error
            while len(self._cut) >= _KEPT:
                self._cut.pop(next(iter(self._cut)))
            self._cut[key] = cut_out(picture, mask)
        return self._cut[key]
