"""Declarative pipelines: pipelines/*.yaml, data only, unknown keys refused."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from autoedit import backends
from autoedit.core.data import data_directory
from autoedit.errors import SettingError
from autoedit.products.settings import ProductSettings

_DEFAULT_VARIABLE = "AUTOEDIT_PIPELINE"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BackendChoice(BaseModel):
    """A stage's back end by name; every other key goes to the back end as a setting."""

    model_config = ConfigDict(frozen=True, extra="allow")

    backend: str

    @property
    def settings(self) -> dict[str, Any]:
        """Everything but the name."""
        return dict(self.model_extra or {})


class MaskingSettings(_Strict):
    """How a target's mask becomes the hole.

    Attributes:
        grow: as a fraction of the square root of the mask's area.
        grow_minimum, grow_maximum: bounds of the growth in pixels.
        feather: width of the inward feather as a fraction of the growth.
        speck: parts smaller than this fraction of the mask's area are dropped.
        hole: enclosed gaps smaller than this fraction of the mask's area are filled.
        shadows: whether a removal takes the target's cast shadow along.
        reflections: whether it takes the target's mirror image along.
        room: how far what is drawn in a thing's place may reach beyond its box, as a fraction of
            the box's longer side.
        spared: score from which another thing that is found is kept out of the hole.
    """

    grow: float = Field(0.03, ge=0, le=1)
    grow_minimum: float = Field(4, ge=0)
    grow_maximum: float = Field(40, ge=0)
    feather: float = Field(0.5, ge=0, le=1)
    speck: float = Field(0.01, ge=0, le=1)
    hole: float = Field(0.02, ge=0, le=1)
    shadows: bool = True
    reflections: bool = True
    room: float = Field(0.1, ge=0, le=2)
    spared: float = Field(0.45, ge=0, le=1)


class VerificationSettings(_Strict):
    """What passes, and how often a fill is tried.

    Attributes:
        attempts: fills at most for one step, the first included.
        candidates: different fills at each attempt, made together; the best verdict wins.
        seam: highest gradient across the seam, as a multiple of the photo's own nearby.
        gone: largest share of the target's mask that may still be grounded as the target.
        coverage: smallest share of the target's mask that the hole must cover.
        missing: largest doubt whether a thing that was to be drawn is there, in [0, 1].
        grow_more: factor on the growth for each further attempt.
    """

    attempts: int = Field(2, ge=1, le=10)
    candidates: int = Field(1, ge=1, le=16)
    seam: float = Field(2.0, gt=0)
    gone: float = Field(0.25, ge=0, le=1)
    coverage: float = Field(0.98, ge=0, le=1)
    missing: float = Field(0.65, ge=0, le=1)
    grow_more: float = Field(1.6, ge=1)


class CompositingSettings(_Strict):
    """How a subject is set on another background, and a picture into a photo.

    Attributes:
        contact: its shadow there: "keep" its own from the photo, "cast" one as it would have
            there, or "none"; "auto" casts one on a picture or a studio's sweep, and none on a plain
            colour, a gradient or transparency.
        light: where the light of a cast shadow comes from, in degrees on the ground as the photo
            shows it: 0 from the right, 90 from behind, 180 from the left, 270 from the camera;
            "auto" goes by the subject's old shadow, else by its shading.
        softness: of a cast shadow; 0 for a small hard lamp, 1 for an overcast sky.
        reflection: how much a glossy ground mirrors, 0 to 1.
        harmonize: whether the subject takes on the backdrop's colour and light; None, and it takes
            a little of it when it is a picture set into a photo, and none before a backdrop.
        fit: how a picture is laid: "cover", "contain", "tile" or "stretch".
        blur: of a picture, as a fraction of the photo's diagonal.
        manner: how a picture is set into a photo: "standing" on the ground, with a shadow, "flat"
            on a thing's face, or "auto", which goes by its name, its colours and its place.
    """

    contact: Literal["auto", "keep", "cast", "none"] = "auto"
    light: float | Literal["auto"] = "auto"
    softness: float = Field(0.5, ge=0, le=1)
    reflection: float = Field(0, ge=0, le=1)
    harmonize: bool | None = None
    fit: Literal["cover", "contain", "tile", "stretch"] = "cover"
    blur: float = Field(0, ge=0, le=0.1)
    manner: Literal["auto", "standing", "flat"] = "auto"

    @field_validator("light", mode="before")
    @classmethod
    def _degrees(cls, value: Any) -> float | str:
        """One complaint, where a union would have one for each of its kinds."""
        try:
            if value == "auto" or 0 <= float(value) <= 360:
                return value if value == "auto" else float(value)
        except (TypeError, ValueError):
            pass
        raise PydanticCustomError("light", "Give degrees from 0 to 360, or auto")


