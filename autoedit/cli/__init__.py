"""The command line: one file a command, and `main`, which no exception leaves.

Exit codes: 0 done; 1 failed; 2 usage; 3 the target was not found or is ambiguous; 4 done, but the
verification found fault with it; 130 cancelled.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

import autoedit
from autoedit.cli import (
    background,
    batch,
    console,
    doctor,
    edit,
    extract,
    inpaint,
    locate,
    models,
    pipelines,
    plan,
    product,
    segment,
)
from autoedit.errors import AutoEditError

_USAGE = 2
_CANCELLED = 130

# Plain help: rich's markup would double the time that --help takes.
app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 failed; 2 usage; 3 target not found or ambiguous; "
    "4 done, but the checks found fault with it.",
)
app.command("edit")(edit.run)
app.command("background")(background.run)
app.command("extract")(extract.run)
app.command("product")(product.run)
app.command("plan")(plan.run)
app.command("locate")(locate.run)
app.command("segment")(segment.run)
app.command("inpaint")(inpaint.run)
app.add_typer(batch.app, name="batch")
app.command("pipelines")(pipelines.run)
app.command("doctor")(doctor.run)
app.add_typer(models.app, name="models")


def _version(asked: bool) -> None:
    if asked:
        console.say(f"autoedit {autoedit.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Edit photos by saying what should change.

    For example: autoedit edit desk.jpg "remove the red mug"
    """
    if context.invoked_subcommand is None:
        console.remark(context.get_help())
        raise typer.Exit(_USAGE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after "autoedit"; None takes the process's own.

    Returns:
        The exit code.

    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = console.wants_json(words)
    try:
        code = app(words, prog_name="autoedit", standalone_mode=False) or 0
    except AutoEditError as error:
        return console.fail(error, str(error), error.exit_code, as_json=as_json)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        message = f"{error.format_message()} See: {_path(context)} --help"
        return console.fail(error, message, error.exit_code, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = _CANCELLED
    except MemoryError as error:
        message = "There is not enough memory for this. Try a smaller photo."
        return console.fail(error, message, 1, as_json=as_json)
    except Exception as error:
        if console.debugging():
            traceback.print_exc()
        message = f"{type(error).__name__}: {error} (this is a bug; -vv shows the traceback)"
        return console.fail(error, message, 1, as_json=as_json)
    # Typer makes this code of an interrupt by itself, and says nothing.
    if code == _CANCELLED:
        console.remark("Cancelled.")
    return code


def _path(context: typer.Context | None) -> str:
    return context.command_path if context else "autoedit"
