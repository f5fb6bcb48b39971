"""Verification: what the program can tell of its own result."""

from autoedit.verification.checks import (
    coverage,
    covered,
    drawn,
    outside_untouched,
    seam,
    shown,
    target_gone,
)

__all__ = ["coverage", "covered", "drawn", "outside_untouched", "seam", "shown", "target_gone"]