class Pipeline(_Strict):
    """Which back end does each stage, and how.

    Attributes:
        name, summary: for listings.
        licence: of the weights; "" when there are none.
        memory: what it needs, in words; "" when any machine will do.
        prompts: folder of prompts/ whose templates come before the common ones; "" for none.
        product: how every edit ends as a product photo; None when it does not.
    """

    name: str
    summary: str = ""
    licence: str = ""
    memory: str = ""
    prompts: str = ""
    planning: BackendChoice
    grounding: BackendChoice
    segmentation: BackendChoice
    inpainting: BackendChoice
    masking: MaskingSettings = Field(default_factory=lambda: MaskingSettings.model_validate({}))
    compositing: CompositingSettings = Field(
        default_factory=lambda: CompositingSettings.model_validate({})
    )
    verification: VerificationSettings = Field(
        default_factory=lambda: VerificationSettings.model_validate({})
    )
    product: ProductSettings | None = None

    @property
    def choices(self) -> dict[str, BackendChoice]:
        """Stage name to its back end, in the order of the chain."""
        return {stage: getattr(self, stage) for stage in backends.BACKENDS}

    def missing(self) -> dict[str, tuple[str, ...]]:
        """Stage name to the modules that it lacks; empty when the pipeline can run now."""
        lacking = {
            stage: backends.find(stage, choice.backend).missing
            for stage, choice in self.choices.items()
        }
        return {stage: modules for stage, modules in lacking.items() if modules}

    def references(self) -> dict[str, tuple[str, ...]]:
        """Stage name to the weights that it names; a stage without any is left out."""
        named: dict[str, tuple[str, ...]] = {}
        for stage, choice in self.choices.items():
            keys = backends.find(stage, choice.backend).weights
            values = tuple(str(choice.settings[key]) for key in keys if choice.settings.get(key))
            if values:
                named[stage] = values
        return named

    @property
    def draws(self) -> bool:
        """Whether its inpainter can draw what a prompt asks for."""
        return backends.find("inpainting", self.inpainting.backend).draws

    def with_compositing(self, **settings: Any) -> Pipeline:
        """This pipeline with other settings of `CompositingSettings`; those not named stay.

        Raises:
            SettingError: when one is not known or out of range.
        """
        try:
            changed = CompositingSettings.model_validate(self.compositing.model_dump() | settings)
        except ValidationError as error:
            raise SettingError(f"compositing: {_complaint(error, CompositingSettings)}") from error
        return self.model_copy(update={"compositing": changed})

    def prompt(self, name: str, **words: str) -> str:
        """A template of prompts/ ("remove", "replace", ...), filled in.

        Args:
            name: without its ending.
            words: what stands for the template's {names}.
        """
        return prompt_template(f"{name}.txt", self.prompts).format(**words).strip()


def default_pipeline() -> str:
    """The pipeline used when none is named: $AUTOEDIT_PIPELINE, else "embedded"."""
    return os.environ.get(_DEFAULT_VARIABLE) or "embedded"


def available() -> list[str]:
    """Names of the pipelines that come with AutoEdit, sorted."""
    return sorted(path.stem for path in data_directory("pipelines").glob("*.yaml"))


