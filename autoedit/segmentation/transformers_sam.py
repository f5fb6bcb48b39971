"""The promptable segmenters of transformers: loaded from a directory, photos encoded once."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.core.photo import Photo
from autoedit.models import device as devices
from autoedit.models.memory import with_leaner_retry
from autoedit.models.pretrained import load_pretrained
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
        OutOfMemoryError: when the model does not fit.
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
        loaded = load_pretrained(
            model,
            "AutoModelForMaskGeneration",
            self.model_types,
            processor_class=self.processor_class,
            stage="segmentation",
            device=device,
            dtype="float32",
        )
        self._processor, self._model = loaded.processor, loaded.model
        self._settle()

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
