"""Which words became what."""

from __future__ import annotations

from autoedit.planning.explaining import explained
from autoedit.planning.grammar import GrammarPlanner

planner = GrammarPlanner()


def lines(said: str) -> dict[str, str]:
    found = explained(planner.plan(said), planner.verbs(said))
    return {became: words for words, became in found}


def test_every_field_that_is_set_has_its_words() -> None:
    told = lines("please take the second red mug from the left out, it is ugly")
    assert told["steps.0.operation = remove"] == "take out"
    assert told["steps.0.target.head = mug"] == "mug"
    assert told["steps.0.target.attributes.colour = red"] == "red"
    assert told["steps.0.target.ordinal = 2 from the left"] == "second"
    assert "please" in told["(nothing)"]
    assert "mug" not in told["(nothing)"]


def test_relations_and_replacements() -> None:
    told = lines("replace both cups to the left of the plate with a glass vase")
    assert told["steps.0.target.quantity = 2"] == "both"
    assert told["steps.0.target.relation.kind = left_of"] == "left of"
    assert told["steps.0.target.relation.anchor.head = plate"] == "plate"
    assert told["steps.0.replacement.phrase = a glass vase"] == "a glass vase"


def test_each_step_has_its_verb() -> None:
    told = lines("erase the cup, then paint the wall blue and rotate the photo")
    assert told["steps.0.operation = remove"] == "erase"
    assert told["steps.1.operation = modify"] == "paint"
    assert "rotate the photo" in told["unsupported"]


def test_a_plan_without_verbs_is_explained_too() -> None:
    said = "remove the cup but keep its shadow"
    told = {became: words for words, became in explained(planner.plan(said))}
    assert told["steps.0.operation = remove"] == ""
    assert told["steps.0.effects = keep"] == "shadow"
