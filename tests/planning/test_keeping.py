"""What a sentence asks to keep stays in front of the new background."""

import pytest

from autoedit.core.plan import Target
from autoedit.planning.grammar import GrammarPlanner
from autoedit.planning.keeping import together
from autoedit.planning.replacement import MAIN_SUBJECT, members

plan = GrammarPlanner().plan


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("keep the red mug and make the background white", "the red mug"),
        ("make the background white while keeping the chair", "the chair"),
        ("make the background white. Don't touch the vase.", "the vase"),
        ("remove the background but keep the dog", "the dog"),
        ("blur the background, keep the man in focus", "the man"),
        ("remove the spoon, make the background white and keep the mug", "the mug"),
        (
            "keep the mug, the pen and the cup, background transparent",
            "the mug, the pen and the cup",
        ),
        ("white background, keep all three", "all three"),
    ],
)
def test_a_thing_that_is_kept_is_the_subject(said: str, meant: str) -> None:
    assert plan(said).steps[-1].target.phrase == meant


@pytest.mark.parametrize(
    "kept",
    ["the lighting", "the pose", "the style", "the shadow", "the original colours", "her",
     "the details", "everything else", "the aspect ratio", "me and my dog", "the sky",
     "the person's face and clothes", "the subject"],
)  # fmt: skip
@pytest.mark.parametrize("order", ["keep {} and make the background white",
                                   "make the background white but keep {}"])  # fmt: skip
def test_what_is_no_thing_leaves_the_main_subject(kept: str, order: str) -> None:
    (step,) = plan(order.format(kept)).steps
    assert step.target == MAIN_SUBJECT


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("put the mug on white but keep the handle", "the mug"),
        ("cut it out but keep the strap", "the main subject"),
    ],
)
def test_a_subject_that_is_named_stays_the_subject(said: str, meant: str) -> None:
    assert plan(said).steps[0].target.phrase == meant


def test_a_kept_shadow_is_kept_beside_its_thing() -> None:
    (step,) = plan("make the background white but keep the chair and its shadow").steps
    assert (step.target.phrase, step.effects, step.effect_kinds) == (
        "the chair",
        "keep",
        ("shadow",),
    )


def test_several_subjects_are_told_apart_again() -> None:
    (step,) = plan("white background, keep the red mug and the two boxes").steps
    mug, boxes = members(step.target)
    assert (mug.head, mug.attributes.colour) == ("mug", ("red",))
    assert (boxes.head, boxes.quantity) == ("box", "2")
    everything = Target(phrase="everything", quantity="all")
    assert members(everything) == (everything,)


def test_things_that_are_cut_out_together_are_one_cut_out() -> None:
    (step,) = together(plan("cut out the dog, the ball and the bone")).steps
    assert [target.phrase for target in members(step.target)] == ["the dog", "the ball", "the bone"]
    apart = plan("cut out the dog and make the cat red")
    assert together(apart) == apart
