from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoedit.bulk import Batch, Result, Settings
from tests.bulk import drill


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The drill's pipeline, known here and in every worker."""
    drill.register(monkeypatch)
    return drill.write_pipeline(tmp_path / "drill.yaml")


Doer = Callable[..., list[Result]]


@pytest.fixture
def do(tmp_path: Path, pipeline: Path) -> Iterator[Doer]:
    """Runs photos/ into out/ with two workers; gives the results."""

    def doer(*photos: object, out: str | Path = tmp_path / "out", **more: object) -> list[Result]:
        asked = {"instruction": drill.INSTRUCTION, "pipeline": str(pipeline), "workers": 2, **more}
        settings = Settings(str(out), **asked)  # pyright: ignore[reportArgumentType]
        with Batch(photos or (tmp_path / "photos",), settings) as batch:  # pyright: ignore[reportArgumentType]
            batch.prepare()
            doer.taken = batch.taken  # pyright: ignore[reportFunctionMemberAccess]
            return [result for result in batch.results() if result is not None]

    yield doer
