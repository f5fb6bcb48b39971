from typing import Any

import cv2
import numpy as np
import pytest

from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan
from autoedit.editor import Editor
from autoedit.errors import TargetNotFoundError
from autoedit.products.settings import ProductSettings
from autoedit.products.tidying import marks, tidied
from tests import drawing


def backdrop() -> Any:
    """Smooth grey with a slope and fine grain, and a ball on it."""
    pixels = drawing.ground(300, 400, (205, 205, 208), grain=0.6)
    return pixels, drawing.ball(pixels, 200, 160, 70, (40, 90, 160))


def dirty(pixels: Any) -> Any:
    """Specks and one scratch on it; returns where, bool (H, W)."""
    rng = np.random.default_rng(11)
    before = pixels.copy()
    for _ in range(14):
        x, y = int(rng.integers(10, 110)), int(rng.integers(10, 290))
        level = int(rng.choice([-60, 45]))
        colour = np.clip(pixels[y, x].astype(int) + level, 0, 255)
        cv2.circle(pixels, (x, y), int(rng.integers(1, 3)), colour.tolist(), -1)
    cv2.line(pixels, (310, 40), (380, 85), (150, 150, 150), 1)
    return (before != pixels).any(axis=2)


def test_dust_and_scratches_are_found_and_nothing_else() -> None:
    pixels, ball = backdrop()
    assert marks(pixels).area == 0
    where = dirty(pixels)
    found = marks(pixels).binary
    assert (found & where).sum() > 0.9 * where.sum()
    near = cv2.dilate(where.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert not (found & ~near).any()
    assert not (found & ball).any()


def test_letters_and_weave_are_no_dust() -> None:
    pixels, _ = backdrop()
    cv2.putText(pixels, "pure linen", (40, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (60, 60, 60), 1)
    pixels[250:, ::6] = 120
    assert marks(pixels).binary.mean() < 1e-4


def test_dust_is_removed_when_it_is_named_by_any_pipeline() -> None:
    pixels, _ = backdrop()
    clean = pixels.copy()
    where = dirty(pixels)
    result = Editor("embedded").edit(pixels, "remove the dust and scratches")
    after = result.photo.pixels.astype(int)
    before, left = (np.abs(each - clean.astype(int))[where].mean() for each in (pixels, after))
    assert left < 0.2 * before
    assert np.array_equal(after[100:220, 140:260], clean[100:220, 140:260])


@pytest.mark.parametrize(
    ("background", "dust", "steps"), [("keep", True, 1), ("keep", False, 0), ("white", True, 0)]
)
def test_a_kept_background_is_dusted(background: str, dust: bool, steps: int) -> None:
    pixels, _ = backdrop()
    if dust:
        dirty(pixels)
    asked: dict[str, Any] = {"background": background}
    if background == "keep":
        asked |= {"canvas": "keep", "share": None}
    plan = tidied(EditPlan(steps=()), Photo(pixels), ProductSettings.model_validate(asked))
    assert len(plan.steps) == steps


def hair(pixels: Any, x: float, y: float, reach: float = 40) -> Any:
    """Draw a bent dark line; returns where, bool (H, W)."""
    before = pixels.copy()
    along = np.linspace(0, 2.2, 60)
    points = np.stack([x + reach * np.cos(along), y + reach * np.sin(along)], axis=1)
    cv2.polylines(pixels, [np.rint(points).astype(np.int32)], False, (120, 118, 118), 1)
    return (before != pixels).any(axis=2)


def test_a_bent_hair_is_lint_and_a_letter_is_not() -> None:
    pixels, _ = backdrop()
    where = hair(pixels, 330, 200)
    assert (marks(pixels, "all").binary & where).sum() > 0.9 * where.sum()
    assert (marks(pixels, "lines").binary & where).any()
    assert not marks(pixels, "specks").binary.any()
    looped, _ = backdrop()
    cv2.circle(looped, (340, 230), 24, (120, 118, 118), 1)
    assert not marks(looped).binary.any()


def test_a_rough_wall_is_not_dusty() -> None:
    pixels, _ = backdrop()
    rng = np.random.default_rng(5)
    pits = rng.exponential(1, pixels.shape[:2]) * (rng.random(pixels.shape[:2]) < 0.03)
    mottle = cv2.GaussianBlur(rng.normal(0, 8, pixels.shape[:2]), (0, 0), 2.5)
    dark = cv2.GaussianBlur(pits, (0, 0), 1.1) * 160 + mottle
    pixels = np.clip(pixels - dark[:, :, None], 0, 255).astype(np.uint8)
    number = cv2.connectedComponents(marks(pixels).binary.astype(np.uint8))[0] - 1
    assert number <= 2


def test_no_dust_says_what_to_do() -> None:
    pixels, _ = backdrop()
    with pytest.raises(TargetNotFoundError, match="--box"):
        Editor("embedded").edit(pixels, "remove the dust")
