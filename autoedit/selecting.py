"""What an edit is about: from a target's words, or what was pointed at, to an exact mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from autoedit import drawing, inserting, masking
from autoedit.compositing.transparency import own_alpha
from autoedit.core.distance import distance
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep, Target
from autoedit.core.region import Region, Regions
from autoedit.core.superpixels import to_lab
from autoedit.errors import TargetError, TargetNotFoundError
from autoedit.masking import View
from autoedit.planning.replacement import MAIN_SUBJECT, members
from autoedit.pointing import Pointer, near, others_than, picked, pointer_for
from autoedit.run import Run
from autoedit.segmentation import Prompt
from autoedit.stages import Stages

_EVERY_OBJECT = Target(phrase="all the objects", head="object", quantity="all")
_REACH, _LEAST_REACH = 1.5, 12.0  # heights of a line of text; pixels
_RIM = 0.15  # of that reach: what is right round letters
_AS_LARGE, _AS_SURE = 0.5, 0.9  # of the subject; score of another thing that may be it
_PLAIN, _LEAST_OF_KIND = 0.69, 0.03  # score of a clear thing; of the subject's area
_ONE_COLOUR, _MANY = 12.0, 3  # CIELAB: between things of one kind; so many are a group
_BESIDE, _CLOSE = 6.0, 0.01  # pixels; of the photo's longer side: so near a fill may come
_PERHAPS, _SURELY = 0.3, 0.7  # how likely the network finds a thing
_CLEAR = 0.95  # likewise, on average over one that grounding missed: a wood is .9
_THIN, _SMALL = 0.1, 0.2  # sizes of the target, and its areas: what is less is left
_RIM_OF_ONE, _BESIDE_ONE = np.ones((5, 5), np.uint8), np.ones((9, 9), np.uint8)
_PASSES, _MORE = 3, 0.04  # of an outline, at most; of its area, that tells of more beyond it
_SHADES, _COMMON = 8, 4  # levels a channel; of 255, how often a colour must occur there
_NO_SUBJECT = (
    "No subject stands out from the rest of this photo. Draw a box round it with --box, or say "
    "what it is (--subject, or in the instruction)."
)
_SEVERAL = (
    "Several things here are alike; what stands out most was taken. Look at it, and name those you "
    "mean or draw a --box if that is not it."
)
_ALL_CLEAR = (
    "The photo is transparent all over, so nothing in it shows. Give the photo that it was made "
    "from, or remove its alpha channel."
)


def select(
    stages: Stages, photo: Photo, step: EditStep, pointer: Pointer, run: Run
) -> tuple[tuple[Region, ...], Mask]:
    """Grounding and segmentation: the regions meant, and their exact outline together.

    Raises:
        TargetError: with the photo that was looked at, which a later step's input no longer is.
    """
    try:
        return _select(stages, photo, step, pointer, run)
    except TargetError as error:
        error.photo = photo
        raise


def _select(
    stages: Stages, photo: Photo, step: EditStep, pointer: Pointer, run: Run
) -> tuple[tuple[Region, ...], Mask]:
    target = step.target
    if pointer.mask is not None:  # what a person painted is meant as it is
        box = pointer.mask.box or (0.0, 0.0, 0.0, 0.0)
        return (Region(box, 1.0, target.phrase, pointer.mask, ("mask given",)),), pointer.mask
    if photo.alpha is not None and not photo.alpha.any():
        raise TargetNotFoundError(_ALL_CLEAR)
    own = own_alpha(photo) if _is_whole(step) and not pointer.given else None
    if own is not None:
        box = own.box or (0.0, 0.0, 0.0, 0.0)
        return (Region(box, 1.0, target.phrase, own, ("its own alpha",)),), own
    pointer = _seen(photo, step, pointer)
    anchor = inserting.anchor_of(step, pointer)
    if anchor is not None:
        target = anchor
    elif step.operation == "add":
        with run.stage("grounding"):
            return drawing.place_of(stages, photo, target, pointer)
    if pointer.given:
        regions = (Region(pointer.box or (0, 0, 0, 0), 1.0, target.phrase),)
        prompts = [Prompt(pointer.box, pointer.points, pointer.negative_points)]
    elif step.boxes:
        boxes = [pointer_for(photo, box, None, None, None, None).box for box in step.boxes]
        regions = tuple(Region(box, 1.0, target.phrase) for box in boxes if box)
        prompts = [Prompt(box=region.box) for region in regions]
    else:
        with run.stage("grounding"):
            regions = _named(stages, photo, step, target, pointer)
        prompts = [Prompt(box=region.box, mask=region.mask) for region in regions]
    with run.stage("segmentation"):
        outlines = [
            region.mask if region.exact and region.mask is not None
            else masking.without_shadow(photo.pixels, stages.outline(photo, prompt))
            for region, prompt in zip(regions, prompts, strict=True)
        ]  # fmt: skip
    mask = outlines[0]
    for outline in outlines[1:]:
        mask = mask | outline
    if mask.box is None:
        place = "there" if pointer.given else f"where {target.phrase!r} should be"
        raise TargetNotFoundError(
            f"No outline can be made out {place}. Draw a box round the whole thing with --box, "
            "or give a mask with --mask."
        )
    if any(region.exact for region in regions):
        return regions, mask  # its small parts are no specks
    with run.stage("masking"):
        settings = stages.pipeline.masking
        mask = masking.clean(mask, speck=settings.speck, hole=settings.hole)
    if pointer.given:
        regions = (Region(mask.box or (0, 0, 0, 0), 1.0, target.phrase, mask, ("pointed at",)),)
    return regions, mask


def _seen(photo: Photo, step: EditStep, pointer: Pointer) -> Pointer:
    """Where a planner that sees has pointed, if nobody else did and it is one place."""
    one = len(step.boxes) == 1 or (step.boxes and step.operation == "add")
    if not one or pointer.given:
        return pointer
    return pointer_for(photo, step.boxes[0], None, None, None, None)


def _named(
    stages: Stages, photo: Photo, step: EditStep, target: Target, pointer: Pointer
) -> tuple[Region, ...]:
    """What a step's words mean, of all that grounding finds."""
    each = members(target)
    if len(each) > 1:
        return tuple(region for one in each for region in _named(stages, photo, step, one, pointer))
    found = stages.ground(photo, target)
    if _is_whole(step) and target.head == "subject" and not _keeps_all(step):
        found = _with_rivals(found, stages, photo)
    if not len(found) and target == MAIN_SUBJECT:
        raise TargetNotFoundError(_NO_SUBJECT, found)
    noun = step.operation == "background" and step.target == target and _is_noun(target)
    if noun and (found.guessed or not len(found)):
        found = _supposed(stages, photo, target) or found
    asked = found.ambiguous or len(members(step.target)) == 1 or pointer.pick == "all"
    return picked(found, target, pointer.pick if asked else None)


