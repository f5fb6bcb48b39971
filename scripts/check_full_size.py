"""Run a 12-megapixel photo through the neural chain at the real models' full size.

Builds Stable Diffusion 1.5 inpainting and Segment Anything vit_b with random weights, saves them as
their publishers do, loads them by the pipeline's own code, outlines a thing by its box and removes
it with 2 denoising steps. What comes out is noise; sizes, dtypes, time and memory are the real
ones. Prints them, and fails when one is wrong or anything outside the hole has changed.

    python scripts/check_full_size.py

Needs the development extra, 12 GB of memory and 5 GB of disk for a while. `--tiny` does the same
with models of a few kilobytes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import transformers
import yaml
from PIL import Image
from segment_anything import modeling
from tokenizers.pre_tokenizers import ByteLevel

diffusers: Any = importlib.import_module("diffusers")  # its stubs know few of its names

ROOT = Path(__file__).parents[1]
PHOTO = ROOT / "examples" / "desk.jpg"
BOX = (0.40, 0.45, 0.55, 0.65)
"""What is removed, as fractions of the photo's width and height."""


@dataclass(frozen=True)
class Size:
    """Configurations of all parts, and how many parameters the real ones have."""

    photo: tuple[int, int]
    unet: dict[str, Any]
    vae: dict[str, Any]
    text: dict[str, Any]
    sam: dict[str, Any]
    parameters: dict[str, int] = field(default_factory=dict)


