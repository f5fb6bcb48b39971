"""How near a filled hole comes to the truth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import piq
import torch
from skimage.metrics import structural_similarity

from .photos import window

_PATCH = 7
_PROJECTIONS = 128
_SAMPLES = 20_000
_RING = (4.0, 16.0)  # pixels from the hole
_LEAST_STEP = 1e-3  # of lightness (0..100), so that two flat pictures are alike


@dataclass(frozen=True)
class Scores:
    """Figures of one fill.

    Attributes:
        haarpsi: HaarPSI of the window (Reisenhofer et al. 2018), 1 for equal ones.
        gmsd: gradient magnitude similarity deviation of the window (Xue et al. 2014), 0 for equal.
        psnr: dB in the hole, infinite for equal ones.
        ssim: structural similarity (Wang et al. 2004) averaged over the hole, 1 for equal ones.
        swd: sliced Wasserstein distance of the hole's patches, 0 for the same texture.
        seam: the step across the outline over the truth's, 1 for a seam like the truth's.
    """

    haarpsi: float
    gmsd: float
    psnr: float
    ssim: float
    swd: float
    seam: float


def scores(fill: np.ndarray, truth: np.ndarray, hole: np.ndarray, seed: int = 0) -> Scores:
    """Every figure of one fill.

    Args:
        fill: RGB uint8 (H, W, 3).
        truth: RGB uint8 (H, W, 3).
        hole: bool (H, W), True somewhere.
        seed: of the projections of the Wasserstein distance.
    """
    place = window(hole)
    ours, theirs = (_tensor(part[place]) for part in (fill, truth))
    return Scores(
        haarpsi=float(piq.haarpsi(ours, theirs, data_range=1.0)),
        gmsd=float(piq.gmsd(ours, theirs, data_range=1.0)),
        psnr=psnr(fill, truth, hole),
        ssim=ssim(fill[place], truth[place], hole[place]),
        swd=sliced_wasserstein(fill, truth, hole, seed),
        seam=seam_ratio(fill, truth, hole),
    )


def psnr(fill: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    """Peak signal-to-noise ratio in the hole over R, G and B, dB."""
    error = np.mean((fill[hole].astype(np.float64) - truth[hole]) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def ssim(fill: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    """The map of structural similarity, averaged over the hole."""
    similarity = structural_similarity(fill, truth, channel_axis=2, data_range=255, full=True)[1]
    return float(np.asarray(similarity)[hole].mean())


def sliced_wasserstein(
    fill: np.ndarray, truth: np.ndarray, hole: np.ndarray, seed: int = 0
) -> float:
    """How differently the 7x7 patches centred in the hole are distributed (Rabin et al. 2012).

    The mean over 128 random directions of the mean distance between the sorted projections of the
    patches, their values in [0, 1]; of a larger hole 20,000 patches drawn at random.
    """
    rng = np.random.default_rng(seed)
    centres = np.argwhere(hole)
    if len(centres) > _SAMPLES:
        centres = centres[rng.choice(len(centres), _SAMPLES, replace=False)]
    directions = rng.standard_normal((_PATCH * _PATCH * 3, _PROJECTIONS)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=0)
    first, second = (
        np.sort(_patches(part, centres) @ directions, axis=0) for part in (fill, truth)
    )
    return float(np.abs(first - second).mean())


def seam_ratio(fill: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    """How much harder the hole's outline is to cross than the truth's, 1 for alike.

    The mean step in lightness from the last known pixel to the first filled one, over the mean
    step between neighbours 4 to 16 pixels outside the hole; that over the same of the truth.
    """
    place = window(hole, int(_RING[1]) + 2)
    inside = hole[place]
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ring = (away >= _RING[0]) & (away <= _RING[1])
    ours, theirs = (_seam(_lightness(part[place]), inside, ring) for part in (fill, truth))
    return ours / theirs


def _seam(lightness: np.ndarray, hole: np.ndarray, ring: np.ndarray) -> float:
    across: list[np.ndarray] = []
    along: list[np.ndarray] = []
    for turn in (lambda part: part, np.transpose):
        steps = np.abs(np.diff(turn(lightness), axis=1))
        inside, outside = turn(hole), turn(ring)
        across.append(steps[inside[:, 1:] != inside[:, :-1]])
        along.append(steps[outside[:, 1:] & outside[:, :-1]])
    seam, usual = (
        float(np.concatenate(part).mean()) if sum(map(len, part)) else 0.0
        for part in (across, along)
    )
    return (seam + _LEAST_STEP) / (usual + _LEAST_STEP)


def _lightness(pixels: np.ndarray) -> np.ndarray:
    scale = np.float32(255)
    return cv2.cvtColor(pixels.astype(np.float32) / scale, cv2.COLOR_RGB2LAB)[:, :, 0]


def _patches(pixels: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The patches round the centres, float32 (N, 147) in [0, 1]; mirrored beyond the border."""
    reach = _PATCH // 2
    mirrored = np.pad(pixels, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    views = np.lib.stride_tricks.sliding_window_view(mirrored, (_PATCH, _PATCH), axis=(0, 1))
    chosen = views[centres[:, 0], centres[:, 1]]
    return chosen.reshape(len(centres), -1).astype(np.float32) / np.float32(255)


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]