def _is_whole(step: EditStep) -> bool:
    """Whether a step is about all that a cut-out shows: its ground is gone already."""
    target = step.target
    plain = target.model_copy(update={"phrase": "", "quantity": "one"})
    said = target.head != "subject" and plain != Target(phrase="")
    return step.operation in ("background", "extract") and not said and len(members(target)) == 1


def _is_noun(target: Target) -> bool:
    """Whether a target is one thing of which no more is said than what it is."""
    return bool(target.head) and target == Target(phrase=target.phrase, head=target.head)


def _supposed(stages: Stages, photo: Photo, target: Target) -> Regions | None:
    """The main subject for a noun that stands before a background, if it is clear which it is.

    What is set on a background is nearly always the main subject, and a back end that knows no
    nouns can say no more; the note says that it was not checked.
    """
    if stages.knows_nouns:
        return None
    found = _with_rivals(stages.ground(photo, MAIN_SUBJECT), stages, photo)
    if len(found) != 1 or found[0].doubt:
        return None
    return replace(found, items=(replace(found[0], unchecked=(target.head,)),))


def _keeps_all(step: EditStep) -> bool:
    """Whether what is not the subject still shows afterwards, if out of focus."""
    return step.replacement is not None and step.replacement.blur


def _with_rivals(found: Regions, stages: Stages, photo: Photo) -> Regions:
    """The main subject, and every other thing in full view that may as well be what is meant."""
    if len(found) != 1:
        return found
    subject, height, width = found[0], *photo.shape
    everything = stages.ground(photo, _EVERY_OBJECT)
    rivals: list[Region] = []
    for other in everything:
        x0, y0, x1, y1 = other.box
        whole = min(x0, y0) > 0 and x1 < width and y1 < height
        a, b, c, d = subject.box
        apart = x1 <= a or x0 >= c or y1 <= b or y0 >= d
        large = (x1 - x0) * (y1 - y0) > _AS_LARGE * (c - a) * (d - b)
        if whole and apart and large and other.score >= _AS_SURE:
            rivals.append(other)
    if rivals:
        return replace(found, items=(subject, *rivals), ambiguous=True)
    if not subject.doubt and _of_a_kind(photo, subject, everything):
        return replace(found, items=(replace(subject, doubt=_SEVERAL),))
    return found


