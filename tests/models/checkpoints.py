"""Small checkpoints in the layouts of safetensors, transformers and diffusers."""

from __future__ import annotations

import json
import struct
from pathlib import Path


def safetensors(*values: float) -> bytes:
    """A safetensors file with one float32 tensor, written byte by byte after the format's text."""
    data = struct.pack(f"<{len(values)}f", *values)
    entry = {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, len(data)]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "weight": entry}).encode()
    return struct.pack("<Q", len(header)) + header + data


def model(*values: float) -> dict[str, bytes]:
    """A transformers checkpoint with one file of weights."""
    return {"config.json": b'{"model_type": "x"}', "model.safetensors": safetensors(*values)}


def sharded(*shards: bytes) -> dict[str, bytes]:
    """A transformers checkpoint in several files."""
    names = [
        f"model-{number:05}-of-{len(shards):05}.safetensors" for number in range(1, len(shards) + 1)
    ]
    index = {"weight_map": {f"layer{number}": name for number, name in enumerate(names)}}
    return {
        "config.json": b"{}",
        "model.safetensors.index.json": json.dumps(index).encode(),
        **dict(zip(names, shards, strict=True)),
    }


def pipeline(variant: str = "") -> dict[str, bytes]:
    """A diffusers checkpoint of a UNet, a tokenizer, a scheduler and no safety checker."""
    index = {
        "_class_name": "StableDiffusionInpaintPipeline",
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
    }
    return {
        "model_index.json": json.dumps(index).encode(),
        "scheduler/scheduler_config.json": b"{}",
        "tokenizer/vocab.json": b"{}",
        "unet/config.json": b"{}",
        f"unet/diffusion_pytorch_model{variant}.safetensors": safetensors(1, 2),
    }


def write(files: dict[str, bytes], directory: Path) -> Path:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory
