"""What a rendered scene holds, as its photo shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

_AREA, _VISIBLE = 0.003, 0.6  # of the photo; of the thing
_COUNTS = 0.0005  # of the photo: what shows this much must not fit as well
_COLOURLESS, _PALE, _VIVID = ("black", "white", "grey"), 15.0, 14.0  # by chroma in CIELAB


@dataclass(frozen=True)
class Thing:
    """A thing as the photo shows it.

    Attributes:
        number: in the picture of instances.
        kind: its noun.
        colours: one colour word or two.
        shade: "dark", "light" or "".
        box: xyxy as parts of the photo's width and height; `area` likewise, of the whole.
        visible: the part of its silhouette that nothing hides.
        height: real, in units of 10 cm; `depth` from the camera, in the same unit.
        on: number of the thing that carries it, or None.
        rgb: its median colour in the photo, 0..255.
    """

    number: int
    kind: str
    colours: tuple[str, ...]
    shade: str
    box: tuple[float, float, float, float]
    area: float
    visible: float
    height: float
    depth: float
    on: int | None
    rgb: tuple[int, ...]

    @property
    def x(self) -> float:
        """Middle of the box, 0 at the left, 1 at the right."""
        return (self.box[0] + self.box[2]) / 2

    @property
    def y(self) -> float:
        """Middle of the box, 0 at the top."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def clear(self) -> bool:
        """Whether it shows well enough to be asked for."""
        return self.area > _AREA and self.visible > _VISIBLE and self.as_named

    @property
    def as_named(self) -> bool:
        """Whether the light leaves it the colour that it is named by."""
        if len(self.colours) == 2:
            return True
        _, a, b = rgb2lab(np.array(self.rgb, np.float64)[None, None] / 255)[0, 0]
        chroma = float(np.hypot(a, b))
        return chroma < _PALE if self.colours[0] in _COLOURLESS else chroma > _VIVID

    @property
    def colour(self) -> str:
        """In words: "dark blue", "red and white"."""
        words = " and ".join(self.colours)
        return f"{self.shade} {words}" if self.shade else words

    @property
    def name(self) -> str:
        """Colour and noun."""
        return f"{self.colour} {self.kind}"


@dataclass(frozen=True)
class Graph:
    """A scene: everything in it that shows, and what it stands on."""

    seed: int
    ground: str
    wall: str
    things: tuple[Thing, ...]

    def having(self, word: str) -> list[Thing]:
        """The things that this colour word could mean, whole or in part."""
        return [thing for thing in self.things if word in thing.colours]


def read_graph(path: Path, shape: tuple[int, int] = (480, 640)) -> Graph:
    """The scene that render_crowds.py described, for photos of (height, width)."""
    entry = json.loads(path.read_text(encoding="utf-8"))
    height, width = shape
    eye = np.array(entry["camera"]["eye"])
    things = []
    for thing in entry["things"]:
        if thing["area"] < _COUNTS:
            continue
        x0, y0, x1, y1 = thing["box"]
        things.append(
            Thing(
                thing["number"], thing["kind"], tuple(thing["colours"]), thing["shade"],
                (x0 / width, y0 / height, x1 / width, y1 / height), thing["area"],
                thing["visible"], thing["height"],
                float(np.linalg.norm(np.array(thing["place"]) - eye)),
                thing["stands_on"], tuple(thing["rgb"]),
            )
        )  # fmt: skip
    return Graph(entry["seed"], entry["ground"], entry["wall"], tuple(things))


def difference(first: Sequence[float], second: Sequence[float]) -> float:
    """CIEDE2000 between two colours of 0..255."""
    lab = rgb2lab(np.array([first, second], np.float64)[None] / 255)[0]
    return float(deltaE_ciede2000(lab[0], lab[1]))
