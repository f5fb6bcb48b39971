"""Erasing attention: a Stable Diffusion UNet that looks away from the hole while it fills it.

A diffusion inpainter asked to remove a thing likes to draw it, or another one, again: within the
hole, self-attention copies whatever begins to show there. Here nothing looks at the hole in the
self-attention layers, so that what grows there comes from the surroundings alone. No training.

After Sun, Cui, Dong and Tang, "Attentive Eraser: Unleashing Diffusion Model's Object Removal
Potential via Self-Attention Redirection Guidance", AAAI 2025, arXiv 2412.12974, written anew:

- attention activation and suppression: no query attends to a key in the hole,
- similarity suppression: early on, the hole's queries have their similarities scaled down, and so
  look at the surroundings more evenly,
- self-attention redirection guidance: the prediction is driven on, from the one with plain
  attention towards and past the one with redirected attention.

Left out: the inversion of the photo into noise (the paper's alternative to starting from noise),
its blending of latents (an inpainting pipeline does its own) and the blurring of the mask (the hole
is grown before it gets here). Keys in the hole are dropped, not masked by a large negative number:
the same softmax, in any number format, for less work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autoedit.errors import InpaintingError, SettingError

_BLOCKS = ("down_blocks", "mid_block", "up_blocks")  # the order in which a UNet runs them


@contextmanager
def erasing(
    pipe: Any,
    mask: Any,
    *,
    guidance_scale: float = 1.0,
    suppression: float = 0.3,
    suppressed_steps: float = 0.4,
    steps: tuple[float, float] = (0.0, 1.0),
    layers: tuple[int, int] | None = None,
    everywhere: bool = True,
) -> Iterator[None]:
    """While this is open, the pipeline's self-attention looks away from the hole.

    Works for any batch (guidance by a prompt, several images at once), any latent size and any
    number format. Afterwards the UNet is as it was, whatever happened. Attention processors that
    were set on the layers concerned do not run in the steps concerned.

    Args:
        pipe: a diffusers pipeline with a `UNet2DConditionModel` as `unet` (Stable Diffusion 1, 2
            and XL) and a `scheduler`.
        mask: (..., H, W) array or tensor, above 0.5 in the hole, over the whole picture that the
            pipeline works on, in its pixels or its latents. A token belongs to the hole where any
            part of it does. A layer whose tokens all do, is left alone.
        guidance_scale: how far the prediction is driven from plain to redirected attention; 1 takes
            the redirected one as it is. Any other value runs the UNet twice a step. The paper
            takes 9, for models not trained to inpaint, with no prompt and its guidance off.
        suppression: factor on the similarities of the hole's queries in the first steps.
        suppressed_steps: until when; as for `steps`. The paper starts from 0.8 of the noise and
            suppresses in the first 10 of 40 steps, thus until 0.4.
        steps: from where to where attention is redirected, as the fraction of the noise that is
            gone: 0 is pure noise, 1 the finished picture. Does not depend on how many steps a
            scheduler takes, nor on the strength at which it starts.
        layers: first and one past the last self-attention layer to redirect, in the order in which
            the UNet runs them; None takes those of the up blocks, as the paper does (7 to 16 of 16
            for Stable Diffusion 1 and 2, 34 to 70 of 70 for XL).
        everywhere: whether the surroundings look away from the hole too, as in the paper; False
            redirects the hole's queries only.

    Raises:
        SettingError: for another kind of pipeline, or a value out of range.
        InpaintingError: while open, when the tokens of a layer are not those of the picture.
    """
    unet = getattr(pipe, "unet", None)
    if unet is None or not hasattr(unet, "up_blocks"):
        raise SettingError(
            f"Erasing attention works with Stable Diffusion 1, 2 and XL; {type(pipe).__name__} is "
            "another kind. Set inpainting.erase_attention to false."
        )
    if not (0 <= steps[0] < steps[1] <= 1 and 0 < suppression <= 1 and guidance_scale > 0):
        raise SettingError(
            "Erasing attention: steps are two rising fractions within 0 and 1, suppression lies "
            "above 0 and at most at 1, guidance_scale above 0."
        )
    chosen = _chosen(unet, layers)
    plan = _Plan(_binary(mask), steps, suppression, suppressed_steps, everywhere)
    processors = [layer.get_processor() for layer in chosen]
    own_forward = vars(unet).get("forward")  # set by offloading hooks
    scheduler_steps = int(pipe.scheduler.config.num_train_timesteps)
    forward = _guided(unet.forward, plan, guidance_scale, scheduler_steps)
    try:
        for layer, processor in zip(chosen, processors, strict=True):
            layer.set_processor(_Redirected(processor, plan))
        unet.forward = forward
        yield
    finally:
        for layer, processor in zip(chosen, processors, strict=True):
            layer.set_processor(processor)
        if own_forward is None:
            vars(unet).pop("forward", None)
        else:
            unet.forward = own_forward


def self_attention_layers(unet: Any) -> dict[str, Any]:
    """A UNet's self-attention layers by name, in the order in which it runs them."""
    return {
        f"{block}.{name}": module
        for block in _BLOCKS
        if getattr(unet, block, None) is not None
        for name, module in getattr(unet, block).named_modules()
        if name.endswith(".attn1")
    }


def _chosen(unet: Any, layers: tuple[int, int] | None) -> list[Any]:
    every = self_attention_layers(unet)
    if layers is None:
        chosen = [layer for name, layer in every.items() if name.startswith("up_blocks.")]
    else:
        first, last = layers
        if not 0 <= first < last <= len(every):
            raise SettingError(
                f"Erasing attention: the layers {first} to {last} are not within 0 to {len(every)},"
                " which is what this UNet has."
            )
        chosen = list(every.values())[first:last]
    if not chosen:
        raise SettingError("Erasing attention: this UNet has no self-attention in its up blocks.")
    return chosen


