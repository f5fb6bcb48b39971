"""The planner behind HTTP, against a server of this machine that follows a script."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from autoedit import backends
from autoedit.core.photo import Photo
from autoedit.errors import SettingError
from tests.testing import smooth

pytest.importorskip("openai")

PLAN = '{"steps": [{"operation": "remove", "target": {"phrase": "the cup", "head": "cup"}}]}'
SAID = "remove the mug"  # so that the grammar's plan and the model's differ
KEY = "sk-very-secret"
SOON = {"retry-after-ms": "1"}


def completion(text: str | None, finish: str = "stop", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, **more}
    return {
        "id": "1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
    }  # fmt: skip


class Server(ThreadingHTTPServer):
    """Answers by its script, one entry a request; the last one again and again.

    An entry is (status, body, headers, seconds to wait first).
    """

    daemon_threads = True
    script: list[tuple[int, Any, dict[str, str], float]]
    heard: list[dict[str, Any]]
    keys: list[str]
    times: list[float]

    def says(self, *entries: Any) -> None:
        padded = [(*each, *((200, "", {}, 0.0)[len(each) :])) for each in entries]
        self.script = padded  # pyright: ignore[reportAttributeAccessIssue]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        stub: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stub.heard.append(json.loads(body))
        stub.keys.append(self.headers.get("Authorization", ""))
        stub.times.append(time.perf_counter())
        script = stub.script
        status, answer, headers, wait = script.pop(0) if len(script) > 1 else script[0]
        time.sleep(wait)
        data = answer if isinstance(answer, str) else json.dumps(answer)
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data.encode())
        except OSError:
            pass  # the client has given up

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("AUTOEDIT_LLM_URL", "AUTOEDIT_LLM_MODEL", "AUTOEDIT_LLM_KEY", "OPENAI_API_KEY",
                 "OPENAI_BASE_URL"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    stub = Server(("127.0.0.1", 0), Handler)
    stub.heard, stub.keys, stub.times = [], [], []
    stub.says((200, completion(PLAN)))
    thread = threading.Thread(target=stub.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield stub
    stub.shutdown()
    stub.server_close()
    thread.join()


def planner(server: Server, **settings: Any) -> Any:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    given = {"model": "m", "base_url": url, "timeout": 5.0, "key": KEY, **settings}
    return backends.create("planning", "endpoint", given)


def test_a_server_makes_the_plan(server: Server) -> None:
    plan = planner(server).plan("Entferne den Becher")
    assert plan.steps[0].target.head == "cup"
    assert plan.notes == ()
    (request,) = server.heard
    assert request["model"] == "m"
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert "Entferne den Becher" in request["messages"][1]["content"]
    schema = request["response_format"]["json_schema"]["schema"]
    assert schema["additionalProperties"] is False
    assert server.keys == [f"Bearer {KEY}"]


def test_a_server_that_knows_no_schema_is_asked_for_json_and_then_for_text(server: Server) -> None:
    unknown = (400, {"error": {"message": "response_format is not known"}})
    server.says(unknown, unknown, (200, completion(PLAN)))
    asking = planner(server)
    assert asking.plan(SAID).steps[0].target.head == "cup"
    kinds = [request.get("response_format", {}).get("type") for request in server.heard]
    assert kinds == ["json_schema", "json_object", None]
    asking.plan(SAID)
    assert len(server.heard) == 4  # what it does not know is not asked again
    assert "response_format" not in server.heard[-1]


def test_a_server_that_takes_nothing_is_not_asked_for_ever(server: Server) -> None:
    server.says((400, {"error": {"message": "the model is broken"}}))
    plan = planner(server).plan(SAID)
    assert plan.steps[0].target.head == "mug"
    assert "the model is broken" in plan.notes[-1]
    assert len(server.heard) == 3


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(server: Server, status: int) -> None:
    busy = (status, {"error": {"message": "later"}}, SOON)
    server.says(busy, busy, (200, completion(PLAN)))
    plan = planner(server).plan(SAID)
    assert plan.steps[0].target.head == "cup"
    assert len(server.heard) == 3


def test_each_wait_is_longer(server: Server) -> None:
    server.says((503, {}))
    plan = planner(server, retries=2).plan(SAID)
    assert "HTTP 503" in plan.notes[-1]
    first, second, third = server.times
    assert 0.2 < second - first < 1.5
    assert third - second > 1.2 * (second - first)


def test_a_slow_server_is_given_up(server: Server) -> None:
    server.says((200, completion(PLAN), {}, 1.0))
    started = time.perf_counter()
    plan = planner(server, timeout=0.2, retries=0).plan(SAID)
    assert time.perf_counter() - started < 1.0
    assert plan.steps[0].target.head == "mug"
    assert "did not answer in time" in plan.notes[-1]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ((200, completion(None, refusal="I will not")), "refused"),
        ((200, completion(PLAN[:40], "length")), "max_tokens"),
        ((200, completion("")), "answered nothing"),
        ((200, {"choices": []}), "no known form"),
        ((200, "<html>no JSON</html>", {"Content-Type": "text/html"}), "no known form"),
        ((200, "{"), "no known form"),
        ((401, {"error": {"message": "wrong key"}}), "HTTP 401"),
        ((404, {"error": {"message": "no such model"}}), "no such model"),
    ],
)
def test_what_is_no_plan_falls_back_with_a_note(server: Server, entry: Any, told: str) -> None:
    server.says(entry)
    plan = planner(server, retries=0).plan(SAID)
    assert plan.steps[0].target.head == "mug"
    assert told in plan.notes[-1]
    assert KEY not in plan.model_dump_json()
    assert "\n" not in plan.notes[-1]


def test_malformed_json_is_mended_once(server: Server) -> None:
    server.says((200, completion("{steps: nonsense")), (200, completion(PLAN)))
    assert planner(server).plan(SAID).steps[0].target.head == "cup"
    roles = [message["role"] for message in server.heard[1]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


def test_no_server_at_all(server: Server) -> None:
    asking = planner(server, base_url="http://127.0.0.1:9/v1", retries=0)
    plan = asking.plan(SAID)
    assert plan.steps[0].target.head == "mug"
    assert "could not be asked" in plan.notes[-1]


def test_the_photo_is_sent_only_where_that_is_wanted(server: Server) -> None:
    photo = Photo(smooth(300, 600), name="desk.png")
    planner(server).plan(SAID, photo)
    assert isinstance(server.heard[0]["messages"][1]["content"], str)
    planner(server, sees=True, max_pixels=20_000).plan(SAID, photo)
    picture, text = server.heard[1]["messages"][1]["content"]
    data = picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,")
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (200, 100)
    assert "mug" in text["text"]


def test_settings_come_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOEDIT_LLM_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("AUTOEDIT_LLM_MODEL", "small")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-somebody-else")
    backends.create("planning", "endpoint", {}).plan(SAID)
    assert server.heard[0]["model"] == "small"
    assert "somebody-else" not in server.keys[0]
    monkeypatch.setenv("AUTOEDIT_LLM_KEY", "sk-own")
    backends.create("planning", "endpoint", {}).plan(SAID)
    assert server.keys[1] == "Bearer sk-own"


@pytest.mark.parametrize(
    "settings", [{}, {"model": "m", "timeout": 0}, {"model": "m", "retries": -1}]
)
def test_settings_out_of_range(server: Server, settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="planning"):
        backends.create("planning", "endpoint", settings)
