"""What people call a colour, from the xkcd colour survey.

Names and samples: the xkcd colour survey (Munroe 2010; 949 names given by 222,500 people; public
domain, CC0), its names gathered under everyday words and thinned to samples that differ.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from autoedit.core.mask import FloatArray

BASIC: dict[str, str] = {
    "red": (
        "850e04 9d0216 ff073a 8c0034 d5174e 680018 db5856 a90308 4b0101 af2f0d a50055 b9484e "
        "c0022f ec2d01 730039 a8415b ef4026 922b05 ab1239 b0054b fe0002 f5054f 3c0008 9e3623 "
        "ff474c 610023 "
    ),
    "orange": (
        "f2ab15 fd8d49 ca6b02 fe4b03 c14a09 ffa62b ff724c dc4d01 fb7d07 fcc006 d8863b ffb16d "
        "ff9408 ffa756 "
    ),
    "brown": (
        "d3b683 7d7103 410200 ac4f06 9a6200 875f42 8b3103 cba560 ac7434 ab7e4c 6e1005 964e02 "
        "ae8b0c 673a3f 696006 886806 742802 a2653e 7f4e1e b17261 b66325 bd6c48 60460f b16002 "
        "b27a01 8a6e45 544e03 411900 b1916e ca6641 a83c09 341c02 653700 "
    ),
    "yellow": (
        "c2b709 fffd78 fff917 fdde6c ffdf22 fdb147 fdb915 fdff63 ddd618 f1f33f b29705 d0fe1d "
        "cb9d06 d5b60a "
    ),
    "green": (
        "56ae57 a8ff04 69d84f 70b23f 388004 61de2a 05ffa6 a6c875 a7ffb5 8ee53f bdf8a3 6f6c0a "
        "009337 054907 40fd14 c4fe82 698339 0cdc73 76fda8 53fe5c 20f986 089404 598556 8fae22 "
        "e6f2a2 728f02 699d4c a0bf16 5c8b15 21c36f 4b6113 4da409 9af764 3eaf76 bffe28 cffdbc "
        "0add08 87fd05 01b44c 76ff7b 51b73b 58bc08 99cc04 6c7a0e c1fd95 84b701 3d9973 76a973 "
        "9b8f55 287c37 9be5aa 658d6d 005249 2b5d34 062e03 b9ff66 6fc276 4f9153 05472a 12e193 "
        "373e02 769958 02ab2e 137e6d aaa662 96f97b "
    ),
    "teal": (
        "4c9085 017374 0cb577 00fbb0 7bfdc7 00555a 24bca8 a5fbd5 0ffef9 82cbb2 01f9c6 04d8b2 "
        "029386 "
    ),
    "cyan": ("08787f 41fdfe 2afeb7 b7fffa 0bf9ea 8cffdb 13eac9 "),
    "blue": (
        "acc2d9 d4ffff 0c06f7 3778bf 2242c7 1f6357 507b9c 1d5dec 3a2efe 26538d 7bf2da 107ab0 "
        "2138ab 31668a 247afd 78d1b6 3a18b1 02066f 214761 015482 56fca2 63f7b4 0339f8 4e518b "
        "005f6a 0c1793 8b88f8 0e87cc c1c6fc 040348 1805db 06b1c4 464196 7bc8f6 03012d 42b395 "
        "8ab8fe 02ccfe 26f7fd 8af1fe 2ee8bb 042e60 661aee 6140ef 6488ea 014182 01889f 6d5acf "
        "658cbb 510ac9 8f99fb 2000b1 448ee4 6a79f7 02d8e9 06b48b 0b8b87 b1d1fc 0652ff 5170d7 "
        "047495 380282 001146 00035b 0343df "
    ),
    "purple": (
        "894585 952e8f 533cc6 966ebd ac86a8 430541 ca9bf7 720058 9900fa 751973 734a65 fed0fc "
        "a552e6 ad03de c95efb 5d1451 3f012c 280137 805b87 9b5fc0 c071fe 9d5783 e4cbff 76424e "
        "920a4e 9e0168 cb00f5 c292a1 ceaefa a00498 9c6da5 c94cbe db4bda c875c4 5d06e9 5729ce "
        "6c3461 b790d4 4b006e ae7181 7e1e9c "
    ),
    "pink": (
        "ff0789 dd85d7 e78ea5 ff63e9 ffb2d0 da467d c87f89 ff9a8a f6688e fb5ffc 9d0759 d767ad "
        "ff6163 d90166 fb5581 fe86a4 cf524e fe828c ff69af c74767 f504c9 df4ec8 fdc1c5 f075e6 "
        "fd4659 fe02a2 fb2943 de9dac ff08e8 ba6873 fe46a5 fe83cc e03fd8 b00149 d46a7e ffd1df "
        "ff796c c20078 "
    ),
}
"""Everyday word to the survey's samples as hex codes; black, grey and white are ranges."""

