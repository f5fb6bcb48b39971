"""Things to put on a table or a floor. One unit is ten centimetres."""

from __future__ import annotations

import math
import random

import bpy
import numpy as np

from . import finishes
from .shapes import Point, Thing, ball, box, lathe, mesh, ring, solid, subdivide, tube

Material = bpy.types.Material


def mug(material: Material) -> Thing:
    """A mug whose handle points right."""
    profile = [(0, 0.02), (0.3, 0.02), (0.33, 0), (0.4, 0.01), (0.43, 0.06), (0.44, 0.2)]
    profile += [(0.44, 0.9), (0.44, 0.96), (0.43, 0.985), (0.415, 0.985), (0.4, 0.96)]
    profile += [(0.395, 0.85), (0.395, 0.2), (0.37, 0.1), (0.3, 0.07), (0, 0.07)]
    grip = [(0.41, 0, 0.78), (0.58, 0, 0.8), (0.74, 0, 0.68), (0.77, 0, 0.5)]
    grip += [(0.7, 0, 0.32), (0.56, 0, 0.22), (0.41, 0, 0.2)]
    return lathe(profile, material) + tube(grip, 0.065, material, [1.25, 1, 1, 1, 1, 1, 1.25])


def vase(material: Material, height: float = 2.0) -> Thing:
    """A bellied vase with a narrow neck."""
    outer = [(0.36, 0), (0.4, 0.04), (0.62, 0.5), (0.68, 0.9), (0.52, 1.35), (0.26, 1.65)]
    outer += [(0.23, 1.82), (0.34, 1.98), (0.35, 2.0)]
    inner = [(0.31, 2.0), (0.29, 1.96), (0.18, 1.8), (0.2, 1.6), (0, 1.3)]
    scale = height / 2
    profile = [(0.0, 0.0), *outer, *inner]
    return lathe([(r * scale, z * scale) for r, z in profile], material)


def bottle(material: Material, cap: Material) -> Thing:
    """A tall bottle with a stopper."""
    profile = [(0, 0.06), (0.3, 0.04), (0.36, 0), (0.42, 0.04), (0.43, 0.14), (0.43, 1.5)]
    profile += [(0.41, 1.75), (0.22, 2.05), (0.16, 2.25), (0.15, 2.6), (0.2, 2.62), (0.2, 2.74)]
    profile += [(0.15, 2.76), (0.11, 2.74), (0.11, 2.4), (0, 2.3)]
    stopper = [(0, 2.5), (0.11, 2.5), (0.125, 2.78), (0.15, 2.8), (0.15, 2.96), (0.13, 2.98)]
    stopper.append((0, 2.98))
    return lathe(profile, material) + lathe(solid(stopper, 0.02), cap)


def bowl(material: Material, radius: float = 0.9) -> Thing:
    """An open bowl on a foot."""
    profile = [(0, 0.05), (0.36, 0.05), (0.38, 0), (0.44, 0), (0.46, 0.06), (0.7, 0.2), (0.94, 0.5)]
    profile += [(1.0, 0.72), (0.99, 0.75), (0.965, 0.75), (0.95, 0.72), (0.88, 0.5), (0.66, 0.25)]
    profile += [(0.4, 0.13), (0, 0.12)]
    return lathe([(r * radius, z * radius) for r, z in profile], material)


def can(material: Material, height: float = 1.2) -> Thing:
    """A drinks can with a bright lid."""
    body = [(0, 0.03), (0.22, 0.03), (0.26, 0), (0.33, 0.08), (0.33, 0.14)]
    body += [(0.33, height - 0.16), (0.33, height - 0.12), (0.28, height - 0.02)]
    lid = [(0.275, height - 0.03), (0.285, height), (0.27, height + 0.01), (0.26, height)]
    lid += [(0.25, height - 0.05), (0.22, height - 0.05), (0, height - 0.05)]
    tab = box((0.1, 0.2, 0.02), finishes.metal(), 0.009, (0.02, 0.06, height - 0.05))
    return lathe(body, material) + lathe(lid, finishes.metal()) + tab


