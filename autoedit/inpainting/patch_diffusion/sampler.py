"""The sampler: diffusion whose denoiser is made of the photo's own patches.

For a local, translation-equivariant denoiser whose training set is the known part of this one
photo, E[x0 | xt] has a closed form: a softmax over the photo's patches, weighted by how well each
explains the noisy patch (Kamb & Ganguli 2024, "An analytic theory of creativity in convolutional
diffusion models"). Each position's softmax is taken at its mode, the nearest patch, found by
PatchMatch (Barnes et al. 2009); the patches that overlap a pixel then share it by the same
Gaussian. Coarse to fine as in Wexler, Shechtman & Irani 2007; gradients are voted beside colours
and integrated by a screened Poisson solve as in Darabi et al. 2012 ("Image Melding").

It begins at low noise from the structure that `shift_map` finds, or, where there is none to find,
at high noise from nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.errors import InpaintingError
from autoedit.inpainting.patch_diffusion import kernels
from autoedit.inpainting.patch_diffusion.colour import to_lab, to_rgb, with_texture
from autoedit.inpainting.patch_diffusion.guidance import sources
from autoedit.inpainting.patch_diffusion.noise import ancestral_step, exponential_sigmas
from autoedit.inpainting.patch_diffusion.pyramid import (
    Level,
    build,
    depth,
    membrane,
    spread,
    valid_sources,
)
from autoedit.inpainting.patch_diffusion.shift_map import IN_SHADE, Structure, solve

_INDEPENDENT = 8.0  # values of a patch that count as independent: its neighbours err alike
_SCREENING_GROWTH = 1.6  # a level; a tone spreads by pixels, and coarse ones are large
_SURROUNDINGS = 20  # pixels of a level for each unknown one that structure is sought among
_LINES = 2  # lines are looked for so many levels finer than the structure they guide


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sampler runs; see `PatchDiffusion` for what each means."""

    patch: int = 9
    sigma_max: float = 60.0
    sigma_min: float = 4.0
    coarse_steps: int = 8
    fine_steps: int = 3
    last_steps: int = 1
    confidence: float = 1.15
    screening: float = 0.02
    structure: int = 3000
    guided_sigma: float = 10.0


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
    image = with_texture(to_lab(pixels), known)
    radius = settings.patch // 2
    levels = build(image, known, usable, depth(known, radius))
    generator = np.random.default_rng(seed)
    start, state = _begin(levels, settings, generator)
    if state is not None and state.shade is not None:
        # The finest level meets the shadow after all: a soft end of it looks better than a seam.
        levels = [
            level.without(state.shade, IN_SHADE, joined=number == 0)
            for number, level in enumerate(levels)
        ]
    guided = state is not None
    high = settings.guided_sigma if guided else settings.sigma_max
    plan = [settings.last_steps, *[settings.fine_steps] * start][: start + 1]
    if not guided:
        plan[start] = settings.coarse_steps
    done = 0
    for number in range(start, -1, -1):
        # The noise starts lower at each finer level, where structure is settled already.
        if number < start:
            high = settings.guided_sigma if guided else settings.sigma_max / 2
        if number == 0 and start > 0:
            high = float(np.sqrt(high * settings.sigma_min))
        steps = plan[number]
        state = _LevelSampler(levels, number, settings, generator, seed).run(
            state,
            exponential_sigmas(max(high, settings.sigma_min), settings.sigma_min, steps),
            report=lambda part, done=done, steps=steps: report((done + part * steps) / sum(plan)),
        )
        done += steps
    if state is None:
        raise InpaintingError("The hole could not be filled.")
    filled = pixels.copy()
    filled[hole] = to_rgb(state.x[:, :, :3])[hole]
    return filled


def _begin(
    levels: list[Level], settings: Settings, generator: np.random.Generator
) -> tuple[int, _State | None]:
    """The level to begin at, and what is known of its hole: its structure, or nothing.

    Structure is sought at the finest level whose unknown pixels are not too many, nor those round
    them: a long thin hole has far more of these.
    """
    last = len(levels) - 1
    few = (
        number
        for number, level in enumerate(levels)
        if (~level.known).sum() <= settings.structure
        and level.known.size <= _SURROUNDINGS * settings.structure
    )
    number = next(few, None)
    if number is None or last == 0 or levels[number].known.all():
        return last, None
    level = levels[number]
    choices, rarity = sources(level, levels[max(0, number - _LINES)], generator)
    if not choices:
        return last, None
    structure = solve(level, choices, rarity)
    if not structure.found.any():
        return last, None
    return number, _laid_out(level, structure)


@dataclass(slots=True)
class _State:
    """An image of a level and where each of its patches came from, for the level it is handed to.

    Attributes:
        x: float32 (H, W, C).
        offset_y, offset_x: int32 (H, W), of the patch centred there.
        scale: how much finer the level is that it is handed to, 1 or 2.
        shade: float32 (H, W), see `Structure`; None for nothing in shadow.
    """

    x: FloatArray
    offset_y: np.ndarray
    offset_x: np.ndarray
    scale: int = 2
    shade: FloatArray | None = None


