"""What is known of checkpoints that are published elsewhere: size, licence, gated or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, HttpUrl, PositiveInt

_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


class CatalogueEntry(BaseModel):
    """A checkpoint as its publisher documents it. None stands for what could not be confirmed.

    Attributes:
        reference: as a pipeline names it.
        stages: what it can do for AutoEdit.
        summary: one line.
        licence: an SPDX identifier, or the name of the licence.
        gated: whether the publisher's conditions must be accepted before it can be fetched.
        size: of the files that a pull fetches, in bytes.
        approximate: whether the size is rounded, or computed from the number of parameters.
        variant: which set of weights a pull prefers where there are several ("fp16").
        sha256: of the single file that an address names, as published.
        page: where this is documented.
        looked_up: when.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: str
    stages: tuple[Literal["planning", "grounding", "segmentation", "inpainting"], ...]
    summary: str
    licence: str | None
    gated: bool | None
    size: PositiveInt | None
    approximate: bool = False
    variant: Literal["fp16"] | None = None
    sha256: str | None = None
    page: HttpUrl
    looked_up: date


@cache
def entries() -> dict[str, CatalogueEntry]:
    """Every known checkpoint, by its reference."""
    text = resources.files("autoedit.models").joinpath("catalogue.yaml").read_text("utf-8")
    found = [CatalogueEntry.model_validate(entry) for entry in yaml.safe_load(text)]
    return {entry.reference: entry for entry in found}


def find(reference: str) -> CatalogueEntry | None:
    """What is known of a reference; a revision in it is passed over. None when nothing is."""
    if reference.startswith(("https://", "http://")):
        return entries().get(reference)
    repo, colon, file = reference.partition(":")
    return entries().get(repo.partition("@")[0] + colon + file)


def size_in_words(reference: str) -> str:
    """The size of what a pull fetches, as "375 MB" or "about 16 GB"; "" when it is not known."""
    entry = find(reference)
    if entry is None or entry.size is None:
        return ""
    return f"{'about ' if entry.approximate else ''}{in_words(entry.size)}"


def total_in_words(references: Iterable[str]) -> str:
    """The size of several pulls together; says so when one of them is not known."""
    entries_found = [find(reference) for reference in references]
    sizes = [None if entry is None else entry.size for entry in entries_found]
    known = sum(size for size in sizes if size)
    if not known:
        return "size not known"
    return f"{in_words(known)}{' and more' if None in sizes else ''}"


def in_words(size: int) -> str:
    """A number of bytes in decimal units, rounded to three digits."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
