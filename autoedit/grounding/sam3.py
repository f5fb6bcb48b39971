"""SAM 3: a phrase becomes instances, each with its mask."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Box
from autoedit.grounding.detections import Detection, DetectionSettings, PreparedDetections
from autoedit.models.memory import with_leaner_retry
from autoedit.models.pretrained import Pretrained, load_pretrained

_ADVICE = "Use another grounding back end, or a device with more memory."


class Sam3Grounder:
    """Finds every instance of a short noun phrase, with boxes, masks and scores, by SAM 3.

    Source: Carion et al. 2025, "SAM 3: Segment Anything with Concepts".

    Args:
        model: reference of the weights ("facebook/sam3", which is gated).
        threshold: score in (0, 1) from which something counts as found.
        nms: see `DetectionSettings`.
        device, dtype: see `autoedit.models.device.resolve`; float32 when no dtype is given.

    Raises:
        SettingError: for a setting out of range.
        WeightsError: for weights that are missing or damaged.
    """

    def __init__(
        self,
        model: str,
        *,
        threshold: float = 0.5,
        nms: float = 0.6,
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self._settings = DetectionSettings("sam 3", threshold, nms)
        self._loaded = load_pretrained(
            model,
            "Sam3Model",
            ("sam3", "sam3_video"),  # the published checkpoint holds the video model
            processor_class="Sam3Processor",
            device=device,
            dtype=dtype,
        )

    def prepare(self, photo: Photo) -> PreparedDetections:
        """Run the vision encoder, which does not see the phrase."""
        seen = Instances(self._loaded, self._settings, photo)
        return PreparedDetections(photo, seen, self._settings)


class Instances:
    """A `PreparedDetector`: a photo behind the vision encoder."""

    def __init__(self, loaded: Pretrained, settings: DetectionSettings, photo: Photo) -> None:
        self._model = loaded.model
        self._processor = loaded.processor
        self._device = loaded.device
        self._settings = settings
        self._photo = photo
        self._seen = with_leaner_retry(self._look, self._device, _ADVICE)

    def detect(self, phrase: str) -> list[Detection]:
        """Every instance above the settings' floor; those above the threshold have masks."""
        return with_leaner_retry(lambda lean: self._detect(phrase, lean), self._device, _ADVICE)

    def _look(self, lean: bool) -> Any:
        import torch
        from PIL import Image

        if lean:  # its positions are made for one input size, so that only the format can shrink
            self._model.to(torch.bfloat16)
        inputs = self._processor.image_processor(
            Image.fromarray(self._photo.pixels), return_tensors="pt"
        )
        pixels = inputs["pixel_values"].to(self._device.name, self._model.dtype)
        with torch.inference_mode():
            return self._model.get_vision_features(pixels)

    def _detect(self, phrase: str, lean: bool) -> list[Detection]:
        import torch

        if lean:
            self._seen = self._look(lean)
        words = self._processor.tokenizer(
            [phrase],
            padding="max_length",
            truncation=True,
            max_length=self._model.config.text_config.max_position_embeddings,
            return_tensors="pt",
        ).to(self._device.name)
        with torch.inference_mode():
            outputs = self._model(
                vision_embeds=self._seen,
                input_ids=words["input_ids"],
                attention_mask=words["attention_mask"],
            )
            return instances(outputs, self._processor, self._photo.shape, self._settings)


def instances(
    outputs: Any, processor: Any, shape: tuple[int, int], settings: DetectionSettings
) -> list[Detection]:
    """What SAM 3's outputs for one photo say.

    One query is read after another: hundreds of masks of a large photo would not fit into memory,
    and few of them are needed.

    Args:
        outputs: with `pred_logits` (1, N), `pred_boxes` (1, N, 4; xyxy in [0, 1]), `pred_masks`
            (1, N, h, w; logits) and `presence_logits` (1, 1) or None.
        processor: the checkpoint's `Sam3Processor`.
        shape: (height, width) of the photo.
        settings: queries below their `floor` are left out, masks made from their `threshold` on.
    """
    found: list[Detection] = []
    presence = outputs.presence_logits
    for index in range(outputs.pred_logits.shape[1]):
        one = SimpleNamespace(
            pred_logits=outputs.pred_logits[:, index : index + 1].float(),
            pred_boxes=outputs.pred_boxes[:, index : index + 1].float(),
            pred_masks=outputs.pred_masks[:, index : index + 1].float(),
            presence_logits=None if presence is None else presence.float(),
        )
        told = processor.post_process_object_detection(one, settings.floor, [shape])[0]
        if not len(told["scores"]):
            continue
        score = float(told["scores"][0])
        x0, y0, x1, y1 = (float(edge) for edge in told["boxes"][0])
        mask = _mask(one, processor, shape) if score >= settings.threshold else None
        box: Box = (x0, y0, x1, y1)
        found.append(Detection(box, min(1.0, score), mask=mask))
    return found


def _mask(one: Any, processor: Any, shape: tuple[int, int]) -> Mask | None:
    """A query's mask over the photo; None when it is empty."""
    told = processor.post_process_instance_segmentation(one, 0.0, 0.5, [shape])[0]
    array = told["masks"][0].cpu().numpy().astype(np.bool_)
    return Mask.of(array, "sam3") if array.any() else None