def load_pipeline(name_or_path: str | Path, overrides: tuple[str, ...] = ()) -> Pipeline:
    """Read a pipeline by name or from a YAML file.

    Args:
        name_or_path: a name from `available()`, or a path ending in .yaml or .yml.
        overrides: "stage.key=value" each; the value is read as YAML ("verification.attempts=3").

    Raises:
        SettingError: when it does not exist, is not valid, or an override names nothing.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = data_directory("pipelines") / f"{name_or_path}.yaml"
        if not path.is_file():
            raise SettingError(
                f"No pipeline is called {str(name_or_path)!r}; there is: {', '.join(available())}. "
                "A file of your own ends in .yaml."
            )
    content = _extended(path)
    for override in overrides:
        _apply(content, override)
    try:
        pipeline = Pipeline.model_validate(content)
    except ValidationError as error:
        raise SettingError(f"Pipeline {path.name}: {_complaint(error)}") from error
    for stage, choice in pipeline.choices.items():
        backends.find(stage, choice.backend)
    return _anchored(pipeline, path.parent)


def _anchored(pipeline: Pipeline, folder: Path) -> Pipeline:
    """Weights that a file names by a path beside it ("./weights.pth"), as absolute paths."""
    updates: dict[str, BackendChoice] = {}
    for stage, choice in pipeline.choices.items():
        settings = choice.settings
        for key in backends.find(stage, choice.backend).weights:
            value = settings.get(key)
            if isinstance(value, str) and value.startswith(("./", "../")):
                settings[key] = str((folder / value).resolve())
        updates[stage] = BackendChoice(backend=choice.backend, **settings)
    return pipeline.model_copy(update=updates)


def _complaint(error: ValidationError, model: Any = None) -> str:
    """The first thing that is wrong, in words."""
    first = error.errors()[0]
    *stage, name = (str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{'.'.join([*stage, name])}: {first['msg']}."
    model = model or Pipeline
    for part in stage:
        model = model.model_fields[part].annotation
        model = next((kind for kind in get_args(model) if kind is not type(None)), model)
    return (
        f"there is no setting {'.'.join([*stage, name])!r}; "
        f"{'.'.join(stage) or 'a pipeline'} has: {', '.join(model.model_fields)}."
    )


def _extended(path: Path, *, below: tuple[Path, ...] = ()) -> dict[str, Any]:
    """A file's content over that of the pipeline that it `extends`, section by section."""
    content = _read_yaml(path)
    base = content.pop("extends", None)
    if base is None:
        return content
    beside = path.parent / f"{base}.yaml"
    parent = beside if beside.is_file() else data_directory("pipelines") / f"{base}.yaml"
    chain = (*below, path.resolve())
    if not parent.is_file():
        raise SettingError(f"The pipeline file {path} extends {base!r}, which does not exist; "
                           f"there is: {', '.join(available())}.")  # fmt: skip
    if parent.resolve() in chain:
        raise SettingError(f"The pipeline file {path} extends {base!r}, which extends it in turn.")
    return _merged(_extended(parent, below=chain), content)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        under = merged.get(key)
        # Another back end has other settings: those of the first would be refused.
        if isinstance(value, dict) and isinstance(under, dict) and "backend" not in value:
            merged[key] = _merged(under, value)
        else:
            merged[key] = value
    return merged


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"The pipeline file {path} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        detail = " ".join(str(error).split())
        raise SettingError(f"The pipeline file {path} is not valid YAML: {detail}.") from error
    if not isinstance(content, dict):
        raise SettingError(f"The pipeline file {path} must hold a mapping of stages.")
    return content


def _apply(content: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or len(parts) != 2 or not all(parts):
        raise SettingError(f"--set takes stage.key=value, for example verification.attempts=3; "
                           f"got {override!r}.")  # fmt: skip
    stage, name = parts
    described = ("name", "summary", "licence", "memory", "prompts")
    known = [field for field in Pipeline.model_fields if field not in described]
    if stage not in known:
        raise SettingError(f"--set: no stage is called {stage!r}; there is: {', '.join(known)}.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingError(f"--set {override}: the value is not valid YAML.") from error
    content.setdefault(stage, {})[name] = value


@cache
def prompt_template(name: str, folder: str = "") -> str:
    """The text of prompts/FOLDER/NAME, else of prompts/NAME, whole.

    Raises:
        SettingError: when there is no such folder.
    """
    prompts = data_directory("prompts")
    own = prompts / folder
    if not own.is_dir():
        raise SettingError(f"There are no prompts at {own}; see the pipeline's 'prompts'.")
    path = own / name if (own / name).is_file() else prompts / name
    return path.read_text(encoding="utf-8")
