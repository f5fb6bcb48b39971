"""Reading what is written in a photo, by rapidocr's detection and recognition models.

The models come inside rapidocr's wheel: PaddleOCR's PP-OCR (Li et al. 2022, "PP-OCRv3" and its
successors): a text detector with differentiable binarisation (Liao et al. 2020) and a CTC
recogniser. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import util
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.core.region import Box
from autoedit.errors import BackendUnavailableError

_COARSE = 1280  # longest side of the first look at a photo, in pixels
_FINE = 2560  # of the second look at a large one, which is taken in tiles
_TILE, _OVERLAP = 1280, 192
_FAINTEST_STEP = 20  # between neighbours, of 255: a tile without such a step holds no strokes
_DETECTED, _FAINTLY = 0.45, 0.25  # lowest detection scores: as it is, and in an enhanced copy
_READ = {1: 0.95, 2: 0.7}  # lowest reading score by number of letters: of few, much is imagined
_READ_LONGER = 0.5
_SAME = 0.5  # shared area over the smaller one's: two looks at one line
_THREADS = 2  # the results are the same bits for any number


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of text.

    Attributes:
        corners: xy in pixels of the photo, float32 (4, 2): where the line begins at its top, ends
            at its top, ends at its foot, begins at its foot; with a little ground round it.
        text: what it reads.
        score: how sure the reading is, in [0, 1].
        places: where along the line each character of `text` has its centre, in [0, 1].
        rest: of the words of a line, what stands before and after them.
    """

    corners: FloatArray
    text: str
    score: float
    places: tuple[float, ...]
    rest: tuple[Line, ...] = ()

    @property
    def height(self) -> float:
        """Of its corners' rectangle, in pixels."""
        sides = np.linalg.norm(self.corners - np.roll(self.corners, -1, axis=0), axis=1)
        return float((sides[1] + sides[3]) / 2)

    @property
    def box(self) -> Box:
        """Xyxy in pixels."""
        low, high = self.corners.min(axis=0), self.corners.max(axis=0)
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def part(self, first: int, last: int) -> Line:
        """The characters from `first` up to, but not with, `last`, as a line of its own."""
        count = len(self.text)
        part = self._between(first, last)
        sides = [self._between(*ends) for ends in ((0, first), (last, count)) if ends[0] < ends[1]]
        return replace(part, rest=tuple(sides))

    def _between(self, first: int, last: int) -> Line:
        start, end = self._limit(first), self._limit(last)
        a, b, c, d = self.corners
        corners = np.stack([a + start * (b - a), a + end * (b - a),
                            d + end * (c - d), d + start * (c - d)])  # fmt: skip
        width = max(end - start, 1e-6)
        places = tuple((place - start) / width for place in self.places[first:last])
        return Line(corners.astype(np.float32), self.text[first:last], self.score, places)

    def _limit(self, index: int) -> float:
        """Where along the line the character of an index begins; a blank is shared in halves."""
        if index in (0, len(self.text)):
            return float(index > 0)
        for blank in (index - 1, index):
            if self.text[blank].isspace():
                return self.places[blank]
        return (self.places[index - 1] + self.places[index]) / 2


