from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoedit.core.mask import Mask
from autoedit.masking.shadows import line_of, shadow_mask
from tests.drawing import ball, block, cast_shadow, ground


def scored(found, truth, outline):
    found, truth = found & ~outline, truth & ~outline
    hit = (found & truth).sum()
    return hit / truth.sum(), hit / max(1, found.sum())


@pytest.mark.parametrize("depth", [0.25, 0.5])
def test_a_soft_shadow_is_found_with_its_rim(depth):
    photo = ground()
    truth = cast_shadow(photo, 290, 225, (85, 24), depth)
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    shadow = shadow_mask(photo, Mask.of(outline))

    recall, precision = scored(shadow.binary, truth, outline)
    assert recall > 0.8
    assert precision > 0.7
    assert not shadow.array[outline].any()


def test_without_a_shadow_there_is_none():
    for grain in (1.0, 6.0):
        photo = ground(grain=grain)
        outline = ball(photo, 230, 170, 60, (190, 25, 25))
        assert shadow_mask(photo, Mask.of(outline)).box is None


def test_gaps_between_boards_are_not_taken():
    photo = ground()
    photo[:, ::70] = photo[:, ::70] * 0.4
    photo[:, 1::70] = photo[:, 1::70] * 0.4
    truth = cast_shadow(photo, 290, 225, (85, 24))
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    shadow = shadow_mask(photo, Mask.of(outline))

    recall, precision = scored(shadow.binary, truth, outline)
    assert recall > 0.8
    assert precision > 0.7


def test_a_dark_thing_beside_it_is_left_alone():
    photo = ground()
    truth = cast_shadow(photo, 290, 225, (85, 24))
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    other = block(photo, 90, 150, 168, 230, (60, 20, 20))
    shadow = shadow_mask(photo, Mask.of(outline))

    assert (shadow.binary & other).sum() < 0.05 * other.sum()
    assert scored(shadow.binary, truth, outline)[0] > 0.8


def test_another_things_shadow_is_left_alone():
    photo = ground()
    ours = cast_shadow(photo, 195, 225, (70, 22))
    theirs = cast_shadow(photo, 415, 225, (45, 18))
    outline = ball(photo, 150, 175, 50, (30, 60, 170))
    ball(photo, 385, 195, 30, (190, 25, 25))
    shadow = shadow_mask(photo, Mask.of(outline))

    assert scored(shadow.binary, ours, outline)[0] > 0.8
    assert (shadow.binary & theirs).sum() < 0.05 * theirs.sum()


def test_what_is_said_to_be_another_thing_is_not_taken():
    photo = ground()
    truth = cast_shadow(photo, 290, 225, (85, 24))
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    other = np.zeros_like(outline)
    other[205:260, 320:372] = True  # as dark as the shadow and within it
    shadow = shadow_mask(photo, Mask.of(outline), Mask.of(other))

    assert not (shadow.array > 0.5)[other].any()
    assert scored(shadow.binary, truth & ~other, outline)[0] > 0.75


def test_rendered_scenes_against_their_clean_plates():
    examples = Path(__file__).parents[2] / "examples"
    scores = []
    for name in ("terrace", "tea", "yard", "pair"):
        photo, clean = (
            np.asarray(Image.open(examples / f"{name}{end}.jpg").convert("RGB"))
            for end in ("", ".clean")
        )
        outline = np.asarray(Image.open(examples / f"{name}.mask.png").convert("L")) > 127
        truth = (np.abs(photo.astype(int) - clean).max(axis=2) > 8) & ~outline
        scores.append(scored(shadow_mask(photo, Mask.of(outline)).binary, truth, outline))
    recall, precision = np.mean(scores, axis=0)
    assert recall > 0.65
    assert precision > 0.7


def test_an_empty_mask_and_a_full_one_cast_nothing():
    photo = ground(60, 80)
    for mask in (np.zeros((60, 80), bool), np.ones((60, 80), bool)):
        shadow = shadow_mask(photo, Mask.of(mask))
        assert shadow.box is None
        assert shadow.shape == (60, 80)


def test_the_answer_is_of_the_photos_size_and_the_same_each_time():
    photo = np.repeat(np.repeat(ground(), 3, axis=0), 3, axis=1)
    cast_shadow(photo, 870, 675, (255, 72))
    outline = ball(photo, 690, 510, 180, (30, 60, 170))
    first, second = (shadow_mask(photo, Mask.of(outline)) for _ in range(2))

    assert first.shape == photo.shape[:2]
    assert first.binary.any()
    assert np.array_equal(first.array, second.array)


def test_beside_a_clear_shadow_what_is_doubtful_is_none():
    def ground(*parts):
        return np.concatenate([np.full(count, likely, np.float32) for count, likely in parts])

    clear, doubtful, bare = (1000, 0.97), (1000, 0.55), (9000, 0.001)
    assert line_of(ground(clear, (1000, 0.2), bare)) > 0.2
    assert line_of(ground(doubtful, (1000, 0.2), bare)) == pytest.approx(0.2)


@pytest.mark.parametrize("likely", [0.0, 0.1, 0.9, 1.0])
def test_even_doubt_does_not_take_all(likely):
    everywhere = np.full(1000, likely, np.float32)

    assert (everywhere >= line_of(everywhere)).all() == (likely > 0.5)
