from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoedit.bulk import naming
from autoedit.core.files.writing import FORMATS
from autoedit.core.plan import EditPlan, EditStep, Replacement, Target
from autoedit.errors import InputError

PARTS = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


@given(PARTS.filter(lambda text: text not in (".", "..")), st.sampled_from(sorted(FORMATS)))
def test_a_result_stays_in_its_folder_with_a_suffix_that_can_be_written(
    stem: str, suffix: str
) -> None:
    made = PurePosixPath(naming.name_for(f"a/{stem}{suffix}", naming.TEMPLATE, operation="remove"))
    assert made.parent == PurePosixPath("a")
    assert made.suffix == (".png" if suffix == ".gif" else suffix)
    assert len(made.name.encode()) <= 250


@pytest.mark.parametrize(
    ("name", "settings", "made"),
    [
        ("a/b.JPG", {}, "a/b-remove.JPG"),
        ("b", {}, "b-remove.png"),
        ("v1.2", {}, "v1.2-remove.png"),
        ("b.gif", {}, "b-remove.png"),
        ("b.jpg", {"transparent": True}, "b-remove.png"),
        ("b.webp", {"transparent": True}, "b-remove.webp"),
        ("b.jpg", {"format": "PNG"}, "b-remove.png"),
        ("a/b.jpg", {"template": "{operation}/{stem}_{seed}_{pipeline}{suffix}"},
         "a/remove/b_3_toy.jpg"),
        ("a/b.jpg", {"template": "{stem}.png"}, "a/b.png"),
    ],
)  # fmt: skip
def test_names(name: str, settings: dict[str, object], made: str) -> None:
    asked = {"template": naming.TEMPLATE, "seed": 3, "pipeline": "toy", **settings}
    assert naming.name_for(name, operation="remove", **asked) == made  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "template",
    ["{stem}", "{name}{suffix}", "x{suffix}", "/{stem}{suffix}", "../{stem}{suffix}",
     "{stem}.doc", "{stem"],
)  # fmt: skip
def test_a_template_that_cannot_name_files_is_refused(template: str) -> None:
    with pytest.raises(InputError, match="template"):
        naming.check(template)
    naming.check(naming.TEMPLATE, "png")
    with pytest.raises(InputError, match="no such format"):
        naming.check(naming.TEMPLATE, "psd")


def test_numbers_and_operations() -> None:
    assert [naming.numbered("a/b.c.jpg", number) for number in (1, 2)] == [
        "a/b.c.jpg",
        "a/b.c-2.jpg",
    ]
    target = Target(phrase="mug")
    steps = [EditStep(operation=name, target=target) for name in ("remove", "obscure", "remove")]
    assert naming.operations(EditPlan(steps=tuple(steps))) == "remove-obscure"
    assert not EditPlan(steps=tuple(steps)).makes_transparent
    clear = EditStep(
        operation="background", target=target, replacement=Replacement(transparent=True)
    )
    assert EditPlan(steps=(clear,)).makes_transparent
