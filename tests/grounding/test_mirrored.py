"""A thing that stands in calm water is one thing; two like things one above the other are two."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan
from autoedit.grounding.attributes import AttributeGrounder
from autoedit.planning.grammar import GrammarPlanner

TOP, FOOT, WATER = 30, 110, 120


def bird(shade: float = 1.0) -> np.ndarray:
    """A red body with its neck to one side, RGB uint8 (80, 120, 3), black beside it."""
    drawn = np.zeros((FOOT - TOP, 120, 3), np.uint8)
    cv2.ellipse(drawn, (50, 55), (42, 22), 0, 0, 360, (200, 36, 30), -1)
    cv2.ellipse(drawn, (84, 36), (11, 32), 20, 0, 360, (196, 34, 29), -1)
    cv2.line(drawn, (20, 50), (70, 60), (236, 70, 60), 4)
    return (drawn * shade).astype(np.uint8)


def scene(*, turned: bool) -> Photo:
    noise = np.random.default_rng(1).normal(0, 3, (240, 260, 3))
    pixels = np.full((240, 260, 3), (120, 150, 160), np.float32)
    pixels[WATER:] = (96, 122, 138)
    for drawn, top in ((bird(), TOP), (bird(0.85)[:: -1 if turned else 1], WATER + 14)):
        there = drawn.any(axis=2)
        pixels[top : top + 80, 70:190][there] = drawn[there]
    smooth = cv2.GaussianBlur(pixels, (0, 0), 0.8) + noise
    return Photo(np.clip(smooth, 0, 255).astype(np.uint8))


def target(phrase: str):
    plan: EditPlan = GrammarPlanner().plan(f"remove {phrase}")
    return plan.steps[0].target


@pytest.mark.parametrize("phrase", ["the red bird", "all the red birds"])
def test_a_mirror_image_is_not_another(phrase: str) -> None:
    found = AttributeGrounder().prepare(scene(turned=True)).find(target(phrase))
    assert len(found) == 1
    assert found[0].box[3] < WATER + 14
    assert any("mirror image" in miss.refusal for miss in found.near_misses)


def test_two_of_a_kind_one_above_the_other_are_two() -> None:
    prepared = AttributeGrounder().prepare(scene(turned=False))
    assert prepared.find(target("the red bird")).ambiguous
    assert len(prepared.find(target("all the red birds"))) == 2


def test_the_mirror_image_can_be_asked_for() -> None:
    prepared = AttributeGrounder().prepare(scene(turned=True))
    found = prepared.find(target("the red image at the bottom"))
    assert len(found) == 1
    assert found[0].box[1] > WATER
