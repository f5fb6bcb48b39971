"""`autoedit segment`: the outline of one thing, as a mask."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoedit.cli import console, outputs, shared


def run(
    photo: shared.PhotoArgument,
    phrase: Annotated[
        str | None,
        typer.Argument(metavar="PHRASE", help="The thing; else the main subject.",
                       show_default=False),
    ] = None,
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="MASK.png", help="Where the mask goes.",
                     show_default=False),
    ],
    box: shared.BoxOption = None,
    point: shared.PointOption = None,
    negative_point: shared.NegativePointOption = None,
    pick: shared.PickOption = None,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    pull: shared.PullOption = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:  # fmt: skip
    """Outline a thing and write its mask, white inside."""
    console.start_logging(verbose)
    where = {
        "box": shared.parse_box(box),
        "point": shared.parse_points(point),
        "negative_point": shared.parse_points(negative_point, "--negative-point"),
        "pick": shared.parse_pick(pick),
    }
    outputs.check([outputs.Output(output, "mask")], inputs=[photo])

    from autoedit.editor import Editor

    editor = Editor(pipeline, overrides=tuple(settings or ()), pull=pull)
    with shared.showing_candidates(output):
        mask = editor.segment(photo, phrase, **where)
    written = outputs.write_mask(mask, output)
    if as_json:
        console.say_json({"output": str(written), "box": mask.box, "area": round(mask.area, 6),
                          "size": [mask.shape[1], mask.shape[0]], "pipeline": editor.pipeline.name,
                          "exit_code": 0})  # fmt: skip
        return
    console.say(f"Outlined {phrase or 'it'}, {mask.area:.1%} of the photo: {written}")
