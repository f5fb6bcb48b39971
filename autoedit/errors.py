"""Every error a user can meet.

Each message says what was wrong, where, and what to do next, in one line. `exit_code` is what the
command line returns for it.

    AutoEditError                     1
    ├── InputError                    2   the photo, mask, box or setting that was handed in
    │   ├── PhotoError                2   a photo that cannot be read
    │   ├── MaskError                 2   a mask, box or point that does not fit its photo
    │   └── SettingError              2   a pipeline file or a `stage.key=value` that is not known
    ├── InstructionError              2   a sentence without anything to do in it
    │   └── UnsupportedInstructionError   understood, but not something AutoEdit does
    ├── TargetError                   3
    │   ├── TargetNotFoundError       3   nothing in the photo fits the phrase
    │   └── AmbiguousTargetError      3   more than one thing fits it equally well
    ├── BackendUnavailableError       1   a library or weights that are not installed
    │   └── WeightsError              1   weights that are missing, gated, damaged or not fetched
    ├── OutOfMemoryError              1   the model and the photo do not fit, the lean way neither
    ├── InpaintingError               1   nothing to fill from, or the fill failed
    ├── OutputError                   1   the result cannot be written
    └── CancelledError                1   the caller asked to stop
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from autoedit.core.photo import Photo
    from autoedit.core.region import Regions


class AutoEditError(Exception):
    """Base of everything AutoEdit raises on purpose."""

    exit_code = 1


class InputError(AutoEditError):
    """Something handed in cannot be used."""

    exit_code = 2


class PhotoError(InputError):
    """A photo is missing, damaged, empty or of a kind that cannot be edited."""


class MaskError(InputError):
    """A mask, box or point does not fit its photo."""


class SettingError(InputError):
    """A pipeline or one of its settings is not known or out of range."""


class InstructionError(AutoEditError):
    """An instruction is empty, too long, or holds nothing that could be done."""

    exit_code = 2


class UnsupportedInstructionError(InstructionError):
    """An instruction was understood, but asks for something that AutoEdit does not do."""


class TargetError(AutoEditError):
    """What the instruction names cannot be settled in the photo.

    Attributes:
        candidates: the regions a caller may pick from, best first; may be empty.
        photo: where they were looked for, when they were looked for at all.
        picture: a file that shows them numbered, when a command has drawn one.
    """

    exit_code = 3

    def __init__(self, message: str, candidates: Regions | None = None) -> None:
        super().__init__(message)
        self.candidates = candidates
        self.photo: Photo | None = None
        self.picture: Path | None = None


class TargetNotFoundError(TargetError):
    """Nothing in the photo fits the phrase. `candidates` are the nearest, with why they failed."""


class AmbiguousTargetError(TargetError):
    """More than one thing fits the phrase about equally well."""


class BackendUnavailableError(AutoEditError):
    """A back end needs a library or weights that are not there."""


class WeightsError(BackendUnavailableError):
    """Weights are missing, gated, damaged, or could not be fetched; says which command helps."""


class OutOfMemoryError(AutoEditError):
    """A model and what it works on do not fit into memory, the leaner way neither."""


class InpaintingError(AutoEditError):
    """A hole cannot be filled."""


class OutputError(AutoEditError):
    """A result cannot be written."""


class CancelledError(AutoEditError):
    """The caller's progress callback asked to stop."""
