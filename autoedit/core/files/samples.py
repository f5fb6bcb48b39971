"""Photos that come with scikit-image, by name: `sample:coffee`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from autoedit.errors import PhotoError

PREFIX = "sample:"

_FILES = {
    "astronaut": "astronaut.png",
    "coffee": "coffee.png",
    "motorcycle": "motorcycle_left.png",
    "rocket": "rocket.jpg",
}


def sample_path(name: str) -> Path:
    """The file of a sample photo, found without importing scikit-image and without a download.

    Args:
        name: with or without the prefix.

    Raises:
        PhotoError: for an unknown name, or when scikit-image is not installed.
    """
    short = name.removeprefix(PREFIX)
    if short not in _FILES:
        raise PhotoError(f"There is no sample photo {short!r}; there is: {', '.join(_FILES)}.")
    found = importlib.util.find_spec("skimage")
    if found is None or found.origin is None:
        raise PhotoError(
            "Sample photos come with scikit-image, which is not installed. "
            "Run: pip install scikit-image"
        )
    return Path(found.origin).parent / "data" / _FILES[short]
