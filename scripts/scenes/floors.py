"""Scenes on floors and shelves."""

from __future__ import annotations

from . import finishes, grounds, stage, textiles, things
from .catalog import scene
from .shapes import Thing, ball, box, lathe, sheet, solid, wall


@scene("pair", "remove the green ball on the left", "green ball", "sackcloth", "window")
def pair() -> Thing:
    """Two green balls, a box and a cylinder on coarse cloth."""
    sheet(40, 40, textiles.linen("#b9a37f", "#6d5a3f", 4))
    green = finishes.plastic("#1f8a3c")
    left = ball(0.66, green).at(-1.6, 0.1)
    ball(0.66, green).at(1.75, 0.35)
    box((1.1, 0.9, 0.9), finishes.painted_wood("#c8241f"), 0.04).at(0.2, 1.7, turn=-20)
    rod = solid([(0, 0), (0.36, 0), (0.36, 0.95), (0, 0.95)], 0.04)
    lathe(rod, finishes.plastic("#2a55b8")).at(0.3, -0.75)
    stage.area((6, -2, 6), (0, 0, 0), (3, 4), 1700)
    stage.sky("interior", 0.4, 0)
    stage.camera((0, -7.8, 5.6), (0.05, 0.4, 0.35), 50, 11)
    return left


@scene("playroom", "remove all the blue balls", "blue balls", "grey carpet", "overcast")
def playroom() -> Thing:
    """Three blue balls among blocks on a carpet."""
    sheet(40, 40, textiles.carpet("#a5a19a", "#5a5650"))
    blue = finishes.plastic("#1b4fc0", 0.32)
    balls = ball(0.5, blue).at(-2.1, 0.75) + ball(0.5, blue).at(0.4, -0.7)
    balls += ball(0.5, blue).at(1.75, 1.25)
    box((1, 1, 1), finishes.painted_wood("#e0701a"), 0.05).at(-0.25, 1.05, turn=32)
    box((1, 1, 1), finishes.painted_wood("#d8b81f"), 0.05).at(-1.35, -0.95, turn=-14)
    things.ring(0.5, 0.17, finishes.plastic("#c8242c")).at(2.05, -0.6)
    stage.area((3, -4, 9), (0, 0, 0), (8, 8), 1300, (0.95, 0.97, 1.0))
    stage.sky("courtyard", 0.5, 110)
    stage.camera((0.4, -7.4, 6.6), (0.05, 0.25, 0.3), 50, 11)
    return balls


@scene("storage", "remove the bigger orange box", "bigger orange box", "concrete", "window")
def storage() -> Thing:
    """Two orange boxes, a can and a white vase on concrete."""
    sheet(60, 60, grounds.concrete())
    orange = finishes.card("#e06a10")
    box((0.75, 0.75, 0.65), orange, 0.025).at(1.25, -0.75, turn=22)
    things.can(finishes.paint("#1f6f46"), 1.25).at(1.9, 1.3)
    things.vase(finishes.ceramic("#e3e0d8", 0.4), 1.9).at(-2.15, 0.9)
    things.book(finishes.cloth("#2a3f7d"), (1.2, 1.7, 0.3)).at(-1.7, -0.95, turn=35)
    bigger = box((1.5, 1.3, 1.15), orange, 0.03).at(0.0, 0.6, turn=-18)
    stage.area((-6, 3, 6), (0, 0, 0), (3, 3), 1800, (1, 0.97, 0.92))
    stage.sky("interior", 0.42, 90)
    stage.camera((0.2, -7.9, 5.4), (0.0, 0.4, 0.45), 50, 11)
    return bigger


@scene("lounge", "remove the pink pillow", "pink pillow", "patterned rug", "window")
def lounge() -> Thing:
    """A cushion on a rug before a papered wall."""
    sheet(80, 60, grounds.wood("#a47c53", "#6b4a2e", 1.5, 22))
    wall(7, textiles.wallpaper("#d7d3c4", "#8fa39a"))
    box((80, 0.2, 1.1), finishes.paint("#e8e5de"), 0.04, (0, 6.9, 0))
    box((12.5, 7.5, 0.09), textiles.rug("#3c4a5e", "#c9b48a", "#8a8f93"), 0.04, (0, 0.6, 0))
    seat = [(0, 0), (1.7, 0), (1.95, 0.3), (2.0, 0.9), (1.9, 1.5), (1.6, 1.75), (0, 1.85)]
    lathe(seat, finishes.cloth("#4f6a6c", 10)).at(-4.0, 3.0, 0.09)
    glaze = finishes.ceramic("#d8d2c4", 0.5)
    things.pot(glaze, "#3f7a30", seed=9, leaves=46).at(5.0, 5.0, size=2.4)
    things.book(finishes.card("#c9a227"), (2.0, 2.7, 0.4)).at(3.6, -1.0, 0.09, turn=-24)
    pink = things.pillow(finishes.cloth("#d43f74", 16), 3.7, 1.35).at(0.0, 0.4, 0.07, turn=20)
    stage.area((-13, -2, 11), (0, 1, 0), (5, 8), 7500, (1, 0.97, 0.92))
    stage.sky("interior", 0.45, 70)
    stage.camera((0.6, -15.5, 8.2), (0.2, 1.5, 1.3), 50, 11)
    return pink


@scene("hall", "remove the purple ring", "purple ring", "chequered floor", "window")
def hall() -> Thing:
    """A ring, a cone and a box on black and white stone."""
    sheet(60, 60, textiles.chequer("#d6d2ca", "#2a2927", 1.6))
    cone = solid([(0, 0), (0.6, 0), (0.03, 1.6), (0, 1.6)], 0.04)
    lathe(cone, finishes.painted_wood("#dba91a")).at(-1.9, 1.3)
    box((0.9, 0.9, 0.9), finishes.painted_wood("#23733f"), 0.05).at(1.9, 1.35, turn=18)
    ball(0.4, finishes.plastic("#c42a20")).at(1.8, -0.85)
    purple = things.ring(0.72, 0.26, finishes.plastic("#7c1f96", 0.3)).at(-0.15, -0.1)
    stage.area((-5, 4, 7), (0, 0, 0), (4, 4), 1700)
    stage.sky("studio", 0.4, 150)
    stage.camera((-0.3, -7.6, 5.8), (0.0, 0.25, 0.3), 50, 11)
    return purple


@scene("shelf", "take out the purple vase, please", "purple vase", "pine shelf", "low sun")
def shelf() -> Thing:
    """A vase, a plant and books on a shelf before bricks."""
    box((40, 4.4, 0.4), grounds.wood("#c7a06a", "#9a7446", 4.5, 40), 0.05, (0, 0.6, -0.4))
    wall(2.6, grounds.bricks())
    things.pot(finishes.ceramic("#e0dccf", 0.45), "#4a8a38", seed=2).at(-2.5, 1.1, size=0.95)
    cover = finishes.cloth("#d0a020")
    things.book(cover, (1.5, 2.0, 0.34)).at(2.3, 0.6, turn=80)
    things.book(finishes.cloth("#27618a"), (1.3, 1.9, 0.28)).at(2.25, 0.65, 0.34, turn=96)
    things.mug(finishes.ceramic("#dcd8d0", 0.3)).at(-0.95, -0.35, turn=190)
    purple = things.vase(finishes.ceramic("#7a2488", 0.2), 2.3).at(0.35, 0.75)
    stage.sun((-6, -6, 6.5), 3.2, 1.5, (1, 0.9, 0.76))
    stage.sky("interior", 0.45, 57)
    stage.camera((0, -9.5, 2.9), (-0.1, 0.6, 1.1), 52, 10)
    return purple
