"""Missing weights are named all at once, before any work; text goes to its own reader."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autoedit import stages as stages_module
from autoedit.core.files import load_photo
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.errors import WeightsError
from autoedit.pipeline import load_pipeline
from autoedit.products.colours import in_srgb, is_srgb
from autoedit.stages import Stages
from tests.testing import SHARED

WIDE = SHARED / "photos/objects/red_ship_sea.jpg"


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


def test_text_is_read_whichever_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Texts:
        def prepare(self, photo: Photo) -> Texts:
            return self

        def find(self, target: Target, elsewhere: Callable[[Target], Regions]) -> Regions:
            asked.append(target.phrase)
            return Regions()

    class Things(Texts):
        def find(self, target: Target, elsewhere: object = None) -> Regions:
            asked.append(f"detector: {target.phrase}")
            return Regions()

    stages = Stages(load_pipeline("standard"))
    stages.__dict__ |= {"text_grounder": Texts(), "grounder": Things()}
    photo = Photo(np.zeros((8, 8, 3), np.uint8))
    for phrase, head in (("the text", "text"), ("the red mug", "mug"), ("the sign", "sign")):
        stages.ground(photo, Target(phrase=phrase, head=head))
    assert asked == ["the text", "detector: the red mug", "detector: the sign"]

    asked.clear()
    stages = Stages(load_pipeline("embedded"))  # what a sign is, it learns from words on it alone
    stages.__dict__ |= {"text_grounder": Texts(), "grounder": Things()}
    stages.ground(photo, Target(phrase="the sign", head="sign"))
    assert asked == ["the sign", "detector: the sign"]


@pytest.mark.skipif(not WIDE.exists(), reason="no shared photos")
def test_a_wide_profile_is_seen_as_it_looks() -> None:
    photo = load_photo(WIDE)
    assert photo.facts.icc_profile and not is_srgb(photo)
    target = Target(phrase="the main subject", head="subject")
    stages = Stages(load_pipeline("embedded"))
    (wide,), (plain,) = (list(stages.ground(one, target)) for one in (photo, in_srgb(photo)))
    assert wide.box == plain.box
    assert wide.score == plain.score


def test_an_ordinary_edit_loads_no_reader() -> None:
    program = (
        "import sys, numpy as np; from autoedit import Editor;"
        "from autoedit.core.photo import Photo;"
        "photo = np.full((60, 80, 3), 200, np.uint8); photo[20:40, 30:50] = (200, 20, 20);"
        "Editor('embedded').locate(Photo(photo), 'the red box');"
        "sys.exit(any(name in sys.modules for name in ('rapidocr', 'onnxruntime', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_of_several_things_a_guess_stays_a_guess() -> None:
    region = Region((0, 0, 9, 9), 0.9, "thing")
    sure, guess = Regions((region,)), Regions((region,), ambiguous=True, note="I don't know.")
    both = stages_module._together([(Target(phrase="a"), sure), (Target(phrase="b"), guess)])
    assert both.guessed
    assert len(both) == 2
    asked = Regions((region,), ambiguous=True)
    assert not stages_module._together([(Target(phrase="a"), asked)]).guessed
