"""Everything that fills a hole without downloaded weights: ours, and what else one could take.

Each method fills the same array with the same number of threads. Seconds are those of the fill
alone: no imports, no compiling, no reading and writing of files.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numba
import numpy as np
import platformdirs
from PIL import Image
from skimage.restoration import inpaint_biharmonic

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.filling import fill_holes
from autoedit.inpainting import FillRequest
from autoedit.inpainting.patch_diffusion import PatchDiffusion
from autoedit.run import Run

from .photos import window

THREADS = 2
OURS = "autoedit"
_AVAILABLE = numba.get_num_threads()  # NUMBA_NUM_THREADS may allow fewer
PATIENCE = 1200.0  # seconds after which a peer's process is given up
_RADIUS = 5.0  # pixels that OpenCV's methods look at
_BIHARMONIC_MARGIN = 32  # pixels: the equation is local, and the whole photo takes minutes
_WORKER = Path(__file__).with_name("xphoto_worker.py")
_CONTRIB = "opencv-contrib-python-headless"
_ELAPSED = re.compile(r"Elapsed time: ([\d.e+-]+) s")


class PeerError(RuntimeError):
    """A peer is not there or did not fill the hole."""


@dataclass(frozen=True)
class Fill:
    """RGB uint8 (H, W, 3), bit-identical to the photo's outside the hole, and seconds."""

    pixels: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Processes:
    """A method as a process of its own on a prepared folder, and the idle one to compare with."""

    work: Sequence[str]
    idle: Sequence[str]


@dataclass(frozen=True)
class Method:
    """One way to fill a hole.

    Attributes:
        key: as the command line names it.
        name: as the tables name it.
        run: RGB uint8 (H, W, 3) and bool (H, W) to RGB uint8 (H, W, 3) and seconds.
        processes: for a folder that `prepare` filled.
        missing: why it cannot be run here, or nothing.
    """

    key: str
    name: str
    run: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, float]]
    processes: Callable[[Path], Processes]
    missing: Callable[[], str] = lambda: ""

    def fill(self, photo: np.ndarray, hole: np.ndarray) -> Fill:
        """Fill the hole of a photo.

        Raises:
            PeerError: when the method failed.
        """
        pixels, seconds = self.run(photo, hole)
        return Fill(np.where(hole[:, :, None], pixels, photo), seconds)


def methods(seed: int = 0) -> dict[str, Method]:
    """Every method by its key, ours first; the seed is ours alone."""
    found = [
        _here(OURS, "AutoEdit", lambda photo, hole: autoedit(photo, hole, seed)),
        Method("gmic", "G'MIC", gmic, _gmic_processes, _gmic_missing),
        _contrib("shift_map", "shift-map"),
        _contrib("fsr", "FSR"),
        _here("telea", "Telea", lambda photo, hole: opencv(photo, hole, cv2.INPAINT_TELEA)),
        _here("navier_stokes", "Navier-Stokes", lambda p, h: opencv(p, h, cv2.INPAINT_NS)),
        _here("biharmonic", "biharmonic", biharmonic),
    ]
    return {method.key: method for method in found}


def set_threads(count: int = THREADS) -> None:
    """Give everything in this process, and the processes it starts, so many threads."""
    count = min(count, _AVAILABLE)
    numba.set_num_threads(count)
    cv2.setNumThreads(count)
    os.environ["OMP_NUM_THREADS"] = str(count)


def warm_up(method: Method) -> None:
    """Fill a small hole, so that nothing is compiled or loaded while it counts."""
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (300, 400, 3), np.uint8)
    hole = np.zeros(photo.shape[:2], np.bool_)
    hole[110:190, 150:250] = True
    method.fill(photo, hole)


def autoedit(photo: np.ndarray, hole: np.ndarray, seed: int) -> np.ndarray:
    """Ours, as the editor calls it: window by window."""
    request = FillRequest(seed=seed)
    return fill_holes(PatchDiffusion(), Photo(photo), Mask.of(hole), request, Run())[0]


def opencv(photo: np.ndarray, hole: np.ndarray, kind: int) -> np.ndarray:
    """Telea 2004 or Navier-Stokes (Bertalmio et al. 2001) by OpenCV."""
    return cv2.inpaint(photo, hole.astype(np.uint8), _RADIUS, kind)


