"""Scenes on tables and desks."""

from __future__ import annotations

from . import finishes, grounds, stage, textiles, things
from .catalog import scene
from .shapes import Thing, ball, box, lathe, sheet, solid, wall


@scene("desk", "remove the red mug", "red mug", "oak desk", "window")
def desk() -> Thing:
    """A mug, a notebook, a pen and a plant by a window."""
    sheet(60, 14, grounds.wood("#b58d5c", "#6f4a2b", width=2.2, length=30), y=-2)
    wall(5.2, grounds.plaster("#d9d3c7"))
    cover, band = finishes.card("#27364a"), finishes.cloth("#15181d")
    things.notebook(cover, band).at(-1.8, 0.1, turn=14)
    things.pen(finishes.paint("#15161a"), finishes.metal("#d8c08a")).at(-2.25, -0.5, 0.206, turn=38)
    things.pot(finishes.ceramic("#e6e0d4", 0.4), "#4f8a35", seed=4).at(2.62, 2.7)
    things.book(finishes.card("#b9a27a"), (1.7, 2.4, 0.34)).at(-2.5, 3.1, 0, turn=-8)
    things.book(finishes.card("#4d5a58"), (1.5, 2.2, 0.28)).at(-2.45, 3.1, 0.34, turn=4)
    red = things.mug(finishes.ceramic("#c01820")).at(0.62, 0.5, turn=-28)
    stage.area((-8.0, 0.6, 5.0), (0, 0.8, 0), (2.2, 3), 3300, (1.0, 0.96, 0.9))
    stage.sky("interior", 0.16, 90)
    stage.camera((0.2, -8.1, 4.4), (0.12, 1.1, 0.66), 50, 9, focus=(0.6, 0.4, 0.5))
    return red


@scene("tiles", "remove the yellow ball", "yellow ball", "ceramic tiles", "window")
def tiles() -> Thing:
    """A ball among a box and a cone on a tiled floor."""
    sheet(60, 60, grounds.tiles("#d5d6d4", "#8f8b85", 2.0))
    box((1.3, 1.3, 1.1), finishes.card("#2b5aa8"), 0.03).at(-2.1, 0.9, turn=24)
    cone = solid([(0, 0), (0.62, 0), (0.03, 1.7), (0, 1.7)], 0.04)
    lathe(cone, finishes.painted_wood("#6d2f8a")).at(1.75, 1.5)
    things.ring(0.5, 0.16, finishes.rubber("#1f7a4a")).at(1.9, -1.2)
    yellow = ball(0.72, finishes.plastic("#f0b90a", 0.3)).at(-0.15, -0.1)
    stage.area((6, 6, 7), (0, 0, 0), (4, 5), 2200)
    stage.sky("studio", 0.55, 40)
    stage.camera((0.6, -8, 6.2), (0.0, 0.25, 0.35), 50, 11)
    return yellow


@scene("counter", "erase the blue bottle", "blue bottle", "marble counter", "window")
def counter() -> Thing:
    """A bottle, a bowl of apples and a board in a kitchen."""
    sheet(60, 12, grounds.marble(), y=-1)
    wall(3.6, grounds.tiles("#dad6cb", "#a9a296", 0.75, 0.5, 2.0))
    things.bowl(finishes.ceramic("#d7c7a6", 0.35), 1.25).at(2.1, 1.2)
    red = finishes.apple_skin("#b5202a", "#d98a3a")
    for x, y, z, turn in ((1.72, 1.0, 0.22, 10), (2.45, 1.0, 0.24, 120), (2.1, 1.65, 0.25, 70)):
        things.apple(red).at(x, y, z, turn, (8, -12, 0))
    things.apple(red).at(0.62, -0.35, 0.0, 40)
    board = box((2.6, 1.7, 0.18), finishes.painted_wood("#a8743f"), 0.05)
    board.at(-2.55, 0.5, turn=-12)
    things.can(finishes.paint("#2f7d43"), 1.1).at(-2.5, 0.6, 0.18)
    blue = things.bottle(finishes.ceramic("#1446a0", 0.12), finishes.bark("#b48a5a")).at(-0.35, 1.0)
    stage.area((-7, -1.5, 6), (0, 1, 0.5), (3, 4), 1700)
    stage.sky("interior", 0.36, 60)
    stage.camera((0.2, -9.2, 4.2), (-0.05, 1.0, 0.95), 52, 11)
    return blue


