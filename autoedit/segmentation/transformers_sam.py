"""The promptable segmenters of transformers: loaded from a directory, photos encoded once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.core.photo import Photo
from autoedit.errors import AutoEditError, BackendUnavailableError, WeightsError
from autoedit.models import device as devices
from autoedit.models.memory import is_out_of_memory, with_leaner_retry
from autoedit.models.store import located
from autoedit.segmentation import Prompt
from autoedit.segmentation.full_size import Grid
from autoedit.segmentation.promptable import Candidates, PreparedPromptable

_ADVICE = "Use a smaller checkpoint, or --set segmentation.device=cpu."


class TransformersSegmenter:
    """What SAM 2, EdgeTAM and SAM 3 have in common; subclasses say which checkpoints they take.

    The class of the model comes from the checkpoint's `model_type`, through
    `transformers.AutoModelForMaskGeneration`; published checkpoints often hold the video model,
    whose image part is taken.

    Args:
        model: reference of a checkpoint directory as `autoedit.models.store` reads it.
        device, dtype: see `autoedit.models.device.resolve`. Half precision is for the image encoder
            on CUDA alone; prompts and masks keep float32.
        refine: whether outlines are moved to the photo's edges at full resolution.

    Raises:
        SettingError: for a device or dtype that is not known.
        WeightsError: for weights that are missing, damaged, or of another model.
        BackendUnavailableError: for a checkpoint that needs a library which is not installed.
    """

    origin = ""
    model_types: tuple[str, ...] = ()
    processor_class = ""

    def __init__(
        self,
        model: str,
        *,
        device: str | None = None,
        dtype: str | None = None,
        refine: bool = True,
    ) -> None:
        self._device = devices.resolve(device, dtype)
        self._refine = refine
        path = located(model)
        with _explaining(path):
            self._processor, self._model = self._load(path)
        self._settle()

    def _load(self, path: Path) -> tuple[Any, Any]:
        import transformers

        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        kind = transformers.AutoConfig.from_pretrained(path, **local).model_type
        if kind not in self.model_types:
            raise WeightsError(
                f"The weights at {path} are of a {kind!r} model; {self.origin} takes "
                f"{', '.join(self.model_types)}. Check the model in the pipeline."
            )
        import torch

        model, loading = transformers.AutoModelForMaskGeneration.from_pretrained(
            path, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **local
        )
        if missing := sorted(loading["missing_keys"]):
            raise WeightsError(
                f"The weights at {path} lack {len(missing)} tensors (such as {missing[0]}). "
                "Pull them again."
            )
        processor = getattr(transformers, self.processor_class).from_pretrained(path, **local)
        return processor, model.eval()

    def _settle(self) -> None:
        """Put the model where it belongs, its encoder in half precision where that is sound.

        The whole of it in bfloat16 would know a prompt's place to four pixels of a thousand.
        """
        self._model.to(self._device.name)
        if self._device.kind == "cuda":
            self._model.vision_encoder.to(self._device.torch_dtype)

    def prepare(self, photo: Photo) -> PreparedPromptable:
        """Encode a photo: once for any number of prompts.

        Raises:
            OutOfMemoryError: when the encoder does not fit, on the host neither.
        """
        embeddings = with_leaner_retry(partial(self._encode, photo.pixels), self._device, _ADVICE)
        height, width = self._model.prompt_encoder.mask_input_size
        grid = Grid.stretched(photo.shape, (height, width))
        decode = partial(self._decode, embeddings, photo.shape)
        return PreparedPromptable(photo, grid, decode, self.origin, self._refine)

    def _encode(self, pixels: PixelArray, lean: bool) -> list[Any]:
        """The embeddings, finest first, float32; the lean way goes through the host's memory."""
        import torch

        model = self._model
        try:
            if lean:
                model.float().to("cpu")
            weight = next(model.vision_encoder.parameters())
            inputs = self._processor(
                images=pixels, return_tensors="pt", input_data_format="channels_last"
            )
            with torch.inference_mode():
                values = inputs["pixel_values"].to(weight.device, weight.dtype)
                found = model.get_image_embeddings(values)
                return [each.float().to(self._device.name) for each in found]
        finally:
            if lean:
                self._settle()

    def _decode(
        self,
        embeddings: list[Any],
        shape: tuple[int, int],
        prompt: Prompt,
        mask: FloatArray | None,
    ) -> Candidates:
        """Run the decoder for the mask of a prompt without doubt, and for the three others."""
        import torch

        points = [*prompt.points, *prompt.negative_points]
        labels = [1] * len(prompt.points) + [0] * len(prompt.negative_points)
        given: dict[str, Any] = {}
        if points:
            given |= {"input_points": [[[list(map(float, at)) for at in points]]]}
            given |= {"input_labels": [[labels]]}
        if prompt.box is not None:
            given["input_boxes"] = [[[float(side) for side in prompt.box]]]
        inputs = dict(self._processor(original_sizes=[list(shape)], return_tensors="pt", **given))
        inputs.pop("original_sizes")
        if mask is not None:
            inputs["input_masks"] = torch.as_tensor(mask)[None, None]
        inputs = {name: value.to(self._device.name) for name, value in inputs.items()}
        with torch.inference_mode():
            answers = [
                self._model(image_embeddings=list(embeddings), multimask_output=several, **inputs)
                for several in (False, True)
            ]
        logits = torch.cat([each.pred_masks[0, 0] for each in answers])
        predicted_iou = torch.cat([each.iou_scores[0, 0] for each in answers])
        return Candidates(_numbers(logits), _numbers(predicted_iou))


def _numbers(tensor: Any) -> FloatArray:
    return np.asarray(tensor.float().cpu().numpy())


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Load quietly, and say in one line what is wrong."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except AutoEditError:
        raise
    except ImportError as error:
        raise BackendUnavailableError(
            f"The weights at {path} need a library that is not installed "
            f"({'pip install timm' if 'timm' in str(error).lower() else _line(error)})."
        ) from error
    except Exception as error:  # transformers and safetensors have no common base
        if is_out_of_memory(error):
            raise
        raise WeightsError(
            f"The weights at {path} cannot be loaded: {_line(error)} Pull them again, or check "
            "the model in the pipeline."
        ) from error
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
