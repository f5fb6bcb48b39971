"""`autoedit background` and `autoedit extract`: thin over the same plan and editor."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.fakes import Done, FakeEditor
from tests.drawing import ball, ground

Run = Callable[..., Done]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    pixels = ground(160, 220)
    ball(pixels, 110, 80, 40, (200, 40, 40))
    path = tmp_path / "ball.jpg"
    Image.fromarray(pixels).save(path, quality=95)
    return path


def test_the_options_are_the_pipelines_settings(editor: FakeEditor, photo: Path, run: Run) -> None:
    words = ["--contact", "cast", "--light", "200", "--softness", "0.3", "--reflection", "0.2",
             "--harmonize", "--fit", "tile", "--box", "1,2,30,30", "--seed", "5"]  # fmt: skip
    assert run("background", photo, "studio", *words).code == 0
    settings = editor.pipeline.compositing
    assert settings.contact == "cast"
    assert settings.light == 200
    assert (settings.softness, settings.reflection, settings.fit) == (0.3, 0.2, "tile")
    assert settings.harmonize
    name, told = editor.calls[0]
    assert (name, told["box"], told["seed"]) == ("edit", (1.0, 2.0, 30.0, 30.0), 5)


def test_without_options_the_pipeline_stays(editor: FakeEditor, photo: Path, run: Run) -> None:
    run("background", photo, "white", "--set", "compositing.contact=keep")
    assert editor.pipeline.compositing.contact == "keep"
    assert not editor.pipeline.compositing.harmonize


def test_a_background_is_written_beside_the_photo(scene: Path, run: Run) -> None:
    done = run("background", scene, "white", "--json")
    account = json.loads(done.out)
    assert done.code == account["exit_code"] == 0
    assert account["plan"]["steps"][0]["replacement"]["colour"] == "white"
    written = np.asarray(Image.open(scene.with_name("ball-background.jpg")))
    assert (written[:20] == 255).all()


def test_a_transparent_one_becomes_a_png(scene: Path, run: Run) -> None:
    done = run("background", scene, "transparent", "--subject", "the red ball")
    assert done.out.startswith("Made the background transparent: ")
    assert Image.open(scene.with_name("ball-background.png")).mode == "RGBA"


def test_an_extract_is_trimmed_and_transparent(scene: Path, run: Run) -> None:
    out = scene.with_name("cut.webp")
    assert run("extract", scene, "the red ball", "-o", out, "--trim", "4").code == 0
    image = Image.open(out)
    assert image.mode == "RGBA"
    assert max(abs(image.width - 89), abs(image.height - 89)) <= 4
    alpha = np.asarray(image)[:, :, 3]
    assert alpha[0, 0] == 0
    assert alpha[44, 44] == 255


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["extract", "-o", "out.jpg"], "transparency"),
        (["extract", "--trim", "-3"], "--trim"),
        (["background", "white", "--light", "north"], "degrees"),
        (["background", "white", "--contact", "glue"], "--contact"),
        (["background", "white", "--fit", "squeeze"], "--fit"),
        (["background", "white", "--softness", "7"], "softness"),
        (["background", "nosuch.png", "--box", "1,1,30,30"], "nosuch.png"),
        (["background", ""], "What is the background to be"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_code_2(
    photo: Path, run: Run, words: list[str], names: str
) -> None:
    files = sorted(photo.parent.iterdir())
    done = run(words[0], photo, *words[1:])
    assert done.code == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert names in done.err
    assert sorted(photo.parent.iterdir()) == files


def test_two_subjects_are_listed_and_drawn(tmp_path: Path, run: Run) -> None:
    pixels = ground(240, 360, grain=0.0)
    ball(pixels, 100, 130, 44, (200, 30, 30))
    ball(pixels, 260, 130, 44, (30, 40, 190))
    path = tmp_path / "two.png"
    Image.fromarray(pixels).save(path)
    done = run("background", path, "white")
    assert done.code == 3
    assert "--pick all" in done.err
    assert path.with_name("two-background-candidates.png").exists()
    assert run("background", path, "white", "--pick", "all").code == 0
