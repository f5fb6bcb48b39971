"""The tables, and which bounds a run misses."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .metrics import Scores
from .peers import OURS
from .photos import SETS
from .timing import Figure

FIRST_BY = ("haarpsi", "gmsd", "psnr", "swd")  # means by which ours must come first
LEAST_SHARE = 0.80  # of the images on which ours must beat each peer by HaarPSI
SEAM = (0.8, 1.2)  # between which ours' mean seam ratio must lie


@dataclass(frozen=True)
class Result:
    """One method's fill of one image; `floor` is the photo's noise floor in dB, if stated."""

    photos: str
    image: str
    method: str
    scores: Scores
    seconds: float
    floor: float | None = None


@dataclass(frozen=True)
class Column:
    """A figure of the table: how it is written, and what makes one better than another."""

    key: str
    title: str
    form: str
    sign: int = 1  # 1: larger is better, -1: smaller is, 0: nearest to 1 is

    def merit(self, value: float) -> float:
        """Larger is better."""
        return self.sign * value if self.sign else -abs(math.log(max(value, 1e-9)))


COLUMNS = (
    Column("haarpsi", "HaarPSI", ".3f"),
    Column("gmsd", "GMSD", ".3f", -1),
    Column("psnr", "PSNR", ".2f"),
    Column("ssim", "SSIM", ".3f"),
    Column("swd", "SWD", ".4f", -1),
    Column("seam", "seam", ".2f", 0),
    Column("seconds", "seconds", ".2f", -1),
)


def figure(result: Result, key: str) -> float:
    """One of a result's figures, by its column's key."""
    return result.seconds if key == "seconds" else getattr(result.scores, key)


@dataclass(frozen=True)
class Table:
    """The results of one set of photos.

    Attributes:
        title: the set's.
        names: of the methods by key, in the table's order.
        results: by method and image.
    """

    title: str
    names: dict[str, str]
    results: dict[str, dict[str, Result]]

    @property
    def images(self) -> list[str]:
        """Every image that some method filled, in order."""
        return list(dict.fromkeys(image for rows in self.results.values() for image in rows))

    def mean(self, method: str, key: str, images: Sequence[str] | None = None) -> float:
        """A method's mean over the images that it filled, or over some of them."""
        rows = self.results[method]
        return statistics.mean(figure(rows[image], key) for image in images or rows)

    def shared(self, peer: str) -> list[str]:
        """The images that both ours and a peer filled."""
        ours = self.results.get(OURS, {})
        return [image for image in self.results[peer] if image in ours]

    def share(self, peer: str) -> float:
        """On how many of the shared images ours beats a peer by HaarPSI, 0 to 1."""
        images = self.shared(peer)
        ours, theirs = self.results[OURS], self.results[peer]
        better = (ours[i].scores.haarpsi > theirs[i].scores.haarpsi for i in images)
        return sum(better) / len(images)

    def missed(self) -> list[str]:
        """The bounds that ours misses, one line each."""
        if OURS not in self.results:
            return []
        lines: list[str] = []
        for peer in self.results:
            images = self.shared(peer)
            if peer == OURS or not images:
                continue
            for column in (c for c in COLUMNS if c.key in FIRST_BY):
                ours, theirs = (self.mean(m, column.key, images) for m in (OURS, peer))
                if column.merit(ours) < column.merit(theirs):
                    lines.append(
                        f"{self.title}: mean {column.title} {ours:{column.form}} is behind "
                        f"{self.names[peer]}'s {theirs:{column.form}}"
                    )
            if self.share(peer) < LEAST_SHARE:
                lines.append(
                    f"{self.title}: better than {self.names[peer]} by HaarPSI on "
                    f"{self.share(peer):.0%} of the images, not {LEAST_SHARE:.0%}"
                )
        seam = self.mean(OURS, "seam")
        if not SEAM[0] <= seam <= SEAM[1]:
            lines.append(f"{self.title}: mean seam ratio {seam:.2f} is not in {SEAM[0]}..{SEAM[1]}")
        return lines

    def markdown(self) -> str:
        """The set's two tables: the methods' means, and every image's HaarPSI."""
        return f"### {self.title[:1].upper()}{self.title[1:]}\n\n{self._means()}\n\n{self._each()}"

    def _means(self) -> str:
        ranked = sorted(self.results, key=lambda method: -self.mean(method, "haarpsi"))
        first = {
            column.key: max(ranked, key=lambda m, c=column: c.merit(self.mean(m, c.key)))
            for column in COLUMNS
        }
        titles = [column.title for column in COLUMNS]
        lines = [
            f"| method | {' | '.join(titles)} | ours better on |",
            "| --- " * (len(titles) + 2) + "|",
        ]
        for method in ranked:
            cells = [
                bold(f"{self.mean(method, c.key):{c.form}}", first[c.key] == method)
                for c in COLUMNS
            ]
            peer = method != OURS and self.shared(method)
            share = f"{self.share(method):.0%}" if peer else ""
            done = len(self.results[method])
            some = f" ({done} of {len(self.images)})" if done < len(self.images) else ""
            lines.append(f"| {self.names[method]}{some} | {' | '.join(cells)} | {share} |")
        return "\n".join(lines)

    def _each(self) -> str:
        order = [method for method in self.names if method in self.results]
        floors = {r.image: r.floor for rows in self.results.values() for r in rows.values()}
        stated = any(floor is not None for floor in floors.values())
        heads = ["HaarPSI", *(["noise floor"] if stated else []), *(self.names[m] for m in order)]
        lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
        for image in self.images:
            values = {
                m: r[image].scores.haarpsi for m in order if (r := self.results[m]).get(image)
            }
            best = max(values.values())
            cells = [bold(f"{values[m]:.3f}", values[m] == best) if m in values else ""
                     for m in order]  # fmt: skip
            floor = floors[image]
            noise = [f"{floor:.1f} dB" if floor is not None else ""] if stated else []
            lines.append(f"| {' | '.join([image, *noise, *cells])} |")
        return "\n".join(lines)


