"""Verification: what the program can tell of its own result."""

from autoedit.verification.checks import (
    coverage,
    outside_untouched,
    seam,
    target_gone,
)

__all__ = ["coverage", "outside_untouched", "seam", "target_gone"]
