"""What the network learns from: rendered scenes, moved, mirrored and in other light and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

WIDTH, HEIGHT = 256, 192
"""Of what is learnt from at a time; sides are multiples of 32."""
REACH = 16.0
"""Cells that an offset of 1 means."""
DARK = 12.0
"""Of 255, added to values before their ratio: what is black says nothing of light."""
_SEEN, _DOUBTFUL = 8.0, 6.0  # of 255: what changes by more is an effect; how unsure about that
_UNSTEADY, _GLOOMY = 0.008, 30.0  # steps in the log of the light; of 255, how bright on average
_FEWEST = 60  # pixels of a thing
_NEAREST, _FARTHEST = 1.35, 0.6  # scale
_OF_ANY, _OF_ONE = (0.35, 0.05, 0.6), (0.0, 0.0, 1.0)  # that nothing is asked of, all things, one
_EDGE = np.ones((3, 3), np.uint8)
_LOGS = np.log(np.arange(256, dtype=np.float32) + np.float32(DARK))  # of each value
_GREY = np.full((3, 1), 1 / 3, np.float32)


Effects = tuple[np.ndarray, np.ndarray]
"""Where they are, and how much each pixel says: float32 (H, W) in [0, 1]."""


@dataclass(frozen=True)
class Target:
    """A thing, bool (H, W), and the photo without it, RGB uint8 (H, W, 3)."""

    mask: np.ndarray
    clean: np.ndarray


@dataclass(frozen=True)
class View:
    """One picture: RGB uint8 (H, W, 3); uint8 (H, W); all things as one; and single ones.

    Of a steady one the ground looks the same with and without things, but for their effects: grass
    that bends, or what is too dark to be seen, does not.
    """

    photo: np.ndarray
    ids: np.ndarray
    everything: Target
    targets: tuple[Target, ...]
    steady: bool = False


def views(paths: Sequence[Path]) -> list[View]:
    """Those of some files of `scripts/render_lessons.py`."""
    found: list[View] = []
    for path in paths:
        with np.load(path) as held:
            pictures = zip(held["photo"], held["bare"], held["clean"], held["ids"], strict=True)
            numbers = held["targets"]
        for photo, bare, cleans, ids in pictures:
            if not (ids > 0).any():
                continue
            targets = [Target(ids == n, clean) for n, clean in zip(numbers, cleans, strict=True)]
            shown = tuple(target for target in targets if target.mask.sum() > _FEWEST)
            steady = _steady(photo, bare, ids > 0)
            found.append(View(photo, ids, Target(ids > 0, bare), shown, steady))
    return found


def _steady(photo: np.ndarray, bare: np.ndarray, things: np.ndarray) -> bool:
    free = cv2.dilate(things.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    light = (_LOGS[photo] - _LOGS[bare]).mean(axis=2)
    steps = np.abs(np.diff(light, axis=1))[free[:, 1:] & free[:, :-1]]
    return bool(steps.size and steps.mean() < _UNSTEADY and bare.mean() > _GLOOMY)


def _effects(photo: np.ndarray, other: np.ndarray, mask: np.ndarray) -> Effects:
    """What differs but for the thing itself, and how much each pixel says."""
    red, green, blue = cv2.split(cv2.absdiff(photo, other))
    apart = cv2.medianBlur(np.maximum(np.maximum(red, green), blue), 3).astype(np.float32)
    weight = np.clip(np.abs(apart - _SEEN) / _DOUBTFUL, 0.25, 1)
    weight[cv2.dilate(mask.astype(np.uint8), _EDGE) > 0] = 0
    return (apart > _SEEN).astype(np.float32), weight


def batch(
    known: Sequence[View], count: int, rng: np.random.Generator, *, moved: float = 0,
    effects: bool = False,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Inputs (B, 4, H, W), and (B, 11, H / 2, W / 2): the truth of each map; then the weights.

    These are of the effect, of the gain, and of all others: where anything is known. `moved` is how
    many, in [0, 1], stand on the ground of another view: a shadow is the same on any. With
    `effects`, each is about one of its things, if it has one that can be taken away.
    """
    about = _OF_ONE if effects else _OF_ANY
    drawn: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(count):
        view = known[rng.integers(len(known))]
        if view.steady and rng.random() < moved:
            view = _regrounded(view, known[rng.integers(len(known))].everything.clean, rng)
        drawn.append(_draw(view, rng, about))
    photos, truths = zip(*drawn, strict=True)
    return torch.from_numpy(np.stack(photos)), torch.from_numpy(np.stack(truths))


