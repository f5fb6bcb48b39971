import numpy as np
import pytest

from autoedit.core import dense_prediction
from autoedit.core.dense_prediction import predict
from tests.drawing import ball, block, cast_shadow, ground


@pytest.mark.parametrize("shape", [(300, 400), (401, 233), (31, 700), (1, 1), (2000, 1500)])
def test_the_maps_have_the_photo_s_size_and_hold_probabilities(shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    seen = predict(photo, np.zeros(shape, bool))

    for one in (seen.thing, seen.outline, seen.effect):
        assert one.shape == shape
        assert one.dtype == np.float32
        assert 0 <= one.min() <= one.max() <= 1
    assert seen.centre.shape == (*shape, 2)


def test_things_are_told_from_ground_and_their_parts_point_at_their_middle():
    photo = ground()
    outlines = [
        ball(photo, 110, 180, 45, (190, 25, 25)), block(photo, 250, 120, 340, 220, (30, 60, 170)),
    ]  # fmt: skip
    seen = predict(photo)
    beside = ~(outlines[0] | outlines[1])

    for outline, middle in zip(outlines, ((110, 180), (295, 170)), strict=True):
        assert seen.thing[outline].mean() > 0.8
        assert np.abs(np.median(seen.centre[outline], axis=0) - middle).max() < 20
    assert seen.thing[beside].mean() < 0.1


def test_only_the_given_thing_s_shadow_is_seen():
    photo = ground()
    shadows = [cast_shadow(photo, x, 235, (60, 14)) for x in (130, 350)]
    things = [ball(photo, x, 200, 40, (190, 25, 25)) for x in (110, 330)]
    held = [shadow & ~(things[0] | things[1]) for shadow in shadows]
    own = predict(photo, things[0]).effect
    both = predict(photo).effect

    assert own[held[0]].mean() > 2 * own[held[1]].mean()
    assert both[held[1]].mean() > 0.4


def test_of_one_thing_s_effects_both_sets_of_weights_say_their_mean(monkeypatch):
    photo = ground()
    cast_shadow(photo, 240, 235, (60, 14))
    thing = ball(photo, 220, 200, 40, (190, 25, 25))
    both, all_things = predict(photo, thing), predict(photo).effect

    def odds(probability):
        return np.log(probability / (1 - probability))

    alone = []
    for name in ("dense_prediction.onnx", "dense_prediction_effects.onnx"):
        weights = dense_prediction._WEIGHTS.with_name(name)
        for which in ("_WEIGHTS", "_MORE_WEIGHTS"):
            monkeypatch.setattr(dense_prediction, which, weights)
        alone.append(predict(photo, thing))
        if len(alone) == 1:
            assert (predict(photo).effect == all_things).all()
            assert (alone[0].thing == both.thing).all()
    assert np.abs(alone[0].effect - alone[1].effect).max() > 0.1
    near = slice(20, -20), slice(20, -20)
    middle = (odds(alone[0].effect) + odds(alone[1].effect)) / 2
    assert np.median(np.abs(odds(both.effect)[near] - middle[near])) < 0.2
