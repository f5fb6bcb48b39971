"""A picture in a thing's place, on it or beside it, through the editor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import autoedit
from autoedit.compositing.placing import Piece
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.editor import Editor
from autoedit.errors import PhotoError, TargetNotFoundError
from autoedit.inserting import Insert, added, places
from autoedit.pointing import Pointer
from autoedit.spots import in_front
from tests.drawing import ball, block, cast_shadow, ground
from tests.testing import noise

BLUE, GREEN = (30, 60, 190), (40, 150, 60)


@pytest.fixture(scope="module")
def editor() -> Editor:
    return Editor("embedded")


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, np.ndarray]:
    """A red ball whose shadow lies to its right; the photo and the ball's outline."""
    photo = ground(240, 360)
    cast_shadow(photo, 196, 172, (58, 13), depth=0.55)
    return photo, ball(photo, 150, 130, 46, (200, 40, 40))


@pytest.fixture
def bottle(tmp_path: Path) -> str:
    """A blue thing, 60 wide and 150 tall, with an alpha of its own and clear ground round it."""
    pixels = np.zeros((200, 120, 4), np.uint8)
    shade = np.linspace(1.2, 0.6, 60)[None, :, None]
    pixels[30:180, 30:90, :3] = np.array(BLUE) * shade
    pixels[30:180, 30:90, 3] = 255
    path = tmp_path / "bottle.png"
    Image.fromarray(pixels).save(path)
    return str(path)


@pytest.fixture
def logo(tmp_path: Path) -> str:
    pixels = np.zeros((80, 160, 4), np.uint8)
    pixels[10:70, 10:75], pixels[10:70, 85:150] = (250, 250, 250, 255), (20, 20, 20, 255)
    path = tmp_path / "logo.png"
    Image.fromarray(pixels).save(path)
    return str(path)


def blue(pixels: Any) -> Any:
    """Where the bottle is, bool (H, W)."""
    values = pixels.astype(int)
    return (values[:, :, 2] > values[:, :, 0] + 40) & (values[:, :, 2] > values[:, :, 1] + 40)


def box_of(inside: Any) -> tuple[float, ...]:
    box = Mask(inside.astype(np.float32)).box
    assert box is not None
    return box


# In a thing's place ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result(editor: Editor, scene: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("pictures") / "bottle.png"
    pixels = np.zeros((200, 120, 4), np.uint8)
    pixels[30:180, 30:90] = (*BLUE, 255)
    Image.fromarray(pixels).save(path)
    return editor.edit(scene[0], f"replace the red ball with {path}", mask=scene[1])


def test_the_picture_stands_where_the_thing_stood_and_is_as_tall(result: Any, scene: Any) -> None:
    old, new = box_of(scene[1]), box_of(blue(result.photo.pixels))
    assert abs(new[3] - old[3]) <= 2
    assert abs((new[3] - new[1]) - (old[3] - old[1])) <= 3
    assert abs((new[2] - new[0]) - 0.4 * (new[3] - new[1])) <= 3, "its aspect is kept"
    assert abs((new[0] + new[2]) - (old[0] + old[2])) / 2 < 12


def test_the_thing_and_its_shadow_are_gone(result: Any, scene: Any) -> None:
    pixels = result.photo.pixels.astype(int)
    left = scene[1] & ~blue(result.photo.pixels)
    assert (pixels[left, 0] < pixels[left, 1] + 60).mean() > 0.98
    end = pixels[168:176, 238:246].mean()  # where the old shadow ended
    lit = pixels[168:176, 290:300].mean()
    assert end > scene[0][168:176, 238:246].mean() + 15
    assert end > 0.85 * lit


def test_it_casts_a_shadow_away_from_the_light_of_the_old_one(result: Any) -> None:
    x0, _, x1, y1 = (int(value) for value in box_of(blue(result.photo.pixels)))
    rows = slice(y1 - 8, y1 + 2)
    right = result.photo.pixels[rows, x1 + 6 : x1 + 26].mean()
    left = result.photo.pixels[rows, x0 - 26 : x0 - 6].mean()
    assert right < left - 8


def test_the_rest_is_untouched_and_the_verdict_says_all(result: Any, scene: Any) -> None:
    outside = result.steps[0].matte.array == 0
    assert outside.mean() > 0.6
    assert (result.photo.pixels[outside] == scene[0][outside]).all()
    assert {check.name for check in result.verdict.checks} == {
        "outside_untouched", "seam", "coverage", "target_gone", "drawn",
    }  # fmt: skip
    assert result.verdict.passed


def test_without_contact_it_casts_no_shadow(scene: Any, bottle: str, result: Any) -> None:
    bare = Editor("embedded", overrides=("compositing.contact=none",))
    said = f"replace the red ball with {bottle}"
    none = bare.edit(scene[0], said, mask=scene[1])
    _, _, x1, y1 = (int(value) for value in box_of(blue(none.photo.pixels)))
    beside = (slice(y1 - 6, y1 + 2), slice(x1 + 4, x1 + 14))
    assert none.photo.pixels[beside].mean() > result.photo.pixels[beside].mean() + 5


