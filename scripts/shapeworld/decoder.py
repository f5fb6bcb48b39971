"""The decoder of the autoencoder, taught further: sharp corners from latents not quite right."""

from __future__ import annotations

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

from . import vae
from .checks import CHROMA
from .training import FRESH, WORK, Options, fit

STEPS = 700
_NOISE = 0.15  # standard deviation of what a sampler leaves wrong, in the encoder's units
_THINGS = 4.0  # weight of a thing's pixels and of those at its edge; a background's is 1


def train(options: Options) -> None:
    """Train the decoder on the frozen encoder's latents; `WORK/vae` is replaced."""
    torch.set_num_threads(options.threads)
    model = AutoencoderKL.from_pretrained(WORK / "vae")
    model.encoder.requires_grad_(False)
    model.quant_conv.requires_grad_(False)
    pictures = vae.pool("vae-pool", range(vae.POOL))
    fresh = vae.tensor(vae.pool("vae-fresh", range(FRESH, FRESH + 128)))

    def loss_of(step: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng([6, step])
        pixels = vae.tensor(pictures[rng.integers(0, len(pictures), vae.BATCH)])
        with torch.no_grad():
            latents = model.encode(pixels).latent_dist.mean
        noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(step))
        decoded = model.decode(latents + _NOISE * noise).sample.float()
        off = (decoded - pixels) * _weights(pixels)
        edges = sum(off.diff(dim=axis).abs().mean() for axis in (2, 3))
        loss = off.abs().mean() + off.square().mean() + 0.5 * edges
        return {"loss": loss, "mae": off.abs().mean(), "mse": off.square().mean()}

    def watch(_: int) -> str:
        with torch.autocast("cpu", torch.bfloat16):
            latents = model.encode(fresh).latent_dist.mean
            decoded = model.decode(latents).sample.float()
        errors = (decoded.clamp(-1, 1) - fresh).square().mean((1, 2, 3)) / 4
        return f"PSNR {(-10 * errors.log10()).mean():.2f} dB"

    fit("decoder", model, loss_of, options, steps=STEPS, lr=6e-4, watch=watch, watch_every=400)
    model.save_pretrained(WORK / "vae")


def _weights(pixels: torch.Tensor) -> torch.Tensor:
    """(N, 1, H, W): more where something coloured is, or next to it."""
    spread = pixels.amax(1, keepdim=True) - pixels.amin(1, keepdim=True)
    coloured = (spread > 2 * CHROMA / 255).float()
    near = torch.nn.functional.max_pool2d(coloured, 5, 1, 2)
    return 1 + (_THINGS - 1) * near
