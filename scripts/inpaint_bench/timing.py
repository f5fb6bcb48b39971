"""How long a fill takes and how much memory, as the hole and the photo grow."""

from __future__ import annotations

import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from . import peers
from .peers import OURS, Method, PeerError
from .photos import Folders, read, resized, silhouettes

LARGE = (3000, 4000)  # height and width of 12 megapixels
SMALL = (866, 1155)  # of one
HOLE_WIDTH = 200  # pixels
AREAS = (1, 2, 4, 8, 16)

# A process that others start inherits their peak, and these have large libraries loaded: a small
# one in between starts the one to be measured.
_LAUNCHER = """
import os, sys
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


@dataclass(frozen=True)
class Figure:
    """A measured value; one above its bound is missed, one without a bound never."""

    name: str
    value: float
    bound: float | None = None
    unit: str = ""

    @property
    def missed(self) -> bool:
        """Whether it is above its bound."""
        return self.bound is not None and self.value > self.bound


@dataclass(frozen=True)
class Scene:
    """The photos and holes that are timed: one hole in 12 megapixels, and in 1 cut from them."""

    photo: np.ndarray
    shape: np.ndarray

    def large(self, area: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The 12 megapixels, and a hole of so many times the area."""
        return self.photo, centred(resized(self.shape, math.sqrt(area)), LARGE)

    def small(self) -> tuple[np.ndarray, np.ndarray]:
        """The one megapixel round the same hole."""
        y, x = ((a - b) // 2 for a, b in zip(LARGE, SMALL, strict=True))
        part = (slice(y, y + SMALL[0]), slice(x, x + SMALL[1]))
        photo, hole = self.large()
        return np.ascontiguousarray(photo[part]), np.ascontiguousarray(hole[part])


def scene(folders: Folders) -> Scene:
    """A real photo of 12 megapixels where there is one, else a rendered one made as large."""
    shape = silhouettes(folders)[0]
    shape = resized(shape, HOLE_WIDTH / shape.shape[1])
    for path in sorted(folders.photos.glob("*/*.jpg")):
        with Image.open(path) as image:
            width, height = image.size
        if height >= LARGE[0] and width >= LARGE[1]:
            y, x = (height - LARGE[0]) // 2, (width - LARGE[1]) // 2
            photo = read(path)[y : y + LARGE[0], x : x + LARGE[1]]
            return Scene(np.ascontiguousarray(photo), shape)
    photo = read(sorted(folders.examples.glob("*.clean.*"))[0])
    return Scene(cv2.resize(photo, LARGE[::-1], interpolation=cv2.INTER_CUBIC), shape)


def centred(shape: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A hole of a shape in the middle of a photo, bool (H, W)."""
    hole = np.zeros(size, np.bool_)
    y, x = ((a - b) // 2 for a, b in zip(size, shape.shape, strict=True))
    hole[y : y + shape.shape[0], x : x + shape.shape[1]] = shape
    return hole


def medians(calls: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median seconds of each call, made in turns."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(call())
    return {name: statistics.median(values) for name, values in taken.items()}


def figures(
    chosen: Sequence[Method], folders: Folders, rounds: int, say: Callable[[str], None]
) -> list[Figure]:
    """Time the methods against each other and ours against itself; weigh each one's memory."""
    scenery = scene(folders)
    by_key = {method.key: method for method in chosen}
    found: list[Figure] = []
    if OURS in by_key:
        say("timing the same hole in 1 and 12 megapixels")
        found += _against_gmic(by_key, scenery, rounds)
        say("timing larger holes")
        found += _growth(by_key[OURS], scenery, rounds)
        found.append(_repeatability(by_key[OURS], scenery))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        peers.prepare(folder, *scenery.large())
        for method in chosen:
            say(f"peak memory of {method.name}")
            bound = 1.0 if method.key == OURS else None
            name = f"peak memory for 12 megapixels, {method.name}"
            try:
                found.append(Figure(name, memory(method, folder), bound, "GB"))
            except PeerError as error:
                say(str(error))
    return found


def _against_gmic(methods: dict[str, Method], scenery: Scene, rounds: int) -> list[Figure]:
    photos = {"1": scenery.small(), "12": scenery.large()}
    calls = {
        f"{key} {size}": lambda m=methods[key], photo=photo: m.fill(*photo).seconds
        for size, photo in photos.items()
        for key in (OURS, "gmic")
        if key in methods
    }
    seconds = medians(calls, rounds)
    names = {"1": "1 megapixel", "12": "12 megapixels"}
    found = [
        Figure(f"{methods[key].name}, {names[size]}", value, unit="s")
        for (key, size), value in ((name.split(), value) for name, value in seconds.items())
    ]
    for size, bound in (("1", 0.6), ("12", 0.2)):
        if "gmic" in methods:
            ratio = seconds[f"{OURS} {size}"] / seconds[f"gmic {size}"]
            found.append(Figure(f"time over G'MIC's, {names[size]}", ratio, bound))
    ratio = seconds[f"{OURS} 12"] / seconds[f"{OURS} 1"]
    return [*found, Figure("time for 12 megapixels over 1, same hole", ratio, 1.5)]


def _growth(ours: Method, scenery: Scene, rounds: int) -> list[Figure]:
    """Seconds for ever larger holes, and those over area times its logarithm."""
    photos = {str(area): scenery.large(area) for area in AREAS}
    seconds = medians(
        {name: lambda photo=photo: ours.fill(*photo).seconds for name, photo in photos.items()},
        rounds,
    )
    per_work: list[float] = []
    found: list[Figure] = []
    for name, (_, hole) in photos.items():
        area = int(hole.sum())
        per_work.append(seconds[name] / (area * math.log(area)))
        found.append(Figure(f"a hole of {area:,} pixels", seconds[name], unit="s"))
        if len(per_work) > 1:
            growth = per_work[-1] / per_work[0]
            title = f"time over area times its logarithm, {name} times the area over once"
            found.append(Figure(title, growth, 1.0))
    return found


def _repeatability(ours: Method, scenery: Scene) -> Figure:
    """How many pixels another run or one thread changes."""
    photo = scenery.small()
    first, again = ours.fill(*photo).pixels, ours.fill(*photo).pixels
    peers.set_threads(1)
    alone = ours.fill(*photo).pixels
    peers.set_threads()
    apart = (first != again).any(axis=2) | (first != alone).any(axis=2)
    return Figure("pixels that a second run or a single thread changes", float(apart.sum()), 0.0)


def memory(method: Method, folder: Path) -> float:
    """A method's peak resident memory above an idle process with the same libraries, GB.

    Raises:
        PeerError: when its process failed.
    """
    processes = method.processes(folder)
    work, idle = (peak(command) for command in (processes.work, processes.idle))
    return (work - idle) / 1e9


def peak(command: Sequence[str]) -> float:
    """A process's peak resident memory in bytes.

    Raises:
        PeerError: when it failed or took more than twenty minutes.
    """
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    with subprocess.Popen(
        launcher, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            said, _ = process.communicate(timeout=peers.PATIENCE)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)  # the launcher and what it launched
            raise PeerError(f"{command[0]} took more than {peers.PATIENCE:.0f} s.") from error
    if process.returncode:
        raise PeerError(f"{' '.join(command)} failed; run it by hand and look.")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(said.split()[-1]) * unit
