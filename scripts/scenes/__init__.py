"""The example scenes: their shapes, surfaces, light and composition (needs bpy, Blender)."""
