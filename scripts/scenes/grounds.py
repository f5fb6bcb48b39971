"""Surfaces of rooms: floors, table tops, walls and cloths. One unit is ten centimetres."""

from __future__ import annotations

import bpy

from .graph import Graph, Value


def _planks(g: Graph, width: float, length: float, at: Value) -> bpy.types.Node:
    inputs = {
        "Vector": at,
        "Color1": (0, 0, 0),
        "Color2": (1, 1, 1),
        "Mortar": (0.5, 0.5, 0.5),
        "Scale": 1.0,
        "Mortar Size": 0.012,
        "Mortar Smooth": 0.3,
        "Brick Width": length,
        "Row Height": width,
    }
    return g.add("TexBrick", inputs, offset=0.37)


def wood(
    light: str = "#c39a6b",
    dark: str = "#7d5433",
    width: float = 1.6,
    length: float = 18,
    turn: float = 0,
    rough: float = 0.42,
) -> bpy.types.Material:
    """Oiled planks, each cut from another part of the tree."""
    g = Graph("wood")
    at = g.coords(turn=(0, 0, turn))
    planks = _planks(g, width, length, at)
    pick = g.axis(planks.outputs["Color"], "X")
    moved = g.add("VectorMath", {0: at, 1: (0, 0, 1)}).outputs[0]
    shift = g.add("CombineXYZ", {"X": g.math("MULTIPLY", pick, 40), "Z": pick}).outputs[0]
    moved = g.add("VectorMath", {0: moved, 1: shift}).outputs[0]
    long = g.add("Mapping", {"Vector": moved, "Scale": (0.12, 1, 1)}).outputs[0]
    rings = g.noise(1.5, 3, 0.5, 1.2, at=long)
    bands = g.math("FRACT", g.math("MULTIPLY", rings, 9))
    bands = g.math("PINGPONG", bands, 0.5)
    fine = g.add("Mapping", {"Vector": moved, "Scale": (0.05, 1, 1)}).outputs[0]
    fibre = g.noise(26, 4, 0.7, at=fine)
    tone = g.math("ADD", g.math("MULTIPLY", bands, 0.55), g.math("MULTIPLY", fibre, 0.75))
    tone = g.math("ADD", tone, g.math("MULTIPLY", pick, 0.3))
    tint = g.ramp(g.span(tone, 0.3, 1.05, (0, 1)), (0, dark), (1, light))
    seam = planks.outputs["Factor"]
    tint = g.mix(g.math("MULTIPLY", seam, 0.85), tint, "#1d120a")
    normal = g.bump(fibre, 0.015, 0.5)
    normal = g.bump(g.math("SUBTRACT", 1.0, seam), 0.05, 1.0, over=normal)
    gloss = g.span(fibre, 0.3, 0.7, (rough * 1.2, rough * 0.85))
    return g.finish(tint, gloss, Normal=normal)


def tiles(
    colour: str, grout: str, size: float = 2.0, offset: float = 0.0, ratio: float = 1.0
) -> bpy.types.Material:
    """Glazed tiles in cement; an offset of 0.5 and a ratio of 2 make metro tiles."""
    g = Graph("tiles")
    at = g.coords()
    inputs = {
        "Vector": at,
        "Color1": (0, 0, 0),
        "Color2": (1, 1, 1),
        "Mortar": (0.5, 0.5, 0.5),
        "Scale": 1.0,
        "Mortar Size": 0.05,
        "Mortar Smooth": 0.2,
        "Brick Width": size * ratio,
        "Row Height": size,
    }
    brick = g.add("TexBrick", inputs, offset=offset)
    seam = brick.outputs["Factor"]
    shade = g.math("MULTIPLY", g.axis(brick.outputs["Color"], "X"), 0.12)
    shade = g.math("ADD", shade, g.span(g.noise(1.2, 8, 0.65), 0.4, 0.75, (0, 0.2)))
    tint = g.mix(shade, colour, "#5a5148")
    dirt = g.mix(g.noise(10, 6), grout, "#4b443c")
    tint = g.mix(seam, tint, dirt)
    normal = g.bump(g.noise(1.1, 2), 0.03, 0.35)
    normal = g.bump(g.math("SUBTRACT", 1.0, seam), 0.06, 1.0, over=normal)
    return g.finish(tint, g.span(seam, 0, 1, (0.16, 0.8)), Normal=normal)


