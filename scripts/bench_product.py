"""Measure whether a product photo's background is exact after saving, and what the subject loses.

    python scripts/bench_product.py
    python scripts/bench_product.py --limit 6 --table table.md
    python scripts/bench_product.py --cost

Photos of ../shared/photos/masks with the outlines that people drew, the project's examples with
their masks, and the products of ../shared/photos as they are found without any help. Each goes
through the pipeline `product`, is saved as a JPEG of quality 95, and is read back by Pillow.

    off        background pixels farther than 8 px from the matte that are not (255, 255, 255)
    plainly    the same when the same pixels are saved without regard to the blocks
    subject    mean error of the matte's solid part against the photo, of 255; and 99th percentile
    codec      the same of the plain file: what the codec alone costs

`--cost` measures time and memory at 12 megapixels instead, against rembg's chain on the same mask,
and fails above its bounds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bench_tables import write_section
from PIL import Image
from product_bench import cost

from autoedit.core.files import load_photo
from autoedit.core.files.encoding import encode
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan
from autoedit.editor import Editor
from autoedit.errors import TargetError
from autoedit.products import framing
from autoedit.products.finishing import without_specks
from autoedit.products.saving import RIM, background_of, decoded
from autoedit.products.settings import ProductSettings

ROOT = Path(__file__).parents[1]
PHOTOS = ROOT.parent / "shared" / "photos"
WHITE = (255, 255, 255)
TITLE, COST_TITLE = "Product photos: pure white", "Product photos: cost"
_TIME, _PEAK = 1.0, 2.5  # of rembg's chain; GB
_COSTED = ("robot_chalk", "vase_branch")


@dataclass(frozen=True)
class Measured:
    """One photo's figures."""

    group: str
    name: str
    background: int
    off: int
    plainly: int
    subject: tuple[float, float]
    codec: tuple[float, float]


def cases() -> Iterator[tuple[str, Path, Path | None]]:
    """Group, photo, and its subject's mask; None where the subject is to be found."""
    for mask in sorted((PHOTOS / "masks").glob("*.png")):
        photo = mask.with_name(f"{mask.name.split('.')[0]}.jpg")
        if photo.is_file() and mask.name.split(".")[-2] in ("gt", "alpha"):
            yield "outlined photos", photo, mask
    for mask in sorted((ROOT / "examples").glob("*.mask.png")):
        yield "rendered examples", mask.with_name(f"{mask.name.split('.')[0]}.jpg"), mask
    for photo in sorted((PHOTOS / "products").glob("*")):
        yield "products, unaided", photo, None


def measured(editor: Editor, group: str, path: Path, mask: Path | None, folder: Path) -> Measured:
    """Make the product photo, save it, read it back."""
    result = editor.edit(path, EditPlan(steps=()), mask=mask)
    settings = editor.pipeline.product or ProductSettings()
    seen = np.asarray(Image.open(result.save(folder / "out.jpg")).convert("RGB"))
    # The same frame once more, of the photo itself and of the edit's composite.
    alpha = Mask(np.float32(1.0) - result.steps[0].matte.array)
    original = load_photo(path)
    composite = composed(original.pixels, alpha, editor, path, mask)
    clean, alpha = without_specks(Photo(composite), alpha, WHITE)
    frame = framing.frame_for(alpha, settings)
    matte = framing.laid_alpha(alpha, frame)
    ground = background_of(matte)
    plain = decoded(encode(Photo(framing.laid(clean.pixels, frame, WHITE)), "JPEG", 95))
    truth = framing.laid(original.pixels, frame, WHITE).astype(np.float32)
    solid = cv2.distanceTransform((matte.array == 1).astype(np.uint8), cv2.DIST_L2, 5) > RIM
    return Measured(
        group, path.stem, int(ground.sum()),
        off=int((seen[ground] != 255).any(axis=1).sum()),
        plainly=int((plain[ground] != 255).any(axis=1).sum()),
        subject=error(seen[solid], truth[solid]), codec=error(plain[solid], truth[solid]),
    )  # fmt: skip


def composed(pixels: Any, alpha: Mask, editor: Editor, path: Path, mask: Path | None) -> Any:
    """The edit's own composite, before it was framed: by the same pipeline without a product."""
    plain = Editor(editor.pipeline.model_copy(update={"product": None}))
    done = plain.edit(path, "make the background white", mask=mask).photo.pixels
    if done.shape != pixels.shape or alpha.shape != pixels.shape[:2]:
        raise ValueError(f"{path.name} changed its size on the way.")
    return done


