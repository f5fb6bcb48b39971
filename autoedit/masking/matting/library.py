"""The one part of PyMatting that is used, without what importing the whole of it compiles.

`import pymatting` compiles each of its modules, half a minute on a machine's first run. The
closed-form Laplacian alone takes two seconds; it is loaded from its file, under its own name, so
that numba's cache and a later whole import find it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

_NAME = "pymatting.laplacian.cf_laplacian"


@lru_cache(maxsize=1)
def laplacian() -> Any:
    """PyMatting's `cf_laplacian(image, epsilon, radius, is_known)`.

    Raises:
        ImportError: when PyMatting is missing.
    """
    path = _file(_NAME)
    if _NAME in sys.modules or path is None:
        return importlib.import_module(_NAME).cf_laplacian
    return _loaded(_NAME, path).cf_laplacian


def _file(name: str) -> Path | None:
    """Where a module lies, told without importing what it is part of."""
    package, _, rest = name.partition(".")
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent.joinpath(*rest.split(".")).with_suffix(".py")
    return path if path.is_file() else None


def _loaded(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
