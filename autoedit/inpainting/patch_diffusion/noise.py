"""The noise schedule and the step of the sampler.

Both are the standard ones: exponential sigmas, and the ancestral Euler step of Karras et al. 2022
("Elucidating the design space of diffusion-based generative models") as k-diffusion and diffusers'
`EulerAncestralDiscreteScheduler` have it.
"""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import FloatArray


def exponential_sigmas(sigma_max: float, sigma_min: float, steps: int) -> FloatArray:
    """Noise levels that fall geometrically, float32 (steps,), highest first."""
    return np.exp(np.linspace(np.log(sigma_max), np.log(sigma_min), steps)).astype(np.float32)


def ancestral_step(
    x: FloatArray, denoised: FloatArray, sigma: float, sigma_next: float, noise: FloatArray
) -> FloatArray:
    """One ancestral Euler step.

    Args:
        x: the noisy sample at `sigma`, any shape.
        denoised: the denoiser's E[x0 | x], same shape.
        sigma: this noise level, above 0.
        sigma_next: the next one, at most `sigma`; 0 gives `denoised` back.
        noise: standard normal, same shape.

    Returns:
        The sample at `sigma_next`.
    """
    up = np.sqrt(sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2)
    down = np.sqrt(sigma_next**2 - up**2)
    return (denoised + (x - denoised) * np.float32(down / sigma) + noise * np.float32(up)).astype(
        np.float32
    )
