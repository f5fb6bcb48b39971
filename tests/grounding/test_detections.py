import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Attributes, Relation, Target
from autoedit.errors import SettingError
from autoedit.grounding.detections import (
    Detection,
    DetectionSettings,
    PreparedDetections,
    detection_phrase,
)
from autoedit.planning.grammar import GrammarPlanner
from tests.drawing import ball, ground, overlap

SETTINGS = DetectionSettings("grounding dino", threshold=0.35)
LEFT, RIGHT, FAR = (10, 40, 60, 90), (200, 40, 260, 100), (330, 40, 390, 100)


class Fake:
    """Answers from a table, and remembers what it was asked."""

    def __init__(self, **answers):
        self.answers = {phrase.replace("_", " "): found for phrase, found in answers.items()}
        self.asked = []

    def detect(self, phrase):
        self.asked.append(phrase)
        return [
            each if isinstance(each, Detection) else Detection(each[0], each[1])
            for each in self.answers.get(phrase, [])
        ]


def grounding(**answers):
    photo = Photo(np.full((300, 400, 3), 127, np.uint8))
    detector = Fake(**answers)
    return PreparedDetections(photo, detector, SETTINGS), detector


def target(head="mug", colour=(), **more):
    phrase = " ".join(("the", *colour, head))
    looks = Attributes(colour=colour, size=more.pop("size", ()))
    return Target(phrase=phrase, head=head, attributes=looks, **more)


def boxes(found):
    return [region.box for region in found]


def test_what_is_found_says_how_and_where():
    prepared, _ = grounding(red_mug=[(LEFT, 0.83)])

    found = prepared.find(target(colour=("red",)))

    assert boxes(found) == [LEFT]
    assert found[0].label == "red mug on the upper left"
    assert found[0].evidence == ("grounding dino: 'red mug' 0.83",)
    assert found[0].unchecked == ()
    assert found[0].score == pytest.approx(SETTINGS.confidence(0.83))


def test_a_phrase_is_asked_once_a_photo():
    prepared, detector = grounding(mug=[(LEFT, 0.8), (RIGHT, 0.8)])

    left = prepared.find(target(position="left"))
    right = prepared.find(target(position="right"))

    assert (boxes(left), boxes(right)) == ([LEFT], [RIGHT])
    assert detector.asked == ["mug"]


def test_below_the_threshold_is_a_near_miss_and_below_the_floor_is_nothing():
    prepared, _ = grounding(mug=[(LEFT, 0.21), (RIGHT, 0.05)])

    found = prepared.find(target())

    assert len(found) == 0
    assert [miss.refusal for miss in found.near_misses] == ["score 0.21 is below 0.35"]
    assert "score 0.21 is below 0.35" in found.note
    assert "'dog'" in prepared.find(target("dog")).note


def test_duplicates_are_suppressed_whatever_their_order():
    nearly = (12, 42, 62, 92)
    beside = (45, 40, 95, 90)  # a third of each overlaps
    prepared, _ = grounding(mug=[(nearly, 0.5), (beside, 0.6), (LEFT, 0.8)])

    assert sorted(boxes(prepared.find(target(quantity="all")))) == [LEFT, beside]


def test_neighbours_far_from_the_corner_are_no_duplicates():
    neighbours = [(200, 200, 230, 230), (235, 200, 265, 230)]
    prepared, _ = grounding(mug=[(box, 0.7) for box in neighbours])

    assert sorted(boxes(prepared.find(target(quantity="all")))) == neighbours


def test_a_box_round_several_better_ones_goes_and_one_round_a_single_one_stays():
    group = (8, 38, 392, 102)
    every = [(LEFT, 0.7), (RIGHT, 0.72), (FAR, 0.71)]
    many, _ = grounding(mug=[*every, (group, 0.5)])
    best, _ = grounding(mug=[*every, (group, 0.8)])
    around = (0, 20, 130, 150)
    single, _ = grounding(mug=[(LEFT, 0.8), (around, 0.7)])

    assert sorted(boxes(many.find(target(quantity="all")))) == [LEFT, RIGHT, FAR]
    assert len(best.find(target(quantity="all"))) == 4
    assert len(single.find(target(quantity="all"))) == 2


def test_boxes_are_cut_to_the_photo_and_nonsense_is_dropped():
    answers = [
        ((-20, -5, 60, 500), 0.9), ((500, 10, 600, 60), 0.9), ((90, 90, 80, 120), 0.9),
        ((np.nan, 0, 10, 10), 0.9), ((100, 100, 150, 150), float("nan")),
    ]  # fmt: skip
    prepared, _ = grounding(mug=answers)

    assert boxes(prepared.find(target(quantity="all"))) == [(0, 0, 60, 300)]


def test_two_as_good_are_ambiguous_and_a_much_better_one_is_not():
    close, _ = grounding(mug=[(LEFT, 0.7), (RIGHT, 0.66)])
    clear, _ = grounding(mug=[(LEFT, 0.8), (RIGHT, 0.42)])

    assert close.find(target()).ambiguous
    assert not clear.find(target()).ambiguous
    assert boxes(clear.find(target())) == [LEFT]
    assert len(clear.find(target(quantity="all"))) == 2


