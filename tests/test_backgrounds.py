"""A subject on another background, through the editor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import autoedit
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep, Replacement, Target
from autoedit.errors import (
    AmbiguousTargetError,
    InstructionError,
    PhotoError,
    SettingError,
    TargetNotFoundError,
    UnsupportedInstructionError,
)
from tests.drawing import ball, cast_shadow, ground, overlap
from tests.testing import noise

SUBJECT = Target(phrase="the main subject", head="subject")


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, np.ndarray]:
    """A red ball with a shadow to its right; the photo and the ball's outline."""
    photo = ground(240, 320)
    cast_shadow(photo, 190, 172, (60, 14), depth=0.55)
    return photo, ball(photo, 140, 130, 48, (200, 40, 40))


def on(scene: tuple[Any, Any], what: str, **settings: Any) -> Any:
    photo, inside = scene
    return autoedit.background(photo, what, mask=inside, **settings)


@pytest.mark.parametrize("colour", ["white", "#7f8081", "black"])
def test_a_plain_colour_is_exact_where_the_subject_is_not(scene: Any, colour: str) -> None:
    result = on(scene, colour)
    expected = {"white": (255, 255, 255), "#7f8081": (127, 128, 129), "black": (0, 0, 0)}[colour]
    outside = result.matte.array == 1
    assert outside.mean() > 0.7
    assert (result.photo.pixels[outside] == expected).all()
    solid = result.matte.array == 0
    assert (result.photo.pixels[solid] == scene[0][solid]).all()
    assert result.verdict.passed


def darkened(result: Any, x: int, y: int) -> float:
    """How much darker a place is than the white that was asked for, 0 to 1."""
    return 1 - float(result.photo.pixels[y - 2 : y + 3, x - 2 : x + 3].mean()) / 255


