"""A Segment Anything .pth file becomes a model: nobody's code is run, no tensor is left out."""

from __future__ import annotations

import re
import warnings
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from autoedit.errors import WeightsError

Builder = Literal["vit_b", "vit_l", "vit_h"]

_OFFICIAL = re.compile(r"sam_(vit_[blh])_[0-9a-f]{6,}\.pth")
_EPSILON = 1e-6  # of the encoder's layer norms, as in the official builders

_Count = Annotated[int, Field(ge=1)]
_Positive = Annotated[float, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class EncoderSizes(_Strict):
    """Keyword arguments of `segment_anything.modeling.ImageEncoderViT`; its defaults hold."""

    img_size: _Count
    patch_size: _Count
    embed_dim: _Count
    depth: _Count
    num_heads: _Count
    out_chans: _Count
    mlp_ratio: _Positive = 4.0
    qkv_bias: bool = True
    use_abs_pos: bool = True
    use_rel_pos: bool = False
    window_size: Annotated[int, Field(ge=0)] = 0
    global_attn_indexes: list[Annotated[int, Field(ge=0)]] = Field(default_factory=list[int])


class PromptSizes(_Strict):
    """Keyword arguments of `PromptEncoder`; sizes are [height, width]."""

    embed_dim: _Count
    image_embedding_size: Annotated[list[_Count], Field(min_length=2, max_length=2)]
    input_image_size: Annotated[list[_Count], Field(min_length=2, max_length=2)]
    mask_in_chans: _Count


class TransformerSizes(_Strict):
    """Keyword arguments of `TwoWayTransformer`, the decoder's."""

    depth: _Count
    embedding_dim: _Count
    mlp_dim: _Count
    num_heads: _Count


class DecoderSizes(_Strict):
    """Keyword arguments of `MaskDecoder`; its defaults hold."""

    transformer_dim: _Count
    num_multimask_outputs: _Count = 3
    iou_head_depth: _Count = 3
    iou_head_hidden_dim: _Count = 256


class SamSizes(_Strict):
    """What lies as NAME.json beside a NAME.pth that is no official file.

    Each key but the last two holds the keyword arguments of a class of `segment_anything.modeling`,
    without those that are modules or functions. `pixel_mean` and `pixel_std` are RGB, of 255.
    """

    image_encoder: EncoderSizes
    prompt_encoder: PromptSizes
    transformer: TransformerSizes
    mask_decoder: DecoderSizes
    pixel_mean: Annotated[list[float], Field(min_length=3, max_length=3)]
    pixel_std: Annotated[list[_Positive], Field(min_length=3, max_length=3)]

    @model_validator(mode="after")
    def _fit_together(self) -> SamSizes:
        side = self.image_encoder.img_size
        widths = {
            self.image_encoder.out_chans, self.prompt_encoder.embed_dim,
            self.transformer.embedding_dim, self.mask_decoder.transformer_dim,
        }  # fmt: skip
        if len(widths) > 1:
            raise ValueError(
                "out_chans, embed_dim of the prompts, embedding_dim and transformer_dim differ"
            )
        if self.prompt_encoder.input_image_size != [side, side]:
            raise ValueError("input_image_size is not the encoder's img_size twice")
        cells = side // self.image_encoder.patch_size
        if self.prompt_encoder.image_embedding_size != [cells, cells]:
            raise ValueError("image_embedding_size is not img_size / patch_size twice")
        return self


def load_sam(path: Path, builder: Builder | None = None) -> Any:
    """A `segment_anything.modeling.Sam` in evaluation mode, float32, on the CPU.

    Args:
        path: a .pth file; float16 tensors in it become float32.
        builder: which official builder makes the model; None for what an official file's name
            says, else for the sizes in the NAME.json beside it.

    Raises:
        WeightsError: when the file or its sizes are missing, damaged, or do not fit each other.
    """
    official = _OFFICIAL.fullmatch(path.name)
    name = builder or (official[1] if official else None)
    tensors = _tensors(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's, of what it imports
        import segment_anything

    if name is not None:
        model: Any = segment_anything.sam_model_registry[name]()
    else:
        model = _built(_sizes(path))
    _check_fit(path, tensors, model.state_dict())
    model.load_state_dict(tensors)
    return model.eval()


def _sizes(path: Path) -> SamSizes:
    beside = path.with_suffix(".json")
    try:
        return SamSizes.model_validate_json(beside.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(
            f"{path.name} is no official file, and {beside} is not there to say its sizes. Give "
            "segmentation.builder (vit_b, vit_l or vit_h), or the file of sizes."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"The file of sizes {beside} cannot be read: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WeightsError(
            f"The file of sizes {beside} is not valid: {place + ': ' if place else ''}"
            f"{' '.join(first['msg'].split())}."
        ) from error


def _built(sizes: SamSizes) -> Any:
    """As the official builders put one together."""
    import torch
    from segment_anything import modeling

    return modeling.Sam(
        image_encoder=modeling.ImageEncoderViT(
            **sizes.image_encoder.model_dump(),
            norm_layer=partial(torch.nn.LayerNorm, eps=_EPSILON),  # type: ignore[arg-type]
        ),
        prompt_encoder=modeling.PromptEncoder(**sizes.prompt_encoder.model_dump()),
        mask_decoder=modeling.MaskDecoder(
            **sizes.mask_decoder.model_dump(),
            transformer=modeling.TwoWayTransformer(**sizes.transformer.model_dump()),
        ),
        pixel_mean=sizes.pixel_mean,
        pixel_std=sizes.pixel_std,
    )


def _tensors(path: Path) -> dict[str, Any]:
    import torch

    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle, zip and torch have no common base
        if isinstance(error, MemoryError):
            raise
        reason = " ".join(str(error).split())[:120]
        raise WeightsError(
            f"The weights {path} cannot be read: {reason or type(error).__name__}. "
            "The file may be damaged; fetch it again: autoedit models pull"
        ) from error
    if not isinstance(found, dict) or not all(torch.is_tensor(each) for each in found.values()):
        raise WeightsError(
            f"{path} holds no state dict (names and tensors) of a Segment Anything model."
        )
    return found


def _check_fit(path: Path, tensors: dict[str, Any], wanted: dict[str, Any]) -> None:
    missing = sorted(wanted.keys() - tensors.keys())
    surplus = sorted(tensors.keys() - wanted.keys())
    wrong = sorted(
        key for key in wanted.keys() & tensors.keys() if wanted[key].shape != tensors[key].shape
    )
    parts = [
        f"{len(keys)} tensors {what} (such as {keys[0]})"
        for what, keys in (("are missing", missing), ("do not belong", surplus),
                           ("have another shape", wrong))
        if keys
    ]  # fmt: skip
    if parts:
        raise WeightsError(
            f"The weights {path} are not of the model that they should be of: {', '.join(parts)}. "
            "Check the file, its sizes, or segmentation.builder."
        )
