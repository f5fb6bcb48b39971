"""`autoedit plan`: an instruction as JSON, or explained word by word."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoedit.cli import console, shared


def run(
    instruction: Annotated[
        str, typer.Argument(metavar="INSTRUCTION", help="What to do.", show_default=False)
    ],
    *,
    photo: Annotated[
        Path | None,
        typer.Option("--photo", metavar="FILE", show_default=False,
                     help="The photo that it is about, for a planner that looks at it."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which words became what.")
    ] = False,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:  # fmt: skip
    """Print what an instruction means, as JSON. Nothing is edited.

    The JSON can be changed by hand and done by 'autoedit edit PHOTO --plan FILE'.
    """
    console.start_logging(verbose)
    # Not through the editor: a plan needs no photo, and so none of the libraries for photos.
    from autoedit import backends
    from autoedit.pipeline import default_pipeline, load_pipeline

    choice = load_pipeline(pipeline or default_pipeline(), tuple(settings or ())).planning
    planner = backends.create("planning", choice.backend, choice.settings)
    seen = None
    if photo is not None and planner.sees:
        from autoedit.core.files import load_photo

        seen = load_photo(photo)
    plan = planner.plan(instruction, seen)
    if not explain:
        console.say_json(plan.model_dump(mode="json"))
        return
    from autoedit.planning.explaining import explained

    verbs = planner.verbs(instruction) if choice.backend == "grammar" else ()
    lines = explained(plan, verbs)
    if as_json:
        console.say_json({
            "plan": plan.model_dump(mode="json"),
            "explanation": [line._asdict() for line in lines],
        })  # fmt: skip
        return
    width = min(40, max(len(line.words) for line in lines))
    for words, became in lines:
        console.say(f"{words or '-':<{width}}  {became}")
    for note in plan.notes:
        console.remark(f"autoedit: note: {note}")
