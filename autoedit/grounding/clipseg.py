"""CLIPSeg: a phrase becomes a heat map, and its warm spots become regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Box
from autoedit.grounding.detections import Detection, DetectionSettings, PreparedDetections
from autoedit.models.memory import with_leaner_retry
from autoedit.models.pretrained import Pretrained, load_pretrained

_PROMPT = "a photo of a {phrase}."  # of the prompts that it was trained with
_WARMEST = 0.1  # of a spot's pixels: their mean heat is its score
_SPECK = 1e-4  # of the photo: smaller spots are noise of the heat map
_ADVICE = "Use a smaller photo, or another grounding back end."


class ClipsegGrounder:
    """Finds what a phrase names as the warm spots of CLIPSeg's heat map.

    Boxes and masks are coarse (the map is 352 x 352 for the published weights), and things that
    touch are one spot. A spot's score is the mean heat of its warmest tenth.

    Source: Lueddecke & Ecker 2022, "Image Segmentation Using Text and Image Prompts".

    Args:
        model: reference of the weights, for example "CIDAS/clipseg-rd64-refined".
        threshold: heat in (0, 1) from which a pixel belongs to a spot.
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
        threshold: float = 0.4,
        nms: float = 0.6,
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self._settings = DetectionSettings("clipseg", threshold, nms)
        self._loaded = load_pretrained(
            model, "CLIPSegForImageSegmentation", ("clipseg",), device=device, dtype=dtype
        )

    def prepare(self, photo: Photo) -> PreparedDetections:
        """Run the vision tower, which does not see the phrase."""
        spotted = _Spots(HeatMaps(self._loaded, photo), self._settings)
        return PreparedDetections(photo, spotted, self._settings)


class HeatMaps:
    """A photo behind the vision tower, ready for many phrases."""

    def __init__(self, loaded: Pretrained, photo: Photo) -> None:
        self._model = loaded.model
        self._processor = loaded.processor
        self._device = loaded.device
        self._photo = photo
        self._layers = with_leaner_retry(self._look, self._device, _ADVICE)

    def heat(self, phrase: str) -> FloatArray:
        """How much each pixel looks like the phrase, float32 (H, W) in [0, 1], of the photo."""
        small = with_leaner_retry(lambda lean: self._decode(phrase, lean), self._device, _ADVICE)
        size = (self._photo.width, self._photo.height)
        heat = cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(heat, np.float32)

    def _look(self, lean: bool) -> list[Any]:
        """The layers of the vision tower that the decoder reads; at half the size when lean."""
        import torch
        from PIL import Image

        images = self._processor.image_processor
        height, width = (images.size[side] // (2 if lean else 1) for side in ("height", "width"))
        inputs = images(
            Image.fromarray(self._photo.pixels),
            size={"height": height, "width": width},
            return_tensors="pt",
        )
        pixels = inputs["pixel_values"].to(self._device.name, self._device.torch_dtype)
        with torch.inference_mode():
            seen = self._model.clip.get_image_features(
                pixels, interpolate_pos_encoding=True, output_hidden_states=True, return_dict=True
            )
        return [seen.hidden_states[layer + 1] for layer in self._model.extract_layers]

    def _decode(self, phrase: str, lean: bool) -> FloatArray:
        import torch

        if lean:
            self._layers = self._look(lean)
        words = self._processor.tokenizer(
            [_PROMPT.format(phrase=phrase)],
            truncation=True,
            max_length=self._model.config.text_config.max_position_embeddings,
            return_tensors="pt",
        ).to(self._device.name)
        with torch.inference_mode():
            condition = self._model.get_conditional_embeddings(
                batch_size=1,
                input_ids=words["input_ids"],
                attention_mask=words["attention_mask"],
            )
            logits = self._model.decoder(self._layers, condition, return_dict=True).logits
            return logits.reshape(logits.shape[-2:]).float().sigmoid().cpu().numpy()


class _Spots:
    """A `PreparedDetector` over heat maps."""

    def __init__(self, maps: HeatMaps, settings: DetectionSettings) -> None:
        self._maps = maps
        self._settings = settings

    def detect(self, phrase: str) -> list[Detection]:
        return spots(self._maps.heat(phrase), self._settings.threshold, self._settings.floor)


def spots(heat: FloatArray, threshold: float, floor: float) -> list[Detection]:
    """The warm spots of a heat map.

    Args:
        heat: float32 (H, W) in [0, 1].
        threshold: connected pixels of at least this heat are a spot, with its mask.
        floor: connected pixels of at least this heat, all below the threshold, are a faint spot;
            it has a box and a score, no mask.

    Returns:
        Spots in any order; specks are left out.
    """
    found = [
        Detection(box, _score(heat[part]), mask=Mask.of(part, "clipseg"))
        for box, part in _parts(heat >= threshold)
    ]
    faint = [
        Detection(box, _score(heat[part]))
        for box, part in _parts(heat >= floor)
        if heat[part].max() < threshold
    ]
    return found + faint


def _parts(warm: BoolArray) -> Iterator[tuple[Box, BoolArray]]:
    """The 8-connected parts, each with its box and as bool (H, W), without specks."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats(warm.astype(np.uint8))
    for i in range(1, count):
        left, top, width, height, area = (float(fact) for fact in facts[i])
        if area >= _SPECK * warm.size:
            yield (left, top, left + width, top + height), labels == i


def _score(heat: FloatArray) -> float:
    """The mean of the warmest pixels."""
    count = max(1, round(_WARMEST * heat.size))
    return float(np.partition(heat, -count)[-count:].mean(dtype=np.float64))