FINE: dict[str, str] = {
    "maroon": "3c0008 a24857 650021",
    "burgundy": "a8415b 610023",
    "navy": "000435 155084 01153e",
    "teal": "4c9085 0cb577 719f91 00555a 82cbb2 01f9c6 90e4c1 029386",
    "turquoise": "017374 00fbb0 a5fbd5 0ffef9 7ef4cc 045c5a 06c2ac",
    "cyan": "41fdfe 2afeb7 b7fffa 0a888a",
    "aqua": "08787f b8ffeb 0bf9ea 8cffdb 05696b 13eac9",
    "lime": "a8ff04 bffe28 87fd05 aeff6e befd73 84b701 aaff32",
    "olive": "9cbb04 b9cc81 373e02 acbf69 6e750e",
    "mint": "b6ffbb 48c072 9ffeb0",
    "gold": "fdde6c fddc5c b59410 dbb40c",
    "beige": "c9d179 fffeb6 ac9362 e6daa6",
    "cream": "fff39a ffffc2",
    "tan": "fcfc81 d99b82 ffe36e bccb7a fbeeac af884a d1b26f",
    "khaki": "e6f2a2 9b8f55 aaa662",
    "salmon": "ffb19a c85a53 ff796c",
    "coral": "cf524e fc5a50",
    "peach": "ffe5ad ffd8b1 de7e5d ffb07c",
    "magenta": "d767ad f504c9 a0025c ff08e8 fa5ff7 c20078",
    "violet": "490648 ad0afd 9e0168 ceaefa 5d06e9 34013f 9a0eea",
    "lavender": "ac86a8 8d5eb7 c760ff eecffe dfc5fe 856798 c79fef",
    "lilac": "966ebd c95efb e4cbff 9c6da5 cea2fd",
    "mustard": "f7d560 a88905 ceb301",
    "rust": "a83c09",
    "plum": "3f012c 9d5783 580f41",
    "indigo": "1f0954 6d5acf 380282",
    "rose": "c87f89 c74767 fdc1c5 ba6873 b5485d cf6275",
    "bronze": "a87900",
    "copper": "b66325",
    "ivory": "ffffcb",
    "sand": "a88f59 e2ca76",
    "charcoal": "343837",
    "silver": "c5c9c7",
    "crimson": "8c000f",
}
"""Finer names, each a part of one or more everyday words."""

NEUTRAL = ("black", "grey", "white")

ALIASES: dict[str, str] = {
    "gray": "grey", "silvery": "silver", "golden": "gold", "violette": "violet",
    "scarlet": "red", "crimson": "red", "ruby": "red", "cherry": "red", "vermilion": "red",
    "amber": "orange", "tangerine": "orange", "ginger": "orange", "terracotta": "rust",
    "chestnut": "brown", "chocolate": "brown", "hazel": "brown",
    "lemon": "yellow", "blond": "yellow", "blonde": "yellow", "ochre": "mustard",
    "emerald": "green", "jade": "green", "sage": "green", "moss": "olive",
    "azure": "blue", "cobalt": "blue", "sapphire": "blue", "sky": "blue", "denim": "blue",
    "fuchsia": "magenta", "mauve": "lilac", "aubergine": "plum", "wine": "burgundy",
    "off-white": "white", "snow": "white", "ebony": "black", "jet": "black", "brass": "gold",
    "reddish": "red", "orangish": "orange", "brownish": "brown", "yellowish": "yellow",
    "greenish": "green", "bluish": "blue", "purplish": "purple", "pinkish": "pink",
    "greyish": "grey", "grayish": "grey", "whitish": "white", "blackish": "black",
}  # fmt: skip

_WIDTH = 9.0  # CIELAB units
_HUES: dict[str, tuple[float, float, float, float]] = {
    "red": (18, 44, 15, 68), "orange": (46, 73, 45, 90), "yellow": (72, 108, 55, 110),
    "green": (110, 185, 12, 110), "teal": (175, 220, 15, 90), "cyan": (180, 230, 50, 110),
    "blue": (225, 302, 8, 110), "purple": (298, 340, 10, 85), "pink": (-30, 25, 48, 110),
    "brown": (40, 85, 8, 52),
}  # fmt: skip
"""CIELAB hue angles in degrees between which a strong colour has a name, and its lightness."""


def known_colour(word: str) -> str | None:
    """The table's name for an English colour word, or None."""
    word = ALIASES.get(word.lower(), word.lower())
    return word if word in BASIC or word in FINE or word in NEUTRAL else None


EVERYDAY = (*BASIC, *NEUTRAL)
"""The names that compete for a colour."""