def _binary(mask: Any) -> Any:
    """A mask in any of its forms as a float32 tensor (1, 1, H, W) of 0 and 1."""
    import torch

    values = torch.as_tensor(mask if torch.is_tensor(mask) else np.asarray(mask))
    if values.ndim < 2 or values.numel() != values.shape[-2] * values.shape[-1]:
        raise SettingError(f"Erasing attention takes one mask; got the shape {list(values.shape)}.")
    return (values.detach().reshape(1, 1, *values.shape[-2:]).float() > 0.5).float()


@dataclass
class _Plan:
    """What the layers of one UNet call have to do.

    Attributes:
        mask: float32 (1, 1, H, W), 1 in the hole.
        active: whether attention is redirected in this call.
        suppressing: whether the hole's similarities are scaled down in this call.
        latent: (height, width) of this call's latents.
        grids: number of tokens to their place, hole and known tokens each int64 (n,).
    """

    mask: Any
    steps: tuple[float, float]
    suppression: float
    suppressed_steps: float
    everywhere: bool
    active: bool = False
    suppressing: bool = False
    latent: tuple[int, int] = (0, 0)
    grids: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def begin(self, latent: tuple[int, int], done: float) -> None:
        """Get ready for a call at latents of a size, with a fraction of the noise gone."""
        self.active = self.steps[0] <= done <= self.steps[1]
        self.suppressing = done < self.suppressed_steps
        if latent != self.latent:
            self.latent = latent
            self.grids = {}

    def tokens(self, count: int, device: Any) -> tuple[Any, Any]:
        """The indices of the hole's and of the known tokens of a layer with so many."""
        if count not in self.grids:
            self.grids[count] = self._split(count, device)
        return self.grids[count]

    def _split(self, count: int, device: Any) -> tuple[Any, Any]:
        import torch

        height, width = self.latent
        while height * width > count and max(height, width) > 1:
            height, width = -(-height // 2), -(-width // 2)  # as strided convolutions round
        if height * width != count:
            raise InpaintingError(
                f"Erasing attention: a layer has {count} tokens, which is no size of latents of "
                f"{self.latent[1]}x{self.latent[0]}. It does not go together with merging tokens."
            )
        grid = torch.nn.functional.adaptive_max_pool2d(self.mask, (height, width)).flatten()
        hole, known = (grid > 0.5).nonzero(), (grid <= 0.5).nonzero()
        return hole[:, 0].to(device), known[:, 0].to(device)


class _Redirected:
    """An attention processor that keeps queries from the keys in the hole."""

    def __init__(self, plain: Any, plan: _Plan) -> None:
        self._plain = plain
        self._plan = plan

    def __call__(
        self,
        attn: Any,
        hidden_states: Any,
        encoder_hidden_states: Any = None,
        attention_mask: Any = None,
        temb: Any = None,
        **more: Any,
    ) -> Any:
        """As diffusers calls it; hidden states (B, tokens, channels)."""
        if self._plan.active and encoder_hidden_states is None and attention_mask is None:
            hole, known = self._plan.tokens(hidden_states.shape[1], hidden_states.device)
            if len(hole) and len(known):
                return self._redirected(attn, hidden_states, hole, known)
        return self._plain(attn, hidden_states, encoder_hidden_states, attention_mask, temb, **more)

    def _redirected(self, attn: Any, hidden_states: Any, hole: Any, known: Any) -> Any:
        from torch.nn.functional import scaled_dot_product_attention

        def heads(tokens: Any) -> Any:
            return tokens.unflatten(-1, (attn.heads, -1)).transpose(1, 2)

        query = heads(attn.to_q(hidden_states))
        key, value = heads(attn.to_k(hidden_states)), heads(attn.to_v(hidden_states))
        known_key, known_value = key[:, :, known], value[:, :, known]
        inside = query[:, :, hole]
        if self._plan.suppressing:
            inside = inside * self._plan.suppression  # so are its products with all keys
        if self._plan.everywhere:
            outside = scaled_dot_product_attention(query[:, :, known], known_key, known_value)
        else:
            outside = scaled_dot_product_attention(query[:, :, known], key, value)
        mixed = query.new_empty(query.shape)
        mixed[:, :, known] = outside
        mixed[:, :, hole] = scaled_dot_product_attention(inside, known_key, known_value)
        result = attn.to_out[1](attn.to_out[0](mixed.transpose(1, 2).flatten(2)))
        if attn.residual_connection:
            result = result + hidden_states
        return result / attn.rescale_output_factor


def _guided(
    forward: Callable[..., Any], plan: _Plan, scale: float, steps: int
) -> Callable[..., Any]:
    """A UNet's forward that redirects attention and, unless the scale is 1, drives it on."""

    def guided(sample: Any, timestep: Any, *others: Any, **more: Any) -> Any:
        level = timestep.flatten()[0] if hasattr(timestep, "flatten") else timestep
        plan.begin((sample.shape[-2], sample.shape[-1]), 1.0 - float(level) / steps)
        redirected = forward(sample, timestep, *others, **more)
        if not plan.active or scale == 1.0:
            return redirected
        plan.active = False
        plain = forward(sample, timestep, *others, **more)
        driven = plain[0] + scale * (redirected[0] - plain[0])
        return (driven,) if isinstance(redirected, tuple) else type(redirected)(sample=driven)

    return guided
