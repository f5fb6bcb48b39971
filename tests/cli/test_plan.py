"""`plan --explain`, `edit --plan` and `edit --skip-unsupported`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autoedit.core.plan import EditPlan, EditStep, Target
from tests.cli.fakes import Done, FakeEditor

Run = Callable[..., Done]


def test_a_plan_is_json_that_edit_takes(
    editor: FakeEditor, photo: Path, run: Run, tmp_path: Path
) -> None:
    done = run("plan", "remove the cup, keep the plate")
    assert done.code == 0
    made = EditPlan.model_validate_json(done.out)
    assert made.steps[0].keep == ("the plate",)
    file = tmp_path / "plan.json"
    file.write_text(done.out.replace('"the cup"', '"the blue cup"'))
    done = run("edit", photo, "--plan", file)
    assert done.code == 0
    assert "Removed the blue cup" in done.out


def test_explain_says_which_words_became_what(run: Run) -> None:
    done = run("plan", "--explain", "get rid of the mug on the left, please")
    assert done.code == 0
    rows = [line.split(None) for line in done.out.splitlines()]
    assert ["mug", "steps.0.target.head", "=", "mug"] in rows
    assert rows[-1][0] == "please"
    told = json.loads(run("plan", "--explain", "--json", "remove the mug").out)
    assert told["plan"]["steps"][0]["target"]["head"] == "mug"
    assert {"words": "mug", "became": "steps.0.target.head = mug"} in told["explanation"]


def test_a_part_that_cannot_be_done_stops_the_edit_unless_it_may_be_left_out(
    editor: FakeEditor, photo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    partly = EditPlan(steps=editor.steps, unsupported=('"rotate it" asks for a turn.',))
    monkeypatch.setattr(FakeEditor, "plan", lambda *_: partly)
    done = run("edit", photo, "remove the mug and rotate it")
    assert done.code == 2
    assert "rotate it" in done.err
    assert "--skip-unsupported" in done.err
    assert editor.calls == []
    done = run("edit", photo, "remove the mug and rotate it", "--skip-unsupported")
    assert done.code == 0
    assert "rotate it" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [([], "Missing argument 'INSTRUCTION'"), (["remove it", "--plan", "p.json"], "not both")],
)
def test_an_edit_needs_either_words_or_a_plan(
    editor: FakeEditor, photo: Path, run: Run, words: list[str], told: str
) -> None:
    done = run("edit", photo, *words)
    assert done.code == 2
    assert told in done.err
    assert editor.calls == []


def test_a_plan_file_that_is_none(editor: FakeEditor, photo: Path, run: Run) -> None:
    file = photo.with_name("plan.json")
    file.write_text('{"steps": [{"operation": "remove"}]}')
    done = run("edit", photo, "--plan", file)
    assert done.code == 2
    assert "steps.0.target" in done.err
    assert editor.calls == []


def test_the_planner_is_shown_the_photo(
    editor: FakeEditor, photo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[object] = []

    def plan(self: FakeEditor, instruction: str, photo: object = None) -> EditPlan:
        shown.append(photo)
        return EditPlan(steps=(EditStep(operation="remove", target=Target(phrase="it")),))

    monkeypatch.setattr(FakeEditor, "plan", plan)
    assert run("edit", photo, "remove it").code == 0
    assert shown == [str(photo)]
