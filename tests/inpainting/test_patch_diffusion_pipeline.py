from __future__ import annotations

import doctest
import inspect
import logging
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from diffusers import StableDiffusionInpaintPipeline  # noqa: E402
from diffusers.image_processor import VaeImageProcessor  # noqa: E402

from autoedit.inpainting.patch_diffusion import pictures, pipeline  # noqa: E402
from autoedit.inpainting.patch_diffusion.pipeline import PatchDiffusionPipeline  # noqa: E402

RNG = np.random.default_rng(11)
PHOTO = cv2.GaussianBlur(RNG.integers(0, 256, (72, 96, 3)).astype(np.uint8), (0, 0), 1.5)
HOLE = np.zeros(PHOTO.shape[:2], bool)
HOLE[20:44, 30:60] = True
TENSOR = torch.from_numpy(PHOTO.transpose(2, 0, 1).astype(np.float32) / 255)
MASK = torch.from_numpy(HOLE.astype(np.float32))


@pytest.fixture
def pipe() -> PatchDiffusionPipeline:
    made = PatchDiffusionPipeline()
    made.set_progress_bar_config(disable=True)
    return made


def seeded(seed: int = 0) -> Any:
    return torch.Generator().manual_seed(seed)


def call(pipe: Any, image: Any = PHOTO, mask: Any = HOLE, **more: Any) -> Any:
    """The first image of a call, as an array."""
    more = {"num_inference_steps": 5, "generator": seeded(), **more}
    return np.asarray(pipe(image=image, mask_image=mask, **more).images[0])


def test_other_peoples_code_works_on() -> None:
    pipe = PatchDiffusionPipeline()
    pipe = pipe.to("cuda")  # nothing is moved, whether there is one or not
    pipe.set_progress_bar_config(disable=True)
    pipe.enable_attention_slicing()
    out = pipe(
        prompt="",
        image=Image.fromarray(PHOTO),
        mask_image=Image.fromarray(HOLE),
        generator=torch.Generator().manual_seed(0),
        num_inference_steps=30,
        guidance_scale=7.5,
        strength=0.99,
    ).images[0]
    assert (out.size, out.mode) == ((96, 72), "RGB")
    assert (np.asarray(out)[~HOLE] == PHOTO[~HOLE]).all()
    assert (np.asarray(out)[HOLE] != PHOTO[HOLE]).any()


def test_the_example_in_the_docstring_runs() -> None:
    tests = doctest.DocTestFinder().find(PatchDiffusionPipeline, globs=vars(pipeline).copy())
    (example,) = [test for test in tests if test.examples]
    runner = doctest.DocTestRunner()
    runner.run(example)
    assert (runner.summarize().attempted, runner.summarize().failed) == (len(example.examples), 0)


def test_it_is_called_as_diffusers_inpaint_pipeline_is() -> None:
    theirs = inspect.signature(StableDiffusionInpaintPipeline.__call__).parameters
    ours = inspect.signature(PatchDiffusionPipeline.__call__).parameters
    positional = [name for name, each in ours.items() if each.kind == each.POSITIONAL_OR_KEYWORD]
    assert positional == [name for name in theirs if name != "kwargs"]
    changed = "callback_on_step_end_tensor_inputs"  # None, for a default list would be shared
    for name in set(positional) - {changed}:
        assert ours[name].default == theirs[name].default, name


REFUSED = [
    "masked_image_latents",
    "timesteps",
    "sigmas",
    "latents",
    "prompt_embeds",
    "negative_prompt_embeds",
    "ip_adapter_image",
    "ip_adapter_image_embeds",
]


