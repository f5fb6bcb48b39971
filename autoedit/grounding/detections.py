"""What any detector finds for a phrase becomes the regions that a target means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Box, Region, Regions
from autoedit.errors import SettingError
from autoedit.grounding.attributes import AttributeGrounder, PreparedAttributes
from autoedit.grounding.choosing import Rated, choose, narrow
from autoedit.grounding.phrasing import detection_phrase
from autoedit.grounding.places import box_area, iou, place_words, shared_area
from autoedit.grounding.wording import read

_FLOOR = 0.3  # of the threshold: what is fainter is not worth a word
_ENCLOSED = 0.85  # of its own area inside another box
_GROUP = 0.7  # IoU of a box with the hull of those inside it: it is their group, no thing


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One thing that a detector sees.

    Attributes:
        box: xyxy in pixels of the whole photo; may reach over its edges.
        score: the detector's own confidence in [0, 1], 1 where it gives none.
        label: the words that the detector matched; "" for the whole phrase.
        mask: over the whole photo, when the detector gives one.
    """

    box: Box
    score: float
    label: str = ""
    mask: Mask | None = None


class PreparedDetector(Protocol):
    """A detector that has seen one photo."""

    def detect(self, phrase: str) -> list[Detection]:
        """Everything that looks like the phrase, in any order, nothing suppressed.

        Args:
            phrase: lower case, without articles or a full stop ("red mug"); never empty.
        """
        ...


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How a detector's answers are read.

    Attributes:
        name: of the detector, for the evidence ("grounding dino").
        threshold: the detector's own score in (0, 1) from which something counts as found.
        nms: in (0, 1]; of two boxes with a larger intersection over union the better one stays.
        generic: the phrase that stands for anything ("object"); "" when the detector has none,
            and such targets are found by what stands out.
        sharpness: above 0; how fast confidence grows with the score's log odds.

    Raises:
        SettingError: for a number out of range.
    """

    name: str
    threshold: float = 0.35
    nms: float = 0.6
    generic: str = "object"
    sharpness: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise SettingError(f"{self.name}: threshold is {self.threshold}; give one in (0, 1).")
        if not 0 < self.nms <= 1:
            raise SettingError(f"{self.name}: nms is {self.nms}; give an overlap in (0, 1].")
        if not 0 < self.sharpness < np.inf:
            raise SettingError(f"{self.name}: sharpness is {self.sharpness}; give one above 0.")

    @property
    def floor(self) -> float:
        """Score below which a candidate is not even a near miss; detectors may drop it."""
        return _FLOOR * self.threshold

    def confidence(self, score: float) -> float:
        """A detector's score as a confidence in [0, 1]: the threshold is 0.5, and 1 stays 1.

        Detectors end in a sigmoid, so a family's scores differ by a shift of their log odds.
        """
        safe = float(np.clip(score, 1e-9, 1 - 1e-9))
        odds = safe / (1 - safe) * (1 - self.threshold) / self.threshold
        return float(1 / (1 + odds**-self.sharpness))


@dataclass(frozen=True, slots=True, eq=False)
class _Thing:
    """A detection with its place in the photo; see `autoedit.grounding.places.Placed`."""

    box: Box
    centre: tuple[float, float]
    area: float
    score: float
    label: str
    mask: Mask | None


class PreparedDetections:
    """A `PreparedGrounding` over any detector: one photo, ready to be asked about many targets."""

    def __init__(
        self, photo: Photo, detector: PreparedDetector, settings: DetectionSettings
    ) -> None:
        self._photo = photo
        self._detector = detector
        self._settings = settings
        self._seen: dict[str, list[_Thing]] = {}
        self._attributes: PreparedAttributes | None = None

    def find(self, target: Target) -> Regions:
        """Everything that fits the target, best first; see `autoedit.grounding`."""
        phrase = detection_phrase(target, self._settings.generic)
        if not phrase:
            return self._by_attributes(target)
        wording = read(target)
        rated = [self._rated(thing, phrase) for thing in self._things(phrase)]
        rated = narrow(
            rated,
            target,
            wording.sizes,
            anchors=lambda anchor: self.find(anchor).items,
            excluded=lambda unwanted: self.find(unwanted).items,
            overlap=iou,
        )
        choice = choose(target, rated, main=wording.main)
        return Regions(
            items=tuple(_region(each, phrase) for each in choice.meant),
            near_misses=tuple(_region(each, phrase) for each in choice.near_misses),
            ambiguous=choice.ambiguous,
            note="" if choice.meant else self._nothing(target, phrase, rated),
        )

    def _things(self, phrase: str) -> list[_Thing]:
        """What the detector sees, one detection a thing, best first; asked once a phrase."""
        if phrase not in self._seen:
            found = [
                thing
                for detection in self._detector.detect(phrase)
                if detection.score >= self._settings.floor
                and (thing := self._placed(detection)) is not None
            ]
            found = _suppressed(found, self._settings.nms)
            self._seen[phrase] = _without_groups(found, self._settings.threshold)
        return self._seen[phrase]

    def _placed(self, detection: Detection) -> _Thing | None:
        """A detection inside the photo; None when nothing of its box is."""
        height, width = self._photo.shape
        x0, y0, x1, y1 = (float(value) for value in detection.box)
        box = (max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height)))
        if not (np.isfinite(detection.box).all() and box[0] < box[2] and box[1] < box[3]):
            return None
        mask = detection.mask
        area = box_area(box) / (width * height) if mask is None else mask.area
        centre = ((box[0] + box[2]) / (2 * width), (box[1] + box[3]) / (2 * height))
        score = min(1.0, float(detection.score))
        return _Thing(box, centre, area, score, detection.label, mask)

    def _rated(self, thing: _Thing, phrase: str) -> Rated[_Thing]:
        settings = self._settings
        evidence = f"{settings.name}: {(thing.label or phrase)!r} {thing.score:.2f}"
        faint = thing.score < settings.threshold
        refusal = f"score {thing.score:.2f} is below {settings.threshold:g}" if faint else ""
        return Rated(thing, settings.confidence(thing.score), (evidence,), refusal)

    def _by_attributes(self, target: Target) -> Regions:
        """What no detector has words for, by what stands out in the photo."""
        if self._attributes is None:
            self._attributes = AttributeGrounder().prepare(self._photo)
        found = self._attributes.find(target)
        said = f"not by {self._settings.name}, which has no words for it: by what stands out"
        items = tuple(replace(each, evidence=(said, *each.evidence)) for each in found)
        return replace(found, items=items)

    def _nothing(self, target: Target, phrase: str, rated: list[Rated[_Thing]]) -> str:
        fitting = sum(not each.refusal for each in rated)
        if fitting:  # an ordinal beyond the last
            return f"I see only {fitting} that could be '{target.phrase}'."
        if not rated:
            return f"I see no {phrase!r} here."
        best = max(rated, key=lambda each: each.score)
        return f"I see nothing here that fits '{target.phrase}'; the nearest: {best.refusal}."


def _suppressed(things: list[_Thing], limit: float) -> list[_Thing]:
    """Non-maximum suppression whatever the label, best first; `limit` is an IoU."""
    boxes = [(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in (thing.box for thing in things)]
    scores = [thing.score for thing in things]
    kept = cv2.dnn.NMSBoxes(boxes, scores, 0.0, limit) if things else ()
    return sorted((things[i] for i in kept), key=lambda thing: (-thing.score, thing.box))


def _without_groups(things: list[_Thing], threshold: float) -> list[_Thing]:
    """Less boxes that merely enclose several better ones: "three mugs" beside each mug."""
    kept: list[_Thing] = []
    for thing in things:
        inside = [
            other.box
            for other in kept
            if other.score >= threshold
            and shared_area(other.box, thing.box) > _ENCLOSED * box_area(other.box)
        ]
        if len(inside) < 2 or iou(thing.box, _hull(inside)) < _GROUP:
            kept.append(thing)
    return kept


def _hull(boxes: list[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def _region(each: Rated[_Thing], phrase: str) -> Region:
    thing = each.item
    label = f"{phrase} {place_words(thing.centre)}"
    mask = None if each.refusal else thing.mask
    score = float(np.clip(each.score, 0, 1))
    return Region(thing.box, score, label, mask, each.evidence, refusal=each.refusal)
