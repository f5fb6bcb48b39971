"""`autoedit inpaint`: fill a hole that is given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoedit.cli import console, outputs, shared


def run(
    photo: shared.PhotoArgument,
    mask: Annotated[
        Path,
        typer.Argument(
            metavar="MASK", help="A picture of the photo's size; white is filled.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT", help="Where the filled photo goes.",
                     show_default=False),
    ],
    prompt: Annotated[
        str, typer.Option("--prompt", help="What to draw, for pipelines that follow a prompt.")
    ] = "",
    grow: Annotated[
        float,
        typer.Option("--grow", min=0, max=1000, metavar="PIXELS",
                     help="Grow the mask first, so that no rim of a thing is left over."),
    ] = 0.0,
    seed: shared.SeedOption = 0,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    pull: shared.PullOption = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:  # fmt: skip
    """Fill what a mask marks; every other pixel stays as it is."""
    console.start_logging(verbose)
    outputs.check([outputs.Output(output)], inputs=[photo, mask])

    from autoedit.core.files import save_photo
    from autoedit.editor import Editor

    editor = Editor(pipeline, overrides=tuple(settings or ()), pull=pull)
    with console.progress_bars() as progress:
        filled = editor.inpaint(photo, mask, prompt=prompt, grow=grow, seed=seed, progress=progress)
    written = save_photo(filled, output)
    if as_json:
        account = {"photo": filled.name, "output": str(written), "seed": seed,
                   "pipeline": editor.pipeline.name, "notes": list(filled.notes)}  # fmt: skip
        console.say_json({**account, "exit_code": 0})
        return
    console.say(f"Filled the hole: {written}")
