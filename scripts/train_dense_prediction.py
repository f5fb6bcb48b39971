"""Train the network of `autoedit.core.dense_prediction` on rendered scenes, on the CPU.

    python scripts/render_lessons.py --seed 100000 --count 1130 --out LESSONS
    pip install onnx
    python scripts/train_dense_prediction.py LESSONS --minutes 190 --moved 0
    python scripts/train_dense_prediction.py LESSONS --minutes 76 --share 0.7 \
        --resume autoedit/core/dense_prediction.onnx
    for seed in $(seq 140000 32 140224); do
        python scripts/render_lessons.py --seed $seed --count 16 --out MORE; done
    python scripts/render_lessons.py --seed 140256 --count 12 --out MORE
    python scripts/render_lessons.py --seed 150016 --count 148 --out MORE
    python scripts/train_dense_prediction.py MORE --minutes 34 --rate 1e-3 \
        --resume autoedit/core/dense_prediction.onnx --out third.onnx
    for seed in $(seq 160000 32 160608); do
        python scripts/render_lessons.py --seed $seed --count 16 --out MORE; done
    python scripts/render_lessons.py --seed 160640 --count 11 --out MORE
    python scripts/render_lessons.py --seed 160672 --count 5 --out MORE
    python scripts/train_dense_prediction.py MORE --minutes 42 --rate 1e-3 --effects \
        --resume third.onnx --out fourth.onnx
    python scripts/train_dense_prediction.py MORE --minutes 82 --rate 1.5e-3 --effects --seed 3 \
        --resume fourth.onnx --kept third.onnx --share 0.9 \
        --out autoedit/core/dense_prediction_effects.onnx

Of the second, in which half of the views are put on the ground of others, seven tenths of the
weights are kept, and three of the first: so it stays robust on what it was not taught with
(Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"). The third is taught with scenes
that the others never saw, and goes on to be taught nothing but what one thing does to its
surroundings, which it is asked beside the second; a tenth is kept of what it was before that. Two
scenes in twenty are held out; what is measured on those is printed as it goes. The weights are a
running mean, and go to `autoedit/core/dense_prediction.onnx` if nothing else is said.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Queue

import cv2
import numpy as np
import torch
from dense_prediction.lessons import View, batch, views
from dense_prediction.network import Network, export, restored
from torch.nn import functional

ROOT = Path(__file__).resolve().parent.parent
_WEIGHTS = (1.0, 0.6, 0.5, 1.0, 8.0, 4.0, 4.0)  # of the losses
_EFFECTS = (0.0, 0.0, 0.0, 1.0, 8.0, 4.0, 4.0)  # likewise, of one thing's effects alone
_SHADED = 6.0  # how much more gain counts where an effect is
_RARE = 3.0  # how much more an outline counts than its lack
_MEASURED = 12  # batches from which a blend's statistics come
_STATISTICS = 128  # views from which those of weights to go on from come
_LAG = 0.01  # of the running mean
_WARM = 100  # steps
Pair = tuple[torch.Tensor, torch.Tensor]


def losses(maps: torch.Tensor, truth: torch.Tensor) -> list[torch.Tensor]:
    """Of thing, outline, offset, effect, gain, and gain's steps down and across: means."""
    maps, known = maps.float(), truth[:, 10]
    entropy = functional.binary_cross_entropy_with_logits
    thing = entropy(maps[:, 0], truth[:, 0], reduction="none")
    rare = torch.tensor(_RARE)
    outline = entropy(maps[:, 1], truth[:, 1], reduction="none", pos_weight=rare)
    apart = functional.smooth_l1_loss(maps[:, 2:4], truth[:, 2:4], reduction="none", beta=0.1)
    effect = entropy(maps[:, 4], truth[:, 4], reduction="none")
    wholly = (truth[:, 0] > 0.99) * known
    lit, shaded = truth[:, 9], _SHADED * truth[:, 4]
    left = maps[:, 5:8] - truth[:, 5:8]
    pairs = (
        (thing, known), (outline, known), (apart.sum(1), wholly), (effect, truth[:, 8]),
        (_size(left), lit * (1 + shaded)),
        (_size(left.diff(dim=2)), lit[:, 1:] * lit[:, :-1] * (1 + shaded[:, 1:])),
        (_size(left.diff(dim=3)), lit[:, :, 1:] * lit[:, :, :-1] * (1 + shaded[:, :, 1:])),
    )  # fmt: skip
    return [(one * weight).sum() / (weight.sum() + 1) for one, weight in pairs]


def _size(left: torch.Tensor) -> torch.Tensor:
    """Of what is left of the gain, (B, 3, H, W), all but noise: (B, H, W)."""
    none = torch.zeros_like(left)
    return functional.smooth_l1_loss(left, none, reduction="none", beta=0.03).mean(1)