def sam_sizes(
    side: int, width: int, depth: int, heads: int, globally: list[int], channels: int, mlp: int
) -> dict[str, Any]:
    """Sizes as they lie beside a .pth file; laid out as in the publisher's builders."""
    return {
        "image_encoder": {
            "img_size": side, "patch_size": 16, "embed_dim": width, "depth": depth,
            "num_heads": heads, "out_chans": channels, "use_rel_pos": True, "window_size": 14,
            "global_attn_indexes": globally,
        },
        "prompt_encoder": {
            "embed_dim": channels, "image_embedding_size": [side // 16] * 2,
            "input_image_size": [side] * 2, "mask_in_chans": 16,
        },
        "transformer": {
            "depth": 2, "embedding_dim": channels, "mlp_dim": mlp, "num_heads": 8,
        },
        "mask_decoder": {"transformer_dim": channels},
        "pixel_mean": [123.675, 116.28, 103.53],
        "pixel_std": [58.395, 57.12, 57.375],
    }  # fmt: skip


FULL = Size(
    photo=(4000, 3000),
    unet={
        "sample_size": 64, "block_out_channels": (320, 640, 1280, 1280), "layers_per_block": 2,
        "cross_attention_dim": 768, "attention_head_dim": 8,
        "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    },
    vae={"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "sample_size": 512},
    text={
        "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
        "num_attention_heads": 12, "projection_dim": 768,
    },
    sam=sam_sizes(1024, 768, 12, 12, [2, 5, 8, 11], 256, 2048),
    parameters={"unet": 859_535_364, "vae": 83_653_863, "text_encoder": 123_060_480,
                "segment_anything": 93_735_472},
)  # fmt: skip

TINY = Size(
    photo=(643, 481),
    unet={
        "sample_size": 8, "block_out_channels": (16, 32), "layers_per_block": 1,
        "cross_attention_dim": 16, "attention_head_dim": 4, "norm_num_groups": 8,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    },
    vae={"block_out_channels": (8, 8, 8, 8), "layers_per_block": 1, "norm_num_groups": 4,
         "sample_size": 64},
    text={
        "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "projection_dim": 16,
    },
    sam=sam_sizes(64, 16, 2, 2, [1], 32, 64),
)  # fmt: skip


# The models -------------------------------------------------------------------------------------


def randomised(model: Any) -> Any:
    """A model from the meta device with small random weights, its norms at rest."""
    model = model.to_empty(device="cpu").eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.02, generator=generator)
            else:
                parameter.fill_(1.0 if name.endswith("weight") else 0.0)
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.normal_(0, 1, generator=generator)
    return model


def tokenizer() -> Any:
    """A byte-level BPE of CLIP's size and layout, with merges of our own."""
    alphabet = sorted(ByteLevel.alphabet())
    count = 49_408 - 2 * len(alphabet) - 2
    merges = [(first, second) for first in alphabet for second in alphabet][:count]
    tokens = [*alphabet, *(f"{each}</w>" for each in alphabet), *map("".join, merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary: Any = {token: number for number, token in enumerate(tokens)}
    pairs: Any = merges
    return transformers.CLIPTokenizer(vocabulary, pairs, model_max_length=77)


def segment_anything(sizes: dict[str, Any]) -> Any:
    """Segment Anything as its publisher's builders put it together."""
    norm: Any = partial(torch.nn.LayerNorm, eps=1e-6)
    transformer = modeling.TwoWayTransformer(**sizes["transformer"])
    return modeling.Sam(
        modeling.ImageEncoderViT(**sizes["image_encoder"], norm_layer=norm),
        modeling.PromptEncoder(**sizes["prompt_encoder"]),
        modeling.MaskDecoder(**sizes["mask_decoder"], transformer=transformer),
    )


def build(folder: Path, size: Size) -> dict[str, int]:
    """Write the models and the photo; returns how many parameters each model has."""
    transformers.logging.disable_progress_bar()
    words = tokenizer()
    text = transformers.CLIPTextConfig(
        vocab_size=len(words), max_position_embeddings=77, hidden_act="quick_gelu",
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id, **size.text,
    )  # fmt: skip
    with torch.device("meta"):
        parts = {
            "unet": diffusers.UNet2DConditionModel(in_channels=9, out_channels=4, **size.unet),
            "vae": diffusers.AutoencoderKL(
                latent_channels=4, scaling_factor=0.18215,
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4, **size.vae,
            ),
            "text_encoder": transformers.CLIPTextModel(text),
            "segment_anything": segment_anything(size.sam),
        }  # fmt: skip
    counts = {name: sum(each.numel() for each in part.parameters()) for name, part in parts.items()}
    sam = randomised(parts.pop("segment_anything"))
    torch.save(sam.state_dict(), folder / "random.pth")
    (folder / "random.json").write_text(json.dumps(size.sam))
    del sam
    pipe = diffusers.StableDiffusionInpaintPipeline(
        **{name: randomised(part) for name, part in parts.items()},
        tokenizer=words, safety_checker=None, feature_extractor=None, requires_safety_checker=False,
        scheduler=diffusers.DDIMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1,
            clip_sample=False, set_alpha_to_one=False,
        ),
    )  # fmt: skip
    pipe.save_pretrained(folder / "inpainting")
    write_photo(folder / "photo.jpg", size.photo)
    return counts


def write_photo(path: Path, size: tuple[int, int]) -> None:
    """A photo of a size, with the grain that a sensor would give it."""
    with Image.open(PHOTO) as opened:
        pixels = np.asarray(opened.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    grain = np.random.default_rng(0).normal(0, 3, (*pixels.shape[:2], 1))
    Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(path, quality=92)


def write_pipeline(folder: Path, steps: int, device: str) -> Path:
    """The pipeline file: one attempt, and every denoising step that is asked for."""
    content = {
        "name": "full_size",
        "planning": {"backend": "grammar"},
        "grounding": {"backend": "attributes"},
        "segmentation": {
            "backend": "segment_anything", "model": str(folder / "random.pth"), "device": device,
        },
        "inpainting": {
            "backend": "diffusers", "model": str(folder / "inpainting"), "steps": steps,
            "strength": 1.0, "device": device,
        },
        "verification": {"attempts": 1},
    }  # fmt: skip
    path = folder / "full_size.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


# The run ----------------------------------------------------------------------------------------


def record_fills(seen: dict[str, Any]) -> None:
    """Note the window that the inpainter is given and every call of its UNet."""
    from autoedit.inpainting.diffusers import DiffusersInpainter

    fill = DiffusersInpainter.fill

    def noted(self: Any, pixels: Any, hole: Any, request: Any) -> Any:
        unet = self.pipeline.unet
        seen.update(window=[*pixels.shape], unet_dtype=str(unet.dtype), unet_calls=[])
        call = unet.register_forward_pre_hook(
            lambda _, given: seen["unet_calls"].append([*given[0].shape])
        )
        try:
            return fill(self, pixels, hole, request)
        finally:
            call.remove()

    DiffusersInpainter.fill = noted


def run(folder: Path, steps: int, device: str) -> dict[str, Any]:
    """Edit the photo, and say what was seen; a process of its own, so that its memory counts."""
    from autoedit import Editor
    from autoedit.core.files import load_photo
    from autoedit.errors import TargetNotFoundError

    seen: dict[str, Any] = {}
    record_fills(seen)
    editor = Editor(write_pipeline(folder, steps, device))
    photo = load_photo(folder / "photo.jpg")
    x0, y0, x1, y1 = (
        round(f * s) for f, s in zip(BOX, (photo.width, photo.height) * 2, strict=True)
    )
    started = time.perf_counter()
    try:
        outline = editor.segment(photo, box=(x0, y0, x1, y1))
        seen["outline"] = [*outline.shape, str(outline.array.dtype), round(outline.area, 4)]
    except TargetNotFoundError:  # random weights may as well see nothing
        seen["outline"] = None
    seen["segment_seconds"] = time.perf_counter() - started
    # Nor do they outline anything: what is removed is the ellipse in the box.
    mask = np.zeros(photo.shape, np.uint8)
    centre, axes = ((x0 + x1) // 2, (y0 + y1) // 2), ((x1 - x0) // 2, (y1 - y0) // 2)
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
    started = time.perf_counter()
    result = editor.edit(photo, "remove the thing", mask=mask > 0)
    seen["edit_seconds"] = time.perf_counter() - started
    again = load_photo(result.save(folder / "edited.png"))
    outside = result.matte.array == 0
    changed = (again.pixels != photo.pixels).any(axis=2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen.update(
        photo=[*photo.pixels.shape], edited=[*again.pixels.shape],
        edited_dtype=str(result.photo.pixels.dtype), timings=result.timings,
        outside_changed=int((changed & outside).sum()), outside=int(outside.sum()),
        inside_changed=float(changed[~outside].mean()),
        peak_bytes=peak * (1 if sys.platform == "darwin" else 1024),
        device_bytes=torch.cuda.max_memory_allocated() if device.startswith("cuda") else 0,
    )  # fmt: skip
    return seen


# The verdict ------------------------------------------------------------------------------------


def faults(seen: dict[str, Any], counts: dict[str, int], size: Size, steps: int) -> list[str]:
    """Everything that is not as it must be."""
    width, height = size.photo
    side = size.unet["sample_size"]
    window = seen["window"]
    wrong = {
        "parameters": any(counts[name] != count for name, count in size.parameters.items()),
        "photo size": seen["photo"] != [height, width, 3],
        "edited size": seen["edited"] != seen["photo"],
        "edited dtype": seen["edited_dtype"] != "uint8",
        "outline": seen["outline"] is not None
        and seen["outline"][:3] != [height, width, "float32"],
        "window": not (side * 8 <= min(window[:2]) and max(window[:2]) < max(width, height)),
        "denoising steps": len(seen["unet_calls"]) != steps,
        "latents": any(call[:2] != [2, 9] or max(call[2:]) != side for call in seen["unet_calls"]),
        "outside of the hole": seen["outside_changed"] > 0 or seen["outside"] == 0,
        "inside of the hole": seen["inside_changed"] < 0.5,
    }
    return [name for name, is_wrong in wrong.items() if is_wrong]


def report(seen: dict[str, Any], counts: dict[str, int]) -> str:
    """What was seen, for people."""
    rows = {
        "parameters": ", ".join(f"{name} {count / 1e6:.1f} M" for name, count in counts.items()),
        "photo": " x ".join(map(str, seen["photo"])),
        "outline": str(seen["outline"] or "empty"),
        "window": " x ".join(map(str, seen["window"])),
        "unet": f"{seen['unet_dtype']}, called with "
        + ", ".join(" x ".join(map(str, call)) for call in seen["unet_calls"]),
        "edited": f"{' x '.join(map(str, seen['edited']))} {seen['edited_dtype']}",
        "changed": f"{seen['outside_changed']} of {seen['outside']} pixels outside, "
        f"{seen['inside_changed']:.0%} of those inside",
        "outlining": f"{seen['segment_seconds']:.1f} s with loading",
        "editing": f"{seen['edit_seconds']:.1f} s with loading: "
        + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in seen["timings"].items()),
        "memory": f"{seen['peak_bytes'] / 2**30:.2f} GiB at the peak"
        + (f", {seen['device_bytes'] / 2**30:.2f} on the device" if seen["device_bytes"] else ""),
    }
    return "\n".join(f"{name:<11} {text}" for name, text in rows.items())


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="The neural chain at its full size.")
    parser.add_argument("--tiny", action="store_true", help="with models of a few kilobytes")
    parser.add_argument("--steps", type=int, default=2, help="denoising steps")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument("--folder", type=Path, help="where to put the models; removed afterwards")
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Build, and run in a process of its own; 0 when all is as it must be."""
    given = arguments()
    if given.run:
        seen = run(given.folder, given.steps, given.device)
        (given.folder / "seen.json").write_text(json.dumps(seen))
        return 0
    size = TINY if given.tiny else FULL
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        counts = build(folder, size)
        subprocess.run(
            [sys.executable, __file__, "--run", "--folder", folder, "--device", given.device,
             "--steps", str(given.steps)],
            check=True, cwd=ROOT,
        )  # fmt: skip
        seen = json.loads((folder / "seen.json").read_text())
    print(report(seen, counts))
    wrong = faults(seen, counts, size, given.steps)
    print("wrong       " + ", ".join(wrong) if wrong else "all as it must be")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
