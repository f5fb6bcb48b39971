"""Pixels in and out: which formats lose nothing, and what becomes of the rest."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from autoedit.core.files import load_photo, save_photo
from autoedit.core.files.encoding import encode
from tests.testing import SHARED, deep_png, encoded, noise, smooth, tiff

CHANNELS = [1, 2, 3, 4]


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(["PNG", "TIFF"]),
    st.sampled_from([np.uint8, np.uint16]),
    st.integers(1, 4),
    st.data(),
)
def test_outside_the_mask_every_bit_stays(
    kind: str, dtype: Any, channels: int, data: st.DataObject
) -> None:
    shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    samples = data.draw(arrays.arrays(dtype, (*shape, channels)))
    mask = data.draw(arrays.arrays(np.bool_, shape))
    flat = samples[:, :, 0] if channels == 1 else samples
    if kind == "TIFF":
        order = data.draw(st.sampled_from("<>"))
        squeeze = data.draw(st.sampled_from([None, "zlib"]))
        content = tiff(flat, byteorder=order, compression=squeeze, predictor=squeeze is not None)
    else:
        content = encoded(flat) if dtype == np.uint8 else deep_png(flat)
    photo = load_photo(content)
    pixels = photo.pixels.copy()
    pixels[mask] = data.draw(st.integers(0, 255))
    again = load_photo(encode(photo.with_pixels(pixels), kind, None))
    np.testing.assert_array_equal(again.pixels[~mask], photo.pixels[~mask])
    np.testing.assert_array_equal(again.pixels[mask], pixels[mask])
    assert (again.deep is not None) == (dtype == np.uint16)
    out = np.asarray(again.to_image()) if again.deep is None else again.deep
    np.testing.assert_array_equal(out.reshape(samples.shape)[~mask], samples[~mask])


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"rowsperstrip": 17},
        {"tile": (32, 48)},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True, "rowsperstrip": 17},
        {"compression": "zlib", "predictor": True, "tile": (32, 48)},
        {"planarconfig": "separate"},
        {"planarconfig": "separate", "compression": "zlib", "tile": (16, 16)},
    ],
    ids=str,
)
def test_deep_tiff_layouts(layout: dict[str, Any], channels: int, order: str) -> None:
    samples = noise(70, 90, channels, np.uint16)
    stored = samples
    if layout.get("planarconfig"):
        if channels == 1:
            pytest.skip("one channel has one plane")
        stored = np.ascontiguousarray(np.moveaxis(samples, 2, 0))
        options = {"photometric": "rgb" if channels > 2 else "minisblack"}
        layout = layout | options | ({"extrasamples": [2]} if channels in (2, 4) else {})
    photo = load_photo(tiff(stored, byteorder=order, **layout))
    assert photo.deep is not None
    np.testing.assert_array_equal(photo.deep.reshape(samples.shape), samples)


@pytest.mark.parametrize("compression", [5, 32773, 8], ids=["LZW", "PackBits", "Deflate"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_deep_tiff_compressions_of_another_writer(compression: int, channels: int) -> None:
    samples = noise(40, 50, channels, np.uint16)
    stored = samples if channels == 1 else samples[:, :, [2, 1, 0, 3][:channels]]
    ok, content = cv2.imencode(".tif", stored, [cv2.IMWRITE_TIFF_COMPRESSION, compression])
    assert ok
    photo = load_photo(content.tobytes())
    assert photo.deep is not None
    np.testing.assert_array_equal(photo.deep.reshape(samples.shape), samples)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_other_programs_read_what_is_written_deep(
    suffix: str, channels: int, tmp_path: Path
) -> None:
    samples = noise(150, 33, channels, np.uint16)
    path = save_photo(load_photo(samples), tmp_path / f"out{suffix}")
    if suffix == ".tif":
        np.testing.assert_array_equal(tifffile.imread(path).reshape(samples.shape), samples)
        return
    order = {1: [0], 2: [0, 3], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]  # OpenCV has BGRA
    read = np.atleast_3d(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))[:, :, order]
    np.testing.assert_array_equal(read.reshape(samples.shape), samples)
    with Image.open(path) as image:
        mode = image.mode
    assert mode == {1: "I;16", 2: "RGBA", 3: "RGB", 4: "RGBA"}[channels]


def test_white_is_zero_and_premultiplied_tiffs() -> None:
    samples = noise(9, 8, 1, np.uint16)
    photo = load_photo(tiff(65535 - samples, photometric="miniswhite"))
    assert photo.deep is not None
    np.testing.assert_array_equal(photo.deep[:, :, 0], samples)
    plain = noise(9, 8, 4, np.uint16) // 2 + 20_000
    ready = plain.copy()
    ready[:, :, :3] = np.rint(plain[:, :, :3] * (plain[:, :, 3:] / 65535))
    photo = load_photo(tiff(ready, extrasamples=["assocalpha"]))
    assert photo.deep is not None
    assert np.abs(photo.deep.astype(int) - plain).max() <= 2
    assert any("premultiplied" in note for note in photo.notes)
    more = load_photo(tiff(noise(9, 8, 5, np.uint16), photometric="rgb", extrasamples=[0, 0]))
    assert more.alpha is None
    assert any("left out: 2" in note for note in more.notes)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
@pytest.mark.parametrize("channels", CHANNELS)
def test_lossless_formats_lose_nothing(channels: int, suffix: str, tmp_path: Path) -> None:
    photo = load_photo(noise(21, 34, channels))
    again = load_photo(save_photo(photo, tmp_path / f"out{suffix}"))
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    if photo.alpha is None:
        assert again.alpha is None
    else:
        assert again.alpha is not None
        np.testing.assert_array_equal(again.alpha, photo.alpha)
    if suffix != ".bmp":
        assert again.grey == photo.grey


@pytest.mark.parametrize("compressed", [False, True])
def test_a_tiff_stays_compressed_or_not(compressed: bool, tmp_path: Path) -> None:
    options: dict[str, Any] = {"compression": "zlib"} if compressed else {}
    photo = load_photo(tiff(smooth(90, 90), **options))
    with tifffile.TiffFile(save_photo(photo, tmp_path / "out.tif")) as file:
        assert (file.pages[0].compression == 8) is compressed  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["P", "1", "CMYK", "YCbCr"])
def test_eight_bit_tiff_modes(mode: str) -> None:
    image = Image.fromarray(smooth(20, 30)).convert(mode)
    photo = load_photo(encoded(image, "TIFF"))
    expected = image.convert("L" if mode == "1" else "RGB")
    np.testing.assert_array_equal(np.asarray(photo.to_image()), np.asarray(expected))
    assert bool(photo.notes) == (mode in ("P", "CMYK"))


def test_palettes_become_rgb_with_a_note() -> None:
    image = Image.fromarray(smooth(20, 30)).quantize(40)
    photo = load_photo(encoded(image))
    np.testing.assert_array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    assert any("palette" in note for note in photo.notes)
    assert photo.alpha is None
    clear = load_photo(encoded(image, transparency=3))
    assert clear.alpha is not None
    np.testing.assert_array_equal(clear.alpha == 0, np.asarray(image) == 3)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_colour_key_becomes_alpha(channels: int, deep: bool) -> None:
    samples = noise(8, 9, channels, np.uint16 if deep else np.uint8)
    samples[2:4] = key = samples[0, 0]
    if deep:
        content = deep_png(samples, (b"tRNS", np.atleast_1d(key).astype(">u2").tobytes()))
    else:
        colour = tuple(int(v) for v in key) if channels == 3 else int(key)
        content = encoded(samples, transparency=colour)
    photo = load_photo(content)
    assert photo.alpha is not None
    same = (np.atleast_3d(samples) == key).all(axis=2)
    np.testing.assert_array_equal(photo.alpha, np.where(same, 0, 255))
    assert (photo.deep is not None) == deep


def test_black_and_white_is_grey() -> None:
    photo = load_photo(encoded(Image.fromarray(noise(9, 8, 1)).convert("1")))
    assert photo.grey
    assert set(np.unique(photo.pixels)) == {0, 255}


def test_a_gif_of_one_frame(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    image = Image.fromarray(smooth(20, 30)).quantize(200)
    photo = load_photo(encoded(image, "GIF"))
    np.testing.assert_array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    again = load_photo(save_photo(photo, tmp_path / "out.gif"))
    assert "256 colours" in caplog.text
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 6


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif", ".heic"])
@pytest.mark.parametrize("channels", CHANNELS)
def test_lossy_formats_stay_close(channels: int, suffix: str, tmp_path: Path) -> None:
    if suffix == ".heic":
        pytest.importorskip("pillow_heif")
    samples = smooth(40, 56, channels)
    if channels in (2, 4):
        samples[:, :, -1] = 255
    photo = load_photo(samples)
    again = load_photo(save_photo(photo, tmp_path / f"out{suffix}"))
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 2.5


@pytest.mark.parametrize("channels", [2, 4])
def test_clear_is_white_in_a_jpeg(
    channels: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    samples = np.zeros((16, 16, channels), np.uint8)
    samples[:, 8:, -1] = 255
    photo = load_photo(save_photo(load_photo(samples), tmp_path / "out.jpg"))
    assert photo.grey == (channels == 2)
    assert photo.pixels[:, :7].min() > 245
    assert photo.pixels[:, 9:].max() < 10
    assert "white" in caplog.text


def test_sixteen_bits_in_a_jpeg_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    photo = load_photo(smooth(16, 16).astype(np.uint16) * 257)
    again = load_photo(save_photo(photo, tmp_path / "out.jpg"))
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 2
    assert "16 bits" in caplog.text


@pytest.mark.parametrize("name", ["coffee", "rocket", "astronaut", "motorcycle"])
def test_sample_photos(name: str) -> None:
    photo = load_photo(f"sample:{name}")
    assert min(photo.shape) > 300
    assert name in photo.name


def test_arrays_are_copied() -> None:
    array = noise(4, 5)
    photo = load_photo(array)
    before = photo.pixels.copy()
    array[:] = 0
    np.testing.assert_array_equal(photo.pixels, before)
    assert photo.pixels.flags.writeable


def test_real_photos_come_back_the_same(tmp_path: Path) -> None:
    photos = sorted((SHARED / "photos" / "objects").glob("*.*"), key=lambda p: p.stat().st_size)[:6]
    if not photos:
        pytest.skip("no shared photos here")
    for path in photos:
        photo = load_photo(path)
        with Image.open(path) as image:
            np.testing.assert_array_equal(photo.pixels, np.asarray(image.convert("RGB")))
        again = load_photo(save_photo(photo, tmp_path / f"out{path.suffix}"))
        limit = 0 if photo.facts.format == "PNG" else 1.5
        assert np.abs(again.pixels.astype(int) - photo.pixels).mean() <= limit
        if photo.facts.format == "JPEG":
            size = (tmp_path / f"out{path.suffix}").stat().st_size
            assert 0.8 < size / path.stat().st_size < 1.25


def test_twelve_megapixels_in_little_time_and_memory(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    path = tmp_path / "large.jpg"
    path.write_bytes(encoded(np.tile(smooth(300, 400), (10, 10, 1)), "JPEG", quality=90))
    script = (
        "import resource, sys\n"
        "from autoedit.core.files import load_photo, save_photo\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = peak()\n"
        f"save_photo(load_photo({str(path)!r}), {str(tmp_path / 'out.jpg')!r})\n"
        "print(peak() - before)\n"
        "assert 'cv2' not in sys.modules and 'skimage' not in sys.modules\n"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) < 250  # MB
    assert time.perf_counter() - started < 20
