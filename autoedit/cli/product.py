"""`autoedit product`: a product photo on a plain ground, framed, saved exactly, and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoedit.cli import console, outputs, shared
from autoedit.cli.background import Contact
from autoedit.errors import InputError

if TYPE_CHECKING:
    from autoedit.core.result import Check, EditResult
    from autoedit.editor import Editor


def run(
    photo: shared.PhotoArgument,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", show_default=False,
                     help="Where the product photo goes; else NAME-product beside the photo."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--no-overwrite", "-n", help="Stop if an output exists already.")
    ] = False,
    subject: Annotated[
        str | None,
        typer.Option("--subject", metavar="PHRASE", show_default=False,
                     help="What the product is; else the main subject."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="PHRASE", show_default=False,
                     help="What is removed first (\"the price sticker\"); may be given again."),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option("--background", metavar="COLOUR", show_default=False,
                     help="Another colour than the pipeline's."),
    ] = None,
    straighten: Annotated[
        bool, typer.Option("--straighten", help="Take a small tilt out of the product.")
    ] = False,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Judge a finished photo; write nothing.")
    ] = False,
    box: shared.BoxOption = None,
    point: shared.PointOption = None,
    negative_point: shared.NegativePointOption = None,
    mask: Annotated[
        Path | None,
        typer.Option("--mask", metavar="FILE", show_default=False,
                     help="The product as a picture of the photo's size, white inside."),
    ] = None,
    pick: shared.PickOption = None,
    contact: Annotated[
        Contact | None,
        typer.Option("--contact", show_default=False,
                     help="The product's shadow: its own kept, a new one cast, or none. A "
                     "background with a shadow on it is not of one colour."),
    ] = None,
    seed: shared.SeedOption = 0,
    save_mask: shared.SaveMaskOption = None,
    save_matte: shared.SaveMatteOption = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", show_default=False,
                     help="Write rules, plan, regions and timings as JSON."),
    ] = None,
    pipeline: Annotated[
        str,
        typer.Option("--pipeline", "-p", metavar="NAME|FILE", autocompletion=shared.pipeline_names,
                     help="A pipeline with a product section: product, product-amazon, ..."),
    ] = "product",
    settings: shared.SetOption = None,
    pull: shared.PullOption = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> int:  # fmt: skip
    """Make a product photo: background, frame and file as a market's rules ask.

    The rules are listed with what was measured. The exit code is 4 when one is not met.
    """
    console.start_logging(verbose)
    where = {
        "box": shared.parse_box(box),
        "point": shared.parse_points(point),
        "negative_point": shared.parse_points(negative_point, "--negative-point"),
        "pick": shared.parse_pick(pick),
        "mask": mask,
    }
    changes = tuple(settings or ())
    changes += (f'product.background="{background}"',) if background else ()
    changes += ("product.straighten=true",) if straighten else ()
    changes += (f"compositing.contact={contact}",) if contact else ()
    if check_only:
        given = [output, remove, *where.values(), contact, save_mask, save_matte]
        if straighten or any(option is not None for option in given):
            raise InputError("--check-only edits nothing: give no option that says what to edit.")
        return _check(photo, pipeline, changes, report, pull=pull, as_json=as_json)

    target = output or _beside(photo)
    masks = {"mask": save_mask, "matte": save_matte}
    outputs.check(
        [outputs.Output(target)]
        + [outputs.Output(path, "mask") for path in masks.values() if path]
        + ([outputs.Output(report, "report")] if report else []),
        inputs=[photo, mask],
        overwrite=not keep,
    )
    changes += (f"product.format={outputs.format_of(target)}",)
    editor = _editor(pipeline, changes, pull=pull)
    from autoedit.products.requests import product_plan

    plan = product_plan(editor.plan, editor.pipeline, subject=subject, remove=tuple(remove or ()))
    with shared.showing_candidates(target), console.progress_bars() as progress:
        result = editor.edit(photo, plan, seed=seed, progress=progress, **where)
    written = outputs.write_photos(result, [target], overwrite=not keep)[0]
    for name, path in masks.items():
        if path:
            outputs.write_mask(getattr(result, name), path)
    code = 0 if result.verdict.passed else shared.VERDICT_FAILED
    account = {**result.report(), "rules": _rules(result.steps[-1].verdict.checks),
               "output": str(written), "outputs": [str(written)], "exit_code": code}  # fmt: skip
    if report:
        outputs.write_report(account, report)
    _tell(result, account, as_json=as_json)
    return code


def _check(
    photo: str, pipeline: str, changes: tuple[str, ...], report: Path | None, *, pull: bool,
    as_json: bool,
) -> int:  # fmt: skip
    if report:
        outputs.check([outputs.Output(report, "report")], inputs=[photo])
    editor = _editor(pipeline, changes, pull=pull)
    checks = editor.check(photo)
    failed = not all(check.passed for check in checks)
    code = shared.VERDICT_FAILED if failed else 0
    account = {"photo": photo, "pipeline": editor.pipeline.name, "passed": not failed,
               "rules": _rules(checks), "exit_code": code}  # fmt: skip
    if report:
        outputs.write_report(account, report)
    if as_json:
        console.say_json(account)
    else:
        _list(checks)
        console.say(f"{photo}: {_outcome(checks)} ({editor.pipeline.name})")
    return code


def _editor(pipeline: str, changes: tuple[str, ...], *, pull: bool) -> Editor:
    from autoedit.editor import Editor
    from autoedit.pipeline import load_pipeline
    from autoedit.products.requests import no_rules

    if load_pipeline(pipeline).product is None:
        raise no_rules(pipeline)
    return Editor(pipeline, overrides=changes, pull=pull)


def _beside(photo: str) -> Path:
    """NAME-product.jpg beside the photo, or here for a sample."""
    sample = photo.startswith("sample:")
    path = Path(photo.removeprefix("sample:") if sample else photo)
    return path.with_name(f"{path.stem}-product.jpg")


def _tell(result: EditResult, account: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        console.say_json(account)
        return
    for note in dict.fromkeys((*result.notes, *result.plan.unsupported)):
        console.remark(f"autoedit: note: {note}")
    _list(result.steps[-1].verdict.checks)
    size = f"{result.photo.width} x {result.photo.height} px"
    console.say(f"{account['output']}: {size}, {_outcome(result.verdict.checks)} "
                f"({result.pipeline})")  # fmt: skip


def _list(checks: tuple[Check, ...]) -> None:
    from rich.table import Table

    table = Table("rule", "", "measured", box=None, pad_edge=False)
    for check in checks:
        table.add_row(check.name, "pass" if check.passed else "FAIL", check.note)
    console.say_table(table)


def _rules(checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    return [check.report() for check in checks]


def _outcome(checks: tuple[Check, ...]) -> str:
    failed = [check.name for check in checks if not check.passed]
    return f"checks FAILED: {', '.join(dict.fromkeys(failed))}" if failed else "checks passed"
