"""Where the benchmarks keep their tables: sections of docs/benchmarks.md, one for each script."""

from __future__ import annotations

from pathlib import Path

TABLE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def write_section(title: str, body: str) -> None:
    """Put a section into docs/benchmarks.md, in place of the one of that title.

    Args:
        title: the heading's text.
        body: what stands under it, Markdown.
    """
    heading = f"## {title}\n"
    text = TABLE.read_text(encoding="utf-8") if TABLE.is_file() else "# Benchmarks\n"
    before, found, after = text.partition(heading)
    rest = after[after.index("\n## ") :] if found and "\n## " in after else ""
    TABLE.parent.mkdir(exist_ok=True)
    section = f"{heading}\n{body.strip()}\n"
    TABLE.write_text(f"{before.rstrip()}\n\n{section}{rest}", encoding="utf-8")
