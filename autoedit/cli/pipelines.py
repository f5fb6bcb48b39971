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
    from autoedit.models import catalogue
    from autoedit.pipeline import default_pipeline, load_pipeline

    pipeline = load_pipeline(name)
    missing = pipeline.missing()
    references = dict.fromkeys(one for named in pipeline.references().values() for one in named)
    extras = {backends.find(stage, pipeline.choices[stage].backend).extra for stage in missing} - {
        ""
    }
    absent = [one for one in references if not _is_here(one)]
    size = catalogue.total_in_words(absent)
    return {
        "name": name,
        "summary": pipeline.summary,
        "default": name == default_pipeline(),
        "ready": not missing and not absent,
        "missing": sorted({module for modules in missing.values() for module in modules}),
        "install": f"pip install 'autoedit[{','.join(sorted(extras))}]'" if extras else "",
        "weights": {one: one not in absent for one in references},
        "pull": f"autoedit models pull {name} ({size})" if absent else "",
        "backends": {stage: choice.backend for stage, choice in pipeline.choices.items()},
        "licence": pipeline.licence,
        "memory": pipeline.memory,
    }


def readiness(row: dict[str, Any]) -> str:
    """Whether a pipeline can run now; else what is missing and how to get it."""
    if row["ready"]:
        return "yes (default)" if row["default"] else "yes"
    if not row["missing"]:
        return f"needs weights: {row['pull']}"
    lacking = f"needs {', '.join(row['missing'])}"
    return f"{lacking}: {row['install']}" if row["install"] else lacking


def _is_here(reference: str) -> bool:
    from autoedit.errors import WeightsError
    from autoedit.models import store

    try:
        return store.is_here(reference)
    except WeightsError:  # damaged, or of another source: as good as missing
        return False
