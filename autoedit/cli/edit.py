"""`autoedit edit`: the whole chain, from a sentence to an edited file."""

from __future__ import annotations

from typing import Annotated

import typer

from autoedit.cli import carrying, console, shared


def run(
    photo: shared.PhotoArgument,
    instruction: Annotated[
        str,
        typer.Argument(metavar="INSTRUCTION", help="What to do, as you would say it.",
                       show_default=False),
    ],
    *,
    output: shared.OutputOption = None,
    in_place: shared.InPlaceOption = False,
    keep: shared.NoOverwriteOption = False,
    box: shared.BoxOption = None,
    point: shared.PointOption = None,
    negative_point: shared.NegativePointOption = None,
    mask: shared.MaskOption = None,
    pick: shared.PickOption = None,
    seed: shared.SeedOption = 0,
    candidates: Annotated[
        int,
        typer.Option("--candidates", min=1, max=16, metavar="N",
                     help="Make N results; the best goes to OUT, the others to OUT-2, OUT-3, ..."),
    ] = 1,
    save_mask: shared.SaveMaskOption = None,
    save_matte: shared.SaveMatteOption = None,
    report: shared.ReportOption = None,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    pull: shared.PullOption = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> int:  # fmt: skip
    """Edit a photo by an instruction.

    The photo itself is never overwritten without --in-place.
    """
    console.start_logging(verbose)
    pointed = carrying.pointed(box, point, negative_point, pick, mask)
    from autoedit.editor import Editor

    editor = Editor(pipeline, overrides=tuple(settings or ()), pull=pull)
    wishes = carrying.Wishes(
        output, in_place=in_place, keep=keep, seed=seed, candidates=candidates,
        save_mask=save_mask, save_matte=save_matte, report=report, as_json=as_json,
    )  # fmt: skip
    return carrying.carry_out(editor, photo, editor.plan(instruction), pointed, wishes)
