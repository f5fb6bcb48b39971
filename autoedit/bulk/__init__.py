"""Bulk editing: many photos, one instruction or one each, a ledger of what became of them.

import autoedit.bulk

for result in autoedit.bulk.run("photos/", "make the background white", "out"):
print(result.photo, result.state)
"""

from __future__ import annotations

from autoedit.bulk.batch import Batch, Result, run
from autoedit.bulk.inputs import Item
from autoedit.bulk.settings import Settings

__all__ = ["Batch", "Item", "Result", "Settings", "run"]
