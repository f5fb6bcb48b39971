"""Qwen-VL: a vision-language model is asked for boxes, and answers with JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from autoedit.core.photo import Photo
from autoedit.core.region import Box
from autoedit.errors import PhotoError, SettingError
from autoedit.grounding.detections import Detection, DetectionSettings, PreparedDetections
from autoedit.models import device as devices
from autoedit.models.memory import with_leaner_retry
from autoedit.models.pretrained import Pretrained, load_pretrained

QUESTION = (
    'Locate every object in the image that matches the description "{phrase}". Answer with a JSON '
    'list and nothing else, one entry for each object: {{"bbox_2d": [x1, y1, x2, y2], "label": '
    '"name"}}. When nothing in the image matches, answer with an empty list: [].'
)
_SCALE = 1000.0  # of the coordinates of every Qwen-VL but 2.5
_KINDS = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe")
_PIXELS_FOR = "qwen2_5_vl"  # which answers in pixels of the image as it was resized for it
_THOUGHT = "</think>"
_NARROWEST = 200  # longer side over the shorter; the processor takes no more
_ADVICE = "Set max_pixels lower, or use a smaller Qwen-VL."

_NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
# A string is passed over whole, so that nothing within a label is taken for a box.
_STRING_OR_BOX = re.compile(
    r'"(?:[^"\\]|\\(?:.|\Z))*(?:"|\Z)|\[' + ",".join([_NUMBER] * 4) + r"\]", re.DOTALL
)


class QwenVLGrounder:
    """Finds what a phrase names by asking Qwen2-VL, Qwen2.5-VL or Qwen3-VL for boxes.

    The answer is greedy. A box's score is the mean probability of the tokens of its four numbers.

    Source: Bai et al. 2025, "Qwen2.5-VL Technical Report"; the coordinates of Qwen3-VL are
    thousandths of the image's sides.

    Args:
        model: reference of the weights, for example "Qwen/Qwen3-VL-4B-Instruct".
        threshold: score in (0, 1) from which something counts as found.
        nms: see `DetectionSettings`.
        max_pixels: the photo is shrunk to at most so many before the model looks at it.
        max_new_tokens: length of the answer; a box takes about thirty. Of a list that was cut off,
            the complete boxes count.
        question: what is asked; {phrase} stands for the phrase.
        device, dtype: see `autoedit.models.device.resolve`.

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
        max_pixels: int = 1_500_000,
        max_new_tokens: int = 1024,
        question: str = QUESTION,
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self._settings = DetectionSettings("qwen-vl", threshold, nms)
        if max_pixels < 1 or max_new_tokens < 1:
            raise SettingError("qwen-vl: max_pixels and max_new_tokens are at least 1.")
        try:
            known = question.format(phrase="mug") != question.format(phrase="cat")
        except (KeyError, IndexError, ValueError):
            known = False
        if not known:
            raise SettingError(
                "qwen-vl: question needs {phrase} in it, and other braces doubled: {{ and }}."
            )
        self._limits = _Limits(max_pixels, max_new_tokens, question)
        self._loaded = load_pretrained(
            model,
            "AutoModelForImageTextToText",
            _KINDS,
            device=device,
            dtype=dtype or devices.resolve(device).dtype,
        )

    def prepare(self, photo: Photo) -> PreparedDetections:
        """Run the vision tower, which does not see the phrase.

        Raises:
            PhotoError: for a photo that is too narrow for the model.
        """
        sides = sorted(photo.shape)
        if sides[1] >= _NARROWEST * sides[0]:
            raise PhotoError(
                f"{photo.name} is too narrow for Qwen-VL: {photo.width} x {photo.height} pixels. "
                "Crop it, or use another grounding back end."
            )
        seen = _Seen(self._loaded, self._limits, photo)
        return PreparedDetections(photo, seen, self._settings)


@dataclass(frozen=True, slots=True)
class _Limits:
    max_pixels: int
    max_new_tokens: int
    question: str


