"""Grounding of text: by what it reads, of what kind it is, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Box, Region, Regions
from autoedit.grounding.choosing import Rated, choose, narrow
from autoedit.grounding.colour_names import membership
from autoedit.grounding.places import place_words, share_of_smaller
from autoedit.grounding.text_glyphs import glyph_mask
from autoedit.grounding.text_labels import label_mask
from autoedit.grounding.text_reading import Line, TextReader, distinct
from autoedit.grounding.text_repeats import unread_copies
from autoedit.grounding.text_wording import (
    Meant,
    alike,
    counted_from_top,
    fits,
    is_owned,
    names_label,
    text_meant,
)
from autoedit.grounding.wording import Colour, read

_RIGHT = 0.78  # likeness from which a line reads what is looked for
_COLOURED = 0.25  # likelihood from which letters have a colour
_MARK = 0.5  # from which a text looks like a watermark
_ASLANT, _SAME_WAY = 14.0, 5.0  # degrees
_FAINT = 30.0  # CIELAB units between letters and ground: what hardly stands out
_MOST_SAID = 6  # readings that a note tells of

Find = Callable[[Target], Sequence[Region]]


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """Lines that belong together, and where they are: something that can be chosen."""

    lines: tuple[Line, ...]
    shape: tuple[int, int]

    @property
    def box(self) -> Box:
        """Xyxy in pixels of the photo."""
        boxes = np.array([line.box for line in self.lines])
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) as fractions of the photo."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2 / self.shape[1], (y0 + y1) / 2 / self.shape[0]

    @property
    def area(self) -> float:
        """Of the lines' rectangles, as a fraction of the photo."""
        areas = [float(cv2.contourArea(line.corners)) for line in self.lines]
        return sum(areas) / (self.shape[0] * self.shape[1])

    @property
    def text(self) -> str:
        """What it reads."""
        return " ".join(line.text for line in self.lines)

    @property
    def score(self) -> float:
        """How sure the reading is, in [0, 1]."""
        return float(np.mean([line.score for line in self.lines]))


class TextGrounder:
    """Finds text by what it reads, and masks its letters or the label that carries it."""

    def __init__(self) -> None:
        self._reader = TextReader()

    def prepare(self, photo: Photo) -> PreparedText:
        """Nothing is read before something is looked for."""
        return PreparedText(photo, self._reader)


