"""Every command that the README shows runs as it stands there."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALLS = ("pip install", "./scripts/test")


def shell_commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.strip()]


RUN_HERE = [line for line in shell_commands() if not line.startswith(INSTALLS)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with what a checkout has, where the commands may write."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(ROOT / "pipelines", folder / "pipelines")
    return folder


def test_the_readme_has_the_two_commands_on_its_first_screen() -> None:
    first_screen = "\n".join(README.splitlines()[:25])
    assert './scripts/autoedit edit examples/desk.jpg "remove the red mug"' in first_screen
    assert "./scripts/test" in first_screen


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_of_the_readme_runs(command: str, folder: Path) -> None:
    program, *words = shlex.split(command)
    assert program in ("autoedit", "./scripts/autoedit")
    done = subprocess.run(
        [sys.executable, "-m", "autoedit", *words],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for option, value in itertools.pairwise(words):
        if option in ("-o", "--report"):
            assert (folder / value).stat().st_size > 0


@pytest.mark.parametrize("code", re.findall(r"^```python\n(.*?)^```", README, re.M | re.S))
def test_the_python_of_the_readme_runs(code: str, folder: Path) -> None:
    if "PatchDiffusionPipeline" in code:
        pytest.importorskip("diffusers")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_a_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_readme_lists_every_command_and_every_pipeline() -> None:
    from autoedit.cli import app
    from autoedit.pipeline import available

    for command in app.registered_commands:
        assert f"| `{command.name}" in README
    for pipeline in available():
        assert f"| `{pipeline}` |" in README