def memberships(lab: FloatArray, white: float = 100.0) -> FloatArray:
    """How surely people would call each colour by each of the everyday names.

    The kernel density of a name's survey samples over that of all names.

    Args:
        lab: CIELAB float32 (N, 3).
        white: lightness of the scene's white; black, grey and white are judged against it.

    Returns:
        float32 (N, K) in [0, 1], in the order of `EVERYDAY`.
    """
    weights, total = _weights(lab, white)
    columns: list[FloatArray] = []
    for name in EVERYDAY:
        share = weights[name] / total
        if name == "brown":
            share = share * _dull(lab, white)
        if name in _HUES:
            share = np.maximum(share, 0.6 * _by_hue(name, lab))
        columns.append(share)
    return np.stack(columns, axis=1).astype(np.float32)


def membership(name: str, lab: FloatArray, white: float = 100.0) -> FloatArray:
    """How surely people would call each colour by a name; see `memberships`.

    Args:
        name: from `known_colour`.
        lab: CIELAB float32 (N, 3).
        white: lightness of the scene's white.

    Returns:
        float32 (N,) in [0, 1].
    """
    if name in EVERYDAY:
        return memberships(lab, white)[:, EVERYDAY.index(name)]
    weights, total = _weights(lab, white)
    own = _density(name, lab)
    if name in _NEARLY_NEUTRAL:  # silver is a grey, cream nearly a white
        own = own + 0.5 * weights["grey" if name in ("silver", "charcoal") else "white"] * own
    parents = [basic for basic in BASIC if _is_part(name, basic)]
    others = total - np.sum([0.6 * weights[parent] for parent in parents], axis=0)
    return (own / (0.6 * own + others + 1e-4)).clip(0, 1).astype(np.float32)


def _weights(lab: FloatArray, white: float) -> tuple[dict[str, FloatArray], FloatArray]:
    weights = _neutral_weights(lab, white)
    for basic in BASIC:
        weights[basic] = _density(basic, lab)
    return weights, np.sum(list(weights.values()), axis=0) + 1e-4


_NEARLY_NEUTRAL = ("silver", "charcoal", "cream", "ivory")


def _neutral_weights(lab: FloatArray, white: float) -> dict[str, FloatArray]:
    lightness = lab[:, 0] * (100.0 / max(white, 40.0))
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    # Chroma shrinks with lightness, and a cast of light tints the pale more than the dark.
    plain = np.exp(-0.5 * (chroma / (6.5 + 0.03 * lightness)) ** 2)
    dark = 1 / (1 + np.exp((lightness - 30) / 4))
    pale = 1 / (1 + np.exp((77 - lightness) / 4))
    return {
        "black": plain * dark * 1.2 + 0.6 * np.exp(-0.5 * (lightness / 10) ** 2),
        "grey": plain * (1 - dark) * (1 - pale),
        "white": plain * pale,
    }


def _dull(lab: FloatArray, white: float) -> FloatArray:
    """Brown is a dark or dull orange: what is light and strong is yellow or orange in shade."""
    bright = lab[:, 0] * (100 / max(white, 40.0)) + 0.45 * np.hypot(lab[:, 1], lab[:, 2])
    pale = 0.5 + 0.5 / (1 + np.exp((lab[:, 0] - 60) / 4))
    return pale * (0.15 + 0.85 / (1 + np.exp((bright - 76) / 5)))


def _by_hue(name: str, lab: FloatArray) -> FloatArray:
    """1 inside a name's span of hues for strong colours, falling off over some 8 degrees."""
    low, high, darkest, palest = _HUES[name]
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    middle, half = (low + high) / 2, (high - low) / 2
    off = np.abs((hue - middle + 180) % 360 - 180) - half
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    fit = 1 / (1 + np.exp(off / 3)) / (1 + np.exp((22 - chroma) / 4))
    lightness = lab[:, 0]
    light = 1 / (1 + np.exp((darkest - lightness) / 4)) / (1 + np.exp((lightness - palest) / 4))
    return (fit * light).astype(np.float32)


def _density(name: str, lab: FloatArray) -> FloatArray:
    samples = _samples(name)
    squared = (
        (lab * lab).sum(axis=1)[:, None]
        + (samples * samples).sum(axis=1)[None]
        - 2 * lab @ samples.T
    )
    nearest = np.sort(np.maximum(squared, 0), axis=1)[:, :2]
    return np.exp(-nearest / (2 * _WIDTH**2)).mean(axis=1).astype(np.float32)


@cache
def _samples(name: str) -> NDArray[np.float32]:
    codes = BASIC.get(name) or FINE[name]
    channels = [[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in codes.split()]
    rgb = np.array(channels, np.float32)[None] / np.float32(255)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)[0], np.float32)


@cache
def _is_part(name: str, basic: str) -> bool:
    """Whether a finer name's samples lie among those of an everyday word."""
    apart = np.linalg.norm(_samples(name)[:, None] - _samples(basic)[None], axis=2).min(axis=1)
    return bool((apart < 12).mean() >= 0.4)
