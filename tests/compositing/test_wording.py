from __future__ import annotations

from pathlib import Path

import pytest

from autoedit.compositing.wording import replacement_for
from autoedit.core.plan import Replacement
from autoedit.errors import InstructionError


@pytest.mark.parametrize(
    ("words", "replacement"),
    [
        ("white", Replacement(colour="white")),
        ("a white background", Replacement(colour="white")),
        ("#eee", Replacement(colour="#eee")),
        ("Off-White", Replacement(colour="off-white")),
        ("white to grey", Replacement(colour="white to grey", style="gradient")),
        ("white and grey", Replacement(colour="white and grey", style="gradient")),
        (
            "a gradient from sky blue to white",
            Replacement(colour="sky blue to white", style="gradient"),
        ),
        ("blue gradient", Replacement(colour="blue", style="gradient")),
        ("gradient", Replacement(style="gradient")),
        ("studio", Replacement(style="studio")),
        ("a light grey studio backdrop", Replacement(colour="light grey", style="studio")),
        ("transparent", Replacement(transparent=True)),
        ("blurred", Replacement(blur=True)),
        ("beach.jpg", Replacement(image="beach.jpg")),
        ("My Pictures/a beach.WEBP", Replacement(image="My Pictures/a beach.WEBP")),
        ("sample:coffee", Replacement(image="sample:coffee")),
        ("a sandy beach at dusk", Replacement(phrase="a sandy beach at dusk")),
        ("a photo studio with lamps", Replacement(phrase="a photo studio with lamps")),
        ("blur of city lights", Replacement(phrase="blur of city lights")),
    ],
)
def test_what_words_ask_for(words: str, replacement: Replacement) -> None:
    assert replacement_for(words) == replacement


def test_a_file_without_a_known_suffix_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "white").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert replacement_for("white").image == "white"


def test_no_words_are_refused() -> None:
    with pytest.raises(InstructionError, match="What is the background to be"):
        replacement_for("  ")
