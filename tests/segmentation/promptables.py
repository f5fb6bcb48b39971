"""Photos, and decoders that draw what they were asked for, for all promptable segmenters."""

from __future__ import annotations

from typing import Any

import numpy as np

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.segmentation import Prompt
from tests.testing import smooth

SHAPES = [(77, 123), (123, 77), (64, 64)]
"""(height, width), odd, landscape and portrait."""

BOX = (20.0, 10.0, 60.0, 50.0)


def photo(shape: tuple[int, int] = SHAPES[0]) -> Photo:
    return Photo(smooth(*shape))


def prompts(shape: tuple[int, int]) -> dict[str, Prompt]:
    """One of each kind, and all together."""
    coarse = np.zeros(shape, np.float32)
    coarse[10:50, 20:60] = 1
    point, negative = (40.0, 30.0), (5.0, 60.0)
    return {
        "box": Prompt(box=BOX),
        "point": Prompt(points=(point,)),
        "points": Prompt(points=(point, (42.0, 33.0)), negative_points=(negative,)),
        "mask": Prompt(mask=Mask(coarse)),
        "all": Prompt(BOX, (point,), (negative,), Mask(coarse)),
    }


class DrawingDecoder:
    """In a model's place: draws the box, or a square at the first point, that reached the model.

    Prompts come in pixels of the model's own square frame, as its prompt encoder got them.

    Attributes:
        seen: "box", "points", "labels" and "mask" of each prompt, as arrays.
    """

    def __init__(self, model: Any, frame: int, names: dict[str, str]) -> None:
        self.seen: list[dict[str, Any]] = []
        self._frame, self._names = frame, names
        self._cells = model.prompt_encoder.mask_input_size[0]
        model.prompt_encoder.register_forward_pre_hook(self._see, with_kwargs=True)

    def _see(self, _module: Any, _given: Any, named: dict[str, Any]) -> None:
        found: dict[str, Any] = {}
        for name, keyword in self._names.items():
            value = named.get(keyword)
            if name == "points" and isinstance(value, tuple):
                found["points"], found["labels"] = (each.numpy().squeeze(0) for each in value)
            elif value is not None:
                found[name] = value.numpy().squeeze()
        self.seen.append(found)

    def masks(self) -> Any:
        """Logits (4, h, w): a part of the thing, the thing, a smaller part, and padding alone."""
        seen, scale = self.seen[-1], self._cells / self._frame
        if "box" in seen:
            x0, y0, x1, y1 = seen["box"].reshape(4) * scale
        else:
            x, y = seen["points"].reshape(-1, 2)[0] * scale
            x0, y0, x1, y1 = x - 3, y - 3, x + 3, y + 3
        rows, columns = np.mgrid[: self._cells, : self._cells] + 0.5
        inside = np.minimum(
            np.minimum(columns - x0, x1 - columns), np.minimum(rows - y0, y1 - rows)
        )
        part = np.minimum(inside, (y0 + y1) / 2 - rows)
        corner = np.minimum(rows, columns) - (self._cells - 3)
        return 4 * np.stack([part, inside, np.minimum(part, (x0 + x1) / 2 - columns), corner])


def away(found: Mask, wanted: tuple[float, float, float, float]) -> float:
    """The largest distance in pixels between the sides of an outline's box and the wanted ones."""
    assert found.box is not None
    return max(abs(one - other) for one, other in zip(found.box, wanted, strict=True))


def sound(found: Mask, shape: tuple[int, int]) -> bool:
    """Whether a mask is what the stage promises."""
    array = found.array
    return (
        array.shape == shape
        and array.dtype == np.float32
        and bool(np.isfinite(array).all())
        and float(array.min()) >= 0
        and float(array.max()) <= 1
    )


def one_line(error: Any) -> str:
    """An error's message, which fits one line."""
    text = str(error.value)
    assert "\n" not in text
    return text


def drawing_transformers(segmenter: Any, frame: int) -> tuple[Any, DrawingDecoder]:
    """A segmenter of transformers whose decoder draws what it is asked for, and that decoder."""
    import torch

    names = {"box": "input_boxes", "points": "input_points", "labels": "input_labels"}
    model = segmenter._model
    decoder = DrawingDecoder(model, frame, names | {"mask": "input_masks"})

    def forward(*, multimask_output: bool, **_: Any) -> Any:
        rows = slice(1, None) if multimask_output else slice(0, 1)
        masks = torch.from_numpy(decoder.masks())[rows].float()
        return masks[None, None], torch.full((1, 1, len(masks)), 0.9), None, torch.ones(1, 1, 1)

    model.mask_decoder.forward = forward
    return segmenter, decoder


def pixel_values(segmenter: Any, colour: tuple[int, int, int]) -> Any:
    """What the image encoder of a segmenter of transformers gets of a photo of one colour."""
    seen: list[Any] = []
    encoder = segmenter._model.vision_encoder
    hook = encoder.register_forward_pre_hook(
        lambda _, given, named: seen.append(given[0] if given else named["pixel_values"]),
        with_kwargs=True,
    )
    segmenter.prepare(Photo(np.full((77, 123, 3), colour, np.uint8)))
    hook.remove()
    return seen[0].numpy()
