"""The inpainting model: a text encoder and a UNet over the frozen autoencoder's latents."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_inpaint import (
    StableDiffusionInpaintPipeline,
)
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from numpy.typing import NDArray
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from .domain import Thing
from .lessons import REMOVAL, Lesson, lesson, phrase
from .training import WORK, Options, fit
from .words import MAX_LENGTH, tokenizer

LESSONS = 8000
BATCH = 32
STEPS = 5000
WIDTH = 128
"""Channels of the text encoder."""

_OUTSIDE = 0.15  # weight of latents outside the hole, which the model is given anyway


def scheduler() -> DDIMScheduler:
    """Noise that ends in pure noise and a schedule that starts there.

    Lin et al. 2024, "Common diffusion noise schedules and sample steps are flawed": zero terminal
    signal, v prediction, trailing timesteps.
    """
    return DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )


class Painter(nn.Module):
    """The two networks that are trained together."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        words: Any = tokenizer()
        self.text_encoder: Any = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(words),
                hidden_size=WIDTH,
                intermediate_size=2 * WIDTH,
                num_hidden_layers=2,
                num_attention_heads=4,
                max_position_embeddings=MAX_LENGTH,
                projection_dim=WIDTH,
                bos_token_id=words.bos_token_id,
                eos_token_id=words.eos_token_id,
                pad_token_id=words.pad_token_id,
            )
        )
        self.unet: Any = UNet2DConditionModel(
            sample_size=24,
            in_channels=9,
            out_channels=4,
            block_out_channels=(64, 96, 112),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=WIDTH,
            attention_head_dim=4,  # the number of heads, in spite of its name
            norm_num_groups=8,
        )
        # On CPUs the fused attention's backward pass takes longer than the plain one.
        self.unet.set_attn_processor(AttnProcessor())


