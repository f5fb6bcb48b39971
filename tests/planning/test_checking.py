"""Plans from files: what is wrong with them is said in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autoedit.core.plan import EditPlan, EditStep, Target
from autoedit.errors import InstructionError
from autoedit.planning.checking import read_plan
from autoedit.planning.grammar import GrammarPlanner

CUP: dict[str, Any] = {"operation": "remove", "target": {"phrase": "the cup"}}


def written(folder: Path, content: Any) -> Path:
    path = folder / "plan.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_what_a_planner_made_is_read_back(tmp_path: Path) -> None:
    plan = GrammarPlanner().plan("remove the second cup on the left, then blur the background")
    assert read_plan(written(tmp_path, plan.model_dump_json())) == plan


def test_a_person_may_name_any_file(tmp_path: Path) -> None:
    step = {**CUP, "operation": "background", "replacement": {"image": "beach.jpg"}}
    plan = read_plan(written(tmp_path, {"steps": [step]}))
    assert plan.steps[0].replacement is not None
    assert plan.steps[0].replacement.image == "beach.jpg"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("not JSON", "is no plan"),
        ({"steps": []}, "there is none"),
        ({"steps": [CUP], "step": []}, "step: Extra inputs"),
        ({"steps": [{**CUP, "tagret": {}}]}, "steps.0.tagret"),
        ({"steps": [{**CUP, "operation": "replace"}]}, "replace needs one"),
        ({"steps": [CUP, {**CUP, "boxes": [[5, 5, 2, 9]]}]}, "steps.1.boxes.*is empty"),
        ({"steps": [{**CUP, "boxes": [[5, 5, 9]]}]}, "steps.0.boxes.0.3"),
        ({"steps": [{**CUP, "target": {"phrase": "x", "position": "centre"}}]}, "position"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: Any, told: str) -> None:
    with pytest.raises(InstructionError, match=told) as caught:
        read_plan(written(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InstructionError, match=r"plan\.json cannot be read"):
        read_plan(tmp_path / "plan.json")


@pytest.mark.parametrize(
    ("effects", "kinds", "taken"),
    [
        (None, (), ("shadow", "reflection")),
        ("take_along", ("shadow",), ("shadow", "reflection")),
        ("keep", (), ()),
        ("keep", ("reflection",), ("shadow",)),
        ("only", (), ("shadow", "reflection")),
        ("only", ("reflection",), ("reflection",)),
    ],
)
def test_a_removal_takes_what_is_said(effects: Any, kinds: Any, taken: Any) -> None:
    step = EditStep(
        operation="remove", target=Target(phrase="it"), effects=effects, effect_kinds=kinds
    )
    assert tuple(kind for kind in ("shadow", "reflection") if step.takes(kind)) == taken


def test_what_is_cut_out_leaves_its_effects_behind() -> None:
    step = EditStep(operation="extract", target=Target(phrase="it"))
    assert not step.takes("shadow")


def test_the_published_schema_is_the_codes() -> None:
    published = Path(__file__).parents[2] / "docs" / "plan.schema.json"
    content = json.loads(published.read_text("utf-8"))
    content.pop("$schema")
    assert content == EditPlan.model_json_schema()