def _regrounded(view: View, ground: np.ndarray, rng: np.random.Generator) -> View:
    """The things of a view, with the light that they take and throw, on another ground."""
    other = ground[:, ::-1] if rng.random() < 0.5 else ground
    if rng.random() < 0.5:  # larger, so that what is in it lies elsewhere
        other = _enlarged(other, rng)
    alike = rng.uniform() * (_LOGS[view.everything.clean].mean() - _LOGS[other].mean())
    other = np.clip(np.exp(_LOGS[other] + alike) - DARK, 0, 255).astype(np.uint8)
    logs = _LOGS[other] - _LOGS[view.everything.clean]

    def put(picture: np.ndarray, things: np.ndarray) -> np.ndarray:
        made = np.clip(np.exp(_LOGS[picture] + logs) - DARK, 0, 255)
        stay = cv2.GaussianBlur(things.astype(np.float32), (0, 0), 0.6)[:, :, None]
        return (made + stay * (picture - made)).astype(np.uint8)

    things = view.ids > 0
    targets = [Target(t.mask, put(t.clean, things & ~t.mask)) for t in view.targets]
    everything = Target(view.everything.mask, np.ascontiguousarray(other))
    return View(put(view.photo, things), view.ids, everything, tuple(targets))


def _enlarged(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A part of a picture at its whole size."""
    height, width = picture.shape[:2]
    share = rng.uniform(0.6, 0.95)
    rows, columns = int(share * height), int(share * width)
    top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
    part = np.ascontiguousarray(picture[top : top + rows, left : left + columns])
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)


def _draw(
    view: View, rng: np.random.Generator, likely: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    about = rng.choice(["nothing", "all", "one"], p=likely)
    shown, target = view.photo, view.everything
    if about == "one" and view.targets:
        target = view.targets[rng.integers(len(view.targets))]
        shown = _dimmed(view.photo, target, rng) if rng.random() < 0.5 else view.photo
    elif about == "one":
        about = "nothing"
    effects = _effects(shown, target.clean, target.mask)
    moved = _motion(view, rng, target.mask if about == "one" else None)

    def warped(values: np.ndarray, how: int, border: int = cv2.BORDER_REFLECT_101) -> np.ndarray:
        return cv2.warpAffine(values, moved, (WIDTH, HEIGHT), flags=how, borderMode=border)

    photo, clean = (warped(one, cv2.INTER_LINEAR) for one in (shown, target.clean))
    ids = warped(_closed(view.ids), cv2.INTER_NEAREST)
    mask = warped(target.mask.astype(np.uint8), cv2.INTER_NEAREST)
    inside = warped(np.ones_like(view.ids), cv2.INTER_NEAREST, cv2.BORDER_CONSTANT)
    effect = warped(effects[0], cv2.INTER_LINEAR)
    counts = warped(effects[1], cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)
    given = np.zeros((HEIGHT, WIDTH), np.uint8)
    if about != "nothing":
        given = _roughened(mask, rng)
    known = inside[::2, ::2].astype(np.float32)
    both = _repainted(np.stack([photo, clean]), np.stack([ids, np.where(mask, 0, ids)]), rng)
    photo, clean = _recoloured(both, rng)
    gain, lit = _gain(photo, clean, mask)
    truth = np.stack([
        _halved((ids > 0).astype(np.float32)), _outlines(ids), *_offsets((ids * inside)[::2, ::2]),
        _halved(effect), *gain, _halved(counts) * known, lit * known, known,
    ])  # fmt: skip
    colours = _spoilt(photo, rng).transpose(2, 0, 1) * 2 - 1
    return np.concatenate([colours, given[None]]).astype(np.float32), truth.astype(np.float32)


def _gain(photo: np.ndarray, clean: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log of what brings the photo to the clean plate, (3, H, W), and where the thing is not."""
    free = (cv2.dilate(mask, _EDGE) == 0).astype(np.float32)
    wanted = np.log(clean * 255 + DARK) - np.log(photo * 255 + DARK)
    share = _halved(free)
    mean = _halved(wanted * free[:, :, None]) / np.maximum(share, 0.01)[:, :, None]
    return mean.transpose(2, 0, 1), share


def _dimmed(photo: np.ndarray, target: Target, rng: np.random.Generator) -> np.ndarray:
    """The photo with stronger or fainter effects of a thing."""
    clean = target.clean.astype(np.float32)
    stronger = np.exp(rng.normal(0, 0.4))
    made = np.clip(clean + stronger * (photo - clean), 0, 255).astype(np.uint8)
    return np.where(target.mask[:, :, None], photo, made)


def _closed(ids: np.ndarray) -> np.ndarray:
    """Things without pinholes: blades of grass before one are no holes in it."""
    nearest = cv2.erode(cv2.dilate(ids, _EDGE), _EDGE)
    return np.where(ids > 0, ids, nearest)


def _motion(view: View, rng: np.random.Generator, about: np.ndarray | None) -> np.ndarray:
    """An affine map, (2, 3), that brings a part of the view into what is learnt from."""
    height, width = view.ids.shape
    scale = np.exp(rng.uniform(np.log(_FARTHEST), np.log(_NEAREST))) * 1.15 * WIDTH / width
    squeezed = np.exp(rng.normal(0, 0.08))
    turn = np.deg2rad(rng.normal(0, 4))
    flip = -1 if rng.random() < 0.5 else 1
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = turned @ np.diag([flip * scale * squeezed, scale / squeezed])
    room = np.maximum(0, np.array([width - WIDTH / scale, height - HEIGHT / scale]) / 2)
    middle = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * room
    if about is not None:
        rows, columns = np.nonzero(about)
        middle = (middle + np.array([columns.mean(), rows.mean()])) / 2
    shift = np.array([WIDTH, HEIGHT]) / 2 - linear @ middle
    return np.concatenate([linear, shift[:, None]], axis=1)


def _roughened(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mask as it may have been drawn: too wide, or too narrow."""
    how = rng.random()
    if how < 0.25:
        return cv2.dilate(mask, _EDGE, iterations=int(rng.integers(1, 3)))
    return cv2.erode(mask, _EDGE) if how < 0.4 else mask


def _halved(values: np.ndarray) -> np.ndarray:
    return cv2.resize(values, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)


def _outlines(ids: np.ndarray) -> np.ndarray:
    edge = np.zeros(ids.shape, np.uint8)
    edge[:, 1:] |= ids[:, 1:] != ids[:, :-1]
    edge[1:] |= ids[1:] != ids[:-1]
    edge = cv2.dilate(edge, np.ones((2, 2), np.uint8))
    return edge.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).max((1, 3)).astype(np.float32)


def _offsets(ids: np.ndarray) -> np.ndarray:
    """To the middle of the thing that each cell shows: (2, H, W)."""
    found = np.zeros((2, *ids.shape))
    rows, columns = np.indices(ids.shape)
    for number in np.unique(ids[ids > 0]):
        own = ids == number
        found[0][own] = (columns[own].mean() - columns[own]) / REACH
        found[1][own] = (rows[own].mean() - rows[own]) / REACH
    return found


def _repainted(pictures: np.ndarray, ids: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """RGB in [0, 1] with some of its things in other colours: greys, and the ground's, among them.

    So that what is learnt is how things stand on a ground, not which colours they have. The same
    for all pictures, RGB uint8 (N, H, W, 3), by the numbers in each, (N, H, W).
    """
    x = pictures.astype(np.float32) / 255
    for number in np.unique(ids[ids > 0]):
        if rng.random() < 0.6:
            continue
        turned = _hue(rng.uniform(-np.pi, np.pi)).T
        vivid, light = rng.choice([0.0, 0.3, 1.0, 1.5]), np.exp(rng.normal(0, 0.5))
        for picture, shown in zip(x, ids, strict=True):
            own = cv2.GaussianBlur((shown == number).astype(np.float32), (0, 0), 0.6)
            part = own > 0
            other = picture[part] @ turned
            grey = other @ _GREY
            other = np.clip((grey + (other - grey) * vivid) * light, 0, 1)
            picture[part] += own[part][:, None] * (other - picture[part])
    return x


def _recoloured(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """RGB in [0, 1] in another light and other hues, the same for all pictures."""
    x = pictures
    if rng.random() < 0.9:
        x = x ** np.exp(rng.normal(0, 0.25))
        if rng.random() < 0.5:
            angle = rng.uniform(-np.pi, np.pi) if rng.random() < 0.6 else rng.normal(0, 0.3)
            x = x @ _hue(angle).T
        grey = x @ _GREY
        x = grey + (x - grey) * (np.exp(rng.normal(0, 0.35)) if rng.random() < 0.9 else 0)
        x = x * np.exp(rng.normal(0, 0.12, 3) + rng.normal(0, 0.2))
    return np.clip(x, 0, 1).astype(np.float32)


def _spoilt(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """RGB in [0, 1], less sharp, noisier or with JPEG's traces."""
    x = photo
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.3, 1.2))
    if rng.random() < 0.5:
        x = np.clip(x + rng.normal(0, rng.uniform(0.003, 0.03), x.shape), 0, 1)
    if rng.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))]
        x = cv2.imdecode(cv2.imencode(".jpg", (x * 255).astype(np.uint8), quality)[1], 1) / 255
    return x


def _hue(angle: float) -> np.ndarray:
    """A turn about the axis of greys."""
    axis = np.full(3, 3**-0.5)
    across = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    flat = np.cos(angle) * np.eye(3) + (1 - np.cos(angle)) * np.outer(axis, axis)
    return (flat + np.sin(angle) * across).astype(np.float32)
