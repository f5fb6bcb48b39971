"""Text is removed so that it cannot be read any more, and nothing else is touched."""

from __future__ import annotations

import numpy as np

from autoedit import Editor
from autoedit.core.photo import Photo
from tests.grounding.text_scenes import reader, wall, written


def test_a_date_stamp_goes_and_the_title_stays() -> None:
    photo, title = written(wall(360, 540), (270, 80), "Old Harbour", size=44)
    photo, stamp = written(photo, (440, 330), "12/25/1998", (255, 120, 20), size=26)
    result = Editor("embedded").edit(Photo(photo), "remove the date stamp")
    after = result.photo.pixels
    assert [line.text for line in reader().lines(after)] == ["Old Harbour"]
    assert (after[title] == photo[title]).all()
    assert np.abs(after[stamp].astype(int) - wall(360, 540)[stamp]).mean() < 15
