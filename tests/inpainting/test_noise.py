from __future__ import annotations

import numpy as np
import pytest

from autoedit.inpainting.patch_diffusion.noise import ancestral_step, exponential_sigmas

diffusers = pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")


def scheduler(steps: int, sigma_max: float, sigma_min: float):
    made = diffusers.EulerDiscreteScheduler(
        use_exponential_sigmas=True, sigma_min=sigma_min, sigma_max=sigma_max
    )
    made.set_timesteps(steps)
    return made


@pytest.mark.parametrize("steps", [2, 8, 25])
def test_sigmas_are_those_of_diffusers(steps: int) -> None:
    theirs = scheduler(steps, 60.0, 4.0).sigmas.numpy()
    # The scheduler appends a last level of 0, to which our sampler goes by itself.
    np.testing.assert_allclose(exponential_sigmas(60.0, 4.0, steps), theirs[:-1], rtol=1e-5)


def test_a_step_is_that_of_the_ancestral_euler_scheduler() -> None:
    theirs = diffusers.EulerAncestralDiscreteScheduler()
    theirs.set_timesteps(6)
    rng = np.random.default_rng(0)
    for number, timestep in enumerate(theirs.timesteps):
        sigma, following = (float(theirs.sigmas[number + k]) for k in (0, 1))
        x = rng.normal(size=(2, 3, 4, 5)).astype(np.float32)
        denoised = rng.normal(size=x.shape).astype(np.float32)
        noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(number)).numpy()
        expected = theirs.step(
            torch.from_numpy((x - denoised) / np.float32(sigma)),
            timestep,
            torch.from_numpy(x),
            generator=torch.Generator().manual_seed(number),
        ).prev_sample.numpy()
        ours = ancestral_step(x, denoised, sigma, following, noise)
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4)
