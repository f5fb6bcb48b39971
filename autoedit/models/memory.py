"""What fits: free memory, and one leaner retry when it did not."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from autoedit.errors import OutOfMemoryError
from autoedit.models.device import Device

T = TypeVar("T")


def free_bytes(device: Device) -> int:
    """Memory that a model could still take on a device, in bytes."""
    import torch

    if device.kind == "cuda":
        return int(torch.cuda.mem_get_info(torch.device(device.name))[0])
    if device.kind == "mps":
        limit = int(torch.mps.recommended_max_memory())
        return max(0, limit - int(torch.mps.driver_allocated_memory()))
    return _free_host_bytes()


def _free_host_bytes() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on the chip or on the host."""
    import torch

    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "not enough memory" in text or "can't allocate memory" in text
    )


def release() -> None:
    """Give back what no tensor uses any more."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def with_leaner_retry(run: Callable[[bool], T], device: Device, advice: str) -> T:
    """Run, and once more in a leaner way when memory runs out.

    Args:
        run: called with False, then with True when that ran out of memory.
        device: for the message.
        advice: what a person can do when the leaner way failed too.

    Raises:
        OutOfMemoryError: when both ways ran out of memory.
    """
    try:
        return run(False)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    release()  # outside the except block: its traceback keeps the tensors alive
    try:
        return run(True)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        release()
        raise OutOfMemoryError(f"The {device.name} ran out of memory, twice. {advice}") from error
