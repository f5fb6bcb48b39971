"""Random scenes to learn from: shapes, surfaces and grounds that are nobody's in particular."""

from __future__ import annotations

import colorsys
import math
import random
from collections.abc import Callable
from dataclasses import replace

import bmesh
import bpy
import numpy as np

from . import crowd_stage, finishes, grounds, stage, textiles, things
from .crowds import KINDS, Item, Plan, View
from .graph import Graph
from .shapes import Thing, box, lathe, mesh, ring, sheet, solid, tube, wall

Material = bpy.types.Material


def build(plan: Plan) -> dict[int, Thing]:
    """A planned scene with other things, ground and walls in the places of the planned ones."""
    rng = random.Random(plan.seed)
    stage.clear()
    scene = bpy.context.scene
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.use_persistent_data = True
    base = colour(rng)
    grown = rng.random() < 0.2
    if grown:
        _lawn(rng, base)
    else:
        surface = ground(rng, base)
        if rng.random() < 0.25:
            surface = crowd_stage.varnished(surface, rng.uniform(0.02, 0.2))
        sheet(60, 60, surface)
    if rng.random() < 0.45:
        wall(rng.uniform(3.5, 9), ground(rng, colour(rng)))
    crowd_stage.light(plan)
    stage.exposure(rng.uniform(-0.5, 0.35))
    flat = 0.5 if grown else 0.12  # what lies flat in grass is seen between its blades
    return {item.number: thing(rng, item, base, flat) for item in plan.items}


def _lawn(rng: random.Random, base: str) -> None:
    """Earth and blades of a random colour, length and density."""
    if rng.random() < 0.5:  # most lawns are green
        base = code(rng.uniform(0.13, 0.34), rng.uniform(0.25, 0.8), rng.uniform(0.2, 0.6))
    sheet(60, 60, grounds.lawn_soil(near(rng, base, 0.25), near(rng, base, 0.25)))
    tall = rng.uniform(0.3, 1.1)
    blades = grounds.blades(*(near(rng, base, 0.3) for _ in range(3)))
    count = round(rng.uniform(0.4, 1.2) * 90000)
    things.grass(17 / tall, blades, rng.randrange(10**6), count).at(0, 2, 0, size=tall)


def other_view(plan: Plan, rng: random.Random) -> Plan:
    """The same scene from elsewhere."""
    eye = (rng.uniform(-2.5, 2.5), rng.uniform(-8.6, -6.0), rng.uniform(1.8, 8.5))
    look = (rng.uniform(-0.5, 0.5), rng.uniform(0, 0.9), rng.uniform(0.2, 0.7))
    return replace(plan, view=View(eye, look, rng.uniform(36, 68)))


def aim(view: View) -> None:
    """Move the camera."""
    for item in [item for item in bpy.data.objects if item.type == "CAMERA"]:
        bpy.data.objects.remove(item)
    stage.camera(view.eye, view.look, view.lens, 13)


def code(hue: float, saturation: float, value: float) -> str:
    """A hex code."""
    channels = colorsys.hsv_to_rgb(hue, saturation, value)
    return "#" + "".join(f"{round(255 * c):02x}" for c in channels)


def colour(rng: random.Random) -> str:
    """Any colour, greys often."""
    if rng.random() < 0.38:
        return code(rng.random(), rng.uniform(0, 0.12), rng.uniform(0.03, 0.95))
    return code(rng.random(), rng.uniform(0.2, 0.95), rng.uniform(0.15, 0.95))