def measured(network: Network, held: Sequence[Pair]) -> str:
    """Losses, IoU of things, precision and recall of effects, and what is left of the gain."""
    network.eval()
    found, overlap, effects, lit = [], np.zeros(2), np.zeros(3), np.zeros(2)
    with torch.no_grad():
        for photo, truth in held:
            maps = network(photo)
            found.append([float(one) for one in losses(maps, truth)])
            known, counts = truth[:, 10] > 0, truth[:, 8] > 0
            things, true = (maps[:, 0] > 0) & known, (truth[:, 0] > 0.5) & known
            overlap += [int((things & true).sum()), int((things | true).sum())]
            said, real = (maps[:, 4] > 0) & counts, (truth[:, 4] > 0.5) & counts
            effects += [int((said & real).sum()), int(said.sum()), int(real.sum())]
            wanted, weight = truth[:, 5:8], truth[:, 9:10]
            apart = (torch.abs(maps[:, 5:8] - wanted) * weight).sum()
            lit += [float(apart), float((torch.abs(wanted) * weight).sum())]
    both, said, real = effects
    return (
        f"losses {np.round(np.mean(found, axis=0), 3)}, things IoU {overlap[0] / overlap[1]:.3f}, "
        f"effects P {both / max(said, 1):.3f} R {both / max(real, 1):.3f}, "
        f"gain left {lit[0] / lit[1]:.3f}"
    )


def _batch(
    known: list[View], rng: np.random.Generator, options: argparse.Namespace, moved: float = 0
) -> Pair:
    return batch(known, options.batch, rng, moved=moved, effects=options.effects)


def train(
    network: Network, taught: list[View], held: list[Pair], options: argparse.Namespace
) -> Network:
    """As many steps as the minutes allow, with a cosine schedule; the running mean."""
    mean = Network()
    mean.load_state_dict(network.state_dict())
    averaged = mean.state_dict()
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=0.01)
    waiting: Queue[Pair] = Queue(8)
    weights = _EFFECTS if options.effects else _WEIGHTS

    def draw() -> None:
        rng = np.random.default_rng(options.seed)
        while True:
            waiting.put(_batch(taught, rng, options, options.moved))

    threading.Thread(target=draw, daemon=True).start()
    began, step, told = time.monotonic(), 0, 0.0
    while (part := (time.monotonic() - began) / 60 / options.minutes) < 1:
        for group in optimiser.param_groups:
            slope = 0.5 * (1 + np.cos(np.pi * part)) + 0.005
            group["lr"] = options.rate * slope * min(1.0, (step + 1) / _WARM)
        network.train()
        photo, truth = waiting.get()
        photo = photo.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            maps = network(photo)
        loss = sum(w * one for w, one in zip(weights, losses(maps, truth), strict=True))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        step += 1
        lag = max(_LAG, 1 / step)
        with torch.no_grad():
            for key, value in network.state_dict().items():
                kept = averaged[key]
                kept.copy_(kept.lerp(value, lag) if kept.is_floating_point() else value)
        if part * options.minutes - told > 2:
            told = part * options.minutes
            print(f"{told:.0f} min, {step} steps: {measured(mean, held)}", flush=True)
            export(mean, options.out)
    print(f"{step} steps: {measured(mean, held)}", flush=True)
    return mean


def blended(
    first: dict[str, torch.Tensor], second: Network, share: float, taught: Sequence[View]
) -> Network:
    """The second's weights times the share and the first's, with statistics of their own."""
    mixed = Network()
    mixed.load_state_dict({
        key: first[key].lerp(value, share) if value.is_floating_point() else value
        for key, value in second.state_dict().items()
    })  # fmt: skip
    for module in mixed.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the mean of all
    rng = np.random.default_rng(2)
    mixed.train()
    with torch.no_grad():
        for _ in range(_MEASURED):
            mixed(batch(taught, 16, rng)[0])
    return mixed.eval()


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lessons", type=Path, help="rendered scenes")
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3, help="of learning, at its highest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--moved", type=float, default=0.5, help="share of views on other ground")
    parser.add_argument("--effects", action="store_true", help="teach one thing's effects alone")
    parser.add_argument("--share", type=float, default=1.0, help="of new weights in what is kept")
    parser.add_argument("--resume", type=Path, help="weights to go on from")
    parser.add_argument("--kept", type=Path, help="weights of which the rest is, if not those")
    parser.add_argument("--out", type=Path, default=ROOT / "autoedit/core/dense_prediction.onnx")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    cv2.setNumThreads(1)
    paths = sorted(path for path in options.lessons.glob("*.npz") if ".part" not in path.name)
    if len(paths) < 40:
        parser.error(f"{options.lessons} holds too few scenes; see scripts/render_lessons.py.")
    last = [path for path in paths if int(path.stem) % 20 in (4, 7)]
    taught = views([path for path in paths if path not in last])
    rng = np.random.default_rng(1)
    seen = views(last)
    held = [_batch(seen, rng, options) for _ in range(8)]
    print(f"{len(taught)} views to learn from, {len(last)} scenes held out")
    network = Network()
    if options.resume:
        network = restored(options.resume, batch(taught, _STATISTICS, rng)[0])
        print(f"before: {measured(network, held)}", flush=True)
    kept = restored(options.kept, batch(taught, _STATISTICS, rng)[0]) if options.kept else network
    before = {key: value.clone() for key, value in kept.state_dict().items()}
    network = train(network, taught, held, options)
    if (options.kept or options.resume) and options.share < 1:
        network = blended(before, network, options.share, taught)
        print(f"blended: {measured(network, held)}")
    export(network, options.out)


if __name__ == "__main__":
    main()
