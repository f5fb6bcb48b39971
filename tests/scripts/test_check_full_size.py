"""The full-size check itself, at a size that takes seconds."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("segment_anything")

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_full_size.py"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("check_full_size", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def seen() -> dict[str, Any]:
    """What a good run of the full size notes."""
    return {
        "photo": [3000, 4000, 3], "edited": [3000, 4000, 3], "edited_dtype": "uint8",
        "outline": [3000, 4000, "float32", 0.01], "window": [1200, 1200, 3],
        "unet_calls": [[2, 9, 64, 64]] * 2, "outside": 11_000_000, "outside_changed": 0,
        "inside_changed": 1.0,
    }  # fmt: skip


@pytest.mark.slow
def test_a_tiny_run_passes_and_cleans_up(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--tiny", "--folder", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("481 x 643 x 3", "0 of ", "GiB", "as it must be"):
        assert line in done.stdout
    assert re.search(r"called with (2 x 9 x \d x \d), \1$", done.stdout, re.MULTILINE)
    assert not list(tmp_path.iterdir())


def test_a_good_run_has_no_faults(script, seen):
    assert script.faults(seen, dict(script.FULL.parameters), script.FULL, 2) == []


@pytest.mark.parametrize(
    ("fault", "changes"),
    [
        ("outside of the hole", {"outside_changed": 1}),
        ("inside of the hole", {"inside_changed": 0.1}),
        ("edited size", {"edited": [2999, 4000, 3]}),
        ("edited dtype", {"edited_dtype": "float32"}),
        ("outline", {"outline": [1024, 1024, "float32", 0.01]}),
        ("window", {"window": [3000, 4000, 3]}),
        ("denoising steps", {"unet_calls": [[2, 9, 64, 64]]}),
        ("latents", {"unet_calls": [[2, 9, 128, 128]] * 2}),
    ],
)
def test_what_is_wrong_is_named(script, seen, fault, changes):
    counts = dict(script.FULL.parameters)
    assert script.faults({**seen, **changes}, counts, script.FULL, 2) == [fault]


def test_a_model_of_another_size_is_named(script, seen):
    counts = {**script.FULL.parameters, "unet": 859_520_964}  # with four input channels
    assert script.faults(seen, counts, script.FULL, 2) == ["parameters"]


def test_the_configurations_are_those_of_the_real_models(script):
    torch, diffusers = pytest.importorskip("torch"), pytest.importorskip("diffusers")
    builders = pytest.importorskip("segment_anything")
    with torch.device("meta"):
        unet = diffusers.UNet2DConditionModel(in_channels=9, out_channels=4, **script.FULL.unet)
        ours, theirs = script.segment_anything(script.FULL.sam), builders.build_sam_vit_b()
    assert sum(each.numel() for each in unet.parameters()) == script.FULL.parameters["unet"]
    shapes = {name: each.shape for name, each in ours.state_dict().items()}
    assert shapes == {name: each.shape for name, each in theirs.state_dict().items()}
    assert len(script.tokenizer()) == 49_408
