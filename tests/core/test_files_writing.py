"""A file appears whole or not at all."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from autoedit.core.files import encoding, load_photo, save_photo, writing
from autoedit.core.photo import Photo
from autoedit.errors import OutputError, SettingError
from tests.testing import noise, smooth


@pytest.fixture
def photo() -> Photo:
    return load_photo(smooth(20, 30))


def refusal(photo: Photo, path: Path, **options: Any) -> str:
    before = sorted(p for p in path.parent.iterdir()) if path.parent.is_dir() else []
    with pytest.raises(OutputError) as caught:
        save_photo(photo, path, **options)
    after = sorted(p for p in path.parent.iterdir()) if path.parent.is_dir() else []
    assert after == before
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


@pytest.mark.parametrize("suffix", writing.FORMATS)
def test_the_suffix_decides_the_format(suffix: str, photo: Photo, tmp_path: Path) -> None:
    if writing.FORMATS[suffix] == "HEIF":
        pytest.importorskip("pillow_heif")
    path = tmp_path / f"out{suffix.upper()}"
    assert save_photo(photo, str(path)) == path
    assert load_photo(path).facts.format == writing.FORMATS[suffix]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["out", "out.xyz", "out.jpg.bak"])
def test_an_unknown_suffix_lists_the_known(name: str, photo: Photo, tmp_path: Path) -> None:
    message = refusal(photo, tmp_path / name)
    assert ".jpg" in message
    assert ".tiff" in message


def test_no_folder_a_folder_and_a_device(photo: Photo, tmp_path: Path) -> None:
    assert "create it first" in refusal(photo, tmp_path / "none" / "out.png")
    (tmp_path / "dir.png").mkdir()
    assert "is a folder" in refusal(photo, tmp_path / "dir.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert "pipe or device" in refusal(photo, tmp_path / "pipe.png")
    (tmp_path / "full.png").symlink_to("/dev/full")
    assert "pipe or device" in refusal(photo, tmp_path / "full.png")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)
    refusal(photo, tmp_path / ("a" * 300 + ".png"))
    with pytest.raises(OutputError):
        save_photo(photo, "nul\0byte.png")


def test_a_folder_without_permission(
    photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:  # permissions do not bind root
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(writing.os, "open", refuse)
    assert "may not be written" in refusal(photo, tmp_path / "out.png")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing(
    call: str, photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"what was there")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if call == "fsync":
        monkeypatch.setattr(writing.os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    assert "disk is full" in refusal(photo, path)
    assert path.read_bytes() == b"what was there"
    assert "disk is full" in refusal(photo, tmp_path / "new.png", overwrite=False)


def test_a_real_limit_on_the_size_of_files(tmp_path: Path) -> None:
    script = (
        "import resource, sys\n"
        "import numpy as np\n"
        "from autoedit.core.files import load_photo, save_photo\n"
        "from autoedit.errors import OutputError\n"
        "photo = load_photo(np.zeros((200, 200, 3), np.uint8))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "try:\n"
        f"    save_photo(photo, {str(tmp_path / 'out.bmp')!r})\n"
        "except OutputError as error:\n"
        "    sys.exit(str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "does not fit" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error", [OSError("encoder error -2"), ValueError("odd"), TypeError(), MemoryError()]
)
def test_an_encoder_that_fails(
    error: Exception, photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise error

    monkeypatch.setattr(encoding, "_saved", fail)
    refusal(photo, tmp_path / "out.png")


def test_a_photo_too_large_for_its_format(tmp_path: Path) -> None:
    refusal(load_photo(noise(1, 16_400)), tmp_path / "out.webp")


def test_an_interruption_leaves_nothing(
    photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_photo(photo, tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays_unless_it_may_go(photo: Photo, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"an original")
    assert "already there" in refusal(photo, path, overwrite=False)
    assert path.read_bytes() == b"an original"
    save_photo(photo, path)
    assert load_photo(path).shape == photo.shape
    save_photo(photo, tmp_path / "other.png", overwrite=False)
    assert (tmp_path / "other.png").read_bytes() == path.read_bytes()


def test_only_one_of_many_at_once_gets_a_name(photo: Photo, tmp_path: Path) -> None:
    results: list[str] = []
    start = threading.Barrier(8)

    def write() -> None:
        start.wait()
        try:
            save_photo(photo, tmp_path / "out.png", overwrite=False)
            results.append("written")
        except OutputError:
            results.append("refused")

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["refused"] * 7 + ["written"]
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]


def test_a_name_taken_while_writing_is_not_replaced(
    photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.png"
    monkeypatch.setattr(writing.os, "fsync", lambda _: path.write_bytes(b"another's"))
    with pytest.raises(OutputError, match="already there"):
        save_photo(photo, path, overwrite=False)
    assert path.read_bytes() == b"another's"
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]


def test_permissions(photo: Photo, tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        save_photo(photo, tmp_path / "new.png")
        save_photo(photo, tmp_path / "fresh.png", overwrite=False)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "fresh.png").stat().st_mode) == 0o640
    (tmp_path / "new.png").chmod(0o604)
    save_photo(photo, tmp_path / "new.png")
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o604


def test_a_link_stays_a_link(photo: Photo, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "photo.png").write_bytes(b"old")
    link = tmp_path / "link.png"
    link.symlink_to(tmp_path / "real" / "photo.png")
    save_photo(photo, link)
    assert link.is_symlink()
    assert load_photo(tmp_path / "real" / "photo.png").shape == photo.shape


@pytest.mark.parametrize("quality", [0, 101, -1])
def test_a_quality_out_of_range(quality: int, photo: Photo, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="1 to 100"):
        save_photo(photo, tmp_path / "out.jpg", quality=quality)
