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

    from autoedit.core.files import load_photo, save_photo
    from autoedit.core.photo import Photo
    from autoedit.editor import Editor

    editor = Editor(pipeline, overrides=tuple(settings or ()), pull=pull)
    loaded = load_photo(photo)
    regions = editor.locate(loaded, phrase)
    if not len(regions):
        note = regions.note or f"Nothing in the photo fits {phrase!r}."
        raise TargetNotFoundError(note, regions)
    account = {"photo": loaded.name, "size": [loaded.width, loaded.height], "phrase": phrase}
    account |= regions.report()
    if output is not None:
        from autoedit.cli.picture import draw_regions

        written = save_photo(Photo(draw_regions(loaded.pixels, regions)), output)
        account["output"] = str(written)
    console.say_json(account)
