"""A short way to write shader node graphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

Colour = tuple[float, float, float]
Value = Any  # a number, a vector, or an output socket to link


def srgb(code: str) -> Colour:
    """The linear colour of a hex code such as "#c8102e"."""
    channels = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return red, green, blue


def as_colour(colour: str | Value) -> Value:
    """Hex codes become linear colours; sockets and tuples pass through."""
    return srgb(colour) if isinstance(colour, str) else colour


class Graph:
    """The node graph of one material, ending in a principled shader."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.shader = self.tree.nodes["Principled BSDF"]

    def connect(self, socket: bpy.types.NodeSocket, value: Value) -> None:
        """Link an output socket to an input, or set the input's constant."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
            return
        if isinstance(value, Sequence) and socket.type == "RGBA" and len(value) == 3:
            value = (*value, 1.0)
        socket.default_value = value

    def add(self, kind: str, inputs: dict[str | int, Value], **settings: Any) -> bpy.types.Node:
        """A new node with its settings and inputs (by name or by number)."""
        node = self.tree.nodes.new(f"ShaderNode{kind}")
        for key, setting in settings.items():
            setattr(node, key, setting)
        for key, value in inputs.items():
            if value is not None:
                self.connect(node.inputs[key], value)
        return node

    def finish(self, colour: str | Value, rough: Value, **more: Value) -> bpy.types.Material:
        """Feed the shader: `Coat_Weight=0.5` sets the input "Coat Weight"."""
        values = {"Base Color": as_colour(colour), "Roughness": rough}
        values |= {key.replace("_", " "): value for key, value in more.items()}
        for key, value in values.items():
            self.connect(self.shader.inputs[key], value)
        return self.material

    def coords(
        self,
        scale: Sequence[float] = (1, 1, 1),
        turn: Sequence[float] = (0, 0, 0),
        shift: Sequence[float] = (0, 0, 0),
    ) -> Value:
        """Object coordinates (in scene units), scaled, turned and shifted."""
        source = self.add("TexCoord", {}).outputs["Object"]
        inputs = {"Vector": source, "Scale": scale, "Rotation": turn, "Location": shift}
        return self.add("Mapping", inputs).outputs[0]

    def noise(
        self,
        scale: float,
        detail: float = 5,
        rough: float = 0.55,
        bend: float = 0,
        at: Value = None,
    ) -> Value:
        """Fractal noise in 0..1, mostly 0.3..0.7."""
        inputs = {"Scale": scale, "Detail": detail, "Roughness": rough, "Distortion": bend}
        inputs["Vector"] = at or self.coords()
        return self.add("TexNoise", inputs).outputs["Factor"]

    def cells(self, scale: float, feature: str = "F1", at: Value = None) -> Value:
        """Voronoi distance."""
        inputs = {"Scale": scale, "Vector": at or self.coords()}
        return self.add("TexVoronoi", inputs, feature=feature).outputs["Distance"]

    def wave(
        self, scale: float, axis: str = "X", bend: float = 0, detail: float = 2, at: Value = None
    ) -> Value:
        """Sine bands along an axis."""
        inputs = {"Scale": scale, "Distortion": bend, "Detail": detail}
        inputs["Vector"] = at or self.coords()
        return self.add("TexWave", inputs, bands_direction=axis).outputs["Factor"]

    def ramp(self, factor: Value, *stops: tuple[float, str | Colour]) -> Value:
        """A colour ramp through (position, colour) stops."""
        node = self.add("ValToRGB", {0: factor})
        elements = node.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, colour) in zip(elements, stops, strict=True):
            element.position = position
            element.color = (*as_colour(colour), 1.0)
        return node.outputs[0]

    def span(self, factor: Value, low: float, high: float, to: tuple[float, float]) -> Value:
        """Map low..high to the range `to`, clamped."""
        inputs = {0: factor, 1: low, 2: high, 3: to[0], 4: to[1]}
        return self.add("MapRange", inputs).outputs[0]

    def mix(self, factor: Value, first: Value, second: Value, mode: str = "MIX") -> Value:
        """Mix two colours."""
        inputs = {0: factor, 6: as_colour(first), 7: as_colour(second)}
        return self.add("Mix", inputs, data_type="RGBA", blend_type=mode).outputs[2]

    def math(self, operation: str, first: Value, second: Value = None) -> Value:
        """Arithmetic on two values."""
        return self.add("Math", {0: first, 1: second}, operation=operation).outputs[0]

    def axis(self, vector: Value, name: str) -> Value:
        """One coordinate ("X", "Y" or "Z") of a vector."""
        return self.add("SeparateXYZ", {0: vector}).outputs[name]

    def bump(
        self, height: Value, distance: float, strength: float = 1.0, over: Value = None
    ) -> Value:
        """A bump normal; `over` is a coarser normal below it."""
        inputs = {"Height": height, "Distance": distance, "Strength": strength, "Normal": over}
        return self.add("Bump", inputs).outputs[0]
