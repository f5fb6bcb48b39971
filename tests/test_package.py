"""The wheel: what is in it, and that it works where there is no checkout."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytest.importorskip("hatchling", reason="wheels are built with hatchling: pip install -e '.[dev]'")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("autoedit-*.whl")
    return built


def test_the_wheel_holds_the_package_its_data_and_its_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "autoedit").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    data = {
        f"autoedit/data/{path.relative_to(ROOT)}"
        for kind in ("pipelines", "prompts")
        for path in (ROOT / kind).rglob("*")
        if path.is_file()
    }
    packaged = {name for name in names if name.startswith("autoedit/")}
    assert {"autoedit/py.typed", "autoedit/data/pipelines/embedded.yaml"} <= packaged
    assert packaged == sources | data
    others = names - packaged
    assert all(".dist-info/" in name for name in others)
    assert any(name.endswith("licenses/LICENSE") for name in others)


def test_the_installed_wheel_finds_its_pipelines_and_its_command(
    wheel: Path, tmp_path: Path
) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(tmp_path), str(wheel)], check=True,
                   capture_output=True)  # fmt: skip
    code = f"""
import sys, json
sys.path.insert(0, {str(tmp_path)!r})
import autoedit
from autoedit.pipeline import available, data_directory, prompt_template
from importlib.metadata import distribution, version
scripts = distribution("autoedit").entry_points.select(group="console_scripts")
print(json.dumps({{
    "home": autoedit.__file__,
    "same_version": version("autoedit") == autoedit.__version__,
    "embedded": autoedit.load_pipeline("embedded").name,
    "prompts": [
        prompt_template(path.name, str(path.parent.relative_to(data_directory("prompts"))))
        for path in data_directory("prompts").rglob("*.txt")
    ],
    "pipelines": str(data_directory("pipelines")),
    "command": [script.load().__module__ for script in scripts if script.name == "autoedit"],
}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    account = json.loads(done.stdout)
    assert account["home"].startswith(str(tmp_path))
    assert account["pipelines"] == str(tmp_path / "autoedit" / "data" / "pipelines")
    assert account["embedded"] == "embedded"
    written = [path.read_text(encoding="utf-8") for path in (ROOT / "prompts").rglob("*.txt")]
    assert sorted(account["prompts"]) == sorted(written)
    assert account["same_version"]
    assert account["command"] == ["autoedit.cli"]
