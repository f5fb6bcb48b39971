"""The sampler: diffusion whose denoiser is made of the photo's own patches.

For a local, translation-equivariant denoiser whose training set is the known part of this one
photo, E[x0 | xt] has a closed form: a softmax over the photo's patches, weighted by how well each
explains the noisy patch (Kamb & Ganguli 2024, "An analytic theory of creativity in convolutional
diffusion models"). Each position's softmax is taken at its mode, the nearest patch, found by
PatchMatch (Barnes et al. 2009); the patches that overlap a pixel then share it by the same
Gaussian. Coarse to fine as in Wexler, Shechtman & Irani 2007; gradients are voted beside colours
and integrated by a screened Poisson solve as in Darabi et al. 2012 ("Image Melding").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.errors import InpaintingError
from autoedit.inpainting.patch_diffusion import kernels
from autoedit.inpainting.patch_diffusion.noise import ancestral_step, exponential_sigmas
from autoedit.inpainting.patch_diffusion.pyramid import Level, build, depth

_INDEPENDENT = 8.0  # values of a patch that count as independent: its neighbours err alike
_TEXTURE_SIDE = 5  # pixels that a texture value is averaged over
_TEXTURE_WEIGHT = np.float32(6.0)  # of a step in lightness against lightness itself


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sampler runs; see `PatchDiffusion` for what each means."""

    patch: int = 9
    sigma_max: float = 60.0
    sigma_min: float = 4.0
    coarse_steps: int = 8
    fine_steps: int = 3
    last_steps: int = 1
    confidence: float = 1.1
    screening: float = 0.02


Report = Callable[[float], None]


def sample(
    pixels: PixelArray,
    hole: BoolArray,
    forbidden: BoolArray | None,
    seed: int,
    settings: Settings,
    report: Report,
) -> PixelArray:
    """Fill a hole.

    Args:
        pixels: RGB uint8 (H, W, 3).
        hole: bool (H, W), True is unknown.
        forbidden: bool (H, W), known pixels that must not serve as a source, or None.
        seed: same seed, same bits, on any number of threads.
        settings: of the sampler.
        report: called with the fraction done in [0, 1].

    Returns:
        RGB uint8 (H, W, 3), equal to `pixels` outside the hole.

    Raises:
        InpaintingError: when nothing is known.
    """
    if not hole.any():
        return pixels.copy()
    known = ~hole
    if not known.any():
        raise InpaintingError("Nothing is known to fill from: the hole covers the whole photo.")
    usable = known if forbidden is None else known & ~forbidden
    if not usable.any():
        usable = known
    image = _with_texture(to_lab(pixels), known)
    radius = settings.patch // 2
    levels = build(image, known, usable, depth(known, radius))
    generator = np.random.default_rng(seed)
    plan = [settings.last_steps, *[settings.fine_steps] * len(levels)][: len(levels)]
    plan[-1] = settings.coarse_steps
    done = 0
    state: _State | None = None
    # The noise starts lower at each finer level, where structure is settled already.
    half = settings.sigma_max / 2
    last = float(np.sqrt(half * settings.sigma_min))
    for number in range(len(levels) - 1, -1, -1):
        coarsest = number == len(levels) - 1
        steps = plan[number]
        high = settings.sigma_max if coarsest else max(half if number else last, settings.sigma_min)
        state = _LevelSampler(levels[number], settings, generator, seed + 131 * number).run(
            state,
            exponential_sigmas(high, settings.sigma_min, steps),
            final=number == 0,
            report=lambda part, done=done, steps=steps: report((done + part * steps) / sum(plan)),
        )
        done += steps
    if state is None:
        raise InpaintingError("The hole could not be filled.")
    filled = pixels.copy()
    filled[hole] = to_rgb(state.x[:, :, :3])[hole]
    return filled


@dataclass(slots=True)
class _State:
    """What a coarser level hands to the next: its image and where each patch came from."""

    x: FloatArray
    offset_y: np.ndarray
    offset_x: np.ndarray