def bold(text: str, whether: bool) -> str:
    """Markdown."""
    return f"**{text}**" if whether else text


def number(value: float) -> str:
    """Three decimals of what is small, one of what is large."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def tables(results: Sequence[Result], names: dict[str, str]) -> list[Table]:
    """One table for each set of photos that was measured."""
    found: list[Table] = []
    for key, photos in SETS.items():
        rows: dict[str, dict[str, Result]] = {}
        for name in names:
            own = {r.image: r for r in results if r.photos == key and r.method == name}
            if own:
                rows[name] = own
        if rows:
            found.append(Table(photos.title, names, rows))
    return found


def missed(found: Sequence[Table], figures: Sequence[Figure]) -> list[str]:
    """Every bound that the run misses, one line each."""
    lines = [line for table in found for line in table.missed()]
    lines += [
        f"{each.name}: {number(each.value)} {each.unit}".rstrip() + f" is above {each.bound:g}"
        for each in figures
        if each.missed
    ]
    return lines


def section(
    command: str, found: Sequence[Table], figures: Sequence[Figure], notes: Sequence[str]
) -> str:
    """Everything that a run measured, as Markdown."""
    parts = [f"`{command}`: one hole for all methods, on the same array, with two threads."]
    if found:
        parts[0] += (
            " PSNR (dB) and SSIM are of the hole, HaarPSI and GMSD of its window, SWD is the "
            "sliced Wasserstein distance of the hole's 7x7 patches, seam the step across the "
            "outline over the truth's (1 is a seam like the truth's). Bold is first."
        )
    parts += [*notes, *(table.markdown() for table in found)]
    if figures:
        lines = ["| measured in the same run | value | bound |", "| --- | --- | --- |"]
        for each in figures:
            bound = "" if each.bound is None else f"{each.bound:g} {each.unit}".rstrip()
            value = f"{number(each.value)} {each.unit}".rstrip()
            lines.append(f"| {each.name} | {bold(value, each.missed)} | {bound} |")
        parts.append("Bold misses its bound.\n\n" + "\n".join(lines))
    lines = missed(found, figures)
    parts.append("Missed bounds:\n\n" + "\n".join(f"- {line}" for line in lines) if lines
                 else "Every bound that could be measured is met.")  # fmt: skip
    return "\n\n".join(parts) + "\n"
