"""Camera, light and rendering."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from PIL import Image

from .graph import Colour
from .shapes import Point, Thing

WIDTH, HEIGHT = 960, 720
# Blender reads a unit as a metre; ours is ten centimetres, so apertures open tenfold.
UNIT = 0.1


def clear() -> None:
    """An empty Cycles scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"


def camera(
    eye: Point, look: Point, lens: float = 50, fstop: float = 11, focus: Point | None = None
) -> None:
    """A camera at `eye` that looks at `look` and is focused there, or at `focus`."""
    data = bpy.data.cameras.new("camera")
    data.lens = lens
    data.dof.use_dof = True
    data.dof.aperture_fstop = fstop * UNIT
    data.dof.focus_distance = math.dist(eye, focus or look)
    item = bpy.data.objects.new("camera", data)
    item.location = eye
    item.rotation_euler = (Vector(look) - Vector(eye)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(item)
    bpy.context.scene.camera = item


def _light(kind: str, power: float, colour: Colour, eye: Point, look: Point) -> bpy.types.Light:
    data = bpy.data.lights.new("light", kind)
    data.energy, data.color = power, colour
    item = bpy.data.objects.new("light", data)
    item.location = eye
    item.rotation_euler = (Vector(look) - Vector(eye)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(item)
    return data


def area(
    eye: Point,
    look: Point,
    size: tuple[float, float],
    power: float,
    colour: Colour = (1.0, 0.98, 0.95),
) -> None:
    """A rectangular light, such as a window or a soft box."""
    data = _light("AREA", power, colour, eye, look)
    data.shape = "RECTANGLE"
    data.size, data.size_y = size


def lamp(eye: Point, power: float, radius: float, colour: Colour = (1.0, 0.72, 0.45)) -> None:
    """A round bulb."""
    _light("POINT", power, colour, eye, (0, 0, 0)).shadow_soft_size = radius


def sun(
    toward: Point, power: float, softness: float = 0.6, colour: Colour = (1, 0.94, 0.85)
) -> None:
    """The sun, shining from the origin's side given by `toward`; softness in degrees."""
    _light("SUN", power, colour, toward, (0, 0, 0)).angle = math.radians(softness)


def sky(name: str, strength: float = 1.0, turn: float = 0) -> None:
    """Light all around, from one of the small environment pictures Blender ships."""
    folder = Path(bpy.utils.resource_path("LOCAL")) / "datafiles/studiolights/world"
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    bpy.context.scene.world = world
    nodes, links = world.node_tree.nodes, world.node_tree.links
    source = nodes.new("ShaderNodeTexEnvironment")
    source.image = bpy.data.images.load(str(folder / f"{name}.exr"))
    place, turned = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeMapping")
    turned.inputs["Rotation"].default_value[2] = math.radians(turn)
    links.new(place.outputs["Generated"], turned.inputs["Vector"])
    links.new(turned.outputs["Vector"], source.inputs["Vector"])
    links.new(source.outputs["Color"], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = strength


def exposure(stops: float) -> None:
    """Brighten or darken the developed picture."""
    bpy.context.scene.view_settings.exposure = stops


def render(
    samples: int, scale: float, scratch: Path, denoise: bool = True, bounces: int = 4
) -> np.ndarray:
    """Render the scene and return its 8-bit RGB pixels."""
    scene = bpy.context.scene
    scene.cycles.samples = samples
    scene.cycles.seed = 7
    scene.cycles.use_adaptive_sampling = denoise
    scene.cycles.adaptive_threshold = 0.02
    scene.cycles.use_denoising = denoise
    scene.cycles.denoising_prefilter = "FAST"
    scene.cycles.sample_clamp_indirect = 6
    scene.cycles.max_bounces = bounces
    scene.cycles.caustics_reflective = False
    scene.cycles.caustics_refractive = False
    settings = scene.render
    settings.resolution_x, settings.resolution_y = round(WIDTH * scale), round(HEIGHT * scale)
    settings.image_settings.file_format = "PNG"
    settings.image_settings.color_mode = "RGB"
    settings.filepath = str(scratch / "render.png")
    bpy.ops.render.render(write_still=True)
    with Image.open(settings.filepath) as picture:
        return np.asarray(picture.convert("RGB"))


def show(target: Thing, visible: bool) -> None:
    """Show or hide the target, with its shadow and reflections."""
    for part in target.parts:
        part.hide_render = not visible


def _flat(name: str, level: float) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.remove(nodes["Principled BSDF"])
    glow = nodes.new("ShaderNodeEmission")
    glow.inputs["Color"].default_value = (level, level, level, 1)
    material.node_tree.links.new(glow.outputs[0], nodes["Material Output"].inputs["Surface"])
    return material


def flatten(levels: Mapping[bpy.types.Object, float]) -> None:
    """Let each surface glow evenly at its level (0 where none is given), in the dark.

    It drops all materials and lights, so the scene itself cannot be rendered afterwards.
    """
    scene = bpy.context.scene
    glows = {level: _flat("flat", level) for level in {0.0, *levels.values()}}
    for shape in [item for item in scene.objects if item.type in {"MESH", "CURVE"}]:
        shape.data.materials.clear()
        shape.data.materials.append(glows[levels.get(shape, 0.0)])
    for item in [item for item in scene.objects if item.type == "LIGHT"]:
        bpy.data.objects.remove(item)
    scene.world = bpy.data.worlds.new("dark")
    scene.world.color = (0, 0, 0)
    scene.view_settings.view_transform = "Raw"
    scene.view_settings.look = "None"
    scene.view_settings.exposure = 0
    scene.render.dither_intensity = 0


def silhouette(target: Thing, scale: float, scratch: Path) -> np.ndarray:
    """The target's coverage of each pixel: white on black. Call it last: it drops materials."""
    flatten(dict.fromkeys(target.parts, 1.0))
    return render(32, scale, scratch, denoise=False)[..., 0]
