"""The loop that every stage of ShapeWorld is trained by: resumable, averaged, written to a CSV."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.training_utils import EMAModel
from torch import nn

WORK = Path("build/shapeworld")
"""Where checkpoints, sample pools and curves of a training in progress go."""

FRESH = 1_000_000
"""Seeds of scenes from here on are never trained on."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line settles.

    Attributes:
        out: folder of the finished weights, one sub-folder a stage.
        steps: of the optimiser; None takes the stage's own number.
        resume: continue from the last checkpoint under `WORK`, if there is one.
        threads: of torch.
    """

    out: Path = Path("pipelines/shapeworld")
    steps: int | None = None
    resume: bool = False
    threads: int = 2


def fit(
    name: str,
    model: nn.Module,
    loss_of: Callable[[int], dict[str, torch.Tensor]],
    options: Options,
    *,
    steps: int,
    lr: float,
    warmup: int = 100,
    weight_decay: float = 0.01,
    ema_decay: float = 0.998,
    save_every: float = 60.0,
    watch: Callable[[int], str] | None = None,
    watch_every: int = 1000,
) -> None:
    """Train `model` in place and leave its averaged weights in it.

    The learning rate warms up linearly and then falls to 0 along a cosine; forward passes run in
    bfloat16 autocast; gradients are clipped to norm 1. A checkpoint is written about every
    `save_every` seconds to `WORK/name.pt`, and the mean of the losses to `WORK/name.csv`.

    Args:
        name: of the checkpoint and the curve.
        model: whose parameters that require a gradient are trained.
        loss_of: given the step (from 0), the named losses; the entry "loss" is minimised.
            It must draw its randomness from the step, so that a resumed run is the same run.
        options: of the command line; `options.steps` overrides `steps`.
        steps: of the optimiser.
        lr: the highest learning rate of AdamW.
        warmup: steps.
        weight_decay: of AdamW.
        ema_decay: of the moving average of the weights.
        save_every: seconds between checkpoints.
        watch: called with averaged weights in place; what it returns is printed.
        watch_every: steps between calls of `watch`.
    """
    steps = options.steps or steps
    torch.set_num_threads(options.threads)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=lr, weight_decay=weight_decay, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: _warm_cosine(step, warmup, steps)
    )
    average = EMAModel(trained, decay=ema_decay)
    state = {"model": model, "optimiser": optimiser, "schedule": schedule, "average": average}
    start, spent = _load(name, state) if options.resume else (0, 0.0)
    curve = _Curve(WORK / f"{name}.csv", start, spent)
    model.train()
    saved = time.monotonic()
    for step in range(start, steps):
        with torch.autocast("cpu", torch.bfloat16):
            losses = loss_of(step)
        optimiser.zero_grad(set_to_none=True)
        losses["loss"].backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        average.step(trained)
        curve.add(step, {key: float(value.detach()) for key, value in losses.items()})
        if time.monotonic() - saved > save_every or step + 1 == steps:
            _save(name, state, step + 1, curve.spent)
            saved = time.monotonic()
        if watch is not None and ((step + 1) % watch_every == 0 or step + 1 == steps):
            average.store(trained)
            average.copy_to(trained)
            model.eval()
            with torch.no_grad():
                print(f"{name} {step + 1}: {watch(step + 1)}", flush=True)
            model.train()
            average.restore(trained)
    average.copy_to(trained)
    model.eval()


def _warm_cosine(step: int, warmup: int, steps: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, (step - warmup) / max(1, steps - warmup)))


def _save(name: str, state: dict[str, object], step: int, spent: float) -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    part = WORK / f"{name}.pt.part"
    values = {key: value.state_dict() for key, value in state.items()}  # pyright: ignore
    torch.save({**values, "step": step, "spent": spent}, part)
    part.replace(WORK / f"{name}.pt")  # a kill while saving leaves the last checkpoint whole


def _load(name: str, state: dict[str, object]) -> tuple[int, float]:
    path = WORK / f"{name}.pt"
    if not path.exists():
        return 0, 0.0
    values = torch.load(path, weights_only=True)
    for key, value in state.items():
        value.load_state_dict(values[key])  # pyright: ignore
    print(f"{name}: resumed at step {values['step']}", flush=True)
    return values["step"], values["spent"]


class _Curve:
    """Means of the losses over every 50 steps, with the seconds spent."""

    def __init__(self, path: Path, start: int, spent: float, every: int = 50) -> None:
        self._path, self._every = path, every
        self._before, self._since = spent, time.monotonic()
        self._kept: list[dict[str, float]] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = list(_rows(path)) if start else []
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(r for r in rows if not r[0].isdigit() or int(r[0]) <= start)

    @property
    def spent(self) -> float:
        return self._before + time.monotonic() - self._since

    def add(self, step: int, losses: dict[str, float]) -> None:
        self._kept.append(losses)
        if (step + 1) % self._every:
            return
        means = {key: sum(row[key] for row in self._kept) / len(self._kept) for key in losses}
        self._kept.clear()
        with self._path.open("a", newline="") as file:
            writer = csv.writer(file)
            if file.tell() == 0:
                writer.writerow(["step", "seconds", *means])
            writer.writerow([step + 1, round(self.spent), *(f"{v:.5f}" for v in means.values())])
        print(step + 1, round(self.spent), {k: round(v, 4) for k, v in means.items()}, flush=True)


def _rows(path: Path) -> Iterator[list[str]]:
    if path.exists():
        with path.open(newline="") as file:
            yield from csv.reader(file)
