"""SAM 3's promptable part through transformers: boxes, points and masks, no words."""

from __future__ import annotations

from autoedit.segmentation.transformers_sam import TransformersSegmenter


class Sam3Segmenter(TransformersSegmenter):
    """Outlines by the tracker of Segment Anything 3, which takes a checkpoint's image encoder.

    For arguments and errors see `TransformersSegmenter`.

    Source: Carion et al. 2025, "SAM 3: Segment Anything with Concepts".
    """

    origin = "sam3"
    model_types = ("sam3_tracker", "sam3_video")
    processor_class = "Sam3TrackerProcessor"
