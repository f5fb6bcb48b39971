"""One table: which back ends there are, by stage and name, each as "module:Class".

Nothing heavy is imported to read it. Adding a back end is one file and one row here.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

from autoedit.errors import BackendUnavailableError, SettingError


@dataclass(frozen=True, slots=True)
class Backend:
    """A row of the table.

    Attributes:
        path: "module:Class"; the class is called with the pipeline's settings as keywords.
        needs: top-level modules that must be importable.
        extra: the pip extra that installs them.
        summary: one line for `autoedit pipelines` and `doctor`.
    """

    path: str
    needs: tuple[str, ...] = ()
    extra: str = ""
    summary: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The needed modules that are not installed; looked up without importing them."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)


BACKENDS: dict[str, dict[str, Backend]] = {
    "planning": {
        "grammar": Backend(
            "autoedit.planning.grammar:GrammarPlanner", (), "", "a grammar, no model"
        ),
    },
    "grounding": {
        "attributes": Backend(
            "autoedit.grounding.attributes:AttributeGrounder",
            ("cv2", "scipy"),
            "",
            "colour, place, size, main subject; no weights",
        ),
    },
    "segmentation": {
        "grabcut": Backend(
            "autoedit.segmentation.grabcut:GrabCutSegmenter",
            ("cv2", "scipy"),
            "",
            "graph cuts on superpixels; no weights",
        ),
    },
    "inpainting": {
        "patch_diffusion": Backend(
            "autoedit.inpainting.patch_diffusion:PatchDiffusion",
            ("numba", "cv2"),
            "",
            "diffusion over the photo's own patches; no weights",
        ),
    },
}


def find(stage: str, name: str) -> Backend:
    """The row for a back end.

    Raises:
        SettingError: when there is no such stage or name.
    """
    if stage not in BACKENDS:
        raise SettingError(f"No stage {stage!r} has back ends; these have: {', '.join(BACKENDS)}.")
    if name not in BACKENDS[stage]:
        known = ", ".join(BACKENDS[stage])
        raise SettingError(f"No {stage} back end is called {name!r}; there is: {known}.")
    return BACKENDS[stage][name]


def create(stage: str, name: str, settings: dict[str, Any]) -> Any:
    """Import a back end and make it with the pipeline's settings.

    Raises:
        SettingError: for an unknown back end or setting.
        BackendUnavailableError: when a library that it needs is not installed.
    """
    row = find(stage, name)
    if row.missing:
        extra = f"autoedit[{row.extra}]" if row.extra else "autoedit"
        raise BackendUnavailableError(
            f"The {stage} back end {name!r} needs {', '.join(row.missing)}, which is not "
            f"installed. Run: pip install '{extra}'"
        )
    module, _, attribute = row.path.partition(":")
    backend = getattr(importlib.import_module(module), attribute)
    try:
        return backend(**settings)
    except TypeError as error:
        raise SettingError(f"{stage}.{name}: {error}.") from error
