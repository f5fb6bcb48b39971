"""Which photos are meant, and what is said of each."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from autoedit.bulk.inputs import Inputs, Item
from autoedit.errors import InputError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.jpg", "a.JPG", "sub/deep/c.png", "sub/notes.txt", ".hidden.jpg", ".git/d.jpg",
                 "sub/out/old.jpg"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*sources: Any, **more: Any) -> list[str]:
    return [item.name for item in Inputs(sources, **more)]


def test_a_folder_is_walked_in_order_with_its_structure(tree: Path) -> None:
    inputs = Inputs([tree], out=str(tree / "sub" / "out"))
    items = list(inputs)
    assert [item.name for item in items] == ["a.JPG", "b.jpg", "sub/deep/c.png"]
    assert [item.photo for item in items] == [str(tree / item.name) for item in items]
    assert inputs.skipped == 1


def test_a_file_is_taken_whatever_its_name(tree: Path) -> None:
    assert names("sub/notes.txt", "b.jpg") == ["notes.txt", "b.jpg"]
    assert next(iter(Inputs(["b.jpg"]))).photo == str(tree / "b.jpg")


def test_a_glob_keeps_the_structure_below_its_fixed_part(tree: Path) -> None:
    assert names("sub/**/*") == ["deep/c.png", "out/old.jpg"]
    assert names("*.jpg") == ["b.jpg"]
    (tree / "odd[1].jpg").touch()
    assert names("odd[1].jpg") == ["odd[1].jpg"]  # a file of that name is no pattern
    with pytest.raises(InputError, match=r"No file fits \*\.gif"):
        names("*.gif")


def test_standard_input_names_paths_or_objects() -> None:
    lines = io.StringIO('x/a.jpg\n\n{"photo": "/y/b.jpg", "pick": 2}\n../c.jpg\n')
    first, second, third = Inputs(["-"], stdin=lines)
    assert (first.name, second.name, third.name) == ("x/a.jpg", "b.jpg", "c.jpg")
    assert first.photo == str(Path.cwd() / "x/a.jpg")
    assert second.pick == 2
    with pytest.raises(InputError, match="there is none here"):
        names("-")


ROW = {"photo": "in/a.jpg", "instruction": "remove, gently, the mug", "mask": "m.png",
       "pick": "all", "seed": "7", "pipeline": "own.yaml"}  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_manifest_says_all_there_is_to_say_of_a_photo(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"list.{kind}"
    if kind == "csv":
        head, row = ",".join(ROW), ",".join(f'"{value}"' for value in ROW.values())
        path.write_text(f'\ufeff{head},box\n{row},"1,2,3.5,4"\nb.jpg,,,,,,\n', "utf-8")
    else:
        rows = [{**ROW, "box": [1, 2, 3.5, 4]}, "b.jpg"]
        path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    first, second = Inputs([path])
    assert first == Item(
        str(tmp_path / "in/a.jpg"), "in/a.jpg", "remove, gently, the mug", str(tmp_path / "m.png"),
        (1.0, 2.0, 3.5, 4.0), "all", 7, str(tmp_path / "own.yaml"), None, first.place,
    )  # fmt: skip
    assert "line" in first.place
    assert (second.photo, second.instruction, second.box) == (str(tmp_path / "b.jpg"), None, None)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("photo,instrucion\na.jpg,x", "line 2: unknown 'instrucion'"),
        ("name\na.jpg", "unknown 'name'"),
        ("instruction\nremove it", "names no photo"),
        ("photo,box\na.jpg,\"1,2,3\"", "line 2: a box is x0,y0,x1,y1"),
        ("photo,pick\na.jpg,0", "pick is a number from 1"),
        ("photo,seed\na.jpg,-1", "a seed is a whole number"),
        ("photo\na.jpg,more", "more columns"),
    ],
)  # fmt: skip
def test_a_manifest_with_a_fault_is_refused_with_the_line(
    text: str, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        list(Inputs([path]))


def test_mappings_and_missing_paths(tmp_path: Path) -> None:
    (item,) = Inputs([{"photo": tmp_path / "a.jpg", "box": (1, 2, 3, 4)}])
    assert (item.photo, item.box) == (str(tmp_path / "a.jpg"), (1, 2, 3, 4))
    with pytest.raises(InputError, match="There is no file or folder"):
        list(Inputs([tmp_path / "none"]))
    with pytest.raises(InputError, match=r"list\.jsonl cannot be read"):
        list(Inputs([tmp_path / "list.jsonl"]))
