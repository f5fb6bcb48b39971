"""Florence-2: asked to ground a phrase, it writes boxes as location tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autoedit.core.photo import Photo
from autoedit.core.region import Box
from autoedit.errors import WeightsError
from autoedit.grounding.detections import Detection, DetectionSettings, PreparedDetections
from autoedit.models.memory import with_leaner_retry
from autoedit.models.pretrained import Pretrained, load_pretrained

# The task for a noun phrase with its attributes; <OPEN_VOCABULARY_DETECTION> was taught with names
# of categories.
_TASK = "<CAPTION_TO_PHRASE_GROUNDING>"
_BINS = 1000  # location tokens along each side of the photo
_NEAR = 10  # bins either side that still mean the same place
_LOCATION = re.compile(r"<loc_(\d+)>")
_ADVICE = "Use a smaller Florence-2, or another grounding back end."


class Florence2Grounder:
    """Finds what a phrase names by Florence-2's phrase grounding.

    The model gives no scores. A box's score is the mean over its four location tokens of the
    probability that was given to the places within 1% of the side round the chosen one: between
    neighbouring bins the model need not decide, and a sure box would look unsure.

    Source: Xiao et al. 2023, "Florence-2: Advancing a Unified Representation for a Variety of
    Vision Tasks".

    Args:
        model: reference of weights that transformers loads itself, without code of their own, for
            example "florence-community/Florence-2-base".
        threshold: score in (0, 1) from which something counts as found.
        nms: see `DetectionSettings`.
        max_new_tokens: length of the answer; a box takes four and its phrase a few.
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
        max_new_tokens: int = 512,
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self._settings = DetectionSettings("florence-2", threshold, nms)
        self._length = max_new_tokens
        self._loaded = load_pretrained(
            model,
            "Florence2ForConditionalGeneration",
            ("florence2",),
            device=device,
            dtype=dtype,
        )
        words = self._loaded.processor.tokenizer.get_vocab()
        self._bins = [words.get(f"<loc_{i}>", -1) for i in range(_BINS)]
        if -1 in self._bins:
            raise WeightsError(
                f"The tokenizer of {model} lacks Florence-2's location tokens. Pull it again."
            )

    def prepare(self, photo: Photo) -> PreparedDetections:
        """Run the vision tower, which does not see the phrase."""
        seen = _Seen(self._loaded, self._bins, self._length, photo)
        return PreparedDetections(photo, seen, self._settings)


class _Seen:
    """A `PreparedDetector`: a photo behind the vision tower."""

    def __init__(self, loaded: Pretrained, bins: list[int], length: int, photo: Photo) -> None:
        self._model = loaded.model
        self._processor = loaded.processor
        self._device = loaded.device
        self._bins = bins
        self._length = length
        self._photo = photo
        self._seen = with_leaner_retry(self._look, self._device, _ADVICE)

    def detect(self, phrase: str) -> list[Detection]:
        tokens, certainty = with_leaner_retry(
            lambda lean: self._generate(phrase, lean), self._device, _ADVICE
        )
        width, height = self._photo.width, self._photo.height
        return [
            Detection(_pixels(each.bins, width, height), each.score, each.phrase)
            for each in meant(read_boxes(tokens, certainty), phrase)
            if each.bins[0] < each.bins[2] and each.bins[1] < each.bins[3]
        ]

    def _look(self, lean: bool) -> Any:
        """The photo as embeddings (1, N, C) in the language model's space; half size when lean."""
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
            return self._model.get_image_features(pixels, return_dict=True).pooler_output

    def _generate(self, phrase: str, lean: bool) -> tuple[list[str], list[float]]:
        """The answer's tokens, and how certain each location is (0 for what is none)."""
        import torch

        if lean:
            self._seen = self._look(lean)
        with torch.inference_mode():
            words = self._model.get_input_embeddings()(self._ask(phrase))
            inputs = torch.cat([self._seen.to(words.dtype), words], dim=1)
            attended = torch.ones(inputs.shape[:2], dtype=torch.long, device=inputs.device)
            encoded = self._model.get_encoder()(
                inputs_embeds=inputs, attention_mask=attended, return_dict=True
            )
            answer = self._model.generate(
                encoder_outputs=encoded,
                attention_mask=attended,
                max_new_tokens=self._length,
                num_beams=1,
                do_sample=False,
                early_stopping=False,
                return_dict_in_generate=True,
                output_logits=True,
            )
            ids = answer.sequences[0, -len(answer.logits) :]
            certainty = certainty_of(ids, torch.cat(answer.logits), self._bins)
        return self._texts(ids.tolist()), certainty

    def _ask(self, phrase: str) -> Any:
        """The question's token ids (1, N), without those that stand for the photo."""
        tokenizer = self._processor.tokenizer
        question = self._processor.task_prompts_with_input[_TASK].format(input=_plain(phrase))
        text = f"{tokenizer.bos_token}{question}{tokenizer.eos_token}"
        ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        return ids.to(self._device.name)

    def _texts(self, ids: list[int]) -> list[str]:
        """Each token as text; what only marks beginning, end and padding is empty."""
        tokenizer = self._processor.tokenizer
        marks = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id}
        return ["" if one in marks else tokenizer.decode([one]) for one in ids]