class TextReader:
    """Loads once, reads many photos.

    Raises:
        BackendUnavailableError: when rapidocr, onnxruntime or the models are not installed.
    """

    @cached_property
    def _engine(self) -> Any:
        lacking = [name for name in ("rapidocr", "onnxruntime") if util.find_spec(name) is None]
        if lacking:
            raise BackendUnavailableError(
                f"Reading text needs {' and '.join(lacking)}, which is not installed. "
                "Run: pip install autoedit"
            )
        from rapidocr import RapidOCR

        return RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": 2 * _FINE,  # what it is given is of the right size already
                "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.model_path": _bundled("det"),
                "Rec.model_path": _bundled("rec"),
            }
        )

    def lines(self, pixels: PixelArray) -> list[Line]:
        """Everything that can be read, in no particular order.

        A large photo is looked at twice: whole, and in tiles at up to 2560 pixels a side.

        Args:
            pixels: RGB uint8 (H, W, 3).
        """
        found = list(self._in_windows(pixels, _windows(pixels), _DETECTED))
        return distinct(found)

    def faint_lines(self, pixels: PixelArray) -> list[Line]:
        """As `lines`, for what hardly stands out, with a lower bar.

        A semi-transparent mark raises or lowers every channel a little, and shows most in the
        darkest one: it is taken off its surroundings and brought to their contrast everywhere.
        """
        darkest = pixels.min(axis=2).astype(np.float32)
        reach = max(pixels.shape[:2]) / 40
        off = darkest - _smooth(darkest, reach)
        contrast = np.sqrt(_smooth(off * off, 2 * reach)) + 4
        even = np.clip(128 + 60 * off / contrast, 0, 255).astype(np.uint8)
        enhanced = np.repeat(even[:, :, None], 3, axis=2)
        return distinct(self._in_windows(enhanced, _windows(enhanced), _FAINTLY))

    def reading(self, crop: PixelArray) -> tuple[str, float, tuple[float, ...]]:
        """What one upright line says.

        Args:
            crop: RGB uint8 (h, w, 3), the line with a little ground round it.

        Returns:
            The text, its score in [0, 1], and each character's place as in `Line`.
        """
        result = self._engine(
            np.ascontiguousarray(crop[:, :, ::-1]),
            use_det=False,
            use_cls=False,
            use_rec=True,
            return_word_box=True,
        )
        texts = getattr(result, "txts", None)
        if not texts or not texts[0].strip():
            return "", 0.0, ()
        text = texts[0].strip()
        return text, float(result.scores[0]), _places(text, result.word_results[0])

    def _in_windows(
        self, pixels: PixelArray, windows: Iterable[tuple[float, Box]], threshold: float
    ) -> Iterator[Line]:
        height, width = pixels.shape[:2]
        for scale, (x0, y0, x1, y1) in windows:
            view = _scaled(pixels[int(y0) : int(y1), int(x0) : int(x1)], scale)
            for corners in self._detected(view, threshold):
                placed = corners / scale + np.array([x0, y0], np.float32)
                if not _cut(placed, (x0, y0, x1, y1), (width, height)):
                    line = self._read(pixels, placed)
                    if line is not None:
                        yield line

    def _detected(self, view: PixelArray, threshold: float) -> list[FloatArray]:
        result = self._engine(
            np.ascontiguousarray(view[:, :, ::-1]),
            use_det=True,
            use_cls=False,
            use_rec=False,
            box_thresh=threshold,
        )
        boxes = getattr(result, "boxes", None)
        return [] if boxes is None else [np.asarray(box, np.float32) for box in boxes]

    def _read(self, pixels: PixelArray, corners: FloatArray) -> Line | None:
        """A detected line, read in the direction in which it reads best."""
        best: Line | None = None
        across, down = (
            float(np.linalg.norm(corners[1 if n == 0 else 3] - corners[0])) for n in (0, 1)
        )
        turns = (3, 1) if down > 1.5 * across else (0, 2)
        for turn in turns:
            turned = np.roll(corners, -turn, axis=0)
            text, score, places = self.reading(upright(pixels, turned))
            if text and (best is None or score > best.score + 0.1):
                best = Line(turned, text, score, places)
            if best is not None and best.score > 0.8:
                break
        if best is None:
            return None
        letters = sum(character.isalnum() for character in best.text)
        return best if letters and best.score >= _READ.get(letters, _READ_LONGER) else None


