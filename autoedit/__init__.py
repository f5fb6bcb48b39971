"""Edit photos by saying what should change.

    import autoedit

    result = autoedit.edit("desk.jpg", "remove the red mug")
    result.save("desk-edited.jpg")

Everything here is imported on first use, so that `import autoedit` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from autoedit import errors

if TYPE_CHECKING:
    from autoedit.api import background, edit, extract, inpaint, plan, product, segment
    from autoedit.core.mask import Mask
    from autoedit.core.photo import Photo
    from autoedit.core.plan import EditPlan
    from autoedit.core.result import EditResult
    from autoedit.editor import Editor
    from autoedit.pipeline import load_pipeline

__version__ = "0.1.0"

__all__ = [
    "EditPlan",
    "EditResult",
    "Editor",
    "Mask",
    "Photo",
    "__version__",
    "background",
    "edit",
    "errors",
    "extract",
    "inpaint",
    "load_pipeline",
    "plan",
    "product",
    "segment",
]

_HOMES = {
    "EditPlan": "autoedit.core.plan",
    "EditResult": "autoedit.core.result",
    "Editor": "autoedit.editor",
    "Mask": "autoedit.core.mask",
    "Photo": "autoedit.core.photo",
    "background": "autoedit.api",
    "edit": "autoedit.api",
    "extract": "autoedit.api",
    "inpaint": "autoedit.api",
    "load_pipeline": "autoedit.pipeline",
    "plan": "autoedit.api",
    "product": "autoedit.api",
    "segment": "autoedit.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'autoedit' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
