"""The whole chain on the rendered examples, in this process and through the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

import autoedit
from autoedit import errors
from autoedit.core.files import load_photo, save_photo
from autoedit.core.photo import Photo
from autoedit.editor import Editor
from tests.drawing import block, ground

EXAMPLES = Path(__file__).parents[2] / "examples"
SCENES: list[dict[str, Any]] = [
    json.loads(line) for line in (EXAMPLES / "scenes.jsonl").read_text().splitlines()
]


def true_mask(scene: dict[str, Any]) -> np.ndarray:
    return np.asarray(Image.open(EXAMPLES / scene["mask"]).convert("L")) > 127


def small(path: Path, width: int = 480) -> Image.Image:
    image = Image.open(path).convert("RGB")
    return image.resize((width, round(width * image.height / image.width)), Image.Resampling.BOX)


@pytest.fixture(scope="module")
def editor() -> Editor:
    return Editor("embedded")


@pytest.fixture(scope="module")
def ious(editor: Editor) -> dict[str, float]:
    found: dict[str, float] = {}
    for scene in SCENES:
        target = editor.plan(scene["instruction"]).steps[0].target.phrase
        mask, truth = editor.segment(EXAMPLES / scene["photo"], target).binary, true_mask(scene)
        found[scene["name"]] = float((mask & truth).sum() / (mask | truth).sum())
    return found


def test_the_right_thing_is_outlined_in_every_scene(ious: dict[str, float]) -> None:
    assert len(ious) >= 12
    assert min(ious.values()) >= 0.75, ious
    assert np.mean(list(ious.values())) >= 0.90, ious


@pytest.mark.parametrize("name", ["desk", "beach", "yard"])
def test_an_edit_passes_its_own_checks_and_nears_the_clean_plate(editor: Editor, name: str) -> None:
    scene = next(scene for scene in SCENES if scene["name"] == name)
    result = editor.edit(EXAMPLES / scene["photo"], scene["instruction"])
    assert result.verdict.passed, result.report()["verdict"]
    assert {check.name for check in result.verdict.checks} == {
        "outside_untouched", "seam", "coverage", "target_gone",
    }  # fmt: skip
    before, after = result.original.pixels, result.photo.pixels
    assert (before[result.matte.array == 0] == after[result.matte.array == 0]).all()
    plate = load_photo(EXAMPLES / scene["clean_plate"]).pixels.astype(float)
    inside = true_mask(scene)
    left = np.abs(before[inside] - plate[inside]).mean()
    assert np.abs(after[inside] - plate[inside]).mean() < 0.5 * left
    assert list(result.timings) == [
        "loading", "planning", "grounding", "segmentation", "masking", "inpainting",
        "verification",
    ]  # fmt: skip
    json.dumps(result.report())


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("deep", [False, True])
def test_what_lies_outside_the_matte_is_bit_identical_on_disk(
    editor: Editor, tmp_path: Path, suffix: str, *, deep: bool
) -> None:
    pixels = np.asarray(small(EXAMPLES / "beach.jpg"))
    source = tmp_path / f"in{suffix}"
    if deep:
        rng = np.random.default_rng(2)
        samples = pixels.astype(np.uint16) * 256 + rng.integers(0, 256, pixels.shape, np.uint16)
        save_deep(samples, source)
    else:
        Image.fromarray(pixels).save(source)
    result = editor.edit(source, "remove the object on the right")
    written = load_photo(result.save(tmp_path / f"out{suffix}"))
    outside = result.matte.array == 0
    before = load_photo(source)
    assert outside.mean() > 0.5
    assert (written.pixels[outside] == before.pixels[outside]).all()
    assert (written.deep is not None) == deep
    if written.deep is not None and before.deep is not None:
        assert (written.deep[outside] == before.deep[outside]).all()
        assert (written.deep[~outside] != before.deep[~outside]).any()


def save_deep(samples: np.ndarray, path: Path) -> None:
    if path.suffix == ".tif":
        tifffile.imwrite(path, samples, photometric="rgb")
    else:
        save_photo(Photo((samples // 257).astype(np.uint8), deep=samples), path)


def test_every_kind_of_photo_comes_back_as_what_it_was(editor: Editor) -> None:
    rgb = small(EXAMPLES / "beach.jpg")
    forms = {"L": rgb.convert("L"), "RGB": rgb, "RGBA": rgb.convert("RGBA")}
    mask = np.zeros((rgb.height, rgb.width), bool)
    mask[100:200, 300:400] = True
    for mode, image in forms.items():
        result = editor.edit(image, "remove this", mask=mask)
        assert result.image.mode == mode
        assert result.image.size == rgb.size
    assert editor.edit(np.asarray(rgb), "remove this", mask=mask).image.mode == "RGB"


def test_same_seed_same_bits_and_candidates_differ(editor: Editor) -> None:
    photo = small(EXAMPLES / "yard.jpg")
    first = editor.edit(photo, "remove the red toy car", seed=4)
    again = autoedit.edit(photo, "remove the red toy car", seed=4)
    assert (first.photo.pixels == again.photo.pixels).all()
    several = editor.edit(photo, "remove the red toy car", seed=4, candidates=3)
    assert len(several.candidates) == 3
    assert (several.candidates[0].pixels == several.photo.pixels).all()
    assert (several.candidates[1].pixels != several.photo.pixels).any()


def test_a_box_a_point_and_a_mask_show_the_target(editor: Editor) -> None:
    scene = next(scene for scene in SCENES if scene["name"] == "desk")
    truth = true_mask(scene)
    rows, columns = np.nonzero(truth)
    box = (columns.min() - 3, rows.min() - 3, columns.max() + 4, rows.max() + 4)
    photo = EXAMPLES / "desk.jpg"
    for mask in (
        autoedit.segment(photo, box=box),
        editor.segment(photo, point=(545, 420)),
        editor.edit(photo, "remove the mug", mask=EXAMPLES / scene["mask"]).mask,
    ):
        assert (mask.binary & truth).sum() / (mask.binary | truth).sum() > 0.75


def test_what_it_cannot_know_it_says(editor: Editor) -> None:
    with pytest.raises(errors.AmbiguousTargetError, match="I don't know what a 'giraffe'") as asked:
        editor.edit(EXAMPLES / "desk.jpg", "remove the giraffe")
    assert asked.value.candidates is not None
    assert all(each.unchecked == ("giraffe",) for each in asked.value.candidates)


@pytest.mark.parametrize(
    "instruction",
    ["replace the red mug with a vase", "add a lamp on the desk", "make the mug out of glass",
     "change the background to a beach"],
)  # fmt: skip
def test_what_needs_a_generative_model_is_refused_before_any_work(
    editor: Editor, instruction: str
) -> None:
    with pytest.raises(errors.UnsupportedInstructionError, match="needs a generative model"):
        editor.edit(EXAMPLES / "desk.jpg", instruction)


def test_two_steps_in_one_sentence(editor: Editor) -> None:
    result = editor.edit(
        small(EXAMPLES / "tiles.jpg"), "remove the yellow ball and make the purple cone red"
    )
    assert [step.operation for step in result.steps] == ["remove", "modify"]
    cone = result.steps[1].mask.binary
    before, after = (
        result.original.pixels[cone].mean(axis=0),
        result.photo.pixels[cone].mean(axis=0),
    )
    assert before[2] > before[0]
    assert after[0] > 2 * after[2]


def test_a_background_and_a_cut_out(editor: Editor) -> None:
    photo = small(EXAMPLES / "beach.jpg")
    blurred = editor.edit(photo, "blur the background").matte.array
    assert 0.5 < (blurred > 0).mean() < 1
    cut = editor.edit(photo, "cut out the object on the right")
    assert cut.image.mode == "RGBA"
    assert cut.photo.alpha is not None
    assert (cut.photo.alpha[~cut.mask.binary] < 255).mean() > 0.95
    assert (cut.photo.alpha[cut.mask.binary] > 128).mean() > 0.9


def test_retries_grow_further_and_keep_the_best() -> None:
    editor = Editor("embedded", overrides=("verification.seam=0.01", "verification.attempts=3"))
    result = editor.edit(small(EXAMPLES / "beach.jpg", 320), "remove the object on the right")
    assert not result.verdict.passed
    assert result.steps[0].attempts == 3


def test_progress_names_the_stages_and_cancels(editor: Editor) -> None:
    seen: list[str] = []
    photo = small(EXAMPLES / "beach.jpg", 320)

    def progress(stage: str, fraction: float) -> bool:
        assert 0 <= fraction <= 1
        seen.append(stage)
        return True

    editor.edit(photo, "remove the object on the right", progress=progress)
    assert list(dict.fromkeys(seen))[-2:] == ["inpainting", "verification"]
    with pytest.raises(errors.CancelledError):
        editor.edit(photo, "remove the object on the right", progress=lambda *_: False)


def test_a_notebook_shows_before_mask_and_after(editor: Editor) -> None:
    photo = small(EXAMPLES / "beach.jpg", 320)
    html = editor.edit(photo, "remove the object on the right")._repr_html_()
    assert html.count("data:image/png;base64,") == 3


def test_inpaint_fills_and_needs_no_words() -> None:
    photo = small(EXAMPLES / "beach.jpg", 320)
    hole = np.zeros((photo.height, photo.width), np.uint8)
    hole[60:100, 60:120] = 255
    filled = np.asarray(autoedit.inpaint(photo, hole, seed=1))
    assert (filled[hole == 0] == np.asarray(photo)[hole == 0]).all()
    assert (filled[hole > 0] != np.asarray(photo)[hole > 0]).any()


def test_an_edit_loads_no_torch_and_a_plan_neither_numpy(tmp_path: Path) -> None:
    edit = f"""