def test_the_rules_of_the_plan_apply():
    things = [(LEFT, 0.7), (RIGHT, 0.7), (FAR, 0.7)]
    prepared, _ = grounding(mug=things, laptop=[((270, 40, 320, 100), 0.9)], phone=[(LEFT, 0.9)])
    left_of = Relation(kind="left_of", anchor=target("laptop"))

    assert boxes(prepared.find(target(ordinal=2))) == [RIGHT]
    assert boxes(prepared.find(target(ordinal=-1))) == [FAR]
    assert boxes(prepared.find(target(size=("smallest",)))) == [LEFT]
    assert boxes(prepared.find(target(relation=left_of))) == [RIGHT]
    rest = prepared.find(target(quantity="all", exclude=(target("phone"),)))
    assert sorted(boxes(rest)) == [RIGHT, FAR]
    assert "only 3" in prepared.find(target(ordinal=4)).note


def test_everything_is_the_generic_phrase():
    prepared, detector = grounding(object=[(LEFT, 0.9), (RIGHT, 0.36)])

    found = prepared.find(target("object", quantity="all"))

    assert detector.asked == ["object"]
    assert len(found) == 2
    assert min(region.score for region in found) >= 0.5


def test_a_mask_goes_along_and_counts_as_the_area():
    small = np.zeros((300, 400), np.float32)
    small[40:60, 200:220] = 1
    shown = Detection(RIGHT, 0.7, mask=Mask(small))
    prepared, _ = grounding(mug=[shown, (LEFT, 0.7)])

    found = prepared.find(target(size=("smallest",)))

    assert found[0].mask is shown.mask


@pytest.mark.parametrize("head", ["subject", "background"])
def test_what_no_detector_has_words_for_is_found_by_what_stands_out(head):
    photo = ground(240, 320)
    outline = ball(photo, 160, 120, 40, (190, 25, 25))
    detector = Fake()
    prepared = PreparedDetections(Photo(photo), detector, SETTINGS)

    found = prepared.find(target(head))

    wanted = ~outline if head == "background" else outline
    assert overlap(found[0].mask.binary, wanted) > 0.8
    assert "grounding dino" in found[0].evidence[0]
    assert detector.asked == []


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        ("the second Red mug from the left", "red mug"),
        ("all the people", "person"),
        ("the two dogs on the left", "dog"),
        ("the biggest apple", "apple"),
        ("the small wooden striped chair next to the table", "striped wooden chair"),
        ("the black and white dog", "black and white dog"),
        ("the old table lamp", "old table lamp"),
        ("the kitchen knives", "kitchen knife"),
        ("the third wine bottle", "wine bottle"),
        ("the man wearing a blue shirt", "man wearing blue shirt"),
        ("the person on the left holding a phone", "person holding phone"),
        ("the cup of coffee", "cup of coffee"),
        ("the dog behind the tree", "dog"),
        ("the sign that says SALE", "sign that says sale"),
        ("Tom's dog", "dog of tom"),
        ("the main building", "building"),
        ("the red one", "red object"),
        ("the thing on the left", "object"),
        ("everything", "object"),
        ("everything except the vase", "object"),
        ("it", ""),
        ("the main subject", ""),
        ("the foreground", ""),
    ],
)
def test_phrases_for_a_detector(words, phrase):
    asked = GrammarPlanner().plan(f"remove {words}").steps[0].target
    assert detection_phrase(asked) == phrase


def test_a_head_of_several_words_is_taken_once():
    lamp = Target(phrase="the old table lamps", head="table lamp", attributes=Attributes())
    assert detection_phrase(lamp) == "old table lamp"
    assert detection_phrase(Target(phrase="a lamp", head="The Table Lamp.")) == "table lamp"


def test_without_a_generic_phrase_there_are_no_words_for_things():
    assert detection_phrase(Target(phrase="everything", quantity="all"), "") == ""
    assert detection_phrase(target("thing", ("red",)), "") == ""
    assert detection_phrase(target("mug", ("red",)), "") == "red mug"


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=30), st.text(max_size=12), st.text(max_size=12))
def test_a_phrase_is_plain_words_whatever_the_target(phrase, head, colour):
    looks = Attributes(colour=(colour,))
    found = detection_phrase(Target(phrase=phrase, head=head, attributes=looks))
    assert "." not in found
    assert found == found.strip().lower()


@settings(deadline=None, max_examples=50)
@given(st.floats(0.02, 0.98), st.floats(0.1, 4), st.floats(0, 1), st.floats(0, 1))
def test_confidence_keeps_the_order_and_fixes_the_threshold(threshold, sharpness, one, two):
    reading = DetectionSettings("x", threshold=threshold, sharpness=sharpness)
    low, high = sorted((one, two))

    assert reading.confidence(threshold) == pytest.approx(0.5)
    assert reading.confidence(1.0) > 0.98 or sharpness < 0.5
    assert 0 <= reading.confidence(low) <= reading.confidence(high) <= 1


@pytest.mark.parametrize(
    "wrong",
    [{"threshold": 0}, {"threshold": 1.0}, {"nms": 0}, {"nms": 1.1}, {"sharpness": 0}]
    + [{name: float("nan")} for name in ("threshold", "nms", "sharpness")],
)
def test_settings_out_of_range(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        DetectionSettings("grounding dino", **wrong)
