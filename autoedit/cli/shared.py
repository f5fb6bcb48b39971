"""Arguments and options that several commands have, and how their values are read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from autoedit.errors import InputError, OutputError, TargetError

if TYPE_CHECKING:
    from autoedit.core.region import Box, Point

VERDICT_FAILED = 4


def pipeline_names(incomplete: str) -> list[str]:
    """Names that complete what was typed."""
    from autoedit.pipeline import available

    return [name for name in available() if name.startswith(incomplete)]


PhotoArgument = Annotated[
    str,
    typer.Argument(metavar="PHOTO", help="A photo file, or sample:NAME.", show_default=False),
]
PipelineOption = Annotated[
    str | None,
    typer.Option(
        "--pipeline",
        "-p",
        metavar="NAME|FILE",
        help="A pipeline by name (see 'autoedit pipelines'), or a YAML file.",
        autocompletion=pipeline_names,
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="STAGE.KEY=VALUE",
        help="Change one setting of the pipeline; may be given again.",
        show_default=False,
    ),
]
PullOption = Annotated[
    bool,
    typer.Option("--pull", help="Download weights that the pipeline needs and that are not here."),
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, max=2**32 - 1, help="Same seed, same pixels.")
]
BoxOption = Annotated[
    str | None,
    typer.Option(
        "--box",
        metavar="X0,Y0,X1,Y1",
        help="A box round the target, in pixels from the top left.",
        show_default=False,
    ),
]
PointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--point",
        metavar="X,Y",
        help="A pixel on the target; may be given again.",
        show_default=False,
    ),
]
NegativePointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--negative-point",
        metavar="X,Y",
        help="A pixel that is not on the target, beside --box or --point; may be given again.",
        show_default=False,
    ),
]
PickOption = Annotated[
    str | None,
    typer.Option(
        "--pick",
        metavar="N|all",
        help="Which of several things that fit, as 'autoedit locate' numbers them.",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="OUT",
        help="Where the edited photo goes; else NAME-edited beside the photo.",
        show_default=False,
    ),
]
InPlaceOption = Annotated[bool, typer.Option("--in-place", help="Overwrite the photo itself.")]
NoOverwriteOption = Annotated[
    bool, typer.Option("--no-overwrite", "-n", help="Stop if an output exists already.")
]
MaskOption = Annotated[
    Path | None,
    typer.Option(
        "--mask",
        metavar="FILE",
        help="The target as a picture of the photo's size, white inside.",
        show_default=False,
    ),
]
SaveMaskOption = Annotated[
    Path | None,
    typer.Option(
        "--save-mask",
        metavar="FILE",
        help="Write what was found, white inside.",
        show_default=False,
    ),
]
SaveMatteOption = Annotated[
    Path | None,
    typer.Option(
        "--save-matte",
        metavar="FILE",
        help="Write what was changed: black pixels are as they were.",
        show_default=False,
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write plan, regions, verdict and timings as JSON.",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="A JSON document on stdout, errors included.")
]
VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        metavar="",
        help="Log to stderr; -vv logs every detail.",
        show_default=False,
    ),
]


def parse_box(text: str | None) -> Box | None:
    """Read "x0,y0,x1,y1".

    Raises:
        InputError: when it is not four numbers.

    """
    if text is None:
        return None
    numbers = _numbers(text)
    if len(numbers) != 4:
        raise InputError(
            f"--box takes four numbers x0,y0,x1,y1 in pixels, for example 40,60,220,310; "
            f"got {text!r}."
        )
    return numbers[0], numbers[1], numbers[2], numbers[3]


def parse_points(texts: list[str] | None, option: str = "--point") -> list[Point] | None:
    """Read "x,y" as often as the option was given.

    Raises:
        InputError: when one of them is not two numbers.

    """
    points: list[Point] = []
    for text in texts or ():
        numbers = _numbers(text)
        if len(numbers) != 2:
            raise InputError(
                f"{option} takes two numbers x,y in pixels, for example 120,85; got {text!r}."
            )
        points.append((numbers[0], numbers[1]))
    return points or None


def parse_pick(text: str | None) -> int | Literal["all"] | None:
    """Read a number from 1, or "all".

    Raises:
        InputError: when it is neither.

    """
    if text is None:
        return None
    if text.strip().lower() == "all":
        return "all"
    if text.strip().isdecimal() and int(text) >= 1:
        return int(text)
    raise InputError(f"--pick takes a number from 1, or all; got {text!r}.")


@contextmanager
def showing_candidates(output: Path) -> Iterator[None]:
    """Draw what was found, or nearly, when it cannot be settled: NAME-candidates.png by `output`.

    Nothing is drawn when nothing came near.
    """
    try:
        yield
    except TargetError as error:
        found = error.candidates
        if error.photo is not None and found is not None and (len(found) or found.near_misses):
            from autoedit.cli.picture import write_regions

            picture = output.with_name(f"{output.stem}-candidates.png")
            try:
                error.picture = write_regions(error.photo, found, picture)
            except OutputError as unwritten:
                error.add_note(f"They could not be drawn: {unwritten}")
        raise


def _numbers(text: str) -> list[float]:
    """Comma-separated finite numbers; empty when anything else stands among them."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return []
    return numbers if all(math.isfinite(number) for number in numbers) else []
