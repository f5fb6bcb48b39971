"""`autoedit doctor`: what is installed, on what machine, and what is still needed."""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import Any

from autoedit.cli import console, pipelines, shared


def run(as_json: shared.JsonOption = False, verbose: shared.VerboseOption = 0) -> int:
    """Show what is installed, and what is still needed.

    The exit code is 1 when the default pipeline cannot run.
    """
    console.start_logging(verbose)
    account = examine()
    if as_json:
        console.say_json(account)
    else:
        _tell(account)
    return 0 if all(row["ready"] for row in account["pipelines"] if row["default"]) else 1


def examine() -> dict[str, Any]:
    """The whole account as JSON-able values."""
    import autoedit
    from autoedit.pipeline import data_directory

    return {
        "autoedit": autoedit.__version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "cores": _cores(),
        "memory_gb": _memory_gb(),
        "device": device(),
        "libraries": libraries(),
        "pipelines": [pipelines.account(name) for name in pipelines.names()],
        "data": {kind: str(data_directory(kind)) for kind in ("pipelines", "prompts")},
    }


def libraries() -> dict[str, dict[str, Any]]:
    """Each library that AutoEdit or one of its extras asks for: its version, None when missing.

    Read from the installed metadata; nothing is imported.
    """
    from importlib import metadata

    try:
        requirements = metadata.requires("autoedit") or []
    except metadata.PackageNotFoundError:
        requirements = []
    found: dict[str, dict[str, Any]] = {}
    for requirement in requirements:
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", requirement)
        group = extra[1] if extra else ""
        if name == "autoedit" or group in ("dev", "render"):
            continue
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            version = None
        found[name] = {"version": version, "extra": group}
    return found


def device() -> dict[str, Any]:
    """What neural back ends would run on: "cuda", "mps" or "cpu", with its name and memory."""
    try:
        import torch
    except ModuleNotFoundError:
        return {"kind": "cpu", "note": "torch is not installed; the embedded pipeline needs none"}
    except (ImportError, OSError) as error:
        return {"kind": "cpu", "note": f"torch is installed but does not load: {error}"}
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        memory = round(properties.total_memory / 2**30, 1)
        return {"kind": "cuda", "name": properties.name, "memory_gb": memory}
    if torch.backends.mps.is_available():
        return {"kind": "mps", "name": platform.processor() or "Apple GPU"}
    return {"kind": "cpu"}


def _cores() -> int:
    # What this process may use: in a container that is less than what the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _tell(account: dict[str, Any]) -> None:
    from rich.table import Table

    graphics = account["device"]
    details = [str(graphics[key]) for key in ("name", "note") if key in graphics]
    memory = account["memory_gb"]
    facts = {
        "AutoEdit": account["autoedit"],
        "Python": f"{account['python']} ({account['executable']})",
        "Machine": f"{account['platform']}, {account['cores']} cores"
        + (f", {memory} GB memory" if memory else ""),
        "Device": " - ".join([graphics["kind"], *details]),
        "Pipelines": account["data"]["pipelines"],
        "Prompts": account["data"]["prompts"],
    }
    table = Table.grid(padding=(0, 2))
    for name, fact in facts.items():
        table.add_row(name, fact)
    console.say_table(table)
    console.say("")
    table = Table("library", "version", box=None, pad_edge=False)
    for name, facts in account["libraries"].items():
        hint = f"pip install 'autoedit[{facts['extra']}]'" if facts["extra"] else "missing"
        table.add_row(name, facts["version"] or f"not installed: {hint}")
    console.say_table(table)
    console.say("")
    table = Table("pipeline", "ready", box=None, pad_edge=False)
    for row in account["pipelines"]:
        table.add_row(row["name"], pipelines.readiness(row))
    console.say_table(table)
