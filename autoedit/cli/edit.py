"""`autoedit edit`: the whole chain, from a sentence to an edited file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoedit.cli import carrying, console, shared
from autoedit.errors import InputError

if TYPE_CHECKING:
    from autoedit.core.plan import EditPlan
    from autoedit.editor import Editor


def run(
    photo: shared.PhotoArgument,
    instruction: Annotated[
        str | None,
        typer.Argument(metavar="INSTRUCTION", help="What to do, as you would say it.",
                       show_default=False),
    ] = None,
    *,
    plan_file: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", show_default=False,
                     help="Do a plan that 'autoedit plan' printed, instead of an instruction."),
    ] = None,
    skip_unsupported: Annotated[
        bool,
        typer.Option("--skip-unsupported",
                     help="Do what can be done when parts of the instruction cannot."),
    ] = False,
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
    plan = _planned(editor, photo, instruction, plan_file, skip_unsupported=skip_unsupported)
    return carrying.carry_out(editor, photo, plan, pointed, wishes)


def _planned(
    editor: Editor, photo: str, instruction: str | None, file: Path | None, *,
    skip_unsupported: bool,
) -> EditPlan:  # fmt: skip
    """What to do, from a sentence or a file."""
    if instruction is None and file is None:
        raise InputError("Missing argument 'INSTRUCTION'. See: autoedit edit --help")
    if instruction is not None and file is not None:
        raise InputError("Give an INSTRUCTION or --plan FILE, not both.")
    if file is not None:
        from autoedit.planning.checking import read_plan

        plan = read_plan(file)
    else:
        plan = editor.plan(str(instruction), photo)
    if plan.unsupported and not skip_unsupported:
        from autoedit.abilities import check_supported

        check_supported(plan)
    return plan
