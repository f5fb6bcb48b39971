"""The chain: instruction -> plan -> regions -> mask -> matte -> filled -> edited -> verdict.

Only this module knows the order of the stages; only it retries, after the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from autoedit import abilities, backends, masking, verification
from autoedit.core.mask import Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep, Target
from autoedit.core.progress import Progress, silent
from autoedit.core.region import Box, Point, Region, Regions
from autoedit.core.result import Check, EditResult, StepResult, Verdict
from autoedit.errors import (
    InpaintingError,
    MaskError,
    TargetNotFoundError,
)
from autoedit.filling import fill_holes, removal_request
from autoedit.grounding import Grounder, PreparedGrounding
from autoedit.inpainting import FillRequest, Inpainter
from autoedit.pipeline import Pipeline, default_pipeline, load_pipeline
from autoedit.planning import Planner
from autoedit.pointing import (
    MaskSource,
    PhotoSource,
    Pick,
    Pointer,
    given_mask,
    notes_for,
    others_than,
    photo_from,
    picked,
    pointer_for,
)
from autoedit.restyle import restyled
from autoedit.run import Run
from autoedit.segmentation import PreparedSegmentation, Prompt, Segmenter

_EVERY_OBJECT = Target(phrase="all the objects", head="object", quantity="all")


class Editor:
    """Loads a pipeline's back ends once, each when first needed, and edits many photos.

    Args:
        pipeline: a name (`autoedit.pipeline.available()`), a YAML file, or a `Pipeline`; None is
            $AUTOEDIT_PIPELINE, else "embedded".
        overrides: "stage.key=value" each, on top of a named pipeline.

    Raises:
        SettingError: when the pipeline or an override is not known.
    """

    def __init__(
        self,
        pipeline: str | Path | Pipeline | None = None,
        *,
        overrides: tuple[str, ...] = (),
    ) -> None:
        if isinstance(pipeline, Pipeline):
            self.pipeline = pipeline
        else:
            self.pipeline = load_pipeline(pipeline or default_pipeline(), overrides)
        # The last photo that each stage prepared, so that retries and several steps share it.
        self._prepared: dict[str, tuple[PixelArray, Any]] = {}

    # The back ends ---------------------------------------------------------------------------

    def _create(self, stage: str) -> Any:
        choice = self.pipeline.choices[stage]
        return backends.create(stage, choice.backend, choice.settings)

    @cached_property
    def _planner(self) -> Planner:
        return self._create("planning")

    @cached_property
    def _grounder(self) -> Grounder:
        return self._create("grounding")

    @cached_property
    def _segmenter(self) -> Segmenter:
        return self._create("segmentation")

    @cached_property
    def _inpainter(self) -> Inpainter:
        return self._create("inpainting")

    def _load(self, plan: EditPlan, pointer: Pointer) -> None:
        """Load what the plan needs now, so that a wrong setting or missing weights cost no work."""
        needed = {"_grounder": not pointer.given, "_segmenter": pointer.mask is None,
                  "_inpainter": any(step.operation == "remove" for step in plan.steps)}  # fmt: skip
        for name, is_needed in needed.items():
            if is_needed:
                getattr(self, name)

    def _prepare(self, stage: str, photo: Photo) -> Any:
        pixels, prepared = self._prepared.get(stage, (None, None))
        if pixels is not photo.pixels:
            backend = self._grounder if stage == "grounding" else self._segmenter
            prepared = backend.prepare(photo)
            self._prepared[stage] = (photo.pixels, prepared)
        return prepared

    # What a caller asks for ------------------------------------------------------------------

    def plan(self, instruction: str) -> EditPlan:
        """Parse an instruction.

        Raises:
            InstructionError: when it is empty, too long, or not understood.
        """
        return self._planner.plan(instruction)

    def locate(self, photo: PhotoSource, phrase: str) -> Regions:
        """Everything in a photo that fits a phrase ("the red mug"), best first; may be empty."""
        return self._ground(photo_from(photo), self._target(phrase))

    def segment(
        self,
        photo: PhotoSource,
        phrase: str | None = None,
        *,
        box: Box | None = None,
        point: Point | Sequence[Point] | None = None,
        pick: Pick | None = None,
    ) -> Mask:
        """The outline of what a phrase names or a box or point shows, float32 (H, W).

        Raises:
            TargetError: when nothing fits, or more than one thing does and `pick` is None.
            MaskError: when the box or a point lies outside the photo.
        """
        loaded = photo_from(photo)
        pointer = pointer_for(loaded, box, point, None, pick)
        target = self._target(phrase or "the main subject")
        return self._select(loaded, target, pointer, Run())[1]

    def inpaint(
        self,
        photo: PhotoSource,
        mask: MaskSource,
        *,
        prompt: str = "",
        grow: float = 0.0,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Photo:
        """Fill a hole, as the mask gives it: above half is filled, the rest stays bit-identical.

        Args:
            photo: as for `edit`.
            mask: of the photo's size.
            prompt: what to draw, for pipelines that follow one.
            grow: pixels to grow the mask by first; an outline of a thing needs some 1 % of the
                photo's side, or its rim stays.
            seed: same seed, same bits.
            progress: as for `edit`.

        Raises:
            MaskError: when the mask has another size than the photo, or is empty or full.
        """
        loaded = photo_from(photo)
        hole = given_mask(mask, loaded)
        if prompt and not self._inpainter.needs.follows_prompt:
            raise abilities.needs_generation(self.pipeline, f"Filling a hole with {prompt!r}")
        matte = masking.matte_for(hole, grow, feather=0.0)
        if (matte.array > 0).all():
            raise MaskError("The grown mask covers the whole photo: nothing is left to fill from.")
        request = FillRequest(prompt=prompt, seed=seed)
        run = Run(seed, progress or silent)
        return loaded.with_pixels(fill_holes(self._inpainter, loaded, matte, request, run))

    def edit(
        self,
        photo: PhotoSource,
        instruction: str | EditPlan,
        *,
        seed: int = 0,
        box: Box | None = None,
        point: Point | Sequence[Point] | None = None,
        mask: MaskSource | None = None,
        pick: Pick | None = None,
        candidates: int = 1,
        progress: Progress | None = None,
    ) -> EditResult:
        """Do what an instruction says.

        Args:
            photo: a path, "sample:NAME", bytes, PIL image, uint8 array, or `Photo`.
            instruction: a sentence, or a plan made before.
            seed: same seed, same bits.
            box: xyxy in pixels, round the target.
            point: (x, y) in pixels on the target, or several.
            mask: the target's mask; above half is inside.
            pick: which of several fitting things, from 1, or "all".
            candidates: how many results to make with different seeds; the best verdict wins.
            progress: called with a stage's name and the fraction done; False cancels.

        Raises:
            AutoEditError: see `autoedit.errors`; nothing is written in any case.
        """
        run = Run(seed, progress or silent)
        with run.stage("loading"):
            loaded = photo_from(photo)
            pointer = pointer_for(loaded, box, point, mask, pick)
        with run.stage("planning"):
            plan = self.plan(instruction) if isinstance(instruction, str) else instruction
            abilities.check(plan, pointer, self.pipeline)
            self._load(plan, pointer)
        results = [
            self._run(loaded, plan, pointer, replace(run, seed=seed + number))
            for number in range(max(1, candidates))
        ]
        results.sort(key=lambda result: result.verdict.penalty)
        best = results[0]
        if len(results) > 1:
            best = replace(best, candidates=tuple(result.photo for result in results))
        return best

    # The chain -------------------------------------------------------------------------------

    def _run(self, original: Photo, plan: EditPlan, pointer: Pointer, run: Run) -> EditResult:
        photo = original
        steps: list[StepResult] = []
        notes: list[str] = []
        for step in plan.steps:
            regions, mask = self._select(photo, step.target, pointer, run)
            if pointer.mask is None:  # what a person painted is meant as it is
                with run.stage("masking"):
                    settings = self.pipeline.masking
                    mask = masking.clean(mask, speck=settings.speck, hole=settings.hole)
            notes += notes_for(step.target, regions, mask, pointer)
            if step.operation == "remove":
                photo, result = self._remove(photo, step, regions, mask, pointer, run)
            else:
                photo, result = self._restyle(photo, step, regions, mask, run)
            steps.append(result)
        return EditResult(
            photo=photo,
            original=original,
            plan=plan,
            steps=tuple(steps),
            timings=run.timings,
            seed=run.seed,
            backends={stage: choice.backend for stage, choice in self.pipeline.choices.items()},
            pipeline=self.pipeline.name,
            notes=(*original.notes, *plan.notes, *notes),
        )

    def _select(
        self, photo: Photo, target: Target, pointer: Pointer, run: Run
    ) -> tuple[tuple[Region, ...], Mask]:
        """Grounding and segmentation: the regions meant, and their exact outline together."""
        if pointer.mask is not None:
            box = pointer.mask.box or (0.0, 0.0, 0.0, 0.0)
            return (Region(box, 1.0, target.phrase, pointer.mask, ("mask given",)),), pointer.mask
        if pointer.given:
            prompts = [Prompt(box=pointer.box, points=pointer.points)]
            regions: tuple[Region, ...] = ()
        else:
            with run.stage("grounding"):
                regions = picked(self._ground(photo, target), target, pointer.pick)
            prompts = [Prompt(box=region.box, mask=region.mask) for region in regions]
        with run.stage("segmentation"):
            segmenter: PreparedSegmentation = self._prepare("segmentation", photo)
            outlines = [segmenter.outline(prompt) for prompt in prompts]
        mask = outlines[0]
        for outline in outlines[1:]:
            mask = mask | outline
        if mask.box is None:
            place = "there" if pointer.given else f"where {target.phrase!r} should be"
            raise TargetNotFoundError(
                f"No outline can be made out {place}. Draw a box round the whole thing with --box, "
                "or give a mask with --mask."
            )
        if pointer.given:
            regions = (Region(mask.box, 1.0, target.phrase, mask, ("pointed at",)),)
        return regions, mask

    def _ground(self, photo: Photo, target: Target) -> Regions:
        prepared: PreparedGrounding = self._prepare("grounding", photo)
        return prepared.find(target)

    def _remove(
        self,
        photo: Photo,
        step: EditStep,
        regions: tuple[Region, ...],
        mask: Mask,
        pointer: Pointer,
        run: Run,
    ) -> tuple[Photo, StepResult]:
        """Fill where the target and its shadow were; again with more growth if it shows."""
        with run.stage("masking"):
            hole = self._with_effects(photo, mask, step)
        with run.stage("grounding"):
            everything = self._ground(photo, _EVERY_OBJECT)
            others = others_than(mask, everything, self.pipeline.masking.spared)
            spared_from, margin = mask, self.pipeline.masking.grow_minimum
            if step.effects == "only":  # then the thing itself is one that stays
                others, spared_from, margin = others | mask, hole, 0.0
        best: tuple[Photo, Mask, Verdict] | None = None
        attempts = 0
        for attempt in range(self.pipeline.verification.attempts):
            attempts += 1
            with run.stage("masking"):
                matte = self._matte(hole, self.pipeline.verification.grow_more**attempt)
                matte = masking.spare(matte, others, spared_from, margin=margin)
            request = removal_request(self._inpainter, step, others, run.seed + 7919 * attempt)
            with run.stage("inpainting"):
                pixels = fill_holes(self._inpainter, photo, matte, request, run)
            edited = photo.with_pixels(pixels)
            with run.stage("verification"):
                verdict = self._verify(photo, edited, step, mask, matte, others, pointer)
            if best is None or verdict.penalty < best[2].penalty:
                best = (edited, matte, verdict)
            if verdict.passed:
                break
        if best is None:  # the settings ask for one attempt at least
            raise InpaintingError("No fill was tried.")
        edited, matte, verdict = best
        return edited, StepResult(step.operation, regions, mask, matte, attempts, verdict)

    def _with_effects(self, photo: Photo, mask: Mask, step: EditStep) -> Mask:
        """The target with the shadow it casts, without it, or the shadow alone."""
        if step.effects == "keep" or not self.pipeline.masking.shadows:
            return mask
        shadow = masking.shadow_mask(photo.pixels, mask)
        if step.effects == "only":
            if shadow.box is None:
                raise TargetNotFoundError(f"{step.target.phrase!r} casts no shadow that shows.")
            return shadow
        return mask | shadow

    def _matte(self, mask: Mask, factor: float = 1.0) -> Mask:
        settings = self.pipeline.masking
        radius = masking.grow_radius(
            mask,
            fraction=settings.grow,
            minimum=settings.grow_minimum,
            maximum=settings.grow_maximum,
        )
        matte = masking.matte_for(mask, radius * factor, feather=settings.feather)
        if (matte.array > 0).all():
            raise MaskError(
                "The target covers the whole photo: nothing is left to fill from. "
                "Point at a smaller thing with --box or --mask."
            )
        return matte

    def _restyle(
        self, photo: Photo, step: EditStep, regions: tuple[Region, ...], mask: Mask, run: Run
    ) -> tuple[Photo, StepResult]:
        """The operations that need no fill: a colour, a blur, another background, a cut-out."""
        with run.stage("compositing"):
            edited, matte = restyled(photo, step, mask, self._matte(mask))
        with run.stage("verification"):
            checks = [verification.outside_untouched(photo.pixels, edited.pixels, matte)]
        return edited, StepResult(step.operation, regions, mask, matte, 1, Verdict(tuple(checks)))

    def _verify(
        self, before: Photo, after: Photo, step: EditStep, mask: Mask, matte: Mask,
        others: Mask, pointer: Pointer,
    ) -> Verdict:  # fmt: skip
        settings = self.pipeline.verification
        checks: list[Check] = [
            verification.outside_untouched(before.pixels, after.pixels, matte),
            verification.seam(after.pixels, matte, others, bound=settings.seam),
        ]
        if step.effects != "only":
            again = self._found_again(before, after, step.target, mask, pointer)
            checks.append(verification.coverage(mask, matte, bound=settings.coverage))
            checks.append(verification.target_gone(again, mask, bound=settings.gone))
        return Verdict(tuple(checks))

    def _found_again(
        self, before: Photo, after: Photo, target: Target, mask: Mask, pointer: Pointer
    ) -> Regions | None:
        """The target grounded in the result; None when its words did not find it before either."""
        if pointer.given:
            found = [region.mask for region in self._ground(before, target) if region.mask]
            overlap = [(each.binary & mask.binary).sum() for each in found]
            if not overlap or max(overlap) < 0.3 * mask.binary.sum():
                return None
        return self._ground(after, target)

    # What can be asked -----------------------------------------------------------------------

    def _target(self, phrase: str) -> Target:
        """A bare phrase, read by the planner as the target of a step."""
        return self.plan(f"remove {phrase}").steps[0].target
