"""Any inpainting pipeline of diffusers as an inpainter."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.core.progress import Progress
from autoedit.errors import AutoEditError, CancelledError, InpaintingError, SettingError
from autoedit.inpainting import Fill, FillRequest, WindowNeeds, families, loading
from autoedit.inpainting.attention_eraser import erasing
from autoedit.inpainting.prefill import known_image
from autoedit.inpainting.resizing import Fit
from autoedit.inpainting.samples import TEXTS, Sample, Work, copies, finished
from autoedit.models import device as devices
from autoedit.models import memory, store

_LOG = logging.getLogger(__name__)
_TILED_AREA = 1536 * 1536  # pixels above which the autoencoder works tile by tile
_PREFILL_SHARE = 0.1  # of the progress


class DiffusersInpainter:
    """Fills holes with any diffusion model that diffusers has an inpainting pipeline for.

    A window larger than the model's native size is reduced to it, a smaller one enlarged; one of
    the native size is not resampled. Removal starts from a structural prefill (patch diffusion),
    drawing from noise, change from the photo's own pixels. The autoencoder's shift of tone is taken
    back. The same seed gives the same bits on the same machine and libraries; noise is drawn on the
    CPU, so that a seed means the same on all of them.

    Args:
        model: reference to the weights, as for `autoedit.models.store.located`: a directory in the
            layout of diffusers, or a single .safetensors file.
        family: a name in `autoedit.inpainting.families.FAMILIES`; None reads it from the weights.
        steps, guidance, strength: None for the family's own; a strength holds for every intent.
        prefill: whether removal starts from a structural prefill, or else from noise.
        lora: reference to a LoRA in safetensors.
        lora_scale: its weight; 1 is all of it.
        scheduler: a name in `autoedit.inpainting.loading.SCHEDULERS`; None keeps the checkpoint's.
        offload: "none", "model" or "sequential"; None is chosen from the free memory.
        device, dtype: as for `autoedit.models.device.resolve`.
        context: side of the window as a multiple of the hole's.
        native: long side in pixels that the model works at; None reads it from the weights.
        config: for a single file, reference to the configuration of its parts.
        erase_attention: for removal by Stable Diffusion 1, 2 and XL: keep self-attention from the
            hole (see `autoedit.inpainting.attention_eraser`).

    Raises:
        SettingError: for a value out of range, or what the family cannot do.
        WeightsError: when weights are missing, damaged, or not in safetensors.
        BackendUnavailableError: when a library is missing or too old.
        OutOfMemoryError: when the weights do not fit.
    """

    def __init__(
        self,
        model: str,
        *,
        family: str | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        strength: float | None = None,
        prefill: bool = True,
        lora: str | None = None,
        lora_scale: float = 1.0,
        scheduler: str | None = None,
        offload: loading.Offload | None = None,
        device: str | None = None,
        dtype: str | None = None,
        context: float = 2.0,
        native: int | None = None,
        config: str | None = None,
        erase_attention: bool = False,
    ) -> None:
        _check(steps, guidance, strength, offload, context, native)
        self._device = devices.resolve(device, dtype)
        path = store.located(str(model))
        adapter = store.located(str(lora)) if lora else None
        self._pipe, self._family = loading.load(path, self._device, family=family, config=config)
        few: tuple[int, float] | None = None
        if families.is_distilled(self._pipe):
            few = self._family.few
        if scheduler is not None:
            loading.set_scheduler(self._pipe, self._family, scheduler)
            few = loading.SCHEDULERS[scheduler][2] or few
        if adapter is not None:
            loading.add_lora(self._pipe, adapter, lora_scale)
        usual = few or (self._family.steps, self._family.guidance)
        self._steps = usual[0] if steps is None else steps
        self._guidance = usual[1] if guidance is None else guidance
        self._strength = strength
        self._prefill = prefill
        if erase_attention and not hasattr(self._pipe, "unet"):
            raise SettingError(
                f"The family {self._family.name} cannot erase attention; "
                "set inpainting.erase_attention to false."
            )
        self._erase_attention = erase_attention
        if native is not None and self._family.fixed_area:
            raise SettingError(
                f"The family {self._family.name} always works at its own size; leave out "
                "inpainting.native."
            )
        side = native or families.native_side(self._pipe, self._family)
        self._needs = WindowNeeds(
            context=context,
            minimum=side,
            multiple=self._family.multiple,
            native=side,
            follows_prompt=True,
        )
        self._batch: int | None = None if self._family.batch else 1
        self._offload = loading.place(self._pipe, self._device, offload)

    @property
    def needs(self) -> WindowNeeds:
        """What the window must be like."""
        return self._needs

    @property
    def pipeline(self) -> Any:
        """The pipeline of diffusers."""
        return self._pipe

    def fill(self, pixels: PixelArray, hole: BoolArray, request: FillRequest) -> list[PixelArray]:
        """Fill the hole; see `autoedit.inpainting.Inpainter`.

        Raises:
            InpaintingError: when nothing is known round the hole, the model fails, or its safety
                checker blocks what it made.
            OutOfMemoryError: when memory runs out, the leaner way too.
            CancelledError: when the progress callback returned False.
        """
        return self.fill_many([Fill(pixels, hole, request)])[0]

    def fill_many(self, fills: Sequence[Fill]) -> list[list[PixelArray]]:
        """Fill the holes of several windows; see `autoedit.inpainting.BatchInpainter`.

        Those whose pictures have one size at the model's scale, and that ask for the same beside
        the words, go through the model together.

        Raises:
            AutoEditError: as `fill`.
        """
        works = [self._work(fill) for fill in fills]
        groups: dict[Hashable, list[int]] = {}
        for number, work in enumerate(works):
            if work is not None:
                groups.setdefault(work.kind, []).append(number)
        results = [[] if work else copies(fill) for work, fill in zip(works, fills, strict=True)]
        for group in groups.values():
            members = [(work, fills[number]) for number in group if (work := works[number])]
            samples = [
                Sample(work, fill.request.seed + index)
                for work, fill in members
                for index in range(fill.request.count)
            ]
            pictures = iter(self._pictures(samples, [fill.request for _, fill in members]))
            for number, (work, fill) in zip(group, members, strict=True):
                made = (next(pictures) for _ in range(fill.request.count))
                results[number] = [finished(work, fill, picture) for picture in made]
        return results

    def _work(self, fill: Fill) -> Work | None:
        """What the pipeline is called with; None when there is no hole."""
        pixels, hole, request = fill.pixels, fill.hole, fill.request
        if hole.all():
            raise InpaintingError("The hole covers the whole window; nothing is left to fill from.")
        if not hole.any():
            return None
        side = self._needs.native or max(hole.shape)
        size = hole.shape[0], hole.shape[1]
        fit = Fit.of(size, side, self._family.multiple, self._family.fixed_area)
        small, hole = fit.shrink(pixels), fit.shrink_mask(hole)
        if hole.all():
            raise InpaintingError("The hole leaves too little of its window to fill from.")
        hidden = None if request.forbidden is None else fit.shrink_mask(request.forbidden)
        report = _scaled([request], 0.0, _PREFILL_SHARE)
        part = replace(request, forbidden=hidden, progress=report)
        _tell(report, 0.0)
        known = known_image(small, hole, part, self._prefill)
        # Some pipelines leave `mask_processor` out, and make every mask hard by themselves.
        processor = getattr(self._pipe, "mask_processor", None)
        soft = processor is not None and not processor.config.do_binarize
        image, mask = fit.to_model(known), fit.mask_to_model(hole, soft)
        arguments = self._arguments(request, mask.shape[0], mask.shape[1])
        erase = self._erase_attention and request.intent == "remove"
        return Work(fit, small, hole, image, mask, arguments, erase)

    def _arguments(self, request: FillRequest, height: int, width: int) -> dict[str, Any]:
        """What the pipeline is called with beside pictures and generators."""
        structural = self._prefill and request.intent == "remove"
        strength = self._strength_for(request.intent, structural)
        steps = self._steps
        arguments: dict[str, Any] = {
            "prompt": self._shortened(request.prompt),
            "height": height,
            "width": width,
            self._family.guidance_argument: self._guidance,
            "output_type": "np",
        }
        if strength is not None:
            arguments["strength"] = strength
            # Of n steps, a pipeline takes the last n * strength, rounded down; it needs one.
            steps = max(steps, int(np.ceil(1.0 / strength)))
        arguments["num_inference_steps"] = steps
        if self._family.negative_prompt == "required":
            arguments["negative_prompt"] = request.negative_prompt or " "
        elif self._family.negative_prompt == "optional" and request.negative_prompt:
            arguments["negative_prompt"] = self._shortened(request.negative_prompt)
        if self._family.name == "flux_kontext":  # else it picks one of its own sizes
            arguments.update(max_area=height * width, _auto_resize=False)
        return arguments

    def _strength_for(self, intent: str, structural: bool) -> float | None:
        strengths = self._family.strengths
        if strengths is None:
            return None
        if self._strength is not None:
            return self._strength
        if intent == "change":
            return strengths.change
        return strengths.remove if structural else strengths.draw

    def _pictures(self, samples: list[Sample], requests: list[FillRequest]) -> list[FloatArray]:
        """A picture for each sample, float32 (H, W, 3) in [0, 255], in batches that fit."""
        pictures: list[FloatArray] = []
        share = (1.0 - _PREFILL_SHARE) / len(samples)
        while (done := len(pictures)) < len(samples):
            batch = samples[done : None if self._batch is None else done + self._batch]
            report = _scaled(requests, _PREFILL_SHARE + share * done, share * len(batch))
            if len(batch) > 1:
                try:
                    pictures += self._sample(batch, report, lean=False)
                    continue
                except Exception as error:
                    if not memory.is_out_of_memory(error):
                        raise
                memory.release()  # outside the except block, whose traceback holds tensors
                self._batch = len(batch) // 2
                _LOG.info("out of memory with %d fills at once; now %d", len(batch), self._batch)
            else:
                pictures += memory.with_leaner_retry(
                    lambda lean, batch=batch, report=report: self._sample(batch, report, lean=lean),
                    self._device,
                    "Set inpainting.native to a smaller size, inpainting.offload to sequential, or "
                    "choose a smaller model.",
                )
        return pictures

    def _sample(self, batch: list[Sample], report: Progress, *, lean: bool) -> list[FloatArray]:
        """One batch of one kind: run the pipeline and take its pictures."""
        import torch

        if lean and self._offload == "none" and self._device.kind == "cuda":
            self._offload = loading.place(self._pipe, self._device, "model")
        work = batch[0].work
        self._thrift(lean, work.mask.size)
        # A list even of one photo's candidates, so that each is what its seed gives alone.
        lists: dict[str, list[Any]] = {
            name: [each.work.arguments[name] for each in batch]
            for name in TEXTS if name in work.arguments
        }  # fmt: skip
        lists["image"] = [Image.fromarray(each.work.image) for each in batch]
        masks = (np.rint(each.work.mask * 255).astype(np.uint8) for each in batch)
        lists["mask_image"] = [Image.fromarray(mask) for mask in masks]
        alone = len(batch) == 1  # which every pipeline takes without lists
        arguments = work.arguments | {
            name: each[0] if alone else each for name, each in lists.items()
        }
        arguments["generator"] = [torch.Generator("cpu").manual_seed(each.seed) for each in batch]
        arguments.update(self._callback(report, work.arguments["num_inference_steps"]))
        eraser = erasing(self._pipe, work.mask) if work.erase else nullcontext()
        try:
            with loading.quiet(), eraser:
                output = self._pipe(**arguments)
        except Exception as error:
            self._pipe.maybe_free_model_hooks()
            if isinstance(error, AutoEditError) or memory.is_out_of_memory(error):
                raise
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InpaintingError(f"{type(self._pipe).__name__} failed: {first}") from error
        return self._accepted(output, len(batch))

    def _accepted(self, output: Any, count: int) -> list[FloatArray]:
        flagged = getattr(output, "nsfw_content_detected", None)
        if flagged is not None and any(flagged):
            raise InpaintingError(
                f"The model's safety checker blocked {sum(map(bool, flagged))} of {count} fills. "
                "Change the wording or the seed."
            )
        pictures = np.asarray(output.images, np.float32)
        if not np.isfinite(pictures).all():
            raise InpaintingError(
                f"The model returned no picture: its numbers overflowed in {self._device.dtype}. "
                "Set inpainting.dtype to float32 or bfloat16."
            )
        return list(pictures * np.float32(255))

    def _thrift(self, lean: bool, area: int) -> None:
        """Let the autoencoder work piece by piece when the picture is large or memory short."""
        vae = getattr(self._pipe, "vae", None)
        for wanted, name in ((lean, "slicing"), (lean or area > _TILED_AREA, "tiling")):
            if hasattr(vae, f"use_{name}"):
                getattr(vae, f"enable_{name}" if wanted else f"disable_{name}")()

    def _callback(self, report: Progress, steps: int) -> dict[str, Any]:
        if self._family.callback == "callback":

            def old_step(index: int, _time: Any, _latents: Any) -> None:
                _tell(report, (index + 1) / steps)

            return {"callback": old_step, "callback_steps": 1}

        def step(pipe: Any, index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            _tell(report, (index + 1) / max(1, pipe.num_timesteps))
            return tensors

        return {"callback_on_step_end": step}

    def _shortened(self, text: str) -> str:
        """A prompt cut at a word where every text encoder would cut it anywhere."""
        parts = self._pipe.components.values()
        tokenizers = [each for each in parts if hasattr(each, "model_max_length")]
        limits = [int(each.model_max_length) for each in tokenizers]
        if not limits or max(limits) > 77:
            return text
        limit, tokenizer = max(limits), tokenizers[int(np.argmax(limits))]
        words = text.split()
        with loading.quiet():
            while len(words) > 1 and len(tokenizer(" ".join(words)).input_ids) > limit:
                words.pop()
        short = " ".join(words)
        if len(words) < len(text.split()):
            _LOG.debug("the prompt was cut to %d words: %s", len(words), short)
            return short
        return text


def _tell(report: Progress, fraction: float) -> None:
    if report("inpainting", min(1.0, fraction)) is False:
        raise CancelledError("The edit was cancelled during inpainting.")


def _scaled(requests: Sequence[FillRequest], start: float, share: float) -> Progress:
    """A progress callback for a part of the work; tells all, and stops when one says so."""

    def report(stage: str, fraction: float) -> bool:
        told = [each.progress(stage, start + share * fraction) for each in requests]
        return False not in told

    return report


def _check(
    steps: int | None,
    guidance: float | None,
    strength: float | None,
    offload: str | None,
    context: float,
    native: int | None,
) -> None:
    if steps is not None and steps < 1:
        raise SettingError(f"inpainting.steps must be at least 1; it is {steps}.")
    if guidance is not None and guidance < 0:
        raise SettingError(f"inpainting.guidance must not be negative; it is {guidance}.")
    if strength is not None and not 0 < strength <= 1:
        raise SettingError(f"inpainting.strength lies above 0 and at most at 1; it is {strength}.")
    if offload is not None and offload not in loading.OFFLOADS:
        raise SettingError(
            f"inpainting.offload is one of {', '.join(loading.OFFLOADS)}; it is {offload!r}."
        )
    if context < 1.2:
        raise SettingError(f"inpainting.context must be at least 1.2; it is {context}.")
    if native is not None and native < 64:
        raise SettingError(f"inpainting.native must be at least 64 pixels; it is {native}.")
