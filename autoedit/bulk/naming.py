"""What the results are called."""

from __future__ import annotations

import string
from pathlib import PurePosixPath

from autoedit.core.files.writing import FORMATS, result_suffix
from autoedit.core.plan import EditPlan
from autoedit.errors import InputError
from autoedit.pipeline import Pipeline

TEMPLATE = "{stem}-{operation}{suffix}"
_FIELDS = ("stem", "operation", "suffix", "pipeline", "seed")
_LONGEST = 245  # bytes; file systems take 255, and a number may follow


def check(template: str, format: str | None = None) -> None:
    """Refuse a template or a format that no result could be named by.

    Raises:
        InputError: says what can be used.
    """
    try:
        fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise InputError(f"The template {template!r} is not valid: {error}.") from error
    known = ", ".join(f"{{{name}}}" for name in _FIELDS)
    if unknown := fields - set(_FIELDS):
        raise InputError(f"The template has {{{min(unknown)}}}; known are {known}.")
    if "stem" not in fields:
        raise InputError(f"The template {template!r} gives all photos one name; put {{stem}} in.")
    parts = PurePosixPath(template).parts
    if template.startswith("/") or ".." in parts or "\\" in template:
        raise InputError(f"The template {template!r} leads out of the output folder.")
    ending = PurePosixPath(template.replace("{suffix}", ".png")).suffix
    if ending.lower() not in FORMATS:
        raise InputError(f"The template {template!r} must end in {{suffix}} or in a photo's own.")
    if format is not None and _dotted(format) not in FORMATS:
        known = " ".join(suffix.lstrip(".") for suffix in FORMATS)
        raise InputError(f"--format {format}: no such format; there is: {known}.")


def operations(plan: EditPlan) -> str:
    """What a plan does, in a word for a file's name ("remove", "remove-background")."""
    return "-".join(dict.fromkeys(step.operation for step in plan.steps)) or "edit"


def name_for(
    name: str,
    template: str,
    *,
    operation: str,
    transparent: bool = False,
    format: str | None = None,
    pipeline: str = "",
    seed: int = 0,
) -> str:
    """A result's name, in the folder that its photo has.

    Args:
        name: the photo's, relative to the input that it came from, with "/".
        template: checked by `check`; names the file, the folder stays.
        operation: of `operations`.
        transparent: whether the format must hold transparency.
        format: "png", "jpg", ...; None keeps the photo's own where it can be written.
        pipeline, seed: for the template.
    """
    path = PurePosixPath(name)
    suffix = result_suffix(path.suffix, transparent=transparent)
    if format is not None:
        suffix = _dotted(format)
    stem = path.stem if path.suffix.lower() in FORMATS else path.name
    fields = {"operation": operation, "suffix": suffix, "pipeline": pipeline, "seed": seed}
    file = template.format(stem=stem, **fields)
    if (excess := len(file.encode("utf-8", "surrogateescape")) - _LONGEST) > 0:
        stem = stem.encode("utf-8", "surrogateescape")[:-excess].decode("utf-8", "ignore")
        file = template.format(stem=stem, **fields)
    return str(path.parent / file)


def numbered(name: str, number: int) -> str:
    """desk-remove.jpg, desk-remove-2.jpg, desk-remove-3.jpg, ..."""
    path = PurePosixPath(name)
    return name if number < 2 else str(path.with_name(f"{path.stem}-{number}{path.suffix}"))


def format_of_product(pipeline: Pipeline, format: str | None) -> str | None:
    """The format asked for, else the one that a pipeline's product photos are made for."""
    if pipeline.product is None or format is not None:
        return format
    return next(suffix for suffix, kind in FORMATS.items() if kind == pipeline.product.format)


def kind_of(format: str) -> str:
    """Pillow's name of a format that `check` let pass."""
    return FORMATS[_dotted(format)]


def _dotted(format: str) -> str:
    return "." + format.lower().lstrip(".")
