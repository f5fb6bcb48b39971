"""What the commands say, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import typer

from autoedit.errors import OutputError, TargetError

if TYPE_CHECKING:
    from rich.table import Table

    from autoedit.core.progress import Progress
    from autoedit.core.region import Region, Regions

NEAR_MISSES = 5  # that are listed and drawn


class _StdoutError(OutputError):
    """Standard output itself cannot be written, and so not this error either."""


def start_logging(verbose: int) -> None:
    """Send AutoEdit's log to stderr.

    Warnings (what a file format could not hold, for example) are one line each; -v adds what is
    done, and -vv every detail.
    """
    import logging

    level, layout = {
        0: (logging.WARNING, "autoedit: note: %(message)s"),
        1: (logging.INFO, "%(relativeCreated)6.0f ms  %(name)s: %(message)s"),
    }.get(verbose, (logging.DEBUG, "%(relativeCreated)6.0f ms  %(name)s: %(message)s"))
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(layout))
    logger = logging.getLogger("autoedit")
    logger.handlers = [handler]
    logger.setLevel(level)
    if not verbose and not sys.warnoptions:
        warnings.simplefilter("ignore")


def debugging() -> bool:
    """Whether -vv was given."""
    return _logged("DEBUG")


def say(text: str) -> None:
    """The result, on stdout.

    Raises:
        OutputError: when stdout cannot be written, because its disk is full for example.

    """
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        # What is still buffered would fail once more when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(1) from error
        raise _StdoutError(f"Standard output cannot be written: {error.strerror}.") from error


def say_json(value: dict[str, Any] | list[Any]) -> None:
    """The result as a JSON document on stdout."""
    import json

    say(json.dumps(value, indent=2, ensure_ascii=False))


def say_json_line(value: dict[str, Any]) -> None:
    """One JSON object on a line of stdout."""
    import json

    say(json.dumps(value, ensure_ascii=False))


def say_table(table: Table) -> None:
    """A table on stdout: as wide as the terminal, and as wide as it needs in a pipe."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 1000
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        console.print(table)
    say("\n".join(line.rstrip() for line in capture.get().splitlines()))


def remark(text: str) -> None:
    """One line beside the result, on stderr."""
    sys.stderr.write(text + "\n")


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """A progress callback that draws a bar for each stage on a terminal, and nothing in a pipe."""
    from autoedit.core.progress import silent

    # A log on the same terminal already tells how far it is, and would tear the bars apart.
    if not sys.stderr.isatty() or _logged("INFO"):
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description:<13}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, fraction: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=fraction)

        yield show


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether --json was given; read off the arguments, so that usage errors heed it too."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def fail(error: BaseException, message: str, exit_code: int, *, as_json: bool) -> int:
    """Report an error as one line on stderr, or as JSON on stdout; gives the exit code back.

    The regions that a `TargetError` carries follow, numbered as --pick counts them, and then the
    notes that a command added to the error.
    """
    message = " ".join(message.split())
    regions = error.candidates if isinstance(error, TargetError) else None
    if as_json and not isinstance(error, _StdoutError):
        account = {
            "type": type(error).__name__,
            "message": message,
            "exit_code": exit_code,
            "candidates": None if regions is None else regions.report(),
        }
        if isinstance(error, TargetError) and error.picture is not None:
            account["picture"] = str(error.picture)
        say_json({"error": account})
        return exit_code
    lines = [f"autoedit: error: {message}"]
    if regions is not None:
        lines += _listed(regions)
    if isinstance(error, TargetError) and error.picture is not None:
        lines.append(f"  See them in {error.picture}")
    lines += [f"  {note}" for note in getattr(error, "__notes__", [])]
    remark("\n".join(lines))
    return exit_code


def _logged(level: str) -> bool:
    import logging

    return logging.getLogger("autoedit").isEnabledFor(logging.getLevelNamesMapping()[level])


def _listed(regions: Regions) -> list[str]:
    lines: list[str] = []
    for number, region in enumerate(regions, 1):
        lines.append(f"  {number}. {_placed(region)}")
    for letter, region in zip(ascii_lowercase, regions.near_misses[:NEAR_MISSES], strict=False):
        reason = region.refusal or "does not fit"
        lines.append(f"  {letter}. not taken: {_placed(region)}: {reason}")
    return lines


def _placed(region: Region) -> str:
    box = ",".join(f"{value:.0f}" for value in region.box)
    return f"{region.label} (box {box}; score {region.score:.2f})"
