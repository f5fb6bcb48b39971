"""What a command loads before it works, and how long that takes."""

import json
import statistics
import subprocess
import sys
import time

import pytest

HEAVY = {"torch", "diffusers", "transformers", "numpy", "cv2", "PIL", "scipy", "skimage", "numba"}
LISTING = """
import json, sys
from autoedit.cli import main
code = main(sys.argv[1:])
print("\\n" + json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def loaded_by(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LISTING, *words], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stdout + done.stderr
    return set(modules)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["edit", "--help"],
        ["--version"],
        ["plan", "remove the red mug"],
        ["pipelines"],
    ],
    ids=" ".join,
)
def test_light_commands_load_no_heavy_library(words: list[str]) -> None:
    loaded = loaded_by(*words)
    assert "typer" in loaded
    assert not loaded & HEAVY


def test_help_takes_at_most_two_and_a_half_times_its_libraries() -> None:
    libraries = [sys.executable, "-c", "import typer, rich"]
    program = [sys.executable, "-m", "autoedit", "--help"]
    seconds: dict[str, list[float]] = {"libraries": [], "program": []}
    for _ in range(7):
        for name, command in (("libraries", libraries), ("program", program)):
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            seconds[name].append(time.perf_counter() - start)
    ratio = statistics.median(seconds["program"]) / statistics.median(seconds["libraries"])
    assert ratio <= 2.5
