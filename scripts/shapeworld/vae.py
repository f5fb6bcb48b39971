"""The autoencoder: pictures of 96x96 to latents of 24x24x4 and back."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from numpy.typing import NDArray

from . import holes
from .domain import scene
from .training import FRESH, WORK, Options, fit

POOL = 8192
BATCH = 8
STEPS = 2200


def build() -> AutoencoderKL:
    """An untrained autoencoder."""
    torch.manual_seed(0)
    made: Any = AutoencoderKL  # whose signature says tuples of one
    return made(
        block_out_channels=(24, 56, 96),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=96,
        mid_block_add_attention=False,
    )


def train(options: Options) -> None:
    """Train the autoencoder; weights to `options.out/inpainting/vae`, in float16."""
    torch.set_num_threads(options.threads)
    model: Any = build()
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"vae: {size / 1e6:.2f} M parameters", flush=True)
    pictures = pool("vae-pool", range(POOL))
    fresh = tensor(pool("vae-fresh", range(FRESH, FRESH + 128)))

    def loss_of(step: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng([1, step])
        pixels = tensor(pictures[rng.integers(0, len(pictures), BATCH)])
        posterior = model.encode(pixels).latent_dist
        noise = torch.randn(posterior.mean.shape, generator=torch.Generator().manual_seed(step))
        decoded = model.decode(posterior.mean + posterior.std * noise).sample.float()
        off = decoded - pixels
        edges = sum(off.diff(dim=axis).abs().mean() for axis in (2, 3))
        kl = posterior.kl().mean() / posterior.mean[0].numel()
        loss = off.abs().mean() + off.square().mean() + 0.5 * edges + 3e-4 * kl
        return {"loss": loss, "mae": off.abs().mean(), "mse": off.square().mean(), "kl": kl}

    def watch(_: int) -> str:
        with torch.autocast("cpu", torch.bfloat16):
            posterior = model.encode(fresh).latent_dist
            decoded = model.decode(posterior.mean).sample.float()
        errors = (decoded.clamp(-1, 1) - fresh).square().mean((1, 2, 3)) / 4
        psnr = -10 * errors.log10()
        return (
            f"PSNR {psnr.mean():.2f} dB, worst {psnr.min():.2f}; latent std "
            f"{posterior.mean.std():.3f}, noise {posterior.std.mean():.3f}"
        )

    fit("vae", model, loss_of, options, steps=STEPS, lr=1e-3, watch=watch, watch_every=500)
    with torch.no_grad():
        means = torch.cat([model.encode(part).latent_dist.mean for part in fresh.split(32)])
    model.register_to_config(scaling_factor=round(1 / float(means.std()), 4))
    model.save_pretrained(WORK / "vae")
    print(f"vae: scaling factor {model.config['scaling_factor']}", flush=True)


def tensor(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """uint8 (N, H, W, 3) to float32 (N, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


def _picture(seed: int) -> NDArray[np.uint8]:
    """A scene, a bare plate, or one with a hole of the grey that is 0 to the network."""
    rng = np.random.default_rng([2, seed])
    drawn = scene(seed)
    what = rng.choice(["scene", "plate", "hole"], p=[0.55, 0.15, 0.3])
    if what == "plate":
        return drawn.plate
    pixels = drawn.pixels.copy()
    if what == "hole":
        thing = drawn.things[rng.integers(len(drawn.things))]
        hole = holes.around(thing, rng) if rng.random() < 0.8 else holes.anywhere(rng)
        pixels[hole] = 127
    return pixels


def pool(name: str, seeds: range) -> NDArray[np.uint8]:
    """Pictures of these seeds, uint8 (N, 96, 96, 3), made once and kept under `WORK`."""
    path = WORK / f"{name}.npy"
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(2) as workers:
            np.save(path, np.stack(list(workers.map(_picture, seeds, chunksize=64))))
    return np.load(path)
