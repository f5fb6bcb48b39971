"""The chain: instruction -> plan -> regions -> mask -> matte -> filled -> edited -> verdict.

Only this module knows the order of the stages; only it retries, after the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from autoedit import abilities, holes, inserting, masking, selecting, verification
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep
from autoedit.core.progress import Progress, silent
from autoedit.core.region import Box, Point, Region, Regions
from autoedit.core.result import Check, EditResult, StepResult, Verdict
from autoedit.errors import MaskError
from autoedit.filling import fill_holes, fill_until_good
from autoedit.inpainting import FillRequest
from autoedit.picturing import Pictures
from autoedit.pipeline import Pipeline, default_pipeline, load_pipeline
from autoedit.planning.keeping import together
from autoedit.pointing import (
    MaskSource,
    PhotoSource,
    Pick,
    Pointer,
    given_mask,
    notes_for,
    photo_from,
    pointer_for,
)
from autoedit.products import finishing
from autoedit.products.colours import in_srgb
from autoedit.products.requests import aimed, completed, no_rules
from autoedit.products.tidying import tidied
from autoedit.restyle import restyled
from autoedit.run import Run
from autoedit.stages import Stages


class Editor:
    """Loads a pipeline's back ends once, each when first needed, and edits many photos.

    Args:
        pipeline: a name (`autoedit.pipeline.available()`), a YAML file, a `Pipeline`, or the
            `Stages` of one; None is $AUTOEDIT_PIPELINE, else "embedded".
        overrides: "stage.key=value" each, on top of a named pipeline.
        pull: whether weights that are missing may be downloaded.

    Raises:
        SettingError: when the pipeline or an override is not known.
    """

    def __init__(
        self,
        pipeline: str | Path | Pipeline | Stages | None = None,
        *,
        overrides: tuple[str, ...] = (),
        pull: bool = False,
    ) -> None:
        if not isinstance(pipeline, Pipeline | Stages):
            pipeline = load_pipeline(pipeline or default_pipeline(), overrides)
        self._stages = pipeline if isinstance(pipeline, Stages) else Stages(pipeline, pull=pull)
        self.pipeline = self._stages.pipeline
        self._pictures = Pictures(self._stages)

    # What a caller asks for ------------------------------------------------------------------

    def plan(self, instruction: str, photo: PhotoSource | None = None) -> EditPlan:
        """Parse an instruction; a planner that sees looks at the photo too.

        Raises:
            InstructionError: when it is empty, too long, or not understood.
        """
        planner = self._stages.planner
        seen = photo_from(photo) if photo is not None and planner.sees else None
        return planner.plan(instruction, seen)

    def locate(self, photo: PhotoSource, phrase: str) -> Regions:
        """Everything in a photo that fits a phrase ("the red mug"), best first; may be empty."""
        return self._stages.ground(photo_from(photo), self._stages.target(phrase))

    def segment(
        self,
        photo: PhotoSource,
        phrase: str | None = None,
        *,
        box: Box | None = None,
        point: Point | Sequence[Point] | None = None,
        negative_point: Point | Sequence[Point] | None = None,
        pick: Pick | None = None,
    ) -> Mask:
        """The outline of what a phrase names or a box or point shows, float32 (H, W).

        Raises:
            TargetError: when nothing fits, or more than one thing does and `pick` is None.
            MaskError: when the box or a point lies outside the photo.
        """
        loaded = photo_from(photo)
        pointer = pointer_for(loaded, box, point, negative_point, None, pick)
        target = self._stages.target(phrase or "the main subject")
        step = EditStep(operation="extract", target=target)
        return selecting.select(self._stages, loaded, step, pointer, Run())[1]

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
        run = Run(seed, progress or silent)
        self._stages.progress = run.progress
        loaded = photo_from(photo)
        hole = given_mask(mask, loaded)
        if prompt and not self.pipeline.draws:
            raise abilities.needs_generation(self.pipeline, f"Filling a hole with {prompt!r}")
        matte = masking.matte_for(hole, grow, feather=0.0)
        if (matte.array > 0).all():
            raise MaskError("The grown mask covers the whole photo: nothing is left to fill from.")
        request = FillRequest(prompt=prompt, intent="draw" if prompt else "remove", seed=seed)
        (pixels,) = fill_holes(self._stages.inpainter, loaded, matte, request, run)
        return loaded.with_pixels(pixels)

    def check(self, photo: PhotoSource) -> tuple[Check, ...]:
        """Hold a finished product photo to the pipeline's rules, without editing it.

        Args:
            photo: as for `edit`; the file's own format and size count.

        Raises:
            SettingError: when the pipeline has no `product` section.
        """
        if self.pipeline.product is None:
            raise no_rules(self.pipeline.name)
        size, product = finishing.file_size(photo), self.pipeline.product
        loaded, written = photo_from(photo), self._stages.written
        return finishing.judged(loaded, size, product, written, self.segment)

    def edit(
        self,
        photo: PhotoSource,
        instruction: str | EditPlan,
        *,
        seed: int = 0,
        box: Box | None = None,
        point: Point | Sequence[Point] | None = None,
        negative_point: Point | Sequence[Point] | None = None,
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
            negative_point: (x, y) in pixels beside it, or several; with a box or points.
            mask: the target's mask; above half is inside.
            pick: which of several fitting things, from 1, or "all".
            candidates: how many results to make with different seeds; the best verdict wins.
            progress: called with a stage's name and the fraction done; False cancels.

        Raises:
            AutoEditError: see `autoedit.errors`; nothing is written in any case.
        """
        run = Run(seed, progress or silent)
        self._stages.progress = run.progress
        with run.stage("loading"):
            loaded = photo_from(photo)
            pointer = pointer_for(loaded, box, point, negative_point, mask, pick)
        with run.stage("planning"):
            plan = self.plan(instruction, loaded) if isinstance(instruction, str) else instruction
            plan = together(plan)
            if (product := self.pipeline.product) is not None:
                loaded = in_srgb(loaded)
                plan = tidied(completed(plan, product), loaded, product)
            abilities.check(plan, loaded, pointer, self.pipeline)
            self._load(plan, pointer)
        self._pictures.prepare(plan, loaded, run)
        # Candidates of one step are drawn together; of several, each goes its own way.
        runs, count = (1, candidates) if len(plan.steps) == 1 else (candidates, 1)
        results = [
            result
            for number in range(max(1, runs))
            for result in self._run(
                loaded, plan, pointer, replace(run, seed=seed + number), max(1, count)
            )
        ]
        results.sort(key=lambda result: result.verdict.penalty)
        best = results[0]
        if len(results) > 1:
            best = replace(best, candidates=tuple(result.photo for result in results))
        return best

    def _load(self, plan: EditPlan, pointer: Pointer) -> None:
        """Load what the plan needs now, so that a wrong setting or missing weights cost no work."""
        fills = any(abilities.fills(step) for step in plan.steps)
        # A fill and a picture look for the things near them, and a picture is cut out.
        looks = fills or any(inserting.has_picture(step) for step in plan.steps)
        needed = {
            "grounding": looks or not pointer.given,
            "segmentation": looks or pointer.mask is None,
            "inpainting": fills,
        }
        stages = [stage for stage, is_needed in needed.items() if is_needed]
        self._stages.require(stages)
        for stage in stages:
            self._stages.load(stage)

    # The chain -------------------------------------------------------------------------------

    def _run(
        self, original: Photo, plan: EditPlan, pointer: Pointer, run: Run, count: int
    ) -> list[EditResult]:
        """All steps, one after the other; `count` results when there is one step."""
        photo = original
        steps: list[StepResult] = []
        notes: list[str] = []
        tried: list[tuple[Photo, StepResult]] = []
        product = self.pipeline.product
        for step in plan.steps:
            aim = pointer
            if step not in aimed(plan, product):  # a pick is free for it when its product is shown
                aim = Pointer(pick=pointer.pick if pointer.given else None)
            regions, mask = selecting.select(self._stages, photo, step, aim, run)
            meant = inserting.anchor_of(step, aim) or step.target
            notes += notes_for(meant, regions, mask, aim)
            tried = self._do(photo, step, regions, mask, aim, run, count)
            photo, result = tried[0]
            steps.append(result)
            notes += result.notes
        if product is not None:
            with run.stage("finishing"):
                done = finishing.finish(photo, original, steps, plan, product, self._stages.written)
            photo, tried = done.photo, []
            steps.append(finishing.as_step(done, original))
            notes += done.notes
        first = EditResult(
            photo=photo,
            original=original,
            plan=plan,
            steps=tuple(steps),
            timings=run.timings,
            seed=run.seed,
            backends={stage: choice.backend for stage, choice in self.pipeline.choices.items()},
            weights=self.pipeline.references(),
            pipeline=self.pipeline.name,
            notes=(*original.notes, *plan.notes, *notes),
        )
        further = tried[1:] if len(steps) == 1 else []
        return [first, *(replace(first, photo=each, steps=(result,)) for each, result in further)]

    def _do(
        self, photo: Photo, step: EditStep, regions: tuple[Region, ...], mask: Mask,
        pointer: Pointer, run: Run, count: int,
    ) -> list[tuple[Photo, StepResult]]:  # fmt: skip
        """One step on what was selected; several results, best first, where seeds matter."""
        insert, notes = self._pictures.insert(step, photo, run), ()
        before = photo
        if insert is not None and step.operation == "add":
            return [self._pictures.add(photo, step, regions, mask, pointer, insert, run)]
        if insert is not None:
            cleared = inserting.as_removal(step, insert)
            photo, job = holes.removal(self._stages, photo, cleared, regions, mask, pointer, run)
        elif step.operation == "remove":
            photo, job = holes.removal(self._stages, photo, step, regions, mask, pointer, run)
        elif abilities.draws(step):
            photo, job, notes = holes.drawn(self._stages, photo, step, mask, run)
        else:
            return [self._restyle(photo, step, regions, mask, run)]
        inpainter, settings = self._stages.inpainter, self.pipeline.verification
        fills = fill_until_good(inpainter, photo, job, settings, run, count)
        if insert is not None:
            fills, notes = self._pictures.put_in(before, fills, job, regions, mask, insert, run)
        return [
            (each.photo, StepResult(step.operation, regions, mask, each.matte, each.attempts,
                                    each.verdict, notes))
            for each in fills
        ]  # fmt: skip

    def _restyle(
        self, photo: Photo, step: EditStep, regions: tuple[Region, ...], mask: Mask, run: Run
    ) -> tuple[Photo, StepResult]:
        """The operations that need no fill: a colour, a blur, another background, a cut-out."""
        with run.stage("compositing"):
            grown = partial(holes.grown, self.pipeline)
            edited, matte, notes = restyled(photo, step, mask, self.pipeline, grown)
        with run.stage("verification"):
            checks = [verification.outside_untouched(photo.pixels, edited.pixels, matte)]
        verdict = Verdict(tuple(checks))
        return edited, StepResult(step.operation, regions, mask, matte, 1, verdict, notes)