def test_auto_contact_goes_by_the_backdrop(scene: Any, tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    Image.new("RGB", (640, 480), (255, 255, 255)).save(path)
    assert darkened(on(scene, "white"), 140, 185) == 0
    assert darkened(on(scene, str(path)), 140, 185) > 0.03
    assert darkened(on(scene, str(path), contact="none"), 140, 185) == 0
    assert darkened(on(scene, "white", contact="cast"), 140, 185) > 0.03


def test_a_kept_shadow_lies_where_it_lay(scene: Any) -> None:
    kept = on(scene, "white", contact="keep")
    assert darkened(kept, 215, 172) > 0.25
    assert darkened(kept, 60, 172) < 0.02
    assert (kept.photo.pixels[:60] == 255).all()
    step = EditStep(
        operation="background", target=SUBJECT, replacement=Replacement(colour="white"),
        effects="keep",
    )  # fmt: skip
    told = autoedit.edit(scene[0], EditPlan(steps=(step,)), mask=scene[1])
    assert (told.photo.pixels == kept.photo.pixels).all()


def test_no_shadow_to_keep_is_noted() -> None:
    photo = ground(240, 320, grain=0.0)
    inside = ball(photo, 150, 130, 50, (200, 40, 40))
    result = on((photo, inside), "white", contact="keep")
    assert any("No shadow of it was found" in note for note in result.notes)
    assert (result.photo.pixels[result.matte.array == 1] == 255).all()


def test_the_light_comes_from_where_it_is_told(scene: Any) -> None:
    left = on(scene, "white", contact="cast", light=180, softness=0.2)
    right = on(scene, "white", contact="cast", light=0, softness=0.2)
    assert darkened(left, 200, 172) > darkened(left, 80, 172) + 0.05
    assert darkened(right, 80, 172) > darkened(right, 200, 172) + 0.05


def test_auto_light_goes_by_the_old_shadow(scene: Any) -> None:
    found = on(scene, "white", contact="cast")
    assert darkened(found, 205, 172) > darkened(found, 75, 172) + 0.05


def test_a_subject_cut_by_the_frame_throws_none_and_says_so() -> None:
    photo = ground(200, 240)
    inside = np.zeros((200, 240), bool)
    inside[60:, 80:160] = True
    photo[inside] = (30, 60, 160)
    result = on((photo, inside), "studio", contact="cast")
    assert any("not in the picture" in note for note in result.notes)
    edge = result.photo.pixels[195:, 85:155].astype(int)
    assert np.abs(edge - (30, 60, 160)).max() < 12, "no halo on the side that is cut"


def test_a_studio_of_no_colour_says_which_it_took(scene: Any) -> None:
    assert any("light grey" in note for note in on(scene, "studio").notes)
    assert not any("light grey" in note for note in on(scene, "white studio").notes)


def test_a_glossy_ground_mirrors(scene: Any) -> None:
    dull, glossy = on(scene, "white"), on(scene, "white", reflection=0.6)
    below = slice(184, 194), slice(130, 150)
    assert (dull.photo.pixels[below] == 255).all()
    red = glossy.photo.pixels[below].reshape(-1, 3).mean(axis=0)
    assert red[0] > red[1] + 10


def test_harmonizing_is_done_on_request_only(scene: Any) -> None:
    plain, matched = on(scene, "#203080"), on(scene, "#203080", harmonize=True)
    solid = plain.matte.array == 0
    assert (plain.photo.pixels[solid] == scene[0][solid]).all()
    before, after = (each.photo.pixels[solid].mean(axis=0) for each in (plain, matched))
    assert after[2] - after[0] > before[2] - before[0] + 5
    assert matched.verdict.passed


def test_blur_leaves_the_subject_sharp(scene: Any) -> None:
    result = on(scene, "blur")
    solid = result.matte.array == 0
    assert (result.photo.pixels[solid] == scene[0][solid]).all()
    before, after = scene[0][20:80, 20:80].astype(float), result.photo.pixels[20:80, 20:80]
    assert after.std(axis=(0, 1)).max() < 0.5 * before.std(axis=(0, 1)).max()


def test_a_grey_photo_becomes_coloured_only_when_its_background_is() -> None:
    pixels = np.repeat(ground(200, 240, colour=(150, 150, 150))[:, :, :1], 3, axis=2)
    inside = np.zeros((200, 240), bool)
    inside[60:140, 80:160] = True
    pixels[inside] = 40
    for what, grey in (("white", True), ("studio", True), ("sky blue", False)):
        step = EditStep(
            operation="background", target=SUBJECT,
            replacement=replace_for(what),
        )  # fmt: skip
        edited = autoedit.edit(Photo(pixels, grey=True), EditPlan(steps=(step,)), mask=inside)
        assert edited.photo.grey is grey


def replace_for(what: str) -> Replacement:
    from autoedit.compositing.wording import replacement_for

    return replacement_for(what)


# Cut-outs ----------------------------------------------------------------------------------------


def test_a_cut_out_with_its_shadow_has_it_as_black_that_covers_in_part(scene: Any) -> None:
    photo, inside = scene
    bare = autoedit.extract(photo, mask=inside).photo
    full = autoedit.extract(photo, mask=inside, with_shadow=True).photo
    assert bare.alpha is not None
    assert full.alpha is not None
    assert bare.alpha[172, 215] == 0
    assert 60 < full.alpha[172, 215] < 200
    assert (full.pixels[172, 215] == 0).all()
    assert full.alpha[130, 140] == 255
    assert (full.pixels[130, 140] == photo[130, 140]).all()
    assert full.alpha[20, 20] == 0


def test_trimming(scene: Any) -> None:
    photo, inside = scene
    rows, columns = np.nonzero(inside)
    result = autoedit.extract(photo, mask=inside, trim=6).photo
    assert abs(result.height - (np.ptp(rows) + 13)) <= 6
    assert abs(result.width - (np.ptp(columns) + 13)) <= 6


def test_a_cut_out_is_taken_by_its_own_alpha(scene: Any) -> None:
    photo, inside = scene
    alpha = np.where(inside, 255, 0).astype(np.uint8)
    alpha[130, 92:96] = 100
    given = Photo(photo, alpha)
    result = autoedit.background(given, "white")
    assert (result.photo.pixels[alpha == 0] == 255).all()
    assert (result.photo.pixels[alpha == 255] == photo[alpha == 255]).all()
    assert result.photo.alpha is not None
    assert (result.photo.alpha == 255).all()
    again = autoedit.extract(given).photo
    assert (again.alpha == alpha).all()
    assert not result.steps[0].regions[0].refusal
    kept = autoedit.background(given, "white", contact="keep")
    assert any("No shadow" in note for note in kept.notes), "what lies under alpha 0 is nothing"


# What cannot be done -----------------------------------------------------------------------------


def test_an_empty_photo_has_no_subject() -> None:
    with pytest.raises(TargetNotFoundError):
        autoedit.background(np.full((120, 160, 3), 200, np.uint8), "white")


def test_of_two_subjects_one_is_to_be_picked_or_both() -> None:
    photo = ground(240, 360, grain=0.0)
    first = ball(photo, 100, 130, 44, (200, 30, 30))
    second = ball(photo, 260, 130, 44, (30, 40, 190))
    with pytest.raises(AmbiguousTargetError) as caught:
        autoedit.background(photo, "white")
    assert caught.value.candidates is not None
    assert len(caught.value.candidates) == 2
    both = autoedit.background(photo, "white", pick="all").mask.binary
    assert (both & first).sum() > 0.9 * first.sum()
    assert (both & second).sum() > 0.9 * second.sum()
    one = autoedit.background(photo, "white", pick=1).mask.binary
    assert min((one & first).sum(), (one & second).sum()) == 0


def test_a_subject_among_several_alike_carries_a_note() -> None:
    photo = ground(240, 360, grain=0.0)
    large = ball(photo, 180, 80, 60, (200, 30, 30))
    clear = autoedit.background(photo, "white")
    for x in (60, 180, 300):
        ball(photo, x, 200, 24, (30, 40, 190))
    among = autoedit.background(photo, "white")
    assert overlap(clear.mask.binary, large) > 0.93
    assert not any("alike" in note for note in clear.notes)
    assert any("alike" in note for note in among.notes)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("keep the red ball and make the background white", "red"),
        ("make the background white but keep the blue ball", "blue"),
        ("white background, keep the red ball and the blue ball", "red blue"),
        ("white background, keep both", "red blue"),
        ("cut out the red ball and the blue ball", "red blue"),
    ],
)
def test_what_is_to_be_kept_is_what_stays(said: str, shown: str) -> None:
    photo = ground(240, 360, grain=0.0)
    balls = {
        "red": ball(photo, 100, 130, 44, (200, 30, 30)),
        "blue": ball(photo, 260, 130, 44, (30, 40, 190)),
    }
    edited = autoedit.edit(photo, said).photo
    blank = (edited.pixels == 255).all(axis=2) if edited.alpha is None else edited.alpha == 0
    wanted = np.any([balls[colour] for colour in shown.split()], axis=0)
    assert overlap(~blank, wanted) > 0.93


