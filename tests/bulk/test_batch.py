"""A run from photos to results: what is done, what is left alone, what is done again."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import autoedit.bulk
from autoedit.bulk import Batch, Result, Settings
from autoedit.bulk.jobs import Job, Outcome
from autoedit.bulk.ledger import REFUSED, Ledger
from autoedit.errors import InputError, InstructionError, OutputError, PhotoError, SettingError
from autoedit.pipeline import Pipeline
from tests.bulk import drill
from tests.bulk.engines import Deeds, copied

INSTRUCTION = "remove the red mug"
PARTLY = "remove the mug and sharpen the photo"
BACKDROP = "replace the background with absent.jpg"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for number, name in enumerate(("a.png", "b.png", "sub/a.png")):
        drill.write_photo(folder / name, number)
    return folder


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Deeds:
    return Deeds().install(monkeypatch)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def run(photos: Any, out: Path, **more: Any) -> list[Result]:
    settings = {"instruction": INSTRUCTION, **more}
    return list(autoedit.bulk.run(photos, out=out, **settings))


def written(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))


def test_a_run_keeps_the_structure_and_a_second_does_nothing(
    photos: Path, out: Path, engine: Deeds
) -> None:
    results = run(photos, out)
    assert written(out) == ["a-remove.png", "b-remove.png", "sub/a-remove.png"]
    assert [result.state for result in results] == ["done"] * 3
    assert results[2].output == str(out / "sub" / "a-remove.png")
    assert (out / "b-remove.png").read_bytes() == (photos / "b.png").read_bytes()
    assert run(photos, out) == []
    assert len(engine.done) == 3


def test_a_photo_named_twice_is_done_once(photos: Path, out: Path, engine: Deeds) -> None:
    assert len(run([photos, photos / "sub", photos / "b.png"], out)) == 3
    assert run(photos / "sub", out) == []
    assert len(engine.done) == 3


def test_a_changed_photo_and_a_lost_result_are_done_again(
    photos: Path, out: Path, engine: Deeds
) -> None:
    run(photos, out)
    os.utime(photos / "a.png", (1, 1))  # touched, and the same
    assert run(photos, out) == []
    drill.write_photo(photos / "a.png", 50)
    (again,) = run(photos, out)
    assert (again.photo, again.output) == (str(photos / "a.png"), str(out / "a-remove.png"))
    assert (out / "a-remove.png").read_bytes() == (photos / "a.png").read_bytes()
    (out / "b-remove.png").unlink()
    (again,) = run(photos, out)
    assert again.photo == str(photos / "b.png")
    assert len(engine.done) == 5


def test_another_instruction_or_pipeline_is_another_result(
    photos: Path, out: Path, engine: Deeds
) -> None:
    run(photos, out)
    run(photos, out, instruction="remove the blue cup")
    run(photos, out, overrides=("verification.attempts=3",))
    assert run(photos, out) == []
    assert written(out)[:3] == ["a-remove-2.png", "a-remove-3.png", "a-remove.png"]
    assert len(written(out)) == len(engine.done) == 9


def test_collisions_are_numbered_and_told_and_strangers_stay(
    photos: Path, out: Path, engine: Deeds
) -> None:
    out.mkdir()
    (out / "a-remove.png").write_bytes(b"a stranger's")
    (photos / "a.png").rename(photos / "a.jpg")  # what it holds decides, not its name
    drill.write_photo(photos / "a.png", 9)
    with Batch(photos, Settings(str(out), INSTRUCTION, format="png")) as batch:
        taken = batch.prepare()
        list(batch.results())
    moved = [(Path(each.photo).name, each.wanted, each.output) for each in taken.collisions]
    assert moved == [
        ("a.jpg", "a-remove.png", "a-remove-2.png"), ("a.png", "a-remove.png", "a-remove-3.png")
    ]  # fmt: skip
    assert taken.collided == 2
    assert (out / "a-remove.png").read_bytes() == b"a stranger's"
    assert len(written(out)) == 5
    assert run(photos, out, format="png") == []


def test_retry_takes_what_it_says(photos: Path, out: Path, engine: Deeds) -> None:
    seeds: list[int] = []

    def deed(job: Job) -> Outcome:
        name = Path(job.photo).relative_to(photos).as_posix()
        seeds.append(job.seed)
        if name == "a.png":
            return Outcome(job.id, "failed", "PhotoError", "bad")
        if name == "b.png":
            return Outcome(job.id, "refused", "TargetNotFoundError", "not there")
        return replace(copied(job), verdict=False, findings=("the seam shows",))

    engine.deed = deed
    assert [each.state for each in run(photos, out)] == ["failed", "refused", "done"]
    assert run(photos, out) == []
    assert [each.state for each in run(photos, out, retry=("failed",))] == ["failed"]
    assert [each.state for each in run(photos, out, retry=("refused",))] == ["refused"]
    seeds.clear()
    assert [each.verdict for each in run(photos, out, retry=("verdict",))] == [False]
    assert [each.verdict for each in run(photos, out, retry=("verdict",))] == [False]
    assert len(set(seeds)) == 2
    assert 0 not in seeds
    assert written(out) == ["sub/a-remove.png"]


def test_limit_leaves_the_rest_for_later(photos: Path, out: Path, engine: Deeds) -> None:
    assert len(run(photos, out, limit=2)) == 2
    assert len(run(photos, out)) == 1


def test_a_dry_run_leaves_nothing_behind(photos: Path, out: Path, engine: Deeds) -> None:
    with Batch(photos, Settings(str(out), INSTRUCTION), dry=True) as batch:
        assert batch.prepare().to_do == 3
    assert not out.exists()
    run([photos / "a.png"], out)
    before = (out / ".autoedit" / "ledger.sqlite").read_bytes()
    with Batch(photos, Settings(str(out), INSTRUCTION), dry=True) as batch:
        assert batch.prepare().to_do == 3 - 1
    assert (out / ".autoedit" / "ledger.sqlite").read_bytes() == before


def test_what_the_caller_leaves_unfinished_is_done_next_time(
    photos: Path, out: Path, engine: Deeds
) -> None:
    results: Iterator[Result] = autoedit.bulk.run(photos, INSTRUCTION, out)
    next(results)
    results.close()  # pyright: ignore[reportAttributeAccessIssue]
    ledger = Ledger(out / ".autoedit" / "ledger.sqlite", read_only=True)
    counts = ledger.counts().states
    ledger.close()
    assert counts["running"] == 0
    assert counts["done"] >= 1
    assert len(run(photos, out)) == counts["pending"]
    assert len(written(out)) == 3


def test_a_reason_to_stop_ends_the_run_and_costs_no_photo(
    photos: Path, out: Path, engine: Deeds
) -> None:
    def deed(job: Job) -> Outcome:
        if job.photo.endswith("b.png"):
            return Outcome(job.id, "pending", "OutputError", "no room", stop="The disk is full.")
        return copied(job)

    engine.deed = deed
    with pytest.raises(OutputError, match="The disk is full"):
        run(photos, out)
    assert written(out) == ["a-remove.png"]
    engine.deed = copied
    assert len(run(photos, out)) == 2


def test_each_line_of_a_manifest_is_its_own(photos: Path, out: Path, engine: Deeds) -> None:
    mask = drill.write_photo(photos / "m" / "mask.png")
    rows = [
        {"photo": "a.png", "instruction": "blur the face", "box": "1,2,3,4", "pick": "", "seed": 5},
        {"photo": "a.png", "instruction": "remove the mug", "mask": "m/mask.png"},
        {"photo": "b.png", "instruction": "sing a song"},
    ]
    with (photos / "list.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ("photo", "instruction", "box", "pick", "seed", "mask"))
        table.writeheader()
        table.writerows(rows)
    results = run(photos / "list.csv", out, instruction="")
    assert written(out) == ["a-obscure.png", "a-remove.png"]
    assert [(job.box, job.seed, job.mask) for job in engine.done] == [
        ((1.0, 2.0, 3.0, 4.0), 5, None), (None, 0, str(mask))
    ]  # fmt: skip
    assert len(results) == 2
    ledger = Ledger(out / ".autoedit" / "ledger.sqlite", read_only=True)
    assert ledger.counts().states["refused"] == 1
    ledger.close()


@pytest.mark.parametrize(
    ("settings", "error", "complaint"),
    [
        ({"instruction": "sing a song"}, InstructionError, "sing"),
        ({"instruction": "replace the mug with a cat"}, InstructionError, "generative model"),
        ({"instruction": PARTLY}, InstructionError, "give --skip-unsupported"),
        ({"instruction": BACKDROP}, PhotoError, r"absent\.jpg"),
        ({"gpu_batch": 0}, InputError, "gpu_batch must be at least 1"),
        ({"gpu_batch": 2, "engine": "ray"}, InputError, "local engine"),
        ({"instruction": ""}, InputError, "has no instruction"),
        ({"pipeline": "none"}, SettingError, "No pipeline is called 'none'"),
        ({"engine": "spark"}, InputError, "no engine 'spark'"),
        ({"timeout": 0}, InputError, "timeout must be above 0"),
        ({"workers": 0}, InputError, "workers must be at least 1"),
        ({"template": "x"}, InputError, "template"),
        ({"retry": ("all",)}, InputError, "retry"),
        ({"address": "auto"}, InputError, "Ray cluster"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(
    settings: dict[str, Any], error: type[Exception], complaint: str, photos: Path, out: Path,
    engine: Deeds,
) -> None:  # fmt: skip
    with pytest.raises(error, match=complaint):
        run(photos, out, **settings)
    assert not engine.done
    assert len(run(photos, out)) == 3  # and nothing of it stays in the ledger


def test_what_is_not_supported_is_left_out_when_asked(
    photos: Path, out: Path, engine: Deeds
) -> None:
    lines = [{"photo": str(photos / "a.png"), "instruction": PARTLY},
             {"photo": str(photos / "b.png"), "instruction": BACKDROP}]  # fmt: skip
    assert run(lines, out, instruction="") == []
    ledger = Ledger(out / ".autoedit" / "ledger.sqlite", read_only=True)
    kinds = [(row["state"], row["kind"]) for row in ledger.rows()]
    ledger.close()
    assert kinds == [(REFUSED, "UnsupportedInstructionError"), (REFUSED, "PhotoError")]
    assert len(run(lines, out, instruction="", skip_unsupported=True)) == 1
    assert written(out) == ["a-remove.png"]


def test_a_product_photo_is_in_the_format_that_it_is_made_for(
    photos: Path, out: Path, engine: Deeds
) -> None:
    asked = {"instruction": "make the background white", "pipeline": "product-amazon"}
    first = run([photos / "a.png"], out, **asked)
    second = run([photos / "a.png"], out, format="png", **asked)
    names = [Path(str(each.output)).name for each in (*first, *second)]
    assert names == ["a-background.jpg", "a-background.png"]
    made_for = [Pipeline.model_validate_json(job.pipeline).product for job in engine.done]
    assert [each and each.format for each in made_for] == ["JPEG", "PNG"]


def test_a_name_that_is_no_text_costs_its_photo_alone(
    photos: Path, out: Path, engine: Deeds
) -> None:
    try:
        (photos / "sub" / "a.png").rename(os.fsdecode(os.fsencode(photos) + b"/\xff.png"))
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    assert len(run(photos, out)) == 2
    ledger = Ledger(out / ".autoedit" / "ledger.sqlite", read_only=True)
    (row,) = [row for row in ledger.rows() if row["state"] == 3]
    ledger.close()
    assert "not valid UTF-8" in row["error"]


def test_results_beside_their_photos_are_no_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Deeds(copied).install(monkeypatch)
    drill.write_photo(tmp_path / "one.png", 1)
    first = list(autoedit.bulk.run(tmp_path, "remove the mug", tmp_path))
    assert [Path(each.photo).name for each in first] == ["one.png"]
    assert (tmp_path / "one-remove.png").exists()
    assert list(autoedit.bulk.run(tmp_path, "remove the mug", tmp_path)) == []
