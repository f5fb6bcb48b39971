"""The photos that holes are filled in, each with what is really behind its hole."""

from __future__ import annotations

import csv
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage
from PIL import Image

ROOT = Path(__file__).parents[2]
MARGIN = 16  # pixels round a hole's box that its window has
GROWN = 5  # pixels that a silhouette is grown by, as masking does before a fill
LARGEST, SCALED = 800, 768  # a longer side than the first is brought to the second, for time's sake
SHARES = (0.04, 0.12)  # of the photo that a placed hole covers
BLANK = (255, 0, 255)  # stands in a hole over known content: a method that reads it shows it
_DIFFERS = 8  # of 255
_FLOOR = re.compile(r"([\d.]+) dB \(alignment/photometric floor\)")
_SCIKIT_IMAGE = ("coffee.png", "rocket.jpg", "astronaut.png", "motorcycle_left.png")


@dataclass(frozen=True)
class Folders:
    """Where photos are: `examples` of this project, `photos` beside the checkout."""

    examples: Path = ROOT / "examples"
    photos: Path = ROOT.parent / "shared" / "photos"


@dataclass(frozen=True)
class Case:
    """A hole with a known answer.

    Attributes:
        name: the photo's.
        photo: RGB uint8 (H, W, 3); what is in the hole is the object, or `BLANK`.
        hole: bool (H, W).
        truth: RGB uint8 (H, W, 3), the photo without the object.
        floor: dB, how far photo and truth agree where nothing was changed; None when not stated.
    """

    name: str
    photo: np.ndarray
    hole: np.ndarray
    truth: np.ndarray
    floor: float | None = None


@dataclass(frozen=True)
class Options:
    """Which photos, and how: `images` is a part of the name, `seed` places the holes."""

    images: str = ""
    full_size: bool = False
    seed: int = 0


def read(path: Path) -> np.ndarray:
    """RGB uint8 (H, W, 3)."""
    return np.array(Image.open(path).convert("RGB"))


def read_mask(path: Path) -> np.ndarray:
    """Bool (H, W), True where the picture is lighter than half."""
    return np.asarray(Image.open(path).convert("L")) > 127


def grow(mask: np.ndarray, radius: int = GROWN) -> np.ndarray:
    """Every pixel within `radius` pixels of the mask, bool (H, W)."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(mask.astype(np.uint8), disc) > 0


def window(hole: np.ndarray, margin: int = MARGIN) -> tuple[slice, slice]:
    """The hole's box with a margin, as far as the photo goes."""
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )


def changed(photo: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Where two photos differ by more than 8 of 255 in a channel, specks left out; bool (H, W)."""
    apart = (cv2.absdiff(photo, truth).max(axis=2) > _DIFFERS).astype(np.uint8)
    return cv2.morphologyEx(apart, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def rendered(folders: Folders, options: Options, *, shadow: bool) -> Iterator[Case]:
    """The example scenes: the true silhouette, with or without what else the object changes."""
    text = (folders.examples / "scenes.jsonl").read_text(encoding="utf-8")
    for scene in map(json.loads, text.splitlines()):
        if options.images not in scene["name"]:
            continue
        photo, truth = (read(folders.examples / scene[key]) for key in ("photo", "clean_plate"))
        mask = read_mask(folders.examples / scene["mask"])
        if shadow:
            mask = mask | changed(photo, truth)
        yield Case(scene["name"], photo, grow(mask), truth)


def real(folders: Folders, options: Options) -> Iterator[Case]:
    """Real photos whose object was taken away between two shots."""
    folder = folders.photos / "clean_plates"
    floors = noise_floors(folders.photos / "INDEX.tsv")
    for path in sorted(folder.glob("*.input.*")):
        name = path.name.split(".input.")[0]
        if options.images not in name:
            continue
        mask, truth = (next(folder.glob(f"{name}.{kind}.*")) for kind in ("mask", "truth"))
        case = Case(name, read(path), read_mask(mask), read(truth), floors.get(name))
        yield case if options.full_size else scaled(case)


def noise_floors(index: Path) -> dict[str, float]:
    """The noise floors that the index states, dB by the photo's name."""
    floors: dict[str, float] = {}
    with index.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            stated = _FLOOR.search(row["note"] or "")
            if stated:
                floors[Path(row["path"]).name.split(".truth.")[0]] = float(stated[1])
    return floors


def holes(folders: Folders, options: Options) -> Iterator[Case]:
    """Photos of places and things, with holes of the shape of objects over known content."""
    paths = sorted((folders.photos / "backgrounds").iterdir())
    # The wheel holds these; what it would have to download is left out.
    paths += [path for name in _SCIKIT_IMAGE if (path := Path(skimage.data_dir) / name).is_file()]
    shapes = silhouettes(folders)
    for path in paths:
        if options.images not in path.stem:
            continue
        truth = read(path)
        if not options.full_size:
            truth = _shrunk(truth, cv2.INTER_AREA)
        # By name, so that a photo's hole is the same whichever others are asked for.
        rng = np.random.default_rng([options.seed, zlib.crc32(path.stem.encode())])
        hole = placed(rng, shapes, (truth.shape[0], truth.shape[1]))
        photo = truth.copy()
        photo[hole] = BLANK
        yield Case(path.stem, photo, hole, truth)


def silhouettes(folders: Folders) -> list[np.ndarray]:
    """Outlines of real objects, or of the rendered ones where there are none; bool (h, w) each."""
    paths = sorted((folders.photos / "masks").glob("*.gt.png"))
    found: list[np.ndarray] = []
    for path in paths or sorted(folders.examples.glob("*.mask.png")):
        mask = read_mask(path).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, None, None, None, 8)
        if len(stats) > 1:
            number = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
            x, y, w, h, _ = (int(value) for value in stats[number])
            found.append(labels[y : y + h, x : x + w] == number)
    return found