@pytest.mark.parametrize("name", REFUSED)
def test_what_only_a_network_could_use_is_refused(pipe: Any, name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` cannot be used.*Leave it out"):
        call(pipe, **{name: [1, 2]})


def test_what_steers_a_network_has_no_effect(pipe: Any) -> None:
    plain = call(pipe)
    steered = call(
        pipe, guidance_scale=30.0, negative_prompt="cup", eta=0.5, clip_skip=1, strength=0.5,
        cross_attention_kwargs={"scale": 0.5}, max_sequence_length=512, prompt_2="wood",
    )  # fmt: skip
    assert (plain == steered).all()
    assert pipe.guidance_scale == 30.0
    with pytest.raises(TypeError, match="no argument controlnet_scale"):
        call(pipe, controlnet_scale=1.0)


def test_a_prompt_is_reported_once(pipe: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        call(pipe, prompt="")
        assert not caplog.records
        call(pipe, prompt="a cat")
        call(pipe, prompt=["a dog"])
    assert ["not followed" in record.message for record in caplog.records] == [True]


def test_a_generator_settles_the_bits(pipe: Any) -> None:
    generator = seeded(3)
    first, second = call(pipe, generator=generator), call(pipe, generator=generator)
    assert (first == call(pipe, generator=seeded(3))).all()
    assert (first != second).any()
    torch.manual_seed(3)
    assert (call(pipe, generator=None) == first).all()


def test_a_generator_for_each_result(pipe: Any) -> None:
    more = {"num_inference_steps": 5, "num_images_per_prompt": 2, "output_type": "np"}
    both = pipe("", PHOTO, HOLE, generator=[seeded(1), seeded(2)], **more).images
    for seed, one in zip((1, 2), both, strict=True):
        assert (one == call(pipe, generator=seeded(seed), output_type="np")).all()
    again = [pipe("", PHOTO, HOLE, generator=seeded(7), **more).images for _ in range(2)]
    assert (again[0] == again[1]).all()
    assert (again[0][0] != again[0][1]).any()
    with pytest.raises(ValueError, match="list of 1 for 2 results"):
        pipe("", PHOTO, HOLE, generator=[seeded(1)], **more)


def test_a_batch_holds_each_photos_results_next_to_each_other(pipe: Any) -> None:
    photos, hole = np.stack([PHOTO, 255 - PHOTO, PHOTO[::-1]]), MASK[None]
    out = pipe(["", "", ""], photos, hole, num_images_per_prompt=2, num_inference_steps=5).images
    assert len(out) == 6
    for number, one in enumerate(out):
        assert (np.asarray(one)[~HOLE] == photos[number // 2][~HOLE]).all()
    assert (np.asarray(out[0]) != np.asarray(out[1])).any()
    assert len(pipe(["", ""], PHOTO, HOLE, num_inference_steps=5).images) == 2
    masks = [HOLE, np.roll(HOLE, 9, axis=0)]
    for mask, one in zip(masks, pipe("", PHOTO, masks, num_inference_steps=5).images, strict=True):
        assert ((np.asarray(one) != PHOTO).any(axis=2) <= mask).all()
    with pytest.raises(ValueError, match="`prompt` has 2 for a batch of 3"):
        pipe(["", ""], photos, hole)


IMAGES: dict[str, Callable[[], Any]] = {
    "pil": lambda: Image.fromarray(PHOTO),
    "pil list": lambda: [Image.fromarray(PHOTO)],
    "rgba": lambda: Image.fromarray(PHOTO).convert("RGBA"),
    "bytes": lambda: PHOTO[None],
    "floats": lambda: PHOTO.astype(np.float32) / 255,
    "float64 batch": lambda: PHOTO[None] / 255,
    "tensor": lambda: TENSOR,
    "tensor batch": lambda: TENSOR[None],
    "tensor list": lambda: [TENSOR],
    "byte tensor": lambda: torch.from_numpy(PHOTO).permute(2, 0, 1),
    "half tensor": lambda: TENSOR[None].to(torch.float16),
    "double tensor with gradients": lambda: TENSOR[None].double().requires_grad_(True),
    "tensor in [-1, 1]": lambda: TENSOR[None] * 2 - 1,
}


@pytest.mark.parametrize("kind", IMAGES)
def test_every_kind_of_image_gives_the_same_bits(pipe: Any, kind: str) -> None:
    assert (call(pipe, IMAGES[kind]()) == call(pipe)).all()


def test_grey_becomes_rgb(pipe: Any) -> None:
    grey = Image.fromarray(PHOTO[:, :, 0])
    expected = call(pipe, np.repeat(PHOTO[:, :, :1], 3, axis=2))
    for image in (grey, PHOTO[:, :, 0], PHOTO[:, :, :1], TENSOR[0], TENSOR[:1][None]):
        assert (call(pipe, image) == expected).all()


MASKS: dict[str, Callable[[], Any]] = {
    "pil 1": lambda: Image.fromarray(HOLE),
    "pil L": lambda: Image.fromarray(np.where(HOLE, 128, 127).astype(np.uint8)),
    "pil RGB": lambda: Image.fromarray(HOLE).convert("RGB"),
    "bytes": lambda: np.where(HOLE, 255, 100).astype(np.uint8),
    "bytes of 0 and 1": lambda: HOLE.astype(np.uint8)[None],
    "channel": lambda: HOLE[:, :, None].astype(np.float64),
    "batch": lambda: HOLE[None, :, :, None].astype(np.float32),
    "three channels": lambda: np.repeat(HOLE[:, :, None], 3, axis=2),
    "around a half": lambda: np.where(HOLE, 0.5, 0.49),
    "overshooting": lambda: np.where(HOLE, 1.04, -0.04),
    "tensor": lambda: MASK,
    "tensor batch": lambda: MASK[None, None],
    "bool tensor": lambda: MASK[None] > 0,
    "list": lambda: [MASK[None]],
}


@pytest.mark.parametrize("kind", MASKS)
def test_every_kind_of_mask_gives_the_same_bits(pipe: Any, kind: str) -> None:
    assert (call(pipe, mask=MASKS[kind]()) == call(pipe)).all()


def test_every_kind_of_output(pipe: Any) -> None:
    bits = call(pipe)
    array = pipe("", PHOTO, HOLE, num_inference_steps=5, generator=seeded(), output_type="np")
    tensor = pipe("", PHOTO, HOLE, num_inference_steps=5, generator=seeded(), output_type="pt")
    assert (array.images.shape, array.images.dtype) == ((1, 72, 96, 3), np.float32)
    assert (tensor.images.shape, tensor.images.dtype) == ((1, 3, 72, 96), torch.float32)
    assert (np.rint(array.images[0] * 255) == bits).all()
    assert (tensor.images[0].permute(1, 2, 0).numpy() == array.images[0]).all()
    assert array.nsfw_content_detected is None
    images, found = pipe("", PHOTO, HOLE, num_inference_steps=5, return_dict=False)
    assert (len(images), found) == (1, None)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["np", "pt"]), st.booleans())
def test_floats_outside_the_mask_stay_bit_identical(seed: int, kind: str, few: bool) -> None:
    rng = np.random.default_rng(seed)
    photo = rng.random((24, 30, 3), np.float32)
    mask = rng.random((24, 30)) < (0.01 if few else 0.4)
    mask[0, 0] = False
    pipe = PatchDiffusionPipeline()
    pipe.set_progress_bar_config(disable=True)
    image = torch.from_numpy(photo).permute(2, 0, 1) if kind == "pt" else photo
    out = pipe("", image, mask, num_inference_steps=1, output_type=kind).images[0]
    out = out.permute(1, 2, 0).numpy() if kind == "pt" else out
    assert (out[~mask] == photo[~mask]).all()


@pytest.mark.parametrize("size", [(40, 70), (144, 192), (None, 50), (75, None)], ids=str)
def test_photos_and_masks_are_resized_as_diffusers_does(pipe: Any, size: Any) -> None:
    full = (size[0] or 72, size[1] or 96)
    theirs = VaeImageProcessor(vae_scale_factor=1, do_normalize=False)
    of_mask = VaeImageProcessor(
        vae_scale_factor=1, do_normalize=False, do_binarize=True, do_convert_grayscale=True
    )
    for image, mask in ((Image.fromarray(PHOTO), Image.fromarray(HOLE).convert("L")),
                        (TENSOR[None], MASK[None, None])):  # fmt: skip
        hole = of_mask.preprocess(mask, *full)[0, 0].numpy() > 0
        expected = theirs.preprocess(image, *full)[0].permute(1, 2, 0).numpy()
        out = call(pipe, image, mask, height=size[0], width=size[1], output_type="np")
        assert out.shape[:2] == full
        assert (out[~hole] == expected[~hole]).all()
        assert ((out != expected).any(axis=2) <= hole).all()
    assert (pictures.masks(HOLE, "mask", *full)[0] == hole).all()


def test_photos_of_different_sizes_keep_them(pipe: Any) -> None:
    images = [Image.fromarray(PHOTO), Image.fromarray(PHOTO[:50])]
    masks = [HOLE, HOLE[:50]]
    out = pipe("", images, masks, num_inference_steps=5).images
    assert [each.size for each in out] == [(96, 72), (96, 50)]
    with pytest.raises(ValueError, match="do not stack"):
        pipe("", images, masks, output_type="np")
    with pytest.raises(ValueError, match="does not fit a photo"):
        pipe("", images, HOLE)