class _Seen:
    """A `PreparedDetector`: a photo behind the vision tower."""

    def __init__(self, loaded: Pretrained, limits: _Limits, photo: Photo) -> None:
        self._model = loaded.model
        self._processor = loaded.processor
        self._device = loaded.device
        self._limits = limits
        self._photo = photo
        self._image, self._seen = with_leaner_retry(self._look, self._device, _ADVICE)

    def detect(self, phrase: str) -> list[Detection]:
        pieces, certainty, frame = with_leaner_retry(
            lambda lean: self._generate(phrase, lean), self._device, _ADVICE
        )
        found: list[Detection] = []
        for written in read_boxes("".join(pieces)):
            box = to_pixels(written.numbers, frame, (self._photo.width, self._photo.height))
            if box is not None:
                found.append(Detection(box, certainty_of(written.spans, pieces, certainty)))
        return found

    def _look(self, lean: bool) -> tuple[Image.Image, Any]:
        """The photo at the size that the model looks at, and the vision tower's output."""
        import torch

        image = _shrunk(self._photo, self._limits.max_pixels // (4 if lean else 1))
        inputs = self._processor.image_processor(images=[image], return_tensors="pt")
        pixels = inputs["pixel_values"].to(self._device.name, self._device.torch_dtype)
        grid = inputs["image_grid_thw"].to(self._device.name)
        with torch.inference_mode():
            return image, self._model.get_image_features(pixels, grid, return_dict=True)

    def _generate(
        self, phrase: str, lean: bool
    ) -> tuple[list[str], list[float], tuple[float, float]]:
        """The answer's tokens as text, their probabilities, and the frame of its coordinates."""
        import torch

        if lean:
            self._image, self._seen = self._look(lean)
        question = self._limits.question.format(phrase=_plain(phrase))
        content = [{"type": "image"}, {"type": "text", "text": question}]
        text = self._processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        inputs = self._processor(text=[text], images=[self._image], return_tensors="pt")
        frame = self._frame(inputs["image_grid_thw"][0].tolist())
        inputs.pop("pixel_values")
        with torch.inference_mode():
            answer = self._model.generate(
                **inputs.to(self._device.name),
                mm_encoder_outputs={"image": self._seen},
                max_new_tokens=self._limits.max_new_tokens,
                num_beams=1,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                repetition_penalty=1.0,  # numbers do repeat
                return_dict_in_generate=True,
                output_logits=True,
            )
            ids = answer.sequences[0, -len(answer.logits) :]
            shares = torch.cat(answer.logits).float().softmax(-1)
            certainty = shares.gather(1, ids[:, None])[:, 0].tolist()
        tokenizer = self._processor.tokenizer
        # One by one, so that each character belongs to a token. A letter of several tokens comes
        # out garbled, but only within a label, which nothing reads.
        pieces = [tokenizer.decode([one], skip_special_tokens=True) for one in ids.tolist()]
        return pieces, certainty, frame

    def _frame(self, grid: list[int]) -> tuple[float, float]:
        """(width, height) of the frame that the answer's coordinates are in."""
        if self._model.config.model_type != _PIXELS_FOR:
            return _SCALE, _SCALE
        side = self._processor.image_processor.patch_size
        return float(grid[2] * side), float(grid[1] * side)


@dataclass(frozen=True, slots=True)
class Written:
    """Four numbers of an answer, and where in its text they stand (begin, end)."""

    numbers: tuple[float, ...]
    spans: tuple[tuple[int, int], ...]


def read_boxes(answer: str) -> list[Written]:
    """Every list of four numbers that an answer holds outside of its strings.

    So it does not matter whether it is fenced, a list or one object, cut off, or talked round; a
    list that is not complete is left out, and a label changes nothing.
    """
    begin = max(answer.rfind(_THOUGHT), 0)
    opening = re.search(r"[\[{]", answer[begin:])
    if opening is None:
        return []
    found: list[Written] = []
    for match in _STRING_OR_BOX.finditer(answer, begin + opening.start()):
        if match[1] is not None:
            groups = range(1, 5)
            numbers = tuple(float(match[i]) for i in groups)
            found.append(Written(numbers, tuple(match.span(i) for i in groups)))
    return found


def to_pixels(
    numbers: Sequence[float], frame: tuple[float, float], size: tuple[int, int]
) -> Box | None:
    """A box of an answer as a box of the photo; None when nothing of it lies in the photo.

    Args:
        numbers: two opposite corners (x, y, x, y).
        frame: (width, height) of what they are coordinates of.
        size: (width, height) of the photo in pixels.
    """
    across = sorted(min(max(x * size[0] / frame[0], 0.0), float(size[0])) for x in numbers[::2])
    down = sorted(min(max(y * size[1] / frame[1], 0.0), float(size[1])) for y in numbers[1::2])
    if across[0] >= across[1] or down[0] >= down[1]:
        return None
    return across[0], down[0], across[1], down[1]


def certainty_of(
    spans: Sequence[tuple[int, int]], pieces: Sequence[str], certainty: Sequence[float]
) -> float:
    """The mean certainty of the pieces of a text that share a character with the spans."""
    shares: list[float] = []
    begin = 0
    for piece, sure in zip(pieces, certainty, strict=True):
        end = begin + len(piece)
        if any(begin < last and first < end for first, last in spans):
            shares.append(sure)
        begin = end
    return min(1.0, sum(shares) / len(shares)) if shares else 0.0


def _shrunk(photo: Photo, most: int) -> Image.Image:
    """The photo with at most so many pixels."""
    image = Image.fromarray(photo.pixels)
    factor = math.sqrt(most / (photo.width * photo.height))
    if factor >= 1:
        return image
    size = (max(1, int(photo.width * factor)), max(1, int(photo.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _plain(phrase: str) -> str:
    """A phrase in one line, without what would end its quotes or be read as a special token."""
    words = re.sub(r'[<>"\s]+', " ", phrase)
    return words.strip()
