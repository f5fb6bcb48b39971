"""What an instruction asks for: an ordered tuple of steps, each with its target."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

Operation = Literal["remove", "replace", "background", "extract", "modify", "add", "obscure"]
Position = Literal[
    "left", "right", "top", "bottom", "middle", "foreground", "background",
    "upper_left", "upper_right", "lower_left", "lower_right",
]  # fmt: skip
RelationKind = Literal[
    "left_of", "right_of", "above", "below", "on", "in", "under", "next_to", "behind",
    "in_front_of", "of", "with", "wearing", "holding",
]  # fmt: skip
Effects = Literal["take_along", "keep", "only"]
EffectKind = Literal["shadow", "reflection"]


Box = tuple[float, float, float, float]


class PlanValue(BaseModel):
    """Frozen, and strict about keys: a plan edited by hand must not lose a misspelt field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Attributes(PlanValue):
    """What a phrase says of the look of its thing; each a tuple of plain English words.

    `text` is what is written on it ("the sign that says SALE").
    """

    colour: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    material: tuple[str, ...] = ()
    pattern: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


class Relation(PlanValue):
    """Where the target stands to another thing: `kind` as seen from the target."""

    kind: RelationKind
    anchor: Target


class Target(PlanValue):
    """A thing in the photo as a person would name it.

    Attributes:
        phrase: the words ("the small red mug on the left").
        head: the head noun, singular, lower case ("mug"); "" for pronouns and "everything".
        attributes: its look.
        position: where in the frame; None when not said.
        ordinal: 1-based, counted from `ordinal_from`; -1 is the last; None when not said.
        ordinal_from: the side that the count starts from.
        quantity: "one", "all", or a number as text ("2").
        relation: to another thing.
        exclude: what is not meant ("everything except the vase").
    """

    phrase: str
    head: str = ""
    attributes: Attributes = Attributes()
    position: Position | None = None
    ordinal: int | None = None
    ordinal_from: Literal["left", "right", "top", "bottom"] = "left"
    quantity: str = "one"
    relation: Relation | None = None
    exclude: tuple[Target, ...] = ()


class Replacement(PlanValue):
    """What comes in the target's place: exactly one of these is set for most operations.

    `phrase` is a thing or scene to generate, `colour` a colour name or "#rrggbb", `image` a file,
    `transparent` no background at all, `blur` the original blurred. `style` says how the colour of
    a background is laid: flat, as a gradient (of two colours, "white and grey", top to bottom), or
    as a studio's sweep of floor and wall.
    """

    phrase: str = ""
    colour: str = ""
    image: str = ""
    transparent: bool = False
    blur: bool = False
    style: Literal["flat", "gradient", "studio"] = "flat"


class EditStep(PlanValue):
    """One thing to do.

    Attributes:
        operation: what to do.
        target: to what; for `background` it is the subject that stays, for `add` the new thing's
            place is in `location`.
        replacement: with what, for `replace`, `background`, `modify`, `add` and `obscure`
            (`phrase` "blur", "pixelate" or "solid").
        location: where a new thing goes ("on the table"), for `add`.
        effects: the shadow and reflection: `take_along`, `keep` (they stay in the picture, under a
            thing that goes as on a new background), or `only` them; None when not said, see
            `settled_effects`.
        effect_kinds: which of them the sentence names ("remove only the reflection"); empty when it
            names neither, and then `effects` is said of both.
        keep: what the sentence asks to leave alone.
        boxes: where a planner that sees the photo finds the target, each xyxy in pixels; empty for
            one that does not.
    """

    operation: Operation
    target: Target
    replacement: Replacement | None = None
    location: str = ""
    effects: Effects | None = None
    effect_kinds: tuple[EffectKind, ...] = ()
    keep: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()

    @field_validator("boxes")
    @classmethod
    def _not_empty(cls, boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        for x0, y0, x1, y1 in boxes:
            if not (x0 < x1 and y0 < y1 and max(abs(x0), abs(y0), abs(x1), abs(y1)) < math.inf):
                raise ValueError(f"the box {x0:g},{y0:g},{x1:g},{y1:g} is empty; give x0,y0,x1,y1")
        return boxes

    def takes(self, kind: EffectKind) -> bool:
        """Whether the thing's shadow or reflection is taken with it, or for itself."""
        named = not self.effect_kinds or kind in self.effect_kinds
        if self.settled_effects == "keep":
            return not named
        goes = self.operation in ("remove", "replace")  # then nothing of it is to stay behind
        return named or (goes and self.settled_effects == "take_along")

    @property
    def settled_effects(self) -> Effects:
        """What is said of the effects, else: they go with what goes, and stay with what stays."""
        return self.effects or ("take_along" if self.operation in ("remove", "replace") else "keep")


class EditPlan(PlanValue):
    """An instruction as steps in order.

    Attributes:
        steps: what to do; at least one when a planner made it.
        instruction: the sentence as it was given.
        notes: one-line remarks for the person, such as words that were not understood.
        unsupported: parts that were understood but are not something AutoEdit does, a line each;
            the caller decides whether the steps are done without them.
    """

    steps: tuple[EditStep, ...]
    instruction: str = ""
    notes: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()

    @property
    def makes_transparent(self) -> bool:
        """Whether the result has transparency, which not every format can hold."""
        asked = [step.replacement for step in self.steps if step.replacement is not None]
        cut_out = any(step.operation == "extract" for step in self.steps)
        return cut_out or any(replacement.transparent for replacement in asked)


Relation.model_rebuild()
Target.model_rebuild()