def test_its_light_is_matched_unless_that_is_switched_off(scene: Any, bottle: str) -> None:
    said = f"replace the red ball with {bottle}"
    off = Editor("embedded", overrides=("compositing.harmonize=false",))
    warm = np.clip(scene[0] * np.array([1.0, 0.8, 0.5]), 0, 255).astype(np.uint8)
    plain, matched = (
        each.edit(warm, said, mask=scene[1]).photo.pixels for each in (off, Editor("embedded"))
    )
    solid = blue(plain) & blue(matched)
    ratio = [each[solid].mean(axis=0) for each in (plain, matched)]
    assert ratio[1][0] / ratio[1][2] > ratio[0][0] / ratio[0][2]


def test_what_stands_in_front_stays_in_front(editor: Editor) -> None:
    photo = ground(260, 360)
    front = block(photo, 150, 130, 230, 215, GREEN)
    piece = Piece(np.full((90, 40, 3), BLUE, np.uint8), np.ones((90, 40), np.float32))
    box = (120.0, 80.0, 180.0, 170.0)
    place = np.zeros((260, 360), np.float32)
    place[80:170, 120:180] = 1
    step = autoedit.plan("add bottle.png").steps[0]
    done, _ = added(
        Photo(photo), step, [Mask(place)], Mask(front.astype(np.float32)), Pointer(box=box),
        Insert("bottle.png", piece, flat=False, whole=False), editor.pipeline.compositing,
    )  # fmt: skip
    inner = front.copy()
    inner[:134], inner[:, :154] = False, False
    assert (done.photo.pixels[inner] == photo[inner]).all()
    assert blue(done.photo.pixels)[85:128, 132:168].all()


def test_in_front_goes_by_the_foot() -> None:
    things = np.zeros((100, 100), np.float32)
    things[20:50, 10:30] = things[40:80, 50:70] = 1
    near = in_front(Mask(things), 60)
    assert near is not None
    assert near.array[60, 60] == 1
    assert near.array[30, 20] == 0
    assert in_front(Mask(things), 90) is None


def test_each_of_several_things_is_replaced(editor: Editor, bottle: str) -> None:
    photo = ground(240, 400)
    for x in (90, 210, 320):
        ball(photo, x, 120, 34, (200, 40, 40))
    edited = editor.edit(photo, f"replace all the red balls with {bottle}")
    columns = blue(edited.photo.pixels).any(axis=0)
    assert int((np.diff(columns.astype(int)) == 1).sum()) == 3
    parts = places(edited.steps[0].regions, edited.steps[0].mask)
    assert len(parts) == 3
    assert all(part.box for part in parts)


def test_a_grey_photo_stays_grey(editor: Editor, scene: Any, bottle: str) -> None:
    grey = np.repeat(scene[0][:, :, 1:2], 3, axis=2)
    said = f"replace the ball with {bottle}"
    edited = editor.edit(Photo(grey, grey=True), said, mask=scene[1]).photo
    assert edited.grey
    assert (edited.pixels == edited.pixels[:, :, :1]).all()


# On a thing and beside it ------------------------------------------------------------------------


def test_a_logo_lies_on_the_face_without_a_shadow(editor: Editor, logo: str) -> None:
    photo = ground(240, 360)
    inside = block(photo, 100, 60, 260, 200, (190, 90, 40))
    edited = editor.edit(photo, f"put {logo} on the box", mask=inside)
    changed = (edited.photo.pixels != photo).any(axis=2)
    assert not (changed & ~inside).any()
    x0, y0, x1, y1 = box_of(changed)
    assert 1.6 < (x1 - x0) / (y1 - y0) < 2.8
    assert edited.photo.pixels[int((y0 + y1) / 2), int(x0 + 12)].min() > 180
    assert edited.verdict.passed


def test_a_box_gives_the_exact_place_in_both_manners(
    editor: Editor, scene: Any, bottle: str, logo: str
) -> None:
    box = (240.0, 60.0, 340.0, 160.0)
    stood = editor.edit(scene[0], f"add {bottle}", box=box).photo.pixels
    x0, y0, x1, y1 = box_of(blue(stood))
    assert abs(y1 - 160) <= 1
    assert abs(y0 - 60) <= 2
    assert abs((x0 + x1) / 2 - 290) <= 3
    lying = editor.edit(scene[0], f"put {logo} on the wall", box=box).photo.pixels
    x0, y0, x1, y1 = box_of((lying != scene[0]).any(axis=2))
    assert (x0, x1) == pytest.approx((240, 340), abs=2)
    assert (y0 + y1) / 2 == pytest.approx(110, abs=2)


