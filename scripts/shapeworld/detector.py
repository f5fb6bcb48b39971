"""The detector: a small OWLv2 that finds the things a phrase names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from torchvision.ops import (
    box_convert,
    box_iou,
    generalized_box_iou_loss,
    nms,
    sigmoid_focal_loss,
)
from transformers import (
    Owlv2Config,
    Owlv2ForObjectDetection,
    Owlv2ImageProcessor,
    Owlv2Processor,
)

from .domain import COLOURS, SHAPES, SIDE, SIZES, Image, Scene, scene
from .training import FRESH, Options, fit
from .words import MAX_LENGTH, NOUNS, tokenizer

POOL = 8192
BATCH = 32
STEPS = 3200
PATCH = 8
GRID = SIDE // PATCH

_CORE = 0.55  # of the half box: patches centred within answer for their thing
_NOWHERE = (-9.0, -9.0, -8.9, -8.9)  # where a thing lies that is not there


def build() -> tuple[Any, Owlv2Processor]:
    """An untrained OWLv2 of 1.4 M parameters and its processor."""
    torch.manual_seed(0)
    words = tokenizer()
    layers: dict[str, Any] = {"hidden_size": 128, "num_attention_heads": 4}
    config = Owlv2Config(
        text_config={
            **layers,
            "intermediate_size": 256,
            "num_hidden_layers": 2,
            "vocab_size": len(words),
            "max_position_embeddings": MAX_LENGTH,
            "bos_token_id": words.bos_token_id,
            "eos_token_id": words.eos_token_id,
            "pad_token_id": words.pad_token_id,
        },
        vision_config={
            **layers,
            "intermediate_size": 512,
            "num_hidden_layers": 4,
            "image_size": SIDE,
            "patch_size": PATCH,
        },
        projection_dim=128,
    )
    model: Any = Owlv2ForObjectDetection(config)
    with torch.no_grad():
        # The grid of patches as sines and cosines: attention to neighbours is learnt sooner.
        places = model.owlv2.vision_model.embeddings.position_embedding.weight
        places[1:] = 0.3 * _sines(GRID, places.shape[1])
        # transformers draws the heads with a deviation of 1, hundreds of times too large a loss.
        for head in (model.class_head, model.box_head, model.objectness_head):
            for name, weight in head.named_parameters():
                if name.endswith("weight"):
                    last = name.startswith(("dense2", "logit"))
                    weight.normal_(0, 0.0 if last else weight.shape[1] ** -0.5)
        # Nearly every pair of patch and phrase is a "no": begin there.
        model.class_head.logit_scale.bias.fill_(9.0)
        model.class_head.logit_shift.bias.fill_(-0.5)
    images = Owlv2ImageProcessor(size={"height": SIDE, "width": SIDE})
    return model, Owlv2Processor(image_processor=images, tokenizer=words)


def _sines(grid: int, width: int) -> torch.Tensor:
    """Sines and cosines of column and row: float32 (grid * grid, width)."""
    rates = 1 / 100 ** (torch.arange(width // 4) / (width // 4))
    angles = torch.arange(grid)[:, None] * rates
    line = torch.cat([angles.sin(), angles.cos()], dim=1)
    columns = line[None].expand(grid, -1, -1)
    return torch.cat([columns, columns.transpose(0, 1)], dim=2).reshape(grid * grid, width)


# Phrases -------------------------------------------------------------------------------------

_COLOURS, _SIZES = list(COLOURS), list(SIZES)
_SIZE_WORDS = (("small", "tiny", "little"), ("medium",), ("large", "big"))
_PLACES = ("on the left", "on the right", "in the middle", "at the top", "at the bottom")
_ARTICLES = ("", "", "the", "a", "a photo of a", "all", "every")
_NEVER = (
    "background", "nothing", "mug", "cat", "dog", "car", "person", "tree", "house", "cup", "bird",
    "hexagon", "heart", "line", "oval", "letter", "pink", "black", "white", "grey", "brown", "door",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a phrase asks for: indices into colours, shapes and sizes, -1 for any, -2 for none."""

    text: str
    colour: int = -1
    shape: int = -1
    size: int = -1


