"""Scenes under the sky."""

from __future__ import annotations

from . import finishes, grounds, stage, things
from .catalog import scene
from .shapes import Thing, ball, box, sheet, terrain, wall


@scene("lawn", "delete the red bucket", "red bucket", "lawn", "sun")
def lawn() -> Thing:
    """A bucket and two balls on grass."""
    sheet(60, 60, grounds.lawn_soil())
    things.grass(17, grounds.blades(), seed=3, count=130000).at(0, 2, 0)
    ball(0.62, finishes.plastic("#e8b40c")).at(-2.1, 0.9, -0.02)
    ball(0.5, finishes.plastic("#1d56b8")).at(2.0, -0.3, -0.02)
    red = things.bucket(finishes.plastic("#c8161c"), finishes.metal()).at(0.1, 0.4, 0, turn=35)
    stage.sun((5, -3.5, 6), 3.6, 0.8)
    stage.sky("forest", 0.7, 40)
    stage.camera((-0.3, -8.4, 6.6), (0.05, 0.5, 0.5), 50, 11)
    return red


@scene("beach", "remove the object on the right", "object on the right", "sand", "sun")
def beach() -> Thing:
    """A bucket, a ball and a cone on sand."""
    terrain(40, grounds.sand(), 0.2, 5)
    things.bucket(finishes.plastic("#1b6fb0"), finishes.plastic("#e8e4da")).at(-2.0, 0.9, -0.04, 10)
    ball(0.5, finishes.plastic("#c8232a")).at(-0.55, -0.6, -0.05)
    cone = things.cone(finishes.plastic("#1f8a4c"), finishes.plastic("#f0efe8"))
    cone.at(1.85, 0.2, -0.03, turn=20, size=0.85)
    stage.sun((-5, -1.5, 4.2), 6.0, 0.6)
    stage.sky("city", 0.45, 0)
    stage.camera((0.1, -8.4, 5.4), (0.0, 0.4, 0.55), 50, 11)
    return cone


@scene("yard", "remove the red toy car", "red toy car", "concrete", "sun")
def yard() -> Thing:
    """A toy car, a ball and a box in hard sun."""
    sheet(60, 60, grounds.concrete("#a9a69c"))
    ball(0.5, finishes.rubber("#e3b21c")).at(2.0, 1.5)
    box((1.0, 1.0, 0.8), finishes.painted_wood("#2a5ea8"), 0.04).at(-2.2, 1.3, turn=30)
    things.can(finishes.paint("#e6e6e4"), 1.2).at(2.1, -0.75)
    red = things.car(finishes.paint("#c4141c")).at(-0.15, 0.1, 0, turn=-26)
    stage.sun((4, 2.0, 4.2), 5.5, 0.6)
    stage.sky("city", 0.28, 60)
    stage.camera((0.2, -7.6, 5.2), (0.0, 0.4, 0.35), 50, 11)
    return red


@scene("terrace", "remove the yellow umbrella", "yellow umbrella", "stone paving", "overcast")
def terrace() -> Thing:
    """An umbrella dries on the paving by a wall."""
    sheet(200, 120, grounds.stone("#8f8c86", 4.5))
    wall(13, grounds.plaster("#b9b4a8"), width=160)
    crate = finishes.bark("#7d5a3a")
    box((4.2, 3.2, 2.6), crate, 0.08).at(-7.5, 7.5, turn=12)
    things.pot(finishes.rubber("#8d9296"), "#3d7a2c", seed=6, leaves=48).at(7.8, 8.5, size=2.8)
    ball(1.1, finishes.rubber("#2c5fae")).at(7.6, -0.6)
    things.cone(finishes.plastic("#b8241f"), finishes.plastic("#e8e6e0")).at(-7.0, -0.5, turn=30)
    fabric = finishes.cloth("#cdb600", 14)
    yellow = things.umbrella(fabric, finishes.bark("#3a2415"))
    yellow.at(0.0, 1.5, 2.1, turn=-8, tilt=(0, 49, 0), size=0.76)
    stage.area((6, -12, 28), (0, 0, 0), (30, 30), 11000, (1.0, 0.97, 0.93))
    stage.sky("city", 0.4, 30)
    stage.camera((0.5, -25, 14.5), (0.2, 2.4, 1.7), 50, 11)
    return yellow
