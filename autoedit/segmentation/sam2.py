"""SAM 2.1 and EdgeTAM through transformers."""

from __future__ import annotations

from autoedit.segmentation.transformers_sam import TransformersSegmenter


class Sam2Segmenter(TransformersSegmenter):
    """Outlines by Segment Anything 2 or 2.1, or by EdgeTAM, which is small enough for a CPU.

    EdgeTAM's encoder needs the library timm. For arguments and errors see `TransformersSegmenter`.

    Sources: Ravi et al. 2024, "SAM 2: Segment Anything in Images and Videos"; Zhou et al. 2025,
    "EdgeTAM: On-Device Track Anything Model".
    """

    origin = "sam2"
    model_types = ("sam2", "sam2_video", "edgetam", "edgetam_video")
    processor_class = "Sam2Processor"
