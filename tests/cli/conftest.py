"""A photo on disk, a fake editor, and a runner of the command line in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from autoedit.cli import main
from tests.cli.fakes import Done, FakeEditor

SIZE = (40, 60)


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> FakeEditor:
    fake = FakeEditor()
    monkeypatch.setitem(sys.modules, "autoedit.editor", SimpleNamespace(Editor=fake))
    return fake


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A PNG in `tmp_path`, of noise that no edit makes by itself."""
    noise = np.random.default_rng(3).integers(50, 255, (*SIZE, 3), np.uint8)
    path = tmp_path / "desk.png"
    Image.fromarray(noise).save(path)
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs the command line in this process."""

    def runner(*words: Any) -> Done:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Done(code, *capsys.readouterr())

    return runner
