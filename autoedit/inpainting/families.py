"""What each family of diffusion inpainters wants: one row a family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from autoedit.errors import SettingError


@dataclass(frozen=True, slots=True)
class Strengths:
    """How much noise a fill starts from, by intent, in (0, 1]; 1 forgets what is in the hole."""

    remove: float = 0.75
    draw: float = 1.0
    change: float = 0.6


@dataclass(frozen=True, slots=True)
class Family:
    """A family of checkpoints that one inpainting pipeline of diffusers runs.

    Attributes:
        name: as the setting `family` gives it.
        pipeline: the inpainting class in diffusers.
        kin: further classes that a checkpoint's `model_index.json` may name, whose parts are those
            that the inpainting class takes.
        native: long side in pixels, where the checkpoint's own configuration does not say.
        multiple: sides must be multiples of this many pixels.
        steps, guidance: defaults of an ordinary checkpoint.
        few: the same for a distilled one; None where its configuration does not tell.
        guidance_argument: what the pipeline calls the guidance scale that matters.
        strengths: None where the pipeline has no strength and always starts from noise.
        negative_prompt: "optional"; "required", where guidance is silently off without one; or
            "none", where there is no such argument or it would double the work.
        fixed_area: whether the pipeline scales any picture to native x native pixels by itself.
        batch: whether it makes several pictures at once, each from its own generator.
        noise_schedulers: whether its scheduler can be exchanged for LCM, Turbo and so on, which
            flow-matching models cannot use.
        callback: the argument that is told after each step.
    """

    name: str
    pipeline: str
    kin: tuple[str, ...] = ()
    native: int = 1024
    multiple: int = 16
    steps: int = 28
    guidance: float = 7.0
    few: tuple[int, float] | None = None
    guidance_argument: Literal["guidance_scale", "true_cfg_scale"] = "guidance_scale"
    strengths: Strengths | None = Strengths()
    negative_prompt: Literal["optional", "required", "none"] = "none"
    fixed_area: bool = False
    batch: bool = True
    noise_schedulers: bool = False
    callback: Literal["callback_on_step_end", "callback"] = "callback_on_step_end"

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names in `model_index.json` that this family loads."""
        return (self.pipeline, *self.kin)


# Steps and guidance are those of the pipelines' own documentation. SDXL: a strength of exactly 1
# starts from noise alone and washes its inpainting checkpoint's colours out.
_ROWS = (
    Family(
        "stable_diffusion", "StableDiffusionInpaintPipeline",
        ("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline",
         "LatentConsistencyModelPipeline"),
        native=512, multiple=8, steps=30, guidance=7.5, few=(4, 8.5),
        negative_prompt="optional", noise_schedulers=True,
    ),
    Family(
        "stable_diffusion_xl", "StableDiffusionXLInpaintPipeline",
        ("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"),
        multiple=8, steps=30, guidance=7.5, few=(4, 8.5), strengths=Strengths(draw=0.99),
        negative_prompt="optional", noise_schedulers=True,
    ),
    Family(
        "stable_diffusion_3", "StableDiffusion3InpaintPipeline",
        ("StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline"),
        negative_prompt="optional",
    ),
    Family(
        "flux", "FluxInpaintPipeline", ("FluxPipeline", "FluxImg2ImgPipeline"),
        strengths=Strengths(remove=0.85, change=0.7), few=(4, 0.0),
    ),
    Family("flux_fill", "FluxFillPipeline", steps=50, guidance=30.0,
           strengths=Strengths(remove=0.85, change=0.7)),
    Family(
        "flux_kontext", "FluxKontextInpaintPipeline", ("FluxKontextPipeline",), guidance=3.5,
        strengths=Strengths(remove=0.85, change=1.0),
    ),
    Family(
        "flux2_klein", "Flux2KleinInpaintPipeline", ("Flux2KleinPipeline",),
        steps=50, guidance=4.0, few=(4, 1.0), strengths=Strengths(remove=0.85, change=0.8),
    ),
    Family(
        "qwen_image", "QwenImageInpaintPipeline",
        ("QwenImagePipeline", "QwenImageImg2ImgPipeline"),
        steps=50, guidance=4.0, guidance_argument="true_cfg_scale",
        strengths=Strengths(remove=0.85, change=0.7), negative_prompt="required",
    ),
    Family(
        "qwen_image_edit", "QwenImageEditInpaintPipeline", ("QwenImageEditPipeline",),
        multiple=32, steps=50, guidance=4.0, guidance_argument="true_cfg_scale",
        strengths=Strengths(remove=0.85, change=1.0), negative_prompt="required", fixed_area=True,
    ),
    # As Z-Image-Turbo wants it; nothing in a checkpoint tells it from the undistilled one.
    Family(
        "z_image", "ZImageInpaintPipeline", ("ZImagePipeline", "ZImageImg2ImgPipeline"),
        steps=8, guidance=0.0, strengths=Strengths(remove=0.85, change=0.7),
        negative_prompt="optional",
    ),
    Family(
        "chroma", "ChromaInpaintPipeline", ("ChromaPipeline", "ChromaImg2ImgPipeline"),
        steps=40, guidance=3.0, strengths=Strengths(remove=0.85, change=0.7),
        negative_prompt="optional",
    ),
    Family(
        "kandinsky", "KandinskyInpaintCombinedPipeline",
        ("KandinskyCombinedPipeline", "KandinskyImg2ImgCombinedPipeline"),
        native=512, multiple=64, steps=50, guidance=4.0, strengths=None,
        negative_prompt="optional", batch=False, callback="callback",
    ),
    Family(
        "kandinsky_2_2", "KandinskyV22InpaintCombinedPipeline",
        ("KandinskyV22CombinedPipeline", "KandinskyV22Img2ImgCombinedPipeline"),
        native=512, multiple=64, steps=50, guidance=4.0, strengths=None,
        negative_prompt="optional", batch=False,
    ),
)  # fmt: skip

