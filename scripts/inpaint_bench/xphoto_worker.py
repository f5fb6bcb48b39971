"""Fill a hole by the xphoto module of OpenCV-contrib, in an environment that has it.

    python xphoto_worker.py shift_map|fsr PHOTO.npy HOLE.npy FILLED.npy
    python xphoto_worker.py

PHOTO is RGB uint8 (H, W, 3), HOLE bool (H, W). Prints the seconds that the fill took; without
arguments it only imports, to show what that costs.
"""

import sys
import time

import cv2
import numpy as np

THREADS = 2


def fill(kind, pixels, hole, xphoto):
    """Fill a hole.

    Args:
        kind: "shift_map" (He & Sun 2012) or "fsr" (Genser et al. 2018, the fast setting).
        pixels: RGB uint8 (H, W, 3).
        hole: bool (H, W).
        xphoto: the module.

    Returns:
        RGB uint8 (H, W, 3).
    """
    known = np.where(hole, 0, 255).astype(np.uint8)  # 0 is what xphoto fills
    if kind == "fsr":
        bgr = cv2.cvtColor(np.where(hole[:, :, None], np.uint8(0), pixels), cv2.COLOR_RGB2BGR)
        filled = np.zeros_like(bgr)
        xphoto.inpaint(bgr, known, filled, xphoto.INPAINT_FSR_FAST)
        return cv2.cvtColor(filled, cv2.COLOR_BGR2RGB)
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2Lab)
    filled = np.zeros_like(lab)
    xphoto.inpaint(lab, known, filled, xphoto.INPAINT_SHIFTMAP)
    return cv2.cvtColor(filled, cv2.COLOR_Lab2RGB)


def main(arguments):
    """Read, fill, write; returns the exit code."""
    cv2.setNumThreads(THREADS)
    if not arguments:
        return 0
    xphoto = getattr(cv2, "xphoto", None)
    if xphoto is None:
        print("This OpenCV has no xphoto: install opencv-contrib-python-headless.", file=sys.stderr)
        return 1
    kind, photo, hole, filled = arguments
    pixels, unknown = np.load(photo), np.load(hole)
    start = time.perf_counter()
    result = fill(kind, pixels, unknown, xphoto)
    print(time.perf_counter() - start)
    np.save(filled, result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