def bricks(
    first: str = "#8f4a34", second: str = "#6b3527", mortar: str = "#a59c8e"
) -> bpy.types.Material:
    """A weathered brick wall."""
    g = Graph("bricks")
    swirl = g.add("TexNoise", {"Scale": 1.5}).outputs["Color"]
    moved = g.add("VectorMath", {0: g.coords(), 1: swirl}).outputs[0]
    mixed = g.add("Mix", {0: 0.04, 4: g.coords(), 5: moved}, data_type="VECTOR").outputs[1]
    inputs = {
        "Vector": mixed,
        "Color1": (0, 0, 0),
        "Color2": (1, 1, 1),
        "Mortar": (0.5, 0.5, 0.5),
        "Scale": 1.0,
        "Mortar Size": 0.07,
        "Mortar Smooth": 0.35,
        "Brick Width": 2.4,
        "Row Height": 0.8,
    }
    brick = g.add("TexBrick", inputs, offset=0.5)
    pick = g.axis(brick.outputs["Color"], "X")
    grit = g.noise(7, 10, 0.7)
    tone = g.math("ADD", g.math("MULTIPLY", pick, 0.6), g.math("MULTIPLY", grit, 0.6))
    tint = g.ramp(g.span(tone, 0.2, 0.95, (0, 1)), (0, second), (0.6, first), (1, mortar))
    seam = brick.outputs["Factor"]
    tint = g.mix(seam, tint, g.mix(g.noise(14, 6), mortar, "#6e665b"))
    normal = g.bump(grit, 0.12, 0.8)
    normal = g.bump(g.math("SUBTRACT", 1.0, seam), 0.15, 1.0, over=normal)
    return g.finish(tint, 0.9, Normal=normal)


def plaster(colour: str) -> bpy.types.Material:
    """A painted wall with a roller's texture."""
    g = Graph("plaster")
    tint = g.mix(g.span(g.noise(0.35, 6), 0.3, 0.75, (0, 0.14)), colour, "#5d5348")
    normal = g.bump(g.noise(9, 6, 0.6), 0.05, 0.4)
    return g.finish(tint, 0.85, Normal=normal)


def marble(colour: str = "#e9e6e1", vein: str = "#74726f") -> bpy.types.Material:
    """Polished marble with veins."""
    g = Graph("marble")
    at = g.coords(turn=(0, 0, 0.6))
    ridge = g.math("ABSOLUTE", g.math("SUBTRACT", g.noise(0.28, 9, 0.55, 0.9, at=at), 0.5))
    veins = g.span(ridge, 0, 0.05, (0.9, 0))
    cloud = g.span(g.noise(0.6, 7), 0.35, 0.7, (0, 0.3))
    tint = g.mix(veins, g.mix(cloud, colour, "#b9b4ad"), vein)
    return g.finish(tint, 0.14, Normal=g.bump(g.noise(2, 3), 0.004, 0.3))


def stone(colour: str = "#8b8780", size: float = 4.5) -> bpy.types.Material:
    """Paving of cut stone slabs."""
    g = Graph("stone")
    inputs = {
        "Vector": g.coords(turn=(0, 0, 0.12)),
        "Color1": (0, 0, 0),
        "Color2": (1, 1, 1),
        "Mortar": (0.5, 0.5, 0.5),
        "Scale": 1.0,
        "Mortar Size": 0.07,
        "Mortar Smooth": 0.4,
        "Brick Width": size * 1.4,
        "Row Height": size,
    }
    brick = g.add("TexBrick", inputs, offset=0.42)
    grit = g.noise(1.8, 12, 0.72)
    speck = g.noise(22, 4, 0.7)
    tone = g.math("ADD", grit, g.math("MULTIPLY", g.axis(brick.outputs["Color"], "X"), 0.22))
    tone = g.math("ADD", tone, g.math("MULTIPLY", speck, 0.35))
    tint = g.mix(g.span(tone, 0.45, 1.15, (0.65, 0)), colour, "#38342f")
    seam = brick.outputs["Factor"]
    tint = g.mix(seam, tint, "#35302a")
    normal = g.bump(g.math("ADD", grit, speck), 0.06, 0.8)
    normal = g.bump(g.math("SUBTRACT", 1.0, seam), 0.15, 1.0, over=normal)
    return g.finish(tint, 0.85, Normal=normal)


