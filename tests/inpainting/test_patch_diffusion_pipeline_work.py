"""How the pipeline goes about its work: windows, sources, steps, errors, and what it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from diffusers.callbacks import PipelineCallback  # noqa: E402

from autoedit.errors import InpaintingError  # noqa: E402
from autoedit.inpainting import patch_diffusion  # noqa: E402
from autoedit.inpainting.patch_diffusion import PatchDiffusion, pipeline  # noqa: E402
from autoedit.inpainting.patch_diffusion.pipeline import PatchDiffusionPipeline  # noqa: E402

PHOTO = np.random.default_rng(12).integers(90, 140, (72, 96, 3)).astype(np.uint8)
HOLE = np.zeros(PHOTO.shape[:2], bool)
HOLE[20:44, 30:60] = True


@pytest.fixture
def pipe() -> PatchDiffusionPipeline:
    made = PatchDiffusionPipeline()
    made.set_progress_bar_config(disable=True)
    return made


def call(pipe: Any, image: Any = PHOTO, mask: Any = HOLE, **more: Any) -> Any:
    """The first image of a call, as an array."""
    more = {"num_inference_steps": 5, "generator": torch.Generator().manual_seed(0), **more}
    return np.asarray(pipe(image=image, mask_image=mask, **more).images[0])


def striped(height: int, width: int, edge: int) -> np.ndarray:
    """Noise: blue left of column `edge`, red from there on."""
    photo = np.random.default_rng(1).integers(0, 40, (height, width, 3)).astype(np.uint8)
    photo[:, :edge, 2] += 200
    photo[:, edge:, 0] += 200
    return photo


def reddish(pixels: np.ndarray) -> float:
    return float((pixels[:, 0].astype(int) > pixels[:, 2]).mean())


def test_sources_are_where_the_source_mask_is_white(pipe: Any) -> None:
    photo, hole = striped(80, 120, 60), np.zeros((80, 120), bool)
    hole[25:55, 45:75] = True
    right = np.zeros((80, 120), np.uint8)
    right[:, 60:] = 255
    assert 0.2 < reddish(call(pipe, photo, hole)[hole]) < 0.8
    assert reddish(call(pipe, photo, hole, source_mask=Image.fromarray(right))[hole]) > 0.98
    assert reddish(call(pipe, photo, hole, source_mask=right == 0)[hole]) < 0.02


def test_a_source_far_off_is_found(pipe: Any) -> None:
    photo, hole = striped(300, 900, 760), np.zeros((300, 900), bool)
    hole[140:160, 60:80] = True
    far = np.zeros((300, 900), bool)
    far[:, 780:] = True
    assert reddish(call(pipe, photo, hole)[hole]) == 0
    assert reddish(call(pipe, photo, hole, source_mask=far)[hole]) > 0.98


def test_padding_mask_crop_keeps_sources_near(pipe: Any) -> None:
    photo, hole = striped(100, 100, 70), np.zeros((100, 100), bool)
    hole[40:60, 40:66] = True
    image, mask = Image.fromarray(photo), Image.fromarray(hole)
    forbidden: list[Any] = []
    fill = PatchDiffusion.fill

    class Watched(PatchDiffusion):
        def fill(self, pixels: Any, hole: Any, request: Any) -> Any:
            forbidden.append(request.forbidden)
            return fill(self, pixels, hole, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "PatchDiffusion", Watched)
        out = call(pipe, image, mask, padding_mask_crop=10)
    assert (out[~hole] == photo[~hole]).all()
    # The box with its margin is 46 by 40; the photo is square, so the crop becomes so, too.
    y, x = np.nonzero(~forbidden[0] & ~hole)
    assert (x.min(), x.max() + 1, y.min(), y.max() + 1) == (30, 76, 27, 73)
    empty = Image.new("L", (100, 100))
    assert (call(pipe, image, empty, padding_mask_crop=10) == photo).all()
    with pytest.raises(ValueError, match="one PIL image"):
        call(pipe, photo, hole, padding_mask_crop=10)


def test_cost_follows_the_hole(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def fill(self: Any, pixels: Any, hole: Any, request: Any) -> list[Any]:
        sizes.append(hole.size)
        return [np.where(hole[:, :, None], 255, pixels).astype(np.uint8)]

    monkeypatch.setattr(PatchDiffusion, "fill", fill)
    tile = np.random.default_rng(2).integers(0, 200, (100, 100, 3)).astype(np.uint8)
    cost: dict[int, int] = {}
    for repeats in (10, 35):  # 1 and 12.25 megapixels
        photo = np.tile(tile, (repeats, repeats, 1))
        hole = np.zeros(photo.shape[:2], bool)
        hole[300:400, 300:420] = hole[850:900, 880:920] = True
        sizes.clear()
        out = call(pipe, Image.fromarray(photo), hole)
        assert len(sizes) == 2
        assert ((out == 255).all(axis=2) == hole).all()
        cost[repeats] = sum(sizes)
    assert cost[35] == cost[10] < 20 * np.count_nonzero(hole)


def test_a_callback_hears_of_every_step(pipe: Any) -> None:
    heard: list[tuple[int, float]] = []
    seen: list[dict[str, Any]] = []

    def on_step(caller: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        assert caller is pipe
        heard.append((step, float(timestep)))
        seen.append(tensors)
        return tensors

    plain = call(pipe, num_inference_steps=20)
    names = ["latents", "mask"]
    out = call(
        pipe, num_inference_steps=20, callback_on_step_end=on_step,
        callback_on_step_end_tensor_inputs=names,
    )  # fmt: skip
    assert (out == plain).all()
    assert [step for step, _ in heard] == list(range(20))
    times = [time for _, time in heard]
    assert (times[0], times[-1], times) == (999, 0, sorted(times, reverse=True))
    assert pipe.num_timesteps == 20
    assert (seen[0]["mask"][0, 0].numpy() == HOLE).all()
    latents = [tensors["latents"][0].permute(1, 2, 0).numpy() for tensors in seen]
    assert (latents[0][HOLE] == 0).all()
    assert np.abs(latents[0] * 127.5 + 127.5 - PHOTO)[~HOLE].max() < 0.01
    assert np.abs(latents[-1] * 127.5 + 127.5 - out).max() < 0.01
    heard.clear()
    call(pipe, mask=np.zeros_like(HOLE), callback_on_step_end=on_step)
    assert [step for step, _ in heard] == list(range(5))


class Watcher(PipelineCallback):
    tensor_inputs = ["mask"]  # noqa: RUF012 - as diffusers' own callbacks have it

    def callback_fn(self, pipeline: Any, step_index: int, timesteps: Any, callback_kwargs: Any):
        self.names = list(callback_kwargs)
        return callback_kwargs


def test_callbacks_of_diffusers_say_what_they_want(pipe: Any) -> None:
    watcher = Watcher()
    call(pipe, callback_on_step_end=watcher)
    assert watcher.names == ["mask"]


def test_interrupting_leaves_what_is_not_done_as_it_was(pipe: Any) -> None:
    two = HOLE.copy()
    two[60:66, 2:8] = True  # a window of its own, of a twentieth of the work
    steps: list[int] = []

    def stop_late(caller: Any, step: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        steps.append(step)
        caller._interrupt = step >= 47
        return tensors

    out = pipe("", [PHOTO, PHOTO], two, callback_on_step_end=stop_late, num_inference_steps=100)
    first, second = (np.asarray(image) for image in out.images)
    assert steps == list(range(48))
    assert (first[HOLE] != PHOTO[HOLE]).any()
    assert (first[two & ~HOLE] == PHOTO[two & ~HOLE]).all()
    assert (second == PHOTO).all()
    assert (call(pipe) != PHOTO).any()  # the next call is not interrupted


def test_an_error_in_a_callback_comes_through(pipe: Any) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the window was closed")

    with pytest.raises(RuntimeError, match="the window was closed"):
        call(pipe, callback_on_step_end=fail)


def test_the_progress_bar_is_diffusers(capsys: pytest.CaptureFixture[str]) -> None:
    pipe = PatchDiffusionPipeline()
    pipe.set_progress_bar_config(desc="filling")
    call(pipe, num_inference_steps=7)
    shown = capsys.readouterr().err
    assert "filling: 100%" in shown
    assert "7/7" in shown
    pipe.set_progress_bar_config(disable=True)
    call(pipe)
    assert not capsys.readouterr().err


def test_steps_are_in_proportion_to_the_samplers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    class Watched(PatchDiffusion):
        def __init__(self, **settings: Any) -> None:
            made.append(settings)
            super().__init__(**settings)

    monkeypatch.setattr(pipeline, "PatchDiffusion", Watched)
    pipe = PatchDiffusionPipeline({"coarse_steps": 10, "patch": 7})
    pipe.set_progress_bar_config(disable=True)
    for steps in (50, 25, 1, 150):
        call(pipe, num_inference_steps=steps)
    assert [each["coarse_steps"] for each in made[1:]] == [10, 5, 1, 30]
    assert {each["patch"] for each in made} == {7}
    own = dict(pipeline._STEP_SETTINGS, coarse_steps=10, patch=7)
    assert made[1] == own
    assert all(each["fine_steps"] >= 1 for each in made[1:])


def test_settings_are_saved_and_loaded(pipe: Any, tmp_path: Path) -> None:
    special = PatchDiffusionPipeline({"patch": 5, "sigma_max": 20.0})
    special.save_pretrained(tmp_path / "kept")
    loaded = PatchDiffusionPipeline.from_pretrained(tmp_path / "kept", dtype=torch.float16)
    for each in (special, loaded):
        each.set_progress_bar_config(disable=True)
    assert (call(loaded) == call(special)).all()
    assert (call(loaded) != call(pipe)).any()
    with pytest.raises(ValueError, match=r"make it by PatchDiffusionPipeline\(\)"):
        PatchDiffusionPipeline.from_pretrained("some/stable-diffusion-inpainting")
    with pytest.raises(ValueError, match=r"patch must be odd"):
        PatchDiffusionPipeline({"patch": 4})


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no image": ({"image": None}, "`image` and `mask_image`"),
    "no mask": ({"mask": None}, "`image` and `mask_image`"),
    "a path": ({"image": "photo.jpg"}, "`image` must be a PIL image.*it is a str"),
    "latents": ({"image": np.zeros((8, 8, 4), np.float32)}, "1 or 3 channels; it has 4"),
    "0 to 255 floats": ({"image": PHOTO.astype(np.float32)}, r"must lie in \[0, 1\]"),
    "not a number": ({"image": np.full((8, 8, 3), np.nan, np.float32)}, r"must lie in \[0, 1\]"),
    "wide integers": ({"image": PHOTO.astype(np.int64)}, "must be uint8 or floating point"),
    "one dimension": ({"image": np.zeros(8, np.float32)}, "2 to 4 dimensions"),
    "deep": ({"image": Image.new("I;16", (96, 72))}, "mode I;16; convert it"),
    "deep mask": ({"mask": Image.new("F", (96, 72))}, "`mask_image` has the mode F"),
    "mask of 2 channels": ({"mask": np.zeros((1, 72, 96, 2))}, "`mask_image` must be"),
    "batches": ({"image": [PHOTO] * 2, "mask": [HOLE] * 3}, "`image` has 2 for a batch of 3"),
    "no images": ({"image": []}, "`image` has 0"),
    "height": ({"height": 0}, "`height` and `width` must be at least 1"),
    "strength": ({"strength": 1.2}, "`strength` must be above 0 and at most 1"),
    "no strength": ({"strength": 0.0}, "`strength` must be above 0"),
    "steps": ({"num_inference_steps": 0}, "`num_inference_steps` must be"),
    "number": ({"num_images_per_prompt": 0}, "`num_images_per_prompt` must be"),
    "latent": ({"output_type": "latent"}, "`output_type` must be"),
    "prompt": ({"prompt": 3}, "`prompt` must be a str"),
    "inputs": ({"callback_on_step_end_tensor_inputs": ["x"]}, "tensor_inputs` must be of"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_value_errors_in_one_line(pipe: Any, name: str) -> None:
    arguments, message = BAD[name]
    with pytest.raises(ValueError, match=message) as caught:
        call(pipe, **arguments)
    assert "\n" not in str(caught.value)


def test_nothing_to_fill_from(pipe: Any) -> None:
    with pytest.raises(InpaintingError, match="Nothing is known"):
        call(pipe, mask=np.ones_like(HOLE))
    with pytest.raises(InpaintingError, match="source_mask or padding_mask_crop"):
        call(pipe, source_mask=HOLE)


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_torch_is_imported_with_the_pipeline_and_not_before() -> None:
    code = """
import sys
import autoedit.inpainting.patch_diffusion
from autoedit.inpainting.patch_diffusion import PatchDiffusion
print({"torch", "diffusers"} & set(sys.modules))
from autoedit.inpainting.patch_diffusion import PatchDiffusionPipeline
print(PatchDiffusionPipeline.__name__, "torch" in sys.modules)
"""
    assert run(code).splitlines() == ["set()", "PatchDiffusionPipeline True"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Pipeline'"):
        _ = patch_diffusion.Pipeline


def test_without_torch_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["torch"] = None
from autoedit.errors import BackendUnavailableError
try:
    from autoedit.inpainting.patch_diffusion import PatchDiffusionPipeline
except BackendUnavailableError as error:
    print(error)
"""
    assert run(code) == "PatchDiffusionPipeline needs torch. Run: pip install 'autoedit[neural]'"
