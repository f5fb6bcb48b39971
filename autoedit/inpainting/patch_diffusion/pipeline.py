"""Patch diffusion in place of a pipeline of diffusers: same call, same output, no weights.

Only this adapter (and `pictures`, its conversions) needs torch and diffusers; it is imported when
it is asked for.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch  # noqa: TID253 - imported when the pipeline is asked for
from diffusers.callbacks import MultiPipelineCallbacks, PipelineCallback  # noqa: TID253
from diffusers.pipelines.pipeline_utils import DiffusionPipeline  # noqa: TID253
from diffusers.pipelines.stable_diffusion.pipeline_output import (  # noqa: TID253
    StableDiffusionPipelineOutput,
)
from PIL import Image

from autoedit.core.mask import BoolArray
from autoedit.errors import CancelledError, SettingError
from autoedit.inpainting import FillRequest
from autoedit.inpainting.patch_diffusion import PatchDiffusion, batch, pictures

_LOG = logging.getLogger(__name__)
_OWN_STEPS = 50  # what diffusers takes when nothing is said stands for the sampler's own settings
_STEP_SETTINGS = {
    name: parameter.default
    for name, parameter in inspect.signature(PatchDiffusion).parameters.items()
    if name.endswith("_steps")
}
# What other inpaint pipelines of diffusers take beside, all of it for a network.
_WITHOUT_EFFECT = {"prompt_2", "negative_prompt_2", "max_sequence_length", "joint_attention_kwargs"}

Callback = Callable[[Any, int, torch.Tensor, dict[str, torch.Tensor]], Any]


class PatchDiffusionPipeline(DiffusionPipeline):
    """Fills what a mask covers from the photo's own patches, in place of an inpaint pipeline.

    Code for `StableDiffusionInpaintPipeline` and its like works on with this in its place. There
    are no weights: nothing is downloaded, it runs on the CPU wherever `to` moves it, and nothing
    new is drawn. What surrounds the hole is continued, whatever the prompt says.

    >>> import numpy as np
    >>> import torch
    >>> from PIL import Image, ImageDraw
    >>> photo = Image.linear_gradient("L").convert("RGB")
    >>> ImageDraw.Draw(photo).ellipse((100, 100, 130, 140), fill="red")
    >>> mask = Image.new("L", photo.size)
    >>> ImageDraw.Draw(mask).rectangle((95, 95, 135, 145), fill="white")
    >>> pipe = PatchDiffusionPipeline().to("cpu")
    >>> pipe.set_progress_bar_config(disable=True)
    >>> seed = torch.Generator().manual_seed(0)
    >>> filled = pipe(prompt="", image=photo, mask_image=mask, generator=seed).images[0]
    >>> filled.size, filled.mode
    ((256, 256), 'RGB')
    >>> bool(np.ptp(np.asarray(filled), axis=2).max() > 40)  # is there anything red left?
    False

    Args:
        settings: keyword arguments of `autoedit.inpainting.patch_diffusion.PatchDiffusion`; kept
            by `save_pretrained`.

    Raises:
        ValueError: for a setting out of range.
    """

    model_cpu_offload_seq = ""  # nothing to offload, which is no reason to refuse it
    _callback_tensor_inputs: ClassVar[list[str]] = ["latents", "mask"]

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        super().__init__()
        try:
            PatchDiffusion(**(settings or {}))
        except SettingError as error:
            raise ValueError(str(error)) from error
        self.register_to_config(settings=dict(settings or {}))
        self._interrupt = False
        self._num_timesteps = 0
        self._guidance_scale = 1.0
        self._prompt_reported = False

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: Any, **kwargs: Any
    ) -> PatchDiffusionPipeline:
        """Load the settings from a folder that `save_pretrained` wrote.

        Raises:
            ValueError: when there is no such folder. Another model's weights would be of no use.
        """
        folder = Path(pretrained_model_name_or_path)
        if not (folder / cls.config_name).is_file():
            raise ValueError(
                f"{folder} is no folder that save_pretrained wrote. Patch diffusion has no weights "
                "to load: make it by PatchDiffusionPipeline()."
            )
        return super().from_pretrained(str(folder), **kwargs)

    @property
    def interrupt(self) -> bool:
        """Whether the call in progress is to stop; set by `_interrupt`, as in diffusers."""
        return self._interrupt

    @property
    def num_timesteps(self) -> int:
        """How many steps the latest call reports."""
        return self._num_timesteps

    @property
    def guidance_scale(self) -> float:
        """What the latest call was given."""
        return self._guidance_scale

    def __call__(
        self,
        prompt: str | list[str] | None = None,
        image: Any = None,
        mask_image: Any = None,
        masked_image_latents: None = None,
        height: int | None = None,
        width: int | None = None,
        padding_mask_crop: int | None = None,
        strength: float = 1.0,
        num_inference_steps: int = _OWN_STEPS,
        timesteps: None = None,
        sigmas: None = None,
        guidance_scale: float = 7.5,
        negative_prompt: str | list[str] | None = None,
        num_images_per_prompt: int | None = 1,
        eta: float = 0.0,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: None = None,
        prompt_embeds: None = None,
        negative_prompt_embeds: None = None,
        ip_adapter_image: None = None,
        ip_adapter_image_embeds: None = None,
        output_type: str = "pil",
        return_dict: bool = True,
        cross_attention_kwargs: dict[str, Any] | None = None,
        clip_skip: int | None = None,
        callback_on_step_end: Callback | PipelineCallback | MultiPipelineCallbacks | None = None,
        callback_on_step_end_tensor_inputs: list[str] | None = None,
        *,
        source_mask: Any = None,
        **kwargs: Any,
    ) -> StableDiffusionPipelineOutput | tuple[Any, None]:
        """Fill what the mask covers. Pixels outside of it stay as they are, bit for bit.

        Args:
            prompt: one, or a list that makes a batch. It cannot be followed; one that is not empty
                is reported once, as a warning in the log.
            image: RGB or grey: a PIL image, an array (H, W, C) or (B, H, W, C), a tensor (C, H, W)
                or (B, C, H, W), or a list of them; uint8, or floats in [0, 1] (in [-1, 1] when one
                of them is negative).
            mask_image: of the same kinds, one channel; 0.5 or more is filled. Resized to the photo.
            height, width: the photo is resized to these first; its own size when not given. They
                need not be multiples of 8.
            padding_mask_crop: sources come from the mask's box and so many pixels round it only,
                grown to the proportions of `height` and `width`. PIL images only. Nothing is
                resized: the result has the photo's own size.
            strength: in (0, 1]; the hole's own pixels are never looked at, as with 1.
            num_inference_steps: 50 is the sampler's own number of steps, at each of its scales;
                others in proportion. More take longer.
            num_images_per_prompt: so many results for each prompt, next to each other.
            generator: one, or one for each result; the seeds are drawn from it. The same state
                gives the same bits. Torch's own generator when not given.
            output_type: "pil", "np" (float32 (B, H, W, 3) in [0, 1]) or "pt" (float32
                (B, 3, H, W) in [0, 1], on the device of `image`).
            return_dict: False returns a tuple (images, None).
            callback_on_step_end: called `num_inference_steps` times in all as
                callback(pipe, step, timestep, tensors), with timesteps that fall from 999 to 0 as
                the work proceeds. What it returns is not used. After `pipe._interrupt = True` the
                call returns at once, and holes that are not done are as they were.
            callback_on_step_end_tensor_inputs: of "latents" (the default), the window in work as
                float32 (1, 3, h, w) in [-1, 1], 0 where it is not filled yet, and "mask", the part
                of it that is filled, float32 (1, 1, h, w).
            source_mask: like `mask_image`; white may serve as a source of patches. All, when not
                given.
            guidance_scale, negative_prompt, eta, cross_attention_kwargs, clip_skip: no effect; nor
                have prompt_2, negative_prompt_2, max_sequence_length, joint_attention_kwargs.
            masked_image_latents, timesteps, sigmas, latents, prompt_embeds,
                negative_prompt_embeds, ip_adapter_image, ip_adapter_image_embeds: refused.

        Returns:
            The images, and None for what a safety checker would have found.

        Raises:
            ValueError: for arguments that do not fit, are out of range, or are refused.
            TypeError: for a keyword that diffusers' inpaint pipelines do not take.
            InpaintingError: when nothing is known, or allowed as a source, to fill from.
        """
        _refuse(
            masked_image_latents=masked_image_latents, timesteps=timesteps, sigmas=sigmas,
            latents=latents, prompt_embeds=prompt_embeds,
            negative_prompt_embeds=negative_prompt_embeds, ip_adapter_image=ip_adapter_image,
            ip_adapter_image_embeds=ip_adapter_image_embeds,
        )  # fmt: skip
        unknown = sorted(set(kwargs) - _WITHOUT_EFFECT)
        if unknown:
            raise TypeError(f"PatchDiffusionPipeline takes no argument {', '.join(unknown)}.")
        if isinstance(callback_on_step_end, PipelineCallback | MultiPipelineCallbacks):
            callback_on_step_end_tensor_inputs = callback_on_step_end.tensor_inputs
        names = callback_on_step_end_tensor_inputs or ["latents"]
        _check(output_type, strength, num_inference_steps, num_images_per_prompt, names)
        self._report(prompt)
        self._guidance_scale = guidance_scale
        if padding_mask_crop is not None:
            _check_crop(image, mask_image, output_type, padding_mask_crop)
        jobs = batch.jobs(image, mask_image, source_mask, (height, width), padding_mask_crop)
        if output_type != "pil" and len({job.hole.shape for job in jobs}) > 1:
            raise ValueError(
                f"Photos of different sizes do not stack for output_type {output_type!r}: pass "
                '`height` and `width`, or take output_type="pil".'
            )
        prompts = len(prompt) if isinstance(prompt, list) else 1
        count = max(len(jobs), prompts)
        batch.repeated([prompt] * prompts, count, "prompt")
        jobs = [
            job
            for job in batch.repeated(jobs, count, "image")
            for _ in range(1 if num_images_per_prompt is None else num_images_per_prompt)
        ]
        seeds = _seeds(generator, len(jobs))
        self._interrupt = False
        self._num_timesteps = num_inference_steps
        inpainter = self._inpainter(num_inference_steps)
        area = max(1, sum(int(np.count_nonzero(job.hole)) for job in jobs))
        progress_bar: Any = self.progress_bar  # whose decorator hides its type
        with progress_bar(total=num_inference_steps) as bar:
            steps = _Steps(self, bar, callback_on_step_end, names, area)
            found = [
                _filled(job, inpainter, seed, steps) for job, seed in zip(jobs, seeds, strict=True)
            ]
            steps.finish()
        device = image.device if isinstance(image, torch.Tensor) else torch.device("cpu")
        images = pictures.as_output(found, output_type, device)
        if not return_dict:
            return images, None
        return StableDiffusionPipelineOutput(images=images, nsfw_content_detected=None)

    def _inpainter(self, steps: int) -> PatchDiffusion:
        settings = dict(self.config["settings"])
        for name, default in _STEP_SETTINGS.items():
            settings[name] = max(1, round(settings.get(name, default) * steps / _OWN_STEPS))
        return PatchDiffusion(**settings)

    def _report(self, prompt: str | list[str] | None) -> None:
        if prompt is not None and not isinstance(prompt, str | list):
            raise ValueError(f"`prompt` must be a str or a list; it is a {type(prompt).__name__}.")
        asked = [prompt] if isinstance(prompt, str) else prompt or []
        if any(each.strip() for each in asked) and not self._prompt_reported:
            self._prompt_reported = True
            _LOG.warning(
                "Patch diffusion continues what surrounds the hole and draws nothing new; the "
                "prompt is not followed."
            )


def _filled(job: batch.Job, inpainter: PatchDiffusion, seed: int, steps: _Steps) -> np.ndarray:
    """The photo with its holes filled, window by window, as far as it was not interrupted."""
    result = job.photo.copy()
    for window, hole in job.windows(inpainter.needs):
        part = result[window.slices]
        pixels = pictures.as_bytes(part)
        request = FillRequest(
            seed=seed,
            forbidden=~job.source[window.slices] & ~hole,
            progress=lambda _, fraction: steps.proceed(fraction),
        )
        steps.enter(pixels, hole)
        if steps.pipe.interrupt:
            break
        try:
            (pixels,) = inpainter.fill(pixels, hole, request)
        except CancelledError:
            break
        part[hole] = pixels[hole] if part.dtype == np.uint8 else pixels[hole] / np.float32(255)
        steps.leave(pixels)
    return result


class _Steps:
    """Tells the progress bar and the callback of each step as the work goes on."""

    def __init__(
        self, pipe: PatchDiffusionPipeline, bar: Any, callback: Any, names: list[str], area: int
    ) -> None:
        self.pipe, self.bar, self.callback, self.names = pipe, bar, callback, names
        self.timesteps = torch.linspace(999, 0, pipe.num_timesteps).round().long()
        self.area = area  # of all holes, pixels
        self.done = 0  # of it
        self.step = 0
        self.pixels = np.zeros((1, 1, 3), np.uint8)
        self.hole = np.zeros((1, 1), np.bool_)
        self.is_filled = True

    def enter(self, pixels: np.ndarray, hole: BoolArray) -> None:
        """Work on this window begins: uint8 (h, w, 3) and bool (h, w)."""
        self.pixels, self.hole, self.is_filled = pixels, hole, False

    def proceed(self, fraction: float) -> bool:
        """So much of this window is done; False when the work is to stop."""
        share = min(fraction, 0.999)  # the last step is told of when the result is there
        return self._reach((self.done + share * np.count_nonzero(self.hole)) / self.area)

    def leave(self, pixels: np.ndarray) -> None:
        """This window is filled: uint8 (h, w, 3)."""
        self.pixels, self.is_filled = pixels, True
        self.done += np.count_nonzero(self.hole)
        self._reach(self.done / self.area)

    def _reach(self, fraction: float) -> bool:
        while not self.pipe.interrupt and self.step < int(fraction * len(self.timesteps) + 1e-6):
            if self.callback is not None:
                tensors = {name: self._tensor(name) for name in self.names}
                self.callback(self.pipe, self.step, self.timesteps[self.step], tensors)
            self.step += 1
            self.bar.update()
        return not self.pipe.interrupt

    def finish(self) -> None:
        """All is done; there may have been nothing to do."""
        self._reach(1.0)

    def _tensor(self, name: str) -> torch.Tensor:
        hole = torch.from_numpy(self.hole)[None, None]
        if name == "mask":
            return hole.float()
        picture = torch.from_numpy(self.pixels.transpose(2, 0, 1).copy())[None] / 127.5 - 1
        return picture if self.is_filled else picture.masked_fill(hole, 0.0)


def _refuse(**arguments: Any) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{name}` cannot be used: patch diffusion has neither latents nor a network. "
                "Leave it out."
            )


def _check(
    output_type: str, strength: float, steps: int, images: int | None, names: list[str]
) -> None:
    if output_type not in ("pil", "np", "pt"):
        raise ValueError(f'`output_type` must be "pil", "np" or "pt"; it is {output_type!r}.')
    if not 0 < strength <= 1:
        raise ValueError(f"`strength` must be above 0 and at most 1; it is {strength}.")
    images = 1 if images is None else images
    for name, value in (("num_inference_steps", steps), ("num_images_per_prompt", images)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"`{name}` must be a whole number from 1; it is {value!r}.")
    known = PatchDiffusionPipeline._callback_tensor_inputs
    if not set(names) <= set(known):
        raise ValueError(f"`callback_on_step_end_tensor_inputs` must be of {known}; it is {names}.")


def _check_crop(image: Any, mask_image: Any, output_type: str, margin: int) -> None:
    """What diffusers asks for `padding_mask_crop`."""
    pair = isinstance(image, Image.Image) and isinstance(mask_image, Image.Image)
    if not pair or output_type != "pil" or margin < 0:
        raise ValueError(
            "`padding_mask_crop` is a number of pixels from 0, and needs one PIL image, one PIL "
            'mask_image, and output_type="pil".'
        )


def _seeds(generator: Any, count: int) -> list[int]:
    """A seed for each result, drawn from its generator."""
    several = isinstance(generator, list | tuple)
    if several and len(generator) != count:
        raise ValueError(f"`generator` is a list of {len(generator)} for {count} results.")
    return [_seed(each) for each in (generator if several else [generator] * count)]


def _seed(generator: torch.Generator | None) -> int:
    device = "cpu" if generator is None else generator.device
    return int(torch.randint(2**31 - 1, (1,), generator=generator, device=device))
