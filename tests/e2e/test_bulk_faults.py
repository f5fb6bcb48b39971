"""The fault drill: real processes, really killed, and nothing lost or done twice."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.bulk import drill
from tests.testing import png_chunk

GOOD = 54
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """54 good photos in two folders, and six that are bad each in its own way."""
    folder = tmp_path / "photos"
    for number in range(GOOD):
        drill.write_photo(folder / ("a", "b/c")[number % 2] / f"{number:02}.png", number)
    whole = drill.write_photo(folder / "truncated.png", 99).read_bytes()
    (folder / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (folder / "zero.jpg").write_bytes(b"")
    size = (100_000).to_bytes(4, "big")
    head = png_chunk(b"IHDR", size + size + bytes((8, 2, 0, 0, 0)))
    (folder / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IEND", b""))
    (folder / "text.jpg").write_text("not a photo")
    unreadable = drill.write_photo(folder / "unreadable.png")
    unreadable.chmod(0)
    if os.access(unreadable, os.R_OK):  # root reads everything but what is not there
        unreadable.unlink()
        unreadable.symlink_to(folder / "nowhere.png")
    drill.write_photo(folder / "crash.png", first=drill.SEGFAULT)
    return folder


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    drill.register(monkeypatch)
    return drill.write_pipeline(tmp_path / "drill.yaml", seconds=0.12)


def command(photos: Path, out: Path, pipeline: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "autoedit", "batch", drill.INSTRUCTION, str(photos), "-o", str(out),
        "--pipeline", str(pipeline), "--workers", "2", *more,
    ]  # fmt: skip


def start(*words: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def outputs(out: Path) -> dict[str, str]:
    """Name to hash of each result; every one of them is decoded on the way."""
    found: dict[str, str] = {}
    for path in sorted(out.rglob("*.png")):
        if ".autoedit" in path.parts:
            continue
        with Image.open(path) as image:
            image.load()
        found[path.relative_to(out).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def wait_for(out: Path, number: int, process: subprocess.Popen[str]) -> None:
    """Until so many results are there."""
    for _ in range(2000):
        if process.poll() is not None or len(list(out.rglob("*-obscure.png"))) >= number:
            return
        time.sleep(0.02)
    pytest.fail("it hangs")


def rows(out: Path, columns: str) -> list[tuple[Any, ...]]:
    base = sqlite3.connect(out / ".autoedit" / "ledger.sqlite")
    try:
        return base.execute(f"SELECT {columns} FROM photos ORDER BY photo").fetchall()
    finally:
        base.close()


@POSIX
def test_a_parent_killed_three_times_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, photos: Path, pipeline: Path, record_property: Callable[[str, object], None]
) -> None:
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "out"
    whole = start(photos, undisturbed, pipeline)
    _, errors = whole.communicate(timeout=120)
    assert whole.returncode == 1, errors

    seed = random.randrange(10**6)
    record_property("moments", seed)
    moments = random.Random(seed)
    finished: dict[str, float] = {}
    for kill in range(3):
        process = start(photos, out, pipeline)
        wait_for(out, moments.randint(8 * kill + 1, 8 * kill + 8), process)
        time.sleep(moments.random() * 0.2)
        process.kill()
        process.communicate()
        known = {photo: when for photo, state, when in rows(out, "photo, state, finished")
                 if state == 2}  # fmt: skip
        assert finished.items() <= known.items()  # what was recorded before was left alone
        finished = known
    assert 0 < len(finished) < GOOD

    last = start(photos, out, pipeline)
    _, errors = last.communicate(timeout=120)
    assert last.returncode == 1, errors

    assert outputs(out) == outputs(undisturbed)
    assert len(outputs(out)) == GOOD
    table = {Path(photo).name: (state, error) for photo, state, error
             in rows(out, "photo, state, error")}  # fmt: skip
    assert len(table) == GOOD + 6
    assert sum(state == 2 for state, _ in table.values()) == GOOD
    failed = {name: error for name, (state, error) in table.items() if state == 3}
    reasons = {
        "truncated.png": "damaged or cut short", "zero.jpg": "empty", "bomb.png": "pixels",
        "text.jpg": "not a photo", "unreadable.png": "unreadable.png", "crash.png": "SIGSEGV",
    }  # fmt: skip
    assert failed.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert reason in failed[name]
    hashes = {output: content for output, state, content
              in rows(out, "output, state, output_hash") if state == 2}  # fmt: skip
    assert hashes == outputs(out)
    then = {photo: when for photo, state, when in rows(out, "photo, state, finished") if state == 2}
    assert finished.items() <= then.items()
    assert not list((out / ".autoedit").glob("unfinished/*"))


@POSIX
def test_ctrl_c_once_finishes_what_is_under_way_and_twice_stops_now(
    tmp_path: Path, photos: Path, pipeline: Path
) -> None:
    out = tmp_path / "out"
    process = start(photos, out, pipeline)
    wait_for(out, 5, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Finishing what is under way" in errors
    states = [state for (state,) in rows(out, "state")]
    assert states.count(1) == 0
    assert 5 <= states.count(2) < GOOD
    assert states.count(2) == len(outputs(out))

    drill.write_pipeline(pipeline, seconds=30)  # another one: all is to be done anew
    process = start(photos, tmp_path / "slow", pipeline)
    lines = process.stderr
    assert lines is not None
    lines.readline()  # how many photos there are
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    assert any("Ctrl-C again" in line for line in lines)  # reads as far as that line
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=15)
    assert process.returncode == 130
    assert "Stopped now" in errors
    assert {state for (state,) in rows(tmp_path / "slow", "state")} <= {0, 3}


@POSIX
def test_a_second_run_on_one_output_folder_is_refused(
    tmp_path: Path, photos: Path, pipeline: Path
) -> None:
    out = tmp_path / "out"
    first = start(photos, out, pipeline)
    wait_for(out, 1, first)
    second = subprocess.run(
        command(photos, out, pipeline), capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"Another run (process {first.pid}) is writing to {out}" in second.stderr
    first.kill()
    first.communicate()
    third = subprocess.run(
        command(photos, out, pipeline), capture_output=True, text=True, check=False
    )
    assert third.returncode == 1  # for the bad photos; a dead run holds no lock
    assert "54 done, 6 failed" in third.stdout


FULL = """
import subprocess, sys
from pathlib import Path
out, command = Path(sys.argv[1]), sys.argv[2:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(out)], check=True)
ballast = out / "ballast"
ballast.write_bytes(bytes(int(1024 * 1024 * 0.78)))
for turn in range(2):
    done = subprocess.run(command, capture_output=True, text=True)
    results = len(list(out.rglob("*-obscure.png")))
    print(done.returncode, results, " ".join((done.stdout + done.stderr).split()))
    ballast.unlink(missing_ok=True)
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a small disk of its own")
def test_a_full_disk_stops_the_run_clearly_and_it_goes_on_later(
    tmp_path: Path, pipeline: Path
) -> None:
    for number in range(60):
        drill.write_photo(tmp_path / "photos" / f"{number:02}.png", number)
    out = tmp_path / "small"
    out.mkdir()
    words = ["unshare", "-Urm", sys.executable, "-c", FULL, str(out)]
    done = subprocess.run(
        [*words, *command(tmp_path / "photos", out, pipeline)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no disk may be mounted here")
    full, later = done.stdout.strip().splitlines()
    code, results, text = full.split(maxsplit=2)
    assert code == "1"
    assert 0 < int(results) < 60
    assert "disk is full" in text
    assert "what is done is kept" in text
    assert "Traceback" not in text
    code, results, text = later.split(maxsplit=2)
    assert (code, results) == ("0", "60"), text
    assert "60 done." in text
