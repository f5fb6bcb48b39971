"""Carry out a plan for a command: check what it writes, edit, write, tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoedit.cli import console, outputs, shared

if TYPE_CHECKING:
    from autoedit.core.photo import Photo
    from autoedit.core.plan import EditPlan, EditStep
    from autoedit.core.result import EditResult, Verdict
    from autoedit.editor import Editor


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a command was told beside the plan.

    Attributes:
        output: where the edited photo goes; None for NAME-edited beside the photo.
        in_place: whether the photo itself is to be overwritten.
        keep: whether to stop when an output exists already.
        seed, candidates: as `Editor.edit` takes them.
        save_mask, save_matte, report: further files; None for none.
        as_json: whether the result is told as JSON.
        ending: of the file's name when no output is given.
        finish: what is done to an edited photo before it is written.
    """

    output: Path | None = None
    in_place: bool = False
    keep: bool = False
    seed: int = 0
    candidates: int = 1
    save_mask: Path | None = None
    save_matte: Path | None = None
    report: Path | None = None
    as_json: bool = False
    ending: str = "edited"
    finish: Callable[[Photo], Photo] | None = None


def pointed(
    box: str | None,
    point: list[str] | None,
    negative_point: list[str] | None,
    pick: str | None,
    mask: Path | None,
) -> dict[str, Any]:
    """The options that point at a target, as `Editor.edit` takes them.

    Raises:
        InputError: when one of them cannot be read.
    """
    return {
        "box": shared.parse_box(box),
        "point": shared.parse_points(point),
        "negative_point": shared.parse_points(negative_point, "--negative-point"),
        "pick": shared.parse_pick(pick),
        "mask": mask,
    }


def carry_out(
    editor: Editor, photo: str, plan: EditPlan, where: dict[str, Any], wishes: Wishes
) -> int:
    """Do what a plan says and write the result; gives the exit code.

    Raises:
        AutoEditError: when something cannot be written, before any work, or the edit fails.
    """
    in_place, mask = wishes.in_place, where["mask"]
    target = outputs.edited_path(
        photo,
        wishes.output,
        in_place=in_place,
        transparent=plan.makes_transparent,
        ending=wishes.ending,
    )
    photos = outputs.numbered(target, wishes.candidates)
    masks = {"mask": wishes.save_mask, "matte": wishes.save_matte}
    overwrite = in_place or not wishes.keep
    outputs.check(
        [outputs.Output(path) for path in photos]
        + [outputs.Output(path, "mask") for path in masks.values() if path]
        + ([outputs.Output(wishes.report, "report")] if wishes.report else []),
        inputs=[mask] if in_place else [photo, mask],
        overwrite=overwrite,
    )
    with shared.showing_candidates(target), console.progress_bars() as progress:
        result = editor.edit(
            photo, plan, seed=wishes.seed, candidates=wishes.candidates, progress=progress, **where
        )
    if wishes.finish is not None:
        finished = tuple(wishes.finish(each) for each in result.candidates)
        result = replace(result, photo=wishes.finish(result.photo), candidates=finished)
    written = outputs.write_photos(result, photos, overwrite=overwrite)
    for name, path in masks.items():
        if path:
            outputs.write_mask(getattr(result, name), path)
    exit_code = 0 if result.verdict.passed else shared.VERDICT_FAILED
    account = {**result.report(), "output": str(written[0])}
    account |= {"outputs": [str(path) for path in written], "exit_code": exit_code}
    if wishes.report:
        outputs.write_report(account, wishes.report)
    _tell(result, account, as_json=wishes.as_json)
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
    if asked.style != "flat":
        return f"a {asked.colour} {asked.style}".replace("  ", " ")
    return asked.colour or asked.phrase or asked.image or "something else"
