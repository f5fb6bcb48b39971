"""The scenes, holes and checks that the models of ShapeWorld are trained and judged by."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("diffusers")

from shapeworld import training
from shapeworld.checks import colour_left, coloured, seen
from shapeworld.domain import BACKGROUNDS, COLOURS, SHAPES, scene
from shapeworld.holes import anywhere, around
from shapeworld.lessons import lesson, phrase

SEEDS = st.integers(2_000_000, 2_100_000)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_drawn_thing_is_seen_and_a_removed_one_is_not(seed: int) -> None:
    drawn = scene(seed)
    thing = drawn.things[0]
    hole = cv2.dilate((thing.coverage() > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert seen(drawn.pixels, hole) == (thing.colour, thing.shape)
    assert colour_left(drawn.pixels, hole, thing.colour)
    assert seen(drawn.without(thing), hole) is None
    assert not colour_left(drawn.without(thing), hole, thing.colour)


def test_a_faint_ghost_counts_as_colour_left() -> None:
    drawn = scene(2_000_001)
    thing = drawn.things[0]
    mixed = 0.5 * drawn.pixels + 0.5 * drawn.without(thing)
    assert colour_left(np.rint(mixed).astype(np.uint8), thing.coverage() > 0, thing.colour)


def test_half_a_thing_has_no_shape() -> None:
    drawn = scene(2_000_002, things=1)
    thing = drawn.things[0]
    half = thing.coverage() > 0
    half[:, int(thing.centre[0]) :] = False
    got = seen(np.where(half[:, :, None], drawn.pixels, drawn.plate), np.ones((96, 96), bool))
    assert got is None or got[1] != thing.shape


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_no_background_has_a_coloured_pixel(seed: int) -> None:
    assert not coloured(scene(seed).plate).any()


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_hole_holds_its_thing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    thing = scene(seed).things[0]
    assert not (thing.coverage() > 0)[~around(thing, rng)].any()
    assert anywhere(rng).shape == (96, 96)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_lesson_differs_only_inside_its_hole(seed: int) -> None:
    one = lesson(seed)
    outside = ~one.hole
    assert (one.bare[outside] == one.drawn[outside]).all()
    assert (one.bare[outside] == one.covered[outside]).all()
    assert (one.covered[one.hole] == 127).all()
    assert one.thing.size in {"small", "medium", "large"}


def test_what_a_lesson_draws_is_what_it_says() -> None:
    lessons = [lesson(seed) for seed in range(training.FRESH, training.FRESH + 120)]
    right = [seen(one.drawn, one.hole) == (one.thing.colour, one.thing.shape) for one in lessons]
    assert np.mean(right) > 0.95  # a blob of a hole cuts a corner off now and then


def test_the_same_seed_is_the_same_lesson_and_phrases_name_the_thing() -> None:
    one, other = lesson(5), lesson(5)
    assert (one.drawn == other.drawn).all()
    assert one.thing == other.thing
    rng = np.random.default_rng(0)
    phrases = [phrase(one.thing, rng) for _ in range(200)]
    named = [text for text in phrases if one.thing.name in text]
    assert 150 < len(named) < 200
    assert all(one.thing.colour in text or one.thing.shape in text for text in phrases)


def test_the_domain_is_what_its_page_says() -> None:
    assert len(COLOURS) >= 6
    assert len(SHAPES) >= 4
    assert len(BACKGROUNDS) >= 5


def test_a_training_that_was_killed_goes_on_as_if_it_had_not_been(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(training, "WORK", tmp_path)

    def run(stop_at: int | None, resume: bool) -> torch.Tensor:
        torch.manual_seed(0)
        model = torch.nn.Linear(4, 1)

        def loss_of(step: int) -> dict[str, torch.Tensor]:
            if step == stop_at:
                raise KeyboardInterrupt
            x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
            return {"loss": (model(x).float() - x.sum(1, keepdim=True)).square().mean()}

        options = training.Options(resume=resume, threads=1)
        try:
            training.fit("line", model, loss_of, options, steps=120, lr=0.01, save_every=0)
        except KeyboardInterrupt:
            return torch.empty(0)
        return model.weight.detach()

    whole = run(None, resume=False)
    rows = (tmp_path / "line.csv").read_text()
    run(70, resume=False)
    assert torch.equal(run(None, resume=True), whole)
    assert [line.split(",")[0] for line in rows.splitlines()] == ["step", "50", "100"]
    assert (tmp_path / "line.csv").read_text().count("\n") == 3
