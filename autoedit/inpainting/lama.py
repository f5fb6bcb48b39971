"""LaMa: fills a hole with a Fourier convolution network, in one pass and without a prompt."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, PixelArray
from autoedit.errors import CancelledError, InpaintingError, WeightsError
from autoedit.inpainting import FillRequest, WindowNeeds
from autoedit.inpainting.residuals import add_residuals
from autoedit.models import device as devices
from autoedit.models import memory, store

_BIG_LAMA_MD5 = "e3aa4aaa15225a33ec84f9f4bc47e500"
"""Of big-lama.pt in github.com/Sanster/models, as IOPaint checks it."""

_MULTIPLE = 8


class LamaInpainter:
    """Fills holes with big-lama.pt, LaMa as a TorchScript file.

    Suvorov et al., "Resolution-robust Large Mask Inpainting with Fourier Convolutions", WACV 2022,
    arXiv 2109.07161, in the file that IOPaint publishes. It continues textures and lines, draws
    nothing new, and takes a second where diffusion takes minutes.

    A TorchScript file carries its own program, which runs in TorchScript's interpreter: it can only
    use torch's operators, no Python code runs and nothing is unpickled by Python. It is a program
    all the same. What comes from the net must therefore have big-lama.pt's published MD5; any other
    file is taken by its path alone, from someone who chose it.

    LaMa does not depend on chance: every seed gives the same fill.

    Args:
        model: reference to the file, as for `autoedit.models.store.located`. Its module takes an
            image float32 (1, 3, H, W) in [0, 1], RGB, and a mask float32 (1, 1, H, W), 1 in the
            hole, sides multiples of 8, and returns the filled image like the first.
        device: as for `autoedit.models.device.resolve`. A Mac's GPU lacks operators that LaMa
            needs, and is not chosen by itself. Always in float32, which its Fourier transforms
            need.
        longest: windows with a longer side, in pixels, are filled at this size, and the fill
            enlarged; its fine texture, which is lost by that, comes from the window's known part
            (see `autoedit.inpainting.residuals`).

    Raises:
        SettingError: for a reference or device that is not known.
        WeightsError: when the file is missing, damaged, or no TorchScript.
    """

    def __init__(self, model: str, *, device: str | None = None, longest: int = 1536) -> None:
        path = store.located(str(model))
        if store.parse(str(model)).kind != "path":
            _check_digest(path, str(model))
        self._device = devices.resolve(device, "float32")
        if device is None and self._device.kind == "mps":
            self._device = devices.resolve("cpu", "float32")
        self._longest = max(64, int(longest))
        self._path = path
        self._module = _load(path, self._device)

    @property
    def needs(self) -> WindowNeeds:
        """What the window must be like."""
        return WindowNeeds(context=3.0, minimum=256, multiple=_MULTIPLE)

    def fill(self, pixels: PixelArray, hole: BoolArray, request: FillRequest) -> list[PixelArray]:
        """Fill the hole; see `autoedit.inpainting.Inpainter`.

        Pixels that must not serve as a source are hidden from the network, too. All fills are
        equal; outside the hole they equal `pixels`.

        Raises:
            InpaintingError: when nothing is known to fill from.
            CancelledError: when the progress callback returned False.
            OutOfMemoryError: when memory runs out at half the size, too.
            WeightsError: when the file is no LaMa.
        """
        if hole.all():
            raise InpaintingError("The hole covers its whole window: nothing is left to fill from.")
        hidden = hole if request.forbidden is None else hole | request.forbidden
        if hidden.all():
            hidden = hole
        _report(request, 0.0)
        filled = memory.with_leaner_retry(
            lambda lean: self._filled(pixels, hole, hidden, self._longest // (2 if lean else 1)),
            self._device,
            "Edit a smaller photo, or set inpainting.device to cpu.",
        )
        _report(request, 1.0)
        return [filled.copy() for _ in range(request.count)]

    def _filled(
        self, pixels: PixelArray, hole: BoolArray, hidden: BoolArray, longest: int
    ) -> PixelArray:
        height, width = hole.shape
        scale = longest / max(height, width)
        if scale >= 1:
            fill = self._predict(pixels, hidden)
        else:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
            # Whatever touches the hole is hole: its pixels have the old content mixed in.
            inside = cv2.resize(hidden.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
            if inside.all():
                raise InpaintingError("Almost all of the window is hole: nothing to fill from.")
            filled = np.where(inside[:, :, None], self._predict(small, inside), small)
            fill = add_residuals(filled, inside, pixels, hole, hidden)
        return np.where(hole[:, :, None], fill, pixels)

    def _predict(self, pixels: PixelArray, hole: BoolArray) -> PixelArray:
        """The network's own answer, uint8 (H, W, 3), for a window of any size."""
        import torch

        height, width = hole.shape
        pad = ((0, -height % _MULTIPLE), (0, -width % _MULTIPLE))
        image = np.pad(pixels, (*pad, (0, 0)), mode="symmetric")
        mask = np.pad(hole, pad, mode="symmetric")
        device = torch.device(self._device.name)
        with torch.inference_mode():
            known = torch.from_numpy(image).to(device).permute(2, 0, 1)[None].float() / 255
            unknown = torch.from_numpy(mask).to(device)[None, None].float()
            try:
                answer: Any = self._module(known, unknown)
            except RuntimeError as error:
                if memory.is_out_of_memory(error):
                    raise
                raise self._not_lama() from error
            if not torch.is_tensor(answer) or answer.shape != known.shape:
                raise self._not_lama()
            answer = answer[0, :, :height, :width].float()
            if not torch.isfinite(answer).all():
                raise InpaintingError(
                    f"The weights at {self._path} gave values that are no number."
                )
            rounded = (answer.clamp(0, 1) * 255).round().to(torch.uint8)
            return rounded.permute(1, 2, 0).cpu().numpy()

    def _not_lama(self) -> WeightsError:
        return WeightsError(
            f"The weights at {self._path} are no LaMa: they do not turn an image (1, 3, H, W) and "
            "a mask (1, 1, H, W) into an image. Check the model in the pipeline."
        )


def _check_digest(path: Path, reference: str) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if digest != _BIG_LAMA_MD5:
        raise WeightsError(
            f"The weights {reference} are damaged or not the published big-lama.pt (MD5 {digest}, "
            f"not {_BIG_LAMA_MD5}). Pull them again, or give another file by its path."
        )


def _load(path: Path, device: devices.Device) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            # torch would rather have torch.export; the published weights are TorchScript.
            warnings.filterwarnings("ignore", message=r"`torch\.jit")
            module: Any = torch.jit.load(str(path), map_location=torch.device(device.name))
    except (RuntimeError, ValueError, OSError) as error:
        if memory.is_out_of_memory(error):
            raise
        raise WeightsError(
            f"The weights at {path} are damaged or no TorchScript file. LaMa is read from "
            "big-lama.pt; check the path in the pipeline, or pull it again."
        ) from error
    return module.eval()


def _report(request: FillRequest, fraction: float) -> None:
    if request.progress("inpainting", fraction) is False:
        raise CancelledError("The edit was cancelled during inpainting.")