def pot(material: Material, foliage: str, seed: int = 1, leaves: int = 34) -> Thing:
    """A potted plant."""
    outer = [(0, 0), (0.5, 0), (0.68, 1.0), (0.76, 1.0), (0.76, 1.2), (0.68, 1.2), (0.64, 0.95)]
    thing = lathe(solid([*outer, (0, 0.95)], 0.025), material)
    thing += lathe([(0, 1.06), (0.3, 1.05), (0.66, 1.02)], finishes.soil())
    rng = random.Random(seed)
    green = finishes.leaf(foliage)
    for i in range(leaves):
        lean = 12 + 62 * (i / leaves) ** 0.8 + rng.uniform(-6, 6)
        size = rng.uniform(1.1, 1.75)
        spin = i * 137.5 + rng.uniform(-15, 15)
        thing += leaf(size, lean, green).at(0, 0, 1.02, turn=spin)
    return thing


def leaf(size: float, lean: float, material: Material) -> Thing:
    """A pointed leaf that rises at `lean` degrees from upright and arches over."""
    rows, points, faces = 9, [], []
    x, z, angle = 0.06, 0.0, math.radians(lean * 0.4)
    for i in range(rows):
        t = i / (rows - 1)
        half = size * 0.13 * math.sin(math.pi * min(1, t * 0.94 + 0.05)) ** 0.8 + 0.008
        fold = half * 0.35
        points += [(x, -half, z + fold), (x, 0, z), (x, half, z + fold)]
        angle += math.radians(lean * 1.3) / rows
        x += math.sin(angle) * size / rows
        z += math.cos(angle) * size / rows
        if i:
            j = 3 * i
            faces += [(j - 3, j - 2, j + 1, j), (j - 2, j - 1, j + 2, j + 1)]
    return Thing([subdivide(mesh(points, faces, material), 1)])


def book(cover: Material, size: Point = (1.5, 2.1, 0.32)) -> Thing:
    """A bound book lying down, its spine to the left."""
    width, depth, height = size
    board = 0.035
    thing = box((width, depth, board), cover, 0.012)
    thing += box((width, depth, board), cover, 0.012, (0, 0, height - board))
    thing += box((0.06, depth, height), cover, 0.025, (-width / 2 + 0.02, 0, 0))
    pages = (width - 0.1, depth - 0.12, height - 2 * board)
    return thing + box(pages, finishes.paper_edges(), 0.008, (-0.01, 0, board))


def notebook(cover: Material, band: Material) -> Thing:
    """A notebook with an elastic band and a ribbon."""
    thing = book(cover, (1.5, 2.2, 0.2))
    return thing + box((0.05, 2.22, 0.212), band, 0.006, (0.58, 0, -0.004))


def pen(body: Material, trim: Material, length: float = 1.4) -> Thing:
    """A pen lying along x."""
    radius = 0.05
    barrel = [(0, 0), (0.015, 0), (0.02, 0.06), (radius, 0.26), (radius, length), (0, length)]
    clip = box((0.5, 0.025, 0.02), trim, 0.008, (length - 0.3, 0, 2 * radius))
    band = [(0, 0.78), (radius + 0.004, 0.78), (radius + 0.004, 0.82), (0, 0.82)]
    rod = lathe(solid(barrel, 0.01), body) + lathe(solid(band, 0.004), trim)
    return rod.at(0, 0, radius, tilt=(0, 90, 0)) + clip


def apple(skin: Material) -> Thing:
    """An apple with its stalk."""
    profile = [(0, 0.06), (0.1, 0.03), (0.2, 0.0), (0.34, 0.1), (0.44, 0.3), (0.47, 0.52)]
    profile += [(0.42, 0.73), (0.3, 0.84), (0.16, 0.82), (0.07, 0.74), (0, 0.68)]
    stalk = [(0, 0, 0.68), (0.02, 0.01, 0.85), (0.08, 0.02, 1.02)]
    return lathe(profile, skin) + tube(stalk, 0.022, finishes.bark(), [0.8, 0.9, 1.4])


