"""What `import autoedit` offers, and that it costs nothing."""

import subprocess
import sys

import pytest

import autoedit

PINNED = [
    "EditPlan",
    "EditResult",
    "Editor",
    "Mask",
    "Photo",
    "__version__",
    "background",
    "edit",
    "errors",
    "extract",
    "inpaint",
    "load_pipeline",
    "plan",
    "product",
    "segment",
]


def test_the_public_names_are_these_and_no_others() -> None:
    assert autoedit.__all__ == PINNED
    assert dir(autoedit) == PINNED


@pytest.mark.parametrize("name", PINNED)
def test_every_public_name_is_there(name: str) -> None:
    value = getattr(autoedit, name)
    if callable(value):
        assert value.__name__ == name
        assert value.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'autoedit' has no attribute 'remove'"):
        _ = autoedit.remove  # pyright: ignore[reportAttributeAccessIssue]


def test_importing_autoedit_imports_no_library() -> None:
    code = "import sys, autoedit; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "autoedit" in loaded
    assert not loaded & {"numpy", "cv2", "PIL", "yaml", "pydantic", "typer", "rich", "torch"}