@scene("picnic", "remove the green apple", "green apple", "gingham table cloth", "overcast")
def picnic() -> Thing:
    """Apples, a wooden bowl and a mug on a checked cloth."""
    sheet(40, 40, textiles.gingham("#3560a0"))
    red = finishes.apple_skin("#a8161f", "#d08a3c")
    things.apple(red).at(-1.55, 0.35, 0, 30)
    things.apple(red).at(1.5, -0.75, 0, 150)
    things.bowl(finishes.bark("#9c6a3a"), 1.05).at(1.55, 1.5)
    things.mug(finishes.ceramic("#e9e4d8", 0.35)).at(-1.5, 2.0, turn=200)
    green = things.apple(finishes.apple_skin("#5f9a1c", "#8fb52e")).at(0, 0, 0, 80, size=1.25)
    stage.area((2, -5, 10), (0, 0, 0), (9, 9), 1500, (0.92, 0.96, 1.0))
    stage.sky("forest", 0.45, 20)
    stage.camera((-0.4, -6.6, 5.8), (0.05, 0.45, 0.35), 50, 11)
    return green


@scene("study", "remove the white mug", "white mug", "brown leather", "warm lamp")
def study() -> Thing:
    """A mug, a book and a pen on a leather desk pad at night."""
    sheet(40, 40, grounds.leather())
    things.book(finishes.cloth("#1f5a3a"), (1.6, 2.2, 0.42)).at(-1.9, 0.75, turn=16)
    things.pen(finishes.paint("#101114"), finishes.metal("#d8b26a")).at(-0.75, -1.1, turn=24)
    things.ring(0.42, 0.1, finishes.metal("#c9963f", 0.22)).at(1.9, -0.7)
    ball(0.42, finishes.glass("#b01c22")).at(2.1, 1.3)
    white = things.mug(finishes.ceramic("#f6f6f4")).at(0.45, 0.5, turn=-40)
    stage.lamp((-3.4, 1.2, 4.6), 1300, 0.45, (1.0, 0.96, 0.91))
    stage.sky("interior", 0.45, 200)
    stage.camera((0.3, -7.2, 5.2), (0.0, 0.35, 0.35), 50, 10)
    return white


@scene("reading", "remove the blue book", "blue book", "walnut table", "warm lamp")
def reading() -> Thing:
    """Books, a can and an orange by a lamp."""
    sheet(40, 40, grounds.wood("#7d5f45", "#443022", 1.9, 24, turn=0.35))
    things.book(finishes.card("#8a8f2c"), (1.4, 2.0, 0.4)).at(-2.4, 1.5, turn=-22)
    things.can(finishes.paint("#c8c9cb"), 1.2).at(1.95, 1.35)
    ball(0.42, finishes.rubber("#e07a12")).at(2.0, -0.6)
    things.bottle(finishes.glass("#2f6b34"), finishes.bark("#a8804f")).at(-0.75, 2.2, size=0.72)
    blue = things.book(finishes.card("#1c4fae"), (1.5, 2.0, 0.36)).at(-0.15, -0.2, turn=28)
    stage.lamp((3.8, 3.4, 4.8), 1250, 0.5, (1.0, 0.86, 0.7))
    stage.sky("interior", 0.45, 150)
    stage.camera((-0.5, -7.6, 5.6), (-0.1, 0.55, 0.3), 50, 10)
    return blue


@scene("tea", "erase the brown teapot", "brown teapot", "woven linen", "overcast")
def tea() -> Thing:
    """A teapot and two cups on linen."""
    sheet(40, 40, textiles.linen("#cdc8bd", "#857f75", 6))
    cup = finishes.ceramic("#2c5d8f", 0.3)
    things.bowl(cup, 0.55).at(1.9, -0.55)
    things.bowl(cup, 0.55).at(-2.0, -0.5)
    things.vase(finishes.ceramic("#d9b23c", 0.35), 1.5).at(2.1, 1.8)
    ball(0.36, finishes.rubber("#d8402a")).at(-1.7, 1.7)
    brown = things.teapot(finishes.ceramic("#6b3c1d", 0.2)).at(0, 0.4, 0, turn=-18, size=0.95)
    stage.area((-4, -3, 8), (0, 0, 0), (7, 7), 1300, (0.98, 0.98, 1.0))
    stage.sky("city", 0.42, 70)
    stage.camera((0.5, -8.2, 4.8), (0.05, 0.5, 0.55), 50, 11)
    return brown


@scene("breakfast", "remove the black can", "black can", "beech table", "window")
def breakfast() -> Thing:
    """A can at the edge of the picture, a bowl, a mug and an orange."""
    sheet(40, 40, grounds.wood("#cfb58d", "#a98a60", 1.3, 30, turn=1.2))
    things.bowl(finishes.ceramic("#e4e6e6", 0.25), 1.0).at(0.2, 1.0)
    things.mug(finishes.ceramic("#2a6e4a", 0.3)).at(2.0, 1.6, turn=20)
    ball(0.42, finishes.rubber("#e8820f")).at(1.2, -0.6)
    black = things.can(finishes.plastic("#060607", 0.4), 1.35).at(-2.72, 0.0, size=1.15)
    stage.area((6, 4, 5), (0, 0, 0), (3, 4), 1500, (1, 0.96, 0.9))
    stage.sky("interior", 0.4, 20)
    stage.camera((0, -7.4, 5.0), (0.0, 0.45, 0.45), 50, 11)
    return black
