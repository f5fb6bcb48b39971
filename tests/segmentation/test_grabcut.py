import cv2
import numpy as np
import pytest
from PIL import Image

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.segmentation import Prompt, grabcut
from autoedit.segmentation.grabcut import GrabCutSegmenter
from autoedit.segmentation.refine import refine_edge
from tests.drawing import ball, block, cast_shadow, ground, overlap
from tests.testing import SHARED


@pytest.fixture(scope="module")
def scene():
    """A blue ball with a soft shadow, a green box beside it, and a red mug with a handle."""
    photo = ground()
    cast_shadow(photo, 130, 205, (70, 22))
    outlines = {"ball": ball(photo, 110, 150, 55, (30, 60, 170))}
    outlines["box"] = block(photo, 200, 60, 260, 130, (30, 120, 45))
    ring = np.zeros(photo.shape[:2], np.uint8)
    cv2.circle(ring, (415, 250), 30, (1,), 9)
    photo[ring > 0] = (170, 20, 20)
    outlines["mug"] = block(photo, 330, 200, 415, 300, (190, 25, 25)) | (ring > 0)
    return GrabCutSegmenter().prepare(Photo(photo)), outlines


def box_of(outline, grow=3):
    x0, y0, x1, y1 = Mask.of(outline).box
    return (x0 - grow, y0 - grow, x1 + grow, y1 + grow)


@pytest.mark.parametrize("name", ["ball", "box", "mug"])
def test_a_box_becomes_an_outline(scene, name):
    segmentation, outlines = scene
    mask = segmentation.outline(Prompt(box=box_of(outlines[name])))

    assert overlap(mask.binary, outlines[name]) > 0.93
    assert mask.shape == (360, 480)


def test_the_hole_in_a_handle_stays_open(scene):
    segmentation, outlines = scene
    mask = segmentation.outline(Prompt(box=box_of(outlines["mug"])))

    assert not mask.binary[250, 428]
    assert mask.binary[250, 445]


def test_the_gap_in_a_handle_opens_in_a_coarse_mask(scene):
    segmentation, outlines = scene
    contours, _ = cv2.findContours(outlines["mug"].astype(np.uint8), cv2.RETR_EXTERNAL, 1)
    filled = cv2.drawContours(np.zeros((360, 480), np.uint8), contours, -1, (1,), -1) > 0
    mask = segmentation.outline(Prompt(mask=Mask.of(filled)))

    assert filled[250, 428]
    assert not mask.binary[250, 428]
    assert overlap(mask.binary, outlines["mug"]) > 0.93


def test_a_patch_of_another_colour_is_no_gap():
    photo = ground()
    outline = block(photo, 160, 80, 320, 290, (190, 25, 25))
    photo[130:200, 200:290] = (235, 232, 225)  # a label
    mask = GrabCutSegmenter().prepare(Photo(photo)).outline(Prompt(mask=Mask.of(outline)))

    assert mask.binary[140:190, 210:280].all()


