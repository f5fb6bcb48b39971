"""Where the data files lie that come with AutoEdit."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

_PACKAGE = "autoedit"


def data_directory(kind: str) -> Path:
    """Where "pipelines" or "prompts" lie: inside the installed package, else in the checkout."""
    packaged = Path(str(resources.files(_PACKAGE))) / "data" / kind
    if packaged.is_dir():
        return packaged
    return Path(str(resources.files(_PACKAGE))).parent / kind
