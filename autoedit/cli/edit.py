"""`autoedit edit`: the whole chain, from a sentence to an edited file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoedit.cli import console, outputs, shared

if TYPE_CHECKING:
    from autoedit.core.plan import EditPlan, EditStep
    from autoedit.core.result import EditResult, Verdict


def run(
    photo: shared.PhotoArgument,
    instruction: Annotated[
        str,
        typer.Argument(metavar="INSTRUCTION", help="What to do, as you would say it.",
                       show_default=False),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", show_default=False,
                     help="Where the edited photo goes; else NAME-edited beside the photo."),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Overwrite the photo itself.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--no-overwrite", "-n", help="Stop if an output exists already.")
    ] = False,
    box: shared.BoxOption = None,
    point: shared.PointOption = None,
    negative_point: shared.NegativePointOption = None,
    mask: Annotated[
        Path | None,
        typer.Option("--mask", metavar="FILE", show_default=False,
                     help="The target as a picture of the photo's size, white inside."),
    ] = None,
    pick: shared.PickOption = None,
    seed: shared.SeedOption = 0,
    candidates: Annotated[
        int,
        typer.Option("--candidates", min=1, max=16, metavar="N",
                     help="Make N results; the best goes to OUT, the others to OUT-2, OUT-3, ..."),
    ] = 1,
    save_mask: Annotated[
        Path | None,
        typer.Option("--save-mask", metavar="FILE", show_default=False,
                     help="Write what was found, white inside."),
    ] = None,
    save_matte: Annotated[
        Path | None,
        typer.Option("--save-matte", metavar="FILE", show_default=False,
                     help="Write what was changed: black pixels are as they were."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", show_default=False,
                     help="Write plan, regions, verdict and timings as JSON."),
    ] = None,
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
    where = {
        "box": shared.parse_box(box),
        "point": shared.parse_points(point),
        "negative_point": shared.parse_points(negative_point, "--negative-point"),
        "pick": shared.parse_pick(pick),
        "mask": mask,
    }
    from autoedit.editor import Editor

    editor = Editor(pipeline, overrides=tuple(settings or ()), pull=pull)
    plan = editor.plan(instruction)
    target = outputs.edited_path(
        photo, output, in_place=in_place, transparent=_makes_transparent(plan)
    )
    photos = outputs.numbered(target, candidates)
    masks = {"mask": save_mask, "matte": save_matte}
    outputs.check(
        [outputs.Output(path) for path in photos]
        + [outputs.Output(path, "mask") for path in masks.values() if path]
        + ([outputs.Output(report, "report")] if report else []),
        inputs=[mask] if in_place else [photo, mask],
        overwrite=in_place or not keep,
    )
    with shared.showing_candidates(target), console.progress_bars() as progress:
        result = editor.edit(
            photo, plan, seed=seed, candidates=candidates, progress=progress, **where
        )
    written = outputs.write_photos(result, photos, overwrite=in_place or not keep)
    for name, path in masks.items():
        if path:
            outputs.write_mask(getattr(result, name), path)
    exit_code = 0 if result.verdict.passed else shared.VERDICT_FAILED
    account = {**result.report(), "output": str(written[0])}
    account |= {"outputs": [str(path) for path in written], "exit_code": exit_code}
    if report:
        outputs.write_report(account, report)
    _tell(result, account, as_json=as_json)
    return exit_code


def _tell(result: EditResult, account: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        console.say_json(account)
        return
    for note in dict.fromkeys((*result.notes, *result.plan.unsupported)):
        console.remark(f"autoedit: note: {note}")
    files = ", ".join(account["outputs"])
    console.say(f"{describe(result.plan)}: {files} ({judgement(result.verdict)})")


def judgement(verdict: Verdict) -> str:
    """What the verification says, in a few words."""
    if verdict.passed:
        return "checks passed"
    failed = [check.note or check.name for check in verdict.checks if not check.passed]
    return f"checks FAILED: {'; '.join(failed)}"


def describe(plan: EditPlan) -> str:
    """A plan as something done: "Removed the red mug and blurred the sign"."""
    done = [_describe_step(step) for step in plan.steps]
    *first, last = done or ["did nothing"]
    sentence = f"{', '.join(first)} and {last}" if first else last
    return sentence[:1].upper() + sentence[1:]


def _describe_step(step: EditStep) -> str:
    what = step.target.phrase or "the subject"
    asked = step.replacement
    if step.operation == "background":
        return f"made the background {_appearance(step)}" if asked else "changed the background"
    if step.operation == "obscure":
        manner = {"pixelate": "pixelated", "solid": "covered"}
        return f"{manner.get(asked.phrase if asked else '', 'blurred')} {what}"
    if step.operation == "replace":
        return f"replaced {what} with {_appearance(step)}"
    if step.operation == "modify":
        return f"made {what} {_appearance(step)}" if asked else f"changed {what}"
    if step.operation == "add":
        return f"added {(asked.phrase if asked else '') or what}"
    return f"{'cut out' if step.operation == 'extract' else 'removed'} {what}"


def _appearance(step: EditStep) -> str:
    asked = step.replacement
    if asked is None:
        return "something else"
    if asked.transparent:
        return "transparent"
    if asked.blur:
        return "blurred"
    return asked.colour or asked.phrase or asked.image or "something else"


def _makes_transparent(plan: EditPlan) -> bool:
    asked = [step.replacement for step in plan.steps if step.replacement is not None]
    cut_out = any(step.operation == "extract" for step in plan.steps)
    return cut_out or any(replacement.transparent for replacement in asked)
