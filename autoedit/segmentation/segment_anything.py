"""Segment Anything from its .pth files (Kirillov et al. 2023, "Segment Anything")."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

import numpy as np
from PIL import Image

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.core.photo import Photo
from autoedit.errors import SettingError
from autoedit.models import device as devices
from autoedit.models.memory import with_leaner_retry
from autoedit.models.store import located
from autoedit.segmentation import Prompt
from autoedit.segmentation.full_size import Grid, scaled_to_fit
from autoedit.segmentation.promptable import Candidates, PreparedPromptable
from autoedit.segmentation.sam_checkpoint import Builder, load_sam

_ADVICE = "Use a smaller Segment Anything (vit_b), or --set segmentation.device=cpu."


class SegmentAnythingSegmenter:
    """Outlines what boxes, points and coarse masks show; encodes each photo once.

    Args:
        model: reference of a .pth file as `autoedit.models.store` reads it. The official files
            (sam_vit_b_01ec64.pth, sam_vit_l_0b3195.pth, sam_vit_h_4b8939.pth) say by their names
            what they hold, and are checked against the checksum in it. Beside any other NAME.pth
            lies a NAME.json with its sizes, see `autoedit.segmentation.sam_checkpoint.SamSizes`.
        builder: "vit_b", "vit_l" or "vit_h" for a file of that size and another name, such as one
            that was trained further; needs no NAME.json.
        device, dtype: see `autoedit.models.device.resolve`. Half precision is for the image encoder
            on CUDA alone; prompts and masks keep float32.
        refine: whether outlines are moved to the photo's edges at full resolution.

    Raises:
        SettingError: for a builder, device or dtype that is not known.
        WeightsError: for weights that are missing, damaged, or of another model.
    """

    def __init__(
        self,
        model: str,
        *,
        builder: Builder | None = None,
        device: str | None = None,
        dtype: str | None = None,
        refine: bool = True,
    ) -> None:
        if builder is not None and builder not in get_args(Builder):
            raise SettingError(
                f"No Segment Anything is called {builder!r}; there is: "
                f"{', '.join(get_args(Builder))}."
            )
        self._device = devices.resolve(device, dtype)
        self._refine = refine
        self._model = load_sam(located(model), builder)
        self._settle()

    def _settle(self) -> None:
        """Put the model where it belongs, its encoder in half precision where that is sound."""
        self._model.to(self._device.name)
        if self._device.kind == "cuda":
            self._model.image_encoder.to(self._device.torch_dtype)

    def prepare(self, photo: Photo) -> PreparedPromptable:
        """Encode a photo: once for any number of prompts.

        Raises:
            OutOfMemoryError: when the encoder does not fit, on the host neither.
        """
        features = with_leaner_retry(partial(self._encode, photo.pixels), self._device, _ADVICE)
        cells = self._model.prompt_encoder.mask_input_size
        decode = partial(self._decode, features, Grid.padded(photo.shape, self._frame))
        grid = Grid.padded(photo.shape, self._frame).resampled((cells[0], cells[1]))
        return PreparedPromptable(photo, grid, decode, "segment_anything", self._refine)

    @property
    def _frame(self) -> tuple[int, int]:
        side = int(self._model.image_encoder.img_size)
        return side, side

    def _encode(self, pixels: PixelArray, lean: bool) -> Any:
        """The embedding, float32 (1, C, h, w); the lean way goes through the host's memory."""
        import torch

        height, width = scaled_to_fit(pixels.shape[:2], self._frame[0])
        scaled = np.array(
            Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        )
        model = self._model
        try:
            if lean:
                model.float().to("cpu")
            encoder = model.image_encoder
            weight = next(encoder.parameters())
            with torch.inference_mode():
                frame = torch.as_tensor(scaled, device=weight.device).permute(2, 0, 1)[None]
                features = encoder(model.preprocess(frame).to(weight.dtype))
                return features.float().to(self._device.name)
        finally:
            if lean:
                self._settle()

    def _decode(
        self, features: Any, frame: Grid, prompt: Prompt, mask: FloatArray | None
    ) -> Candidates:
        """Run the prompt encoder and the decoder; all four masks come of one run."""
        import torch

        def tensor(values: Any, dtype: Any = torch.float32) -> Any:
            return torch.as_tensor(np.array(values), dtype=dtype, device=self._device.name)[None]

        marks = [(frame.point(at), 1) for at in prompt.points]
        marks += [(frame.point(at), 0) for at in prompt.negative_points]
        with torch.inference_mode():
            sparse, dense = self._model.prompt_encoder(
                points=(tensor([at for at, _ in marks]), tensor([kind for _, kind in marks]))
                if marks
                else None,
                boxes=None if prompt.box is None else tensor(frame.box(prompt.box)),
                masks=None if mask is None else tensor(mask[None]),
            )
            logits, predicted_iou = self._model.mask_decoder.predict_masks(
                image_embeddings=features,
                image_pe=self._model.prompt_encoder.get_dense_pe(),
                sparse_prompt_embeddings=sparse,
                dense_prompt_embeddings=dense,
            )
        return Candidates(logits[0].float().cpu().numpy(), predicted_iou[0].float().cpu().numpy())
