"""Write docs/plan.schema.json: the JSON schema of an edit plan.

python scripts/write_schema.py
python scripts/write_schema.py --check
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from autoedit.core.plan import EditPlan

SCHEMA = Path(__file__).parents[1] / "docs" / "plan.schema.json"


def schema() -> str:
    """The schema as the file holds it."""
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **EditPlan.model_json_schema(),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write it, or say that it is not what the code says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args()
    text = schema()
    if not options.check:
        SCHEMA.write_text(text, encoding="utf-8")
    elif not SCHEMA.is_file() or SCHEMA.read_text(encoding="utf-8") != text:
        print(f"{SCHEMA} is not up to date. Run: python scripts/write_schema.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
