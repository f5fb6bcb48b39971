"""Grounding DINO and MM-Grounding-DINO: boxes for any phrase.

Sources: Liu et al. 2023, "Grounding DINO: Marrying DINO with Grounded Pre-Training for Open-Set
Object Detection"; Zhao et al. 2024, "An Open and Comprehensive Pipeline for Unified Object
Grounding and Detection" (MM-Grounding-DINO).
"""

from __future__ import annotations

from typing import Any

from autoedit.core.photo import Photo
from autoedit.errors import SettingError
from autoedit.grounding.detections import Detection, DetectionSettings, PreparedDetections
from autoedit.grounding.phrasing import LINKS, head_noun
from autoedit.models.memory import with_leaner_retry
from autoedit.models.pretrained import Pretrained, load_pretrained

_HEAD_ALONE = 0.6  # factor on the score of a box for which only the head noun was read
_ADVICE = "Take a smaller photo or model, or --set grounding.device=cpu."


class GroundingDinoGrounder:
    """Finds things by name with a Grounding DINO checkpoint in the format of transformers."""

    def __init__(
        self,
        model: str,
        *,
        threshold: float = 0.35,
        text_threshold: float = 0.25,
        nms: float = 0.6,
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        """Load the weights.

        Args:
            model: owner/name on the hub, already pulled, or a path.
            threshold: score in (0, 1) from which a box counts as found.
            text_threshold: score in (0, 1) from which a word of the phrase counts as read in a box.
            nms: in (0, 1]; of two boxes with a larger intersection over union the better one stays.
            device, dtype: see `autoedit.models.device.resolve`; float32 when no dtype is given.

        Raises:
            SettingError: for a number out of range.
            WeightsError: when the weights are missing, damaged or of another model.
        """
        if not 0 < text_threshold < 1:
            raise SettingError(
                f"grounding dino: text_threshold is {text_threshold}; give one in (0, 1)."
            )
        self._settings = DetectionSettings("grounding dino", threshold=threshold, nms=nms)
        self._text_threshold = text_threshold
        self._loaded = load_pretrained(
            model,
            "AutoModelForZeroShotObjectDetection",
            ("grounding-dino", "mm-grounding-dino"),
            device=device,
            dtype=dtype,
        )

    def prepare(self, photo: Photo) -> PreparedDetections:
        """Hold a photo; the model reads image and words together, so it runs once a phrase."""
        detector = Phrases(self._loaded, self._settings, self._text_threshold, photo)
        return PreparedDetections(photo, detector, self._settings)


class Phrases:
    """A `PreparedDetector`: a photo resized for the model."""

    def __init__(
        self,
        loaded: Pretrained,
        settings: DetectionSettings,
        text_threshold: float,
        photo: Photo,
    ) -> None:
        self._model = loaded.model
        self._processor = loaded.processor
        self._device = loaded.device
        self._settings = settings
        self._text_threshold = text_threshold
        self._photo = photo
        self._lean = False
        self._seen: Any = None

    def detect(self, phrase: str) -> list[Detection]:
        """Every box above the settings' floor in which the phrase's noun was read."""
        found = with_leaner_retry(lambda lean: self._run(phrase, lean), self._device, _ADVICE)
        boxes, scores = found["boxes"].tolist(), found["scores"].tolist()
        return read_detections(
            boxes, scores, found["text_labels"], phrase, self._settings.threshold
        )

    def _run(self, phrase: str, lean: bool) -> dict[str, Any]:
        """The library's answer: boxes (N, 4) in pixels of the photo, scores (N,), text_labels."""
        import torch

        if self._seen is None or (lean and not self._lean):
            self._lean = self._lean or lean  # what did not fit once is not tried again
            self._seen = self._resized().to(self._device.name)
        words = self._processor.tokenizer(
            f"{phrase}.",
            return_tensors="pt",
            truncation=True,
            max_length=self._model.config.max_text_len,
        ).to(self._device.name)
        with torch.inference_mode():
            outputs = self._model(
                pixel_values=self._seen["pixel_values"].to(self._device.torch_dtype),
                pixel_mask=self._seen["pixel_mask"],
                **words,
            )
            outputs.logits = outputs.logits.float()
            outputs.pred_boxes = outputs.pred_boxes.float()
            return self._processor.post_process_grounded_object_detection(
                outputs,
                words["input_ids"],
                threshold=self._settings.floor,
                text_threshold=self._text_threshold,
                target_sizes=[self._photo.shape],
            )[0]

    def _resized(self) -> Any:
        """The model's input for the photo; half as large in the lean way."""
        prepare = self._processor.image_processor
        options: dict[str, Any] = {}
        if self._lean:
            sizes = {key: value for key, value in dict(prepare.size).items() if value}
            options["size"] = {key: value // 2 for key, value in sizes.items()}
        return prepare(
            images=self._photo.pixels,
            return_tensors="pt",
            input_data_format="channels_last",
            **options,
        )


def read_detections(
    boxes: list[list[float]], scores: list[float], labels: list[str], phrase: str, threshold: float
) -> list[Detection]:
    """The library's boxes with what was read in each.

    The model scores a box by its best word, so "red mug" also finds blue mugs (by "mug") and red
    books (by "red"), and "man wearing hat" the hat. A box in which the head noun was not read is
    dropped; one that lacks other words loses up to 40% of its score. Below the threshold, where
    words are too faint to be read, boxes stay as they are.

    Args:
        boxes: xyxy in pixels, one a detection.
        scores: in [0, 1].
        labels: the words that were read, as the library decodes them.
        phrase: what was asked for.
        threshold: score from which the words are looked at.
    """
    head = head_noun(phrase)
    wanted = set(phrase.split()) - LINKS
    result: list[Detection] = []
    for (x0, y0, x1, y1), score, label in zip(boxes, scores, labels, strict=True):
        box = (x0, y0, x1, y1)
        if score < threshold:
            result.append(Detection(box, score))
            continue
        read = {word for word in wanted if _was_read(word, label)}
        if head in read:
            others = (len(read) - 1) / (len(wanted) - 1) if len(wanted) > 1 else 1.0
            kept = _HEAD_ALONE + (1 - _HEAD_ALONE) * others
            words = [word for word in phrase.split() if word in read or word in LINKS]
            result.append(Detection(box, score * kept, " ".join(words)))
    return result


def _was_read(word: str, label: str) -> bool:
    """Whether a label has a word, or a piece of at least half of it (word pieces may be lost)."""
    pieces = label.lower().replace("##", "").replace(".", " ").split()
    return any(piece in word and 2 * len(piece) >= len(word) for piece in pieces)
