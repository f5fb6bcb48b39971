"""Run by Python itself in every process that a test starts with this folder on PYTHONPATH."""

from autoedit import backends

for stage, name in (
    ("grounding", "DrillGrounder"),
    ("segmentation", "DrillSegmenter"),
    ("inpainting", "DrillInpainter"),
):
    row = backends.Backend(f"tests.bulk.drill:{name}", batches=stage == "inpainting")
    backends.BACKENDS[stage]["drill"] = row
