"""A server on this machine that speaks as much of the hub as a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Repositories by name, plain files by path, and what went over the wire.

    Attributes:
        repositories: owner/name -> path in it -> content.
        gated: repositories whose files need a token that the server accepts.
        token: that token.
        files: path -> content, served beside the hub.
        cut_after: path -> bytes after which the next answer for it breaks off; once each.
        deaf_to_ranges: whether Range headers are ignored, as some servers do.
        seen: (method, path, Range header) of each request.
    """

    url: str = ""
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    token: str = "hf_accepted"
    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: dict[str, int] = field(default_factory=dict)
    deaf_to_ranges: bool = False
    seen: list[tuple[str, str, str | None]] = field(default_factory=list)

    def fetched(self) -> list[str]:
        """The paths whose content was asked for."""
        return [path for method, path, _ in self.seen if method == "GET" and "/api/" not in path]


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.seen.append((self.command, path, self.headers.get("Range")))
        if path in self.hub.files:
            self._content(path, self.hub.files[path], {})
            return
        parts = path.strip("/").split("/")
        api = parts[:2] == ["api", "models"]
        repo = "/".join(parts[2:4] if api else parts[:2])
        if not api and "resolve" not in parts:
            self._refuse(404, "")  # no page of the hub
        elif repo not in self.hub.repositories:
            self._refuse(404, "RepoNotFound")
        elif api:
            self._api(repo, parts[4:])
        else:
            self._resolve(path, repo, parts[2:])

    do_HEAD = do_GET  # noqa: N815

    def _api(self, repo: str, rest: list[str]) -> None:
        files = self.hub.repositories[repo]
        if rest[0] == "revision" and rest[1] not in ("main", COMMIT):
            self._refuse(404, "RevisionNotFound")
        elif rest[0] == "tree":
            self._json(
                [
                    {"type": "file", "path": name, "size": len(content), "oid": _oid(content)}
                    for name, content in files.items()
                ]
            )
        else:
            siblings = [{"rfilename": name, "size": len(files[name])} for name in files]
            self._json({"id": repo, "sha": COMMIT, "siblings": siblings})

    def _resolve(self, path: str, repo: str, rest: list[str]) -> None:
        name = "/".join(rest[2:])
        allowed = self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        if repo in self.hub.gated and not allowed:
            self._refuse(403, "GatedRepo")
        elif name not in self.hub.repositories[repo]:
            self._refuse(404, "EntryNotFound")
        else:
            content = self.hub.repositories[repo][name]
            headers = {
                "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Repo-Commit": COMMIT,
                "X-Linked-Size": str(len(content)),
            }
            self._content(path, content, headers)

    def _content(self, path: str, content: bytes, headers: dict[str, str]) -> None:
        start = 0
        wanted = self.headers.get("Range")
        if wanted and not self.hub.deaf_to_ranges:
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
            if start >= len(content):
                self._refuse(416, "")
                return
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        part = content[start:]
        self.send_response(206 if start else 200)
        for key, value in {**headers, "Content-Length": str(len(part))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.hub.cut_after.pop(path, None)
        self.wfile.write(part[:cut])
        if cut is not None:
            self.close_connection = True

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command == "GET" else b"")

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def running() -> Iterator[Hub]:
    """A hub on a free port of this machine."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