def phrases(rng: np.random.Generator) -> list[Phrase]:
    """About 70 phrases of every kind, each worded at random."""
    asked = [(colour, shape, -1) for colour in range(6) for shape in range(4)]
    asked += [(colour, -1, -1) for colour in range(6)] + [(-1, shape, -1) for shape in range(4)]
    asked += [(-1, -1, -1)] * 2 + [(-1, -1, size) for size in range(3)]
    for _ in range(15):
        shape = int(rng.integers(-1, 4))
        asked.append((int(rng.integers(-1, 6)), shape, int(rng.integers(3))))
    return [Phrase(_worded(rng, *what), *what) for what in asked] + [
        Phrase(_unknown(rng), -2) for _ in range(14)
    ]


def _worded(rng: np.random.Generator, colour: int, shape: int, size: int) -> str:
    noun = SHAPES[shape] if shape >= 0 else str(rng.choice([*NOUNS, "one"]))
    article, plural = str(rng.choice(_ARTICLES)), rng.random() < 0.15
    if plural or article == "all":
        noun, article = f"{noun}s", "" if article in ("a", "every") else article.removesuffix(" a")
    parts = [
        article,
        str(rng.choice(_SIZE_WORDS[size])) if size >= 0 else "",
        _COLOURS[colour] if colour >= 0 else "",
        noun,
        str(rng.choice(_PLACES)) if rng.random() < 0.05 else "",
    ]
    return " ".join(part for part in parts if part)


def _unknown(rng: np.random.Generator) -> str:
    """A phrase that nothing in ShapeWorld fits: "the red mug", "pink circle", "qhzt"."""
    letters = "".join(chr(97 + int(n)) for n in rng.integers(0, 26, int(rng.integers(2, 8))))
    odd = str(rng.choice(_NEVER)) if rng.random() < 0.6 else letters
    article = str(rng.choice(_ARTICLES[:5]))
    kind = rng.integers(3)
    colour = str(rng.choice(_COLOURS)) if kind == 0 else ""
    shape = str(rng.choice(SHAPES)) if kind == 1 else ""
    return " ".join(part for part in (article, colour, odd, shape) if part)


