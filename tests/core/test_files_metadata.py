"""What a file says beside its pixels comes out as it went in."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps, IptcImagePlugin, PngImagePlugin

from autoedit.core.files import load_photo, save_photo
from autoedit.core.photo import Photo
from tests.testing import ICC, XMP, deep_png, encoded, exif, noise, read_exif, smooth, tiff

TURNED = XMP.replace(b'"6"', b'"1"')


def png_source(orientation: int, samples: Any = None) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add_text("Author", "Ada")
    text.add(b"gAMA", (45455).to_bytes(4, "big"))
    return encoded(
        smooth(20, 30) if samples is None else samples, "PNG",
        exif=exif(orientation), icc_profile=ICC, dpi=(300, 300), pnginfo=text,
    )  # fmt: skip


def tiff_source(orientation: int, **options: Any) -> bytes:
    samples = options.pop("samples", smooth(20, 30))
    tags = [(274, 3, 1, orientation, True), (700, 1, len(XMP), XMP, True),
            (271, 2, 0, "Kamera", True), (315, 2, 0, "Ada", True)]  # fmt: skip
    return tiff(samples, extratags=tags, iccprofile=ICC, resolution=(300, 300), **options)


def source(kind: str, orientation: int = 6) -> bytes:
    if kind == "PNG":
        return png_source(orientation)
    if kind == "deep PNG":
        plain = png_source(orientation)
        extra = plain[33 : plain.index(b"IDAT") - 4]
        whole = deep_png(noise(20, 30, 3, np.uint16))
        block = plain[plain.index(b"eXIf") - 4 : -12]  # Pillow puts it behind the pixels
        return whole[:33] + extra + whole[33:-12] + block + whole[-12:]
    if kind == "TIFF":
        return tiff_source(orientation)
    if kind == "deep TIFF":
        return tiff_source(orientation, samples=noise(20, 30, 3, np.uint16), byteorder=">")
    options: dict[str, Any] = {"exif": exif(orientation), "xmp": XMP, "icc_profile": ICC}
    if kind == "JPEG":
        options["dpi"] = (300, 300)
    return encoded(smooth(20, 30), kind, **options)


def saved(photo: Photo, path: Path) -> Image.Image:
    with Image.open(save_photo(photo, path)) as image:
        image.load()
        return image


SOURCES = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "deep PNG", "deep TIFF"]
TARGETS = [".jpg", ".png", ".webp", ".tif", ".avif"]


@pytest.mark.parametrize("suffix", TARGETS)
@pytest.mark.parametrize("kind", SOURCES)
def test_exif_xmp_icc_and_dpi_are_kept(kind: str, suffix: str, tmp_path: Path) -> None:
    photo = load_photo(source(kind))
    assert photo.shape == (30, 20)
    path = tmp_path / f"out{suffix}"
    image = saved(photo, path)
    assert image.size == (20, 30)
    assert image.info["icc_profile"] == ICC
    assert image.info["xmp"] == TURNED
    block = image.getexif()
    assert block[271] == "Kamera"
    assert block[315] == "Ada"
    assert block.get(274, 1) == 1
    if "TIFF" not in kind:  # tifffile, which made that source, writes no EXIF directory
        assert block.get_ifd(34665)[42036] == "Lens 50mm"
        assert block.get_ifd(34853)[1] == "N"
    if kind not in ("WEBP", "AVIF") and suffix not in (".webp", ".avif"):
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    again = load_photo(path)
    assert again.facts.exif is not None
    assert read_exif(again.facts.exif)[271] == "Kamera"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "deep PNG", "deep TIFF"])
def test_the_orientation_is_applied_once(kind: str, orientation: int, tmp_path: Path) -> None:
    content = source(kind, orientation)
    stored = source(kind, 1)
    as_stored = load_photo(stored).pixels
    plain = Image.fromarray(as_stored)
    plain.getexif()[274] = orientation
    expected = np.asarray(ImageOps.exif_transpose(plain))
    photo = load_photo(content)
    np.testing.assert_array_equal(photo.pixels, expected)
    if photo.deep is not None:
        np.testing.assert_array_equal(np.rint(photo.deep / 257), expected)
    again = load_photo(save_photo(photo, tmp_path / "out.png"))
    np.testing.assert_array_equal(again.pixels, expected)


def test_orientation_of_grey_alpha_and_pil_images() -> None:
    for channels in (1, 2, 4):
        samples = noise(5, 8, channels)
        photo = load_photo(encoded(samples, "PNG", exif=exif(8)))
        expected = np.rot90(samples)
        assert photo.shape == (8, 5)
        np.testing.assert_array_equal(np.asarray(photo.to_image()), expected)
    image = Image.open(io.BytesIO(source("JPEG")))
    np.testing.assert_array_equal(load_photo(image).pixels, load_photo(source("JPEG")).pixels)


def test_width_and_height_in_the_exif_follow_the_turn() -> None:
    block = exif(6)
    block.get_ifd(34665).update({0xA002: 30, 0xA003: 20})
    photo = load_photo(encoded(smooth(20, 30), "JPEG", exif=block))
    directory = read_exif(photo.facts.exif).get_ifd(34665)
    assert (directory[0xA002], directory[0xA003]) == (20, 30)
    assert directory[42036] == "Lens 50mm"


def test_the_thumbnail_of_the_photo_before_the_edit_goes() -> None:
    thumbnail = encoded(smooth(8, 8), "JPEG")
    base = exif(1).tobytes()
    tiff_part = bytearray(base[6:])
    order = "little" if tiff_part[:2] == b"II" else "big"
    first = int.from_bytes(tiff_part[4:8], order)
    link = first + 2 + 12 * int.from_bytes(tiff_part[first : first + 2], order)
    tiff_part[link : link + 4] = len(tiff_part).to_bytes(4, order)
    start = len(tiff_part) + 2 + 24 + 4
    entries = [(0x201, start), (0x202, len(thumbnail))]
    tiff_part += (2).to_bytes(2, order)
    for tag, value in entries:
        tiff_part += b"".join(
            n.to_bytes(size, order) for n, size in ((tag, 2), (4, 2), (1, 4), (value, 4))
        )
    block = bytes(tiff_part) + bytes(4) + thumbnail
    content = encoded(smooth(20, 30), "JPEG", exif=b"Exif\0\0" + block)
    assert content.count(thumbnail) == 1
    kept = load_photo(content).facts.exif
    assert kept is not None
    assert thumbnail[20:] not in kept
    assert read_exif(kept)[271] == "Kamera"


def test_maker_notes_stay_byte_for_byte() -> None:
    block = exif(6)
    note = bytes(range(256)) * 3
    block.get_ifd(34665)[37500] = note
    kept = load_photo(encoded(smooth(20, 30), "JPEG", exif=block)).facts.exif
    original = block.tobytes()
    assert kept is not None
    assert kept.index(note) == original.index(note)
    assert sum(a != b for a, b in zip(kept, original, strict=True)) == 1  # the orientation


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_stop_a_photo(tmp_path: Path) -> None:
    for block in (b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0nonsense", b"Exif\0\0"):
        photo = load_photo(encoded(smooth(9, 9), "JPEG", exif=block))
        assert photo.shape == (9, 9)
        assert save_photo(photo, tmp_path / "out.jpg").stat().st_size > 100


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(12))
def test_any_damage_to_the_exif_leaves_the_photo(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    block = bytearray(exif(1).tobytes())
    for position in rng.integers(10, len(block), 5):
        block[position] = rng.integers(256)
    photo = load_photo(encoded(smooth(9, 12), "JPEG", exif=bytes(block)))
    for suffix in TARGETS:
        again = load_photo(save_photo(photo, tmp_path / f"out{suffix}"))
        assert sorted(again.shape) == [9, 12]
        if suffix in (".png", ".tif"):
            np.testing.assert_array_equal(again.pixels, photo.pixels)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [35, 75, 98])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_keeps_its_quality(
    quality: int, subsampling: int, progressive: bool, tmp_path: Path
) -> None:
    path = tmp_path / "in.jpg"
    path.write_bytes(encoded(smooth(64, 80), "JPEG", quality=quality, subsampling=subsampling,
                             progressive=progressive))  # fmt: skip
    photo = load_photo(path)
    again = load_photo(save_photo(photo, tmp_path / "out.jpg"))
    assert again.facts.quantization == photo.facts.quantization
    assert again.facts.subsampling == subsampling
    assert again.facts.progressive is progressive
    with Image.open(path) as before, Image.open(tmp_path / "out.jpg") as after:
        assert after.quantization == before.quantization  # type: ignore[attr-defined]
    difference = np.abs(again.pixels.astype(int) - photo.pixels)
    assert difference.mean() < 1.0


def test_a_grey_jpeg_stays_grey(tmp_path: Path) -> None:
    photo = load_photo(encoded(smooth(30, 40, 1), "JPEG", quality=60))
    image = saved(photo, tmp_path / "out.jpg")
    assert image.mode == "L"
    assert list(image.quantization.values()) == list((photo.facts.quantization or {}).values())  # type: ignore[attr-defined]


def test_a_given_quality_is_used(tmp_path: Path) -> None:
    photo = load_photo(encoded(smooth(64, 80), "JPEG", quality=90))
    sizes = [
        save_photo(photo, tmp_path / f"{q}.{suffix}", quality=q).stat().st_size
        for suffix in ("jpg", "webp", "avif", "heic")
        for q in (20, 95)
    ]
    assert all(low < 0.8 * high for low, high in zip(sizes[::2], sizes[1::2], strict=True))


def test_a_jpeg_from_another_format_is_95_and_444(tmp_path: Path) -> None:
    save_photo(load_photo(smooth(30, 40)), tmp_path / "out.jpg")
    expected = encoded(smooth(30, 40), "JPEG", quality=95, subsampling=0)
    assert load_photo(tmp_path / "out.jpg").facts.quantization == (
        load_photo(expected).facts.quantization
    )
    assert load_photo(tmp_path / "out.jpg").facts.subsampling == 0


def test_comment_and_iptc_of_a_jpeg(tmp_path: Path) -> None:
    caption = b"\x1c\x02\x78\x00\x08Red mugs"
    resources = b"".join(
        b"8BIM" + code.to_bytes(2, "big") + b"\0\0" + len(data).to_bytes(4, "big") + data
        + b"\0" * (len(data) % 2)
        for code, data in ((0x040C, b"a thumbnail of the photo before"), (0x0404, caption))
    )  # fmt: skip
    segment = b"Photoshop 3.0\0" + resources
    extra = b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment
    photo = load_photo(encoded(smooth(20, 30), "JPEG", comment=b"hello", extra=extra))
    image = saved(photo, tmp_path / "out.jpg")
    assert image.info["comment"] == b"hello"
    assert (IptcImagePlugin.getiptcinfo(image) or {})[(2, 120)] == b"Red mugs"  # type: ignore[arg-type]
    assert b"thumbnail" not in (tmp_path / "out.jpg").read_bytes()


def test_text_and_colour_chunks_of_a_png(tmp_path: Path) -> None:
    for content in (source("PNG"), source("deep PNG")):
        image = saved(load_photo(content), tmp_path / "out.png")
        assert image.info["Author"] == "Ada"
        assert image.info["gamma"] == pytest.approx(0.45455)


def test_a_tiffs_camera_and_place_stay(tmp_path: Path) -> None:
    first = save_photo(load_photo(source("JPEG")), tmp_path / "first.tif")
    block = saved(load_photo(first), tmp_path / "second.tif").getexif()
    assert block.get_ifd(34665)[42036] == "Lens 50mm"
    assert block.get_ifd(34853)[1] == "N"
    with tifffile.TiffFile(tmp_path / "second.tif") as file:
        assert file.pages[0].tags[34665].value["LensModel"] == "Lens 50mm"  # type: ignore[union-attr]


def test_metadata_too_large_for_a_jpeg_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = encoded(smooth(9, 9), "WEBP", xmp=b"<x>" + b" " * 70_000 + b"</x>", exif=exif())
    image = saved(load_photo(content), tmp_path / "out.jpg")
    assert "xmp" not in image.info
    assert image.getexif()[271] == "Kamera"
    assert "XMP" in caplog.text


@pytest.mark.parametrize("orientation", [1, 6])
def test_heic(tmp_path: Path, orientation: int) -> None:
    pytest.importorskip("pillow_heif")
    jpeg = load_photo(source("JPEG", orientation))
    photo = load_photo(save_photo(jpeg, tmp_path / "out.heic"))
    assert photo.facts.format == "HEIF"
    assert photo.shape == jpeg.shape
    assert photo.facts.icc_profile == ICC
    assert b'dc:title="Desk"' in (photo.facts.xmp or b"")
    assert b'Orientation="6"' not in (photo.facts.xmp or b"")
    block = read_exif(photo.facts.exif)
    assert block[271] == "Kamera"
    assert block.get(274, 1) == 1
    assert np.abs(photo.pixels.astype(int) - jpeg.pixels).mean() < 3
    grey = load_photo(save_photo(load_photo(smooth(16, 20, 1)), tmp_path / "grey.heif"))
    assert grey.grey
    clear = load_photo(save_photo(load_photo(smooth(16, 20, 4)), tmp_path / "clear.heif"))
    assert clear.alpha is not None


def test_a_webp_stays_lossless_or_lossy(tmp_path: Path) -> None:
    samples = noise(20, 30, 4)
    lossless = load_photo(encoded(samples, "WEBP", lossless=True, exact=True, exif=exif()))
    assert lossless.facts.lossless
    again = load_photo(save_photo(lossless, tmp_path / "out.webp"))
    np.testing.assert_array_equal(again.to_image(), samples)
    lossy = load_photo(encoded(samples, "WEBP", quality=80))
    assert not lossy.facts.lossless
    assert not load_photo(save_photo(lossy, tmp_path / "lossy.webp")).facts.lossless


def test_cmyk_without_a_usable_profile(tmp_path: Path) -> None:
    cmyk = Image.new("CMYK", (20, 10), (0, 200, 200, 0))
    photo = load_photo(encoded(cmyk, "JPEG"))
    assert any("without a profile" in note for note in photo.notes)
    assert photo.facts.icc_profile is None
    assert photo.facts.quantization is None
    # A profile that cannot be read does not stop the photo.
    other = load_photo(encoded(cmyk, "JPEG", icc_profile=ICC))
    assert other.facts.icc_profile is None
    assert any("without a profile" in note for note in other.notes)
    red = photo.pixels[5, 5].astype(int)
    assert red[0] > red[1] + 100
    image = saved(photo, tmp_path / "out.jpg")
    assert image.mode == "RGB"


def test_cmyk_with_a_real_profile() -> None:
    profiles = [*Path("/usr/share/color/icc").rglob("*CMYK*.icc"),
                *Path("/usr/share/color/icc").rglob("*default_cmyk*.icc")]  # fmt: skip
    if not profiles:
        pytest.skip("no CMYK profile on this machine")
    profile = profiles[0].read_bytes()
    cmyk = Image.new("CMYK", (20, 10), (0, 200, 200, 0))
    photo = load_photo(encoded(cmyk, "JPEG", icc_profile=profile))
    assert any("through its profile" in note for note in photo.notes)
    assert photo.facts.icc_profile is not None
    opened = ImageCms.ImageCmsProfile(io.BytesIO(photo.facts.icc_profile))
    assert "sRGB" in ImageCms.getProfileDescription(opened)
