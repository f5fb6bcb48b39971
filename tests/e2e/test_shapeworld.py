"""The neural chain end to end, with weights of our own, on scenes whose every answer is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from bench_shapeworld import BOUNDS, FIRST_SEED, Row, answer, mean, measure
from shapeworld import checks
from shapeworld.domain import scene

from autoedit.core.photo import Photo
from autoedit.editor import Editor
from autoedit.inpainting.diffusers import DiffusersInpainter

SCENES = 16
SLACK = 0.07  # one scene of sixteen


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return measure(SCENES, "shapeworld")


def score(rows: list[Row]) -> list[str]:
    """The names of the figures that fall short."""
    return [name for name, bound in BOUNDS.items() if mean(rows, name) < bound - SLACK]


def test_fresh_scenes_are_edited_as_they_should_be(rows: list[Row]) -> None:
    assert score(rows) == []
    assert mean(rows, "outside") == 1


FEW = 5


def few(editor: Editor) -> list[Row]:
    return [answer(editor, scene(seed), seed) for seed in range(FIRST_SEED, FIRST_SEED + FEW)]


def swapped_channels(patch: pytest.MonkeyPatch) -> None:
    fill = DiffusersInpainter.fill

    def wrong(self: Any, pixels: np.ndarray, hole: np.ndarray, request: Any) -> list[np.ndarray]:
        return fill(self, np.ascontiguousarray(pixels[:, :, ::-1]), hole, request)

    patch.setattr(DiffusersInpainter, "fill", wrong)


def inverted_mask(patch: pytest.MonkeyPatch) -> None:
    from diffusers import StableDiffusionInpaintPipeline as Pipeline

    call = Pipeline.__call__

    def wrong(self: Any, *args: Any, **words: Any) -> Any:
        from PIL import ImageOps

        masks = words["mask_image"]  # a list of several candidates' masks
        words["mask_image"] = (
            [ImageOps.invert(each) for each in masks]
            if isinstance(masks, list) else ImageOps.invert(masks)
        )  # fmt: skip
        return call(self, *args, **words)

    patch.setattr(Pipeline, "__call__", wrong)


def box_scaled_twice(patch: pytest.MonkeyPatch) -> None:
    from segment_anything.modeling import PromptEncoder

    embed = PromptEncoder._embed_boxes

    def wrong(self: Any, boxes: Any) -> Any:
        return embed(self, boxes * (self.input_image_size[0] / 96))

    patch.setattr(PromptEncoder, "_embed_boxes", wrong)


def detection_scaled_twice(patch: pytest.MonkeyPatch) -> None:
    from autoedit.grounding import detections

    made = detections.Detection.__init__

    def wrong(self: Any, box: Any, *args: Any, **words: Any) -> None:
        made(self, tuple(1.33 * value for value in box), *args, **words)

    patch.setattr(detections.Detection, "__init__", wrong)


def wrong_normalisation(patch: pytest.MonkeyPatch) -> None:
    from transformers import AutoProcessor

    load = AutoProcessor.from_pretrained

    def wrong(*args: Any, **words: Any) -> Any:
        processor = load(*args, **words)
        processor.image_processor.image_mean = [0.0, 0.0, 0.0]
        processor.image_processor.image_std = [0.1, 0.1, 0.1]
        return processor

    patch.setattr(AutoProcessor, "from_pretrained", wrong)


@pytest.mark.parametrize(
    "plant",
    [swapped_channels, inverted_mask, box_scaled_twice, detection_scaled_twice,
     wrong_normalisation],
)  # fmt: skip
def test_a_planted_fault_shows_in_the_figures(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, rows: list[Row]
) -> None:
    plant(monkeypatch)
    fallen = set(score(few(Editor("shapeworld")))) - set(score(rows[:FEW]))
    assert fallen, "the fault went unnoticed"


def test_the_instruction_of_the_readme(tmp_path: Path) -> None:
    drawn = next(
        each for each in map(scene, range(FIRST_SEED, FIRST_SEED + 999))
        if any(thing.name == "red circle" for thing in each.things)
    )  # fmt: skip
    result = Editor("shapeworld").edit(drawn.pixels, "replace the red circle with a blue star")
    assert checks.seen(result.photo.pixels, result.matte.array > 0) == ("blue", "star")
    assert result.verdict.passed
    drawn_check = next(check for check in result.verdict.checks if check.name == "drawn")
    assert drawn_check.value is not None


def test_the_same_seed_gives_the_same_bits_and_candidates_differ() -> None:
    editor = Editor("shapeworld")
    drawn = scene(FIRST_SEED + 5)
    instruction = f"replace the {drawn.things[0].name} with an orange triangle"
    first = editor.edit(drawn.pixels, instruction, candidates=2)
    again = editor.edit(drawn.pixels, instruction, candidates=2)
    assert len(first.candidates) == 2
    assert (first.photo.pixels == again.photo.pixels).all()
    assert (first.candidates[0].pixels != first.candidates[1].pixels).any()


def test_something_is_added_where_it_was_asked_for() -> None:
    drawn = scene(FIRST_SEED + 3, things=1)
    x = drawn.things[0].centre[0]
    side, low = ("left", 0) if x > 48 else ("right", 48)
    result = Editor("shapeworld").edit(drawn.pixels, f"add a green square on the {side}")
    hole = result.matte.array > 0
    assert checks.seen(result.photo.pixels, hole) == ("green", "square")
    centre = np.argwhere(hole).mean(axis=0)
    assert low <= centre[1] < low + 48


def test_a_larger_photo_is_filled_in_a_window_of_its_own_scale() -> None:
    drawn = scene(FIRST_SEED + 7)
    rng = np.random.default_rng(0)
    wide = rng.integers(100, 200, (150, 260, 3)).astype(np.uint8)
    wide[20:116, 90:186] = drawn.pixels
    editor = Editor("shapeworld")
    x0, y0, x1, y1 = drawn.things[0].box
    box = (x0 + 90, y0 + 20, x1 + 90, y1 + 20)
    result = editor.edit(Photo(pixels=wide), f"remove the {drawn.things[0].name}", box=box)
    outside = result.matte.array == 0
    assert (result.photo.pixels[outside] == wide[outside]).all()
    assert result.photo.shape == (150, 260)


def test_every_stage_names_its_weights_in_the_report() -> None:
    drawn = scene(FIRST_SEED)
    report = Editor("shapeworld").edit(drawn.pixels, f"remove the {drawn.things[0].name}").report()
    assert set(report["weights"]) == {"grounding", "segmentation", "inpainting"}
    assert all(Path(one).exists() for named in report["weights"].values() for one in named)
