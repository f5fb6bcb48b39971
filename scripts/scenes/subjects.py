"""Single subjects in the air, for cutting out: hard, soft, thin, furry and glass-like edges."""

from __future__ import annotations

import colorsys
import math
import random
from collections.abc import Callable

import bpy
import numpy as np
from mathutils import Vector

from . import finishes, stage, things
from .graph import Graph
from .shapes import Thing, ball, ring, tube

Material = bpy.types.Material
_LENS = 60.0
_FILLED = 0.54  # of the picture's height, the radius of the box round the subject
KINDS = ("hard", "soft", "thin", "furry", "glass")


def build(kind: str, seed: int) -> Thing:
    """Put one subject before the camera, in light of its own.

    Args:
        kind: one of `KINDS`.
        seed: of its shape, colours, place and light.
    """
    rng = random.Random(f"{kind} {seed}")
    stage.clear()
    scene = bpy.context.scene
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
    scene.render.film_transparent = True
    scene.cycles.film_transparent_glass = True
    thing = {
        "hard": _hard, "soft": _hard, "thin": _thin, "furry": _furry, "glass": _glass,
    }[kind](rng)  # fmt: skip
    _light(rng)
    _frame(thing, rng, soft=kind == "soft")
    return thing


def _colour(rng: random.Random, light: tuple[float, float] = (0.35, 0.9)) -> str:
    parts = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.1, 0.85), rng.uniform(*light))
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _hard(rng: random.Random) -> Thing:
    finish = rng.choice((finishes.ceramic, finishes.plastic, finishes.rubber, finishes.cloth))
    body, trim = finish(_colour(rng)), finishes.plastic(_colour(rng))
    makers: list[Callable[[], Thing]] = [
        lambda: things.mug(body),
        lambda: things.teapot(body),
        lambda: things.cone(body, trim),
        lambda: things.car(body),
        lambda: things.apple(body),
        lambda: things.umbrella(body, trim),
    ]
    return rng.choice(makers)().at(0, 0, turn=rng.uniform(0, 360))


def _thin(rng: random.Random) -> Thing:
    """A cage of wire, a twig with leaves, or a tuft of grass."""
    manner = rng.choice(("cage", "twig", "tuft"))
    body = finishes.plastic(_colour(rng, (0.1, 0.9)))
    if manner == "tuft":
        return things.grass(0.7, finishes.leaf(_colour(rng)), rng.randrange(999), 400).at(0, 0)
    if manner == "cage":
        thing = ball(0.3, finishes.ceramic(_colour(rng))).at(0, 0, 0.7)
        for i in range(7):
            thing += ring(1.0, rng.uniform(0.012, 0.03), body).at(
                0, 0, 1, turn=i * 26, tilt=(90, 0, 0)
            )
        return thing
    thing = Thing([])
    green = finishes.leaf(_colour(rng))
    for i in range(9):
        angle, lean = i * 2.4, rng.uniform(0.2, 0.9)
        tip = (lean * math.cos(angle), lean * math.sin(angle), rng.uniform(1.0, 2.0))
        middle = (tip[0] * 0.2, tip[1] * 0.2, tip[2] * 0.55)
        thing += tube([(0, 0, 0), middle, tip], 0.022, body, [1.2, 0.9, 0.3])
        thing += things.leaf(rng.uniform(0.3, 0.7), 40, green).at(*tip, turn=angle * 57.3)
    return thing


def _furry(rng: random.Random) -> Thing:
    """A ball or a pear of particle hair: plush, or long strands."""
    hue = _colour(rng, (0.15, 0.95))
    thing = ball(rng.uniform(0.7, 0.9), finishes.rubber(hue))
    if rng.random() < 0.6:
        thing += ball(0.5, finishes.rubber(hue)).at(0.1, 0, 1.15)
    long = rng.random() < 0.5
    for part in thing.parts:
        part.data.materials.append(_hair(hue))
        _grow(part, rng, length=rng.uniform(0.45, 0.7) if long else rng.uniform(0.12, 0.25))
    return thing


def _hair(colour: str) -> Material:
    graph = Graph("hair")
    return graph.finish(colour, 0.45, Sheen_Weight=0.2)


def _grow(part: bpy.types.Object, rng: random.Random, length: float) -> None:
    part.modifiers.new("hair", "PARTICLE_SYSTEM")
    system = part.particle_systems[0]
    system.seed = rng.randrange(9999)
    settings = system.settings
    settings.type = "HAIR"
    settings.count, settings.hair_length, settings.hair_step = 1100, length, 6
    settings.material = 2
    settings.child_type = "INTERPOLATED"
    settings.rendered_child_count = 12
    settings.child_length, settings.clump_factor = 1.0, rng.uniform(0.1, 0.6)
    settings.roughness_1, settings.roughness_2 = rng.uniform(0.02, 0.08), rng.uniform(0.01, 0.05)
    settings.roughness_endpoint = rng.uniform(0.01, 0.08)
    settings.effector_weights.gravity = 0
    settings.brownian_factor = length * rng.uniform(0.02, 0.08)  # of a hair that is 4 long at 1
    settings.root_radius, settings.tip_radius, settings.radius_scale = 1.0, 0.1, 0.006


def _glass(rng: random.Random) -> Thing:
    """Tinted ware through which the backdrop shows, most where it is seen straight on."""
    graph = Graph("tint")
    fresnel = graph.add("LayerWeight", {"Blend": rng.uniform(0.35, 0.6)}).outputs["Facing"]
    alpha = graph.span(fresnel, 0.0, 0.9, (rng.uniform(0.35, 0.7), 0.97))
    body = graph.finish(_colour(rng), 0.08, Alpha=alpha, Coat_Weight=1.0, Coat_Roughness=0.03)
    shape = rng.choice((things.vase, things.bowl, things.mug))
    if rng.random() < 0.4:
        return things.bottle(body, finishes.bark("#8a6a45"))
    return shape(body)


def _light(rng: random.Random) -> None:
    side = rng.choice((-1, 1))
    stage.area((6 * side, -5, 7), (0, 0, 1), (4, 4), rng.uniform(900, 1600))
    stage.area((-6 * side, 4, 3), (0, 0, 1), (3, 3), rng.uniform(100, 700))
    stage.sky(rng.choice(("city", "studio", "courtyard", "interior")), rng.uniform(0.3, 0.8))


def _frame(thing: Thing, rng: random.Random, *, soft: bool) -> None:
    """A camera that holds all of the subject, from a random side."""
    bpy.context.view_layer.update()
    corners = np.array(
        [part.matrix_world @ Vector(corner) for part in thing.parts for corner in part.bound_box]
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    away = radius * _LENS / 36 * (stage.WIDTH / stage.HEIGHT) / _FILLED * rng.uniform(0.8, 1.0)
    turn, rise = rng.uniform(0, 2 * math.pi), rng.uniform(0.05, 0.5)
    flat = math.cos(rise)
    line = np.array([math.cos(turn) * flat, math.sin(turn) * flat, math.sin(rise)])
    eye = middle + line * away
    focus = tuple(middle + line * radius * rng.uniform(0.8, 1.3)) if soft else None
    stage.camera(tuple(eye), tuple(middle), _LENS, rng.uniform(1.2, 3.5) if soft else 22, focus)
    if soft:  # what is out of focus has no detail that a wide filter loses, only noise
        bpy.context.scene.cycles.filter_width = 6