def test_a_noun_that_cannot_be_checked_is_the_subject_where_that_is_clear() -> None:
    photo = ground(240, 360, grain=0.0)
    large = ball(photo, 170, 120, 70, (200, 30, 30))
    ball(photo, 320, 200, 22, (190, 150, 130))
    result = autoedit.edit(photo, "make the background white but keep the lamp")
    assert overlap(result.mask.binary, large) > 0.93
    assert any("lamp cannot be checked" in note for note in result.notes)


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("nosuch.jpg", PhotoError),
        ("a sunny beach", UnsupportedInstructionError),
        ("", InstructionError),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(what: str, error: type[Exception]) -> None:
    told: list[str] = []

    def progress(stage: str, _: float) -> bool:
        told.append(stage)
        return True

    with pytest.raises(error):
        autoedit.background(noise(90, 120), what, box=(10, 10, 60, 60), progress=progress)
    assert not {"grounding", "segmentation", "compositing"} & set(told)


@pytest.mark.parametrize(
    "settings", [{"light": "north"}, {"light": 400}, {"softness": 2}, {"contact": "glue"},
                 {"shine": 1}],
)  # fmt: skip
def test_wrong_settings_are_named(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=f"compositing: .*{next(iter(settings))}"):
        autoedit.background(noise(60, 60), "white", **settings)


def test_a_pipeline_gives_the_settings_and_the_call_changes_them(scene: Any) -> None:
    pipeline = autoedit.load_pipeline("embedded", ("compositing.contact=cast",))
    assert darkened(on(scene, "white", pipeline=pipeline), 140, 185) > 0.03
    assert darkened(on(scene, "white", pipeline=pipeline, contact="none"), 140, 185) == 0


def test_the_matting_notes_reach_the_result(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from autoedit import masking

    real = masking.alpha_matte

    def noting(pixels: Any, mask: Mask) -> Any:
        return real(pixels, mask)._replace(notes=("The edge is rough.",))

    monkeypatch.setattr(masking, "alpha_matte", noting)
    assert "The edge is rough." in on(scene, "white").notes
    assert "The edge is rough." in on(scene, "blur").notes
    assert "The edge is rough." in autoedit.extract(scene[0], mask=scene[1]).notes
