"""Lines that go on across a hole: the joint of two boards, a kerb, the edge of a table.

What runs straight into a hole and comes out of it again on the other side is carried across, after
Sun, Yuan, Jia and Shum 2005, "Image completion with structure propagation", who let the user draw
the lines. Here two pieces are one line when they lie on one and look alike in profile.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.inpainting.patch_diffusion.colour import to_lab, to_rgb
from autoedit.inpainting.patch_diffusion.lines import segments
from autoedit.inpainting.patch_diffusion.planes import sampled

_SIDE = 640  # pixels of the longer side of what lines are sought in
_LONG = 14.0  # pixels of a piece, at least
_NEAR = 0.35  # hole sizes: so near the hole it ends
_AGREE = np.sin(np.radians(2.5))  # between the pieces' directions
_OFF = 1.5  # pixels: how far a piece is off the line through both
_ACROSS = 5  # pixels to either side of a line that its profile tells of
_TOLD = 12  # pixels of it, on either side of the hole
_ALIKE, _CONTRAST = 0.85, 2.5  # correlation of the profiles; their deviation, of 255
_CROSSING = np.sin(np.radians(20))  # between a line and one that stops it, at least
# Of what lies between the pieces must be in the hole, or there and behind things; and in the hole.
_INSIDE, _OPEN = 0.6, 0.25
_WIDE = 2.4  # pixels to either side that are carried across
_JOINT = 12.0  # pixels to either side of a joint's edge, in which all of it lies
_LEVEL = 0.15  # of its contrast, by which the ground beside a joint may differ
_MOST = 12  # lines
_SPREAD = 8.0  # pixels: what a hole holds while lines are sought is the mean of what is so near
_FEWEST, _RIM = 4, 2  # pixels of a lane, that go on, and that are passed over at the hole
_RUN = 8  # times its half width: so much of a line goes on; further off, another may cross it
_MIDDLE = 3.0  # times as steep as the way: how soon one end's grain becomes the other's


@dataclass(frozen=True, slots=True)
class _Line:
    """A line across a hole, in pixels.

    Attributes:
        start: (x, y), where its first piece ends.
        way: (x, y), a unit vector towards the other piece.
        length: to where the other piece begins.
        before, after: lengths of the pieces; no length after where another line stops it.
    """

    start: np.ndarray
    way: np.ndarray
    length: float
    before: float
    after: float

    def scaled(self, scale: float) -> _Line:
        """The same in a picture so many times as large."""
        start = (self.start + 0.5) * scale - 0.5
        lengths = (each * scale for each in (self.length, self.before, self.after))
        return _Line(start, self.way, *lengths)


def bridged(
    pixels: PixelArray, hole: BoolArray, usable: BoolArray
) -> tuple[PixelArray, BoolArray] | None:
    """Carry the lines across that a hole interrupts.

    Args:
        pixels: RGB uint8 (H, W, 3).
        hole: bool (H, W), True is unknown.
        usable: bool (H, W), what is known and may serve as a source.

    Returns:
        RGB uint8 (H, W, 3), and bool (H, W), what of the hole is filled in it; None without any.
    """
    lines, scale = _across(pixels, hole, usable)
    if not lines:
        return None
    image, part = to_lab(pixels), np.zeros_like(hole)
    for line in lines:
        _carry(image, line.scaled(1 / scale), hole, usable, round(_WIDE / scale), part)
    result = pixels.copy()
    result[part] = to_rgb(image)[part]
    return (result, part) if part.any() else None


def lacks_joint(
    pixels: PixelArray, made: PixelArray, part: BoolArray, hole: BoolArray, usable: BoolArray
) -> bool:
    """Whether a joint that a hole interrupts does not go on in what was made there.

    A joint is a dark or a light line on level ground; between the squares of a chequered floor
    there is none.

    Args:
        pixels, hole, usable: see `bridged`.
        made: RGB uint8 (H, W, 3), with a part of the hole filled.
        part: bool (H, W), which.
    """
    lines, scale = _across(pixels, hole, usable)
    wide = round(_JOINT / scale)
    beside = np.arange(-wide, wide + 1).astype(np.float32)
    lightness = to_lab(made)[:, :, 0]

    def told(line: _Line, along: FloatArray, known: BoolArray, most: float) -> int | None:
        """How a part of a line shows; None if too little is known, or beside it more differs."""
        if along.size < _FEWEST:
            return None
        seen = _strip(known.astype(np.float32), line, along, beside) > 0.99
        if seen.sum(axis=0).min() < _FEWEST:
            return None
        values = _strip(lightness, line, along, beside)
        tone = np.where(seen, values, 0).sum(axis=0) / seen.sum(axis=0)
        sides = np.concatenate([tone[: wide // 4], tone[-(wide // 4) :]])
        return None if np.ptp(sides) > most * np.ptp(tone) else _darker(values, seen)

    for each in lines:
        line = each.scaled(1 / scale)
        steps = np.arange(_RIM, min(line.before, line.after), dtype=np.float32)
        ends = {told(line, along, usable, _LEVEL) for along in (-steps, line.length + steps)}
        within = told(line, np.arange(line.length, dtype=np.float32), part, 1.0)
        if ends in ({1}, {-1}) and within is not None and within not in ends:
            return True
    return False


def _across(pixels: PixelArray, hole: BoolArray, usable: BoolArray) -> tuple[list[_Line], float]:
    """The lines that a hole interrupts, in a picture reduced by a scale; and that."""
    scale = min(1.0, _SIDE / max(hole.shape))
    size = max(1, round(hole.shape[1] * scale)), max(1, round(hole.shape[0] * scale))
    small = to_lab(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8))
    unknown, known = (
        np.asarray(cv2.resize(each.astype(np.float32), size, interpolation=cv2.INTER_AREA)) > least
        for each, least in ((hole, 0.01), (usable, 0.99))
    )
    known &= ~unknown
    # Whatever was there; a sharp border of the hole would be a line of its own.
    weight = (~unknown).astype(np.float32)
    mean, share = (
        cv2.GaussianBlur(each, (0, 0), _SPREAD) for each in (small * weight[:, :, None], weight)
    )
    small[unknown] = (mean / np.maximum(share, 1e-3)[:, :, None])[unknown]
    return _lines(small, unknown, known), scale


def _lines(image: FloatArray, hole: BoolArray, known: BoolArray) -> list[_Line]:
    """Those that a hole interrupts, the surest first."""
    found = segments(image[:, :, 0], known)
    pieces = _clipped(found.reshape(-1, 2, 2), known)
    length = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1)
    pieces, length = pieces[length > _LONG], length[length > _LONG]
    # With the things that stand at the hole: behind them a line goes on.
    parts = np.asarray(cv2.connectedComponents((~known).astype(np.uint8))[1], np.intp)
    covered = np.isin(parts, np.unique(parts[hole]))
    away = cv2.distanceTransform((~covered).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    ends = np.rint(pieces).astype(int)
    near = away[ends[:, :, 1], ends[:, :, 0]].min(axis=1)
    close = near < max(_LONG, _NEAR * float(np.sqrt(np.count_nonzero(hole))))
    pieces, length = pieces[close], length[close]
    candidates: list[tuple[float, _Line]] = []
    for i, j in _aligned(pieces):
        line = _joined(pieces[i], pieces[j], hole, known)
        if line is None:
            continue
        alike = _alike(image, line, known)
        if alike > _ALIKE:
            candidates.append((alike * min(length[i], length[j]), line))
    candidates.sort(key=lambda each: -each[0])
    lines = [line for _, line in candidates[:_MOST]]
    stopped = (_ending(piece, lines, hole, known) for piece in pieces)
    return lines + [
        stub
        for stub in stopped
        if stub is not None and _shown(_profile(image, stub, known, after=False))
    ]


def _aligned(pieces: np.ndarray) -> np.ndarray:
    """Pairs of pieces, (N, 2, 2), that may lie on one line: int (M, 2), their numbers.

    There may be hundreds of pieces; the line through their middles is soon found.
    """
    i, j = np.tril_indices(len(pieces), -1)
    middle, half = pieces.mean(axis=1), (pieces[:, 1] - pieces[:, 0]) / 2
    apart = middle[j] - middle[i]
    apart /= np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-6)
    off = [np.abs(half[k, 0] * apart[:, 1] - half[k, 1] * apart[:, 0]) for k in (i, j)]
    kept = np.maximum(*off) < 3 * _OFF
    return np.stack([i[kept], j[kept]], axis=1)


def _clipped(pieces: np.ndarray, known: BoolArray) -> np.ndarray:
    """Pieces, (N, 2, 2) as x, y, as far as they are known: their longest parts that are."""
    kept: list[np.ndarray] = []
    limits = np.array(known.shape[::-1]) - 1
    for start, end in pieces:
        steps = np.linspace(0, 1, max(2, round(float(np.linalg.norm(end - start)))))
        places = np.clip(start + steps[:, None] * (end - start), 0, limits)
        x, y = np.rint(places).astype(int).T
        seen = np.concatenate([[False], known[y, x], [False]]).astype(np.int8)
        first, last = (np.flatnonzero(np.diff(seen) == step) for step in (1, -1))
        if first.size:
            longest = int(np.argmax(last - first))
            kept.append(places[[first[longest], last[longest] - 1]])
    return np.array(kept).reshape(-1, 2, 2)


def _joined(one: np.ndarray, other: np.ndarray, hole: BoolArray, known: BoolArray) -> _Line | None:
    """The line of two pieces, (2, 2) each as x, y; None if they lie on none across the hole."""
    first, second = one[1] - one[0], other[1] - other[0]
    lengths = np.linalg.norm(first), np.linalg.norm(second)
    if abs(first[0] * second[1] - first[1] * second[0]) > _AGREE * lengths[0] * lengths[1]:
        return None
    points = np.concatenate([one, other])
    middle = points.mean(axis=0)
    way = np.linalg.svd(points - middle)[2][0]
    off = (points - middle) @ np.array([-way[1], way[0]])
    if np.abs(off).max() > _OFF:
        return None
    along = (points - middle) @ way
    if along[:2].mean() > along[2:].mean():
        along, way = -along, -way
    before, after = along[:2], along[2:]
    between = float(after.min() - before.max())
    if between < 2:
        return None
    start = middle + before.max() * way
    if not _hidden(start, way, between, hole, known):
        return None
    return _Line(start, way, between, float(np.ptp(before)), float(np.ptp(after)))


def _ending(
    piece: np.ndarray, lines: list[_Line], hole: BoolArray, known: BoolArray
) -> _Line | None:
    """The line of one piece, (2, 2) as x, y, up to where another that is carried stops it."""
    found: _Line | None = None
    for end in (0, 1):
        start = piece[end]
        before = float(np.linalg.norm(piece[1] - piece[0]))
        way = (start - piece[1 - end]) / before
        for line in lines:
            turn = float(way[0] * line.way[1] - way[1] * line.way[0])
            if abs(turn) < _CROSSING:
                continue
            apart = line.start - start
            length = float(apart[0] * line.way[1] - apart[1] * line.way[0]) / turn
            there = float(apart[0] * way[1] - apart[1] * way[0]) / turn
            if not 2 < length < before or not 0 <= there <= line.length:
                continue
            nearer = found is None or length < found.length
            if nearer and _hidden(start, way, length, hole, known):
                found = _Line(start, way, length, before, 0.0)
    return found


def _hidden(
    start: np.ndarray, way: np.ndarray, length: float, hole: BoolArray, known: BoolArray
) -> bool:
    """Whether most of a way, from a place (x, y) on, lies in the hole, or there and behind things.

    What is neither in the hole nor `known`, bool (H, W), is a thing: there nothing is drawn.
    """
    places = np.rint(start + np.arange(0, length)[:, None] * way).astype(int)
    height, width = hole.shape
    x, y = places[:, 0].clip(0, width - 1), places[:, 1].clip(0, height - 1)
    return bool(hole[y, x].mean() >= _OPEN and (~known)[y, x].mean() >= _INSIDE)


def _alike(image: FloatArray, line: _Line, known: BoolArray) -> float:
    """Correlation of the profiles of a line before and after a hole; -1 where it has none."""
    profiles = [_profile(image, line, known, after=after) for after in (False, True)]
    if not all(_shown(each) for each in profiles):
        return -1.0
    one, other = (each - each.mean(axis=0) for each in profiles)
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def _shown(profile: FloatArray) -> bool:
    """Whether there is a line to be seen in what lies across it, (M, C)."""
    return bool(np.isfinite(profile).all() and profile.std(axis=0).max() > _CONTRAST)


def _profile(image: FloatArray, line: _Line, known: BoolArray, *, after: bool) -> FloatArray:
    """What lies across a line just before or after a hole, (M, C); NaN where it is not known."""
    across = np.arange(-_ACROSS, _ACROSS + 1, dtype=np.float32)
    steps = np.arange(2, 2 + _TOLD)
    along = (line.length + steps if after else -steps).astype(np.float32)
    seen = _strip(known.astype(np.float32), line, along, across) > 0.99
    values = np.where(seen[:, :, None], _strip(image, line, along, across), 0)
    count = seen.sum(axis=0)[:, None]
    return np.where(count >= _TOLD / 3, values.sum(axis=0) / np.maximum(count, 1), np.nan)


def _strip(image: FloatArray, line: _Line, along: FloatArray, across: FloatArray) -> FloatArray:
    """What lies along and across a line: (N, M, C), or (N, M) of one channel."""
    normal = np.array([-line.way[1], line.way[0]])
    x, y = (
        (line.start[k] + along[:, None] * line.way[k] + across * normal[k]).astype(np.float32)
        for k in (0, 1)
    )
    taken = sampled(image, y.ravel(), x.ravel())
    return taken.reshape(*x.shape, *image.shape[2:])


def _carry(
    image: FloatArray, line: _Line, hole: BoolArray, usable: BoolArray, wide: int, part: BoolArray
) -> None:
    """Draw a line across a hole, in place, and mark in `part` what of the hole it fills.

    Each lane of it goes on as its own mirror image from both ends, and one becomes the other in
    the middle.
    """
    before, after, ends = int(line.before), int(line.after), line.after == 0
    along = np.arange(-before, int(np.ceil(line.length)) + after + 1).astype(np.float32)
    across = np.arange(-wide, wide + 1).astype(np.float32)
    known = _strip(usable.astype(np.float32), line, along, across) > 0.99
    missing = _strip(hole.astype(np.float32), line, along, across) > 0.01
    rows, columns = np.nonzero(hole)
    dx, dy = columns - line.start[0], rows - line.start[1]
    place = dx * line.way[0] + dy * line.way[1] + before
    lane = np.rint(dy * line.way[0] - dx * line.way[1]).astype(int) + wide
    inside = (lane >= 0) & (lane < len(across)) & (place >= 0) & (place < len(along))
    rows, columns, place, lane = (each[inside] for each in (rows, columns, place, lane))
    drawn = np.full((len(rows), image.shape[2]), np.nan, np.float32)

    def taken(own: BoolArray, source: np.ndarray) -> FloatArray:
        """What is so far along, by whole steps: a line that is level or upright stays as sharp."""
        step = source - np.floor(place[own])
        y, x = rows[own] + step * line.way[1], columns[own] + step * line.way[0]
        y, x = y.astype(np.float32), x.astype(np.float32)
        seen = sampled(usable.astype(np.float32), y, x) > 0.99
        return np.where(seen[:, None], sampled(image, y, x), np.nan)

    for number in range(len(across)):
        gap, own = np.flatnonzero(missing[:, number]), lane == number
        if not gap.size or not own.any():
            continue
        # What was lit anew may have a rim at the hole.
        first, last = int(gap[0]) - _RIM, int(gap[-1]) + _RIM
        # A thing that stands at the hole hides the line, too.
        first -= _until(known[: max(0, first), number][::-1])
        last += _until(known[last + 1 :, number])
        ahead, behind = (
            min(_run(side), _RUN * wide)
            for side in (known[: max(0, first), number][::-1], known[last + 1 :, number])
        )
        if ahead < _FEWEST or (not ends and behind < _FEWEST):
            continue
        at = np.clip(np.floor(place[own]).astype(int), first, last)
        values = taken(own, first - 1 - _to_and_fro(at - first, ahead))
        if not ends:
            right = taken(own, last + 1 + _to_and_fro(last - at, behind))
            share = np.clip(((at - first + 1) / (last - first + 2) - 0.5) * _MIDDLE + 0.5, 0, 1)
            values = (1 - share[:, None]) * values + share[:, None] * right
        drawn[own] = values
    whole = np.isfinite(drawn).all(axis=1)
    if not whole.any():
        return
    beside = np.arange(-2 * wide, 2 * wide + 1).astype(np.float32)
    lightness, seen = (
        _strip(each, line, along, beside) for each in (image[:, :, 0], usable.astype(np.float32))
    )
    darker = _darker(lightness, seen > 0.99)
    rows, columns, drawn = rows[whole], columns[whole], drawn[whole]
    # Where two lines cross, each shows on the other's sides; a surer edge only goes on.
    shows = darker * (image[rows, columns, 0] - drawn[:, 0]) > 0
    free = ~part[rows, columns] | shows
    rows, columns = rows[free], columns[free]
    image[rows, columns] = drawn[free]
    part[rows, columns] = True


def _darker(lightness: FloatArray, known: BoolArray) -> int:
    """1 for a dark line on lighter ground, -1 for a light one, 0 for an edge: (N, M) of a strip."""
    tone = np.where(known, lightness, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    off = tone[[0, -1]] - tone[1:-1].min(), tone[[0, -1]] - tone[1:-1].max()
    for sign, apart in ((1, off[0]), (-1, -off[1])):
        if apart.min() > 0.5 * np.abs(tone[0] - tone[-1]) + 1:
            return sign
    return 0


def _until(known: BoolArray) -> int:
    """How many are unknown before the first that is known; 0 if none is."""
    return int(np.argmax(known)) if known.any() else 0


def _run(known: BoolArray) -> int:
    """How many are known in a row, from the first on."""
    return len(known) if known.all() else int(np.argmin(known))


def _to_and_fro(steps: np.ndarray, count: int) -> np.ndarray:
    """0, 1, ... count - 1, count - 1, ... 1, 0, 0, 1, ...: indices of a mirrored run."""
    turn = steps % (2 * count)
    return np.where(turn < count, turn, 2 * count - 1 - turn)
