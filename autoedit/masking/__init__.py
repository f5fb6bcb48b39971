"""Masking: a target's mask becomes the hole that is filled, and the matte that is composited."""

from autoedit.masking.hidden import but_completed, hidden_part, stands_before
from autoedit.masking.hole import clean, grow_radius, matte_for, spare, up_to
from autoedit.masking.matting import Cutout, alpha_matte
from autoedit.masking.own_shadow import without_shadow
from autoedit.masking.reflections import reflection_mask
from autoedit.masking.relighting import Relit, relit
from autoedit.masking.shadows import shadow_mask
from autoedit.masking.view import View, in_photo, view_round

__all__ = [
    "Cutout",
    "Relit",
    "View",
    "alpha_matte",
    "but_completed",
    "clean",
    "grow_radius",
    "hidden_part",
    "in_photo",
    "matte_for",
    "reflection_mask",
    "relit",
    "shadow_mask",
    "spare",
    "stands_before",
    "up_to",
    "view_round",
    "without_shadow",
]
