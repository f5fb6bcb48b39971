"""Text set into photos in known places and styles, found, masked and removed again.

The truth is what the setting changed by more than 8 of 255, so that antialiasing, outlines and
shadows of letters count. Real labels, whose pixels nobody has painted, count for whether they are
read, masked and gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from autoedit import Editor
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.errors import TargetError
from autoedit.grounding.text_reading import TextReader
from autoedit.grounding.text_wording import plain

PHOTOS = Path(__file__).parents[3] / "shared" / "photos"
FONTS = Path("/usr/share/fonts")
SIDE = 1000  # pixels: what photos are reduced to, but for the last style
CHANGED = 8  # of 255
SAME = 0.6  # likeness of what is read after and before, from which it is still there

_GROUNDS = (
    "backgrounds/*.jpg", "backgrounds/*.png", "clean_plates/deck_dogstatue.truth.png",
    "clean_plates/*1.truth.*", "clean_plates/campus_quad_man.truth.png",
    "clean_plates/road_pickup.truth.png", "clean_plates/rord_playground.truth.jpg",
    "objects/corgi_wall_water.jpg", "objects/dog_sunset_road.jpg", "objects/family_beach.png",
    "objects/swan_reflection.png", "objects/stone_cross_moor.jpg", "objects/bears_lake.jpg",
    "products/berry_bowl.jpg", "products/cups_red_table.png", "products/teapot_beam.jpg",
    "products/vase_branch.jpg", "products/duck_rocks.jpg", "products/candle_teal_bench.jpg",
)  # fmt: skip
_BUNDLED = ("coffee.png", "chelsea.png", "brick.png", "grass.png", "gravel.png")
_REAL = (
    ("objects/colorado_sign.jpg", "the text"),
    ("masks/ecssd_0185.jpg", "all the text"),
    ("objects/white_bus.jpg", "the word SHOPPER"),
    ("products/can_and_glass.jpg", "the word TRANSATLANTIC"),
)
_FACES = (
    "truetype/dejavu/DejaVuSans.ttf", "truetype/dejavu/DejaVuSans-Bold.ttf",
    "truetype/dejavu/DejaVuSerif.ttf", "truetype/dejavu/DejaVuSansMono-Bold.ttf",
    "opentype/urw-base35/NimbusSans-Bold.otf", "opentype/urw-base35/P052-Italic.otf",
    "opentype/urw-base35/C059-Roman.otf", "opentype/urw-base35/URWGothic-Demi.otf",
)  # fmt: skip

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Case:
    """One photo with text in it.

    Attributes:
        name, style: for the table.
        phrase: what is to be found.
        pixels: RGB uint8 (H, W, 3).
        truth: bool (H, W), what belongs to the target; None for real labels.
        texts: what must not be read any more.
    """

    name: str
    style: str
    phrase: str
    pixels: np.ndarray = field(repr=False)
    truth: np.ndarray | None = field(repr=False)
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """A style: how its text is set into a photo."""

    phrase: str
    texts: tuple[str, ...]
    draw: Callable[[Image.Image, int, tuple[str, ...]], list[Image.Image]]


def _font(number: int, size: float) -> Any:
    path = FONTS / _FACES[number % len(_FACES)]
    if path.is_file():
        return ImageFont.truetype(str(path), round(size))
    return ImageFont.load_default(round(size))


def _layer(photo: Image.Image) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    layer = Image.new("RGBA", photo.size, (0, 0, 0, 0))
    return layer, ImageDraw.Draw(layer)


def _write(
    photo: Image.Image, at: tuple[float, float], text: str, font: Any, colour: Colour,
    alpha: int = 255, outline: int = 0, shadow: float = 0, turn: float = 0, anchor: str = "mm",
) -> Image.Image:  # fmt: skip
    """A photo with one line of text; `at` as fractions of it."""
    layer, draw = _layer(photo)
    place = (at[0] * photo.width, at[1] * photo.height)
    paint = {"font": font, "anchor": anchor, "align": "center"}
    if shadow:
        moved = (place[0] + shadow, place[1] + shadow)
        draw.text(moved, text, fill=(0, 0, 0, 200), **paint)
        layer = layer.filter(ImageFilter.GaussianBlur(shadow / 2))
        draw = ImageDraw.Draw(layer)
    rim = tuple(255 - c for c in colour) if outline else colour
    draw.text(place, text, fill=(*colour, alpha), stroke_width=outline,
              stroke_fill=(*rim, alpha), **paint)  # fmt: skip
    if turn:
        layer = layer.rotate(turn, Image.Resampling.BICUBIC, center=place)
    return Image.alpha_composite(photo.convert("RGBA"), layer).convert("RGB")


def _caption(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    font = _font(n, photo.height / 14)
    return [_write(photo, (0.5, 0.9), texts[0], font, (255, 255, 255), outline=2)]


def _plain(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    colours = [(255, 255, 255), (15, 15, 15), (230, 30, 40), (20, 60, 200), (255, 225, 30)]
    font = _font(n, photo.height / 11)
    return [_write(photo, (0.5, 0.25), texts[0], font, colours[n % 5])]


def _shadowed(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    font = _font(n, photo.height / 12)
    drop = photo.height / 150
    return [_write(photo, (0.45, 0.6), texts[0], font, (255, 240, 200), shadow=drop)]


def _turned(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    font = _font(n, photo.height / 12)
    return [_write(photo, (0.5, 0.45), texts[0], font, (250, 80, 30), outline=1, turn=8)]


def _watermark(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    font, colour = _font(1, photo.height / 9), (255, 255, 255)
    if np.asarray(photo.convert("L")).mean() > 150:  # white would not show
        colour = (40, 40, 40)
    return [_write(photo, (0.5, 0.5), texts[0], font, colour, alpha=90, turn=20)]


def _repeated(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    font = _font(1, photo.height / 16)
    for x, y in ((0.25, 0.2), (0.72, 0.35), (0.3, 0.6), (0.7, 0.8)):
        photo = _write(photo, (x, y), texts[0], font, (255, 255, 255), alpha=110, outline=1)
    return [photo]


def _stamp(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    font = _font(3, photo.height / 22)
    photo = _write(photo, (0.96, 0.94), texts[0], font, (255, 140, 20), anchor="rm")
    return [photo]


def _small(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    font = _font(n, 19)
    return [_write(photo, (0.03, 0.04), texts[0], font, (255, 255, 255), anchor="lm", shadow=1)]


def _word(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    """The word between two others, and the others alone: the truth is the word."""
    font, colour = _font(1, photo.height / 14), (255, 255, 255)
    words = ("BUY", texts[0], "TODAY")
    widths = [font.getlength(word + " ") / photo.width for word in words]
    start = 0.5 - sum(widths) / 2
    places = [(start + sum(widths[:i]), 0.15) for i in range(3)]
    whole, rest = photo, photo
    for i in range(3):
        whole = _write(whole, places[i], words[i], font, colour, outline=1, anchor="lm")
        if i != 1:
            rest = _write(rest, places[i], words[i], font, colour, outline=1, anchor="lm")
    return [whole, rest]


def _sticker(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    layer, draw = _layer(photo)
    font = _font(4, photo.height / 16)
    x, y, half = 0.7 * photo.width, 0.35 * photo.height, font.getlength(texts[0]) / 2
    box = (x - 1.4 * half, y - 0.9 * half, x + 1.4 * half, y + 0.9 * half)
    draw.ellipse(box, fill=((255, 220, 0, 255), (225, 30, 40, 255))[n % 2])
    draw.text((x, y), texts[0], fill=((20, 20, 20, 255), (255, 255, 255, 255))[n % 2], font=font,
              anchor="mm")  # fmt: skip
    return [Image.alpha_composite(photo.convert("RGBA"), layer).convert("RGB")]


def _sign(photo: Image.Image, n: int, texts: tuple[str, ...]) -> list[Image.Image]:
    layer, draw = _layer(photo)
    font = _font(4, photo.height / 11)
    x, y, half = 0.35 * photo.width, 0.4 * photo.height, font.getlength(texts[0]) / 2
    box = (x - 1.3 * half, y - 0.1 * photo.height, x + 1.3 * half, y + 0.1 * photo.height)
    draw.rounded_rectangle(box, 8, fill=((200, 25, 30, 255), (245, 245, 240, 255))[n % 2])
    draw.text((x, y), texts[0], fill=((255, 255, 255, 255), (30, 60, 150, 255))[n % 2], font=font,
              anchor="mm")  # fmt: skip
    layer = layer.rotate(4, Image.Resampling.BICUBIC, center=(x, y))
    return [Image.alpha_composite(photo.convert("RGBA"), layer).convert("RGB")]


STYLES: dict[str, Setting] = {
    "caption": Setting("the caption", ("A Day to Remember", "Summer by the Sea"), _caption),
    "plain": Setting("the text", ("Morning Walk", "HARVEST 1987", "Quiet Places"), _plain),
    "shadowed": Setting("all the text", ("Happy Holidays", "Welcome Home"), _shadowed),
    "turned": Setting("the text", ("GRAND OPENING", "Just Married"), _turned),
    "watermark": Setting("the watermark", ("SAMPLE PHOTO", "PREVIEW ONLY"), _watermark),
    "repeated": Setting("the watermark", ("stockhouse", "pixelbank"), _repeated),
    "date stamp": Setting("the date stamp", ("12/25/1998", "2004-07-16 14:05"), _stamp),
    "small": Setting("the text in the upper left", ("Photo: M. Keller 2019",), _small),
    "word": Setting("the word FREE", ("FREE",), _word),
    "price sticker": Setting("the price sticker", ("$4.99", "$19.50"), _sticker),
    "sign": Setting("the sign that says SALE", ("SALE",), _sign),
    "full size": Setting("the text", ("Northern Light",), _caption),
}


def cases() -> Iterator[Case]:
    """Composed photos, then real labels; photos that are not there are left out."""
    import skimage.data

    paths = [path for pattern in _GROUNDS for path in sorted(PHOTOS.glob(pattern))]
    paths += [Path(skimage.data.__file__).parent / name for name in _BUNDLED]
    paths += paths[::4]
    for number, path in enumerate(path for path in paths if path.is_file()):
        name = list(STYLES)[number % len(STYLES)]
        setting = STYLES[name]
        photo = Image.open(path).convert("RGB")
        if name != "full size":
            photo.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        turn = number // len(STYLES)
        text = setting.texts[turn % len(setting.texts)]
        made = setting.draw(photo, number, (text,))
        pixels, base = np.asarray(made[0]), np.asarray(made[-1] if len(made) > 1 else photo)
        truth = np.abs(pixels.astype(int) - base).max(axis=2) > CHANGED
        yield Case(path.stem, name, setting.phrase, pixels, truth, (text,))
    for path, phrase in _REAL:
        if (PHOTOS / path).is_file():
            photo = Image.open(PHOTOS / path).convert("RGB")
            photo.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
            said = (phrase.split()[-1],) if "word" in phrase else ()
            yield Case(Path(path).stem, "real", phrase, np.asarray(photo), None, said)


def legible(reader: TextReader, pixels: np.ndarray, texts: tuple[str, ...], place: Mask) -> bool:
    """Whether any of the texts can still be read where it was."""
    for line in reader.lines(pixels):
        x0, y0, x1, y1 = (max(0, round(v)) for v in line.box)
        if not place.binary[y0:y1, x0:x1].any():
            continue
        for text in texts:
            matcher = SequenceMatcher(None, plain(line.text), plain(text), autojunk=False)
            if matcher.ratio() >= SAME or plain(text) in plain(line.text):
                return True
    return False


def measure(
    limit: int | None = None,
    *,
    edit: bool = True,
    told: Callable[[Case, Mask, np.ndarray | None, dict[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:
    """A row for each photo: what was found, how well it was masked, whether it is gone.

    Args:
        limit: only so many photos, of all styles.
        edit: whether the text is removed and looked for again.
        told: given each case with its mask, the edited photo and its row.

    Returns:
        Rows of name, style, phrase; `found`; `recall` of the truth's pixels and `excess`, the
        mask's area over the truth's (None for real labels); `gone`, None when not edited.
    """
    editor, reader = Editor("embedded"), TextReader()
    rows: list[dict[str, Any]] = []
    for case in list(cases())[:: 1 if limit is None else max(1, -(-50 // limit))][:limit]:
        row: dict[str, Any] = {"name": case.name, "style": case.style, "phrase": case.phrase}
        row |= {"found": False, "recall": None, "excess": None, "gone": None}
        mask, after = _mask(editor, case), None
        row["found"] = mask.box is not None
        if case.truth is not None:
            hit = float((mask.binary & case.truth).sum())
            row["recall"] = hit / max(1, int(case.truth.sum()))
            row["excess"] = float(mask.binary.sum()) / max(1, int(case.truth.sum()))
        if edit and row["found"]:
            before = reader.lines(case.pixels)
            texts = case.texts or tuple(line.text for line in before)
            plan = f"remove {case.phrase}"
            after = editor.edit(Photo(case.pixels), plan).photo.pixels
            row["gone"] = not legible(reader, after, texts, mask)
        rows.append(row)
        if told is not None:
            told(case, mask, after, row)
    return rows


def _mask(editor: Editor, case: Case) -> Mask:
    try:
        return editor.segment(Photo(case.pixels), case.phrase)
    except TargetError:
        return Mask.of(np.zeros(case.pixels.shape[:2], np.bool_))
