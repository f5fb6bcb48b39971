"""From any of Pillow's colour modes to grey or RGB, with or without alpha."""

from __future__ import annotations

import io
import logging
from typing import Any

from PIL import Image, ImageCms

from autoedit.errors import PhotoError

_log = logging.getLogger(__name__)

_PLAIN = ("L", "LA", "RGB", "RGBA")
_DATE, _DATE_END = 24, 36  # of an ICC profile's header


def to_plain(image: Image.Image, name: str) -> tuple[Image.Image, str]:
    """The image in L, LA, RGB or RGBA, and a note when colours were converted (else "").

    CMYK goes through its embedded profile when there is one; its `info["icc_profile"]` is that of
    sRGB then. A palette's and a colour key's transparency become alpha.

    Raises:
        PhotoError: for 32-bit samples and other modes that cannot be edited.
    """
    mode = image.mode
    clear = image.has_transparency_data
    if mode in ("L", "1"):
        return (image if mode == "L" and not clear else image.convert("LA" if clear else "L")), ""
    if mode == "RGB" and clear:
        return image.convert("RGBA"), ""
    if mode in _PLAIN:
        return image, ""
    if mode in ("P", "PA"):
        return image.convert("RGBA" if clear else "RGB"), "Its palette was converted to RGB."
    if mode == "La":
        return image.convert("LA"), "Its grey was premultiplied with alpha, and is plain now."
    if mode == "RGBa":
        return image.convert(
            "RGBA"
        ), "Its colours were premultiplied with alpha; they are plain now."
    if mode in ("RGBX", "YCbCr"):
        return image.convert("RGB"), ""
    if mode == "CMYK":
        return _cmyk_to_rgb(image)
    raise PhotoError(
        f"{name} has colours of the kind {mode}, which cannot be edited; convert it to 8- or "
        "16-bit RGB or grey first."
    )


def srgb_profile() -> bytes:
    """The ICC profile of sRGB, without the time at which it was made."""
    profile = bytearray(_srgb().tobytes())
    profile[_DATE:_DATE_END] = bytes.fromhex("07d000010001000000000000")
    return bytes(profile)


def _srgb() -> ImageCms.ImageCmsProfile:
    module: Any = ImageCms  # its createProfile has no complete type
    return ImageCms.ImageCmsProfile(module.createProfile("sRGB"))


def _cmyk_to_rgb(image: Image.Image) -> tuple[Image.Image, str]:
    embedded = image.info.get("icc_profile")
    if embedded:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(embedded)),
                _srgb(),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError) as error:
            _log.debug("The CMYK profile cannot be used: %s", error)
            converted = None
        if converted is not None:
            converted.info["icc_profile"] = srgb_profile()
            return converted, "CMYK was converted to sRGB through its profile."
    converted = image.convert("RGB")
    converted.info.pop("icc_profile", None)
    return converted, "CMYK was converted to RGB without a profile; colours are approximate."
