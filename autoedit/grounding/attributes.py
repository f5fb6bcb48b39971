"""Grounding without a download: by colour, place, size, and what stands out."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Regions
from autoedit.grounding.candidates import Candidate
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.opinions import settled, surely, wholer
from autoedit.grounding.reading import Reading, ignorance
from autoedit.grounding.scene import Scene
from autoedit.grounding.subject import main_subject
from autoedit.grounding.things import Things
from autoedit.grounding.whole_subject import WholeSubject, concerned, named_only
from autoedit.grounding.wording import BACKGROUND, Wording, read

_WHOLE = 0.97  # probability of what surely is one whole thing, and no part of one
_UNLIKELY = 0.4  # probability from which something is taken for a thing


class AttributeGrounder:
    """Finds what a phrase says of colour, place, size and salience; nouns stay unchecked."""

    def prepare(self, photo: Photo) -> PreparedAttributes:
        """Cut the photo into superpixels and weigh what stands out."""
        return PreparedAttributes(Scene.of(photo))


class PreparedAttributes:
    """One photo, ready to be asked about many targets.

    What is a thing in it is told in two ways: by the network's maps with how likely that is, and
    where this leaves a doubt, by what stands out from the ground. Where both do, or where nothing
    is said but a noun, what the photo is of is a third.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @cached_property
    def _standing_out(self) -> Reading:
        return Reading(self._scene, Things(self._scene), subject=self._main)

    @cached_property
    def _things(self) -> LikelyThings:
        return LikelyThings(self._scene)

    @cached_property
    def _likely(self) -> Reading:
        return Reading(self._scene, self._things, faintest=_UNLIKELY, subject=self._main)

    def find(self, target: Target) -> Regions:
        """Everything that fits the target, best first; see `autoedit.grounding`."""
        wording = read(target)
        if target.head in BACKGROUND or wording.main:
            return self._standing_out.find(target)
        found = self._told(target, wording)
        only = named_only(target, wording)
        open_still = not len(found) or found.ambiguous or only
        if not open_still or not concerned(target, wording):
            return found
        weighed = self._subject.weighed(target, wording, found)
        if weighed.ambiguous and target.quantity == "one":
            weighed = self._subject.asked(target, wording, weighed)
        if only and weighed.ambiguous and not weighed.note:
            return replace(weighed, note=ignorance(target))
        return weighed

    @cached_property
    def _subject(self) -> WholeSubject:
        return WholeSubject(self._scene, self._things, self._main)

    @cached_property
    def _main_subject(self) -> Candidate | None:
        return main_subject(self._scene)

    def _main(self) -> Candidate | None:
        return self._main_subject

    def _told(self, target: Target, wording: Wording) -> Regions:
        """What both ways of telling things find together."""
        found = self._likely.find(target)
        sure = len(found) > 0 and not found.ambiguous
        if sure and surely(self._scene, self._things, found) >= _WHOLE:
            return found
        other = self._standing_out.find(target)
        if sure:
            return wholer(self._scene, self._things, found, other)
        checked = bool(wording.colours or target.exclude)
        return settled(self._scene, self._things, target, found, other, checked=checked)
