"""The segmenter: a small Segment Anything that outlines what a box or points show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything import SamPredictor
from segment_anything.modeling import (
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
)
from segment_anything.utils.transforms import ResizeLongestSide
from torch.nn import functional

from .detector import spoil
from .domain import SIDE, Image, Scene, scene
from .training import FRESH, Options, fit

POOL = 6000
BATCH = 12
PROMPTS = 2  # a picture
STEPS = 2500
FRAME = 128
PATCH = 8
_POINTS = 3

SIZES: dict[str, Any] = {
    "image_encoder": {
        "img_size": FRAME,
        "patch_size": PATCH,
        "embed_dim": 128,
        "depth": 4,
        "num_heads": 4,
        "mlp_ratio": 4.0,
        "qkv_bias": True,
        "use_rel_pos": True,
        "window_size": 8,
        "global_attn_indexes": [2],
        "out_chans": 64,
    },
    "prompt_encoder": {
        "embed_dim": 64,
        "image_embedding_size": [FRAME // PATCH] * 2,
        "input_image_size": [FRAME] * 2,
        "mask_in_chans": 8,
    },
    "transformer": {"depth": 2, "embedding_dim": 64, "mlp_dim": 256, "num_heads": 4},
    "mask_decoder": {
        "transformer_dim": 64,
        "num_multimask_outputs": 3,
        "iou_head_depth": 3,
        "iou_head_hidden_dim": 64,
    },
    "pixel_mean": [123.675, 116.28, 103.53],
    "pixel_std": [58.395, 57.12, 57.375],
}
"""Keyword arguments of the classes of `segment_anything.modeling`; written beside the weights."""


def build(sizes: dict[str, Any] = SIZES) -> Any:
    """An untrained SAM of about 1.1 M parameters, put together as the official builders do."""
    torch.manual_seed(0)
    norm: Any = partial(torch.nn.LayerNorm, eps=1e-6)
    return Sam(
        image_encoder=ImageEncoderViT(**sizes["image_encoder"], norm_layer=norm),
        prompt_encoder=PromptEncoder(**sizes["prompt_encoder"]),
        mask_decoder=MaskDecoder(
            **sizes["mask_decoder"], transformer=TwoWayTransformer(**sizes["transformer"])
        ),
        pixel_mean=sizes["pixel_mean"],
        pixel_std=sizes["pixel_std"],
    )


# Pictures and prompts ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures in the frame, P prompts each, the prompts of all pictures in one axis.

    Attributes:
        pixels: float32 (B, 3, FRAME, FRAME), normalised, then padded with 0 below or right.
        covers: float32 (B * P, FRAME, FRAME): what to find, in [0, 1].
        inside: bool (B * P, FRAME, FRAME): False in the padding.
        boxes: float32 (B * P, 4) xyxy in the frame.
        points: float32 (B * P, 3, 2) xy in the frame.
        labels: int64 (B * P, 3): 1 on the thing, 0 off it, -1 no point.
    """

    pixels: torch.Tensor
    covers: torch.Tensor
    inside: torch.Tensor
    boxes: torch.Tensor
    points: torch.Tensor
    labels: torch.Tensor


def batch(scenes: list[Scene], rng: np.random.Generator) -> Batch:
    """Scenes, whole or cut to odd sizes, with jittered boxes and random points."""
    frame = ResizeLongestSide(FRAME)
    mean, std = (np.array(SIZES[name], np.float32) for name in ("pixel_mean", "pixel_std"))
    pixels = np.zeros((len(scenes), FRAME, FRAME, 3), np.float32)
    count = len(scenes) * PROMPTS
    covers = np.zeros((count, FRAME, FRAME), np.float32)
    inside = np.zeros((count, FRAME, FRAME), bool)
    boxes = np.zeros((count, 4), np.float32)
    points = np.zeros((count, _POINTS, 2), np.float32)
    labels = np.full((count, _POINTS), -1)
    for number, drawn in enumerate(scenes):
        chosen = [drawn.things[n] for n in rng.integers(0, len(drawn.things), PROMPTS)]
        masks = [thing.coverage() for thing in chosen]
        rows, columns = _window(masks, rng)
        picture = spoil(drawn.pixels[rows, columns], rng)
        size = picture.shape[:2]
        height, width = frame.get_preprocess_shape(size[0], size[1], FRAME)
        pixels[number, :height, :width] = (frame.apply_image(picture) - mean) / std
        for place, whole in enumerate(masks, number * PROMPTS):
            mask = whole[rows, columns]
            covers[place, :height, :width] = cv2.resize(mask, (width, height))
            inside[place, :height, :width] = True
            boxes[place] = frame.apply_boxes(_box(mask, rng)[None], size)[0]
            at, label = _clicks(mask, rng)
            points[place, : len(at)] = frame.apply_coords(at, size)
            labels[place, : len(at)] = label
    arrays = (pixels.transpose(0, 3, 1, 2), covers, inside, boxes, points, labels)
    return Batch(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))