def test_a_coarse_mask_is_put_right(scene):
    segmentation, outlines = scene
    rough = cv2.dilate(outlines["ball"].astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    rough = np.roll(rough, 5, axis=1)
    mask = segmentation.outline(Prompt(mask=Mask.of(rough)))

    assert overlap(rough, outlines["ball"]) < 0.85
    assert overlap(mask.binary, outlines["ball"]) > 0.95


def test_the_edge_is_placed_twice_the_second_time_by_what_is_nearer(monkeypatch):
    photo = ground(480, 640)
    outline = block(photo, 200, 130, 420, 350, (110, 120, 150))
    segmentation = GrabCutSegmenter().prepare(Photo(cv2.GaussianBlur(photo, (0, 0), 2.2)))
    prompt = Prompt(box=box_of(outline))
    passes = []

    def counted(lab, inside, radius, **settings):
        edge = refine_edge(lab, inside, radius, **settings)
        passes.append((radius, inside, edge > 0.5))
        return edge

    def once(lab, inside, radius, **settings):
        first = not passes or passes[-1][2].shape != inside.shape
        return counted(lab, inside, radius, **settings) if first else inside.astype(np.float32)

    monkeypatch.setattr(grabcut, "refine_edge", counted)
    both = segmentation.outline(prompt).binary
    (wide, _, first), (near, start, last) = passes
    passes.clear()
    monkeypatch.setattr(grabcut, "refine_edge", once)
    one = segmentation.outline(prompt).binary

    assert near == max(2, wide // 2) < wide
    assert (start == first).all()  # the second goes on from the first
    moved = cv2.distanceTransform((first ^ last).astype(np.uint8), cv2.DIST_L2, 5).max()
    assert moved <= near
    assert (both ^ outline).sum() < (one ^ outline).sum()  # and comes nearer to a soft edge


def test_points_and_negative_points(scene):
    segmentation, outlines = scene
    ball_ = segmentation.outline(Prompt(points=((110.0, 150.0),)))
    box = segmentation.outline(Prompt(points=((230.0, 100.0),), negative_points=((110.0, 150.0),)))

    assert overlap(ball_.binary, outlines["ball"]) > 0.9
    assert overlap(box.binary, outlines["box"]) > 0.9


def test_a_mask_is_soft_at_its_edge_alone(scene):
    segmentation, outlines = scene
    array = segmentation.outline(Prompt(box=box_of(outlines["ball"]))).array
    soft = (array > 0.01) & (array < 0.99)
    edge = cv2.morphologyEx(
        (array > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8)
    )

    assert array.dtype == np.float32
    assert soft.any()
    assert not (soft & (edge == 0)).any()


def test_the_same_prompt_has_the_same_outline(scene):
    segmentation, outlines = scene
    first, second = (segmentation.outline(Prompt(box=box_of(outlines["mug"]))) for _ in range(2))
    assert np.array_equal(first.array, second.array)


def test_prompts_at_and_over_the_rim(scene):
    segmentation, _ = scene
    assert segmentation.outline(Prompt(box=(-50, -50, -10, -10))).box is None
    assert segmentation.outline(Prompt(box=(-50, -50, 900, 900))).shape == (360, 480)
    assert segmentation.outline(Prompt(points=((479.9, 359.9),))).shape == (360, 480)
    assert segmentation.outline(Prompt(mask=Mask.of(np.zeros((360, 480), bool)))).box is None


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (12, 12)])
def test_tiny_photos(shape):
    segmentation = GrabCutSegmenter().prepare(Photo(np.full((*shape, 3), 90, np.uint8)))
    for prompt in (
        Prompt(box=(0, 0, shape[1], shape[0])), Prompt(points=((0, 0),)),
        Prompt(mask=Mask.of(np.ones(shape, bool))),
    ):  # fmt: skip
        assert segmentation.outline(prompt).shape == shape


def _plain_grabcut(pixels, box):
    cv2.setRNGSeed(0)
    labels = np.zeros(pixels.shape[:2], np.uint8)
    x0, y0, x1, y1 = (int(v) for v in box)
    cv2.grabCut(
        pixels, labels, (x0, y0, x1 - x0, y1 - y0), np.zeros((1, 65)), np.zeros((1, 65)), 5,
        cv2.GC_INIT_WITH_RECT,
    )  # fmt: skip
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


@pytest.fixture(scope="module")
def real_photos():
    truths = sorted((SHARED / "photos/masks").glob("ecssd_0[0-3]*.gt.png"))
    if not truths:
        pytest.skip("no shared photos")
    cases = []
    for path in truths:
        truth = np.asarray(Image.open(path).convert("L")) > 127
        photo = path.with_name(path.name.replace(".gt.png", ".jpg"))
        pixels = np.asarray(Image.open(photo).convert("RGB"))
        cases.append((pixels, truth, GrabCutSegmenter().prepare(Photo(pixels))))
    return cases


def test_better_than_plain_grabcut_on_real_photos(real_photos):
    gain = []
    for pixels, truth, segmentation in real_photos:
        box = Mask.of(truth).box
        ours = segmentation.outline(Prompt(box=box)).binary
        gain.append(overlap(ours, truth) - overlap(_plain_grabcut(pixels, box), truth))
    assert len(gain) >= 8
    assert np.mean(gain) > 0.03


def test_one_point_in_the_middle_is_enough_for_most_real_photos(real_photos):
    found = []
    for _, truth, segmentation in real_photos:
        inside = cv2.copyMakeBorder(truth.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
        y, x = np.unravel_index(depth.argmax(), depth.shape)
        mask = segmentation.outline(Prompt(points=((float(x), float(y)),)))
        found.append(overlap(mask.binary, truth))
    assert np.mean(found) > 0.72