def upright(pixels: PixelArray, corners: FloatArray) -> PixelArray:
    """The quadrilateral of four corners as an upright picture, uint8 (h, w, 3)."""
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    height = max(4.0, (sides[1] + sides[3]) / 2)
    shrink = min(1.0, 96 / height)  # the recogniser reads at 48 pixels
    size = (max(4, round((sides[0] + sides[2]) / 2 * shrink)), max(4, round(height * shrink)))
    frame = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    how = cv2.getPerspectiveTransform(corners.astype(np.float32), frame)
    flags = cv2.INTER_AREA if shrink < 1 else cv2.INTER_CUBIC
    return cv2.warpPerspective(pixels, how, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def distinct(lines: Iterable[Line]) -> list[Line]:
    """Each line once, as it was read best; longer readings come before their parts."""
    kept: list[Line] = []
    for line in sorted(lines, key=lambda each: -len(each.text) * each.score):
        if all(_shared(line, other) < _SAME for other in kept):
            kept.append(line)
    return kept


def _shared(first: Line, second: Line) -> float:
    common, _ = cv2.intersectConvexConvex(first.corners, second.corners)
    areas = [float(cv2.contourArea(line.corners)) for line in (first, second)]
    return common / max(min(areas), 1e-6)


def _bundled(kind: str) -> str:
    """The model file in rapidocr's wheel; given by path, so that none is ever downloaded."""
    spec = util.find_spec("rapidocr")
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else Path()
    found = sorted(folder.glob(f"*_{kind}_*.onnx"))
    if not found:
        raise BackendUnavailableError(
            f"The installed rapidocr holds no {kind} model in {folder}. "
            "Run: pip install --force-reinstall 'rapidocr>=3.10'"
        )
    return str(found[0])


def _windows(pixels: PixelArray) -> Iterator[tuple[float, Box]]:
    """Scale and place, in pixels of the photo, of each look."""
    height, width = pixels.shape[:2]
    longest = max(height, width)
    yield min(1.0, _COARSE / longest), (0.0, 0.0, float(width), float(height))
    if longest <= 1.25 * _COARSE:
        return
    scale = min(1.0, _FINE / longest)
    for y0, y1 in _cuts(height, scale):
        for x0, x1 in _cuts(width, scale):
            part = cv2.cvtColor(_scaled(pixels[y0:y1, x0:x1], scale), cv2.COLOR_RGB2GRAY)
            if cv2.absdiff(part[:, 1:], part[:, :-1]).max(initial=0) > _FAINTEST_STEP:
                yield scale, (float(x0), float(y0), float(x1), float(y1))


def _cuts(length: int, scale: float) -> list[tuple[int, int]]:
    """Overlapping pieces of a side, in pixels of the photo."""
    scaled = length * scale
    count = max(1, int(np.ceil((scaled - _OVERLAP) / (_TILE - _OVERLAP))))
    size = (scaled + (count - 1) * _OVERLAP) / count / scale
    step = size - _OVERLAP / scale
    return [(round(i * step), min(length, round(i * step + size))) for i in range(count)]


def _scaled(pixels: PixelArray, scale: float) -> PixelArray:
    if scale >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _smooth(values: FloatArray, reach: float) -> FloatArray:
    """A wide Gaussian mean, taken in a reduced copy: its cost does not grow with the reach."""
    height, width = values.shape
    small = (max(1, int(4 * width / reach)), max(1, int(4 * height / reach)))
    if reach <= 8:
        return cv2.GaussianBlur(values, (0, 0), max(1.0, reach))
    reduced = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
    return cv2.resize(
        cv2.GaussianBlur(reduced, (0, 0), 4.0), (width, height), interpolation=cv2.INTER_LINEAR
    )


def _cut(corners: FloatArray, window: Box, size: tuple[int, int]) -> bool:
    """Whether a line reaches a window's edge that is not the photo's: another window has it."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = 3.0
    return bool(
        (window[0] > 0 and low[0] < window[0] + near)
        or (window[1] > 0 and low[1] < window[1] + near)
        or (window[2] < size[0] and high[0] > window[2] - near)
        or (window[3] < size[1] and high[1] > window[3] - near)
    )


def _places(text: str, info: Any) -> tuple[float, ...]:
    """Each character's centre along the line; a blank's lies between its neighbours'."""
    columns = [column for word in info.word_cols for column in word]
    letters = [i for i, character in enumerate(text) if not character.isspace()]
    if len(columns) != len(letters) or not columns or info.line_txt_len <= 0:
        return tuple((i + 0.5) / len(text) for i in range(len(text)))
    centres = [min(1.0, (column + 0.5) / info.line_txt_len) for column in columns]
    return tuple(float(v) for v in np.interp(range(len(text)), letters, centres))
