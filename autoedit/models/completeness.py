"""Whether a directory holds the whole of a checkpoint, told without loading it.

The layouts are those of transformers (weights beside config.json) and diffusers (a directory for
each component that model_index.json names).
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
"""Endings of files that hold weights."""

_SHARD = re.compile(r"-\d{5}-of-\d{5}[.]")
_WITHOUT_WEIGHTS = ("Tokenizer", "TokenizerFast", "Processor", "Scheduler", "FeatureExtractor")
_HEADER_LIMIT = 100_000_000  # as the safetensors library has it


def missing_part(directory: Path) -> str | None:
    """The first thing that is missing or cut off, as words for a message; None when all is there.

    Args:
        directory: a checkpoint as save_pretrained writes it.
    """
    index = directory / "model_index.json"
    if index.is_file():
        return next(_pipeline_gaps(directory, index), None)
    if (directory / "config.json").is_file():
        return next(_model_gaps(directory), None)
    return None if any(_weights(directory)) else "any file of weights"


def _pipeline_gaps(directory: Path, index: Path) -> Iterator[str]:
    content = _json(index)
    if content is None:
        yield "a readable model_index.json"
        return
    for name, value in content.items():
        if name.startswith("_") or not isinstance(value, list) or None in value:
            continue
        component, kind = directory / name, str(value[-1])
        if not component.is_dir():
            if name != "safety_checker":  # some repositories name it and do not have it
                yield f"the directory {name}"
        elif (component / "config.json").is_file() and not kind.endswith(_WITHOUT_WEIGHTS):
            yield from (f"{name}/{gap}" for gap in _model_gaps(component))


def _model_gaps(directory: Path) -> Iterator[str]:
    """What keeps a model from being whole; one whole set of weights of several is enough."""
    gaps: list[str] = []
    for index in sorted(directory.glob("*.index*.json"), key=lambda path: ".bin." in path.name):
        shards = (_json(index) or {}).get("weight_map")
        if not isinstance(shards, dict):
            gaps.append(f"a readable {index.name}")
            continue
        gap = next(filter(None, (_file_gap(directory / name) for name in shards.values())), None)
        if gap is None:
            return
        gaps.append(gap)
    for file in _weights(directory):
        if _SHARD.search(file.name):
            continue
        gap = _file_gap(file)
        if gap is None:
            return
        gaps.append(gap)
    yield gaps[0] if gaps else "any file of weights"


def _weights(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.iterdir()) if path.suffix in WEIGHTS)


def _file_gap(path: Path) -> str | None:
    if not path.is_file():
        return path.name
    if path.suffix == ".safetensors" and not _is_whole(path):
        return f"{path.name} whole (it is cut off or damaged)"
    return None


def _is_whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says.

    The format: 8 bytes with the header's length, the header as JSON, then the tensors' bytes.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _HEADER_LIMIT:
                return False
            header = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name[:2] != "__"]
        return path.stat().st_size == 8 + length + max(ends, default=0)
    except (OSError, ValueError, struct.error, KeyError, TypeError, IndexError, AttributeError):
        return False


def _json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
