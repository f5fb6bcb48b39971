from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

import autoedit
from autoedit.core.files import load_photo
from autoedit.core.plan import EditPlan
from autoedit.editor import Editor
from autoedit.errors import SettingError, TargetNotFoundError
from tests import drawing

NOTHING_MORE = EditPlan(steps=())


@pytest.fixture(scope="module")
def editor() -> Editor:
    return Editor("product")


@pytest.fixture(scope="module")
def shot() -> tuple[Any, Any]:
    pixels = drawing.ground(240, 320)
    mask = drawing.ball(pixels, 120, 130, 60, (190, 40, 40))
    return pixels, mask


def rules(result: autoedit.EditResult) -> dict[str, bool]:
    return {check.name: check.passed for check in result.steps[-1].verdict.checks}


def test_an_edit_ends_as_a_product_photo(editor: Editor, shot: Any, tmp_path: Path) -> None:
    pixels, mask = shot
    result = editor.edit(pixels, NOTHING_MORE, mask=mask)
    assert [step.operation for step in result.steps] == ["background", "product"]
    assert rules(result) == {"exact_background": True, "srgb": True, "whole": True,
                             "outline_maximum": True}  # fmt: skip
    assert result.verdict.passed
    assert result.photo.width == result.photo.height == pytest.approx(121 / 0.85, abs=3)
    seen = load_photo(result.save(tmp_path / "out.jpg")).pixels
    away = np.hypot(*(np.indices(seen.shape[:2]) - (seen.shape[0] - 1) / 2))
    assert (seen[away > 75] == 255).all()
    middle = seen[away < 50].astype(int)
    assert np.abs(np.median(middle, axis=0) - np.median(pixels[mask], axis=0)).max() < 12
    assert "finishing" in result.timings
    assert result.mask.shape == pixels.shape[:2]


def test_a_sentence_does_its_own_and_then_the_product(editor: Editor, shot: Any) -> None:
    pixels, mask = shot
    black = editor.edit(pixels, "make the background black", mask=mask)
    assert (black.photo.pixels[:5] == 0).all()
    assert rules(black)["exact_background"]


def test_a_transparent_photo_keeps_its_own_edge(editor: Editor, shot: Any) -> None:
    pixels, mask = shot
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2)
    cut_out = Image.fromarray(np.dstack([pixels, np.rint(alpha * 255).astype(np.uint8)]))
    result = editor.edit(cut_out, NOTHING_MORE)
    assert result.verdict.passed and result.photo.alpha is None
    assert result.steps[0].regions[0].evidence == ("its own alpha",)
    row = result.photo.pixels[result.photo.height // 2, :, 1].astype(int)
    assert ((row > 60) & (row < 250)).sum() >= 8  # as soft as it came


def test_colours_are_converted_to_srgb_once(editor: Editor, shot: Any) -> None:
    pixels, mask = shot
    image = Image.fromarray(pixels)
    module: Any = ImageCms
    lab = ImageCms.ImageCmsProfile(module.createProfile("sRGB")).tobytes()
    image.info["icc_profile"] = lab
    same = editor.edit(image, NOTHING_MORE, mask=mask)
    assert not any("sRGB" in note for note in same.notes)
    assert same.photo.facts.icc_profile and rules(same)["srgb"]


def test_a_cut_product_fails_the_rule_and_lies_on_the_edge(editor: Editor) -> None:
    pixels = drawing.ground(240, 320)
    mask = drawing.ball(pixels, 20, 130, 60, (190, 40, 40))
    result = editor.edit(pixels, NOTHING_MORE, mask=mask)
    assert not rules(result)["whole"] and not result.verdict.passed
    assert (result.photo.pixels[:, 0] != 255).any()


def test_a_photo_without_a_subject_is_refused(editor: Editor) -> None:
    with pytest.raises(TargetNotFoundError):
        editor.edit(drawing.ground(240, 320), NOTHING_MORE)


def test_a_kept_background_leaves_the_photo_as_it_is(shot: Any) -> None:
    overrides = ("product.background=keep", "product.canvas=keep", "product.share=null")
    keeping = Editor("product", overrides=(*overrides, "product.format=PNG", "product.tidy=false"))
    result = keeping.edit(shot[0], NOTHING_MORE)
    assert np.array_equal(result.photo.pixels, shot[0])


def test_a_finished_photo_can_be_judged_alone(editor: Editor, shot: Any, tmp_path: Path) -> None:
    pixels, mask = shot
    path = tmp_path / "out.jpg"
    market = Editor("product-amazon")
    market.edit(pixels, NOTHING_MORE, mask=mask).save(path)
    outcome = {check.name: check for check in market.check(path)}
    assert {name for name, check in outcome.items() if not check.passed} == {"longest_minimum"}
    share = outcome["share_minimum"].value
    assert share is not None and 0.85 <= share <= 0.92
    grey = load_photo(path).pixels.copy()
    grey[:4] = 250
    Image.fromarray(grey).save(path, quality=95)
    assert not {check.name: check for check in market.check(path)}["exact_background"].passed


def test_an_unfinished_photo_fails_its_background(editor: Editor, shot: Any) -> None:
    outcome = {check.name: check for check in editor.check(shot[0])}
    background = outcome["exact_background"]
    assert not background.passed and background.value is not None and background.value > 0.9


def test_a_pipeline_without_rules_cannot_judge(shot: Any) -> None:
    with pytest.raises(SettingError, match="no product section"):
        Editor("embedded").check(shot[0])
    with pytest.raises(SettingError, match="no product section"):
        autoedit.product(shot[0], pipeline="embedded")


def test_python_has_the_command_too(shot: Any) -> None:
    pixels, mask = shot
    result = autoedit.product(pixels, mask=mask, pipeline="product-google")
    assert not rules(result)["shortest_minimum"]
    assert rules(result)["share_minimum"] and rules(result)["text_outside"]
    assert result.pipeline == "product-google"


def test_without_a_subject_it_says_what_to_do(editor: Editor) -> None:
    plain = drawing.ground(240, 320, (243, 243, 243), grain=0.3)
    with pytest.raises(TargetNotFoundError, match=r"--box.*--subject"):
        editor.edit(plain, NOTHING_MORE)
    nothing = np.dstack([plain, np.zeros(plain.shape[:2], np.uint8)])
    with pytest.raises(TargetNotFoundError, match="transparent all over"):
        editor.edit(nothing, NOTHING_MORE)