def _of_a_kind(photo: Photo, subject: Region, everything: Regions) -> bool:
    """Whether several things of one size and colour stand there, large enough to be meant."""
    least = _LEAST_OF_KIND * (subject.mask.array.sum() if subject.mask is not None else 0.0)
    kinds: list[tuple[float, NDArray[np.float32]]] = []
    for thing in everything:
        if thing.mask is None or thing.score < _PLAIN:
            continue
        inside = thing.mask.binary
        size = float(inside.sum())
        if size > least:
            mean = np.array(cv2.mean(photo.pixels, inside.astype(np.uint8))[:3], np.float32)
            kinds.append((size, to_lab(mean[None, None].astype(np.uint8))[0, 0]))
    return any(
        sum(
            size / 2 <= other <= 2 * size and float(np.linalg.norm(colour - shade)) < _ONE_COLOUR
            for other, shade in kinds
        )
        >= _MANY
        for size, colour in kinds
    )


def others(
    stages: Stages, photo: Photo, mask: Mask, run: Run, *, hole: Mask | None = None,
    taken: Mask | None = None, place: bool = False, view: View | None = None,
) -> list[Mask]:  # fmt: skip
    """The other things near a mask, which no fill may touch or take as a source; see `joined`.

    What is near the `hole`, all that is to be filled, is outlined to the pixel. What lies for the
    most part in `taken` is the target's mirror image, and no other thing. With `place`, the mask is
    no thing but a place, and what is there counts too. `view` is what `masking.view_round` says of
    the mask, when it is known already.
    """
    with run.stage("grounding"):
        everything = stages.ground(photo, _EVERY_OBJECT)
    found = near(mask, everything, stages.pipeline.masking.spared)
    with run.stage("segmentation"):
        outlined = [
            region if region.mask is not None
            else replace(region, mask=stages.outline(photo, Prompt(box=region.box)))
            for region in found
        ]  # fmt: skip
    thing = Mask(np.zeros(mask.shape, np.float32), "none") if place else mask
    kept = others_than(thing, outlined, taken)
    if not place:
        view = view or masking.view_round(photo.pixels, mask)
        if view is not None:
            kept += others_than(thing, _unfound(photo, view, kept), taken)
    reach = max(_BESIDE, _CLOSE * max(photo.shape))
    beside = distance(~(mask if hole is None else mask | hole).binary) < reach
    met = [(other.binary & beside).any() for other in kept]
    if not any(met):
        return kept
    with run.stage("segmentation"):
        likely = _likely_things(photo, view or masking.view_round(photo.pixels, mask))
        return [
            _exact(stages, photo, other, thing, likely) if close else other
            for other, close in zip(kept, met, strict=True)
        ]


def _exact(
    stages: Stages, photo: Photo, other: Mask, thing: Mask, likely: NDArray[np.float32]
) -> Mask:
    """What a fill may come up to: its outline to the pixel, and without its shadow.

    Grounding knows it by patches of one colour, segmentation by its edges, the network by what
    things look like, float32 (H, W) in [0, 1]: of the first two, that counts on which another one
    agrees.
    """
    beyond, without = likely > _PERHAPS, likely > _SURELY
    found, grown = other, np.inf
    for _ in range(_PASSES):  # each reaches a little farther along a spout or a handle
        if grown <= _MORE * np.count_nonzero(found.binary):
            break
        outline = stages.outline(photo, Prompt(box=found.box, mask=found)).array
        either = np.where(found.binary, np.where(without, 1, outline), np.where(beyond, outline, 0))
        own = Mask(np.where(thing.binary, 0, either).astype(np.float32), other.origin)
        if own.box is None:
            return other
        found, grown = own, np.count_nonzero(own.binary & ~found.binary)
    return masking.without_shadow(photo.pixels, found, thing)


