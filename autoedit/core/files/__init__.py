"""Photo and mask files in and out: everything a file holds beside its pixels goes along."""

from autoedit.core.files.masks import load_mask
from autoedit.core.files.opening import MAX_PIXELS
from autoedit.core.files.reading import load_photo
from autoedit.core.files.writing import save_photo

__all__ = ["MAX_PIXELS", "load_mask", "load_photo", "save_photo"]
