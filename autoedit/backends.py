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
        weights: settings that name weights, as `autoedit.models.store` reads them.
        draws: whether it can draw what a prompt asks for.
        batches: whether it fills the holes of several photos at once.
    """

    path: str
    needs: tuple[str, ...] = ()
    extra: str = ""
    summary: str = ""
    weights: tuple[str, ...] = ()
    draws: bool = False
    batches: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The needed modules that are not installed; looked up without importing them."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)


def _neural(
    path: str,
    summary: str,
    *,
    needs: tuple[str, ...] = ("torch", "transformers"),
    weights: tuple[str, ...] = ("model",),
    draws: bool = False,
    batches: bool = False,
) -> Backend:
    return Backend(path, needs, "neural", summary, weights, draws, batches)


BACKENDS: dict[str, dict[str, Backend]] = {
    "planning": {
        "grammar": Backend(
            "autoedit.planning.grammar:GrammarPlanner", (), "", "a grammar, no model"
        ),
        "language_model": _neural(
            "autoedit.planning.chat_model:ChatModelPlanner",
            "a chat or vision-language model: any language, and it sees the photo",
        ),
        "endpoint": Backend(
            "autoedit.planning.endpoint:EndpointPlanner",
            ("openai",),
            "llm",
            "a language model behind an OpenAI-compatible HTTP endpoint",
        ),
    },
    "grounding": {
        "attributes": Backend(
            "autoedit.grounding.attributes:AttributeGrounder",
            ("cv2", "scipy"),
            "",
            "colour, place, size, main subject; no download",
        ),
        "text": Backend(
            "autoedit.grounding.text:TextGrounder",
            ("rapidocr", "onnxruntime"),
            "",
            "text by what it reads, for every pipeline; its models come with rapidocr",
        ),
        "grounding_dino": _neural(
            "autoedit.grounding.grounding_dino:GroundingDinoGrounder",
            "Grounding DINO and MM-Grounding-DINO: boxes from phrases",
        ),
        "owlv2": _neural(
            "autoedit.grounding.owlv2:Owlv2Grounder", "OWLv2: boxes from phrases, open vocabulary"
        ),
        "florence2": _neural(
            "autoedit.grounding.florence2:Florence2Grounder", "Florence-2: phrase grounding"
        ),
        "sam3": _neural(
            "autoedit.grounding.sam3:Sam3Grounder", "SAM 3: phrases to instances with masks"
        ),
        "qwen_vl": _neural(
            "autoedit.grounding.qwen_vl:QwenVLGrounder", "Qwen-VL: asked for boxes in words"
        ),
        "clipseg": _neural(
            "autoedit.grounding.clipseg:ClipsegGrounder", "CLIPSeg: a heat map of a phrase"
        ),
    },
    "segmentation": {
        "grabcut": Backend(
            "autoedit.segmentation.grabcut:GrabCutSegmenter",
            ("cv2", "scipy"),
            "",
            "graph cuts on superpixels; no weights",
        ),
        "segment_anything": _neural(
            "autoedit.segmentation.segment_anything:SegmentAnythingSegmenter",
            "Segment Anything, from its official .pth files",
            needs=("torch", "segment_anything"),
        ),
        "sam2": _neural(
            "autoedit.segmentation.sam2:Sam2Segmenter", "Segment Anything 2.1, EdgeTAM"
        ),
        "sam3": _neural(
            "autoedit.segmentation.sam3:Sam3Segmenter", "Segment Anything 3 from boxes and points"
        ),
    },
    "inpainting": {
        "patch_diffusion": Backend(
            "autoedit.inpainting.patch_diffusion:PatchDiffusion",
            ("numba", "cv2"),
            "",
            "diffusion over the photo's own patches; no weights",
        ),
        "diffusers": _neural(
            "autoedit.inpainting.diffusers:DiffusersInpainter",
            "any inpainting pipeline of diffusers: Stable Diffusion, SDXL, FLUX, Qwen, ...",
            needs=("torch", "diffusers", "transformers"),
            weights=("model", "lora", "config"),
            draws=True,
            batches=True,
        ),
        "lama": _neural(
            "autoedit.inpainting.lama:LamaInpainter", "LaMa: removal only", needs=("torch",)
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
