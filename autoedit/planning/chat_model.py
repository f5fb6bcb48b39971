"""Chat and vision-language models of transformers as planners, on this machine."""

from __future__ import annotations

import json
from typing import Any

from autoedit.errors import SettingError, WeightsError
from autoedit.models import device as devices
from autoedit.models.memory import with_leaner_retry
from autoedit.models.pretrained import load_pretrained
from autoedit.models.store import located
from autoedit.planning.language_model import LanguageModelPlanner, Message, NoReplyError

_ADVICE = "Use a smaller model for planning, or set planning.device to cpu."


class ChatModelPlanner(LanguageModelPlanner):
    """Plans by a model of transformers; one that takes pictures sees the photo.

    The answer is greedy, so the same on every call.

    Args:
        model: reference of the weights, for example "Qwen/Qwen3-VL-4B-Instruct" or
            "Qwen/Qwen3-4B-Instruct-2507".
        max_new_tokens: length of the answer; a step takes about a hundred.
        max_pixels: the photo is shrunk to at most so many before the model looks at it.
        device, dtype: see `autoedit.models.device.resolve`.

    Raises:
        SettingError: for a setting out of range.
        WeightsError: for weights that are missing or damaged.
    """

    def __init__(
        self,
        model: str,
        *,
        max_new_tokens: int = 2000,
        max_pixels: int = 1_000_000,
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        if max_new_tokens < 1 or max_pixels < 1:
            raise SettingError("planning: max_new_tokens and max_pixels are at least 1.")
        sees = _takes_pictures(model)
        loaded = load_pretrained(
            model,
            "AutoModelForImageTextToText" if sees else "AutoModelForCausalLM",
            (),
            processor_class="AutoProcessor" if sees else "AutoTokenizer",
            stage="planning",
            device=device,
            dtype=dtype or devices.resolve(device).dtype,
        )
        super().__init__(_Chat(model, loaded, sees, max_new_tokens, max_pixels))


def _takes_pictures(reference: str) -> bool:
    """Whether weights are of a vision-language model."""
    file = located(reference) / "config.json"
    try:
        return "vision_config" in json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{file} cannot be read. Pull the weights of {reference} again."
        ) from error


class _Chat:
    """A `ChatModel` of transformers."""

    def __init__(
        self, name: str, loaded: Any, sees: bool, max_new_tokens: int, max_pixels: int
    ) -> None:
        self.name, self.sees = name, sees
        self._loaded = loaded  # held, so that a detector of the same weights shares it
        self._model, self._processor, self._device = loaded.model, loaded.processor, loaded.device
        self._max_new_tokens, self._max_pixels = max_new_tokens, max_pixels
        tokenizer = loaded.processor.tokenizer if sees else loaded.processor
        if not (tokenizer.chat_template or getattr(loaded.processor, "chat_template", None)):
            raise SettingError(f"{name} is no chat model: it has no chat template.")
        self._tokenizer = tokenizer

    def reply(self, messages: list[Message], schema: dict[str, Any]) -> str:
        ids = with_leaner_retry(lambda lean: self._generate(messages, lean), self._device, _ADVICE)
        ends = self._model.generation_config.eos_token_id
        if len(ids) >= self._max_new_tokens and ids[-1] not in (
            ends if isinstance(ends, list) else [ends]
        ):
            raise NoReplyError("was cut off: give it a higher planning.max_new_tokens")
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))

    def _generate(self, messages: list[Message], lean: bool) -> list[int]:
        import torch

        limit = self._max_pixels // (4 if lean else 1)
        inputs = self._processor.apply_chat_template(
            [self._written(message, limit) for message in messages],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        ).to(self._device.name)
        if "pixel_values" in inputs:
            inputs["pixel_values"] = inputs["pixel_values"].to(self._device.torch_dtype)
        with torch.inference_mode():
            answer = self._model.generate(
                **inputs,
                max_new_tokens=self._max_new_tokens,
                num_beams=1,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                repetition_penalty=1.0,  # the keys of a plan do repeat
            )
        return answer[0, inputs["input_ids"].shape[1] :].tolist()

    def _written(self, message: Message, max_pixels: int) -> dict[str, Any]:
        if not self.sees:
            return {"role": message.role, "content": message.text}
        content: list[dict[str, Any]] = [{"type": "text", "text": message.text}]
        if message.photo is not None:
            from autoedit.planning.seeing import shrunk

            content.insert(0, {"type": "image", "image": shrunk(message.photo, max_pixels)})
        return {"role": message.role, "content": content}