def certainty_of(ids: Any, logits: Any, bins: Sequence[int]) -> list[float]:
    """How certain each location of an answer is, in [0, 1]; 0 for tokens that are none.

    Args:
        ids: the answer's tokens (N,).
        logits: what each was chosen from (N, V).
        bins: the tokens of the locations, in order.
    """
    import torch

    places = {token: place for place, token in enumerate(bins)}
    columns = torch.tensor(bins, device=logits.device)
    certainty: list[float] = []
    for token, row in zip(ids.tolist(), logits, strict=True):
        place = places.get(token)
        if place is None:
            certainty.append(0.0)
            continue
        shares = row.float().softmax(-1)[columns]
        near = shares[max(0, place - _NEAR) : place + _NEAR + 1].sum()
        certainty.append(min(1.0, float(near)))
    return certainty


@dataclass(frozen=True, slots=True)
class Grounded:
    """A box of an answer: the phrase before it, its bins (x0, y0, x1, y1), and its score."""

    phrase: str
    bins: tuple[int, int, int, int]
    score: float


def read_boxes(tokens: Sequence[str], certainty: Sequence[float]) -> list[Grounded]:
    """The boxes of an answer "a mug<loc_1><loc_2><loc_3><loc_4><loc_5>...".

    Read here and not by the processor's `post_process_generation`, which rounds to whole pixels and
    does not tell which tokens a box came from.

    Args:
        tokens: the text of each token, in order.
        certainty: of each token; a box's score is the mean over its four.

    Returns:
        In the answer's order; locations that do not make up four are left out.
    """
    boxes: list[Grounded] = []
    phrase, pending, fresh = "", [], False
    for token, sure in zip(tokens, certainty, strict=True):
        location = _LOCATION.fullmatch(token)
        if location is None:
            phrase = phrase + token if fresh else token
            fresh, pending = True, []
            continue
        fresh = False
        pending.append((int(location[1]), sure))
        if len(pending) == 4:
            x0, y0, x1, y1 = (place for place, _ in pending)
            score = sum(each for _, each in pending) / 4
            boxes.append(Grounded(phrase.strip().lower(), (x0, y0, x1, y1), score))
            pending = []
    return boxes


def meant(boxes: Sequence[Grounded], phrase: str) -> list[Grounded]:
    """Those that belong to the thing itself.

    "red mug with a handle" is answered with boxes for "red mug" and for "handle". An English noun
    phrase names its thing first, so the words of the answer that come first in the phrase are the
    thing's. Answers in other words than the phrase's are taken for the whole phrase.
    """
    places = [phrase.find(each.phrase) for each in boxes]
    first = min((place for place in places if place >= 0), default=-1)
    return [each for each, place in zip(boxes, places, strict=True) if place == first]


def _pixels(bins: tuple[int, int, int, int], width: int, height: int) -> Box:
    """The middles of the bins in pixels."""
    x0, y0, x1, y1 = bins
    across, down = width / _BINS, height / _BINS
    return (x0 + 0.5) * across, (y0 + 0.5) * down, (x1 + 0.5) * across, (y1 + 0.5) * down


def _plain(phrase: str) -> str:
    """A phrase without what would be read as a task, a location or another special token."""
    return phrase.replace("<", " ").replace(">", " ").strip()