def test_beside_a_thing_it_stands_on_the_same_line(editor: Editor, scene: Any, bottle: str) -> None:
    edited = editor.edit(scene[0], f"put {bottle} to the right of the red ball")
    thing, new = box_of(scene[1]), box_of(blue(edited.photo.pixels))
    assert new[0] > thing[2]
    assert abs(new[3] - thing[3]) <= 4
    assert (edited.photo.pixels[scene[1]] == scene[0][scene[1]]).mean() > 0.97
    assert any("red" in note for note in edited.notes), "what it was put by is told"


def test_behind_a_thing_it_is_hidden_in_part(editor: Editor, scene: Any, bottle: str) -> None:
    edited = editor.edit(scene[0], f"put {bottle} behind the red ball")
    inner = scene[1] & (np.hypot(*np.mgrid[-130:110, -150:210]) < 40)
    assert (edited.photo.pixels[inner] == scene[0][inner]).all()
    assert blue(edited.photo.pixels).any()


def test_with_no_place_said_it_comes_where_nothing_is(
    editor: Editor, scene: Any, bottle: str
) -> None:
    edited = editor.edit(scene[0], f"add {bottle}")
    assert not (blue(edited.photo.pixels) & scene[1]).any()
    assert edited.photo.pixels.shape == scene[0].shape
    assert edited.verdict.passed


def test_a_picture_without_alpha_is_cut_out_first(
    editor: Editor, scene: Any, tmp_path: Path
) -> None:
    source = ground(160, 160, colour=(225, 225, 220), grain=1)
    block(source, 55, 30, 105, 130, BLUE)
    path = tmp_path / "thing.png"
    Image.fromarray(source).save(path)
    edited = editor.edit(scene[0], f"add {path}", box=(240, 60, 340, 160))
    changed = (edited.photo.pixels.astype(int) - scene[0]).max(axis=2) > 12  # lighter than it was
    assert blue(edited.photo.pixels).sum() > 2500
    assert (changed & ~blue(edited.photo.pixels)).sum() < 200, "its ground did not come along"


# What cannot be ----------------------------------------------------------------------------------


def test_what_cannot_be_used_is_refused_before_any_work(
    editor: Editor, scene: Any, tmp_path: Path
) -> None:
    damaged, tiny, empty = (tmp_path / name for name in ("cut.png", "tiny.png", "empty.png"))
    damaged.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    Image.new("RGB", (6, 6)).save(tiny)
    Image.new("RGB", (90, 90), (200, 200, 200)).save(empty)
    told: list[str] = []
    for name, why in (
        (tmp_path / "nosuch.png", "There is no file"), (damaged, "cannot be used"),
        (tiny, "only 6x6"), (empty, "autoedit extract"),
    ):  # fmt: skip
        with pytest.raises(PhotoError, match=why):
            editor.edit(
                scene[0], f"replace the red ball with {name}",
                progress=lambda stage, _: told.append(stage) or True,
            )  # fmt: skip
    assert not {"masking", "inpainting", "compositing"} & set(told)


def test_a_picture_far_too_small_for_its_place_is_refused_and_a_small_one_noted(
    editor: Editor, tmp_path: Path
) -> None:
    path = tmp_path / "small.png"
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[4:36, 8:32] = (*BLUE, 255)
    Image.fromarray(pixels).save(path)
    photo = noise(400, 400)
    noted = editor.edit(photo, f"add {path}", box=(50, 50, 300, 150))
    assert any("looks soft" in note for note in noted.notes)
    with pytest.raises(PhotoError, match="Give a larger picture"):
        editor.edit(photo, f"add {path}", box=(20, 20, 380, 380))


def test_a_place_that_is_not_found_is_said(editor: Editor, scene: Any, bottle: str) -> None:
    with pytest.raises(TargetNotFoundError):
        editor.edit(scene[0], f"put {bottle} to the left of the purple ball")


def test_a_file_in_an_addition_is_a_picture_and_not_a_thing_to_draw() -> None:
    step = autoedit.plan("put logo.png on the blue box").steps[0]
    assert step.replacement is not None
    assert (step.replacement.image, step.replacement.phrase) == ("logo.png", "")
    assert step.target.relation is not None
    assert step.target.relation.anchor.phrase == "the blue box"


def test_the_command_line_takes_a_file_of_the_working_folder(
    scene: Any, bottle: str, tmp_path: Path
) -> None:
    Image.fromarray(scene[0]).save(tmp_path / "photo.png")
    done = subprocess.run(
        [sys.executable, "-m", "autoedit", "edit", "photo.png", "add bottle.png",
         "--box", "240,60,340,160", "-o", "out.png"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "bottle.png" in done.stdout
    assert blue(np.asarray(Image.open(tmp_path / "out.png").convert("RGB"))).sum() > 2000
