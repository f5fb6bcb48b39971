"""The fine line at the edge of what was lit anew."""

import cv2
import numpy as np
import pytest

from autoedit.masking.rims import rim_change

HEIGHT, WIDTH, EDGE = 80, 120, 60


def lit(grain: float, lines: int = 0):
    """Ground with a shadow lit by a soft gain, its edge being hard: before, after, and the gain.

    Every so many rows the ground is dark.
    """
    random = np.random.default_rng(5)
    ground = 150 + random.normal(0, grain, (HEIGHT, WIDTH, 1)) + np.zeros(3)
    if lines:
        ground[np.arange(HEIGHT) // lines % 2 == 0] *= 0.3
    shaded = ground.copy()
    shaded[:, :EDGE] = (shaded[:, :EDGE] + 12) / 2 - 12
    gain = np.zeros((HEIGHT, WIDTH), np.float32)
    gain[:, :EDGE] = np.log(2)
    soft = cv2.GaussianBlur(gain, (0, 0), 2)
    done = (shaded + 12) * np.exp(soft)[:, :, None] - 12
    return ground.astype(np.float32), done.astype(np.float32), soft


def everywhere() -> np.ndarray:
    return np.ones((HEIGHT, WIDTH), bool)


def test_the_rim_goes_and_ground_off_the_edge_stays():
    ground, done, gain = lit(2)
    change, edge = rim_change(done, gain, everywhere())
    near = slice(EDGE - 4, EDGE + 4)
    before, after = (np.abs(each - ground)[:, near].mean() for each in (done, done + change))
    assert after < 0.3 * before
    assert (change[:, : EDGE - 12] == 0).all()
    assert (change[:, EDGE + 12 :] == 0).all()
    assert 0 <= edge.min() <= edge.max() <= 1
    assert (change[edge == 0] == 0).all()


def test_uneven_ground_stays_as_it_is():
    _, done, gain = lit(2, lines=3)
    change, _ = rim_change(done, gain, everywhere())
    assert np.abs(change).max() < 1


@pytest.mark.parametrize("part", [slice(0, WIDTH), slice(0, EDGE + 20)])
def test_what_is_no_ground_is_neither_changed_nor_asked(part):
    _, done, gain = lit(2)
    free = everywhere()
    free[:, part] = False
    done[:, part] = 0
    change, edge = rim_change(done, gain, free)
    assert not edge[:, part].any()
    assert np.abs(change).max() < 1


def test_a_gain_without_an_edge_changes_nothing():
    _, done, gain = lit(2)
    change, edge = rim_change(done, np.full_like(gain, 0.5), everywhere())
    assert not change.any()
    assert not edge.any()
