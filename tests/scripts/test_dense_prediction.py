"""What the network of dense prediction learns from, and how its weights are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import onnxruntime
import torch
from dense_prediction import lessons
from dense_prediction.network import MAPS, Network, export, restored

from tests.drawing import ball, cast_shadow


def lesson(folder: Path) -> Path:
    """A ball with a shadow, as `scripts/render_lessons.py` writes it."""
    bare = np.full((240, 320, 3), 150, np.uint8)
    photo = bare.copy()
    cast_shadow(photo, 190, 150, (40, 12))
    ids = ball(photo, 160, 120, 40, (190, 25, 25)).astype(np.uint8)
    path = folder / "1.npz"
    ids[120, 160] = 0  # a blade of grass before it
    np.savez(
        path, photo=photo[None], bare=bare[None], clean=bare[None, None], ids=ids[None], targets=[1]
    )
    return path


def test_what_is_learnt_of_a_thing_fits_its_picture(tmp_path: Path) -> None:
    known = lessons.views([lesson(tmp_path)])
    photos, truths = lessons.batch(known, 24, np.random.default_rng(0))
    assert photos.shape == (24, 4, lessons.HEIGHT, lessons.WIDTH)
    assert float(photos.abs().max()) <= 1
    shaded = [bool(truth[4][truth[8] > 0].any()) for truth in truths.numpy()]
    asked = (photos[:, 3].amax((1, 2)) > 0).numpy()
    assert np.mean(np.array(shaded)[asked]) > 0.8  # its shadow, unless it was made too faint
    assert 0.3 < asked.mean() < 0.95
    alone, _ = lessons.batch(known, 24, np.random.default_rng(0), effects=True)
    assert (alone[:, 3].amax((1, 2)) > 0).all()
    for truth in truths.numpy():
        thing, outline, across, down, effect, *gain, counts, lit, inside = truth
        own = (thing > 0.99) & (inside > 0)
        if own.sum() < 50:
            continue
        rows, columns = np.nonzero(own)
        middle = columns + lessons.REACH * across[own], rows + lessons.REACH * down[own]
        assert thing[int(np.median(rows)), int(np.median(columns))] == 1  # no pinhole
        assert np.ptp(middle[0]) < 2
        assert np.ptp(middle[1]) < 2
        assert outline[own].mean() < 0.5
        assert not effect[own & (counts > 0)].any()
        assert np.abs(np.array(gain)[:, (lit > 0.9) & (effect == 0)]).max() < 0.1
        dark = np.array(gain)[:, (lit > 0.9) & (counts == 1) & (effect == 1)]
        assert not dark.size or dark.max(axis=0).mean() > 0.02


def test_a_lesson_without_things_is_left_out(tmp_path: Path) -> None:
    path = lesson(tmp_path)
    held = dict(np.load(path))
    np.savez(path, **(held | {"ids": np.zeros_like(held["ids"])}))
    assert not lessons.views([path])


def test_the_written_weights_say_what_the_network_says(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Network().eval()
    path = tmp_path / "network.onnx"
    with pytest.warns(DeprecationWarning):
        export(network, path)
    session: Any = onnxruntime.InferenceSession(str(path))
    for shape in ((64, 96), (192, 256)):
        given = torch.rand(1, 4, *shape) * 2 - 1
        with torch.no_grad():
            wanted = network(given).numpy()
        said = session.run(None, {"photo": given.numpy()})[0]
        assert said.shape == (1, MAPS, shape[0] // 2, shape[1] // 2)
        assert np.abs(said - wanted).max() < 0.01 * max(1, np.abs(wanted).max())


def test_written_weights_can_be_taught_further(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Network()
    photos = torch.rand(4, 4, 64, 96) * 2 - 1
    network.train()
    network(photos)  # so that its normalisation has statistics
    path = tmp_path / "network.onnx"
    with pytest.warns(DeprecationWarning):
        export(network, path)
    again = restored(path, photos)
    with torch.no_grad():
        wanted, said = network.eval()(photos), again.eval()(photos)
        taught = again.train()(photos)  # by the statistics of the photos themselves
    scale = 0.01 * max(1, float(wanted.abs().max()))
    assert float((said - wanted).abs().max()) < scale
    assert float((taught - wanted).abs().max()) < 5 * scale