def _window(masks: list[NDArray[np.float32]], rng: np.random.Generator) -> tuple[slice, slice]:
    """The whole scene, or a part of any shape that holds what is asked for."""
    if rng.random() < 0.65:
        return slice(0, SIDE), slice(0, SIDE)
    rows, columns = np.nonzero(np.max(masks, axis=0) > 0)
    cuts = []
    for place in (rows, columns):
        start = int(rng.integers(0, max(1, min(place.min() - 1, SIDE - 40))))
        stop = int(rng.integers(min(max(place.max() + 2, start + 40), SIDE), SIDE + 1))
        cuts.append(slice(start, stop))
    return cuts[0], cuts[1]


def _box(mask: NDArray[np.float32], rng: np.random.Generator, jitter: float = 3) -> NDArray[Any]:
    """Of what is half covered, xyxy, each side off by up to `jitter` pixels."""
    rows, columns = np.nonzero(mask > 0.5)
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)
    return box + rng.uniform(-jitter, jitter, 4).astype(np.float32)


def _clicks(
    mask: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """One to three points xy: the first on the thing, others on or off it."""
    on = np.argwhere(mask > 0.9)[:, ::-1]
    off = np.argwhere(cv2.dilate(mask, np.ones((5, 5))) == 0)[:, ::-1]
    labels = np.ones(int(rng.integers(1, _POINTS + 1)), np.int64)
    labels[1:] = rng.random(len(labels) - 1) < 0.6
    at = [(on if label else off)[rng.integers(len(on if label else off))] for label in labels]
    return np.array(at, np.float32), labels


# Training ------------------------------------------------------------------------------------


def losses(model: Any, given: Batch, step: int) -> dict[str, torch.Tensor]:
    """Cross-entropy and dice of masks; squared error of the predicted IoU.

    Steps take turns with boxes, points and both. Of three masks for one prompt the best one learns,
    as in Segment Anything (arXiv:2304.02643); some steps ask again with the first answer as a mask.
    """
    embeddings = model.image_encoder(given.pixels).repeat_interleave(PROMPTS, dim=0)
    kind = ("box", "points", "box", "points", "both")[step % 5]
    points = None if kind == "box" else (given.points, given.labels)
    boxes = None if kind == "points" else given.boxes
    sums = _answer_losses(given, *_decode(model, embeddings, points, boxes, None))
    if step % 4 == 3:
        with torch.no_grad():
            rough = _decode(model, embeddings, points, boxes, None)[0][:, :1].float()
        again = _answer_losses(given, *_decode(model, embeddings, points, boxes, rough))
        sums = {name: (value + again[name]) / 2 for name, value in sums.items()}
    return sums


def _decode(model: Any, embeddings: torch.Tensor, points: Any, boxes: Any, masks: Any) -> Any:
    """All four masks (N, 4, 64, 64) and their predicted IoU (N, 4), one picture a prompt.

    The decoder takes one picture; each prompt's own comes with its dense embedding instead.
    """
    sparse, dense = model.prompt_encoder(points=points, boxes=boxes, masks=masks)
    return model.mask_decoder.predict_masks(
        image_embeddings=torch.zeros_like(embeddings[:1]),
        image_pe=model.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=embeddings + dense,
    )


def _answer_losses(given: Batch, masks: Any, quality: Any) -> dict[str, torch.Tensor]:
    logits = functional.interpolate(
        masks.float(), (FRAME, FRAME), mode="bilinear", align_corners=False
    )
    target = given.covers[:, None].expand_as(logits)
    inside = given.inside[:, None].float()
    cross = functional.binary_cross_entropy_with_logits(logits, target, reduction="none") * inside
    area = given.covers.sum((1, 2))[:, None]
    chance = logits.sigmoid() * inside
    overlap = (chance * target).sum((2, 3))
    dice = 1 - 2 * overlap / (chance.square().sum((2, 3)) + target.square().sum((2, 3)) + 1)
    wrong = cross.sum((2, 3)) / (area + 50) + dice  # (N, 4)
    best = wrong[:, 1:].min(dim=1).values
    mask = (wrong[:, 0] + 0.8 * best + 0.2 * wrong[:, 1:].mean(dim=1)).mean()
    with torch.no_grad():
        seen, true = (logits > 0) & (inside > 0), target > 0.5
        iou = (seen & true).sum((2, 3)) / (seen | true).sum((2, 3)).clamp(min=1)
    rating = functional.mse_loss(quality.float(), iou)
    first = {"dice": dice[:, 0].mean(), "iou": iou[:, 0].mean()}
    return {"loss": mask + rating, **first, "rating": rating}


def train(options: Options) -> None:
    """Train the segmenter; weights in float16 and sizes to `options.out/segmenter.{pth,json}`."""
    model = build()
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"segmenter: {size / 1e6:.2f} M parameters", flush=True)
    scenes = [scene(seed) for seed in range(POOL)]

    def loss_of(step: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng([4, step])
        given = [scenes[n] for n in rng.integers(0, POOL, BATCH)]
        return losses(model, batch(given, rng), step)

    fit("segmenter", model, loss_of, options, steps=STEPS, lr=1e-3, weight_decay=0.02,
        watch=lambda _: evaluate(model, 50), watch_every=500)  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save(model.half().state_dict(), options.out / "segmenter.pth")
    (options.out / "segmenter.json").write_text(json.dumps(SIZES, indent=2) + "\n")
    print(f"segmenter: {check(options)}", flush=True)


def check(options: Options) -> str:
    """Evaluate what is saved under `options.out`."""
    torch.set_num_threads(options.threads)
    model = build(json.loads((options.out / "segmenter.json").read_text()))
    model.load_state_dict(torch.load(options.out / "segmenter.pth", weights_only=True))
    return evaluate(model.eval())


# Evaluation ----------------------------------------------------------------------------------


@torch.no_grad()
def evaluate(model: Any, count: int = 200) -> str:
    """Mean IoU on scenes never trained on, by `SamPredictor`, in words."""
    predictor = SamPredictor(model)
    kinds: dict[str, list[float]] = {"box": [], "point": [], "cut": [], "best of three": []}
    for seed in range(FRESH, FRESH + count):
        rng, drawn = np.random.default_rng(seed), scene(seed)
        predictor.set_image(drawn.pixels)
        for thing in drawn.things:
            mask = thing.coverage()
            box = np.array(thing.box) + rng.uniform(-2, 2, 4)
            at, labels = _clicks(mask, rng)
            point = {"point_coords": at[:1], "point_labels": labels[:1]}
            kinds["box"].append(_iou(predictor, mask, box=box, multimask_output=False))
            kinds["point"].append(_iou(predictor, mask, **point, multimask_output=False))
            kinds["best of three"].append(_iou(predictor, mask, box=box, multimask_output=True))
        thing = drawn.things[0]
        rows, columns = _window([thing.coverage()], rng)
        part: Image = np.ascontiguousarray(drawn.pixels[rows, columns])
        mask = thing.coverage()[rows, columns]
        predictor.set_image(part)
        kinds["cut"].append(_iou(predictor, mask, box=_box(mask, rng, 2), multimask_output=False))
    return "; ".join(
        f"{name} {np.mean(found):.3f} (least {min(found):.2f})" for name, found in kinds.items()
    )


def _iou(predictor: SamPredictor, mask: NDArray[np.float32], **prompt: Any) -> float:
    """Of the answer that the model itself rates best, with the true mask."""
    found, ratings, _ = predictor.predict(**prompt)
    seen, true = found[int(np.argmax(ratings))], mask > 0.5
    return float((seen & true).sum() / max(1, (seen | true).sum()))
