"""Build and render planned random scenes: photo, clean plate, instances."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np

from . import finishes, grounds, stage, textiles, things
from .crowds import Item, Plan
from .graph import Graph
from .shapes import Thing, ball, box, lathe, sheet, solid, wall

Material = bpy.types.Material
# The height of each kind in the coordinates of its own material, for bands.
_TALL = {"mug": 1.0, "ball": 1.0, "box": 0.85, "cone": 1.7, "can": 1.2}


def build(plan: Plan) -> dict[int, Thing]:
    """Put the scene together and return its things by number."""
    stage.clear()
    scene = bpy.context.scene
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.use_persistent_data = True  # the clean plate differs by one thing only
    _lay_ground(plan)
    light(plan)
    stage.camera(plan.view.eye, plan.view.look, plan.view.lens, 13)
    return {item.number: _thing(item) for item in plan.items}


def without(target: Thing, samples: int, scale: float, scratch: Path) -> np.ndarray:
    """The photo without a thing, its shadow and its mirror image: RGB uint8 (H, W, 3).

    All of it is rendered, not the thing's surroundings alone: only then does each pixel draw the
    same light paths as in the photo, and differ by what the thing does, not by noise.
    """
    stage.show(target, False)
    clean = stage.render(samples, scale, scratch, bounces=1)
    stage.show(target, True)
    return clean


def instances(
    made: dict[int, Thing], scale: float, scratch: Path
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Which thing each pixel shows, and the whole silhouette of each as if nothing hid it.

    Args:
        made: the things by number, from 1. Call it last: it drops materials and lights.

    Returns:
        uint8 (H, W), 0 on the ground; and bool (H, W) by number. No pixel is mixed: each tells
        what its middle shows, without depth of field.
    """
    stage.flatten({part: n / 255 for n, thing in made.items() for part in thing.parts})
    seen = shown(scale, scratch)
    whole: dict[int, np.ndarray] = {}
    shapes = [item for item in bpy.context.scene.objects if item.type in {"MESH", "CURVE"}]
    stage.show(Thing(shapes), False)  # grass hides things too
    for number in made:
        for other, thing in made.items():
            stage.show(thing, other == number)
        whole[number] = stage.render(1, scale, scratch, denoise=False)[..., 0] == number
    return seen, whole


def shown(scale: float, scratch: Path) -> np.ndarray:
    """The levels of a flattened scene, uint8 (H, W), each pixel that of its middle."""
    scene = bpy.context.scene
    scene.camera.data.dof.use_dof = False
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BOX", 0.01
    return stage.render(1, scale, scratch, denoise=False)[..., 0]


def _lay_ground(plan: Plan) -> None:
    name = plan.ground
    if name == "lawn":
        sheet(60, 60, grounds.lawn_soil())
        things.grass(17, grounds.blades(), seed=plan.seed, count=90000).at(0, 2, 0)
        return
    sheet(60, 60, _ground(name))
    walls = {
        "plaster": lambda: grounds.plaster("#d9d3c7"),
        "bricks": grounds.bricks,
        "wallpaper": lambda: textiles.wallpaper("#d7d3c4", "#8fa39a"),
    }
    if plan.wall:
        wall(5.6, walls[plan.wall]())


def _ground(name: str) -> Material:
    makers = {
        "oak": lambda: grounds.wood("#b58d5c", "#6f4a2b", width=2.2, length=30),
        "walnut": lambda: grounds.wood("#7d5f45", "#443022", 1.9, 24, turn=0.35),
        "tiles": lambda: grounds.tiles("#d5d6d4", "#8f8b85", 2.0),
        "linen": lambda: textiles.linen("#cdc8bd", "#857f75", 6),
        "gingham": lambda: textiles.gingham("#3560a0"),
        "concrete": grounds.concrete,
        "stone": grounds.stone,
        "carpet": lambda: textiles.carpet("#a5a19a", "#5a5650"),
        "sand": grounds.sand,
        "leather": grounds.leather,
        "marble": grounds.marble,
        "chequer": lambda: textiles.chequer("#d6d2ca", "#2a2927", 1.6),
        "lacquered wood": lambda: varnished(grounds.wood("#9a6a3e", "#5b3a22", 2.0, 26)),
        "wet floor": lambda: varnished(grounds.concrete("#6f6d68"), 0.1),
        "dark glass": _dark_glass,
    }
    return makers[name]()


def varnished(material: Material, rough: float = 0.05) -> Material:
    """The surface under a clear, level coat that mirrors."""
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Coat Weight"].default_value = 1.0
    shader.inputs["Coat Roughness"].default_value = rough
    shader.inputs["Coat IOR"].default_value = 1.6
    return material