import sys
from autoedit.cli import main
code = main(["edit", {str(EXAMPLES / "beach.jpg")!r}, "remove the object on the right",
             "-o", {str(tmp_path / "out.jpg")!r}])
heavy = {{"torch", "diffusers", "transformers"}} & set(sys.modules)
sys.exit(code if not heavy else f"loaded: {{heavy}}")
"""
    plan = """
import sys
from autoedit.cli import main
code = main(["plan", "remove the red mug"])
heavy = {"torch", "cv2"} & set(sys.modules)
sys.exit(code if not heavy else f"loaded: {heavy}")
"""
    for program in (edit, plan):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.jpg").is_file()


def test_a_given_mask_is_taken_as_it_was_painted(editor: Editor) -> None:
    photo = small(EXAMPLES / "beach.jpg", 320)
    painted = np.zeros((photo.height, photo.width), bool)
    painted[60:130, 200:270] = True
    painted[150:152, 40:42] = True  # a speck, but a person's
    result = editor.edit(photo, "remove this", mask=painted)
    assert (result.mask.binary == painted).all()
    assert (result.matte.array[painted] == 1).all()


def test_only_the_shadow_goes_and_the_thing_stays(editor: Editor) -> None:
    scene = next(scene for scene in SCENES if scene["name"] == "yard")
    car = true_mask(scene)
    plan = editor.plan("remove the red toy car")
    only = plan.model_copy(
        update={"steps": (plan.steps[0].model_copy(update={"effects": "only"}),)}
    )
    result = editor.edit(EXAMPLES / "yard.jpg", only, mask=car)
    before, after = result.original.pixels, result.photo.pixels
    changed = (before != after).any(axis=2)
    core = cv2.erode(car.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert core.mean() > 0.03
    assert not changed[core].any()
    plate = load_photo(EXAMPLES / scene["clean_plate"]).pixels.astype(int)
    shadow = (np.abs(before.astype(int) - plate).max(axis=2) > 30) & ~car
    assert changed[shadow].mean() > 0.5


def test_an_error_over_the_target_shows_where_it_looked(editor: Editor) -> None:
    photo = EXAMPLES / "desk.jpg"
    with pytest.raises(errors.TargetNotFoundError) as caught:
        editor.edit(photo, "remove the purple cup")
    assert caught.value.photo is not None
    assert (caught.value.photo.pixels == load_photo(photo).pixels).all()
    found = caught.value.candidates
    assert found is not None
    assert len(found) == 0


def test_negative_points_take_a_whole_thing_away_and_cannot_stand_alone(editor: Editor) -> None:
    photo = EXAMPLES / "desk.jpg"
    everything = (330.0, 150.0, 860.0, 640.0)
    whole = editor.segment(photo, box=everything)
    on_mug = (545.0, 420.0)
    assert whole.binary[420, 545]
    without = editor.segment(photo, box=everything, negative_point=on_mug)
    assert not without.binary[420, 545]
    mug = true_mask(next(scene for scene in SCENES if scene["name"] == "desk"))
    assert without.binary[mug].mean() < 0.1
    with pytest.raises(errors.MaskError, match="what is not meant"):
        editor.segment(photo, negative_point=on_mug)
    with pytest.raises(errors.MaskError, match="lies outside the photo"):
        editor.segment(photo, box=everything, negative_point=(5000, 10))


def test_what_stands_before_the_target_keeps_its_edge(editor: Editor) -> None:
    photo = ground()
    can = block(photo, 200, 60, 260, 220, (40, 120, 50))
    bowl = cv2.ellipse(np.zeros(can.shape, np.uint8), (250, 240), (110, 60), -8, 0, 360, 1, -1) > 0
    photo[bowl] = (190, 60, 110)
    result = editor.edit(Photo(photo), "remove this, keep the shadow", mask=can & ~bowl)
    inner = cv2.erode(bowl.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert (result.photo.pixels[inner] == photo[inner]).all()
