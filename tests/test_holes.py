"""What is left to be filled where a target was."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from autoedit import selecting
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep, Target
from autoedit.holes import removal
from autoedit.pipeline import load_pipeline
from autoedit.pointing import Pointer
from autoedit.run import Run
from tests.drawing import ball, ground


def test_what_stands_before_the_target_keeps_its_rim(monkeypatch) -> None:
    pixels = ground()
    target = ball(pixels, 260, 190, 60, (190, 40, 30))
    bowl = ball(pixels, 310, 250, 50, (40, 70, 170))
    target &= ~bowl
    rim = bowl & ~ball(pixels.copy(), 310, 250, 47, (40, 70, 170))
    lacking = Mask.of(bowl & ~rim)
    monkeypatch.setattr(selecting, "others", lambda *_, **__: [lacking])
    changed = ("masking.shadows=false", "masking.reflections=false")
    stages: Any = SimpleNamespace(pipeline=load_pipeline("embedded", changed))
    step = EditStep(operation="remove", target=Target(phrase="the ball"))
    _, job = removal(stages, Photo(pixels), step, (), Mask.of(target), Pointer(), Run())
    hole = job.matte(0).binary
    beside = np.roll(target, 3, axis=0) & rim  # not at the bowl's far end
    assert hole[target].all()
    assert np.mean(hole[beside]) < 0.7  # the ball has a soft edge of its own
    assert job.request.forbidden is not None
    assert np.mean(job.request.forbidden[beside]) > 0.9