class _LevelSampler:
    """The sampler at one scale."""

    def __init__(
        self, level: Level, settings: Settings, generator: np.random.Generator, seed: int
    ) -> None:
        self.settings = settings
        self.generator = generator
        self.seed = seed % (2**31)
        self.level = level
        self.hole = ~level.known
        self.radius, valid = _valid_sources(level, settings.patch // 2)
        self.pad = pad = self.radius + 1
        self.height, self.width = level.known.shape
        self.valid = np.pad(valid, pad).astype(np.uint8)
        self.sources = np.argwhere(self.valid).astype(np.int32)
        # Where a source is so close to the hole that a step reaches into it, it reads a membrane.
        self.image = np.where(self.hole[:, :, None], _smooth(level), level.image)
        self.source = _interleave(_pad_image(self.image, pad))
        kernel = np.ones((2 * self.radius + 1,) * 2, np.uint8)
        targets = cv2.dilate(self.hole.astype(np.uint8), kernel) > 0
        self.ty, self.tx = (axis.astype(np.int32) + pad for axis in np.nonzero(targets))
        self.index = np.full(self.valid.shape, -1, np.int32)
        self.index[self.ty, self.tx] = np.arange(len(self.ty), dtype=np.int32)
        blind = np.pad(~level.usable, 1, mode="edge").astype(np.uint8)
        self.blindness = np.minimum(
            cv2.distanceTransform(blind, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1], 500.0
        )
        self._number_unknowns()

    def _number_unknowns(self) -> None:
        """Number the unknown pixels and their neighbours, for votes and the Poisson solve."""
        hole, (height, width) = self.hole, self.hole.shape
        self.hy, self.hx = np.nonzero(hole)
        numbers = np.full((height + 2, width + 2), -2, np.int32)
        numbers[1:-1, 1:-1][self.level.usable] = -1  # a forbidden neighbour bounds nothing
        numbers[1:-1, 1:-1][hole] = np.arange(len(self.hy), dtype=np.int32)
        shifts = ((0, 1), (1, 0), (0, -1), (-1, 0))
        self.neighbours = np.stack(
            [numbers[self.hy + 1 + dy, self.hx + 1 + dx] for dy, dx in shifts], axis=1
        )
        # A known pixel left of or above an unknown one lends its step to the right or down.
        lending = np.zeros_like(hole)
        lending[:, :-1] |= hole[:, 1:]
        lending[:-1] |= hole[1:]
        lending &= ~hole
        extra_y, extra_x = np.nonzero(lending)
        self.vote_y = np.concatenate([self.hy, extra_y])
        self.vote_x = np.concatenate([self.hx, extra_x])

    def run(
        self, coarser: _State | None, sigmas: FloatArray, *, final: bool, report: Report
    ) -> _State:
        x, ny, nx = self._start(coarser, float(sigmas[0]))
        distance = np.empty(len(self.ty), np.float32)
        denoised = x
        for turn, sigma in enumerate(sigmas):
            last = turn + 1 == len(sigmas)
            weight, per_patch = self._weights(float(sigma))
            noisy = _interleave(_pad_image(x, self.pad))
            ny, nx = self._search(noisy, weight, ny, nx, distance, turn)
            say = self._say(distance, per_patch, float(sigma))
            denoised = self._denoise(x, ny, nx, say, best_only=final and last)
            following = 0.0 if last else float(sigmas[turn + 1])
            x = self._stepped(x, denoised, float(sigma), following)
            report((turn + 1) / len(sigmas))
        shape = self.valid.shape
        offset_y, offset_x = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        offset_y[self.ty, self.tx] = ny - self.ty
        offset_x[self.ty, self.tx] = nx - self.tx
        inner = slice(self.pad, -self.pad)
        return _State(denoised, offset_y[inner, inner], offset_x[inner, inner])

    def _search(
        self, noisy: FloatArray, weight: FloatArray, ny: np.ndarray, nx: np.ndarray,
        distance: FloatArray, turn: int,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """The nearest source of every target patch: ask the neighbours, explore, ask again."""
        arrays = (noisy, weight, self.source, self.valid)
        targets = (self.ty, self.tx)
        for reach in (4, 1):
            ny, nx = kernels.propagate(
                *arrays, self.index, *targets, ny, nx, distance, self.radius, reach
            )
            if reach > 1:
                kernels.explore(
                    *arrays, self.sources, *targets, ny, nx, distance, self.radius, self.seed, turn
                )
        return ny, nx

    def _start(
        self, coarser: _State | None, sigma: float
    ) -> tuple[FloatArray, np.ndarray, np.ndarray]:
        """The first sample of this level, and where its patches are looked for first."""
        count = len(self.ty)
        picks = self.generator.integers(len(self.sources), size=count)
        ny, nx = self.sources[picks, 0].copy(), self.sources[picks, 1].copy()
        x = self.image.copy()
        if coarser is not None:
            size = (self.width, self.height)
            x[self.hole] = cv2.resize(coarser.x, size, interpolation=cv2.INTER_CUBIC)[self.hole]
            cy = np.minimum((self.ty - self.pad) // 2, coarser.offset_y.shape[0] - 1)
            cx = np.minimum((self.tx - self.pad) // 2, coarser.offset_y.shape[1] - 1)
            y = self.ty + 2 * coarser.offset_y[cy, cx]
            x_ = self.tx + 2 * coarser.offset_x[cy, cx]
            inside = (y >= 0) & (x_ >= 0) & (y < self.valid.shape[0]) & (x_ < self.valid.shape[1])
            good = np.zeros(count, np.bool_)
            good[inside] = self.valid[y[inside], x_[inside]] > 0
            ny[good], nx[good] = y[good], x_[good]
        noise = self.generator.standard_normal((len(self.hy), kernels.CHANNELS)).astype(np.float32)
        x[self.hole] += noise * np.float32(sigma)
        return x, ny, nx

    def _weights(self, sigma: float) -> tuple[FloatArray, FloatArray]:
        """How much each pixel counts in a patch's distance, and its sum over each patch."""
        own = self.settings.sigma_min
        unknown = own**2 / (own**2 + sigma**2)
        weight = np.where(self.hole, np.float32(unknown), self.level.usable.astype(np.float32))
        trust = self.settings.confidence**-self.blindness
        weight = np.maximum(weight * trust, 1e-4).astype(np.float32)
        padded = np.pad(weight, self.pad)
        side = 2 * self.radius + 1
        sums = cv2.boxFilter(padded, -1, (side, side), normalize=False)
        return np.repeat(padded, kernels.CHANNELS, axis=1), sums[self.ty, self.tx]

    def _say(self, distance: FloatArray, per_patch: FloatArray, sigma: float) -> FloatArray:
        """Each patch's share in the posterior mean: the Gaussian of its distance, and trust."""
        mean = distance / np.maximum(per_patch, 1e-6)
        spread = 2.0 * (sigma**2 + self.settings.sigma_min**2)
        likelihood = np.exp(-np.minimum(_INDEPENDENT * mean / spread, 60.0))
        trust = self.settings.confidence ** -self.blindness[self.ty - self.pad,
                                                                  self.tx - self.pad]  # fmt: skip
        return (likelihood * trust + 1e-12).astype(np.float32)

    def _denoise(
        self, x: FloatArray, ny: np.ndarray, nx: np.ndarray, say: FloatArray, *, best_only: bool
    ) -> FloatArray:
        votes = kernels.vote(
            self.source, self.index, ny, nx, say, self.vote_y + self.pad, self.vote_x + self.pad,
            self.radius, best_only,
        )  # fmt: skip
        count = len(self.hy)
        colour = np.ascontiguousarray(votes[:count, :3])
        right = np.zeros((self.height + 1, self.width + 1, 3), np.float32)
        down = np.zeros_like(right)
        # Shifted by one, so that row and column 0 stand for "beyond the photo".
        right[self.vote_y + 1, self.vote_x + 1] = votes[:, kernels.CHANNELS : -3]
        down[self.vote_y + 1, self.vote_x + 1] = votes[:, -3:]
        y, x_ = self.hy, self.hx
        screening = np.float32(self.settings.screening)
        rhs = screening * colour
        has = self.neighbours != -2
        rhs -= right[y + 1, x_ + 1] * has[:, 0:1]
        rhs -= down[y + 1, x_ + 1] * has[:, 1:2]
        rhs += right[y + 1, x_] * has[:, 2:3]
        rhs += down[y, x_ + 1] * has[:, 3:4]
        for k, (dy, dx) in enumerate(((0, 1), (1, 0), (0, -1), (-1, 0))):
            known = self.neighbours[:, k] == -1
            rhs[known] += self.image[y[known] + dy, x_[known] + dx, :3]
        solution = kernels.solve(colour, rhs, self.neighbours, screening, 80, 1e-3)
        denoised = x.copy()
        denoised[y, x_, :3] = solution
        denoised[y, x_, 3:] = votes[:count, 3 : kernels.CHANNELS]
        return denoised

    def _stepped(
        self, x: FloatArray, denoised: FloatArray, sigma: float, following: float
    ) -> FloatArray:
        noise = self.generator.standard_normal((len(self.hy), kernels.CHANNELS)).astype(np.float32)
        result = denoised.copy()
        result[self.hole] = ancestral_step(
            x[self.hole], denoised[self.hole], sigma, following, noise
        )
        return result


def _valid_sources(level: Level, radius: int) -> tuple[int, BoolArray]:
    """The patch radius that this level allows, and where such patches may be centred.

    The patch shrinks when no whole one is known; a single known pixel is enough in the end.
    """
    for usable in (level.usable, level.known):
        for smaller in range(radius, -1, -1):
            # One pixel more than the patch: a vote reads the step to the next pixel, too.
            side = 2 * (smaller + 1) + 1
            inner = np.pad(usable, smaller + 1).astype(np.uint8)
            valid = cv2.erode(inner, np.ones((side, side), np.uint8))
            valid = valid[smaller + 1 : -smaller - 1, smaller + 1 : -smaller - 1] > 0
            if int(valid.sum()) >= min(16, max(1, valid.size // 8)):
                return smaller, valid
    return 0, level.known


def _smooth(level: Level) -> FloatArray:
    """A membrane over the unknown part: known pixels diffused inward, coarse to fine."""
    weight = np.where(level.usable, 1.0, level.known * 1e-3).astype(np.float32)
    image = level.image * weight[:, :, None]
    sizes: list[tuple[FloatArray, FloatArray]] = [(image, weight)]
    while min(sizes[-1][1].shape) > 1:
        image, weight = (
            cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            for part in sizes[-1]
        )
        sizes.append((image, weight))
    result = sizes[-1][0] / max(float(sizes[-1][1].max()), 1e-6)
    for image, weight in reversed(sizes[:-1]):
        size = (weight.shape[1], weight.shape[0])
        up = cv2.resize(result, size, interpolation=cv2.INTER_LINEAR).reshape(image.shape)
        share = np.clip(weight * 4, 0, 1)[:, :, None]
        result = up * (1 - share) + image / np.maximum(weight, 1e-6)[:, :, None] * share
    return result.astype(np.float32)


def _pad_image(image: FloatArray, pad: int) -> FloatArray:
    return np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="edge")


def _interleave(image: FloatArray) -> FloatArray:
    height, width, channels = image.shape
    return np.ascontiguousarray(image.reshape(height, width * channels))


def _with_texture(lab: FloatArray, known: BoolArray) -> FloatArray:
    """Lab and how rough each place is, float32 (H, W, 4).

    Averaged over coarse pixels, the roughness keeps thin lines and fine texture in sight where
    their colour has averaged out (Newson et al. 2014, "Video inpainting of complex scenes").
    """
    lightness = lab[:, :, 0]
    texture = np.zeros_like(lightness)
    texture[:, :-1] += np.abs(np.diff(lightness, axis=1)) * (known[:, 1:] & known[:, :-1])
    texture[:-1] += np.abs(np.diff(lightness, axis=0)) * (known[1:] & known[:-1])
    side = (_TEXTURE_SIDE, _TEXTURE_SIDE)
    share = np.maximum(cv2.blur(known.astype(np.float32), side), 1e-3)
    return np.dstack([lab, _TEXTURE_WEIGHT * cv2.blur(texture, side) / share])


def to_lab(pixels: PixelArray) -> FloatArray:
    """RGB uint8 (H, W, 3) to CIELAB float32, scaled so that lightness runs from 0 to 255."""
    lab = cv2.cvtColor(pixels.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return lab * np.float32(2.55)


def to_rgb(lab: FloatArray) -> PixelArray:
    """The inverse of `to_lab`, clipped to what a pixel can hold."""
    rgb = cv2.cvtColor(np.ascontiguousarray(lab / np.float32(2.55)), cv2.COLOR_LAB2RGB)
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