def concrete(colour: str = "#9a978f") -> bpy.types.Material:
    """Cast concrete with stains, pores and hairlines."""
    g = Graph("concrete")
    stain = g.noise(0.5, 10, 0.68)
    grain = g.noise(18, 6, 0.7)
    pores = g.span(g.cells(7), 0.05, 0.12, (0.55, 0))
    crack = g.span(g.cells(0.22, "DISTANCE_TO_EDGE", g.coords(shift=(3, 1, 0))), 0, 0.004, (0.5, 0))
    tint = g.mix(g.span(stain, 0.32, 0.7, (0.5, 0)), colour, "#55524c")
    tint = g.mix(g.span(grain, 0.35, 0.7, (0.25, 0)), tint, "#3c3a36")
    tint = g.mix(g.math("MAXIMUM", pores, crack), tint, "#34322e")
    normal = g.bump(g.math("SUBTRACT", grain, pores), 0.04, 0.8)
    return g.finish(tint, g.span(stain, 0.3, 0.7, (0.55, 0.8)), Normal=normal)


def sand(colour: str = "#e8d2a8") -> bpy.types.Material:
    """Beach sand: ripples under grains."""
    g = Graph("sand")
    grains = g.noise(24, 4, 0.85)
    dents = g.noise(1.6, 6, 0.55)
    ripples = g.wave(0.55, "Y", 5, 2)
    tint = g.mix(g.span(grains, 0.32, 0.68, (0.7, 0)), colour, "#84673c")
    tint = g.mix(g.span(dents, 0.3, 0.7, (0.25, 0)), tint, "#9a7d50")
    normal = g.bump(g.math("ADD", dents, g.math("MULTIPLY", ripples, 0.25)), 0.7, 0.7)
    normal = g.bump(grains, 0.06, 0.9, over=normal)
    return g.finish(tint, 0.95, Normal=normal)


def leather(colour: str = "#6a4429") -> bpy.types.Material:
    """Grained leather."""
    g = Graph("leather")
    grain = g.cells(15, "SMOOTH_F1")
    creases = g.noise(1.1, 5, 0.55, 0.8)
    tint = g.mix(g.span(g.noise(0.5, 5), 0.3, 0.7, (0, 0.4)), colour, "#2c1a10")
    tint = g.mix(g.span(grain, 0.15, 0.7, (0.0, 0.3)), tint, "#1b0f08")
    normal = g.bump(creases, 0.04, 0.3)
    normal = g.bump(g.math("SUBTRACT", 1.0, grain), 0.018, 0.6, over=normal)
    return g.finish(tint, g.span(grain, 0, 0.6, (0.4, 0.55)), Normal=normal)


def lawn_soil(low: str = "#1c2410", high: str = "#4a4526") -> bpy.types.Material:
    """Earth under a lawn."""
    g = Graph("earth")
    tint = g.ramp(g.noise(4, 8, 0.7), (0.3, low), (0.7, high))
    return g.finish(tint, 0.95)


def blades(
    fresh: str = "#3f6a1c", middle: str = "#62852a", dry: str = "#a3a050"
) -> bpy.types.Material:
    """Grass blades, in patches of fresh and dry."""
    g = Graph("blades")
    patch = g.math("ADD", g.noise(0.35, 4), g.math("MULTIPLY", g.noise(9, 2), 0.5))
    tint = g.ramp(g.span(patch, 0.5, 1.0, (0, 1)), (0, fresh), (0.55, middle), (1, dry))
    return g.finish(tint, 0.5, Subsurface_Weight=0.0)
