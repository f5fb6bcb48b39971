from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

import torch
from PIL import Image

from autoedit.errors import CancelledError, SettingError
from autoedit.inpainting import Fill, FillRequest, loading
from autoedit.inpainting.diffusers import DiffusersInpainter
from autoedit.inpainting.families import FAMILIES
from autoedit.inpainting.prefill import smooth
from autoedit.inpainting.tone import match_tone
from tests.drawing import ground
from tests.inpainting import checkpoints

DRAW = FillRequest(prompt="a red cup", negative_prompt="a mug", intent="draw", seed=3)


def window(height: int = 77, width: int = 123) -> tuple[np.ndarray, np.ndarray]:
    hole = np.zeros((height, width), bool)
    hole[height // 3 : height // 3 * 2, width // 3 : width // 2] = True
    return ground(height, width), hole


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture
def offline(monkeypatch: Any) -> None:
    def blocked(*_: Any, **__: Any) -> Any:
        pytest.fail("asked for the network")

    monkeypatch.setattr(socket.socket, "connect", blocked)
    monkeypatch.setattr(socket, "getaddrinfo", blocked)


def names() -> list[Any]:
    slow = {"qwen_image_edit"}
    return [
        pytest.param(name, marks=pytest.mark.slow) if name in slow else name
        for name in checkpoints.BUILDERS
    ]


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", names())
def test_every_family_fills_with_a_checkpoint_of_its_own(
    name: str, folder: Path, capfd: Any
) -> None:
    model = checkpoints.saved(name, folder)
    family = FAMILIES[name]
    capfd.readouterr()
    native = None if family.fixed_area else checkpoints.NATIVE
    inpainter = DiffusersInpainter(model, steps=1, native=native, device="cpu")
    assert type(inpainter.pipeline).__name__ == family.pipeline
    told: list[float] = []
    pixels, hole = window()
    count = 1 if family.fixed_area else 2
    request = replace(DRAW, count=count, progress=lambda _, done: told.append(done))
    fills = inpainter.fill(pixels, hole, request)
    assert [(fill.shape, fill.dtype) for fill in fills] == [(pixels.shape, np.uint8)] * count
    assert not np.array_equal(fills[0][hole], pixels[hole])
    assert count == 1 or not np.array_equal(fills[0], fills[1])
    assert told[0] == 0 and told[-1] == pytest.approx(1) and told == sorted(told)
    assert capfd.readouterr() == ("", "")
    if family.batch:
        another = replace(DRAW, prompt="grass and some small stones", seed=8)
        both = [Fill(pixels, hole, DRAW), Fill(np.flipud(pixels) // 2, np.fliplr(hole), another)]
        singles = fills_alone(inpainter, both)
        for (one,), (alone,) in zip(inpainter.fill_many(both), singles, strict=True):
            assert np.abs(one.astype(int) - alone).max() <= 1  # a batch's sums round otherwise


def fills_alone(inpainter: DiffusersInpainter, fills: list[Fill]) -> list[list[np.ndarray]]:
    return [inpainter.fill(each.pixels, each.hole, each.request) for each in fills]


@pytest.fixture(scope="module")
def diffusion(folder: Path) -> DiffusersInpainter:
    model = checkpoints.saved("stable_diffusion", folder)
    return DiffusersInpainter(model, steps=2, device="cpu")


def test_size_is_read_from_the_checkpoint(diffusion: DiffusersInpainter) -> None:
    needs = diffusion.needs
    assert (needs.native, needs.minimum, needs.multiple) == (checkpoints.NATIVE,) * 2 + (8,)
    assert needs.follows_prompt


def test_is_what_the_pipeline_itself_makes_of_the_same_crop(
    diffusion: DiffusersInpainter,
) -> None:
    pixels, hole = window(64, 64)
    filled = diffusion.fill(pixels, hole, DRAW)[0]
    with loading.quiet():
        output = diffusion.pipeline(
            prompt="a red cup",
            negative_prompt="a mug",
            image=Image.fromarray(smooth(pixels, hole)),
            mask_image=Image.fromarray(hole.astype(np.uint8) * 255),
            height=64,
            width=64,
            num_inference_steps=2,
            guidance_scale=7.5,
            strength=1.0,
            generator=torch.Generator("cpu").manual_seed(3),
            output_type="np",
        )
    expected = match_tone(output.images[0] * np.float32(255), pixels, hole)
    assert np.array_equal(filled, expected)


def test_same_seed_same_bits(diffusion: DiffusersInpainter) -> None:
    pixels, hole = window()
    request = replace(DRAW, intent="remove", count=2)
    first = diffusion.fill(pixels, hole, request)
    torch.rand(1)  # the global generator plays no part
    second = diffusion.fill(pixels, hole, request)
    other = diffusion.fill(pixels, hole, replace(request, seed=4))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_words_and_their_absence_matter(diffusion: DiffusersInpainter) -> None:
    pixels, hole = window(64, 64)
    made = [
        diffusion.fill(pixels, hole, replace(DRAW, prompt=prompt, negative_prompt=negative))[0]
        for prompt, negative in (("a red cup", ""), ("a blue star", ""), ("a red cup", "glass"))
    ]
    assert not np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


def test_cancelled_between_steps(diffusion: DiffusersInpainter) -> None:
    pixels, hole = window()
    told: list[float] = []

    def stop(_: str, done: float) -> bool:
        told.append(done)
        return done < 0.2

    with pytest.raises(CancelledError):
        diffusion.fill(pixels, hole, replace(DRAW, progress=stop))
    assert len(told) == 2  # at the start, and after the first step of two
    diffusion.fill(pixels, hole, DRAW)  # and it still works


def test_long_prompts_are_cut_at_a_word_and_said_to_nobody(
    diffusion: DiffusersInpainter, capfd: Any
) -> None:
    pixels, hole = window(64, 64)
    words = "a cup " * 60
    cut = diffusion.fill(pixels, hole, replace(DRAW, prompt=words))[0]
    assert capfd.readouterr() == ("", "")
    # one token a letter, between a first and a last one
    kept = "a cup " * (75 // 4) + "a"
    assert np.array_equal(cut, diffusion.fill(pixels, hole, replace(DRAW, prompt=kept))[0])


def test_attention_can_be_kept_from_the_hole(folder: Path) -> None:
    model = checkpoints.saved("stable_diffusion", folder)
    pixels, hole = window(64, 64)
    plain, erasing = (
        DiffusersInpainter(model, steps=2, device="cpu", erase_attention=erase)
        for erase in (False, True)
    )
    remove = replace(DRAW, intent="remove")
    assert not np.array_equal(
        plain.fill(pixels, hole, remove)[0], erasing.fill(pixels, hole, remove)[0]
    )
    assert np.array_equal(plain.fill(pixels, hole, DRAW)[0], erasing.fill(pixels, hole, DRAW)[0])
    with pytest.raises(SettingError, match="z_image cannot erase attention"):
        DiffusersInpainter(checkpoints.saved("z_image", folder), device="cpu", erase_attention=True)


def test_few_steps_where_the_checkpoint_or_scheduler_is_made_for_them(folder: Path) -> None:
    model = checkpoints.saved("flux2_klein", folder)
    assert settings_of(DiffusersInpainter(model, device="cpu")) == (4, 1.0)
    model = checkpoints.saved("stable_diffusion", folder)
    assert settings_of(DiffusersInpainter(model, device="cpu")) == (30, 7.5)
    lcm = DiffusersInpainter(model, device="cpu", scheduler="lcm")
    assert settings_of(lcm) == (6, 1.5)
    chosen = DiffusersInpainter(model, device="cpu", scheduler="lcm", steps=9, guidance=0)
    assert settings_of(chosen) == (9, 0)


def settings_of(inpainter: DiffusersInpainter) -> tuple[int, float]:
    return inpainter._steps, inpainter._guidance


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 0},
        {"guidance": -1.0},
        {"strength": 0.0},
        {"strength": 1.1},
        {"offload": "disk"},
        {"context": 1.0},
        {"native": 8},
        {"family": "sd"},
        {"scheduler": "best"},
        {"dtype": "float8"},
        {"device": "tpu"},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], folder: Path) -> None:
    with pytest.raises(SettingError):
        DiffusersInpainter(checkpoints.saved("stable_diffusion", folder), **settings)
