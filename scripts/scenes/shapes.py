"""Basic meshes: lathes, boxes, tubes, sheets. One unit is ten centimetres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import bmesh
import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

Point = tuple[float, float, float]


@dataclass
class Thing:
    """Objects that stand and move together."""

    parts: list[bpy.types.Object]

    def at(
        self,
        x: float,
        y: float,
        z: float = 0,
        turn: float = 0,
        tilt: Point = (0, 0, 0),
        size: float = 1,
    ) -> Thing:
        """Place the thing: scale, tilt about its own axes, turn about the vertical, move."""
        tilted = Euler([math.radians(angle) for angle in tilt]).to_matrix().to_4x4()
        turned = Matrix.Rotation(math.radians(turn), 4, "Z")
        frame = Matrix.Translation((x, y, z)) @ turned @ tilted @ Matrix.Scale(size, 4)
        for part in self.parts:
            part.matrix_world = frame @ part.matrix_basis
        return self

    def __add__(self, other: Thing) -> Thing:
        return Thing(self.parts + other.parts)


def _link(data: bpy.types.ID, material: bpy.types.Material) -> bpy.types.Object:
    shape = bpy.data.objects.new("shape", data)
    data.materials.append(material)
    bpy.context.collection.objects.link(shape)
    return shape


def mesh(
    points: Sequence[Point], faces: Sequence[Sequence[int]], material: bpy.types.Material
) -> bpy.types.Object:
    """A smooth-shaded mesh object."""
    data = bpy.data.meshes.new("mesh")
    data.from_pydata(points, [], faces)
    data.shade_smooth()
    return _link(data, material)


def subdivide(shape: bpy.types.Object, levels: int = 2) -> bpy.types.Object:
    """Catmull-Clark smoothing at render time."""
    modifier = shape.modifiers.new("subdivision", "SUBSURF")
    modifier.levels = modifier.render_levels = levels
    return shape


def lathe(
    profile: Sequence[tuple[float, float]], material: bpy.types.Material, levels: int = 2
) -> Thing:
    """Turn (radius, height) points about the vertical; points close together make tight edges."""
    segments = 32
    points: list[Point] = []
    rings: list[list[int]] = []
    for radius, height in profile:
        count = segments if radius > 0 else 1
        rings.append(list(range(len(points), len(points) + count)))
        angles = (2 * math.pi * i / segments for i in range(count))
        points += [(radius * math.cos(a), radius * math.sin(a), height) for a in angles]
    faces: list[list[int]] = []
    for low, high in pairwise(rings):
        for i in range(segments):
            j = (i + 1) % segments
            corners = [(low, i), (low, j), (high, j), (high, i)]
            faces.append(list(dict.fromkeys(loop[at % len(loop)] for loop, at in corners)))
    return Thing([subdivide(mesh(points, faces, material), levels)])


def solid(profile: Sequence[tuple[float, float]], edge: float) -> list[tuple[float, float]]:
    """Support points around each corner of a profile, so that its edges keep a small radius."""
    result = [profile[0]]
    for before, here, after in zip(profile, profile[1:], profile[2:], strict=False):
        for other in (before, after):
            gap = math.dist(here, other)
            step = min(edge / gap, 0.4) if gap else 0
            shifted = [h + (o - h) * step for h, o in zip(here, other, strict=True)]
            result.append((shifted[0], shifted[1]))
    return [*result, profile[-1]]


def box(
    size: Point, material: bpy.types.Material, bevel: float = 0.03, base: Point = (0, 0, 0)
) -> Thing:
    """A bevelled box standing on `base` (the middle of its lower face)."""
    data = bpy.data.meshes.new("box")
    work = bmesh.new()
    bmesh.ops.create_cube(work, size=1)
    middle = Vector(base) + Vector((0, 0, size[2] / 2))
    work.transform(Matrix.Translation(middle) @ Matrix.Diagonal((*size, 1)))
    work.to_mesh(data)
    work.free()
    data.shade_smooth()
    shape = _link(data, material)
    modifier = shape.modifiers.new("bevel", "BEVEL")
    modifier.width, modifier.segments = bevel, 4
    modifier.harden_normals = True
    return Thing([shape])


def ball(radius: float, material: bpy.types.Material, base: Point = (0, 0, 0)) -> Thing:
    """A ball resting on `base`."""
    data = bpy.data.meshes.new("ball")
    work = bmesh.new()
    bmesh.ops.create_uvsphere(work, u_segments=96, v_segments=48, radius=radius)
    work.transform(Matrix.Translation(Vector(base) + Vector((0, 0, radius))))
    work.to_mesh(data)
    work.free()
    data.shade_smooth()
    return Thing([_link(data, material)])


def ring(major: float, minor: float, material: bpy.types.Material) -> Thing:
    """A torus lying on the ground."""
    turns = [2 * math.pi * i / 16 for i in range(17)]
    profile = [(major + minor * math.cos(t), minor + minor * math.sin(t)) for t in turns]
    return lathe(profile, material, levels=2)


def tube(
    points: Sequence[Point],
    radius: float,
    material: bpy.types.Material,
    taper: Sequence[float] | None = None,
) -> Thing:
    """A smooth tube through points; `taper` scales the radius at each."""
    data = bpy.data.curves.new("tube", "CURVE")
    data.dimensions = "3D"
    data.bevel_depth, data.bevel_resolution = radius, 8
    data.resolution_u, data.use_fill_caps = 16, True
    spline = data.splines.new("BEZIER")
    spline.bezier_points.add(len(points) - 1)
    for i, (knot, point) in enumerate(zip(spline.bezier_points, points, strict=True)):
        knot.co = point
        knot.handle_left_type = knot.handle_right_type = "AUTO"
        knot.radius = taper[i] if taper else 1.0
    return Thing([_link(data, material)])


def sheet(
    width: float, depth: float, material: bpy.types.Material, z: float = 0, y: float = 0
) -> Thing:
    """A flat ground around the origin."""
    x, d = width / 2, depth / 2
    points = [(-x, y - d, z), (x, y - d, z), (x, y + d, z), (-x, y + d, z)]
    return Thing([mesh(points, [(0, 1, 2, 3)], material)])


def wall(y: float, material: bpy.types.Material, width: float = 80, height: float = 40) -> Thing:
    """An upright wall at depth y, whose material sees x to the right and y up."""
    flat = sheet(width, height * 2, material)
    return flat.at(0, y, 0, tilt=(90, 0, 0))


def terrain(
    size: float, material: bpy.types.Material, height: float, seed: int, steps: int = 300
) -> Thing:
    """Uneven ground: smooth sums of waves in random directions."""
    rng = np.random.default_rng(seed)
    line = np.linspace(-size / 2, size / 2, steps)
    x, y = np.meshgrid(line, line)
    z = np.zeros_like(x)
    for _ in range(24):
        frequency = rng.uniform(0.3, 2.2)
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        wave = frequency * (x * np.cos(angle) + y * np.sin(angle)) + phase
        z += np.sin(wave) / frequency
    z *= height / np.abs(z).max()
    grid = np.arange(steps * steps).reshape(steps, steps)
    corners = (grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1])
    faces = np.stack([corner.ravel() for corner in corners], axis=1)
    points = np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1)
    return Thing([mesh(points.tolist(), faces.tolist(), material)])
