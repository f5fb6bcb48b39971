"""What a person would say of the thing in a real photo: is it found, or is doubt owned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from autoedit import Editor
from autoedit.core.photo import Photo
from autoedit.grounding.wording import read

from .measures import iou, markdown
from .prompted import reduced
from .sets import Folders, Outlined, outlined, plates
from .sheet import Sheet

TITLE = "Masks: phrases on real photos"
Said = Literal["right", "wrong", "offered", "asked", "refused"]
_SAME = 0.5  # intersection over union with the truth
_SIDE = 1400  # pixels of the longer side that all is done at

# Of each photo what its description says is outlined in it, by the noun and with a word more.
PHRASES: dict[str, tuple[str, ...]] = {
    "ecssd_0013": ("the boat", "the red boat"),
    "ecssd_0046": ("the calf", "the brown calf"),
    "ecssd_0079": ("the pigeon on the right",),
    "ecssd_0109": ("the guard", "the guard and the red box"),
    "ecssd_0131": ("the zebra", "the black and white zebra"),
    "ecssd_0185": ("the sign", "the wooden sign"),
    "ecssd_0299": ("the man", "the man in the middle"),
    "ecssd_0331": ("the sign", "the sign on the right"),
    "ecssd_0461": ("the tower", "the small tower"),
    "ecssd_0493": ("the man with the black dog",),
    "ecssd_0570": ("the boat", "the yellow boat"),
    "ecssd_0763": ("the bench", "the stone bench"),
    "ecssd_0836": ("the chair", "the wooden chair"),
    "ecssd_0942": ("the woman", "the woman in the middle"),
    "ecssd_0962": ("the car", "the white car"),
    "ecssd_0972": ("the car", "the car in the middle"),
    "ecssd_0987": ("the man", "the man in the middle"),
    "ccp_0010": ("the woman", "the woman in the middle"),
    "ccp_0017": ("the woman", "the woman in the red dress"),
    "ccp_0043": ("the man", "the man in the middle"),
    "ccp_0047": ("the woman", "the woman in the middle"),
    "davis_bike": ("the boy", "the boy on the bike"),
    "am2k_3": ("the cat", "the grey cat"),
    "am2k_5": ("the rabbit", "the rabbit in the middle"),
    "am2k_11": ("the dog", "the brown dog"),
    "p3m_girl_autumn": ("the girl", "the girl in the middle"),
    "deck_frog": ("the frog", "the frog in the middle"),
    "deck_dogstatue": ("the statue", "the dog statue"),
    "deck_glove": ("the glove", "the glove in the middle"),
    "dog_walk": ("the dog", "the brown and white dog"),
    "dog_sit": ("the dog", "the dog in the middle"),
    "dog_jump": ("the dog", "the white dog"),
    "wallet1": ("the wallet", "the black wallet"),
    "wallet2": ("the wallet", "the black wallet"),
    "wallet3": ("the wallet", "the black wallet"),
    "greenbottle1": ("the bottle", "the green bottle"),
    "greenbottle2": ("the bottle", "the green bottle"),
    "campus_smith_man": ("the man", "the man in the middle"),
    "road_suv_white": ("the car", "the white car"),
    "road_pickup": ("the truck", "the white truck"),
    "road_suv_gray": ("the car", "the grey car"),
}


@dataclass(frozen=True)
class Named:
    """What became of a phrase.

    Attributes:
        name: of the photo.
        phrase: what was said.
        bare: whether that holds nothing that can be checked: a noun, or what a thing is made of.
        said: taken and right, or wrong; asked with the right one offered, or without; refused.
        iou: with the truth, of what was taken or of the best that is offered.
    """

    name: str
    phrase: str
    bare: bool
    said: Said
    iou: float


def cases(folders: Folders, limit: int | None = None) -> Iterator[Outlined]:
    """The photos that there are phrases for, reduced."""
    only_real = Folders(folders.photos / "none", folders.photos / "none", folders.photos)
    real = (
        Outlined(plate.name, plate.photo, plate.thing, main=False) for plate in plates(only_real)
    )
    found = (one for group in (outlined(folders.photos), real) for one in group)
    for number, one in enumerate(one for one in found if one.name in PHRASES):
        if limit is not None and number >= limit:
            return
        yield reduced(one, _SIDE)


def measure(found: Iterable[Outlined], sheet: Sheet | None = None) -> list[Named]:
    """Every phrase of every photo through the embedded pipeline."""
    editor = Editor("embedded")
    rows: list[Named] = []
    for case in found:
        photo = Photo(case.photo)
        for phrase in PHRASES[case.name]:
            regions = editor.locate(photo, phrase)
            masks = [one.mask.binary for one in regions if one.mask is not None]
            said: Said = "refused"
            best = max((iou(mask, case.truth) for mask in masks), default=0.0)
            if regions.ambiguous:
                said = "offered" if best >= _SAME else "asked"
            elif masks:
                best = iou(np.any(masks, axis=0), case.truth)
                said = "right" if best >= _SAME else "wrong"
            target = editor.plan(f"remove {phrase}").steps[0].target
            wording = read(target)
            told = wording.colours or wording.sizes or target.position or target.relation
            bare = not told
            rows.append(Named(case.name, phrase, bare, said, best))
            if sheet is not None and masks:
                caption = f"{case.name}: {phrase} [{said} {best:.2f}]"
                sheet.add(caption, case.photo, masks[0], case.truth)
    return rows


def table(rows: list[Named]) -> str:
    """How often each of what may become of a phrase did."""
    head = [
        "phrases", "number", "right", "asked, it is offered", "asked, it is not", "refused",
        "wrong, no doubt owned",
    ]  # fmt: skip
    lines: list[list[object]] = []
    for name, some in (
        ("nothing that can be checked", [row for row in rows if row.bare]),
        ("with a colour, a size, a place or a relation", [row for row in rows if not row.bare]),
        ("**all**", rows),
    ):
        counts = [
            sum(row.said == said for row in some)
            for said in ("right", "offered", "asked", "refused", "wrong")
        ]
        lines.append([name, len(some), *counts])
    return markdown(head, lines)
