"""What the back end hands to its pipeline and makes of what comes back, with a scripted one."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

import torch

from autoedit.errors import InpaintingError, OutOfMemoryError
from autoedit.inpainting import BatchInpainter, Fill, FillRequest, loading
from autoedit.inpainting.diffusers import DiffusersInpainter
from autoedit.inpainting.families import FAMILIES, Family
from autoedit.inpainting.prefill import smooth
from tests.drawing import ground

DRAW = FillRequest(prompt="a red cup", negative_prompt="a mug", intent="draw", seed=3)


def window(height: int = 77, width: int = 123) -> tuple[np.ndarray, np.ndarray]:
    hole = np.zeros((height, width), bool)
    hole[height // 3 : height // 3 * 2, width // 3 : width // 2] = True
    return ground(height, width), hole


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Scripted:
    """A pipeline that records how it is called and paints its picture's hole evenly."""

    config: dict[str, Any]

    def __init__(self, family: Family, *, fails: Any = None, flagged: Any = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self.config = {}
        self.components: dict[str, Any] = {}
        self.family, self.fails, self.flagged = family, fails, flagged
        self.freed = 0
        self.vae = SimpleNamespace(use_slicing=False, use_tiling=False)
        for name in ("slicing", "tiling"):
            for word, on in (("enable", True), ("disable", False)):
                setattr(self.vae, f"{word}_{name}", self._switch(f"use_{name}", on))

    def _switch(self, name: str, on: bool) -> Any:
        return lambda: setattr(self.vae, name, on)

    def to(self, _: str) -> None: ...

    def maybe_free_model_hooks(self) -> None:
        self.freed += 1

    def __call__(self, **arguments: Any) -> Any:
        slicing = self.vae.use_slicing, self.vae.use_tiling
        self.calls.append({**arguments, "thrift": slicing})
        if self.fails is not None:
            error = self.fails(arguments)
            if error is not None:
                raise error
        made = []
        shown, masks = (listed(arguments[name]) for name in ("image", "mask_image"))
        for each, image, hole in zip(arguments["generator"], shown, masks, strict=True):
            painted = np.asarray(image, np.float32) / 255
            painted[np.asarray(hole) > 127] = float(torch.rand(1, generator=each))
            made.append(painted)
        return SimpleNamespace(images=np.stack(made), nsfw_content_detected=self.flagged)


def scripted(
    monkeypatch: Any, family: str = "stable_diffusion", settings: Any = None, **more: Any
) -> tuple[DiffusersInpainter, Scripted]:
    row = FAMILIES[family]
    pipe = Scripted(row, **more)
    monkeypatch.setattr(loading, "load", lambda *_, **__: (pipe, row))
    return DiffusersInpainter(".", native=64, device="cpu", **(settings or {})), pipe


def test_what_is_passed(monkeypatch: Any) -> None:
    inpainter, pipe = scripted(monkeypatch)
    pixels, hole = window(64, 48)
    pixels[:, :, 2] //= 3  # clearly not the same in BGR
    inpainter.fill(pixels, hole, replace(DRAW, count=3))
    (call,) = pipe.calls
    assert call["prompt"] == ["a red cup"] * 3 and call["negative_prompt"] == ["a mug"] * 3
    assert (call["height"], call["width"]) == (64, 48)
    assert (call["num_inference_steps"], call["guidance_scale"]) == (30, 7.5)
    assert call["strength"] == 1.0 and call["output_type"] == "np"
    assert [g.initial_seed() for g in call["generator"]] == [3, 4, 5]
    assert {g.device.type for g in call["generator"]} == {"cpu"}
    assert len(call["image"]) == len(call["mask_image"]) == 3
    for image, mask in zip(call["image"], call["mask_image"], strict=True):
        assert np.array_equal(np.asarray(image)[~hole], pixels[~hole])
        assert mask.mode == "L"
        assert np.array_equal(np.asarray(mask), np.where(hole, 255, 0))


@pytest.mark.parametrize("intent", ["remove", "draw", "change"])
@pytest.mark.parametrize("name", [n for n, row in FAMILIES.items() if not row.fixed_area])
def test_arguments_follow_family_and_intent(monkeypatch: Any, name: str, intent: Any) -> None:
    family = FAMILIES[name]
    inpainter, pipe = scripted(monkeypatch, name)
    pixels, hole = window(64, 64)
    pixels[hole] = (255, 0, 0)
    inpainter.fill(pixels, hole, replace(DRAW, intent=intent, negative_prompt="", count=2))
    call = pipe.calls[0]
    assert call.get("strength") == (family.strengths and getattr(family.strengths, intent))
    assert call[family.guidance_argument] == family.guidance
    assert family.callback in call
    negative = set(listed(call.get("negative_prompt")))
    assert negative == {" " if family.negative_prompt == "required" else None}
    assert len(pipe.calls) == (1 if family.batch else 2)
    assert [g.initial_seed() for c in pipe.calls for g in c["generator"]] == [3, 4]
    shown = (np.asarray(listed(call["image"])[0])[: len(hole)][hole] == (255, 0, 0)).all()
    assert shown == (intent == "change")


def test_kontext_keeps_the_size_it_is_given(monkeypatch: Any) -> None:
    inpainter, pipe = scripted(monkeypatch, "flux_kontext")
    pixels, hole = window(64, 32)
    inpainter.fill(pixels, hole, DRAW)
    assert pipe.calls[0]["max_area"] == 64 * 32 and pipe.calls[0]["_auto_resize"] is False


def test_settings_override_the_family(monkeypatch: Any) -> None:
    chosen = {"steps": 1, "guidance": 3.0, "strength": 0.3, "context": 3.0}
    inpainter, pipe = scripted(monkeypatch, settings=chosen)
    pixels, hole = window(64, 64)
    inpainter.fill(pixels, hole, replace(DRAW, intent="remove"))
    call = pipe.calls[0]
    assert (call["guidance_scale"], call["strength"]) == (3.0, 0.3)
    assert int(call["num_inference_steps"] * 0.3) == 1  # the pipeline takes one step at least
    assert inpainter.needs.context == 3.0


def test_removal_without_prefill_starts_from_noise(monkeypatch: Any) -> None:
    inpainter, pipe = scripted(monkeypatch, settings={"prefill": False})
    pixels, hole = window(64, 64)
    inpainter.fill(pixels, hole, replace(DRAW, intent="remove"))
    assert pipe.calls[0]["strength"] == 1.0
    shown = np.asarray(pipe.calls[0]["image"])
    assert np.array_equal(shown, smooth(pixels, hole))


@pytest.mark.parametrize(("height", "width"), [(64, 64), (63, 40), (40, 30), (300, 256), (15, 90)])
@pytest.mark.parametrize("intent", ["remove", "draw", "change"])
def test_the_fill_comes_back_where_the_hole_is(
    monkeypatch: Any, height: int, width: int, intent: Any
) -> None:
    inpainter, pipe = scripted(monkeypatch)
    pixels, hole = np.full((height, width, 3), 40, np.uint8), np.zeros((height, width), bool)
    hole[height // 3 : height // 3 + max(1, height // 3), width // 2 : width * 3 // 4] = True
    filled = inpainter.fill(pixels, hole, replace(DRAW, intent=intent, seed=2))[0]
    call = pipe.calls[0]
    assert call["height"] % 8 == 0 and call["width"] % 8 == 0
    assert max(call["height"], call["width"]) == 64
    assert call["image"].size == call["mask_image"].size == (call["width"], call["height"])
    painted = 255 * float(torch.rand(1, generator=torch.Generator().manual_seed(2)))
    changed = np.abs(filled.astype(int) - 40).max(axis=2) > 0.5 * abs(painted - 40)
    agreement = (changed & hole).sum() / (changed | hole).sum()
    assert agreement > (0.99 if max(height, width) == 64 else 0.6)


def test_tone_is_taken_back(monkeypatch: Any) -> None:
    inpainter, pipe = scripted(monkeypatch)
    pixels, hole = window(64, 64)

    def shifted(**arguments: Any) -> Any:
        picture = np.asarray(arguments["image"], np.float32)
        return SimpleNamespace(images=[(picture - 9) / 255])

    monkeypatch.setattr(Scripted, "__call__", lambda self, **arguments: shifted(**arguments))
    filled = inpainter.fill(pixels, hole, replace(DRAW, intent="change"))[0]
    assert np.abs(filled.astype(int) - pixels)[hole].max() <= 1
    assert pipe.family.name == "stable_diffusion"


def test_no_hole_and_nothing_but_hole(monkeypatch: Any) -> None:
    inpainter, pipe = scripted(monkeypatch)
    pixels, hole = window(64, 64)
    same = inpainter.fill(pixels, np.zeros_like(hole), replace(DRAW, count=2))
    assert all(np.array_equal(each, pixels) for each in same) and len(same) == 2
    with pytest.raises(InpaintingError, match="nothing is left"):
        inpainter.fill(pixels, np.ones_like(hole), DRAW)
    assert not pipe.calls


def out_of_memory(above: int, lean_only: bool = False) -> Any:
    def fails(arguments: dict[str, Any]) -> Exception | None:
        if len(arguments["generator"]) > above:
            return torch.OutOfMemoryError("CUDA out of memory")
        return None

    def fails_at_first(_: dict[str, Any]) -> Exception | None:
        fails_at_first.count += 1  # type: ignore[attr-defined]
        return MemoryError() if fails_at_first.count == 1 else None  # type: ignore[attr-defined]

    fails_at_first.count = 0  # type: ignore[attr-defined]
    return fails_at_first if lean_only else fails


def test_batches_are_halved_when_memory_runs_out(monkeypatch: Any) -> None:
    inpainter, pipe = scripted(monkeypatch, fails=out_of_memory(above=2))
    pixels, hole = window(64, 64)
    fills = inpainter.fill(pixels, hole, replace(DRAW, count=5))
    assert len(fills) == 5
    assert [len(call["generator"]) for call in pipe.calls] == [5, 2, 2, 1]
    seeds = [g.initial_seed() for call in pipe.calls[1:] for g in call["generator"]]
    assert seeds == [3, 4, 5, 6, 7]
    inpainter.fill(pixels, hole, replace(DRAW, count=5))
    assert len(pipe.calls) == 4 + 3  # what fitted is remembered


def test_one_that_does_not_fit_is_tried_again_leaner(monkeypatch: Any) -> None:
    inpainter, pipe = scripted(monkeypatch, fails=out_of_memory(0, lean_only=True))
    pixels, hole = window(64, 64)
    assert len(inpainter.fill(pixels, hole, DRAW)) == 1
    assert [call["thrift"] for call in pipe.calls] == [(False, False), (True, True)]
    inpainter, pipe = scripted(monkeypatch, fails=out_of_memory(above=0))
    with pytest.raises(OutOfMemoryError, match=r"inpainting\.native"):
        inpainter.fill(pixels, hole, DRAW)
    assert len(pipe.calls) == 2


def test_large_pictures_go_tile_by_tile(monkeypatch: Any) -> None:
    row = FAMILIES["flux"]
    pipe = Scripted(row)
    monkeypatch.setattr(loading, "load", lambda *_, **__: (pipe, row))
    inpainter = DiffusersInpainter(".", native=1600, device="cpu")
    pixels, hole = np.zeros((1600, 1600, 3), np.uint8), np.zeros((1600, 1600), bool)
    hole[:9, :9] = True
    inpainter.fill(pixels, hole, DRAW)
    inpainter.fill(pixels[:800], hole[:800], DRAW)
    assert [call["thrift"] for call in pipe.calls] == [(False, True), (False, False)]


def test_what_the_safety_checker_flags_is_no_fill(monkeypatch: Any) -> None:
    inpainter, _ = scripted(monkeypatch, flagged=[False, True])
    pixels, hole = window(64, 64)
    with pytest.raises(InpaintingError, match="safety checker blocked 1 of 2"):
        inpainter.fill(pixels, hole, replace(DRAW, count=2))
    inpainter, _ = scripted(monkeypatch, flagged=[False])
    assert len(inpainter.fill(pixels, hole, DRAW)) == 1


def test_overflow_and_failure_are_explained(monkeypatch: Any) -> None:
    inpainter, _ = scripted(monkeypatch)
    pixels, hole = window(64, 64)
    nothing = SimpleNamespace(images=np.full((1, 64, 64, 3), np.nan, np.float32))
    with monkeypatch.context() as patch:
        patch.setattr(Scripted, "__call__", lambda self, **_: nothing)
        with pytest.raises(InpaintingError, match=r"overflowed in float32.*inpainting\.dtype"):
            inpainter.fill(pixels, hole, DRAW)
    inpainter, pipe = scripted(monkeypatch, fails=lambda _: ValueError("bad shape\nmore"))
    with pytest.raises(InpaintingError, match=r"Scripted failed: bad shape$"):
        inpainter.fill(pixels, hole, DRAW)
    assert pipe.freed == 1  # offloaded parts go back


def test_fills_of_one_size_go_together_and_are_what_they_are_alone(monkeypatch: Any) -> None:
    inpainter, pipe = scripted(monkeypatch)
    pixels, hole = window(64, 48)
    fills = [
        Fill(pixels, hole, replace(DRAW, seed=1, count=2)),
        Fill(pixels[:40], hole[:40], DRAW),
        Fill(pixels // 2, hole.T[:48].T[::-1], replace(DRAW, prompt="a cat", seed=9)),
        Fill(pixels, np.zeros_like(hole), DRAW),
        Fill(pixels, hole, replace(DRAW, intent="change")),
    ]
    together = inpainter.fill_many(fills)
    assert isinstance(inpainter, BatchInpainter)
    assert [len(call["generator"]) for call in pipe.calls] == [3, 1, 1]
    assert pipe.calls[0]["prompt"] == ["a red cup", "a red cup", "a cat"]
    assert [g.initial_seed() for g in pipe.calls[0]["generator"]] == [1, 2, 9]
    alone = [inpainter.fill(each.pixels, each.hole, each.request) for each in fills]
    for one, other in zip(together, alone, strict=True):
        assert len(one) == len(other)
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_redirected_attention_knows_one_mask(monkeypatch: Any) -> None:
    row = FAMILIES["stable_diffusion"]
    pipe = Scripted(row)
    pipe.unet = SimpleNamespace(config=SimpleNamespace(sample_size=64))  # type: ignore[attr-defined]
    monkeypatch.setattr(loading, "load", lambda *_, **__: (pipe, row))
    monkeypatch.setattr("autoedit.inpainting.diffusers.families.is_distilled", lambda _: False)
    monkeypatch.setattr("autoedit.inpainting.diffusers.erasing", lambda *_: nullcontext())
    inpainter = DiffusersInpainter(".", native=64, device="cpu", erase_attention=True)
    pixels, hole = window(64, 64)
    for intent, calls in (("remove", [2, 2]), ("draw", [4])):
        pipe.calls.clear()
        request = replace(DRAW, intent=intent, count=2)
        inpainter.fill_many([Fill(pixels, hole, request)] * 2)
        assert [len(call["generator"]) for call in pipe.calls] == calls
