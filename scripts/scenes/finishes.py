"""Surfaces of objects: ceramic, plastic, cloth, paint, metal and the like."""

from __future__ import annotations

import bpy

from .graph import Graph


def ceramic(colour: str, rough: float = 0.22) -> bpy.types.Material:
    """Glazed ware with a faintly uneven glaze."""
    g = Graph("ceramic")
    tint = g.mix(g.span(g.noise(3), 0.35, 0.7, (0, 0.12)), colour, "#1a1412")
    gloss = g.span(g.noise(9), 0.3, 0.7, (rough * 0.8, rough * 1.3))
    normal = g.bump(g.noise(4, 2), 0.02, 0.35)
    return g.finish(tint, gloss, Normal=normal, Coat_Weight=0.5, Coat_Roughness=0.08)


def plastic(colour: str, rough: float = 0.38) -> bpy.types.Material:
    """Moulded plastic with a fine grain and a little wear."""
    g = Graph("plastic")
    tint = g.mix(g.span(g.noise(6, 8), 0.5, 0.8, (0, 0.15)), colour, "#0c0c0c")
    gloss = g.span(g.noise(14, 6), 0.3, 0.7, (rough * 0.8, rough * 1.25))
    return g.finish(tint, gloss, Normal=g.bump(g.noise(60, 2), 0.004, 0.5))


def rubber(colour: str) -> bpy.types.Material:
    """Matte rubber or clay with scuffs."""
    g = Graph("rubber")
    dust = g.span(g.noise(5, 8, 0.65), 0.5, 0.75, (0, 0.22))
    tint = g.mix(dust, colour, "#6f675c")
    return g.finish(tint, 0.7, Normal=g.bump(g.noise(40, 3), 0.01, 0.6))


def paint(colour: str) -> bpy.types.Material:
    """Glossy lacquer."""
    g = Graph("paint")
    tint = g.mix(g.span(g.noise(2, 6), 0.5, 0.8, (0, 0.1)), colour, "#101010")
    return g.finish(tint, 0.35, Coat_Weight=1.0, Coat_Roughness=0.06)


def painted_wood(colour: str) -> bpy.types.Material:
    """Paint through which the grain shows."""
    g = Graph("painted wood")
    grain = g.noise(6, 6, bend=0.6, at=g.coords((1, 1, 9)))
    tint = g.mix(g.span(grain, 0.45, 0.75, (0, 0.35)), colour, "#20150e")
    return g.finish(tint, 0.45, Normal=g.bump(grain, 0.02, 0.5))


def card(colour: str) -> bpy.types.Material:
    """Cardboard or a printed cover."""
    g = Graph("card")
    tint = g.mix(g.span(g.noise(25, 8, 0.7), 0.4, 0.75, (0, 0.22)), colour, "#2a2420")
    return g.finish(tint, 0.62, Normal=g.bump(g.noise(70, 3), 0.004, 0.7))


def paper_edges() -> bpy.types.Material:
    """A block of pages seen from its side."""
    g = Graph("pages")
    lines = g.noise(4, 3, at=g.coords((0.6, 0.6, 60)))
    return g.finish(g.ramp(lines, (0.3, "#b9ad95"), (0.7, "#efe6d2")), 0.8)


def cloth(colour: str, thread: float = 22) -> bpy.types.Material:
    """Woven cloth of one colour."""
    g = Graph("cloth")
    weave = g.math("MULTIPLY", g.wave(thread, "X", 1), g.wave(thread, "Y", 1))
    shade = g.math("ADD", weave, g.noise(3, 6))
    tint = g.mix(g.span(shade, 0.3, 1.4, (0.3, 0)), colour, "#181010")
    normal = g.bump(weave, 0.02, 0.5)
    return g.finish(tint, 0.85, Normal=normal, Sheen_Weight=0.25, Sheen_Roughness=0.4)


def metal(colour: str = "#c9c6c0", rough: float = 0.28) -> bpy.types.Material:
    """Brushed metal."""
    g = Graph("metal")
    gloss = g.span(g.noise(8, 5, at=g.coords((1, 1, 12))), 0.3, 0.7, (rough * 0.7, rough * 1.4))
    return g.finish(colour, gloss, Metallic=1.0)


def glass(colour: str) -> bpy.types.Material:
    """Thick coloured glass."""
    g = Graph("glass")
    normal = g.bump(g.noise(2.5, 2), 0.02, 0.3)
    return g.finish(colour, 0.04, Transmission_Weight=0.75, IOR=1.48, Normal=normal)


def leaf(colour: str) -> bpy.types.Material:
    """A waxy leaf."""
    g = Graph("leaf")
    tint = g.mix(g.span(g.noise(5), 0.3, 0.7, (0, 0.6)), colour, "#1f3d14")
    return g.finish(tint, 0.42, Subsurface_Weight=0.15, Normal=g.bump(g.noise(12), 0.02, 0.5))


def soil() -> bpy.types.Material:
    """Potting soil."""
    g = Graph("soil")
    crumbs = g.noise(16, 8, 0.7)
    tint = g.ramp(crumbs, (0.35, "#120c08"), (0.7, "#3b2a1c"))
    return g.finish(tint, 0.95, Normal=g.bump(crumbs, 0.15))


def apple_skin(colour: str, blush: str) -> bpy.types.Material:
    """A streaked and dotted peel; `blush` gathers around the stalk."""
    g = Graph("apple")
    streaks = g.noise(3, 6, at=g.coords((2.5, 2.5, 0.5)))
    top = g.math("ADD", g.axis(g.coords(), "Z"), g.math("MULTIPLY", streaks, 0.5))
    tint = g.mix(g.span(top, 0.75, 1.25, (0, 0.85)), colour, blush)
    tint = g.mix(g.span(streaks, 0.5, 0.7, (0, 0.35)), tint, blush)
    dots = g.span(g.cells(11), 0.06, 0.1, (0.4, 0))
    return g.finish(g.mix(dots, tint, "#e8d8a8"), 0.28, Coat_Weight=0.25, Subsurface_Weight=0.05)


def bark(colour: str = "#5b3d22") -> bpy.types.Material:
    """Stalks, twigs and handles of raw wood."""
    g = Graph("bark")
    grain = g.noise(8, 6, at=g.coords((3, 3, 0.6)))
    tint = g.mix(g.span(grain, 0.4, 0.7, (0, 0.5)), colour, "#21140a")
    return g.finish(tint, 0.6, Normal=g.bump(grain, 0.02))
