"""`autoedit extract`: one thing on a transparent ground."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from autoedit.cli import carrying, console, outputs, shared


def run(
    photo: shared.PhotoArgument,
    phrase: Annotated[
        str | None,
        typer.Argument(metavar="PHRASE", help="The thing; else the main subject.",
                       show_default=False),
    ] = None,
    *,
    output: shared.OutputOption = None,
    keep: shared.NoOverwriteOption = False,
    with_shadow: Annotated[
        bool, typer.Option("--with-shadow", help="Its shadow comes along, as black that covers in "
                           "part, and its mirror image.")
    ] = False,
    trim: Annotated[
        int | None,
        typer.Option("--trim", metavar="PIXELS", min=0, show_default=False,
                     help="Cut the empty ground off, but for a margin of so many pixels."),
    ] = None,
    box: shared.BoxOption = None,
    point: shared.PointOption = None,
    negative_point: shared.NegativePointOption = None,
    mask: shared.MaskOption = None,
    pick: shared.PickOption = None,
    save_mask: shared.SaveMaskOption = None,
    report: shared.ReportOption = None,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    pull: shared.PullOption = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> int:  # fmt: skip
    """Cut a thing out and write it on a transparent ground, as PNG, WebP, AVIF or TIFF."""
    console.start_logging(verbose)
    where = carrying.pointed(box, point, negative_point, pick, mask)
    if output is not None:
        outputs.check_clear(output)

    from autoedit.asking import extract_plan
    from autoedit.compositing.transparency import trimmed
    from autoedit.editor import Editor

    editor = Editor(pipeline, overrides=tuple(settings or ()), pull=pull)
    wishes = carrying.Wishes(
        output, keep=keep, save_mask=save_mask, report=report, as_json=as_json, ending="cutout",
        finish=None if trim is None else partial(trimmed, margin=trim),
    )  # fmt: skip
    plan = extract_plan(editor, phrase, with_shadow=with_shadow)
    return carrying.carry_out(editor, photo, plan, where, wishes)