def cone(material: Material, band: Material) -> Thing:
    """A marker cone with a pale band on a square foot."""

    def radius(z: float) -> float:
        return 0.72 - 0.235 * z

    lower = [(radius(0.1), 0.1), (radius(2.5), 2.5), (radius(2.56) - 0.03, 2.56), (0, 2.56)]
    stripe = [(radius(1.2) - 0.05, 1.2), (radius(1.2) + 0.008, 1.2)]
    stripe += [(radius(1.75) + 0.008, 1.75), (radius(1.75) - 0.05, 1.75)]
    thing = box((1.75, 1.75, 0.12), material, 0.05)
    return thing + lathe(solid(lower, 0.04), material) + lathe(solid(stripe, 0.004), band)


def car(body: Material) -> Thing:
    """A toy car that drives to the right."""
    black, chrome = finishes.rubber("#17171a"), finishes.metal()
    window = finishes.paint("#1c2630")
    thing = box((2.3, 1.0, 0.42), body, 0.13, (0, 0, 0.2))
    thing += box((1.25, 0.88, 0.42), body, 0.16, (-0.15, 0, 0.5))
    thing += box((1.0, 0.9, 0.2), window, 0.05, (-0.15, 0, 0.62))
    thing += box((1.27, 0.72, 0.2), window, 0.05, (-0.15, 0, 0.62))
    for end in (-1.15, 1.15):
        thing += box((0.08, 0.96, 0.1), chrome, 0.03, (end, 0, 0.24))
    for x in (-0.7, 0.7):
        for side in (-1, 1):
            hub = lathe([(0, 0.04), (0.17, 0.04), (0.17, 0.11), (0, 0.13)], chrome)
            tyre = ring(0.19, 0.075, black) + hub
            thing += tyre.at(x, 0.42 * side, 0.265, tilt=(-90 * side, 0, 0))
    lights = finishes.plastic("#f4eed2")
    for y in (-0.32, 0.32):
        thing += ball(0.085, lights).at(1.12, y, 0.34)
    return thing


def pillow(material: Material, size: float = 4.0, height: float = 1.3) -> Thing:
    """A scatter cushion lying flat, pinched at its corners."""
    count = 41
    line = np.linspace(-1, 1, count)
    u, v = np.meshgrid(line, line)
    puff = ((1 - u**2) * (1 - v**2)) ** 0.42 * height / 2
    crease = 0.05 * np.sin(7 * u + 2 * v) * np.sin(5 * v) * (u**2 + v**2) * (puff > 0.02)
    x = u * (1 - 0.09 * (1 - v**2)) * size / 2
    y = v * (1 - 0.09 * (1 - u**2)) * size / 2
    points: list[Point] = []
    for side in (1.25, -0.5):
        z = height / 4 + side * (puff + crease * 0.6)
        points += np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1).tolist()
    grid = np.arange(count * count).reshape(count, count)
    corners = [grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]]
    quads = np.stack([corner.ravel() for corner in corners], axis=1)
    faces = quads.tolist() + (quads[:, ::-1] + count * count).tolist()
    return Thing([subdivide(mesh(points, faces, material), 1)])


def teapot(material: Material) -> Thing:
    """A round teapot whose spout points right."""
    body = [(0, 0.04), (0.4, 0.04), (0.44, 0), (0.52, 0.02), (0.78, 0.3), (0.88, 0.62), (0.74, 1.0)]
    body += [(0.46, 1.16), (0.42, 1.18), (0, 1.18)]
    lid = [(0, 1.16), (0.44, 1.17), (0.45, 1.2), (0.36, 1.27), (0.16, 1.34), (0.07, 1.38)]
    lid += [(0.07, 1.42), (0.13, 1.48), (0.12, 1.56), (0, 1.59)]
    spout = [(0.7, 0, 0.45), (1.0, 0, 0.55), (1.18, 0, 0.85), (1.38, 0, 1.12)]
    grip = [(-0.72, 0, 0.98), (-1.05, 0, 1.12), (-1.3, 0, 0.9), (-1.2, 0, 0.52), (-0.82, 0, 0.36)]
    thing = lathe(body, material) + lathe(lid, material)
    thing += tube(spout, 0.12, material, [1.9, 1.3, 0.9, 0.75])
    return thing + tube(grip, 0.075, material)