def _laid_out(level: Level, structure: Structure) -> _State:
    """The structure as a state; a patch round the hole goes with the nearest unknown pixel."""
    hole = ~level.known
    x = membrane(level)
    x[hole] = np.where(structure.found[:, None], structure.values, x[hole])
    rows, columns = np.nonzero(hole)
    offsets = np.stack([structure.y - rows, structure.x - columns], axis=1)
    offsets = np.where(structure.found[:, None], np.rint(offsets), 0).astype(np.int32)
    nearest = spread(offsets, rows, columns, hole.shape)
    shade = structure.shade if structure.shade.any() else None
    return _State(x, nearest[:, :, 0], nearest[:, :, 1], scale=1, shade=shade)


class _LevelSampler:
    """The sampler at one scale."""

    def __init__(
        self, levels: list[Level], number: int, settings: Settings,
        generator: np.random.Generator, seed: int,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.generator = generator
        self.seed = (seed + 131 * number) % (2**31)
        self.level = level = levels[number]
        self.final = number == 0
        self.screening = np.float32(min(settings.screening * _SCREENING_GROWTH**number, 1.0))
        self.hole = ~level.known
        self.radius, valid = valid_sources(level, settings.patch // 2)
        self.pad = pad = self.radius + 1
        self.height, self.width = level.known.shape
        self.valid = np.pad(valid, pad).astype(np.uint8)
        self.sources = np.argwhere(self.valid).astype(np.int32)
        # Where a source is so close to the hole that a step reaches into it, it reads a membrane.
        self.image = np.where(self.hole[:, :, None], membrane(level), level.image)
        self.source = _interleave(_pad_image(self.image, pad))
        kernel = np.ones((2 * self.radius + 1,) * 2, np.uint8)
        targets = cv2.dilate(self.hole.astype(np.uint8), kernel) > 0
        self.ty, self.tx = (axis.astype(np.int32) + pad for axis in np.nonzero(targets))
        self.index = np.full(self.valid.shape, -1, np.int32)
        self.index[self.ty, self.tx] = np.arange(len(self.ty), dtype=np.int32)
        blind = np.pad(~level.usable, 1, mode="edge")
        self.blindness = np.minimum(distance(blind)[1:-1, 1:-1], 500.0)
        self._number_unknowns()

    def _number_unknowns(self) -> None:
        """Number the unknown pixels and their neighbours, for votes and the Poisson solve."""
        hole, (height, width) = self.hole, self.hole.shape
        self.hy, self.hx = np.nonzero(hole)
        numbers = np.full((height + 2, width + 2), -2, np.int32)
        level = self.level
        joined = level.usable if level.joined is None else level.joined
        numbers[1:-1, 1:-1][joined] = -1  # a forbidden neighbour bounds nothing
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

    def run(self, given: _State | None, sigmas: FloatArray, report: Report) -> _State:
        x, ny, nx = self._start(given, float(sigmas[0]))
        distance = np.empty(len(self.ty), np.float32)
        denoised = x
        for turn, sigma in enumerate(sigmas):
            last = turn + 1 == len(sigmas)
            weight, per_patch = self._weights(float(sigma))
            noisy = _interleave(_pad_image(x, self.pad))
            ny, nx = self._search(noisy, weight, ny, nx, distance, turn)
            say = self._say(distance, per_patch, float(sigma))
            denoised = self._denoise(x, ny, nx, say, best_only=self.final and last)
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
        self, given: _State | None, sigma: float
    ) -> tuple[FloatArray, np.ndarray, np.ndarray]:
        """The first sample of this level, and where its patches are looked for first."""
        count = len(self.ty)
        picks = self.generator.integers(len(self.sources), size=count)
        ny, nx = self.sources[picks, 0].copy(), self.sources[picks, 1].copy()
        x = self.image.copy()
        if given is not None:
            size = (self.width, self.height)
            x[self.hole] = cv2.resize(given.x, size, interpolation=cv2.INTER_CUBIC)[self.hole]
            scale = given.scale
            cy = np.minimum((self.ty - self.pad) // scale, given.offset_y.shape[0] - 1)
            cx = np.minimum((self.tx - self.pad) // scale, given.offset_y.shape[1] - 1)
            y = self.ty + scale * given.offset_y[cy, cx]
            x_ = self.tx + scale * given.offset_x[cy, cx]
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
        screening = self.screening
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


def _pad_image(image: FloatArray, pad: int) -> FloatArray:
    return np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="edge")


def _interleave(image: FloatArray) -> FloatArray:
    height, width, channels = image.shape
    return np.ascontiguousarray(image.reshape(height, width * channels))