def resized(shape: np.ndarray, factor: float) -> np.ndarray:
    """A silhouette made larger or smaller, bool."""
    height, width = (max(1, round(side * factor)) for side in shape.shape)
    soft = cv2.resize(shape.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return soft > 0.5


def placed(rng: np.random.Generator, shapes: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """One of the shapes, of 4 to 12 % of a photo, anywhere inside it.

    Args:
        rng: draws the shape, its area and its place.
        shapes: bool (h, w) each.
        size: (height, width) of the photo.

    Returns:
        bool (H, W).

    Raises:
        ValueError: when no shape fits at any such size.
    """
    height, width = size
    for _ in range(200):
        shape = shapes[rng.integers(len(shapes))]
        share = rng.uniform(*SHARES)
        shape = resized(shape, float(np.sqrt(share * height * width / shape.sum())))
        h, w = shape.shape
        if h <= 0.9 * height and w <= 0.9 * width:
            y, x = rng.integers(height - h + 1), rng.integers(width - w + 1)
            hole = np.zeros(size, np.bool_)
            hole[y : y + h, x : x + w] = shape
            return hole
    raise ValueError(f"No silhouette fits into {width} x {height} pixels; use other masks.")


def scaled(case: Case) -> Case:
    """The case with a long side of at most 800 pixels."""
    mask = _shrunk(case.hole.astype(np.uint8), cv2.INTER_NEAREST) > 0
    photo, truth = (_shrunk(part, cv2.INTER_AREA) for part in (case.photo, case.truth))
    return Case(case.name, photo, mask, truth, case.floor)


def _shrunk(pixels: np.ndarray, interpolation: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    factor = SCALED / max(height, width)
    if max(height, width) <= LARGEST:
        return pixels
    size = (round(width * factor), round(height * factor))
    return cv2.resize(pixels, size, interpolation=interpolation)


@dataclass(frozen=True)
class PhotoSet:
    """A set of cases: what its table is called, what makes it, and the folder that it needs."""

    title: str
    cases: Callable[[Folders, Options], Iterator[Case]]
    needs: str = ""

    def missing(self, folders: Folders) -> str:
        """Why the set cannot be had here, or nothing."""
        folder = folders.photos / self.needs
        if not self.needs or folder.is_dir():
            return ""
        return f"{self.title}: left out, there is no folder {folder}."


SETS = {
    "rendered": PhotoSet(
        "rendered scenes, the silhouette", lambda f, o: rendered(f, o, shadow=False)
    ),
    "shadow": PhotoSet(
        "rendered scenes, shadow in the hole", lambda f, o: rendered(f, o, shadow=True)
    ),
    "real": PhotoSet("real scenes with clean plates", real, "clean_plates"),
    "holes": PhotoSet("object-shaped holes over known content", holes, "backgrounds"),
}
