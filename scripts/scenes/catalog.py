"""The list of scenes: each has a name, an instruction and a function that builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .shapes import Thing


@dataclass(frozen=True)
class Scene:
    """A scene, and the instruction that removes its target."""

    name: str
    instruction: str
    phrase: str
    ground: str
    light: str
    build: Callable[[], Thing]


SCENES: dict[str, Scene] = {}


def scene(
    name: str, instruction: str, phrase: str, ground: str, light: str
) -> Callable[[Callable[[], Thing]], Callable[[], Thing]]:
    """Enter a builder, which returns its target, in the list."""

    def enter(build: Callable[[], Thing]) -> Callable[[], Thing]:
        SCENES[name] = Scene(name, instruction, phrase, ground, light, build)
        return build

    return enter
