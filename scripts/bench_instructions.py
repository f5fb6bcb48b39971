"""How well the grammar understands sentences: published instructions, and our own gold.

    python scripts/bench_instructions.py
    python scripts/bench_instructions.py --misses --fuzz 0 --no-record

Published: `../shared/cases` (ImgEdit-Bench, guided_grounded_instructpix2pix), judged by
tests/planning/judging.py against their edit types and tests/planning/answers.jsonl. Our own:
tests/planning/gold.jsonl, right only when every field of every step is, and heldout.jsonl, which
no rule was made for. Then what a fuzzer finds, and how long a sentence takes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench_tables import write_section

from autoedit.errors import InstructionError
from autoedit.planning.grammar import GrammarPlanner

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.planning import judging  # noqa: E402
from tests.planning.soup import sentences  # noqa: E402

Row = tuple[str, str, float | None, bool]
"""What, the figure, its bound, whether it holds."""


def judged(title: str, bound: float, cases: Sequence[judging.Case], *, misses: bool) -> Row:
    """The share of cases that are right; the others are printed on demand."""
    wrong = [case for case in cases if case.why]
    for case in wrong if misses else ():
        print(f"{title}: {case.instruction}\n    {case.why}")
    share = 1 - len(wrong) / len(cases)
    return f"{title} ({len(cases)} sentences)", f"{share:.1%}", bound, share >= bound


def fuzzed(planner: GrammarPlanner, count: int) -> Row:
    """Sentences of a fuzzer that end in anything but a plan with steps or an instruction error."""
    bad: list[str] = []

    def check(instruction: str) -> None:
        try:
            plan = planner.plan(instruction)
        except InstructionError as error:
            broken = "\n" in str(error) or len(str(error)) > 500
        except Exception as error:
            print(f"{instruction[:200]!r}: {error!r}", file=sys.stderr)
            broken = True
        else:
            broken = not plan.steps
        if broken:
            bad.append(instruction)

    for instruction in sentences(count):
        check(instruction)
    for instruction in bad[:5]:
        print(f"fuzz: {instruction[:200]!r}")
    title = f"crashes and silent empty plans in {count:,} fuzzed sentences"
    return title, str(len(bad)), 0.0, not bad


def timed(planner: GrammarPlanner, instructions: Sequence[str]) -> list[Row]:
    """Milliseconds a sentence, and of a first call in a fresh process."""
    seconds: list[float] = []
    for instruction in instructions:
        start = time.perf_counter()
        try:
            planner.plan(instruction)
        except InstructionError:
            pass
        finally:
            seconds.append(time.perf_counter() - start)
    code = (
        "import time, sys; from autoedit.planning.grammar import GrammarPlanner;"
        "t = time.perf_counter(); GrammarPlanner().plan('remove the red mug');"
        "print(1000 * (time.perf_counter() - t), 'torch' in sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       cwd=ROOT).stdout.split()
        for _ in range(5)
    ]  # fmt: skip
    median = 1000 * statistics.median(seconds)
    first = statistics.median(float(run[0]) for run in runs)
    torch = any(run[1] == "True" for run in runs)
    return [
        ("median of a sentence", f"{median:.2f} ms", 2.0, median < 2),
        ("first call after import", f"{first:.0f} ms", 60.0, first < 60),
        ("torch loaded", "yes" if torch else "no", None, not torch),
    ]


def measure(options: argparse.Namespace) -> list[Row]:
    """All rows of the table."""
    planner = GrammarPlanner()
    answers, gold = judging.read("answers.jsonl"), judging.read("gold.jsonl")
    held_out = judging.read("heldout.jsonl")
    imgedit, ggip2p = judging.published("imgedit"), judging.published("ggip2p")
    known = {answer["id"]: answer for answer in answers}
    cases = {
        ("ImgEdit-Bench: operation", 0.97): [
            judging.judge_imgedit(planner, row, known) for row in imgedit
        ],
        ("ggip2p: operation, noun, place, replacement", 0.93): [
            judging.judge_ggip2p(planner, row, known) for row in ggip2p
        ],
        ("own gold: every field", 0.98): [judging.judge_gold(planner, row) for row in gold],
        ("held out, never tuned on: every field", 0.68): [
            judging.judge_gold(planner, row) for row in held_out
        ],
    }
    rows = [judged(*what, found, misses=options.misses) for what, found in cases.items() if found]
    if options.fuzz:
        rows.append(fuzzed(planner, options.fuzz))
    everything = [row["instruction"] for row in (*imgedit, *ggip2p, *gold)]
    return [*rows, *timed(planner, everything)]


def shown(bound: float | None) -> str:
    """A bound as it stands in the table."""
    if bound is None:
        return ""
    return f"{bound:.0%}" if 0 < bound < 1 else f"{bound:g}"


def main() -> int:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--fuzz", type=int, default=100_000, metavar="N", help="sentences to make up"
    )
    parser.add_argument("--misses", action="store_true", help="print what is not right, and why")
    parser.add_argument("--no-record", action="store_true", help="leave docs/benchmarks.md alone")
    options = parser.parse_args()
    rows = measure(options)
    table = "| measured | value | bound |\n| --- | --- | --- |\n" + "".join(
        f"| {title} | {value} | {shown(bound)} |\n" for title, value, bound, _ in rows
    )
    print(table)
    if not options.no_record:
        write_section(
            "Understanding instructions",
            "`python scripts/bench_instructions.py`: the grammar, without a model. ImgEdit-Bench's "
            "operations (background by what the sentence means); of "
            "guided_grounded_instructpix2pix also the noun, its place or relation, and the "
            "replacement; of our own sentences every "
            f"field of the plan.\n\n{table}",
        )
    return int(not all(holds for *_, holds in rows))


if __name__ == "__main__":
    raise SystemExit(main())
