from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.core.result import Check
from autoedit.products.compliance import Finished, checked
from autoedit.products.settings import ProductRules


def finished(**changes: Any) -> Finished:
    """A sharp chequered block on white, 100 of 120 px wide, that breaks no rule."""
    pixels = np.full((120, 120, 3), 255, np.uint8)
    block = (np.indices((70, 100)).sum(axis=0) // 4 % 2 * 160).astype(np.uint8)
    pixels[25:95, 10:110] = block[:, :, None]
    alpha = np.zeros((120, 120), np.float32)
    alpha[25:95, 10:110] = 1
    photo = Finished(pixels, Mask(alpha), (255, 255, 255), "JPEG", 5000, True, (), 1.0, none)
    return replace(photo, **changes)


def none() -> np.ndarray:
    return np.zeros((0, 4))


def one(photo: Finished, **rules: Any) -> Check:
    (check,) = checked(photo, ProductRules.model_validate(rules))
    return check


def marked(x: int, y: int, level: int = 254) -> Finished:
    photo = finished()
    pixels = photo.pixels.copy()
    pixels[y, x] = level
    return replace(photo, pixels=pixels)


def test_no_rule_no_check() -> None:
    assert checked(finished(), ProductRules.model_validate({})) == ()


def test_one_level_in_one_pixel_is_not_the_background() -> None:
    assert one(finished(), exact_background=True).passed
    far = one(marked(60, 5), exact_background=True)
    assert not far.passed and far.value is not None and far.value > 0 and far.bound == 0
    assert one(marked(60, 20), exact_background=True).passed  # within 8 px of the subject


@pytest.mark.parametrize(
    ("rules", "changes", "measured"),
    [
        ({"background": "grey"}, {}, 127),
        ({"background": "white"}, {"rgb": None}, 255),
        ({"share_minimum": 0.9}, {}, 100 / 120),
        ({"share_maximum": 0.7}, {}, 100 / 120),
        ({"longest_minimum": 500}, {}, 120),
        ({"longest_maximum": 100}, {}, 120),
        ({"shortest_minimum": 121}, {}, 120),
        ({"megapixels_maximum": 0.01}, {}, 0.0144),
        ({"aspect": 1.5}, {}, 1.0),
        ({"bytes_maximum": 4999}, {}, 5000),
        ({"formats": ["PNG"]}, {}, 1),
        ({"srgb": True}, {"srgb": False}, 1),
        ({"whole": True}, {"cut": ("left", "top")}, 2),
        ({"enlargement_maximum": 1.0}, {"enlargement": 1.3}, 1.3),
    ],
)
def test_a_broken_rule_fails_with_what_was_measured(
    rules: dict[str, Any], changes: dict[str, Any], measured: float
) -> None:
    check = one(finished(**changes), **rules)
    assert not check.passed
    assert check.value == pytest.approx(measured)
    assert check.note


def test_kept_rules_pass() -> None:
    rules = {
        "background": "#fff", "exact_background": True, "share_minimum": 0.8, "share_maximum": 0.9,
        "longest_minimum": 120, "longest_maximum": 120, "shortest_minimum": 120,
        "megapixels_maximum": 1, "aspect": 1.0,
        "bytes_maximum": 5000, "formats": ["JPEG"], "srgb": True, "text_outside": False,
        "borders": False, "whole": True, "enlargement_maximum": 1.0, "blur_maximum": 0.6,
    }  # fmt: skip
    checks = checked(finished(), ProductRules.model_validate(rules))
    assert len(checks) == len(rules)
    assert all(check.passed and check.value is not None for check in checks)


def test_a_blurred_product_is_not_sharp() -> None:
    photo = finished()
    soft = replace(photo, pixels=cv2.GaussianBlur(photo.pixels, (0, 0), 6))
    sharp, blurred = one(photo, blur_maximum=0.6), one(soft, blur_maximum=0.6)
    assert sharp.passed and not blurred.passed


def test_text_counts_beside_the_product_and_not_on_it() -> None:
    on_it = replace(marked(60, 5, 0), written=lambda: np.array([[30.0, 40, 80, 60]]))
    beside = replace(marked(60, 5, 0), written=lambda: np.array([[40.0, 2, 80, 12]]))
    assert one(on_it, text_outside=False).passed
    assert not one(beside, text_outside=False).passed


def test_nothing_is_read_where_there_is_only_background() -> None:
    def never() -> np.ndarray:
        raise AssertionError

    assert one(finished(written=never), text_outside=False).passed


def test_a_frame_round_the_photo_is_a_border() -> None:
    photo = finished()
    pixels = photo.pixels.copy()
    cv2.rectangle(pixels, (0, 0), (119, 119), (10, 20, 30), 3)
    framed = one(replace(photo, pixels=pixels), borders=False)
    assert not framed.passed and framed.value == pytest.approx(0.025, abs=0.01)
    dark = np.full_like(pixels, 12)
    assert one(replace(photo, pixels=dark), borders=False).passed  # one colour all over


def test_what_cannot_be_measured_is_said_and_does_not_fail() -> None:
    rules = ProductRules.model_validate(
        {"exact_background": True, "share_minimum": 0.8, "whole": True, "bytes_maximum": 2000,
         "enlargement_maximum": 1.0, "formats": ["PNG"], "blur_maximum": 0.5}
    )  # fmt: skip
    photo = finished(alpha=None, size=None, kind="", enlargement=None)
    for check in checked(photo, rules):
        assert check.passed and check.value is None and "not measured" in check.note
