"""Which files of a repository a pull fetches: one set of weights, and what describes them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from autoedit.models.completeness import WEIGHTS

_FORMATS = ((".safetensors",), (".bin",), (".pt", ".pth", ".ckpt"))  # the safe one first
_DESCRIPTIONS = {".json", ".txt", ".model", ".jinja", ".spm", ".tiktoken"}
_TERMS = ("LICENSE", "LICENCE", "NOTICE")
_USUAL = re.compile(r"(model|diffusion_pytorch_model|pytorch_model)([.-]|$)")
_VARIANT = re.compile(r"\.(fp16|bf16|fp8|fp32|non_ema|ema)(?=[.-])")
_INDEX = ".index."


def files_wanted(names: Iterable[str], variant: str | None = None) -> list[str]:
    """Choose among the files of a repository.

    In each directory there is one set of weights: safetensors before pickled files, the variant
    asked for before the plain set. Where a model_index.json names component directories, weights
    beside it are the same model again as a single file, and are left out. Code, pictures and the
    formats of other frameworks are not fetched.

    Args:
        names: paths inside the repository.
        variant: "fp16" for the half-size set where there is one.
    """
    files = sorted(names)
    folders: dict[str, list[str]] = defaultdict(list)
    wanted: list[str] = []
    for name in files:
        path = PurePosixPath(name)
        if path.suffix in WEIGHTS or _INDEX in path.name:
            folders[str(path.parent)].append(name)
        elif path.suffix in _DESCRIPTIONS or path.name.upper().startswith(_TERMS):
            wanted.append(name)
    if "model_index.json" in files:
        folders.pop(".", None)
    for group in folders.values():
        wanted += _one_set(group, variant)
    return sorted(wanted)


def _one_set(group: list[str], variant: str | None) -> list[str]:
    """The preferred weights of one directory, with the index that belongs to them."""
    for endings in _FORMATS:
        sets: dict[str | None, list[str]] = defaultdict(list)
        for name in group:
            if any(name.endswith(end) or f"{end}{_INDEX}" in name for end in endings):
                sets[_variant(name)].append(name)
        for choice in (variant, None, *sets):
            if any(_INDEX not in name for name in sets.get(choice, ())):
                usual = [name for name in sets[choice] if _USUAL.match(PurePosixPath(name).name)]
                return usual or sets[choice]
    return []


def _variant(name: str) -> str | None:
    match = _VARIANT.search(PurePosixPath(name).name)
    return match[1] if match else None