def bucket(material: Material, grip: Material) -> Thing:
    """A beach bucket with its handle down."""
    profile = [(0, 0), (0.62, 0), (0.86, 1.4), (0.93, 1.4), (0.93, 1.5), (0.83, 1.5), (0.58, 0.08)]
    thing = lathe(solid([*profile, (0, 0.08)], 0.03), material)
    arc = [math.pi * i / 8 for i in range(9)]
    wire: list[Point] = []
    for angle in arc:
        out, down = math.cos(angle), math.sin(angle)
        wire.append((out * (0.95 + 0.033 * down), -0.91 * down, 1.42 - 0.72 * down**1.2))
    return thing + tube(wire, 0.035, grip)


def umbrella(material: Material, handle: Material) -> Thing:
    """An open umbrella, standing on its point's axis; tilt it to lay it down."""
    panels, rows = 8, 12
    steps = panels * 8
    points: list[Point] = [(0, 0, 2.0)]
    faces: list[tuple[int, ...]] = []
    for row in range(1, rows + 1):
        t = row / rows
        for i in range(steps):
            phase = (i % 8) / 8
            sag = math.sin(math.pi * phase)
            radius = 4.2 * t * (1 - 0.1 * sag * t)
            z = 2.0 - 1.75 * t**2.1 - 0.16 * sag * t * (1 - 0.9 * t)
            angle = 2 * math.pi * (i / steps + 1 / 16)
            points.append((radius * math.cos(angle), radius * math.sin(angle), z))
            j = 1 + (row - 1) * steps
            a, b = j + i, j + (i + 1) % steps
            faces.append((0, a, b) if row == 1 else (a - steps, a, b, b - steps))
    thing = Thing([mesh(points, faces, material)])
    thing += tube([(0, 0, 2.35), (0, 0, 0), (0, 0, -3)], 0.06, finishes.metal("#8a8a8c"))
    hook = [(0, 0, -2.6), (0, 0, -3.4), (0.28, 0, -3.75), (0.6, 0, -3.5), (0.62, 0, -3.3)]
    return thing + tube(hook, 0.12, handle)


def grass(size: float, material: Material, seed: int, count: int = 90000) -> Thing:
    """A square of bent grass blades."""
    rng = np.random.default_rng(seed)
    base = np.zeros((count, 3))
    base[:, :2] = rng.uniform(-size / 2, size / 2, (count, 2))
    heading = rng.uniform(0, 2 * np.pi, count)
    height = rng.uniform(0.22, 0.52, count)
    bend = rng.uniform(0.1, 0.95, count) * height
    out = np.stack([np.cos(heading), np.sin(heading), np.zeros(count)], 1)
    side = np.stack([-out[:, 1], out[:, 0], np.zeros(count)], 1)
    up = np.array([0, 0, 1.0])
    width = rng.uniform(0.014, 0.026, (count, 1))
    corners = []
    for rise, reach, spread in ((0, 0, 1), (0.55, 0.25, 0.8), (0.9, 0.65, 0.45)):
        middle = base + up * (height * rise)[:, None] + out * (bend * reach)[:, None]
        corners += [middle - side * width * spread, middle + side * width * spread]
    corners.append(base + up * height[:, None] + out * bend[:, None])
    points = np.stack(corners, 1).reshape(-1, 3)
    first = (np.arange(count) * 7)[:, None]
    quads = np.concatenate([first + np.array([0, 1, 3, 2]), first + np.array([2, 3, 5, 4])])
    tips = first + np.array([4, 5, 6])
    return Thing([mesh(points.tolist(), quads.tolist() + tips.tolist(), material)])
