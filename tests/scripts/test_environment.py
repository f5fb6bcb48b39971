"""The scripts set .venv up once, with a stand-in for Python that only pretends to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAND_IN = f"""#!/bin/sh
case "$*" in
    *version_info*) [ -z "${{TOO_OLD:-}}" ] ;;
    -c*) exec {sys.executable} "$@" ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && : > "$3/pip" ;;
    "-m pip --version") [ -e "$(dirname "$0")/../pip" ] ;;
    "-m pip install"*)
        sleep 0.3
        echo "$*" >> "$LOG"
        echo "WARNING: chatter"
        echo "ERROR: no network" >&2
        [ -z "${{OFFLINE:-}}" ] ;;
    "-m autoedit"*) echo "ran $*" ;;
esac
"""

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="the scripts are for sh")


class Checkout:
    """A copy of what the scripts need, with only the stand-in on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.log = folder / "pip.log"
        self.programs = folder / "programs"
        shutil.copytree(ROOT / "scripts", self.root / "scripts", symlinks=True)
        shutil.copy(ROOT / "pyproject.toml", self.root)
        self.programs.mkdir()
        stand_in = self.programs / "python3.12"
        stand_in.write_text(STAND_IN)
        stand_in.chmod(0o755)

    def start(self, *words: str, script: str = "autoedit", **variables: str) -> subprocess.Popen:
        environment = {"PATH": f"{self.programs}:/usr/bin:/bin", "LOG": str(self.log), **variables}
        # A real Python of the system must not be found instead of the stand-in.
        for name in ("python3.11", "python3.13", "python3.14", "python3"):
            blocker = self.programs / name
            blocker.write_text("#!/bin/sh\nexit 1\n")
            blocker.chmod(0o755)
        return subprocess.Popen(
            [str(self.root / "scripts" / script), *words],
            cwd="/", env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words: str, script: str = "autoedit", **variables: str) -> tuple[int, str, str]:
        process = self.start(*words, script=script, **variables)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    @property
    def installs(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_start_sets_up_and_the_second_does_not(checkout: Checkout) -> None:
    first = checkout.run("edit", "a b.jpg", "remove it")
    assert first == (0, "ran -m autoedit edit a b.jpg remove it\n",
                     "Setting up AutoEdit (once)...\n")  # fmt: skip
    assert checkout.run("doctor") == (0, "ran -m autoedit doctor\n", "")
    (install,) = checkout.installs
    assert install.endswith(f"-e {checkout.root}")


def test_two_first_starts_at_once_install_once(checkout: Checkout) -> None:
    starts = [checkout.start("--version") for _ in range(3)]
    results = [start.communicate(timeout=60) for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0]
    assert [out for out, _ in results] == ["ran -m autoedit --version\n"] * 3
    assert len(checkout.installs) == 1
    assert sorted(err for _, err in results) == ["", "", "Setting up AutoEdit (once)...\n"]


def test_another_dependency_installs_again_and_another_lint_rule_does_not(
    checkout: Checkout,
) -> None:
    checkout.run()
    settings = checkout.root / "pyproject.toml"
    text = settings.read_text()
    settings.write_text(text.replace("line-length = 100", "line-length = 99"))
    assert checkout.run()[2] == ""
    settings.write_text(text.replace('"numba>=', '"numba>=9', 1))
    assert "Setting up" in checkout.run()[2]
    settings.write_text(text.replace('"hypothesis>=', '"hypothesis>=9', 1))
    assert "Setting up" in checkout.run()[2]
    assert len(checkout.installs) == 3


def test_a_failed_setup_shows_its_log_and_is_tried_again(checkout: Checkout) -> None:
    code, out, err = checkout.run(OFFLINE="yes")
    assert (code, out) == (1, "")
    assert "ERROR: no network" in err
    assert err.splitlines()[-1].startswith("autoedit: error: The setup failed")
    assert checkout.run()[0] == 0
    assert len(checkout.installs) == 2


def test_the_development_tools_are_enough_for_the_program(checkout: Checkout) -> None:
    checkout.run(script="test")
    assert checkout.installs[0].endswith("[dev]")
    assert checkout.run("doctor") == (0, "ran -m autoedit doctor\n", "")
    assert len(checkout.installs) == 1


def test_the_program_alone_is_not_enough_for_the_tests(checkout: Checkout) -> None:
    checkout.run()
    checkout.run(script="check")
    assert [install.endswith("[dev]") for install in checkout.installs] == [False, True]


def test_without_a_python_that_is_new_enough_one_line_says_so(checkout: Checkout) -> None:
    code, out, err = checkout.run(TOO_OLD="yes")
    assert (code, out) == (1, "")
    assert err == (
        "autoedit: error: Python 3.11 or later is needed, and was not found. Install it first.\n"
    )
    assert not checkout.installs


@pytest.mark.parametrize("name", ["autoedit", "check", "test", "../.ci/run"])
def test_the_scripts_can_be_run(name: str) -> None:
    assert os.access(ROOT / "scripts" / name, os.X_OK)
