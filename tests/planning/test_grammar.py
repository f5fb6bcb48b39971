"""The grammar: sentences and their plans, refusals, bad input, and properties of any plan."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.core.plan import EditPlan
from autoedit.errors import InstructionError, UnsupportedInstructionError
from autoedit.planning.grammar import LONGEST_INSTRUCTION, GrammarPlanner

SENTENCES = [
    json.loads(line)
    for line in (Path(__file__).parent / "sentences.jsonl").read_text("utf-8").splitlines()
]
REFUSED = {
    "style": "a change of style",
    "pose": "a change of pose",
    "geometry": "a change of size, place or direction",
    "tone": "a change of light, contrast or quality",
}
ERRORS = {
    "not English": "does not look like English",
    "not understood": "No edit was recognised",
    "nothing to do": "only says what to leave alone",
    "incomplete": "does not say",
}
CASES = Path(__file__).parents[3] / "shared" / "cases" / "imgedit_instructions.jsonl"

FULL_WIDTH = "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in "remove the red mug")

planner = GrammarPlanner()


def of_kind(key):
    chosen = [row for row in SENTENCES if key in row]
    return pytest.mark.parametrize("row", chosen, ids=[row["instruction"] for row in chosen])


@of_kind("steps")
def test_sentence_becomes_its_steps(row):
    plan = planner.plan(row["instruction"])
    steps = [step.model_dump(mode="json", exclude_defaults=True) for step in plan.steps]
    assert steps == row["steps"]
    assert len(plan.unsupported) == row.get("unsupported", 0)
    assert plan.instruction == row["instruction"]


@of_kind("refused")
def test_refusal_names_what_was_understood_and_what_can_be_done(row):
    with pytest.raises(UnsupportedInstructionError) as caught:
        planner.plan(row["instruction"])
    assert REFUSED[row["refused"]] in str(caught.value)
    assert "It can" in str(caught.value)


@of_kind("error")
def test_sentence_without_an_edit_is_an_error(row):
    with pytest.raises(InstructionError) as caught:
        planner.plan(row["instruction"])
    assert not isinstance(caught.value, UnsupportedInstructionError)
    assert ERRORS[row["error"]] in str(caught.value)


def test_there_are_enough_sentences():
    instructions = [row["instruction"] for row in SENTENCES]
    assert len(set(instructions)) == len(instructions) >= 120


def test_possible_steps_stay_when_others_are_refused():
    plan = planner.plan("Remove the tree, and rotate the photo, and make the sofa red.")
    assert [step.operation for step in plan.steps] == ["remove", "modify"]
    assert len(plan.unsupported) == 1
    assert "rotate the photo" in plan.unsupported[0]


def test_clause_that_is_not_understood_is_noted():
    plan = planner.plan("Remove the cup. Frobnicate the table.")
    assert [step.target.head for step in plan.steps] == ["cup"]
    assert any("Frobnicate the table" in note for note in plan.notes)


def test_pronoun_without_a_name_is_flagged():
    assert any("model that sees" in note for note in planner.plan("make them gray").notes)
    assert planner.plan("there is a cat on the sofa, make it gray").notes == ()


def test_negation_never_becomes_a_removal():
    plan = planner.plan("remove the spoon, but don't remove the cup")
    assert [step.target.head for step in plan.steps] == ["spoon"]
    assert plan.steps[0].keep == ("the cup",)


@pytest.mark.parametrize("instruction", ["", "   \n\t", "!!! ???", "\0\0", "🙂🙂", "12 34"])
def test_instruction_without_words(instruction):
    with pytest.raises(InstructionError, match=r"remove the red mug.*replace the background"):
        planner.plan(instruction)


def test_instruction_that_is_too_long_is_not_echoed():
    with pytest.raises(InstructionError) as caught:
        planner.plan("remove the cup " * 700)
    message = str(caught.value)
    assert "10,499" in message
    assert len(message) < 300
    assert "\n" not in message


def test_longest_instruction_is_still_read():
    instruction = "remove the cup".ljust(LONGEST_INSTRUCTION, "!")
    assert planner.plan(instruction).steps[0].target.head == "cup"


@pytest.mark.parametrize(
    "instruction",
    ["Убери красную кружку", "删除红色杯子", "احذف الكوب", "Ersetze den Hintergrund mit Weiß",
     "remplace le fond par une plage", "quita el coche rojo", "ta bort den röda koppen"],
)  # fmt: skip
def test_other_languages_are_said_so(instruction):
    with pytest.raises(InstructionError, match="does not look like English"):
        planner.plan(instruction)


@pytest.mark.parametrize(
    "instruction",
    ["remove the \0red\x07 mug", "🙂 remove the red mug 🙂", "REMOVE THE RED MUG",
     "remove\u200b the\u00a0red mug", FULL_WIDTH, "remove\n\nthe red mug"],
)  # fmt: skip
def test_odd_characters_change_nothing(instruction):
    target = planner.plan(instruction).steps[0].target
    assert (target.head, target.attributes.colour) == ("mug", ("red",))


def test_quoted_text_is_not_read_as_an_instruction():
    plan = planner.plan('remove the sign that says "remove the dog and add a cat"')
    assert len(plan.steps) == 1
    assert plan.steps[0].target.attributes.text == ("remove the dog and add a cat",)


VOCABULARY = sorted({word for row in SENTENCES for word in row["instruction"].split()})
soup = st.lists(
    st.sampled_from([*VOCABULARY, ",", ".", "(", ")", '"', "'s", "\n", "🙂", "\0", "²", "İ"]),
    max_size=30,
).map(" ".join)


@given(st.one_of(soup, st.text(max_size=200), soup.map(lambda words: "remove the " + words)))
@settings(max_examples=600, deadline=None)
def test_any_text_is_a_plan_or_an_instruction_error(instruction):
    try:
        plan = planner.plan(instruction)
    except InstructionError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 500
        return
    assert plan.steps
    assert EditPlan.model_validate_json(plan.model_dump_json()) == plan
    assert GrammarPlanner().plan(instruction) == plan


@pytest.mark.parametrize(
    "unit", ["a's ", "and ", "on ", "cup on ", "with ", "(", "red ", "the cup and ", "turn x and "]
)
def test_long_repetitions_stay_quick(unit):
    instruction = "remove " + unit * ((LONGEST_INSTRUCTION - 7) // len(unit))
    started = time.perf_counter()
    try:
        planner.plan(instruction)
    except InstructionError as error:
        assert len(str(error)) < 500
    assert time.perf_counter() - started < 3


def test_a_sentence_takes_less_than_two_milliseconds():
    planner.plan("remove the red mug")
    times = []
    for row in SENTENCES:
        started = time.perf_counter()
        try:
            planner.plan(row["instruction"])
        except InstructionError:
            pass
        finally:
            times.append(time.perf_counter() - started)
    assert statistics.median(times) < 0.002


def test_planning_loads_nothing_heavy():
    code = (
        "import sys; from autoedit.planning.grammar import GrammarPlanner;"
        "GrammarPlanner().plan('remove the red mug');"
        "print([m for m in ('torch', 'numpy', 'cv2', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not CASES.is_file(), reason="the shared cases are not there")
def test_agreement_on_published_instructions():
    expected = {"adjust": "modify", "compose": "remove"}
    refused, right, rows = ("style", "action"), 0, CASES.read_text("utf-8").splitlines()
    for row in map(json.loads, rows):
        try:
            operations = {step.operation for step in planner.plan(row["instruction"]).steps}
        except UnsupportedInstructionError:
            operations = {"refused"}
        kind = row["edit_type"]
        wanted = "refused" if kind in refused else expected.get(kind, kind)
        right += wanted in operations
    assert right / len(rows) >= 0.97


@pytest.mark.parametrize(
    ("sentence", "effects"),
    [
        ("remove the cup", "take_along"),
        ("replace the cup with a vase", "take_along"),
        ("cut out the cup", "keep"),
        ("cut out the cup with its shadow", "take_along"),
        ("remove the cup but keep the shadow", "keep"),
    ],
)
def test_effects_go_with_what_goes_unless_said(sentence, effects):
    assert planner.plan(sentence).steps[0].settled_effects == effects


def test_asides_and_lists_of_steps_make_no_targets() -> None:
    for instruction in (
        "take that lamp off the shelf, it ruins the picture",
        "the lamp is so ugly, remove it",
        "the lamp is horrid, remove it",
        "1. remove the lamp",
        "bro can u get rid of the lamp lol",
    ):
        (step,) = planner.plan(instruction).steps
        assert (step.operation, step.target.head) == ("remove", "lamp"), instruction


def test_a_new_background_without_a_shadow_keeps_none() -> None:
    """ "Keep" would lay the old shadow on the new background."""
    for instruction in ("bg white, no shadow", "put the shoe on white without its shadow"):
        (step,) = planner.plan(instruction).steps
        assert (step.operation, step.effects) == ("background", None), instruction


def test_what_is_left_of_a_removal_is_meant_by_it() -> None:
    steps = planner.plan("take the label off the jar and make it blue").steps
    assert [step.target.head for step in steps] == ["label", "jar"]


def test_fronted_places_belong_to_the_thing() -> None:
    for instruction in ("on the right, delete the tree", "there is a tree on the right, delete it"):
        (step,) = planner.plan(instruction).steps
        assert (step.target.head, step.target.position) == ("tree", "right"), instruction


@pytest.mark.parametrize(
    ("sentence", "colour"),
    [
        ("put it in a studio", ""),
        ("place the mug in a photo studio", ""),
        ("give it a studio background", ""),
        ("change the background to a grey studio", "grey"),
    ],
)
def test_a_studio_needs_no_colour(sentence: str, colour: str) -> None:
    replacement = planner.plan(sentence).steps[0].replacement
    assert replacement is not None
    assert (replacement.style, replacement.colour, replacement.phrase) == ("studio", colour, "")


def test_a_studio_with_things_in_it_is_a_scene() -> None:
    replacement = planner.plan("put it in a studio with lamps").steps[0].replacement
    assert replacement is not None and replacement.phrase == "a studio with lamps"


@pytest.mark.parametrize("sentence", ["cut out both", "remove both", "blur both"])
def test_both_needs_no_noun(sentence: str) -> None:
    target = planner.plan(sentence).steps[0].target
    assert (target.phrase, target.head, target.quantity) == ("both", "", "2")
