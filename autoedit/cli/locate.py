"""`autoedit locate`: what a phrase fits, as JSON and as a numbered picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoedit.cli import console, outputs, shared
from autoedit.errors import TargetNotFoundError


def run(
    photo: shared.PhotoArgument,
    phrase: Annotated[
        str,
        typer.Argument(metavar="PHRASE", help="The thing, as you would say it.",
                       show_default=False),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PICTURE", show_default=False,
                     help="Draw what was found into a copy of the photo, numbered for --pick."),
    ] = None,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    pull: shared.PullOption = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:  # fmt: skip
    """Print what fits a phrase, best first, as JSON."""
    console.start_logging(verbose)
    if output is not None:
        outputs.check([outputs.Output(output)], inputs=[photo])

    from autoedit.cli.picture import write_regions
    from autoedit.core.files import load_photo
    from autoedit.editor import Editor
    from autoedit.pointing import nothing_fits

    editor = Editor(pipeline, overrides=tuple(settings or ()), pull=pull)
    loaded = load_photo(photo)
    regions = editor.locate(loaded, phrase)
    written = None
    if output is not None and (len(regions) or regions.near_misses):
        written = write_regions(loaded, regions, output)
    if not len(regions):
        error = TargetNotFoundError(nothing_fits(regions, phrase), regions)
        error.picture = written
        raise error
    account = {"photo": loaded.name, "size": [loaded.width, loaded.height], "phrase": phrase}
    account |= regions.report()
    if written is not None:
        account["output"] = str(written)
    console.say_json(account)
