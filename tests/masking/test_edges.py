"""Light at the edges of things."""

from dataclasses import replace

import numpy as np

from autoedit.masking.edges import off_edges
from autoedit.masking.view import View
from tests.views import seen

SHAPE = (80, 120)
COLUMNS = np.indices(SHAPE)[1]


def beside(thing: np.ndarray) -> View:
    """A view of a target at the left, whose shadow ends where another thing begins."""
    target = COLUMNS < 20
    view = seen(np.full((*SHAPE, 3), 90, np.uint8), target, (COLUMNS >= 20) & (COLUMNS < 60))
    maps = np.where(target | thing, 1, 0).astype(np.float32)
    return replace(view, seen=replace(view.seen, thing=maps))


def fading(inside: float) -> np.ndarray:
    """A gain of the shadow that runs over the edge at column 60, and one of the thing itself."""
    fade = np.clip((66 - COLUMNS) / 6, 0, 1)
    return np.repeat((fade + (1 - fade) * inside)[:, :, None], 3, axis=2).astype(np.float32)


def test_a_shadow_s_light_does_not_run_over_the_edge_of_a_thing() -> None:
    for inside in (0.0, 0.2):
        thing = COLUMNS >= 60
        gain = off_edges(fading(inside), beside(thing))
        assert np.allclose(gain[thing], inside, atol=0.02)
        assert (gain[~thing] == fading(inside)[~thing]).all()


def test_a_thing_of_its_own_gain_and_a_thin_one_keep_theirs() -> None:
    much = np.full((*SHAPE, 3), 0.5, np.float32)
    assert np.allclose(off_edges(much, beside(COLUMNS >= 60)), much, atol=0.001)
    thin = (COLUMNS >= 60) & (COLUMNS < 66)
    assert (off_edges(fading(0.0), beside(thin)) == fading(0.0)).all()
    assert (off_edges(fading(0.0), beside(np.zeros(SHAPE, bool))) == fading(0.0)).all()


def test_at_the_foot_of_what_stands_on_a_thing_its_shadow_is_lit() -> None:
    near = np.clip((28 - COLUMNS) / 8, 0, 1)
    gain = np.repeat(near[:, :, None], 3, axis=2).astype(np.float32)
    assert (off_edges(gain, beside(COLUMNS >= 20)) == gain).all()
