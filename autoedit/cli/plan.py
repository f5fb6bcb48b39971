"""`autoedit plan`: an instruction as JSON, without looking at any photo."""

from __future__ import annotations

from typing import Annotated

import typer

from autoedit.cli import console, shared


def run(
    instruction: Annotated[
        str, typer.Argument(metavar="INSTRUCTION", help="What to do.", show_default=False)
    ],
    *,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:
    """Print what an instruction means, as JSON. Nothing is edited."""
    console.start_logging(verbose)
    # Not through the editor: a plan needs no photo, and so none of the libraries for photos.
    from autoedit import backends
    from autoedit.pipeline import default_pipeline, load_pipeline

    choice = load_pipeline(pipeline or default_pipeline(), tuple(settings or ())).planning
    planner = backends.create("planning", choice.backend, choice.settings)
    console.say_json(planner.plan(instruction).model_dump(mode="json"))
