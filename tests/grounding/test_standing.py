from autoedit.core.photo import Photo
from autoedit.grounding.scene import Scene
from autoedit.grounding.standing import smoothed, standing
from tests.drawing import ball, block, cast_shadow, ground


def drawn(photo):
    scene = Scene.of(Photo(photo))
    return scene, standing(scene)[scene.pieces.labels]


def test_things_stand_out_from_their_ground_in_colour_and_in_black_and_white():
    photo = ground(colour=(150, 150, 148))
    outlines = [
        ball(photo, 90, 180, 40, (190, 25, 25)), block(photo, 190, 120, 270, 220, (15, 15, 17)),
        ball(photo, 380, 180, 40, (235, 235, 232)),
    ]  # fmt: skip
    _, likely = drawn(photo)
    beside = ~(outlines[0] | outlines[1] | outlines[2])

    assert all(likely[outline].mean() > 0.2 for outline in outlines)
    assert likely[beside].mean() < 0.02


def test_a_soft_shadow_stands_nowhere():
    photo = ground()
    shadow = cast_shadow(photo, 240, 180, (70, 30))
    _, likely = drawn(photo)

    assert likely[shadow].mean() < 0.3


def test_smoothing_stops_at_edges():
    photo = ground()
    inside = block(photo, 190, 70, 290, 190, (30, 60, 170))
    scene, _ = drawn(photo)
    value = (scene.pieces.mean(inside) > 0.5).astype("float32")
    value[value > 0] *= (scene.pieces.centre[value > 0, 0] < 240) * 2.0
    spread = smoothed(scene.pieces, value)[scene.pieces.labels]

    right = inside.copy()
    right[:, :245] = False
    assert spread[right].mean() > 0.1
    assert spread[~inside].mean() < 0.02
