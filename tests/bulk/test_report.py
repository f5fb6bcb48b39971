"""The page and the table, the page in a real browser with two thousand rows."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from autoedit.bulk import run
from autoedit.bulk.jobs import Job, Outcome
from autoedit.bulk.report import write_report
from tests.bulk import drill
from tests.bulk.engines import Deeds, copied

ROWS = 2000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


def deed(job: Job) -> Outcome:
    number = int(Path(job.photo).stem)
    if number % 20 == 1:
        return Outcome(job.id, "failed", "PhotoError", f"{number} is <damaged>")
    if number % 20 == 2:
        return Outcome(job.id, "refused", "TargetNotFoundError", "Nothing fits.")
    done = copied(job)
    if number % 20 == 3:
        return Outcome(job.id, "done", verdict=False, findings=("the seam shows",),
                       content=done.content, output_hash=done.output_hash)  # fmt: skip
    return done


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with a ledger of 2,000 photos, and its report."""
    folder = tmp_path_factory.mktemp("report")
    originals = [drill.write_photo(folder / f"{number}.png", number) for number in range(8)]
    for number in range(ROWS):
        place = folder / "photos" / f"day {number // 500}" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.hardlink_to(originals[number % 8])
    with pytest.MonkeyPatch.context() as patch:
        Deeds(deed).install(patch)
        assert len(list(run(folder / "photos", "remove the mug", folder / "out"))) == ROWS
    write_report(str(folder / "out"))
    return folder / "out"


def test_the_table_has_a_line_for_each_photo(out: Path) -> None:
    with (out / "report.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == ROWS
    by_name = {Path(line["photo"]).name: line for line in lines}
    assert by_name["1.png"]["state"] == "failed"
    assert by_name["1.png"]["error"] == "1 is <damaged>"
    assert by_name["3.png"]["verdict"] == "failed"
    assert by_name["3.png"]["findings"] == "the seam shows"
    assert by_name["504.png"]["output"] == "day 1/504-remove.png"
    assert by_name["504.png"]["instruction"] == "remove the mug"


def test_pictures_are_made_once_for_each_content(out: Path) -> None:
    pictures = list((out / "report-files").rglob("*.webp"))
    assert len(pictures) == 8
    times = {path: path.stat().st_mtime_ns for path in pictures}
    write_report(str(out))
    assert {path: path.stat().st_mtime_ns for path in pictures} == times


def test_an_error_cannot_end_the_pages_data(out: Path) -> None:
    text = (out / "report.html").read_text("utf-8")
    assert "<damaged>" not in text
    assert "\\u003cdamaged>" in text


@pytest.fixture(scope="module")
def page(out: Path) -> Any:
    api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(20_000)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto((out / "report.html").as_uri())
        page.wait_for_selector(".row")
        yield page
        browser.close()
        assert not faults


def test_the_page_draws_the_rows_in_view_alone(page: Any) -> None:
    assert page.inner_text("#shown") == f"{ROWS} of {ROWS}"
    assert page.locator(".row").count() < 30
    assert page.locator("img").count() < 60
    page.evaluate("document.getElementById('view').scrollTop = 1e9")
    page.wait_for_selector("text='day 3/1999.png'")
    assert page.locator(".row").count() < 30
    page.evaluate("document.getElementById('view').scrollTop = 0")
    page.wait_for_selector("text='day 0/0.png'")
    page.wait_for_function("document.querySelector('.row img').naturalWidth == 32")


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({"verdict": "failed"}, 100), ({"verdict": "flawed"}, 100), ({"verdict": "passed"}, 1700),
        ({"error": "TargetNotFoundError"}, 100), ({"folder": "day 2/"}, 500),
        ({"folder": "day 2/", "verdict": "refused"}, 25), ({"search": "no such"}, 0),
    ],
)  # fmt: skip
def test_filters_show_what_they_say(page: Any, filters: dict[str, str], number: int) -> None:
    for id in ("verdict", "error", "folder"):
        page.select_option(f"#{id}", filters.get(id, ""))
    page.fill("#search", filters.get("search", ""))
    assert page.inner_text("#shown") == f"{number} of {ROWS}"


def test_the_slider_uncovers_the_photo_before(page: Any) -> None:
    for id, value in {"verdict": "passed", "error": "", "folder": ""}.items():
        page.select_option(f"#{id}", value)
    page.fill("#search", "")
    page.locator(".row").nth(4).click()
    page.wait_for_selector("#detail[open]")
    page.wait_for_function("document.getElementById('after').naturalWidth == 32")
    page.wait_for_function("document.getElementById('before').naturalWidth == 32")
    clip = "getComputedStyle(document.getElementById('after')).clipPath"
    assert page.evaluate(clip) == "inset(0px 0px 0px 50%)"
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 100)
    page.mouse.up()
    assert page.evaluate(clip).startswith("inset(0px 0px 0px 8")
    page.keyboard.press("Escape")
    assert page.locator("#detail[open]").count() == 0
