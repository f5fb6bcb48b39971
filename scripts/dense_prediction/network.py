"""The network: a small U-Net (Ronneberger et al. 2015) of residual blocks (He et al. 2016)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

_WIDTHS = (24, 48, 96, 128, 128)  # channels at a half, a quarter, ... of the photo's size
MAPS = 8
"""What it says of each cell of 2x2 pixels: thing, outline, offset x and y, effect, and gain.

Gain is the log of what the values of red, green and blue are to be multiplied by, to be as they
were without the effects of the thing.
"""


def _joined(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Block(nn.Module):
    """Two convolutions and what goes round them."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.first, self.second = _joined(inputs, outputs, 3, stride), _joined(outputs, outputs)
        same = inputs == outputs and stride == 1
        self.past = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to (B, D, H / stride, W / stride)."""
        return functional.relu(self.second(functional.relu(self.first(x))) + self.past(x))


def _blocks(inputs: int, outputs: int, count: int) -> nn.Sequential:
    """One that halves the size, and more."""
    more = [Block(outputs, outputs) for _ in range(count - 1)]
    return nn.Sequential(Block(inputs, outputs, 2), *more)


class Network(nn.Module):
    """From RGB in [-1, 1] and a mask to the `MAPS` at half the size: logits, offsets, gain."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth, last = _WIDTHS
        self.stem = nn.Sequential(_joined(4, half, 5, 2), nn.ReLU())
        self.down = nn.ModuleList(
            [
                Block(half, quarter, 2),
                _blocks(quarter, eighth, 2),
                _blocks(eighth, sixteenth, 3),
                _blocks(sixteenth, last, 3),
            ]
        )
        self.whole = nn.Conv2d(last, last, 1)  # the whole photo's say, by squeeze and excitation
        # Narrowed before they grow: most of the cost is where the maps are large.
        widths = _WIDTHS[::-1]
        self.narrow = nn.ModuleList([nn.Conv2d(wide, less, 1) for wide, less in pairwise(widths)])
        self.up = nn.ModuleList([_joined(2 * less, less) for less in widths[1:]])
        self.head = nn.Conv2d(half, MAPS - 3, 1)
        self.gain = nn.Sequential(_joined(half, half), nn.ReLU(), nn.Conv2d(half, 3, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 4, H, W), sides multiples of 32, to (B, MAPS, H / 2, W / 2)."""
        kept = [self.stem(x)]
        for down in self.down:
            kept.append(down(kept[-1]))
        y = kept.pop()
        y = y * torch.sigmoid(self.whole(y.mean((2, 3), keepdim=True)))
        for narrow, up in zip(self.narrow, self.up, strict=True):
            larger = functional.interpolate(narrow(y), scale_factor=2.0, mode="nearest")
            y = functional.relu(up(torch.cat([larger, kept.pop()], 1)))
        return torch.cat([self.head(y), self.gain(y)], 1)


def export(network: Network, path: Path) -> None:
    """Write it as ONNX, in half precision on disk alone."""
    sizes = {
        "photo": {0: "count", 2: "height", 3: "width"},
        "maps": {0: "count", 2: "rows", 3: "columns"},
    }
    torch.onnx.export(
        network.eval(), (torch.zeros(1, 4, 192, 256),), str(path), input_names=["photo"],
        output_names=["maps"], dynamic_axes=sizes, dynamo=False, opset_version=17,
    )  # fmt: skip
    model = onnx.load(path)
    graph = model.graph
    casts = []
    for weights in list(graph.initializer):
        values = numpy_helper.to_array(weights)
        if values.dtype != "float32" or values.size < 64:
            continue
        name = weights.name
        graph.initializer.remove(weights)
        graph.initializer.append(numpy_helper.from_array(values.astype("float16"), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def restored(path: Path, photos: torch.Tensor) -> Network:
    """A network that says what an exported one says, to be taught further.

    An export folds each normalisation into the convolution before it. Here it is taken out again,
    with the statistics of some photos.

    Args:
        path: written by `export`.
        photos: float32 (B, 4, H, W), as `Network.forward` takes them.
    """
    network = Network().eval()
    held = iter(_convolutions(path))
    normal: dict[nn.Module, nn.BatchNorm2d] = {}
    for each in network.modules():
        if isinstance(each, nn.Sequential):
            pairs = pairwise(each)
            normal |= {first: then for first, then in pairs if isinstance(then, nn.BatchNorm2d)}

    def fill(module: nn.Module, given: tuple[torch.Tensor]) -> None:
        weight, bias = next(held)
        module.weight.copy_(weight)
        if module in normal:
            then = normal[module]
            made = functional.conv2d(given[0], weight, None, module.stride, module.padding)
            then.running_mean.copy_(made.mean((0, 2, 3)))
            then.running_var.copy_(made.var((0, 2, 3)))
            then.weight.copy_((then.running_var + then.eps).sqrt())
            then.bias.copy_(bias + then.running_mean)
        elif bias is not None:
            module.bias.copy_(bias)

    convolutions = [each for each in network.modules() if isinstance(each, nn.Conv2d)]
    hooks = [each.register_forward_pre_hook(fill) for each in convolutions]
    with torch.no_grad():
        network(photos)  # each is filled just before it is run, in the order of the file
    for hook in hooks:
        hook.remove()
    return network


def _convolutions(path: Path) -> list[tuple[torch.Tensor, torch.Tensor | None]]:
    """Weights and bias of each, in the order in which they are run."""
    graph = onnx.load(path).graph
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    values |= {
        node.output[0]: values[node.input[0]] for node in graph.node if node.op_type == "Cast"
    }
    found: list[tuple[torch.Tensor, torch.Tensor | None]] = []
    for node in graph.node:
        if node.op_type == "Conv":
            weights = [torch.tensor(values[name], dtype=torch.float32) for name in node.input[1:]]
            found.append((weights[0], weights[1] if len(weights) > 1 else None))
    return found
