"""`autoedit models`: which weights there are, and which of them are here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from autoedit.cli import console, shared
from autoedit.errors import InputError

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="List, fetch, lock and remove the weights of pipelines.",
    no_args_is_help=True,
)

_NOT_KNOWN = "not known"

ReferenceArgument = Annotated[
    str,
    typer.Argument(
        metavar="REF",
        help="owner/name as on the hub, or an https address of one file.",
        show_default=False,
    ),
]
WantedArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="REF|PIPELINE...",
        help="References to weights, or pipelines whose weights are meant.",
        show_default=False,
    ),
]


@app.command("list")
def list_weights(
    *,
    pipeline: shared.PipelineOption = None,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:
    """List weights: what for, how large, under which licence, and whether they are here."""
    console.start_logging(verbose)
    from autoedit.models import catalogue

    users = _users([pipeline] if pipeline else None)
    known = [] if pipeline else [name for name in catalogue.entries() if name not in users]
    rows = [account(name, users.get(name, [])) for name in (*users, *known)]
    if as_json:
        console.say_json(rows)
        return
    from rich.table import Table

    table = Table("weights", "for", "size", "licence", "gated", "here", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            row["reference"],
            ", ".join(row["pipelines"] or row["stages"]),
            row["size_in_words"] or _NOT_KNOWN,
            row["licence"] or _NOT_KNOWN,
            {True: "yes", False: "no", None: _NOT_KNOWN}[row["gated"]],
            "yes" if row["here"] else "no",
        )
    console.say_table(table)


@app.command("pull")
def pull(
    wanted: WantedArgument,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use no network: only check what is here.")
    ] = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:
    """Fetch weights, or what is still missing of them."""
    console.start_logging(verbose)
    from autoedit.models import catalogue, download, store

    done: dict[str, str] = {}
    for reference in _references(wanted):
        if not offline and not store.is_here(reference):
            size = catalogue.size_in_words(reference)
            console.remark(f"Fetching {reference}{f' ({size})' if size else ''}")
        with console.progress_bars() as progress:
            done[reference] = str(download.pull(reference, progress, offline=offline))
    _tell(done, as_json=as_json)


@app.command("where")
def where(
    reference: ReferenceArgument,
    *,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:
    """Print where weights lie."""
    console.start_logging(verbose)
    from autoedit.models import store

    path = store.located(reference)
    if as_json:
        console.say_json({reference: str(path)})
    else:
        console.say(str(path))


@app.command("lock")
def lock(
    pipelines: Annotated[
        list[str] | None,
        typer.Option(
            "--pipeline",
            "-p",
            metavar="NAME|FILE",
            help="A pipeline; may be given again. Without one: all whose weights are here.",
            show_default=False,
        ),
    ] = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Default: autoedit.lock.yaml here.",
            show_default=False,
        ),
    ] = None,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:
    """Write down commits and checksums of the weights that are here, so that edits repeat."""
    console.start_logging(verbose)
    from autoedit.models import lock as locking
    from autoedit.models import store

    users = {
        name: using
        for name, using in _users(pipelines).items()
        if store.parse(name).kind != "path" and (pipelines or store.is_here(name))
    }
    if not users:
        raise InputError("There are no weights here to lock. Fetch some: autoedit models pull")
    target = output or Path(locking.NAME)
    locked = locking.record((name, store.located(name)) for name in users)
    locking.write(locked, target)
    if as_json:
        console.say_json({"output": str(target), **locked.model_dump(mode="json")})
    else:
        console.say(str(target))


@app.command("remove")
def remove(
    reference: ReferenceArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: shared.JsonOption = False,
    verbose: shared.VerboseOption = 0,
) -> None:
    """Delete weights from the cache."""
    console.start_logging(verbose)
    from autoedit.models import catalogue, removal

    if not yes:
        if not sys.stdin.isatty():
            raise InputError("Removing asks first, and nobody can answer here; give --yes.")
        typer.confirm(f"Delete {reference}, for every program that shares it?", abort=True)
    freed = removal.remove(reference)
    if as_json:
        console.say_json({"removed": reference, "freed": freed})
    else:
        console.say(f"Removed {reference}: {catalogue.in_words(freed)} free.")


def account(reference: str, pipelines: list[str]) -> dict[str, Any]:
    """One reference with what is known of it, as JSON-able values."""
    from autoedit.models import catalogue, store

    entry = catalogue.find(reference)
    facts = entry.model_dump(mode="json", exclude={"reference"}) if entry else {}
    return {
        "reference": reference,
        "pipelines": pipelines,
        "stages": [],
        "licence": None,
        "gated": None,
        "size": None,
        **facts,
        "size_in_words": catalogue.size_in_words(reference),
        "here": store.is_here(reference),
    }


def _users(pipelines: list[str] | None) -> dict[str, list[str]]:
    """References to weights, each with the pipelines that name it; None asks for all that come."""
    from autoedit.pipeline import available, load_pipeline

    users: dict[str, list[str]] = {}
    for name in pipelines or available():
        for references in load_pipeline(name).references().values():
            for reference in references:
                using = users.setdefault(reference, [])
                if name not in using:
                    using.append(name)
    return users


def _references(wanted: list[str]) -> list[str]:
    """The references meant by words that are references or pipelines, each once."""
    from autoedit.models import store
    from autoedit.pipeline import available

    found: dict[str, None] = {}
    for word in wanted:
        if word in available() or word.endswith((".yaml", ".yml")):
            found.update(dict.fromkeys(_users([word])))
        else:
            found[store.parse(word).text] = None
    return list(found)


def _tell(paths: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        console.say_json(paths)
    else:
        for reference, path in paths.items():
            console.say(f"{reference}  {path}")
