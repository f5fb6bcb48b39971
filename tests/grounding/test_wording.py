from autoedit.core.plan import Attributes, Target
from autoedit.grounding.wording import read


def colours(*words):
    target = Target(phrase="x", head="mug", attributes=Attributes(colour=words))
    return [(colour.words, colour.tone) for colour in read(target).colours]


def test_colours_with_modifiers():
    assert colours("dark blue") == [("dark blue", -1)]
    assert colours("pale", "green") == [("pale green", 1)]
    assert colours("reddish brown") == [("brown", 0)]
    assert colours("black and white") == [("black", 0), ("white", 0)]
    assert colours("black", "white") == [("black", 0), ("white", 0)]
    assert colours("dark") == [("black", 0)]


def test_what_cannot_be_checked_is_said():
    looks = Attributes(colour=("red", "stripy"), size=("big", "chunky"), material=("wooden",))
    wording = read(Target(phrase="x", head="mug", attributes=looks))

    assert wording.unchecked == ("mug", "stripy", "chunky", "wooden")
    assert wording.sizes == ("big",)
    assert not wording.anything


def test_the_main_subject_in_its_many_words():
    for phrase, head, other in (
        ("the main subject", "subject", ()), ("the product", "product", ()), ("it", "", ()),
        ("the main object", "object", ("main",)),
    ):  # fmt: skip
        wording = read(Target(phrase=phrase, head=head, attributes=Attributes(other=other)))
        assert wording.main, phrase
        assert wording.anything, phrase
        assert wording.unchecked == ()
