"""Load an inpainting pipeline of diffusers from the disk, and place it where it fits.

Nothing is downloaded and no code of a checkpoint runs: weights come from safetensors alone.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from autoedit.errors import (
    AutoEditError,
    BackendUnavailableError,
    OutOfMemoryError,
    SettingError,
    WeightsError,
)
from autoedit.inpainting import families
from autoedit.inpainting.families import Family
from autoedit.models import memory, store
from autoedit.models.device import Device

_LOG = logging.getLogger(__name__)

Offload = Literal["none", "model", "sequential"]
OFFLOADS: tuple[Offload, ...] = ("none", "model", "sequential")

# Name: class in diffusers, what is changed of the checkpoint's own configuration, and the steps and
# guidance that its publishers recommend, None where it changes nothing about them.
SCHEDULERS: dict[str, tuple[str, dict[str, Any], tuple[int, float] | None]] = {
    "lcm": ("LCMScheduler", {}, (6, 1.5)),
    "turbo": ("EulerAncestralDiscreteScheduler", {"timestep_spacing": "trailing"}, (4, 0.0)),
    "euler_trailing": ("EulerDiscreteScheduler", {"timestep_spacing": "trailing"}, None),
    "euler": ("EulerDiscreteScheduler", {}, None),
    "ddim": ("DDIMScheduler", {}, None),
    "dpm": ("DPMSolverMultistepScheduler", {}, None),
    "unipc": ("UniPCMultistepScheduler", {}, None),
}

_ACTIVATIONS = 2 * 2**30  # bytes that the largest step needs beside its weights
_LARGEST_PART = 0.75  # of all weights: a denoiser is rarely more, with its text encoders beside it


def choose_offload(size: int, free: int, kind: str, largest: int | None = None) -> Offload:
    """How much of a pipeline stays on the device.

    Args:
        size: bytes of all its weights.
        free: bytes that are free on the device.
        kind: of the device; only CUDA has a memory of its own to spare.
        largest: bytes of its largest part; None for a usual share.

    Returns:
        "none" when everything fits, "model" when its largest part does, else "sequential", which
        works in any memory and is by far the slowest.
    """
    if kind != "cuda" or size + _ACTIVATIONS <= free:
        return "none"
    part = largest if largest is not None else round(size * _LARGEST_PART)
    return "model" if part + _ACTIVATIONS <= free else "sequential"


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and no chatter of the libraries; their settings are as before afterwards."""
    from diffusers.utils import logging as ours
    from transformers.utils import logging as theirs

    before = [
        (each, each.get_verbosity(), each.is_progress_bar_enabled()) for each in (ours, theirs)
    ]
    try:
        for library, _, _ in before:
            library.set_verbosity_error()
            library.disable_progress_bar()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for library, verbosity, bars in before:
            library.set_verbosity(verbosity)
            if bars:
                library.enable_progress_bar()


def load(
    path: Path, device: Device, *, family: str | None = None, config: str | None = None
) -> tuple[Any, Family]:
    """A pipeline, on the CPU, in the device's dtype, and its family.

    Args:
        path: a directory as save_pretrained writes it, or one .safetensors file, with all parts or
            with the denoiser alone.
        device: for its dtype.
        family: name of the family, where the checkpoint does not tell.
        config: for a single file: reference to a directory with the configuration of its parts, and
            the parts that the file lacks; None looks beside the file, then where its kind of model
            is published.

    Raises:
        SettingError: when no family loads it.
        WeightsError: when files are missing, damaged, or hold pickled code.
        BackendUnavailableError: when a library is missing or too old.
        OutOfMemoryError: when the weights do not fit into memory.
    """
    directory = path if path.is_dir() else _configuration(path, config)
    row = families.named(family) if family else families.of_class(_class_name(directory), str(path))
    with _explained(path, row.pipeline), quiet():
        cls = pipeline_class(row)
        options: dict[str, Any] = {"torch_dtype": device.torch_dtype, "local_files_only": True}
        parts: dict[str, Any] = {}
        if path.is_file() and not _is_whole(path):
            parts = _denoiser(path, directory, options)
        if path.is_dir() or parts:
            _refuse_pickles(directory)
            options.update(use_safetensors=True, variant=_variant(directory))
            pipe = cls.from_pretrained(str(directory), **options, **_no_checker(directory), **parts)
        else:
            pipe = cls.from_single_file(str(path), config=str(directory), **options)
        pipe.set_progress_bar_config(disable=True)
        if row.name == "chroma" and "guidance_embeds" not in pipe.transformer.config:
            # diffusers 0.42 asks for FLUX's setting, which Chroma's transformer does not have.
            pipe.transformer.register_to_config(guidance_embeds=False)
    _LOG.debug("%s is a %s", path, type(pipe).__name__)
    return pipe, row


