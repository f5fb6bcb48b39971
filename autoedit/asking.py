"""Plans for what is asked for without a sentence: a background, a cut-out."""

from __future__ import annotations

from autoedit.compositing.wording import replacement_for
from autoedit.core.plan import EditPlan, EditStep, Target
from autoedit.editor import Editor
from autoedit.planning.replacement import subject_in

_SUBJECT = Target(phrase="the main subject", head="subject")


def background_plan(editor: Editor, what: str, subject: str | None = None) -> EditPlan:
    """The plan that sets a subject on another background.

    Args:
        editor: reads the subject's words.
        what: as `autoedit.compositing.wording.replacement_for` reads it.
        subject: what stays; None for the main subject.

    Raises:
        InstructionError: when the words are not understood.
    """
    step = EditStep(
        operation="background", target=_named(editor, subject), replacement=replacement_for(what)
    )
    return EditPlan(steps=(step,), instruction=f"background: {what}")


def extract_plan(
    editor: Editor, phrase: str | None = None, *, with_shadow: bool = False
) -> EditPlan:
    """The plan that cuts a thing out.

    Args:
        editor: reads the phrase.
        phrase: the thing; None for the main subject.
        with_shadow: whether its shadow comes along.

    Raises:
        InstructionError: when the phrase is not understood.
    """
    target = _named(editor, phrase)
    effects = "take_along" if with_shadow else None
    step = EditStep(operation="extract", target=target, effects=effects)
    return EditPlan(steps=(step,), instruction=f"extract: {target.phrase}")


def _named(editor: Editor, phrase: str | None) -> Target:
    return subject_in(editor.plan(f"remove {phrase}")) if phrase else _SUBJECT