def near(rng: random.Random, given: str, far: float) -> str:
    """A colour like another."""
    red, green, blue = (int(given[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    saturation = min(1, max(0, saturation + rng.uniform(-far, far)))
    value = min(0.97, max(0.03, value + rng.uniform(-far, far)))
    return code((hue + rng.uniform(-far, far) / 5) % 1, saturation, value)


def ground(rng: random.Random, base: str) -> Material:
    """Something to stand on or before."""
    other = near(rng, base, 0.3) if rng.random() < 0.7 else colour(rng)
    makers: list[Callable[[], Material]] = [
        lambda: grounds.wood(base, other, rng.uniform(1, 3), rng.uniform(10, 30)),
        lambda: grounds.tiles(base, other, rng.uniform(0.6, 3)),
        lambda: grounds.concrete(base),
        lambda: grounds.stone(base, rng.uniform(2, 6)),
        lambda: grounds.sand(base),
        lambda: grounds.leather(base),
        lambda: grounds.marble(base, other),
        lambda: grounds.plaster(base),
        lambda: textiles.linen(base, other, rng.uniform(3, 9)),
        lambda: textiles.gingham(base, rng.uniform(0.3, 1.5)),
        lambda: textiles.carpet(base, other),
        lambda: textiles.rug(base, other, colour(rng)),
        lambda: textiles.wallpaper(base, other),
        lambda: textiles.chequer(base, other, rng.uniform(0.5, 2.5)),
        lambda: _blotched(rng, base, other),
        lambda: finishes.plastic(base),
        grounds.bricks,
    ]
    return rng.choice(makers)()


def _blotched(rng: random.Random, base: str, other: str) -> Material:
    g = Graph("blotched")
    noise = g.noise(rng.uniform(0.3, 8), rng.uniform(1, 8), bend=rng.uniform(0, 2))
    tint = g.ramp(noise, (rng.uniform(0.3, 0.48), base), (rng.uniform(0.52, 0.7), other))
    return g.finish(tint, rng.uniform(0.15, 0.9))


def finish(rng: random.Random, base: str) -> Material:
    """A surface, now and then in a colour like the ground's."""
    tint = near(rng, base, 0.35) if rng.random() < 0.25 else colour(rng)
    other = colour(rng)
    makers: list[Callable[[], Material]] = [
        lambda: finishes.ceramic(tint), lambda: finishes.plastic(tint),
        lambda: finishes.rubber(tint), lambda: finishes.paint(tint),
        lambda: finishes.painted_wood(tint), lambda: finishes.card(tint),
        lambda: finishes.cloth(tint), lambda: finishes.metal(tint, rng.uniform(0.1, 0.6)),
        lambda: _blotched(rng, tint, other), lambda: _striped(rng, tint, other),
        lambda: finishes.bark(tint), lambda: finishes.leaf(tint),
    ]  # fmt: skip
    return rng.choice(makers)()


def _striped(rng: random.Random, first: str, second: str) -> Material:
    g = Graph("striped")
    turn = [rng.uniform(0, 3) if rng.random() < 0.3 else 0 for _ in range(3)]
    along = g.math("MULTIPLY", g.axis(g.coords(turn=turn), rng.choice("XYZ")), rng.uniform(1, 6))
    odd = g.math("GREATER_THAN", g.math("FRACT", along), rng.uniform(0.2, 0.8))
    return g.finish(g.mix(odd, first, second), rng.uniform(0.1, 0.8))


def thing(rng: random.Random, item: Item, base: str, flat: float = 0.0) -> Thing:
    """A random thing about as large as the planned one, in its place; now and then a flat one."""
    known, height = KINDS[item.kind], KINDS[item.kind].height
    if rng.random() < flat:
        height = min(height, rng.uniform(0.1, 0.4))
    made = _shape(rng, known.radius, height, base)
    return made.at(*item.place, turn=item.turn, size=item.size)


def _shape(rng: random.Random, radius: float, height: float, base: str) -> Thing:
    surface = finish(rng, base)
    sort = rng.random()
    if sort < 0.25:
        return _turned(rng, radius, height, surface)
    if sort < 0.45:
        return _boxes(rng, radius, height, surface, base)
    if sort < 0.6:
        return _blob(rng, radius, height, surface)
    if sort < 0.72:
        return _prism(rng, radius, height, surface)
    if sort < 0.8:
        return _tubes(rng, radius, height, surface)
    if sort < 0.85:
        thick = rng.uniform(0.1, 0.3) * radius
        return ring(radius - thick, thick, surface)
    if sort < 0.9:
        made = _turned(rng, height / 2, 1.6 * radius, surface)
        return made.at(-0.8 * radius, 0, height / 2, tilt=(0, 90, 0))
    lower = rng.uniform(0.3, 0.75) * height
    below = _shape(rng, radius, lower, base)
    above = _shape(rng, radius * rng.uniform(0.3, 0.9), height - lower, base)
    return below + above.at(0, 0, 0.97 * lower, turn=rng.uniform(0, 360))


def _turned(rng: random.Random, radius: float, height: float, surface: Material) -> Thing:
    count = rng.randint(2, 6)
    levels = sorted([0.0, height, *(rng.uniform(0, height) for _ in range(count - 2))])
    widths = [rng.uniform(0.25, 1) * radius for _ in levels]
    profile = [(0.0, 0.0), *zip(widths, levels, strict=True), (0.0, height)]
    made = lathe(solid(profile, rng.uniform(0.02, 0.15)), surface)
    if rng.random() < 0.35:  # a handle
        x, z = widths[len(widths) // 2], levels[len(levels) // 2] or height / 2
        far, tall = rng.uniform(1.1, 1.5) * x, rng.uniform(0.15, 0.35) * height
        corners = ((0.8 * x, -tall), (far, -tall), (far, tall), (0.8 * x, tall))
        points = [(reach, 0.0, z + up) for reach, up in corners]
        made += tube(points, rng.uniform(0.03, 0.09), surface)
    return made


def _boxes(rng: random.Random, radius: float, height: float, surface: Material, base: str) -> Thing:
    side = rng.uniform(0.4, 1.4) * radius
    other = math.sqrt(max(0.1, 4 * radius**2 - side**2)) * rng.uniform(0.35, 0.9)
    made = box((side, other, height), surface, rng.uniform(0.01, 0.1))
    if rng.random() < 0.4:
        size = (side * rng.uniform(0.2, 1.1), other * rng.uniform(0.2, 1.1), height * 0.4)
        again = surface if rng.random() < 0.5 else finish(rng, base)
        made += box(size, again, 0.02, (side * rng.uniform(-0.3, 0.3), 0, height * 0.95))
    return made


def _blob(rng: random.Random, radius: float, height: float, surface: Material) -> Thing:
    work, data = bmesh.new(), bpy.data.meshes.new("blob")
    bmesh.ops.create_icosphere(work, subdivisions=5, radius=1)
    points = np.array([vertex.co for vertex in work.verts])
    swell = np.ones(len(points))
    for _ in range(rng.randint(2, 6)):
        way = np.array([rng.gauss(0, 1) for _ in range(3)]) * rng.uniform(0.5, 3)
        swell += rng.uniform(0.03, 0.2) * np.sin(points @ way + rng.uniform(0, 6))
    points *= swell[:, None] * np.array([radius, radius, height / 2]) / swell.max()
    points[:, 2] -= points[:, 2].min()
    for vertex, place in zip(work.verts, points, strict=True):
        vertex.co = place
    work.to_mesh(data)
    work.free()
    data.shade_smooth()
    shape = bpy.data.objects.new("blob", data)
    data.materials.append(surface)
    bpy.context.collection.objects.link(shape)
    return Thing([shape])


def _prism(rng: random.Random, radius: float, height: float, surface: Material) -> Thing:
    count, top = rng.randint(3, 12), rng.uniform(0.4, 1)
    inner = rng.uniform(0.45, 1)
    outline = []
    for i in range(count):
        reach = radius * (inner if i % 2 else 1) * rng.uniform(0.85, 1)
        angle = 2 * math.pi * i / count
        outline.append((reach * math.cos(angle), reach * math.sin(angle)))
    points = [(x, y, 0.0) for x, y in outline] + [(top * x, top * y, height) for x, y in outline]
    sides = [[i, (i + 1) % count, count + (i + 1) % count, count + i] for i in range(count)]
    lids = [list(range(count))[::-1], list(range(count, 2 * count))]
    shape = mesh(points, sides + lids, surface)
    shape.data.shade_flat()
    return Thing([shape])


def _tubes(rng: random.Random, radius: float, height: float, surface: Material) -> Thing:
    thick = rng.uniform(0.04, 0.16)
    points = [
        (rng.uniform(-1, 1) * radius * 0.8, rng.uniform(-1, 1) * radius * 0.8,
         thick if i in (0, 3) else rng.uniform(thick, max(thick, height)))
        for i in range(4)
    ]  # fmt: skip
    return tube(points, thick, surface)
