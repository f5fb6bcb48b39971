"""Patterned cloth, carpet and paper."""

from __future__ import annotations

import bpy

from .graph import Graph, Value


def _stripe(g: Graph, along: Value, count: float, share: float) -> Value:
    """One where the fraction of `along * count` is below `share`, else zero."""
    return g.math("LESS_THAN", g.math("FRACT", g.math("MULTIPLY", along, count)), share)


def _threads(g: Graph, count: float) -> Value:
    """Over-and-under weave height."""
    return g.math("MULTIPLY", g.wave(count, "X", 0.6), g.wave(count, "Y", 0.6))


def linen(colour: str, shade: str, count: float = 5) -> bpy.types.Material:
    """Coarse woven fabric with uneven yarns."""
    g = Graph("linen")
    warp = g.noise(6, 3, at=g.coords((4, 0.25, 1)))
    weft = g.noise(6, 3, at=g.coords((0.25, 4, 1)))
    weave = g.add("TexChecker", {"Scale": count * 2.4}).outputs["Factor"]
    under = g.math("SUBTRACT", 1.0, weave)
    over = g.math("ADD", g.math("MULTIPLY", warp, weave), g.math("MULTIPLY", weft, under))
    yarns = _threads(g, count)
    tone = g.math("ADD", over, g.math("MULTIPLY", yarns, 0.45))
    tint = g.mix(g.span(tone, 0.35, 0.9, (0.85, 0)), colour, shade)
    normal = g.bump(g.math("ADD", tone, weave), 0.03, 0.7)
    return g.finish(tint, 0.9, Normal=normal, Sheen_Weight=0.15)


def gingham(colour: str, size: float = 0.7) -> bpy.types.Material:
    """A checked table cloth on white."""
    g = Graph("gingham")
    at = g.coords(turn=(0, 0, 0.22))
    across = _stripe(g, g.axis(at, "X"), 0.5 / size, 0.5)
    along = _stripe(g, g.axis(at, "Y"), 0.5 / size, 0.5)
    amount = g.math("MULTIPLY", g.math("ADD", across, along), 0.5)
    threads = _threads(g, 14)
    tint = g.mix(amount, "#ece8df", colour)
    worn = g.math("ADD", threads, g.noise(8, 6))
    tint = g.mix(g.span(worn, 0.3, 1.4, (0.25, 0)), tint, "#3a3430")
    folds = g.bump(g.noise(0.45, 2, at=g.coords((1, 0.4, 1))), 0.5, 0.5)
    normal = g.bump(threads, 0.02, 0.6, over=folds)
    return g.finish(tint, 0.88, Normal=normal, Sheen_Weight=0.2)


def carpet(colour: str, shade: str) -> bpy.types.Material:
    """Cut pile."""
    g = Graph("carpet")
    tufts = g.cells(16, at=g.coords())
    lay = g.noise(0.8, 5, 0.6)
    tone = g.math("ADD", g.math("MULTIPLY", tufts, 0.9), g.math("MULTIPLY", g.noise(30, 4), 0.6))
    tone = g.math("SUBTRACT", tone, g.math("MULTIPLY", lay, 0.5))
    tint = g.mix(g.span(tone, 0.1, 0.85, (0, 0.9)), colour, shade)
    height = g.math("SUBTRACT", g.noise(30, 4), tufts)
    return g.finish(tint, 1.0, Normal=g.bump(height, 0.12, 0.9), Sheen_Weight=0.4)


def rug(ground: str, figure: str, accent: str) -> bpy.types.Material:
    """A flat-woven rug of diamonds and bands."""
    g = Graph("rug")
    at = g.coords()
    x, y = g.axis(at, "X"), g.axis(at, "Y")
    fold_x = g.math("PINGPONG", x, 1.5)
    fold_y = g.math("PINGPONG", y, 1.5)
    diamond = g.math("ADD", fold_x, fold_y)
    steps = g.math("SNAP", diamond, 0.15)
    figured = g.math("LESS_THAN", g.math("FRACT", g.math("MULTIPLY", steps, 0.9)), 0.42)
    tint = g.mix(figured, ground, figure)
    band = g.math("LESS_THAN", g.math("FRACT", g.math("MULTIPLY", y, 0.1666)), 0.12)
    tint = g.mix(band, tint, accent)
    rib = g.wave(7, "Y", 0.4)
    fuzz = g.noise(14, 6, 0.7)
    pile = g.math("ADD", rib, fuzz)
    tint = g.mix(g.span(pile, 0.3, 1.5, (0.5, 0)), tint, "#231a14")
    return g.finish(tint, 0.95, Normal=g.bump(pile, 0.05, 0.8), Sheen_Weight=0.3)


def wallpaper(ground: str, figure: str) -> bpy.types.Material:
    """Printed paper with a leafy repeat."""
    g = Graph("wallpaper")
    at = g.coords()
    fold_x = g.math("PINGPONG", g.axis(at, "X"), 1.4)
    fold_y = g.math("MODULO", g.math("ADD", g.axis(at, "Y"), 80), 2.8)
    tiled = g.add("CombineXYZ", {"X": fold_x, "Y": fold_y, "Z": 0.3}).outputs[0]
    petals = g.noise(1.6, 1.5, 0.4, 2.2, at=tiled)
    lines = g.math("PINGPONG", g.math("MULTIPLY", petals, 7), 0.5)
    print_ = g.span(lines, 0.2, 0.24, (0, 1))
    tint = g.mix(print_, ground, figure)
    tint = g.mix(g.span(g.noise(40, 4), 0.3, 0.7, (0, 0.1)), tint, "#4a4038")
    return g.finish(tint, 0.7, Normal=g.bump(print_, 0.01, 0.5))


def chequer(first: str, second: str, size: float) -> bpy.types.Material:
    """A floor of two stones, polished."""
    g = Graph("chequer")
    at = g.coords(turn=(0, 0, 0.5))
    board = g.add("TexChecker", {"Vector": at, "Scale": 1 / size}).outputs["Factor"]
    cloud = g.noise(0.9, 9, 0.65, 1.0)
    tint = g.mix(board, first, second)
    tint = g.mix(g.span(cloud, 0.45, 0.7, (0, 0.35)), tint, "#8d857b")
    return g.finish(tint, g.span(cloud, 0.3, 0.7, (0.14, 0.3)))
