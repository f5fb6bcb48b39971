"""On which chip a model runs, and in which number format: chosen once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from autoedit.errors import SettingError

_KINDS = ("cuda", "mps", "cpu")
_DTYPES = ("float32", "float16", "bfloat16")


@dataclass(frozen=True, slots=True)
class Device:
    """A resolved device.

    Attributes:
        name: as torch names it: "cuda", "cuda:1", "mps" or "cpu".
        dtype: of the weights: "float32", "float16" or "bfloat16".
    """

    name: str
    dtype: str

    @property
    def kind(self) -> str:
        """The device's kind: "cuda", "mps" or "cpu"."""
        return self.name.partition(":")[0]

    @property
    def torch_dtype(self) -> Any:
        """The dtype as torch has it."""
        import torch

        return getattr(torch, self.dtype)


def resolve(device: str | None = None, dtype: str | None = None) -> Device:
    """Choose what is not said: CUDA before MPS before the CPU, half precision where it is sound.

    Args:
        device: "cuda", "cuda:N", "mps", "cpu", or None.
        dtype: "float32", "float16", "bfloat16", or None: bfloat16 on CUDA chips that have it, else
            float16 there and on MPS, float32 on a CPU.

    Raises:
        SettingError: for a name that is not known, or a device that is not there.
    """
    name = device or _best()
    kind = name.partition(":")[0]
    if kind not in _KINDS:
        raise SettingError(f"No device is called {name!r}; there is: {', '.join(_KINDS)}.")
    if not _present(name):
        raise SettingError(
            f"The device {name!r} is not there, or torch was installed without support for it. "
            "See 'autoedit doctor'; leave the device out to have it chosen."
        )
    if dtype is not None and dtype not in _DTYPES:
        raise SettingError(f"No dtype is called {dtype!r}; there is: {', '.join(_DTYPES)}.")
    return Device(name, dtype or _dtype_for(kind))


@cache
def _best() -> str:
    return next(kind for kind in _KINDS if _present(kind))


def _present(name: str) -> bool:
    import torch

    kind, _, number = name.partition(":")
    if kind == "cuda":
        index = int(number) if number.isdigit() else 0
        return torch.cuda.is_available() and index < torch.cuda.device_count()
    if kind == "mps":
        return torch.backends.mps.is_available()
    return True


def _dtype_for(kind: str) -> str:
    import torch

    if kind == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return "float16" if kind == "mps" else "float32"
