"""Weights that are missing are named all at once, before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoedit.errors import WeightsError
from autoedit.pipeline import load_pipeline
from autoedit.stages import Stages


@pytest.fixture(autouse=True)
def nothing_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("AUTOEDIT_CACHE", str(tmp_path / "own"))
    monkeypatch.chdir(tmp_path)


def test_several_are_named_together_with_their_size_and_what_to_run() -> None:
    pytest.importorskip("huggingface_hub")
    pipeline = load_pipeline("flux")
    with pytest.raises(WeightsError) as caught:
        Stages(pipeline).require(["grounding", "segmentation", "inpainting"])
    message = str(caught.value)
    for named in pipeline.references().values():
        assert named[0] in message
    assert "GB" in message
    assert "autoedit models pull flux" in message
    assert "--pull" in message


def test_one_is_named_alone_with_its_own_command() -> None:
    pytest.importorskip("huggingface_hub")
    with pytest.raises(WeightsError, match="models pull IDEA-Research/grounding-dino-tiny"):
        Stages(load_pipeline("flux")).require(["grounding", "planning"])


def test_the_embedded_pipeline_needs_none() -> None:
    Stages(load_pipeline("embedded")).require(["grounding", "segmentation", "inpainting"])


def test_a_pipeline_file_names_weights_by_a_path_beside_it(tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "pipelines" / "shapeworld.yaml"
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "mine.yaml").write_text(source.read_text())
    references = load_pipeline(folder / "mine.yaml").references()
    assert references["grounding"] == (str(folder / "shapeworld" / "detector"),)
