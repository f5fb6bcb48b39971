from __future__ import annotations

import numpy as np

from autoedit.inpainting.patch_diffusion.guidance import Shift, sources
from autoedit.inpainting.patch_diffusion.pyramid import Level


def test_a_hole_is_offered_the_periods_and_its_own_extent_level_and_upright() -> None:
    rng = np.random.default_rng(3)
    tile = rng.uniform(0, 255, (13, 10))
    image = np.zeros((80, 90, 4), np.float32)
    image[:, :, 0] = np.tile(tile, (7, 9))[:80, :90]
    known = np.ones((80, 90), bool)
    known[30:50, 30:60] = False
    level = Level(image, known, known)
    found, rarity = sources(level, level, np.random.default_rng(0))
    shifts = {(s.dy, s.dx) for s in found if isinstance(s, Shift)}
    assert (0, 0) not in shifts
    assert any(dy % 13 == 0 and dx % 10 == 0 for dy, dx in shifts)
    assert any(dy == 0 and abs(dx) > 30 for dy, dx in shifts)
    assert any(dx == 0 and abs(dy) > 20 for dy, dx in shifts)
    assert rarity.shape == known.shape