def pipeline_class(family: Family) -> Any:
    """A family's class in diffusers.

    Raises:
        BackendUnavailableError: when this diffusers has none.
    """
    import diffusers

    cls = getattr(diffusers, family.pipeline, None)
    if cls is None:
        raise BackendUnavailableError(
            f"diffusers {diffusers.__version__} has no {family.pipeline}. "
            "Run: pip install --upgrade diffusers"
        )
    return cls


def add_lora(pipe: Any, path: Path, scale: float) -> None:
    """Merge a LoRA into the weights.

    Raises:
        SettingError: when the pipeline takes none.
        WeightsError: when the file is no LoRA in safetensors for this model.
        BackendUnavailableError: when peft is not installed.
    """
    if not hasattr(pipe, "load_lora_weights"):
        raise SettingError(f"{type(pipe).__name__} takes no LoRA; leave out inpainting.lora.")
    if path.is_dir():
        files = sorted(path.glob("*.safetensors"))
        if len(files) != 1:
            raise WeightsError(
                f"{path} holds {len(files)} .safetensors files; name the LoRA as repository:file."
            )
        path = files[0]
    _refuse_file(path)
    _need("peft", "A LoRA")
    with _explained(path, "LoRA"), quiet():
        pipe.load_lora_weights(str(path.parent), weight_name=path.name, local_files_only=True)
        pipe.fuse_lora(lora_scale=scale)
        pipe.unload_lora_weights()


def set_scheduler(pipe: Any, family: Family, name: str) -> None:
    """Exchange the scheduler for one of `SCHEDULERS`, made from the checkpoint's own.

    Raises:
        SettingError: for an unknown name, or a family that has its own.
    """
    if name not in SCHEDULERS:
        raise SettingError(f"No scheduler is called {name!r}; there is: {', '.join(SCHEDULERS)}.")
    if not family.noise_schedulers:
        raise SettingError(
            f"The family {family.name} only works with the scheduler of its checkpoint; leave out "
            "inpainting.scheduler."
        )
    import diffusers

    class_name, changes, _ = SCHEDULERS[name]
    with quiet():
        cls = getattr(diffusers, class_name)
        pipe.scheduler = cls.from_config(pipe.scheduler.config, **changes)


def place(pipe: Any, device: Device, offload: Offload | None) -> Offload:
    """Put a pipeline on its device; None chooses how much of it stays there.

    Raises:
        BackendUnavailableError: when offloading needs a library that is not installed.
        OutOfMemoryError: when it does not fit.
    """
    sizes = weight_sizes(pipe)
    if offload is None:
        free = memory.free_bytes(device)
        offload = choose_offload(sum(sizes), free, device.kind, max(sizes, default=0))
    if device.kind == "cpu":
        offload = "none"
    with _explained(None, type(pipe).__name__):
        if offload == "none":
            pipe.to(device.name)
        else:
            _need("accelerate", f"Offloading ({sum(sizes) / 2**30:.1f} GiB of weights)")
            if offload == "model":
                pipe.enable_model_cpu_offload(device=device.name)
            else:
                pipe.enable_sequential_cpu_offload(device=device.name)
    return offload


def weight_sizes(pipe: Any) -> list[int]:
    """Bytes of the weights of each part of a pipeline."""
    import torch

    return [
        sum(each.numel() * each.element_size() for each in part.parameters())
        for part in pipe.components.values()
        if isinstance(part, torch.nn.Module)
    ]


