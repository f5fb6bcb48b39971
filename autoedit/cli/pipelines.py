"""`autoedit pipelines`: what there is to choose from, and what can run here and now."""

from __future__ import annotations

from typing import Any

from autoedit.cli import console, shared


def run(as_json: shared.JsonOption = False, verbose: shared.VerboseOption = 0) -> None:
    """List the pipelines, and what each still needs."""
    console.start_logging(verbose)
    rows = [account(name) for name in names()]
    if as_json:
        console.say_json(rows)
        return
    from rich.table import Table

    table = Table("name", "ready", "what it is", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["name"], readiness(row), row["summary"])
    console.say_table(table)


def names() -> list[str]:
    """The pipelines that come with AutoEdit, the default one first."""
    from autoedit.pipeline import available, default_pipeline

    return sorted(available(), key=lambda name: (name != default_pipeline(), name))


def account(name: str) -> dict[str, Any]:
    """One pipeline with its back ends and what it lacks, as JSON-able values."""
    from autoedit import backends
    from autoedit.pipeline import default_pipeline, load_pipeline

    pipeline = load_pipeline(name)
    missing = pipeline.missing()
    extras = {backends.find(stage, pipeline.choices[stage].backend).extra for stage in missing} - {
        ""
    }
    return {
        "name": name,
        "summary": pipeline.summary,
        "default": name == default_pipeline(),
        "ready": not missing,
        "missing": sorted({module for modules in missing.values() for module in modules}),
        "install": f"pip install 'autoedit[{','.join(sorted(extras))}]'" if extras else "",
        "backends": {stage: choice.backend for stage, choice in pipeline.choices.items()},
        "licence": pipeline.licence,
        "memory": pipeline.memory,
    }


def readiness(row: dict[str, Any]) -> str:
    """Whether a pipeline can run now; else what is missing and how to get it."""
    if row["ready"]:
        return "yes (default)" if row["default"] else "yes"
    lacking = f"needs {', '.join(row['missing'])}"
    return f"{lacking}: {row['install']}" if row["install"] else lacking