# Pictures ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures with what is in them.

    Attributes:
        pixels: float32 (B, 3, SIDE, SIDE), normalised as the processor does.
        boxes: float32 (B, 4, 4) xyxy in [0, 1]; far outside where there is no thing.
        kinds: int64 (B, 4, 3) indices of colour, shape and size; -3 where there is no thing.
        whole: bool (B,); False where the picture was enlarged, so that sizes mean nothing.
    """

    pixels: torch.Tensor
    boxes: torch.Tensor
    kinds: torch.Tensor
    whole: torch.Tensor


def batch(scenes: list[Scene], rng: np.random.Generator, processor: Any) -> Batch:
    """Scenes as they are, or cut, padded and enlarged; some mirrored, noisy or blurred."""
    count = len(scenes)
    pixels = np.zeros((count, SIDE, SIDE, 3), np.uint8)
    boxes = np.full((count, 4, 4), _NOWHERE, np.float32)
    kinds = np.full((count, 4, 3), -3)
    whole = rng.random(count) < 0.7
    for number, drawn in enumerate(scenes):
        places = np.array([thing.box for thing in drawn.things], np.float32).reshape(-1, 4)
        picture = drawn.pixels
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
            places = places[:, [2, 1, 0, 3]]
            places[:, ::2] = SIDE - places[:, ::2]
        if not whole[number]:
            picture, places = _cut(picture, places, rng)
        pixels[number] = spoil(picture, rng)
        boxes[number, : len(places)] = places / SIDE
        for place, thing in enumerate(drawn.things):
            kinds[number, place] = (
                _COLOURS.index(thing.colour),
                SHAPES.index(thing.shape),
                _SIZES.index(thing.size),
            )
    mean = torch.tensor(processor.image_processor.image_mean)[:, None, None]
    std = torch.tensor(processor.image_processor.image_std)[:, None, None]
    ready = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 - mean) / std
    return Batch(ready, torch.from_numpy(boxes), torch.from_numpy(kinds), torch.from_numpy(whole))


def _cut(
    pixels: Image, boxes: NDArray[np.float32], rng: np.random.Generator
) -> tuple[Image, NDArray[np.float32]]:
    """A window that holds every box, padded with black below or right and enlarged to SIDE."""
    if not len(boxes):
        return pixels, boxes
    low = np.maximum(np.floor(boxes[:, :2].min(axis=0) - 3), 0)
    high = np.minimum(np.ceil(boxes[:, 2:].max(axis=0) + 3), SIDE)
    start = np.rint(rng.uniform(0, low)).astype(int)
    stop = np.rint(rng.uniform(high, SIDE)).astype(int)
    side = int((stop - start).max())
    if side < 0.6 * SIDE:  # more would show things larger than any scene has
        start, stop, side = np.zeros(2, int), np.full(2, SIDE), SIDE
    window = pixels[start[1] : stop[1], start[0] : stop[0]]
    square = np.zeros((side, side, 3), np.uint8)
    square[: window.shape[0], : window.shape[1]] = window
    scaled = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    moved = (boxes - np.tile(start, 2)) * (SIDE / side)
    return scaled.astype(np.uint8), moved.astype(np.float32)


def spoil(pixels: Image, rng: np.random.Generator) -> Image:
    """Sometimes noise or a slight blur, as an edit leaves them."""
    what = rng.random()
    if what < 0.2:
        noisy = pixels + rng.normal(0, rng.uniform(1, 7), pixels.shape)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    if what < 0.35:
        return cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.4, 1.0))).astype(np.uint8)
    return pixels


# Training ------------------------------------------------------------------------------------


def losses(model: Any, words: Any, given: Batch, asked: list[Phrase]) -> dict[str, torch.Tensor]:
    """Focal loss of phrases, L1 and generalised IoU of boxes, cross-entropy of objectness.

    A patch whose centre is in the core of a thing's box says yes to the phrases that fit the thing;
    one in the rim may say either; both tell the box (as FCOS assigns, arXiv:1904.01355).
    """
    tokens = words([p.text for p in asked], padding=True, truncation=True, return_tensors="pt")
    text = model.owlv2.text_projection(model.owlv2.text_model(**tokens).pooler_output)
    grid = model.image_embedder(given.pixels)[0]
    features = grid.flatten(1, 2)
    logits = model.class_predictor(features, text[None].expand(len(features), -1, -1))[0].float()
    found = model.box_predictor(features, grid).float()
    object_logits = model.objectness_predictor(features).float()

    owner, core, inside = _assign(given.boxes)
    wanted = torch.tensor([(p.colour, p.shape, p.size) for p in asked])
    kinds = given.kinds.gather(1, owner[:, :, None].expand(-1, -1, 3))[:, :, None]
    fits = ((wanted == -1) | (wanted == kinds)).all(dim=-1) & (wanted[:, 0] != -2)  # (B, N, P)
    target = fits & core[:, :, None]
    judged = ~(fits & (inside & ~core)[:, :, None])
    judged &= given.whole[:, None, None] | (wanted[:, 2] == -1)
    yes = max(1, int(target.sum()))
    focal = sigmoid_focal_loss(logits, target.float(), alpha=-1, gamma=1.0)
    phrase = (focal * judged).sum() / yes

    truth = given.boxes.gather(1, owner[:, :, None].expand(-1, -1, 4))[inside]
    corners = box_convert(found[inside], "cxcywh", "xyxy")
    l1 = (corners - truth).abs().mean()
    giou = generalized_box_iou_loss(corners, truth, reduction="mean")
    thing = functional.binary_cross_entropy_with_logits(object_logits, core.float())
    loss = phrase + 10 * l1 + 2 * giou + 0.2 * thing
    return {"loss": loss, "phrase": phrase, "l1": l1, "giou": giou, "thing": thing}


def _assign(boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """For every patch (B, GRID * GRID): whose it is, whether in the core, whether in the box."""
    line = (torch.arange(GRID) + 0.5) / GRID
    centres = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1).reshape(-1, 2)
    middle, half = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]) / 2
    away = (centres[None, :, None] - middle[:, None]).abs() / half[:, None]  # (B, N, T, 2)
    distance, owner = away.amax(dim=-1).min(dim=-1)
    within = (middle > 0).all(dim=-1)
    nearest = (middle.clamp(0, 1 - 1e-4) * GRID).long()
    chosen = torch.zeros_like(distance, dtype=torch.bool)
    flat = nearest[..., 1] * GRID + nearest[..., 0]
    rows = torch.arange(len(boxes))[:, None].expand_as(flat)
    chosen[rows[within], flat[within]] = True
    core = (distance < _CORE) | chosen
    return owner, core, core | (distance < 1)


def train(options: Options) -> None:
    """Train the detector; weights, processor and tokenizer to `options.out/detector`, float16."""
    model, processor = build()
    model.set_attn_implementation("eager")  # in bfloat16 on a CPU 1.4 times as fast as fused
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"detector: {size / 1e6:.2f} M parameters", flush=True)
    scenes = [scene(seed) for seed in range(POOL)]
    scenes[::12] = [Scene(one.plate, one.plate, (), one.background) for one in scenes[::12]]
    words: Any = processor.tokenizer

    def loss_of(step: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng([3, step])
        given = [scenes[n] for n in rng.integers(0, POOL, BATCH)]
        return losses(model, words, batch(given, rng, processor), phrases(rng))

    fit("detector", model, loss_of, options, steps=STEPS, lr=1e-3, weight_decay=0.02,
        watch=lambda _: evaluate(model, processor, 50), watch_every=1000)  # fmt: skip
    folder = options.out / "detector"
    model.half().save_pretrained(folder)
    processor.save_pretrained(folder)
    print(f"detector: {check(options)}", flush=True)


def check(options: Options) -> str:
    """Evaluate what is saved under `options.out`."""
    torch.set_num_threads(options.threads)
    folder = options.out / "detector"
    model: Any = Owlv2ForObjectDetection.from_pretrained(folder, dtype=torch.float32)
    return evaluate(model.eval(), Owlv2Processor.from_pretrained(folder))


# Evaluation ----------------------------------------------------------------------------------


@torch.no_grad()
def evaluate(model: Any, processor: Any, count: int = 200) -> str:
    """Shares of right answers on scenes never trained on, in words."""
    right = present = quiet = absent = things = hit = spurious = 0
    overlaps: list[float] = []
    names = [f"{colour} {shape}" for colour in COLOURS for shape in SHAPES]
    for seed in range(FRESH, FRESH + count):
        drawn = scene(seed)
        answers = detect(model, processor, drawn.pixels, [*names, "object"])
        truth = {thing.name: torch.tensor([thing.box]) for thing in drawn.things}
        for name, (boxes, scores) in zip(names, answers, strict=False):
            best = float(scores.max()) if len(scores) else 0.0
            if name in truth:
                overlap = float(box_iou(boxes[scores.argmax()][None], truth[name])) if best else 0.0
                overlaps.append(overlap)
                right += overlap > 0.5 and best > 0.5
                present += 1
            else:
                quiet += best <= 0.3
                absent += 1
        boxes, scores = answers[-1]
        boxes = boxes[scores > 0.3]
        overlap = box_iou(boxes, torch.cat(list(truth.values())))
        hit += int((overlap > 0.5).any(dim=0).sum()) if len(boxes) else 0
        spurious += int((overlap.amax(dim=1) <= 0.5).sum()) if len(boxes) else 0
        things += len(truth)
    return (
        f"present phrases right {right / present:.1%} of {present}, mean IoU "
        f"{np.mean(overlaps):.3f}, least {min(overlaps):.2f}; absent phrases quiet "
        f'{quiet / absent:.1%} of {absent}; "object" finds {hit / things:.1%} of {things}, '
        f"{spurious} spurious"
    )


def detect(
    model: Any, processor: Any, pixels: Image, asked: list[str], threshold: float = 0.05
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Boxes xyxy in pixels (N, 4) and scores (N,) of each phrase, duplicates suppressed."""
    given = processor(text=[asked], images=pixels, return_tensors="pt", truncation=True)
    made = model(**given)
    found = []
    for number in range(len(asked)):
        one = type(made)(logits=made.logits[:, :, number : number + 1], pred_boxes=made.pred_boxes)
        answer = processor.post_process_grounded_object_detection(
            one, threshold=threshold, target_sizes=[pixels.shape[:2]]
        )[0]
        boxes, scores = answer["boxes"].float(), answer["scores"].float()
        kept = nms(boxes, scores, 0.5)
        found.append((boxes[kept], scores[kept]))
    return found
