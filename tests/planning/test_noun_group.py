import pytest

from autoedit.planning.draft import Cursor
from autoedit.planning.noun_phrase import read_phrase
from autoedit.planning.words import tokenise


def read(text):
    phrase = read_phrase(Cursor(tokenise(text)))
    assert phrase is not None
    return phrase.target.attributes.colour, phrase.target.head


@pytest.mark.parametrize(
    ("text", "colours", "head"),
    [
        ("the orange and blue can", ("orange", "blue"), "can"),
        ("the black and white dog", ("black", "white"), "dog"),
        ("the orange", (), "orange"),
        ("the orange and the blue can", (), "orange"),
    ],
)
def test_a_colour_that_is_also_a_fruit(text, colours, head):
    assert read(text) == (colours, head)
