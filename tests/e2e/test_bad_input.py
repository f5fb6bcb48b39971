"""Every bad input: one clear line, its exit code, no output file, no traceback."""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoedit.cli import main

PHOTO = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)
Make = Callable[[Path], Path]


def png(path: Path) -> Path:
    Image.fromarray(PHOTO).save(path / "photo.png")
    return path / "photo.png"


def written(name: str, content: bytes) -> Make:
    def make(path: Path) -> Path:
        (path / name).write_bytes(content)
        return path / name

    return make


def truncated(path: Path) -> Path:
    Image.fromarray(PHOTO).save(path / "whole.jpg")
    content = (path / "whole.jpg").read_bytes()
    (path / "whole.jpg").unlink()
    return written("cut.jpg", content[: len(content) // 2])(path)


def animated(path: Path) -> Path:
    frames = [Image.fromarray(PHOTO // n) for n in (1, 2, 3)]
    frames[0].save(path / "moving.gif", save_all=True, append_images=frames[1:])
    return path / "moving.gif"


def bomb(path: Path) -> Path:
    # A header that claims 60,000 by 60,000 pixels; nothing behind it needs to be there.
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    return written("bomb.png", content + struct.pack(">I", zlib.crc32(chunk)))(path)


def folder(path: Path) -> Path:
    (path / "folder").mkdir()
    return path / "folder"


def mask_of(array: np.ndarray) -> Make:
    def make(path: Path) -> Path:
        Image.fromarray(array.astype(np.uint8) * 255).save(path / "mask.png")
        return path / "mask.png"

    return make


def refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, code: int, message: str, *words: object
) -> None:
    before = sorted(tmp_path.rglob("*"))
    capsys.readouterr()
    assert main([str(word) for word in words]) == code
    out, err = capsys.readouterr()
    lines = err.strip().splitlines()
    assert out == ""
    assert lines[0].startswith("autoedit: error: ")
    assert message in lines[0]
    assert len(lines) == 1 or code == 3
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path / "nowhere.jpg", "nowhere.jpg"),
        (folder, "folder"),
        (written("empty.jpg", b""), "empty"),
        (truncated, "cut.jpg"),
        (written("text.jpg", b"this is a text, not a photo" * 20), "text.jpg"),
        (animated, "moving.gif"),
        (bomb, "bomb.png"),
    ],
)
def test_a_photo_that_cannot_be_edited(
    make: Make, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = make(tmp_path)
    refused(capsys, tmp_path, 2, message, "edit", photo, "remove the red mug", "-o",
            tmp_path / "out.png")  # fmt: skip


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((10, 10), bool), "10x10"),
        (np.zeros((60, 80), bool), "empty"),
        (np.ones((60, 80), bool), "whole photo"),
    ],
)
@pytest.mark.parametrize("command", ["edit", "inpaint"])
def test_a_mask_that_does_not_fit(
    command: str, array: np.ndarray, message: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    photo, mask, out = png(tmp_path), mask_of(array)(tmp_path), tmp_path / "out.png"
    words = (
        ["edit", photo, "remove the mug", "--mask", mask]
        if command == "edit"
        else ["inpaint", photo, mask]
    )
    refused(capsys, tmp_path, 2, message, *words, "-o", out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--box", "500,500,600,600"], "outside the photo"),
        (["--box", "9,9,9,20"], "empty"),
        (["--box", "1,2,3"], "box"),
        (["--point", "80,10"], "outside the photo"),
        (["--pick", "no"], "pick"),
        (["--pipeline", "nosuch"], "nosuch"),
        (["--set", "inpainting.patch=8"], "odd"),
        (["--set", "inpainting.nonsense=1"], "nonsense"),
        (["--set", "verification.attempts=0"], "attempts"),
        (["-o", "/nonexistent/folder/out.png"], "/nonexistent"),
    ],
)
def test_settings_that_do_not_fit(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = png(tmp_path)
    if "-o" not in words:
        words = [*words, "-o", str(tmp_path / "out.png")]
    code = 1 if "/nonexistent" in message else 2
    refused(capsys, tmp_path, code, message, "edit", photo, "remove the red thing", *words)


@pytest.mark.parametrize("instruction", ["", "   ", "x" * 10_000, "remove the mug " * 700])
def test_an_instruction_without_sense(
    instruction: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(capsys, tmp_path, 2, "", "edit", png(tmp_path), instruction, "-o",
            tmp_path / "out.png")  # fmt: skip


def test_a_photo_of_one_pixel_holds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(PHOTO[:1, :1]).save(tmp_path / "dot.png")
    refused(capsys, tmp_path, 3, "", "edit", tmp_path / "dot.png", "remove the red mug", "-o",
            tmp_path / "out.png")  # fmt: skip


def test_a_wrong_extension_is_no_obstacle(tmp_path: Path) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "photo.png", "JPEG")
    mask = np.zeros((60, 80), bool)
    mask[20:30, 20:30] = True
    out = tmp_path / "out.png"
    words = ["inpaint", tmp_path / "photo.png", mask_of(mask)(tmp_path), "-o", out]
    assert main([str(word) for word in words]) == 0
    assert Image.open(out).format == "PNG"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """A file-size limit stands in for the disk: the write fails half-way in the same place."""
    mask = np.zeros((60, 80), bool)
    mask[20:30, 20:30] = True
    photo, hole = png(tmp_path), mask_of(mask)(tmp_path)
    before = sorted(tmp_path.iterdir())

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = subprocess.run(
        [sys.executable, "-m", "autoedit", "inpaint", photo, hole, "-o", tmp_path / "out.png"],
        capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "out.png" in done.stderr
    assert sorted(tmp_path.iterdir()) == before
