"""Any inpainting pipeline of diffusers as an inpainter."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.errors import AutoEditError, CancelledError, InpaintingError, SettingError
from autoedit.inpainting import FillRequest, WindowNeeds, families, loading
from autoedit.inpainting.attention_eraser import erasing
from autoedit.inpainting.prefill import known_image
from autoedit.inpainting.residuals import add_residuals
from autoedit.inpainting.resizing import Fit
from autoedit.inpainting.tone import match_tone
from autoedit.models import device as devices
from autoedit.models import memory, store

_LOG = logging.getLogger(__name__)
_TILED_AREA = 1536 * 1536  # pixels above which the autoencoder works tile by tile
_PREFILL_SHARE = 0.1  # of the progress


@dataclass(frozen=True, slots=True)
class _Work:
    """One fill, resolved.

    Attributes:
        image: RGB uint8 (H, W, 3) at the model's scale.
        mask: float32 (H, W) in [0, 1], 1 in the hole.
        arguments: of the pipeline, but for the picture, the batch and the seeds.
        erase: whether attention is kept from the hole.
    """

    image: PixelArray
    mask: FloatArray
    arguments: dict[str, Any]
    erase: bool


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
        if hole.all():
            raise InpaintingError("The hole covers the whole window; nothing is left to fill from.")
        if not hole.any():
            return [pixels.copy() for _ in range(request.count)]
        by_area = self._family.fixed_area
        side = self._needs.native or max(hole.shape)
        fit = Fit.of((hole.shape[0], hole.shape[1]), side, self._family.multiple, by_area)
        small, small_hole = fit.shrink(pixels), fit.shrink_mask(hole)
        if small_hole.all():
            raise InpaintingError("The hole leaves too little of its window to fill from.")
        hidden = None if request.forbidden is None else fit.shrink_mask(request.forbidden)
        work = self._work(fit, small, small_hole, replace(request, forbidden=hidden))
        fills: list[PixelArray] = []
        for picture in self._pictures(work, request):
            filled = match_tone(fit.from_model(picture), small, small_hole)
            if fit.small == fit.window:
                fills.append(filled)
            elif request.intent == "remove":
                detailed = add_residuals(filled, small_hole, pixels, hole, request.forbidden)
                fills.append(detailed)
            else:
                fills.append(fit.enlarge(filled))
        return fills

    def _work(self, fit: Fit, small: PixelArray, hole: BoolArray, request: FillRequest) -> _Work:
        """What the pipeline is called with; `forbidden` is of the size of the hole here."""
        structural = self._prefill and request.intent == "remove"
        part = replace(request, progress=_scaled(request, 0.0, _PREFILL_SHARE))
        _tell(part, 0.0)
        known = known_image(small, hole, part, self._prefill)
        # Some pipelines leave `mask_processor` out, and make every mask hard by themselves.
        processor = getattr(self._pipe, "mask_processor", None)
        soft = processor is not None and not processor.config.do_binarize
        image, mask = fit.to_model(known), fit.mask_to_model(hole, soft)
        height, width = mask.shape
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
        erase = self._erase_attention and request.intent == "remove"
        return _Work(image, mask, arguments, erase)

    def _strength_for(self, intent: str, structural: bool) -> float | None:
        strengths = self._family.strengths
        if strengths is None:
            return None
        if self._strength is not None:
            return self._strength
        if intent == "change":
            return strengths.change
        return strengths.remove if structural else strengths.draw

    def _pictures(self, work: _Work, request: FillRequest) -> list[FloatArray]:
        """`request.count` pictures, float32 (H, W, 3) in [0, 255], in batches that fit."""
        pictures: list[FloatArray] = []
        start = _PREFILL_SHARE
        while (done := len(pictures)) < request.count:
            left = request.count - done
            size = left if self._batch is None else min(left, self._batch)
            seeds = range(request.seed + done, request.seed + done + size)
            share = (1.0 - start) / request.count
            report = _scaled(request, start + share * done, share * size)
            step = replace(request, progress=report)
            if size > 1:
                try:
                    pictures += self._sample(work, step, seeds, lean=False)
                    continue
                except Exception as error:
                    if not memory.is_out_of_memory(error):
                        raise
                memory.release()  # outside the except block, whose traceback holds tensors
                self._batch = size // 2
                _LOG.info("out of memory with %d fills at once; now %d", size, self._batch)
            else:
                pictures += memory.with_leaner_retry(
                    lambda lean, step=step, seeds=seeds: self._sample(work, step, seeds, lean=lean),
                    self._device,
                    "Set inpainting.native to a smaller size, inpainting.offload to sequential, or "
                    "choose a smaller model.",
                )
        return pictures

    def _sample(
        self, work: _Work, request: FillRequest, seeds: range, *, lean: bool
    ) -> list[FloatArray]:
        """One batch: run the pipeline and take its pictures."""
        import torch

        if lean and self._offload == "none" and self._device.kind == "cuda":
            self._offload = loading.place(self._pipe, self._device, "model")
        self._thrift(lean, work.mask.size)
        arguments = dict(work.arguments)
        arguments["image"] = Image.fromarray(work.image)
        arguments["mask_image"] = Image.fromarray(np.rint(work.mask * 255).astype(np.uint8))
        arguments["generator"] = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        arguments["num_images_per_prompt"] = len(seeds)
        arguments.update(self._callback(request, arguments["num_inference_steps"]))
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
        return self._accepted(output, len(seeds))

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

    def _callback(self, request: FillRequest, steps: int) -> dict[str, Any]:
        if self._family.callback == "callback":

            def old_step(index: int, _time: Any, _latents: Any) -> None:
                _tell(request, (index + 1) / steps)

            return {"callback": old_step, "callback_steps": 1}

        def step(pipe: Any, index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            _tell(request, (index + 1) / max(1, pipe.num_timesteps))
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


def _tell(request: FillRequest, fraction: float) -> None:
    if request.progress("inpainting", min(1.0, fraction)) is False:
        raise CancelledError("The edit was cancelled during inpainting.")


def _scaled(
    request: FillRequest, start: float, share: float
) -> Callable[[str, float], bool | None]:
    """A progress callback for a part of the work."""
    return lambda stage, fraction: request.progress(stage, start + share * fraction)


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