def error(seen: Any, truth: Any) -> tuple[float, float]:
    """Mean and 99th percentile of the absolute difference, of 255."""
    if not len(seen):
        return 0.0, 0.0
    off = np.abs(seen.astype(np.float32) - truth)
    return float(off.mean()), float(np.percentile(off, 99))


def table(rows: list[Measured], refused: dict[str, str]) -> str:
    """Markdown: a line a group, and what was refused."""
    lines = [
        "Saved as JPEG of quality 95 and read back; `scripts/bench_product.py`.",
        "",
        "| photos | count | exactly white all over | pixels off | saved plainly: photos exact, "
        "pixels off | subject: mean error, 99 % | the codec alone |",
        "|---|---|---|---|---|---|---|",
    ]
    groups = list(dict.fromkeys(row.group for row in rows))
    for name in [*groups, "all"]:
        part = [row for row in rows if name in ("all", row.group)]
        subject, codec = (
            [np.mean([getattr(row, key)[at] for row in part]) for at in (0, 1)]
            for key in ("subject", "codec")
        )
        lines.append(
            f"| {name} | {len(part)} | {sum(not row.off for row in part)} | "
            f"{sum(row.off for row in part)} | {sum(not row.plainly for row in part)}, "
            f"{sum(row.plainly for row in part)} | {subject[0]:.2f}, {subject[1]:.1f} | "
            f"{codec[0]:.2f}, {codec[1]:.1f} |"
        )
    if refused:
        lines += ["", f"Refused, and so not counted: {', '.join(refused)}."]
    return "\n".join(lines)


def measure_cost(rounds: int) -> tuple[str, list[str]]:
    """Time and memory at 12 megapixels: a table, and the bounds that do not hold."""
    lines = [
        "A product photo of 4000 x 3000 px from file to file, each chain in its own process: the "
        f"processor's seconds, medians of {rounds}; `scripts/bench_product.py --cost`.",
        "",
        "| photo | chain | seconds | of rembg's | peak, GB |",
        "|---|---|---|---|---|",
    ]
    wrong: list[str] = []
    for name in _COSTED:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            cost.prepare(folder, PHOTOS / "products" / f"{name}.jpg")
            taken: dict[str, list[float]] = {chain: [] for chain in cost.CHAINS}
            for _ in range(rounds):
                for chain, times in taken.items():
                    times.append(cost.seconds(chain, folder))
                    print(f"{name}, {chain}: {times[-1]:.1f} s", file=sys.stderr, flush=True)
            middle = {chain: float(np.median(times)) for chain, times in taken.items()}
            for chain, words in cost.CHAINS.items():
                ratio, peak = middle[chain] / middle["rembg"], cost.gigabytes(chain, folder)
                lines.append(
                    f"| {name} | {words} | {middle[chain]:.1f} | {ratio:.2f} | {peak:.2f} |"
                )
                if chain == "given" and ratio > _TIME:
                    wrong.append(f"{name}: {ratio:.2f} of rembg's time is above {_TIME}")
                if chain != "rembg" and peak > _PEAK:
                    wrong.append(f"{name}, {words}: {peak:.2f} GB are above {_PEAK}")
    return "\n".join(lines), wrong


def main() -> None:
    """Run, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--limit", type=int, help="photos of each group")
    parser.add_argument("--table", type=Path, help="write the table there, not into the docs")
    parser.add_argument("--cost", action="store_true", help="time and memory at 12 megapixels")
    parser.add_argument("--rounds", type=int, default=3, help="of the times")
    options = parser.parse_args()
    if options.cost:
        text, wrong = measure_cost(options.rounds)
        written(text, COST_TITLE, options.table)
        if wrong:
            raise SystemExit("\n".join(wrong))
        return
    editor = Editor("product")
    rows: list[Measured] = []
    refused: dict[str, str] = {}
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for group, path, mask in cases():
            counts[group] = counts.get(group, 0) + 1
            if options.limit is not None and counts[group] > options.limit:
                continue
            try:
                rows.append(measured(editor, group, path, mask, Path(folder)))
                print(rows[-1], file=sys.stderr, flush=True)
            except TargetError as refusal:
                refused[path.stem] = str(refusal)
    text = table(rows, refused)
    written(text, TITLE, options.table)


def written(text: str, title: str, table: Path | None) -> None:
    """Into a file of its own, else into the docs."""
    if table:
        table.write_text(text + "\n", encoding="utf-8")
    else:
        write_section(title, text)


if __name__ == "__main__":
    main()
