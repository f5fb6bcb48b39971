"""The bench of the masks: its measures, prompts, sets, tables and command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bench_masks
import bench_tables
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from masks_bench import effects, measures, named, prompted, sets, spoken
from masks_bench.phrases import Phrase
from masks_bench.sets import Folders, Outlined, Plate, Scene
from masks_bench.sheet import Sheet
from PIL import Image

from autoedit.core.mask import Mask

RED, GREEN, GROUND = (190, 30, 35), (40, 140, 60), (170, 165, 150)


def square(x: int, y: int, side: int = 40, shape: tuple[int, int] = (120, 160)) -> Any:
    mask = np.zeros(shape, bool)
    mask[y : y + side, x : x + side] = True
    return mask


def pictures(seed: int = 0) -> tuple[Any, Any, Any]:
    """A red and a green square on grainy ground, the red one with a shadow: photo, plate, ids."""
    rng = np.random.default_rng(seed)
    clean = (np.full((240, 320, 3), GROUND) + rng.integers(-3, 4, (240, 320, 1))).astype(np.uint8)
    ids = np.zeros((240, 320), np.uint8)
    clean[120:180, 220:280], ids[120:180, 220:280] = GREEN, 2
    photo = clean.copy()
    photo[160:180, 90:150] = (photo[160:180, 90:150] * 0.6).astype(np.uint8)
    photo[120:180, 40:100], ids[120:180, 40:100] = RED, 1
    return photo, clean, ids


def thing(number: int, kind: str, colour: str, x: int, rgb: tuple[int, ...]) -> dict[str, Any]:
    return {
        "number": number, "kind": kind, "colours": [colour], "shade": "", "place": [x / 50, 0, 0],
        "height": 1.0, "radius": 0.5, "stands_on": None, "box": [x, 120, x + 60, 180],
        "area": 0.047, "visible": 1.0, "rgb": list(rgb),
    }  # fmt: skip


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """One random scene, one example, one outlined photo and one real plate."""
    made = Folders(tmp_path / "crowds", tmp_path / "examples", tmp_path / "photos")
    for folder in (made.scenes, made.examples, made.photos / "masks", made.photos / "clean_plates"):
        folder.mkdir(parents=True)
    photo, clean, ids = pictures()
    things = [thing(1, "box", "red", 40, RED), thing(2, "ball", "green", 220, GREEN)]
    entry = {"seed": 7, "ground": "oak", "wall": "", "target": 1, "hard": True, "glossy": False}
    entry |= {"camera": {"eye": [0, -8, 5]}, "things": things}
    (made.scenes / "7.json").write_text(json.dumps(entry))
    for suffix, pixels in ((".png", photo), (".clean.png", clean), (".ids.png", ids)):
        Image.fromarray(pixels).save(made.scenes / f"7{suffix}")
    line = {"name": "pair", "photo": "pair.png", "clean_plate": "clean.png", "mask": "mask.png"}
    (made.examples / "scenes.jsonl").write_text(json.dumps(line) + "\n")
    mask = ((ids == 1) * 255).astype(np.uint8)
    for name, pixels in (("pair", photo), ("clean", clean), ("mask", mask)):
        Image.fromarray(pixels).save(made.examples / f"{name}.png")
    Image.fromarray(photo).save(made.photos / "masks" / "square.jpg", quality=95)
    Image.fromarray(mask).save(made.photos / "masks" / "square.gt.png")
    plates = made.photos / "clean_plates"
    for kind, pixels in (("input", photo), ("truth", clean)):
        Image.fromarray(pixels).save(plates / f"desk.{kind}.png")
    generous = np.zeros((240, 320), np.uint8)
    generous[115:185, 35:155] = 255
    Image.fromarray(generous).save(plates / "desk.mask.png")
    return made


# Measures ------------------------------------------------------------------------------------


@given(st.integers(0, 30), st.integers(0, 30))
def test_iou_of_two_squares_is_what_geometry_says(dx: int, dy: int) -> None:
    shared = (40 - dx) * (40 - dy)
    expected = shared / (2 * 1600 - shared)
    assert measures.iou(square(20, 20), square(20 + dx, 20 + dy)) == pytest.approx(expected)


def test_iou_of_nothing_with_nothing_is_one() -> None:
    empty = np.zeros((5, 5), bool)
    assert measures.iou(empty, empty) == 1.0
    assert measures.iou(empty, ~empty) == 0.0


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (3, 1.0), (30, 0.1)])
def test_boundary_f_forgives_three_pixels(shift: int, expected: float) -> None:
    found = measures.boundary_f(square(20 + shift, 20), square(20, 20))
    if expected == 1.0:
        assert found == pytest.approx(1.0)
    else:  # only the sides along the shift still run on one another
        assert expected < found < 0.6


@settings(max_examples=20)
@given(st.integers(1, 8), st.integers(1, 8))
def test_boundary_f_is_symmetric(first: int, second: int) -> None:
    one, other = square(20 + first, 20), square(20, 20 + second, 44)
    assert measures.boundary_f(one, other) == pytest.approx(measures.boundary_f(other, one))


def test_the_photos_border_is_no_outline() -> None:
    whole_rows = np.zeros((60, 80), bool)
    whole_rows[30:] = True
    farther = np.zeros((60, 80), bool)
    farther[20:] = True
    assert measures.boundary_f(whole_rows, farther) == 0.0


def test_changed_is_the_shadow_without_noise_and_rim() -> None:
    photo, clean, ids = pictures()
    photo[10, 10] = 0  # a hot pixel
    photo[30, 20:120] = 0  # a line of the renderer's
    photo[118:120, 40:100] = 0  # the soft edge of the thing
    truth = measures.changed(photo, clean, ids == 1)
    expected = np.zeros_like(truth)
    expected[160:180, 102:150] = True
    assert measures.iou(truth, expected) > 0.97
    assert not truth[:100].any()
    assert not truth[118:120, 40:100].any()


def test_changed_leaves_out_what_nobody_sees() -> None:
    _, clean, ids = pictures()
    faint = np.clip(clean.astype(int) - measures.CHANGE, 0, 255).astype(np.uint8)
    assert not measures.changed(faint, clean, ids == 1).any()
    assert measures.changed(faint - 1, clean, ids == 1).any()


def test_mean_and_tables_leave_out_what_is_not_a_number() -> None:
    assert measures.mean([1.0, float("nan"), 3.0]) == 2.0
    assert np.isnan(measures.mean([]))
    table = measures.markdown(["a", "b"], [["x", float("nan")], ["y", 0.12345]])
    assert table.splitlines() == ["| a | b |", "| --- | --- |", "| x | - |", "| y | 0.123 |"]


# Phrases heard -------------------------------------------------------------------------------


class Answering:
    """An editor that answers what it is told to."""

    def __init__(self, masks: list[Any], ambiguous: bool = False) -> None:
        self.masks, self.ambiguous = [Mask.of(mask) for mask in masks], ambiguous

    def locate(self, photo: Any, phrase: str) -> Any:
        items = tuple(SimpleNamespace(mask=mask, box=mask.box) for mask in self.masks)
        return SimpleNamespace(items=items, ambiguous=self.ambiguous)

    def segment(self, photo: Any, phrase: str) -> Mask:
        return self.masks[0]


ONE = Phrase("the red box", "colour", "one", (1,))
NONE = Phrase("the blue box", "nothing", "none", ())
BOTH = Phrase("the box", "ambiguous", "ambiguous", (1, 2))
ALL = Phrase("all the things", "quantity", "all", (1, 2))


@pytest.mark.parametrize(
    ("phrase", "meant", "ambiguous", "said", "right", "beyond"),
    [
        (ONE, [(1,)], False, "taken", True, False),
        (ONE, [(2,)], False, "taken", False, True),
        (ONE, [(1, 2)], False, "taken", False, True),
        (ONE, [(1,), (2,)], True, "asked", False, False),
        (ONE, [], False, "refused", False, False),
        (NONE, [], False, "refused", True, False),
        (NONE, [(1,)], False, "taken", False, True),
        (BOTH, [(1,), (2,)], True, "asked", True, False),
        (BOTH, [(1,)], True, "asked", False, False),
        (BOTH, [(1,)], False, "taken", False, True),
        (ALL, [(1, 2)], False, "taken", True, False),
        (ALL, [(1,)], False, "taken", False, True),
    ],
)
def test_answers_are_judged(
    folders: Folders, phrase: Phrase, meant: list[tuple[int, ...]], ambiguous: bool, said: str,
    right: bool, beyond: bool,
) -> None:  # fmt: skip
    (scene,) = sets.scenes(folders.scenes)
    editor: Any = Answering([np.isin(scene.ids, numbers) for numbers in meant], ambiguous)
    photo: Any = SimpleNamespace(shape=scene.ids.shape)
    row, _ = spoken.hear(editor, photo, scene, phrase)
    assert (row.said, row.right, row.beyond) == (said, right, beyond)
    assert np.isnan(row.iou) != (right and said == "taken")


def test_a_flood_round_the_right_thing_is_wrong(folders: Folders) -> None:
    (scene,) = sets.scenes(folders.scenes)
    flood = np.zeros(scene.ids.shape, bool)
    flood[:, :200] = True
    photo: Any = SimpleNamespace(shape=scene.ids.shape)
    editor: Any = Answering([flood])
    assert spoken.hear(editor, photo, scene, ONE)[0].beyond


def test_the_embedded_pipeline_finds_the_red_box(folders: Folders) -> None:
    cases: list[Scene] = list(sets.scenes(folders.scenes))
    rows = spoken.measure(cases)
    (red,) = [row for row in rows if row.phrase.text == "the red box"]
    assert red.right and red.iou > 0.9
    assert "| colour |" in spoken.table(rows)


# Effects -------------------------------------------------------------------------------------


def test_effects_are_held_against_what_changes(folders: Folders) -> None:
    scene, _, _ = sets.plates(folders)
    assert scene.group == "hard light"
    truth = measures.changed(scene.photo, scene.clean, scene.thing)
    half = truth.copy()
    half[170:] = False
    wrong = truth.copy()
    wrong[20:60, 20:60] = True
    share = np.count_nonzero(truth) / (np.count_nonzero(truth) + 1600)
    for found, precision, recall in ((truth, 1, 1), (half, 1, 0.5), (wrong, share, 1)):
        row = effects.measure_one(scene, [lambda _p, _m, f=found: Mask.of(f)], None, None)
        assert row.precision == pytest.approx(precision)
        assert row.recall == pytest.approx(recall, abs=0.03)


def test_nothing_found_has_no_precision_and_no_recall(folders: Folders) -> None:
    scene, _, _ = sets.plates(folders)
    row = effects.measure_one(scene, [], None, None)
    assert np.isnan(row.precision) and row.recall == 0.0
    assert "| hard light | 1 | 1 | 1 | - | 0.000 |" in effects.table([row])


def test_a_thing_without_effects_counts_against_precision_alone() -> None:
    _, clean, ids = pictures()
    case = Plate("plain", "soft light", clean, clean, ids == 1)
    row = effects.measure_one(case, [lambda _p, _m: Mask.of(ids == 2)], None, None)
    assert row.precision == 0.0 and np.isnan(row.recall) and not row.affects


def test_a_generous_mask_tells_precision_alone(folders: Folders) -> None:
    _, _, real = sets.plates(folders)
    assert real.generous
    everything = np.ones(real.thing.shape, bool)
    row = effects.measure_one(real, [lambda _p, _m: Mask.of(everything)], None, None)
    assert 0 < row.precision < 0.2 and np.isnan(row.recall) and row.affects
    assert "| **all rendered** | 0 |" in effects.table([row])


def test_removal_with_its_shadow_leaves_less(folders: Folders) -> None:
    scene, _, _ = sets.plates(folders)
    (row,) = effects.measure([scene])
    assert row.recall > 0.5
    assert row.taken < 0.5 * row.kept
    assert row.taken_seen < 0.5 * row.kept_seen


def test_of_an_error_what_is_no_more_than_noise_does_not_show():
    clean = np.full((10, 10, 3), 100, np.uint8)
    pixels = clean + np.uint8(5)
    pixels[0, :, 0] = 130

    assert effects.errors(pixels, clean) == pytest.approx((5 + 10 * 25 / 300, 10 * 40 / 300))


# Prompts -------------------------------------------------------------------------------------


def test_boxes_are_exact_or_off_by_a_twentieth() -> None:
    found = prompted.boxes(square(30, 50))
    assert found["true box"] == (30, 50, 70, 90)
    off = np.abs(np.subtract(found["box off by 5%"], (30, 50, 70, 90)))
    assert 0 < off.max() <= 2.0


@settings(max_examples=25)
@given(st.integers(4, 20), st.integers(4, 20), st.integers(0, 3))
def test_clicks_lie_where_they_should(wide: int, tall: int, gap: int) -> None:
    truth = np.zeros((80, 100), bool)
    ellipse = np.hypot(*np.mgrid[-tall : tall + 1, -wide : wide + 1] / [[[tall]], [[wide]]]) <= 1
    truth[10 : 11 + 2 * tall, 10 : 11 + 2 * wide] = ellipse
    truth[60:70, 10 : 20 + gap] = True
    first, second, beside = prompted.clicks(truth)
    for x, y in (first, second):
        assert truth[int(y), int(x)]
    assert first != second
    assert beside is not None and not truth[int(beside[1]), int(beside[0])]


def test_a_thing_that_fills_its_box_has_no_click_beside_it() -> None:
    assert prompted.clicks(square(30, 50))[2] is None


def test_reduced_keeps_the_shape_and_small_photos_as_they_are() -> None:
    case = Outlined("x", np.zeros((600, 2048, 3), np.uint8), np.ones((600, 2048), bool), True)
    small = prompted.reduced(case)
    assert small.truth.shape == (300, 1024) and small.photo.shape == (300, 1024, 3)
    assert prompted.reduced(small) is small


def test_grabcut_outlines_a_plain_square() -> None:
    photo, _, ids = pictures()
    assert measures.iou(prompted.grabcut(photo, (35, 115, 105, 185)), ids == 1) > 0.9


def test_every_prompt_is_measured_beside_grabcut(folders: Folders) -> None:
    rows = prompted.measure(sets.outlined(folders.photos))
    by_prompt = {row.prompt: row for row in rows}
    assert len(rows) == len(by_prompt) == 6
    assert by_prompt["true box"].iou > 0.9
    assert "| one point | 1 |" in prompted.table(rows)


# Sets and command ----------------------------------------------------------------------------


def test_indexed_masks_and_mattes_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    photo, _, ids = pictures()
    for name in ("bike", "cat"):
        Image.fromarray(photo).save(folder / f"{name}.jpg")
    indexed = Image.fromarray(ids, "P")
    indexed.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    indexed.save(folder / "bike.gt.png")
    Image.fromarray((ids == 1).astype(np.uint8) * 128).save(folder / "cat.alpha.png")
    Image.fromarray((ids == 2).astype(np.uint8) * 255).save(folder / "cat.tail.gt.png")
    bike, cat, tail = sets.outlined(tmp_path)
    assert (bike.truth == (ids > 0)).all() and bike.main
    assert (cat.truth == (ids == 1)).all() and cat.main
    assert (tail.truth == (ids == 2)).all() and not tail.main


def test_a_sheet_takes_so_many_and_is_written(tmp_path: Path) -> None:
    photo, _, ids = pictures()
    sheet = Sheet(most=5)
    for number in range(7):
        sheet.add(f"tile {number}", photo, None if number else ids == 2, ids == 1)
    assert len(sheet.tiles) == 5
    sheet.save(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width > 4 * 320 and picture.height > 2 * 240


def test_the_command_writes_its_sections(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    table = tmp_path / "benchmarks.md"
    monkeypatch.setattr(bench_tables, "TABLE", table)
    sheet = tmp_path / "sheet.png"
    options = ["--only", "subjects", "--write", "--sheet", str(sheet)]
    assert bench_masks.main(options, folders) == 0
    assert f"## {prompted.SUBJECTS}" in table.read_text(encoding="utf-8")
    assert "no prompt" in capsys.readouterr().out
    assert (tmp_path / "sheet-subjects.png").is_file()


def test_what_becomes_of_a_phrase_on_a_real_photo(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ("the red box", "the green thing", "the purple box", "the cupboard")
    monkeypatch.setattr(named, "PHRASES", {"square": said, "desk": ("the red box",)})
    rows = named.measure(named.cases(folders))
    assert [(row.name, row.said) for row in rows[:3]] == [
        ("square", "right"), ("square", "wrong"), ("square", "refused"),
    ]  # fmt: skip
    assert rows[3].said in ("asked", "offered") and rows[3].bare
    assert not rows[0].bare and rows[0].iou > 0.8 and rows[1].iou == 0
    assert (rows[4].name, rows[4].said) == ("desk", "wrong" if rows[4].iou < 0.5 else "right")
    assert bench_masks.main(["--only", "named", "--limit", "1"], folders) == 0
    assert "| **all** | 4 | 1 |" in capsys.readouterr().out


def test_text_is_measured_by_its_module(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"photo": "a", "recall": 0.5, "unread": True}, {"photo": "b", "recall": 1.0}]
    rows[1]["unread"] = False
    module = SimpleNamespace(measure=lambda limit: rows[:limit])
    monkeypatch.setattr(bench_masks.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "masks_bench.text", module)  # type: ignore[arg-type]
    assert bench_masks.main(["--only", "text"], folders) == 0
    assert "| **mean** | 0.750 | 0.500 |" in capsys.readouterr().out


def test_missing_photos_are_left_out_with_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = Folders(tmp_path, tmp_path, tmp_path)
    options = ["--only", "phrases", "--only", "prompts", "--only", "scale", "--only", "shadows"]
    assert bench_masks.main(options, nowhere) == 1
    assert capsys.readouterr().err.count("left out") == 4