def _unfound(photo: Photo, view: View, found: Sequence[Mask]) -> list[Region]:
    """Things that grounding missed and the network surely sees, such as a striped can."""
    x0, y0, x1, y1 = view.box
    shape = view.inside.shape[::-1]
    part = joined(found, photo.shape).array[y0:y1, x0:x1]
    known = cv2.resize(part, shape, interpolation=cv2.INTER_AREA) > _PERHAPS
    taken = cv2.dilate((known | view.inside).astype(np.uint8), _RIM_OF_ONE) > 0
    rest = ((view.seen.thing > _SURELY) & ~taken).astype(np.uint8)
    size = view.size * view.scale
    width = max(3, round(_THIN * size))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    rest = cv2.morphologyEx(rest, cv2.MORPH_OPEN, kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest)
    _, places, others_stats, _ = cv2.connectedComponentsWithStats(known.astype(np.uint8))
    sizes = others_stats[:, cv2.CC_STAT_AREA]
    sizes[0] = 0
    more: list[Region] = []
    for number in range(1, count):
        part, area = np.asarray(labels == number), stats[number, cv2.CC_STAT_AREA]
        likely = float(view.seen.thing[part].mean())
        if area < _SMALL * size**2 or likely < _CLEAR:
            continue
        beside = cv2.dilate(part.astype(np.uint8), _BESIDE_ONE) > 0
        if (sizes[np.asarray(places[beside], np.intp)] > area).any():
            continue  # the rest of what was found
        shown = Mask.of(masking.in_photo(part, view, photo.shape), "seen")
        if shown.box is not None:
            more.append(Region(shown.box, likely, "thing", shown))
    return more


def _likely_things(photo: Photo, view: View | None) -> NDArray[np.float32]:
    """How likely a thing is to be seen, float32 (H, W); where nobody looked it is undecided."""
    likely = np.full(photo.shape, (_PERHAPS + _SURELY) / 2, np.float32)
    if view is not None:
        x0, y0, x1, y1 = view.box
        likely[y0:y1, x0:x1] = cv2.resize(view.seen.thing, (x1 - x0, y1 - y0))
    return likely


def joined(things: Sequence[Mask], shape: tuple[int, int]) -> Mask:
    """All of some things as one mask, (H, W)."""
    together = np.zeros(shape, np.float32)
    for thing in things:
        together[thing.binary] = 1.0
    return Mask(together, "others")


def elsewhere(photo: Photo, regions: tuple[Region, ...]) -> Mask:
    """What letters do not stand on: a sign is filled from the sign, not from the sky behind it.

    Theirs is what lies near them and has a colour that occurs right round them.
    """
    ground = np.zeros(photo.shape, bool)
    for region in regions:
        x0, y0, x1, y1 = region.box
        reach = max(_LEAST_REACH, _REACH * min(x1 - x0, y1 - y0))
        place = (
            slice(max(0, round(y0 - reach)), round(y1 + reach)),
            slice(max(0, round(x0 - reach)), round(x1 + reach)),
        )
        if region.mask is None:
            ground[place] = True
            continue
        pixels, letters = photo.pixels[place], region.mask.binary[place]
        away = cv2.distanceTransform((~letters).astype(np.uint8), cv2.DIST_L2, 5)
        rim = ((away > 0) & (away < _RIM * reach)).astype(np.uint8)
        colours = cv2.calcHist([pixels], [0, 1, 2], rim, [_SHADES] * 3, [0, 256] * 3)
        cv2.normalize(cv2.GaussianBlur(colours, (3, 3), 0), colours, 0, 255, cv2.NORM_MINMAX)
        alike = cv2.calcBackProject([pixels], [0, 1, 2], colours, [0, 256] * 3, 1)
        alike = cv2.medianBlur((alike > _COMMON).astype(np.uint8), 5) > 0
        enough = (alike & ~letters).sum() > 0.3 * letters.sum()
        ground[place] |= alike if enough else True
    return Mask((~ground).astype(np.float32), "elsewhere")
