from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

from autoedit.errors import SettingError
from autoedit.inpainting import families, loading
from autoedit.inpainting.families import FAMILIES, Family


@pytest.fixture(params=FAMILIES.values(), ids=lambda row: row.name)
def row(request: Any) -> Iterator[Family]:
    return request.param


def test_every_argument_of_a_row_is_one_of_its_pipeline(row: Family) -> None:
    arguments = inspect.signature(loading.pipeline_class(row).__call__).parameters
    named = {"prompt", "image", "mask_image", "height", "width", "num_inference_steps"}
    named |= {"generator", "output_type", row.guidance_argument}
    named |= {row.callback}
    assert named <= set(arguments)
    assert ("strength" in arguments) == (row.strengths is not None)
    if row.negative_prompt != "none":
        assert "negative_prompt" in arguments


def test_guidance_that_matters_is_the_one_that_is_set(row: Family) -> None:
    source = inspect.getsource(loading.pipeline_class(row))
    if row.guidance_argument == "true_cfg_scale":
        assert "do_true_cfg = true_cfg_scale > 1 and has_neg_prompt" in source
        assert row.negative_prompt == "required"


def test_every_class_exists_and_belongs_to_one_family(row: Family) -> None:
    import diffusers

    for name in row.classes:
        assert hasattr(diffusers, name)
        assert families.of_class(name, "x") is row


def test_parts_of_kin_are_those_of_the_inpainting_pipeline(row: Family) -> None:
    import diffusers

    cls = loading.pipeline_class(row)
    wanted, optional = cls._get_signature_keys(cls)
    needed = set(wanted) - set(cls._optional_components)
    for name in row.kin:
        kin = getattr(diffusers, name)
        assert needed <= set(kin._get_signature_keys(kin)[0]), name
    assert optional is not None


def test_covers_the_inpainting_pipelines_of_the_library() -> None:
    from diffusers.pipelines import auto_pipeline

    other = ("ControlNet", "PAG", "Control", "IF")  # want more than a photo, a mask and words
    named = {
        cls.__name__
        for cls in auto_pipeline.AUTO_INPAINT_PIPELINES_MAPPING.values()
        if not any(word in cls.__name__ for word in other)
    }
    ours = {row.pipeline for row in FAMILIES.values()}
    assert named <= ours
    missed = {"FluxFillPipeline", "Flux2KleinInpaintPipeline", "FluxKontextInpaintPipeline"}
    assert missed <= ours - named


def test_masks_are_made_hard_by_every_pipeline_that_says_so(row: Family) -> None:
    # A mask is only handed over soft where this ever changes.
    source = inspect.getsource(loading.pipeline_class(row).__init__)
    assert "mask_processor" not in source or "do_binarize=True" in source


def test_rows_are_sound(row: Family) -> None:
    assert row.steps >= 1 and row.guidance >= 0 and row.native % row.multiple == 0
    if row.strengths is not None:
        each = row.strengths
        assert 0 < each.change <= 1 and 0 < each.remove < each.draw <= 1


def test_unknown_class_and_name_are_refused() -> None:
    with pytest.raises(SettingError, match=r"WanPipeline.*inpainting\.family"):
        families.of_class("WanPipeline", "/weights")
    with pytest.raises(SettingError, match="half of a model"):
        families.of_class("KandinskyV22InpaintPipeline", "/weights")
    with pytest.raises(SettingError, match="No family is called 'sd'"):
        families.named("sd")


class Config(dict[str, Any]):
    __getattr__ = dict.__getitem__


def pipe(**parts: Any) -> Any:
    parts.setdefault("config", Config())
    return SimpleNamespace(**parts)


def test_native_side_comes_from_the_checkpoint() -> None:
    unet = SimpleNamespace(config=Config(sample_size=96))
    sd = FAMILIES["stable_diffusion"]
    assert families.native_side(pipe(unet=unet, vae_scale_factor=8), sd) == 768
    unet = SimpleNamespace(config=Config(sample_size=[64, 128]))
    assert families.native_side(pipe(unet=unet, vae_scale_factor=8), sd) == 1024
    assert families.native_side(pipe(), sd) == sd.native
    flux = pipe(default_sample_size=128, vae_scale_factor=8)
    assert families.native_side(flux, FAMILIES["flux"]) == 1024
    movq = SimpleNamespace(config=Config(block_out_channels=[1, 2, 3, 4]))
    unet = SimpleNamespace(config=Config(sample_size=64))
    assert families.native_side(pipe(unet=unet, movq=movq), FAMILIES["kandinsky_2_2"]) == 512


def test_distilled_checkpoints_are_recognised() -> None:
    def part(**values: Any) -> Any:
        return SimpleNamespace(config=Config(**values))

    assert families.is_distilled(pipe(config=Config(is_distilled=True)))
    assert not families.is_distilled(pipe(config=Config(is_distilled=False)))
    assert families.is_distilled(pipe(transformer=part(guidance_embeds=False)))
    assert not families.is_distilled(pipe(transformer=part(guidance_embeds=True)))
    assert not families.is_distilled(pipe(transformer=part()))
    assert families.is_distilled(pipe(unet=part(time_cond_proj_dim=256)))
    assert not families.is_distilled(pipe(unet=part(time_cond_proj_dim=None)))
