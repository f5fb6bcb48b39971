"""What the network could say of a drawn photo."""

import numpy as np

from autoedit.core.dense_prediction import Prediction
from autoedit.masking.view import View


def seen(photo, outline, shadow, *, gain=0.0, effect=0.7, thing=0.7):
    """A view in which the network takes a shadow for an effect, and for a thing, so likely."""
    maps = np.where(shadow, effect, 0).astype(np.float32)
    solid = np.where(outline, 1, np.where(shadow, thing, 0)).astype(np.float32)
    light = np.repeat(np.where(shadow, gain, 0)[:, :, None], 3, axis=2).astype(np.float32)
    none = np.zeros((*outline.shape, 2), np.float32)
    box = (0, 0, outline.shape[1], outline.shape[0])
    said = Prediction(solid, none[..., 0], none, maps, light)
    return View(box, photo, outline, said, light, float(np.sqrt(outline.sum())), 1.0)