FAMILIES: dict[str, Family] = {row.name: row for row in _ROWS}


def named(name: str) -> Family:
    """The family of a name.

    Raises:
        SettingError: when there is none.
    """
    if name not in FAMILIES:
        raise SettingError(f"No family is called {name!r}; there is: {', '.join(FAMILIES)}.")
    return FAMILIES[name]


def of_class(class_name: str, source: str) -> Family:
    """The family that loads a checkpoint.

    Args:
        class_name: `_class_name` in its `model_index.json`.
        source: where it lies, for the message.

    Raises:
        SettingError: when no family does.
    """
    for family in FAMILIES.values():
        if class_name in family.classes:
            return family
    if class_name.startswith("Kandinsky"):
        raise SettingError(
            f"{source} is a {class_name}, half of a model: save it together with its prior, as "
            f"{FAMILIES['kandinsky_2_2'].pipeline}, and give that directory."
        )
    raise SettingError(
        f"{source} is a {class_name or 'model without a class name'}, which no known family "
        f"loads. If one of them can, set inpainting.family: {', '.join(FAMILIES)}."
    )


def native_side(pipe: Any, family: Family) -> int:
    """The long side in pixels that a loaded pipeline was made for."""
    factor = getattr(pipe, "vae_scale_factor", None) or getattr(pipe, "movq_scale_factor", None)
    if factor is None and getattr(pipe, "movq", None) is not None:
        factor = 2 ** (len(pipe.movq.config.block_out_channels) - 1)
    side = getattr(pipe, "default_sample_size", None)
    unet = getattr(pipe, "unet", None)
    if unet is not None:
        side = unet.config.sample_size
    if isinstance(side, (list, tuple)):
        side = max(side)
    if family.fixed_area or not side or not factor:
        return family.native
    return int(side) * int(factor)


def is_distilled(pipe: Any) -> bool:
    """Whether a checkpoint was distilled to few steps, as its configuration says."""
    said = pipe.config.get("is_distilled")
    if said is not None:
        return bool(said)
    unet, transformer = getattr(pipe, "unet", None), getattr(pipe, "transformer", None)
    if unet is not None:
        return unet.config.get("time_cond_proj_dim") is not None
    return transformer is not None and transformer.config.get("guidance_embeds") is False
