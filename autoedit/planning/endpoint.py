"""A language model behind an HTTP endpoint that speaks OpenAI's chat completions.

So do vLLM, llama.cpp, Ollama, LM Studio, and most hosted models.
"""

from __future__ import annotations

import base64
import io
import os
from typing import TYPE_CHECKING, Any

from autoedit.errors import SettingError
from autoedit.planning.language_model import LanguageModelPlanner, Message, NoReplyError
from autoedit.planning.refusals import shortened

if TYPE_CHECKING:
    from autoedit.core.photo import Photo

_FORMATS = ("json_schema", "json_object", "text")
_QUALITY = 90


class EndpointPlanner(LanguageModelPlanner):
    """Plans by a model of an OpenAI-compatible server.

    A request that times out, finds no server, or meets a server too busy (429) or broken (5xx) is
    tried again, each time after about twice as long; a server's Retry-After is heeded.

    Args:
        model: the server's name for it; else $AUTOEDIT_LLM_MODEL.
        base_url: "http://localhost:8000/v1"; else $AUTOEDIT_LLM_URL, else $OPENAI_BASE_URL, else
            OpenAI's own.
        key: else $AUTOEDIT_LLM_KEY, else, where no base_url is set, $OPENAI_API_KEY. Many servers
            of one's own need none.
        sees: whether the photo is sent to the server.
        timeout: seconds for one try.
        retries: tries beyond the first.
        max_tokens: length of the answer.
        max_pixels: the photo is shrunk to at most so many before it is sent.

    Raises:
        SettingError: when no model is named, or a number is out of range.
    """

    def __init__(
        self,
        *,
        model: str = "",
        base_url: str = "",
        key: str = "",
        sees: bool = False,
        timeout: float = 60.0,
        retries: int = 3,
        max_tokens: int = 2000,
        max_pixels: int = 1_000_000,
    ) -> None:
        model = model or os.environ.get("AUTOEDIT_LLM_MODEL", "")
        if not model:
            raise SettingError(
                "The endpoint planner needs a model: --set planning.model=NAME, or "
                "$AUTOEDIT_LLM_MODEL; and $AUTOEDIT_LLM_URL for a server of your own."
            )
        if timeout <= 0 or retries < 0 or max_tokens < 1 or max_pixels < 1:
            raise SettingError(
                "planning: timeout, max_tokens and max_pixels are above 0, retries at least 0."
            )
        own = base_url or os.environ.get("AUTOEDIT_LLM_URL", "")
        key = key or os.environ.get("AUTOEDIT_LLM_KEY", "")
        if not key and not own:
            key = os.environ.get("OPENAI_API_KEY", "")
        import openai

        client = openai.OpenAI(
            api_key=key or "none",
            base_url=own or os.environ.get("OPENAI_BASE_URL") or None,
            timeout=timeout,
            max_retries=retries,
        )
        super().__init__(_Endpoint(client, model, sees, max_tokens, max_pixels))


class _Endpoint:
    """A `ChatModel` behind a client."""

    def __init__(
        self, client: Any, model: str, sees: bool, max_tokens: int, max_pixels: int
    ) -> None:
        self.name, self.sees = model, sees
        self._client = client
        self._max_tokens, self._max_pixels = max_tokens, max_pixels
        self._formats = _FORMATS  # what the server may still know

    def reply(self, messages: list[Message], schema: dict[str, Any]) -> str:
        import openai

        told = [self._written(message) for message in messages]
        while True:
            try:
                done = self._client.chat.completions.create(
                    model=self.name,
                    messages=told,
                    temperature=0,
                    max_tokens=self._max_tokens,
                    **_format(self._formats[0], schema),
                )
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if len(self._formats) == 1:
                    raise NoReplyError(f"was not asked rightly ({_line(error)})") from error
                self._formats = self._formats[1:]
            except openai.APITimeoutError as error:
                raise NoReplyError("did not answer in time") from error
            except openai.OpenAIError as error:
                raise NoReplyError(f"could not be asked ({_line(error)})") from error
            except ValueError as error:  # a body that is no JSON
                raise NoReplyError(f"answered in no known form ({_line(error)})") from error
            else:
                return _text(done)

    def _written(self, message: Message) -> dict[str, Any]:
        if message.photo is None:
            return {"role": message.role, "content": message.text}
        picture = {"url": _data_url(message.photo, self._max_pixels)}
        content = [
            {"type": "image_url", "image_url": picture},
            {"type": "text", "text": message.text},
        ]
        return {"role": message.role, "content": content}


def _format(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    if kind == "json_schema":
        named = {"name": "edit_plan", "schema": schema, "strict": False}
        return {"response_format": {"type": kind, "json_schema": named}}
    return {"response_format": {"type": kind}} if kind == "json_object" else {}


def _text(done: Any) -> str:
    """The text of a completion.

    Raises:
        NoReplyError: when it was refused or cut off, or there is none.
    """
    choices: Any = getattr(done, "choices", None)
    message: Any = choices[0].message if choices else None
    if message is None:
        raise NoReplyError("answered in no known form (no choices)")
    if getattr(message, "refusal", None):
        raise NoReplyError(f'refused ("{shortened(message.refusal)}")')
    if choices[0].finish_reason == "length":
        raise NoReplyError("was cut off: give it a higher planning.max_tokens")
    if not message.content:
        raise NoReplyError("answered nothing")
    return str(message.content)


def _data_url(photo: Photo, max_pixels: int) -> str:
    from autoedit.planning.seeing import shrunk

    held = io.BytesIO()
    shrunk(photo, max_pixels).save(held, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(held.getvalue()).decode("ascii")


def _line(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    body = f"HTTP {status}" if status else type(error).__name__
    return f"{body}: {shortened(str(error))}"