class PreparedText:
    """One photo, ready to be asked about many targets."""

    def __init__(self, photo: Photo, reader: TextReader) -> None:
        self._pixels = photo.pixels
        self._reader = reader
        self._plain: list[Line] | None = None
        self._faint: list[Line] | None = None
        self._letters: dict[int, tuple[Line, BoolArray]] = {}

    def find(self, target: Target, elsewhere: Find | None = None) -> Regions:
        """Every text or label that fits the target, best first; see `autoedit.grounding`.

        Args:
            target: what is looked for.
            elsewhere: finds the things, not text, that it is related to ("on the red mug").

        Raises:
            BackendUnavailableError: when text cannot be read here.
        """
        meant = text_meant(target) or Meant(label=False, several=True)
        lines = self._lines(faint=meant.kind == "watermark")
        rated = self._by_kind(self._rated(lines, meant), meant)
        wording = read(target)
        unchecked = (target.head,) if meant.label and not names_label(target) else ()
        rated = self._by_colours(rated, wording.colours, label=meant.label)
        rated = narrow(
            rated,
            target,
            wording.sizes,
            anchors=lambda anchor: self._anchors(anchor, elsewhere),
            excluded=lambda unwanted: self._anchors(unwanted, elsewhere),
            overlap=share_of_smaller,
        )
        wanted = target.model_copy(update={"quantity": "all"}) if meant.several else target
        if counted_from_top(target):
            wanted = wanted.model_copy(update={"ordinal_from": "top"})
        choice = choose(wanted, rated, main=False)
        return Regions(
            items=tuple(
                replace(self._region(each, meant), unchecked=unchecked) for each in choice.meant
            ),
            near_misses=tuple(_outlined(each, meant) for each in choice.near_misses),
            ambiguous=choice.ambiguous,
            note="" if choice.meant else _nothing(target, meant, lines),
        )

    def _lines(self, *, faint: bool) -> list[Line]:
        if self._plain is None:
            self._plain = self._reader.lines(self._pixels)
        if faint and self._faint is None:
            read = distinct([*self._plain, *self._reader.faint_lines(self._pixels)])
            self._faint = distinct([*read, *unread_copies(self._pixels, read)])
        return self._faint if faint and self._faint is not None else self._plain

    def _anchors(self, anchor: Target, elsewhere: Find | None) -> Sequence[Region]:
        if text_meant(anchor) is not None:
            found = self.find(anchor, elsewhere).items
            if found:
                return found
        return elsewhere(anchor) if elsewhere is not None else ()

    # What fits -------------------------------------------------------------------------------

    def _rated(self, lines: list[Line], meant: Meant) -> list[Rated[Passage]]:
        """Passages with how well they read what is meant."""
        shape = self._pixels.shape[0], self._pixels.shape[1]
        blocks = [Passage(tuple(block), shape) for block in _blocks(lines)]
        if meant.label:
            return [_rate(block, block, meant) for block in blocks]
        if meant.content:
            singles = [_best_part(line, shape, meant) for line in lines]
            if any(not each.refusal for each in singles):
                return singles
            runs = [run for block in blocks for run in _runs(block)]
            joined = [each for run in runs if not (each := _rate(run, run, meant)).refusal]
            return joined[:1] + singles if joined else singles
        fitting = [line for line in lines if fits(line.text, meant)[0] > 0]
        others = [line for line in lines if not any(line is one for one in fitting)]
        parts = _blocks(fitting) if meant.several else [[line] for line in fitting]
        passages = [Passage(tuple(part), shape) for part in parts]
        return [_rate(passage, passage, meant) for passage in passages] + [
            Rated(Passage((line,), shape), line.score, _evidence(line), f"not a {meant.kind}")
            for line in others
        ]

    def _by_kind(self, rated: list[Rated[Passage]], meant: Meant) -> list[Rated[Passage]]:
        """Scores by what a watermark, a caption or a title looks like."""
        if meant.kind not in ("watermark", "caption", "title") or meant.content:
            return rated
        worth = {
            "watermark": self._marks, "caption": _captions, "title": _titles,
        }[meant.kind]([each.item for each in rated])  # fmt: skip
        if len(rated) == 1:  # what else should be meant
            worth = [1.0]
        return [
            replace(
                each,
                score=each.score * value,
                refusal=each.refusal or ("" if value >= _MARK else f"looks like no {meant.kind}"),
            )
            for each, value in zip(rated, worth, strict=True)
        ]

    def _marks(self, passages: Sequence[Passage]) -> list[float]:
        """How much each looks like a watermark: faint, repeated, aslant, or naming an owner."""
        texts = [line.text for passage in passages for line in passage.lines]
        sure, faint, slants = list[bool](), list[float](), list[float]()
        for passage in passages:
            repeated = any(
                sum(alike(text, line.text) >= _RIGHT for text in texts) > 2
                for line in passage.lines
            )
            sure.append(repeated or any(is_owned(line.text) for line in passage.lines))
            way = passage.lines[0].corners[1] - passage.lines[0].corners[0]
            slants.append(float(np.degrees(np.arctan2(way[1], way[0]))))
            contrast = float(np.mean([self._contrast(line) for line in passage.lines]))
            faint.append(float(np.clip(1.25 - contrast / _FAINT * 0.5, 0, 1)))
        if any(sure):  # what else is faint goes with it only where it is written the same way
            ways = [slant for slant, certain in zip(slants, sure, strict=True) if certain]
            faint = [
                worth * (each.score > _RIGHT) * any(abs(slant - way) < _SAME_WAY for way in ways)
                for worth, slant, each in zip(faint, slants, passages, strict=True)
            ]
        aslant = [0.0 if any(sure) else 0.7 * (abs(slant) % 180 > _ASLANT) for slant in slants]
        return [float(np.max(each)) for each in zip(sure, faint, aslant, strict=True)]

    def _contrast(self, line: Line) -> float:
        """Between a line's letters and their ground, in CIELAB units."""
        letters, ground = self._colours(line)
        return float(np.linalg.norm(letters - ground))

    def _by_colours(
        self, rated: list[Rated[Passage]], colours: Sequence[Colour], *, label: bool
    ) -> list[Rated[Passage]]:
        for colour in colours:
            result: list[Rated[Passage]] = []
            for each in rated:
                if each.refusal:
                    result.append(each)
                    continue
                seen = [self._colours(line)[int(label)] for line in each.item.lines]
                share = float(membership(colour.name, np.array(seen, np.float32)).mean())
                evidence = (*each.evidence, f"colour {colour.words}: {share:.2f}")
                refusal = "" if share >= _COLOURED else f"is not {colour.words}"
                result.append(Rated(each.item, each.score * max(share, 0.05), evidence, refusal))
            rated = result
        return rated

    def _colours(self, line: Line) -> tuple[FloatArray, FloatArray]:
        """Of a line's letters and of the ground between them, CIELAB float32 (3,) each."""
        mask = self._letters_of(line)
        x0, y0, x1, y1 = (round(max(0.0, v)) for v in line.box)
        lab = cv2.cvtColor(self._pixels[y0:y1, x0:x1].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        inside = mask[y0:y1, x0:x1]
        ground = np.median(lab[~inside], axis=0) if (~inside).any() else lab.mean(axis=(0, 1))
        off = np.linalg.norm(lab - ground, axis=2)
        strong = inside & (off >= np.quantile(off[inside], 0.6)) if inside.any() else ~inside
        letters = np.median(lab[strong], axis=0)
        return letters.astype(np.float32), ground.astype(np.float32)

    # What it looks like ----------------------------------------------------------------------

    def _letters_of(self, line: Line) -> BoolArray:
        if id(line) not in self._letters:
            near = [one for one in self._faint or self._plain or [] if one is not line]
            mask = glyph_mask(self._pixels, line, near, lambda crop: self._reader.reading(crop)[0])
            self._letters[id(line)] = (line, mask)  # the line is kept, so that its id stays its own
        return self._letters[id(line)][1]

    def _region(self, each: Rated[Passage], meant: Meant) -> Region:
        letters = np.logical_or.reduce([self._letters_of(line) for line in each.item.lines])
        region = replace(
            _outlined(each, meant), mask=Mask.of(letters, "glyphs"), exact=True, refusal=""
        )
        if not meant.label:
            return region
        surface = label_mask(self._pixels, each.item.lines, letters)
        if surface is None:
            return replace(region, mask=_round_about(each.item), exact=False)
        mask = Mask.of(surface, "label")
        return replace(region, mask=mask, box=mask.box or region.box)


def _rate(passage: Passage, read_as: Passage, meant: Meant) -> Rated[Passage]:
    likeness, _, _ = fits(read_as.text, meant)
    evidence = tuple(said for line in passage.lines for said in _evidence(line))
    wrong = likeness < _RIGHT
    return Rated(passage, passage.score * likeness, evidence, _refusal(meant) if wrong else "")


def _best_part(line: Line, shape: tuple[int, int], meant: Meant) -> Rated[Passage]:
    """The words of a line that are looked for, as a passage of their own."""
    likeness, first, last = fits(line.text, meant)
    if likeness < _RIGHT:
        return Rated(
            Passage((line,), shape), line.score * likeness, _evidence(line), _refusal(meant)
        )
    part = line if (first, last) == (0, len(line.text)) else line.part(first, last)
    return Rated(Passage((part,), shape), line.score * likeness, _evidence(part))


def _refusal(meant: Meant) -> str:
    return f"does not read {' or '.join(meant.content)}" if meant.content else f"no {meant.kind}"


def _evidence(line: Line) -> tuple[str, ...]:
    return (f"reads: {line.text} ({line.score:.2f})",)


def _outlined(each: Rated[Passage], meant: Meant) -> Region:
    place = place_words(each.item.centre)
    noun = "label" if meant.label else "text"
    score = float(np.clip(each.score, 0, 1))
    said = f"{noun} '{each.item.text}' {place}"
    return Region(each.item.box, score, said, None, each.evidence, (), each.refusal)


def _round_about(passage: Passage) -> Mask:
    """A passage's rectangle with some ground round it: where a label is, roughly."""
    x0, y0, x1, y1 = passage.box
    margin = 0.6 * max(line.height for line in passage.lines)
    mask = np.zeros(passage.shape, np.float32)
    rows = slice(round(max(0.0, y0 - margin)), round(y1 + margin))
    mask[rows, round(max(0.0, x0 - margin)) : round(x1 + margin)] = 1.0
    return Mask(mask, "label")


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that stand together, each block in reading order."""
    left = sorted(lines, key=lambda line: (line.box[1], line.box[0]))
    blocks: list[list[Line]] = []
    while left:
        block = [left.pop(0)]
        for line in block:
            joined = [other for other in left if _together(line, other)]
            block += joined
            left = [other for other in left if not any(other is one for one in joined)]
        height = float(np.median([line.height for line in block]))
        blocks.append(
            sorted(block, key=lambda line: (round(line.box[1] / max(height, 1.0)), line.box[0]))
        )
    return blocks


def _together(first: Line, second: Line) -> bool:
    """Whether two lines are so near and so alike in size that they are of one text."""
    way, other = (line.corners[1] - line.corners[0] for line in (first, second))
    long = float(np.hypot(*way)) * float(np.hypot(*other)) + 1e-6
    if float(way[0] * other[0] + way[1] * other[1]) < np.cos(np.radians(_ASLANT)) * long:
        return False
    smaller, larger = sorted((first.height, second.height))
    (a, b, c, d), (e, f, g, h) = _along(first, way), _along(second, way)
    across, down = max(a, e) - min(c, g), max(b, f) - min(d, h)
    beside = down < 0 and across < 1.2 * smaller
    beneath = across < 0 and down < 0.9 * smaller
    return larger < 1.7 * smaller and (beside or beneath)


def _along(line: Line, way: FloatArray) -> Box:
    """A line's box in a frame that is turned so that some way leads to the right."""
    x, y = way / max(float(np.hypot(*way)), 1e-6)
    across = line.corners[:, 0] * x + line.corners[:, 1] * y
    down = line.corners[:, 1] * x - line.corners[:, 0] * y
    return float(across.min()), float(down.min()), float(across.max()), float(down.max())


def _runs(block: Passage) -> list[Passage]:
    """Two or more successive lines of a block, the shortest runs first."""
    count = len(block.lines)
    return [
        Passage(block.lines[first : first + length], block.shape)
        for length in range(2, min(count, 8) + 1)
        for first in range(count - length + 1)
    ]


def _captions(passages: Sequence[Passage]) -> list[float]:
    return [1.0 if not 0.22 < each.centre[1] < 0.7 else 0.3 for each in passages]


def _titles(passages: Sequence[Passage]) -> list[float]:
    heights = [max(line.height for line in each.lines) for each in passages]
    return [(height / max(heights)) ** 1.5 for height in heights]


def _nothing(target: Target, meant: Meant, lines: Sequence[Line]) -> str:
    if not lines:
        return f"No text can be read in this photo, so {target.phrase!r} was not found."
    said = ", ".join(f"'{line.text}'" for line in lines[:_MOST_SAID])
    more = ", ..." if len(lines) > _MOST_SAID else ""
    return f"No text here fits {target.phrase!r}. What can be read: {said}{more}."
