"""OWLv2: boxes for any phrase, the photo read once for all phrases.

Source: Minderer, Gritsenko & Houlsby 2023, "Scaling Open-Vocabulary Object Detection".
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from autoedit.core.photo import Photo
from autoedit.errors import SettingError
from autoedit.grounding.detections import Detection, DetectionSettings, PreparedDetections
from autoedit.models.memory import with_leaner_retry
from autoedit.models.pretrained import Pretrained, load_pretrained

_ADVICE = "Take a smaller photo or model, or --set grounding.device=cpu."


class Owlv2Grounder:
    """Finds things by name with an OWLv2 checkpoint in the format of transformers."""

    def __init__(
        self,
        model: str,
        *,
        threshold: float = 0.2,
        nms: float = 0.5,
        prompt: str = "a photo of a {}",
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        """Load the weights.

        Args:
            model: owner/name on the hub, already pulled, or a path.
            threshold: score in (0, 1) from which a box counts as found.
            nms: in (0, 1]; of two boxes with a larger intersection over union the better one stays.
            prompt: what the model is asked; {} stands for the phrase.
            device, dtype: see `autoedit.models.device.resolve`; float32 when no dtype is given.

        Raises:
            SettingError: for a number out of range, or a prompt without {}.
            WeightsError: when the weights are missing, damaged or of another model.
        """
        if prompt.count("{}") != 1:
            raise SettingError(f"owlv2: prompt is {prompt!r}; give one with {{}} for the phrase.")
        self._prompt = prompt
        self._settings = DetectionSettings("owlv2", threshold=threshold, nms=nms)
        self._loaded = load_pretrained(
            model, "Owlv2ForObjectDetection", ("owlv2",), device=device, dtype=dtype
        )

    def prepare(self, photo: Photo) -> PreparedDetections:
        """Embed a photo and predict its boxes, which do not depend on the phrase.

        Raises:
            OutOfMemoryError: when it does not fit, at half the size neither.
        """
        detector = Patches(self._loaded, self._settings, self._prompt, photo)
        return PreparedDetections(photo, detector, self._settings)


class Patches:
    """A `PreparedDetector`: a photo's patches embedded, each with its box."""

    def __init__(
        self,
        loaded: Pretrained,
        settings: DetectionSettings,
        prompt: str,
        photo: Photo,
    ) -> None:
        self._model = loaded.model
        self._processor = loaded.processor
        self._device = loaded.device
        self._settings = settings
        self._prompt = prompt
        self._photo = photo
        self._features, self._boxes = with_leaner_retry(self._embedded, loaded.device, _ADVICE)

    def detect(self, phrase: str) -> list[Detection]:
        """Every box above the settings' floor."""
        import torch

        with torch.inference_mode():
            query = self._query(self._prompt.replace("{}", phrase))
            logits, _ = self._model.class_predictor(self._features, query)
        return read_detections(
            logits.float(), self._boxes, self._processor, self._photo.shape, self._settings.floor
        )

    def _query(self, text: str) -> Any:
        """A text's embedding, (1, 1, C)."""
        words = self._processor.tokenizer(
            [text],
            return_tensors="pt",
            padding="max_length",
            truncation=True,
            max_length=self._model.config.text_config.max_position_embeddings,
        ).to(self._device.name)
        seen = self._model.owlv2.text_model(
            input_ids=words["input_ids"], attention_mask=words["attention_mask"]
        )
        return self._model.owlv2.text_projection(seen.pooler_output)[:, None]

    def _embedded(self, lean: bool) -> tuple[Any, Any]:
        """Patch features (1, N, C) and their boxes (1, N, 4), cxcywh as fractions of the square.

        The lean way halves the input's sides and interpolates the position embedding.
        """
        import torch

        prepare = self._processor.image_processor
        options: dict[str, Any] = {}
        if lean:
            patch = self._model.config.vision_config.patch_size
            halves = {side: prepare.size[side] // 2 for side in ("height", "width")}
            options["size"] = {side: half // patch * patch for side, half in halves.items()}
        pixels = prepare(
            images=self._photo.pixels,
            return_tensors="pt",
            input_data_format="channels_last",
            **options,
        )["pixel_values"]
        with torch.inference_mode():
            pixels = pixels.to(self._device.name, self._device.torch_dtype)
            grid, _ = self._model.image_embedder(pixels, interpolate_pos_encoding=lean)
            features = grid.flatten(1, 2)
            boxes = self._model.box_predictor(features, grid, interpolate_pos_encoding=lean)
            return features, boxes.float()


def read_detections(
    logits: Any, boxes: Any, processor: Any, shape: tuple[int, int], floor: float
) -> list[Detection]:
    """What the model's outputs for one photo and one phrase say.

    Args:
        logits: (1, N, 1), before the sigmoid.
        boxes: (1, N, 4), cxcywh as fractions of the square to which the processor pads a photo at
            the right or the bottom.
        processor: the model's, of transformers.
        shape: (height, width) of the photo.
        floor: score below which a box is left out.
    """
    found = processor.post_process_grounded_object_detection(
        SimpleNamespace(logits=logits, pred_boxes=boxes), threshold=floor, target_sizes=[shape]
    )[0]
    return [
        Detection((x0, y0, x1, y1), score)
        for (x0, y0, x1, y1), score in zip(
            found["boxes"].tolist(), found["scores"].tolist(), strict=True
        )
    ]
