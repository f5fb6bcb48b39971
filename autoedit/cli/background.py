"""`autoedit background`: the subject on another background."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from autoedit.cli import carrying, console, shared


class Contact(StrEnum):
    """What becomes of the subject's shadow."""

    auto, keep, cast, none = "auto", "keep", "cast", "none"


class Fit(StrEnum):
    """How a picture is laid."""

    cover, contain, tile, stretch = "cover", "contain", "tile", "stretch"


def run(
    photo: shared.PhotoArgument,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A colour (white, #eee), two of them ('white to grey'), studio ('grey studio'), "
            "blur, transparent, a picture file, or words for a scene.",
            show_default=False,
        ),
    ],
    *,
    output: shared.OutputOption = None,
    in_place: shared.InPlaceOption = False,
    keep: shared.NoOverwriteOption = False,
    subject: Annotated[
        str | None,
        typer.Option("--subject", metavar="PHRASE", show_default=False,
                     help="What stays, as you would say it; else the main subject."),
    ] = None,
    box: shared.BoxOption = None,
    point: shared.PointOption = None,
    negative_point: shared.NegativePointOption = None,
    mask: shared.MaskOption = None,
    pick: shared.PickOption = None,
    contact: Annotated[
        Contact | None,
        typer.Option("--contact", show_default=False,
                     help="The subject's shadow: its own kept, a new one cast, or none; auto casts "
                     "one on a picture and in a studio."),
    ] = None,
    light: Annotated[
        str | None,
        typer.Option("--light", metavar="DEGREES|auto", show_default=False,
                     help="Where the light of a cast shadow comes from: 0 from the right, 90 from "
                     "behind, 180 from the left, 270 from the camera."),
    ] = None,
    softness: Annotated[
        float | None,
        typer.Option("--softness", metavar="0..1", show_default=False,
                     help="Of a cast shadow: 0 for a small lamp, 1 for an overcast sky."),
    ] = None,
    reflection: Annotated[
        float | None,
        typer.Option("--reflection", metavar="0..1", show_default=False,
                     help="How much the ground mirrors the subject."),
    ] = None,
    harmonize: Annotated[
        bool,
        typer.Option("--harmonize", help="Match the subject's colour and light to the background."),
    ] = False,
    fit: Annotated[
        Fit | None,
        typer.Option("--fit", show_default=False, help="How a picture is laid; else cover."),
    ] = None,
    seed: shared.SeedOption = 0,
    save_mask: shared.SaveMaskOption = None,
    save_matte: shared.SaveMatteOption = None,
    report: shared.ReportOption = None,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    pull: shared.PullOption = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> int:  # fmt: skip
    """Set the subject of a photo on another background.

    A plain colour is exact in every pixel that the subject does not touch.
    """
    console.start_logging(verbose)
    where = carrying.pointed(box, point, negative_point, pick, mask)
    asked = {"contact": contact, "light": light, "softness": softness, "reflection": reflection,
             "fit": fit, "harmonize": harmonize or None}  # fmt: skip
    overrides = [f"compositing.{key}={value}" for key, value in asked.items() if value is not None]

    from autoedit.asking import background_plan
    from autoedit.editor import Editor

    editor = Editor(pipeline, overrides=(*(settings or ()), *overrides), pull=pull)
    wishes = carrying.Wishes(
        output, in_place=in_place, keep=keep, seed=seed, save_mask=save_mask,
        save_matte=save_matte, report=report, as_json=as_json, ending="background",
    )  # fmt: skip
    plan = background_plan(editor, what, subject)
    return carrying.carry_out(editor, photo, plan, where, wishes)