def _dark_glass() -> Material:
    g = Graph("dark glass")
    smear = g.span(g.noise(0.8, 6), 0.35, 0.7, (0.02, 0.07))
    tint = g.mix(g.span(g.noise(0.5, 4), 0.3, 0.7, (0, 0.5)), "#1c2a30", "#24343a")
    return g.finish(tint, smear, IOR=1.7)


def light(plan: Plan) -> None:
    """Sun, lamps and sky of a plan."""
    angle = math.radians(plan.azimuth)
    across, deep = math.cos(angle), math.sin(angle)
    if plan.light == "sun":
        stage.sun((5 * across, 5 * deep, 5.5), 4.6, 0.6)
        stage.sky("city", 0.4, plan.azimuth)
    elif plan.light == "low sun":
        stage.sun((7 * across, 7 * deep, 4.6), 4.4, 1.2, (1, 0.92, 0.8))
        stage.sky("interior", 0.45, plan.azimuth)
    elif plan.light == "lamp":
        stage.lamp((4.2 * across, 4.2 * deep, 4.8), 1250, 0.4, (1.0, 0.9, 0.78))
        stage.sky("interior", 0.45, plan.azimuth)
    elif plan.light == "window":
        stage.area((6.5 * across, 6.5 * deep, 5.5), (0, 0, 0), (3, 4), 1800)
        stage.sky("interior", 0.42, plan.azimuth)
    elif plan.light == "soft box":
        stage.area((4 * across, 4 * deep, 8), (0, 0, 0), (6, 6), 1700, (1, 0.99, 0.97))
        stage.sky("studio", 0.4, plan.azimuth)
    else:
        stage.area((2 * across, 3 * deep, 10), (0, 0, 0), (9, 9), 1400, (0.94, 0.97, 1.0))
        stage.sky("courtyard", 0.45, plan.azimuth)


def _thing(item: Item) -> Thing:
    made = _shape(item, _finish(item))
    return made.at(*item.place, turn=item.turn, size=item.size)


def _finish(item: Item) -> Material:
    if len(item.tints) == 2:
        return _banded(item)
    (tint,) = item.tints
    if item.kind == "apple":
        blush = {"red": "#d08a3c", "green": "#8fb52e", "yellow": "#d9a032"}[item.colours[0]]
        return finishes.apple_skin(tint, blush)
    dull = item.number % 2 == 0
    if item.kind in {"mug", "bowl", "vase", "teapot", "bottle"}:
        return finishes.ceramic(tint, 0.35 if dull else 0.22)
    if item.kind in {"box", "cone"}:
        return finishes.painted_wood(tint) if dull else finishes.card(tint)
    if item.kind == "book":
        return finishes.cloth(tint) if dull else finishes.card(tint)
    if item.kind in {"can", "car"}:
        return finishes.paint(tint)
    if item.kind == "tray":
        return finishes.painted_wood(tint)
    return finishes.rubber(tint) if dull else finishes.plastic(tint)


def _banded(item: Item) -> Material:
    """Level bands of two colours: two halves, or stripes."""
    g = Graph("banded")
    bands = (2, 3, 4)[item.number % 3]
    up = g.math("MULTIPLY", g.axis(g.coords(), "Z"), bands / _TALL[item.kind])
    odd = g.math("GREATER_THAN", g.math("MODULO", up, 2.0), 1.0)
    first, second = item.tints
    tint = g.mix(odd, first, second)
    return g.finish(g.mix(g.span(g.noise(6, 8), 0.5, 0.8, (0, 0.12)), tint, "#0c0c0c"), 0.38)


def _shape(item: Item, finish: Material) -> Thing:
    plain = {
        "mug": things.mug, "apple": things.apple, "bowl": things.bowl, "teapot": things.teapot,
        "vase": things.vase, "book": things.book, "can": things.can, "car": things.car,
    }  # fmt: skip
    if item.kind in plain:
        return plain[item.kind](finish)
    if item.kind == "ball":
        return ball(0.5, finish)
    if item.kind == "box":
        return box((1.1, 1.0, 0.85), finish, 0.035)
    if item.kind == "cone":
        return lathe(solid([(0, 0), (0.62, 0), (0.03, 1.7), (0, 1.7)], 0.04), finish)
    if item.kind == "ring":
        return things.ring(0.5, 0.17, finish)
    if item.kind == "bottle":
        return things.bottle(finish, finishes.bark("#b48a5a"))
    if item.kind == "bucket":
        return things.bucket(finish, finishes.metal())
    return _tray(finish)


def _tray(finish: Material) -> Thing:
    """A flat tray with a low rim."""
    made = box((2.3, 1.6, 0.09), finish, 0.03)
    for side in (-1, 1):
        made += box((2.3, 0.07, 0.16), finish, 0.025, (0, 0.765 * side, 0))
        made += box((0.07, 1.6, 0.16), finish, 0.025, (1.115 * side, 0, 0))
    return made