class Studies:
    """Encoded lessons, from which batches are drawn."""

    def __init__(self, vae: AutoencoderKL) -> None:
        stored = encoded(vae)
        self._bare, self._drawn, self._covered = (
            torch.from_numpy(stored[key]) for key in ("bare", "drawn", "covered")
        )
        self._holes = torch.from_numpy(stored["holes"])
        self._noise = torch.from_numpy(stored["noise"]).view(1, 4, 1, 1)
        self._things = [Thing(c, s, z, (0, 0), 0, 0) for c, s, z in stored["things"].tolist()]
        self._words = lru_cache(maxsize=None)(tokenizer_ids())

    def batch(self, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
        """Target latents, masked latents, masks and token ids.

        One in seven asks for the background, which is learnt soon, and four in five for a thing;
        the rest for nothing at all, mostly on background, so that guidance works on it.
        """
        rows = rng.integers(0, len(self._things), BATCH)
        asks = rng.choice(["background", "thing", ""], BATCH, p=[0.14, 0.8, 0.06])
        bare = (asks == "background") | ((asks == "") & (rng.random(BATCH) < 0.7))
        texts = [self._prompt(str(ask), row, rng) for row, ask in zip(rows, asks, strict=True)]
        picked = torch.from_numpy(rows)
        choice = torch.from_numpy(bare).view(-1, 1, 1, 1)
        target = torch.where(choice, self._bare[picked], self._drawn[picked]).float()
        covered = self._covered[picked].float()
        # The pipeline draws the masked latents from their distribution, so training does too.
        covered = covered + self._noise * torch.from_numpy(
            rng.standard_normal(covered.shape, dtype=np.float32)
        )
        ids = torch.tensor([self._words(text) for text in texts])
        return target, covered, self._holes[picked].float().unsqueeze(1), ids

    def _prompt(self, ask: str, row: int, rng: np.random.Generator) -> str:
        if ask == "thing":
            return phrase(self._things[row], rng)
        return str(rng.choice(REMOVAL)) if ask == "background" else ""


def train(options: Options) -> None:
    """Train the painter; the whole pipeline to `options.out/inpainting`, in float16."""
    torch.set_num_threads(options.threads)
    vae = AutoencoderKL.from_pretrained(WORK / "vae")
    studies, painter = Studies(vae), Painter()
    print(f"inpainting: {sum(p.numel() for p in painter.parameters()) / 1e6:.2f} M parameters")
    alphas = scheduler().alphas_cumprod

    def loss_of(step: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng([4, step])
        target, covered, holes, ids = studies.batch(rng)
        # One timestep from each of BATCH equal spans: a steadier loss than independent ones.
        spread = (np.arange(BATCH) + rng.random(BATCH)) / BATCH
        timesteps = torch.from_numpy(rng.permutation((spread * len(alphas)).astype(np.int64)))
        noise = torch.from_numpy(rng.standard_normal(target.shape, dtype=np.float32))
        signal = alphas[timesteps].view(-1, 1, 1, 1)
        noisy = signal.sqrt() * target + (1 - signal).sqrt() * noise
        velocity = signal.sqrt() * noise - (1 - signal).sqrt() * target
        text = painter.text_encoder(ids)[0]
        inputs = torch.cat([noisy, holes, covered], dim=1)
        off = painter.unet(inputs, timesteps, text).sample.float() - velocity
        near = nn.functional.max_pool2d(holes, 3, 1, 1)
        weight = _OUTSIDE + (1 - _OUTSIDE) * near.expand_as(off)
        inside = (off.square() * near).sum() / near.expand_as(off).sum()
        return {"loss": (off.square() * weight).sum() / weight.sum(), "inside": inside}

    def watch(step: int) -> str:
        assemble(vae, painter).save_pretrained(WORK / "pipeline")
        return f"saved {WORK / 'pipeline'} at step {step}"

    fit("inpainting", painter, loss_of, options, steps=STEPS, lr=1e-3, watch=watch, watch_every=500)
    folder = options.out / "inpainting"
    assemble(vae, painter).to(torch.float16).save_pretrained(folder, safe_serialization=True)
    print(f"inpainting: saved {folder}", flush=True)


def assemble(vae: AutoencoderKL, painter: Painter) -> StableDiffusionInpaintPipeline:
    """The pipeline of the library around the trained networks."""
    return StableDiffusionInpaintPipeline(
        vae=vae,
        text_encoder=painter.text_encoder,
        tokenizer=tokenizer(),
        unet=painter.unet,
        scheduler=scheduler(),  # pyright: ignore[reportArgumentType] (any scheduler will do)
        safety_checker=None,  # pyright: ignore[reportArgumentType]
        feature_extractor=None,  # pyright: ignore[reportArgumentType]
        requires_safety_checker=False,
    )


def tokenizer_ids() -> Any:
    """A function from text to `MAX_LENGTH` token ids, padded and cut as the pipeline does."""
    words: Any = tokenizer()

    def ids(text: str) -> list[int]:
        return words(text, padding="max_length", max_length=MAX_LENGTH, truncation=True).input_ids

    return ids


def encoded(vae: AutoencoderKL) -> dict[str, NDArray[Any]]:
    """The pool of lessons as scaled latents, made once and kept under `WORK`.

    Returns:
        bare, drawn, covered: float16 (N, 4, 24, 24). holes: uint8 (N, 24, 24), at the latents' grid
        as the pipeline samples them. things: str (N, 3), colour, shape, size. noise: float32 (4,),
        the autoencoder's own standard deviation.
    """
    path = WORK / "latents.npz"
    if path.exists():
        with np.load(path) as stored:
            return dict(stored)
    pool = pictures()
    latents: dict[str, list[Any]] = {"bare": [], "drawn": [], "covered": []}
    deviations = []
    scale = vae.config["scaling_factor"]
    for start in range(0, len(pool["holes"]), 32):
        part = {key: pool[key][start : start + 32] for key in ("bare", "drawn")}
        part["covered"] = np.where(
            pool["holes"][start : start + 32, :, :, None], 127.5, part["bare"]
        )
        for key, pixels in part.items():
            known = torch.from_numpy(pixels.astype(np.float32)).permute(0, 3, 1, 2) / 127.5 - 1
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                posterior = vae.encode(known).latent_dist  # pyright: ignore
            latents[key].append((posterior.mean.float() * scale).half().numpy())
            if key == "covered":
                deviations.append(posterior.std.float().mean((0, 2, 3)).numpy() * scale)
    made = {key: np.concatenate(value) for key, value in latents.items()}
    made["holes"] = pool["holes"][:, ::4, ::4].astype(np.uint8)
    made["things"] = pool["things"]
    made["noise"] = np.mean(deviations, axis=0)
    np.savez(path, **made)  # pyright: ignore
    return made


def pictures() -> dict[str, NDArray[Any]]:
    """The pool of lessons as pictures, made once and kept under `WORK`."""
    path = WORK / "lessons.npz"
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(2, initializer=cv2.setNumThreads, initargs=(1,)) as workers:
            done: list[Lesson] = list(workers.map(lesson, range(LESSONS), chunksize=32))
        np.savez(
            path,
            bare=np.stack([one.bare for one in done]),
            drawn=np.stack([one.drawn for one in done]),
            holes=np.stack([one.hole for one in done]),
            things=np.array([(one.thing.colour, one.thing.shape, one.thing.size) for one in done]),
        )
    with np.load(path) as stored:
        return dict(stored)
