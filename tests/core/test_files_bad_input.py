"""What cannot be a photo is refused in one clear line."""

import os
import struct
import threading
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from autoedit.core.files import load_photo, opening
from autoedit.errors import PhotoError
from tests.testing import deep_png, encoded, noise, png_chunk, smooth, tiff

FRAMES = [Image.fromarray(noise(8, 9) // (i + 1)) for i in range(3)]


def refusal(source: Any) -> str:
    """The message, which has to be one whole line."""
    with pytest.raises(PhotoError) as caught:
        load_photo(source)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "'autoedit[heic]'"))
    return message


def written(tmp_path: Path, content: bytes, name: str = "photo.jpg") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_missing(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "nowhere.jpg")
    assert "download it first" in refusal("https://example.org/photo.jpg")
    assert "photo.jpg/under" in refusal(written(tmp_path, b"x") / "under.jpg")
    refusal("a" * 5000)
    refusal("nul\0byte.jpg")


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    messages: list[str] = []
    thread = threading.Thread(
        target=lambda: messages.append(refusal(tmp_path / "pipe.jpg")), daemon=True
    )
    thread.start()
    thread.join(5)
    assert messages
    assert "pipe or device" in messages[0]
    assert "pipe or device" in refusal("/dev/zero")


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, encoded(noise(4, 4)))

    def refuse(*_: object, **__: object) -> None:  # permissions do not bind root
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"hello\n" * 100, b"%PDF-1.7 ...", b"BMX"])
def test_no_photo_in_it(tmp_path: Path, content: bytes) -> None:
    message = refusal(written(tmp_path, content))
    assert "photo.jpg is" in message
    refusal(content)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["JPEG", "progressive", "PNG", "WEBP", "BMP", "TIFF", "GIF",
                                  "AVIF", "deep PNG", "deep TIFF", "deep ZIP TIFF"])  # fmt: skip
def test_cut_short(tmp_path: Path, kind: str, share: float) -> None:
    whole = {
        "progressive": lambda: encoded(noise(64, 80), "JPEG", progressive=True),
        "deep PNG": lambda: deep_png(noise(64, 80, 3, np.uint16)),
        "deep TIFF": lambda: tiff(noise(64, 80, 3, np.uint16)),
        "deep ZIP TIFF": lambda: tiff(noise(64, 80, 3, np.uint16), compression="zlib"),
    }.get(kind, lambda: encoded(noise(64, 80), kind))()
    path = written(tmp_path, whole[: int(len(whole) * share)])
    assert "damaged" in refusal(path)
    path.write_bytes(whole)
    assert load_photo(path).shape == (64, 80)


def test_damaged_inside(tmp_path: Path) -> None:
    content = bytearray(encoded(noise(64, 80)))
    content[len(content) // 2] ^= 255
    assert "checksum" in refusal(written(tmp_path, bytes(content)))


@pytest.mark.parametrize("seed", range(60))
def test_any_damage_is_one_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"]
    whole = [*(encoded(smooth(24, 31), kind) for kind in kinds), tiff(noise(24, 31, 3, np.uint16)),
             tiff(noise(24, 31, 4, np.uint16), compression="zlib", tile=(16, 16))]  # fmt: skip
    for content in whole:
        broken = bytearray(content)
        for position in rng.integers(4, min(len(broken), 400), 6):
            broken[position] = rng.integers(256)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd tags
            try:
                load_photo(bytes(broken))
            except PhotoError as error:
                assert "\n" not in str(error)


def test_the_content_decides_not_the_suffix(tmp_path: Path) -> None:
    photo = load_photo(written(tmp_path, encoded(smooth(9, 8), "JPEG"), "photo.png"))
    assert photo.facts.format == "JPEG"
    assert photo.name == "photo.png"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animated(tmp_path: Path, kind: str) -> None:
    content = encoded(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:])
    message = refusal(written(tmp_path, content))
    assert "animated" in message
    assert "one frame" in message


@pytest.mark.parametrize("deep", [False, True])
def test_several_pages(tmp_path: Path, deep: bool) -> None:
    pages = noise(2, 8, 9).astype(np.uint16 if deep else np.uint8)
    message = refusal(written(tmp_path, tiff(pages, photometric="minisblack")))
    assert "several pages" in message


def test_more_pixels_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_PIXELS", 99)
    sources = [encoded(noise(10, 10), kind) for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF")]
    deep = noise(10, 10, 3, np.uint16)
    for source in [*sources, deep_png(deep), tiff(deep), noise(10, 10), FRAMES[0].resize((10, 10))]:
        assert "10x10 pixels" in refusal(source)
    assert load_photo(noise(9, 11)).shape == (9, 11)


def test_a_bomb_is_refused_by_its_header() -> None:
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(10_000))), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "40000x40000" in refusal(bomb)


def test_pillows_own_limit_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)  # warns above 20 and raises above 40
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_photo(encoded(noise(10, 10), "JPEG")).shape == (10, 10)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (noise(6, 7).astype(np.float32), "32-bit floating-point"),
        (noise(6, 7, 1).astype(np.float32), "32-bit floating-point"),
        (noise(6, 7).astype(np.uint32), "32-bit samples"),
        (noise(6, 7, 1).astype(np.int16), "16-bit signed"),
    ],
)
def test_samples_that_cannot_be_edited(samples: np.ndarray, words: str) -> None:
    assert words in refusal(tiff(samples))


def test_raw_files_and_pil_modes() -> None:
    raw = tiff(noise(6, 7), extratags=[(50706, 1, 4, bytes([1, 4, 0, 0]), True)])
    assert "raw file" in refusal(raw)
    assert "kind F" in refusal(Image.fromarray(np.ones((3, 3), np.float32)))
    assert "kind I," in refusal(Image.fromarray(np.ones((3, 3), np.int32)))
    assert "no pixels" in refusal(Image.new("RGB", (0, 4)))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 0), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4), bool),
        np.full((4, 4, 3), np.nan),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((2, 4, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
        np.array("x"),
    ],
    ids=range(9),
)
def test_arrays_of_another_kind(array: np.ndarray) -> None:
    message = refusal(array)
    assert "no pixels" in message or "uint8" in message


def test_things_that_are_no_photo() -> None:
    assert "int" in refusal(3)
    assert "NoneType" in refusal(None)
    assert "coffee" in refusal("sample:teapot")


def test_heic_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.importlib.util, "find_spec", lambda _: None)
    assert "autoedit[heic]" in refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_one_pixel_is_a_photo(channels: int, tmp_path: Path) -> None:
    array = noise(1, 1, channels)
    path = tmp_path / "dot.png"
    for source in (array, array.astype(np.uint16) * 257, encoded(array)):
        photo = load_photo(source)
        assert photo.shape == (1, 1)
        assert photo.pixels[0, 0, 0] == array.reshape(-1)[0]
    path.write_bytes(encoded(array))
    assert load_photo(path).shape == (1, 1)
