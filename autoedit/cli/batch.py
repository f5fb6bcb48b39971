"""`autoedit batch`: many photos at once, resumed by the same command."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from autoedit.cli import batch_progress, console, shared
from autoedit.errors import AutoEditError, InputError

if TYPE_CHECKING:
    from autoedit.bulk import Batch
    from autoedit.bulk.intake import Taken
    from autoedit.bulk.ledger import Counts

_FAILED, _REFUSED, _CANCELLED = 1, 3, 130
_MANIFESTS = (".csv", ".jsonl")


class _DefaultsToRun(TyperGroup):
    """`autoedit batch INSTRUCTION ...` is `autoedit batch run INSTRUCTION ...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        args = args or ["--help"]
        if args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_DefaultsToRun,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Edit many photos: autoedit batch INSTRUCTION INPUTS... -o OUT",
    epilog="All options: autoedit batch run --help",
)

OutArgument = Annotated[
    str, typer.Argument(metavar="OUT", help="The output folder or URL of a run.",
                        show_default=False)
]  # fmt: skip
LedgerOption = Annotated[
    Path | None,
    typer.Option("--ledger", metavar="DIR", show_default=False,
                 help="Where the ledger is kept; else in OUT, or for a URL in your state folder."),
]  # fmt: skip


@app.command("run")
def run(
    words: Annotated[
        list[str],
        typer.Argument(metavar="INSTRUCTION INPUTS...", show_default=False,
                       help="What to do, then files, folders, globs, .csv or .jsonl manifests, "
                       "URLs, or - for paths on standard input. Without an instruction when every "
                       "line of a manifest has its own."),
    ],
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", show_default=False,
                          help="The folder or URL that the edited photos go to.")
    ],
    engine: Annotated[
        str, typer.Option("--engine", metavar="local|ray", help="Where the work is done.")
    ] = "local",
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, metavar="N", show_default=False,
                                 help="Processes; else as many as the machine has room for.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, metavar="N", show_default=False,
                                 help="Threads of each process; else the cores are shared.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="Give a photo up after this.")
    ] = 900.0,
    gpu_batch: Annotated[
        int, typer.Option("--gpu-batch", min=1, metavar="N",
                          help="Photos that go through a diffusion model at a time.")
    ] = 1,
    address: Annotated[
        str | None, typer.Option("--address", metavar="HOST:PORT", show_default=False,
                                 help="A Ray cluster that is running; else one is started here.")
    ] = None,
    retry: Annotated[
        list[str] | None,
        typer.Option("--retry", metavar="failed|refused|verdict", show_default=False,
                     help="Do these again, too; may be given again. 'verdict' takes another seed."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", show_default=False,
                                 help="Do no more photos than this now.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan, count and estimate the time; write nothing.")
    ] = False,
    template: Annotated[
        str, typer.Option("--template", metavar="NAME",
                          help="Names of the results; also {pipeline} and {seed}.")
    ] = "{stem}-{operation}{suffix}",
    format: Annotated[
        str | None, typer.Option("--format", metavar="png|jpg|...", show_default=False,
                                 help="Write all results in one format; else each keeps its own.")
    ] = None,
    skip_unsupported: Annotated[
        bool,
        typer.Option("--skip-unsupported",
                     help="Do the rest of an instruction where a part of it cannot be done."),
    ] = False,
    ledger: LedgerOption = None,
    seed: shared.SeedOption = 0,
    pipeline: shared.PipelineOption = None,
    settings: shared.SetOption = None,
    pull: shared.PullOption = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON object on each line of stdout, errors included.")
    ] = False,
    verbose: shared.VerboseOption = 0,
) -> int:  # fmt: skip
    """Edit many photos. The same command goes on where an earlier one ended, however it ended."""
    console.start_logging(verbose)
    from autoedit.bulk import Batch, Settings

    try:
        instruction, inputs = _split(words)
        asked = Settings(
            output, instruction, pipeline, tuple(settings or ()), pull, seed, template, format,
            tuple(retry or ()), limit, engine, workers, threads, timeout, address,  # pyright: ignore[reportArgumentType]
            None if ledger is None else str(ledger), gpu_batch, skip_unsupported,
        )  # fmt: skip
        with Batch(inputs, asked, stdin=sys.stdin, dry=dry_run) as batch:
            taken = batch.prepare()
            _tell_taken(taken, as_json=as_json)
            if dry_run:
                return _tell_estimate(batch, as_json=as_json)
            return _work(batch, as_json=as_json)
    except AutoEditError as error:
        if not as_json:
            raise
        account = {"type": type(error).__name__, "message": str(error)}
        console.say_json_line({"event": "error", **account, "exit_code": error.exit_code})
        return error.exit_code


def _split(words: list[str]) -> tuple[str, list[str]]:
    """The instruction, "" when the first word is a manifest, and the inputs."""
    if words[0].lower().endswith(_MANIFESTS):
        return "", words
    if len(words) < 2:
        raise InputError("Say what to do and with which photos: autoedit batch INSTRUCTION INPUTS")
    return words[0], words[1:]


def _work(batch: Batch, *, as_json: bool) -> int:
    try:
        with _interrupts(batch), batch_progress.showing(batch, as_json=as_json) as show:
            for result in batch.results():
                show(result)
    except KeyboardInterrupt:
        batch.close()
        console.remark("Stopped now. The same command goes on; what is done is kept.")
        return _CANCELLED
    counts = batch.counts()
    code = _exit_code(counts, all_asked=batch.settings.limit is None)
    if batch.stopped:
        console.remark(f"{batch.stopped} The same command goes on; what is done is kept.")
        code = _CANCELLED if batch.interrupted else _FAILED
    if as_json:
        console.say_json_line({"event": "summary", **counts.report(), "stopped": batch.stopped,
                               "exit_code": code})  # fmt: skip
    else:
        console.say(f"{_in_words(counts)}. Look at it: autoedit batch report {batch.settings.out}")
    return code


@contextmanager
def _interrupts(batch: Batch) -> Iterator[None]:
    """Ctrl-C once finishes what is under way; twice, or a request to terminate, stops now."""

    def interrupted(number: int, _frame: Any) -> None:
        if batch.interrupted or number == signal.SIGTERM:
            raise KeyboardInterrupt
        batch.interrupt()
        console.remark("Finishing what is under way; press Ctrl-C again to stop now.")

    before = {each: signal.signal(each, interrupted) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _exit_code(counts: Counts, *, all_asked: bool) -> int:
    if counts.states["failed"] or (counts.states["pending"] and all_asked):
        return _FAILED
    if counts.states["refused"]:
        return _REFUSED
    return shared.VERDICT_FAILED if counts.flawed else 0


def _in_words(counts: Counts) -> str:
    states = counts.states
    parts = [f"{states['done']} done"]
    if counts.flawed:
        parts[0] += f" ({counts.flawed} with faults found)"
    parts += [f"{states[name]} {name}" for name in ("failed", "refused") if states[name]]
    waiting = states["pending"] + states["running"]
    return ", ".join([*parts, f"{waiting} to do"] if waiting else parts)


def _tell_taken(taken: Taken, *, as_json: bool) -> None:
    if as_json:
        console.say_json_line({"event": "planned", **taken.report()})
        return
    for note in taken.notes:
        console.remark(f"autoedit: note: {note}")
    if taken.skipped:
        console.remark(f"{taken.skipped} files are no photos by their suffix, and were left out.")
    for collision in taken.collisions[:5]:
        console.remark(f"{collision.wanted} is taken: {collision.photo} goes to {collision.output}")
    if taken.collided > 5:
        console.remark(f"... and {taken.collided - 5} more; all are in the ledger.")
    known = f", {taken.finished} done before" if taken.finished else ""
    known += f", {taken.changed} changed since" if taken.changed else ""
    console.remark(f"{taken.photos} photos, {taken.to_do} to do{known}.")


def _tell_estimate(batch: Batch, *, as_json: bool) -> int:
    from autoedit.bulk.estimate import trial_seconds

    each = None
    if batch.sample is not None:
        each = batch.ledger.usual_seconds() or trial_seconds(
            batch.sample, threads=batch.settings.threads
        )
    total = None if each is None else each * batch.taken.to_do / batch.local_workers
    if as_json:
        console.say_json_line({"event": "estimate", "seconds_a_photo": each,
                               "workers": batch.local_workers, "seconds": total})  # fmt: skip
    elif batch.sample is None:
        console.say("Nothing was written. Nothing is to do.")
    elif total is None or each is None:
        console.say("Nothing was written. The first photo cannot be edited: no estimate.")
    else:
        console.say(
            f"Nothing was written. About {batch_progress.duration(total)}: {each:.1f} s a photo, "
            f"{batch.local_workers} at a time."
        )
    return 0


@app.command("status")
def status(
    out: OutArgument, *, ledger: LedgerOption = None, as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:  # fmt: skip
    """Say how far a run is, while it runs or afterwards."""
    console.start_logging(verbose)
    from autoedit.bulk.folders import is_locked, ledger_folder
    from autoedit.bulk.ledger import Ledger

    folder = ledger_folder(out, None if ledger is None else str(ledger))
    read = Ledger(folder / "ledger.sqlite", read_only=True)
    try:
        counts = read.counts()
        runs = is_locked(folder)
    finally:
        read.close()
    if as_json:
        console.say_json({**counts.report(), "in_progress": runs})
        return
    console.say(f"{_in_words(counts)}{'; a run is in progress' if runs else ''}.")
    for kind, number in counts.kinds.items():
        console.say(f"  {number} x {kind}")


@app.command("report")
def report(
    out: OutArgument,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.html", show_default=False,
                                  help="Where the page goes; else report.html in OUT.")
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Whether small pictures are made.")
    ] = True,
    ledger: LedgerOption = None,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:  # fmt: skip
    """Write a page with every photo before and after, and a CSV of the ledger beside it."""
    console.start_logging(verbose)
    from autoedit.bulk.report import write_report

    with batch_progress.counting("pictures") as progress:
        page, table = write_report(
            out, output, ledger=None if ledger is None else str(ledger), pictures=pictures,
            progress=progress,
        )  # fmt: skip
    if as_json:
        console.say_json({"page": str(page), "table": str(table)})
    else:
        console.say(f"{page} and {table}")
