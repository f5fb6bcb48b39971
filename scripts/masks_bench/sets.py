"""The photos with true answers: random scenes, the examples, and photos that people outlined."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .graph import Graph, read_graph

EXAMPLES, REAL = "examples", "real plates"
_PLATE_SIDE = 800  # longer side of real plates
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Folders:
    """Where the photos are.

    Attributes:
        scenes: written by render_crowds.py.
        examples: the rendered examples.
        photos: real photos with INDEX.tsv.
    """

    scenes: Path = ROOT / "build" / "crowds"
    examples: Path = ROOT / "examples"
    photos: Path = ROOT.parent / "shared" / "photos"


@dataclass(frozen=True, eq=False)
class Scene:
    """A rendered scene: RGB uint8 (480, 640, 3) twice, and uint8 (480, 640) thing numbers."""

    name: str
    graph: Graph
    photo: np.ndarray
    clean: np.ndarray
    ids: np.ndarray
    target: int
    hard: bool
    glossy: bool


@dataclass(frozen=True, eq=False)
class Plate:
    """A photo with and without a thing: RGB uint8 (H, W, 3) twice; bool (H, W).

    `thing` is its silhouette; where `generous` is set, it holds the thing and its effects.
    """

    name: str
    group: str
    photo: np.ndarray
    clean: np.ndarray
    thing: np.ndarray
    generous: bool = False


@dataclass(frozen=True, eq=False)
class Outlined:
    """A photo and the true outline of a thing in it: RGB uint8 (H, W, 3) and bool (H, W)."""

    name: str
    photo: np.ndarray
    truth: np.ndarray
    main: bool


def scenes(folder: Path, limit: int | None = None) -> Iterator[Scene]:
    """The random scenes of a folder, by seed."""
    for path in sorted(folder.glob("*.json"))[:limit]:
        photo = _rgb(path.with_suffix(".png"))
        entry = json.loads(path.read_text(encoding="utf-8"))
        yield Scene(
            path.stem,
            read_graph(path, (photo.shape[0], photo.shape[1])),
            photo,
            _rgb(path.with_suffix(".clean.png")),
            np.asarray(Image.open(path.with_suffix(".ids.png"))),
            entry["target"],
            entry["hard"],
            entry["glossy"],
        )


def plates(folders: Folders, limit: int | None = None) -> Iterator[Plate]:
    """Random scenes, examples and real photos, with their clean plates."""
    for scene in scenes(folders.scenes, limit):
        group = "glossy ground" if scene.glossy else "hard light" if scene.hard else "soft light"
        thing = scene.ids == scene.target
        if thing.mean() > 0.001:
            yield Plate(scene.name, group, scene.photo, scene.clean, thing)
    yield from _examples(folders.examples, limit)
    yield from _real_plates(folders.photos / "clean_plates", limit)


def _examples(folder: Path, limit: int | None) -> Iterator[Plate]:
    index = folder / "scenes.jsonl"
    lines = index.read_text(encoding="utf-8").splitlines() if index.is_file() else []
    for line in lines[:limit]:
        entry = json.loads(line)
        photo, clean, mask = (folder / entry[k] for k in ("photo", "clean_plate", "mask"))
        thing = np.asarray(Image.open(mask).convert("L")) > 127
        yield Plate(entry["name"], EXAMPLES, _rgb(photo), _rgb(clean), thing)


def _real_plates(folder: Path, limit: int | None) -> Iterator[Plate]:
    """Photos whose plate was made from other frames, and is the photo itself off the mask."""
    for path in sorted(folder.glob("*.mask.png"))[:limit]:
        name = path.name.removesuffix(".mask.png")
        photo = _rgb(next(folder.glob(f"{name}.input.*")))
        clean = _rgb(next(folder.glob(f"{name}.truth.*")))
        mask = np.asarray(Image.open(path).convert("L")) > 127
        factor = min(1.0, _PLATE_SIDE / max(mask.shape))
        size = (round(mask.shape[1] * factor), round(mask.shape[0] * factor))
        photo, clean = (cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (photo, clean))
        mask = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
        yield Plate(name, REAL, photo, clean, mask, generous=True)


def outlined(folder: Path, limit: int | None = None) -> Iterator[Outlined]:
    """Real photos with the outline of one thing: `.gt.` by people, `.alpha.` mattes at one half.

    `main` is false where the outlined thing is one of several that a photo is equally about.
    """
    found = sorted([*folder.glob("masks/*.gt.png"), *folder.glob("masks/*.alpha.png")])
    for path in found[:limit]:
        name = path.name.removesuffix(".png").removesuffix(".gt").removesuffix(".alpha")
        stem = name.split(".")[0]
        photo = _rgb(path.with_name(f"{stem}.jpg"))
        truth = _truth(path)
        if truth.shape == photo.shape[:2]:
            yield Outlined(name, photo, truth, main=name == stem)


def _truth(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        if picture.mode == "P":  # instances by number, as DAVIS writes them
            return np.asarray(picture) > 0
        return np.asarray(picture.convert("L")) > 127


def _rgb(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