def biharmonic(photo: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The biharmonic equation by scikit-image, on the hole's window."""
    place = window(hole, _BIHARMONIC_MARGIN)
    filled = inpaint_biharmonic(photo[place], hole[place], channel_axis=-1, split_into_regions=True)
    result = photo.copy()
    result[place] = np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)
    return result


def gmic(photo: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, float]:
    """G'MIC's `inpaint_matchpatch` with its own defaults, timed inside G'MIC.

    On several threads its fill differs from run to run, whatever its random seed.

    Raises:
        PeerError: when it did not fill the hole.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepare(folder, photo, hole)
        said = run_process(_gmic_processes(folder).work, "G'MIC")
        elapsed = _ELAPSED.search(said)
        if elapsed is None:
            raise PeerError("G'MIC did not say how long it took; run it by hand and look.")
        return np.array(Image.open(folder / "out.png").convert("RGB")), float(elapsed[1])


def prepare(folder: Path, photo: np.ndarray, hole: np.ndarray) -> None:
    """Write a photo and its hole as .npy and .png, for methods in processes of their own."""
    np.save(folder / "photo.npy", photo)
    np.save(folder / "hole.npy", hole)
    Image.fromarray(photo).save(folder / "photo.png", compress_level=1)
    Image.fromarray(hole.astype(np.uint8) * 255).save(folder / "hole.png", compress_level=1)


def run_process(command: Sequence[str], name: str) -> str:
    """Run a peer to its end; returns what it said on both its streams.

    Raises:
        PeerError: when it is not there, failed, or took more than twenty minutes.
    """
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        lines = error.stdout.strip().splitlines() or ["no word"]
        raise PeerError(f"{name} failed with exit code {error.returncode}: {lines[-1]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerError(f"{name} could not be run: {error}") from error
    return done.stdout


def _gmic_missing() -> str:
    there = shutil.which("gmic")
    return "" if there else "G'MIC: left out, install it first (Debian's package gmic)."


def _gmic_processes(folder: Path) -> Processes:
    photo, hole, out = (str(folder / f"{name}.png") for name in ("photo", "hole", "out"))
    return Processes(
        ["gmic", photo, hole, "tic", "inpaint_matchpatch[0]", "[1]", "toc", "-o[0]", out],
        ["gmic", "tic", "toc"],
    )


def _here(key: str, name: str, call: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Method:
    """A method of this process, timed from outside."""

    def run(photo: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, float]:
        start = time.perf_counter()
        pixels = call(photo, hole)
        return pixels, time.perf_counter() - start

    def processes(folder: Path) -> Processes:
        idle = [sys.executable, str(Path(__file__).with_name("once.py"))]
        return Processes([*idle, key, str(folder)], idle)

    return Method(key, name, run, processes)


def _contrib(kind: str, name: str) -> Method:
    """A method of OpenCV-contrib, in an environment of its own beside ours."""

    def processes(folder: Path) -> Processes:
        idle = [str(contrib_python()), str(_WORKER)]
        files = [str(folder / f"{part}.npy") for part in ("photo", "hole", "out")]
        return Processes([*idle, kind, *files], idle)

    def run(photo: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, float]:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            prepare(folder, photo, hole)
            said = run_process(processes(folder).work, name)
            return np.load(folder / "out.npy"), float(said.split()[-1])

    def missing() -> str:
        try:
            contrib_python()
        except PeerError as error:
            return f"{name}: left out. {error}"
        return ""

    return Method(kind, name, run, processes, missing)


@cache
def contrib_python() -> Path:
    """The Python of an environment with OpenCV-contrib, made once in the user's cache.

    That package cannot live beside the OpenCV that AutoEdit needs.

    Raises:
        PeerError: when it cannot be made, say for want of a network.
    """
    folder = platformdirs.user_cache_path("autoedit") / "bench" / "opencv-contrib"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    check = [str(python), "-c", "import cv2; cv2.xphoto.inpaint"]
    try:
        run_process(check, _CONTRIB)
    except PeerError:
        run_process([sys.executable, "-m", "venv", "--clear", str(folder)], "venv")
        run_process([str(python), "-m", "pip", "install", "--quiet", _CONTRIB], "pip")
        run_process(check, _CONTRIB)
    return python
