import cv2
import numpy as np

from autoedit.segmentation.band_cut import cut_band
from tests.drawing import ball, ground, overlap


def grown(mask, size):
    return cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0


def test_an_outline_a_few_pixels_off_is_put_on_the_edge():
    photo = ground()
    truth = ball(photo, 240, 180, 80, (30, 60, 170))
    rough = grown(truth, 11)
    found = cut_band(photo, rough, np.ones(truth.shape, bool))

    assert overlap(rough, truth) < 0.9
    assert overlap(found, truth) > 0.97


def test_only_the_band_changes_and_nothing_goes_where_it_may_not():
    photo = ground()
    truth = ball(photo, 240, 180, 80, (30, 60, 170))
    other = ball(photo, 440, 180, 30, (30, 60, 170))
    cv2.circle(photo, (240, 180), 20, (150, 130, 100), -1)  # the ground's colour, deep inside
    allowed = np.ones(truth.shape, bool)
    allowed[:, 300:] = False
    found = cut_band(photo, grown(truth, 5), allowed)

    assert not found[other].any()
    assert not found[~allowed].any()
    assert found[160:200, 220:260].all()


def test_the_same_again_and_nothing_from_nothing():
    photo = ground()
    truth = ball(photo, 240, 180, 80, (30, 60, 170))
    everywhere = np.ones(truth.shape, bool)
    first = cut_band(photo, grown(truth, 7), everywhere)
    cv2.setRNGSeed(77)

    assert (cut_band(photo, grown(truth, 7), everywhere) == first).all()
    assert not cut_band(photo, np.zeros(truth.shape, bool), everywhere).any()
    assert cut_band(photo, everywhere, everywhere).all()
