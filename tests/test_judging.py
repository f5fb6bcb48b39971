"""How a result is judged by what is found in it."""

from types import SimpleNamespace

import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep, Target
from autoedit.core.region import Region, Regions
from autoedit.judging import judge_removal

SETTINGS = SimpleNamespace(seam=2.0, coverage=0.5, gone=0.1)


@pytest.mark.parametrize(
    ("ambiguous", "note", "gone"),
    [(False, "", False), (True, "", False), (True, "I don't know what a 'dog' looks like.", True)],
)
def test_what_is_but_a_guess_is_not_the_target_again(ambiguous: bool, note: str, gone: bool):
    photo = Photo(np.full((60, 80, 3), 120, np.uint8))
    array = np.zeros((60, 80), np.float32)
    array[20:40, 30:60] = 1
    mask, nothing = Mask(array, "drawn"), Mask(np.zeros((60, 80), np.float32), "none")
    again = Regions((Region((30, 20, 60, 40), 0.9, "thing", mask),), ambiguous=ambiguous, note=note)
    stages = SimpleNamespace(
        pipeline=SimpleNamespace(verification=SETTINGS), ground=lambda photo, target: again
    )
    step = EditStep(operation="remove", target=Target(phrase="the dog", head="dog"))
    verdict = judge_removal(
        stages,
        photo,
        photo,
        step,
        mask,
        mask,
        nothing,
        None,
        pointed=False,  # type: ignore[arg-type]
    )
    (check,) = [one for one in verdict.checks if one.name == "target_gone"]
    assert check.passed is gone
