"""What a run is asked to do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from autoedit.bulk import naming, storage
from autoedit.errors import InputError
from autoedit.pipeline import default_pipeline

EngineName = Literal["local", "ray"]
Retry = Literal["failed", "refused", "verdict"]
TIMEOUT = 900.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything but the photos.

    Attributes:
        out: the output folder, or one of fsspec's URLs.
        instruction: for every photo that has none of its own; "" when all have.
        pipeline: likewise; a name or a YAML file.
        overrides: "stage.key=value" each, for every pipeline.
        pull: whether weights that are missing may be downloaded, before the first photo.
        seed: same seed, same pixels.
        template: of the results' names, see `naming`.
        format: of all results, "png" for example; None keeps each photo's own.
        retry: do photos again that failed, that were refused, or (with another seed) whose checks
            found fault.
        limit: do no more photos than this now.
        engine: "local" processes, or "ray".
        workers: how many processes; None takes what the machine or the cluster has.
        threads: that each may use; None shares the cores evenly.
        timeout: seconds after which a photo is given up.
        address: of a Ray cluster; None starts one here.
        ledger: folder of the ledger; None is inside `out`, or for a URL in the user's state folder.
        gpu_batch: how many photos a local process edits at a time, so that what they fill goes
            through a diffusion model together; others take one at a time.
        skip_unsupported: whether the rest of an instruction is done where a part of it cannot be.

    Raises:
        InputError: when a value cannot be used.
    """

    out: str
    instruction: str = ""
    pipeline: str | None = None
    overrides: tuple[str, ...] = ()
    pull: bool = False
    seed: int = 0
    template: str = naming.TEMPLATE
    format: str | None = None
    retry: tuple[Retry, ...] = ()
    limit: int | None = None
    engine: EngineName = "local"
    workers: int | None = None
    threads: int | None = None
    timeout: float = TIMEOUT
    address: str | None = None
    ledger: str | None = None
    gpu_batch: int = 1
    skip_unsupported: bool = False

    def __post_init__(self) -> None:
        out = self.out.rstrip("/") or self.out
        if not storage.is_url(out):
            out = os.path.abspath(out)  # noqa: PTH100  (links stay as named)
        object.__setattr__(self, "out", out)
        object.__setattr__(self, "pipeline", self.pipeline or default_pipeline())
        naming.check(self.template, self.format)
        for name in ("workers", "threads", "limit", "gpu_batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} must be at least 1; it is {value}.")
        if not self.timeout > 0:
            raise InputError(f"timeout must be above 0 seconds; it is {self.timeout:g}.")
        if self.engine not in ("local", "ray"):
            raise InputError(f"There is no engine {self.engine!r}; there is: local, ray.")
        if unknown := set(self.retry) - {"failed", "refused", "verdict"}:
            raise InputError(f"retry is of failed, refused and verdict; not {min(unknown)!r}.")
        if self.gpu_batch > 1 and self.engine != "local":
            raise InputError("gpu_batch is of the local engine; an actor on Ray takes one photo.")
        if self.address is not None and self.engine != "ray":
            raise InputError("An address is that of a Ray cluster: give the engine ray, too.")