def _configuration(path: Path, config: str | None) -> Path:
    """The directory that says what the parts of a single file are."""
    _refuse_file(path)
    if config is not None:
        return store.located(config)
    if (path.parent / "model_index.json").is_file():
        return path.parent
    # Without a directory of its own the library would fetch one from the hub, offline or not.
    with _explained(path, "single file"):
        from diffusers.loaders.single_file_utils import fetch_diffusers_config

        shapes = {key: SimpleNamespace(shape=shape) for key, shape in _shapes(path).items()}
        published = str(fetch_diffusers_config(shapes)["pretrained_model_name_or_path"])
    try:
        return store.located(published)
    except WeightsError as error:
        raise WeightsError(
            f"{path} lacks the configuration of its parts, which looks like that of {published}. "
            "Set inpainting.config to a directory with its model_index.json, or run: "
            f"autoedit models pull {published}"
        ) from error


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a file's tensors, without loading them."""
    from safetensors import safe_open

    with safe_open(str(path), "pt") as file:
        return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118


def _is_whole(path: Path) -> bool:
    """Whether a single file has its autoencoder with it, and not the denoiser alone."""
    return any(key.startswith(("first_stage_model.", "vae.")) for key in _shapes(path))


def _denoiser(path: Path, directory: Path, options: dict[str, Any]) -> dict[str, Any]:
    """The denoiser of a single file, by the name of its part."""
    import diffusers

    index = json.loads((directory / "model_index.json").read_text(encoding="utf-8"))
    part = "transformer" if "transformer" in index else "unet"
    cls = getattr(diffusers, index[part][1])
    return {part: cls.from_single_file(str(path), config=str(directory), subfolder=part, **options)}


def _class_name(directory: Path) -> str:
    index = directory / "model_index.json"
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        return str(content["_class_name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{directory} is no diffusers model: it has no readable model_index.json. Give the "
            "directory that holds one, or a single .safetensors file."
        ) from error


def _refuse_file(path: Path) -> None:
    if path.suffix != ".safetensors":
        raise WeightsError(
            f"{path} is no .safetensors file. Other files of weights can run code when they are "
            "loaded, and are not; look for the same weights as .safetensors."
        )


def _refuse_pickles(directory: Path) -> None:
    for part in sorted(directory.iterdir()):
        if part.is_dir() and any(part.glob("*.bin")) and not any(part.glob("*.safetensors")):
            raise WeightsError(
                f"{part} holds its weights as .bin only. Such files can run code when they are "
                "loaded, and are not; look for the same weights as .safetensors."
            )


def _variant(directory: Path) -> str | None:
    """The variant "fp16", where some part comes in nothing else."""
    for part in directory.iterdir():
        files = [file.name for file in part.glob("*.safetensors")] if part.is_dir() else []
        if files and all(".fp16" in name for name in files):
            return "fp16"
    return None


def _no_checker(directory: Path) -> dict[str, Any]:
    """Do without a safety checker that the checkpoint names but does not have."""
    index = json.loads((directory / "model_index.json").read_text(encoding="utf-8"))
    if "safety_checker" not in index or (directory / "safety_checker").is_dir():
        return {}
    return {"safety_checker": None, "requires_safety_checker": False}


def _need(module: str, what: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise BackendUnavailableError(
            f"{what} needs {module}, which is not installed. Run: pip install {module}"
        )


@contextmanager
def _explained(path: Path | None, what: str) -> Iterator[None]:
    """Map whatever the libraries raise while loading to one of our errors."""
    try:
        yield
    except AutoEditError:
        raise
    except Exception as error:
        if memory.is_out_of_memory(error):
            raise OutOfMemoryError(
                f"The weights of the {what} do not fit into memory. Choose a smaller model, or "
                "set inpainting.dtype to bfloat16."
            ) from error
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        if isinstance(error, ImportError):
            raise BackendUnavailableError(
                f"{what} needs a library that is not installed: {first}"
            ) from error
        raise WeightsError(
            f"{path or what} cannot be loaded as {what}: {first} "
            "Pull it again, or check inpainting.family."
        ) from error
