from __future__ import annotations

import hashlib
import socket
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from autoedit.errors import CancelledError, InpaintingError, OutOfMemoryError, WeightsError
from autoedit.inpainting import FillRequest, lama
from autoedit.inpainting.lama import LamaInpainter
from autoedit.inpainting.residuals import add_residuals
from autoedit.models import store
from tests.testing import smooth

torch = pytest.importorskip("torch")

GAINS = (0.5, 0.75, 1.0)
REACH = 41


class Local(torch.nn.Module):
    """Fills with the mean of what is known within 41 pixels, a gain to each channel.

    Outside the hole it gives the negative, so that nothing but the hole may be taken.
    """

    def __init__(self, gains: tuple[float, ...] = GAINS) -> None:
        super().__init__()
        self.near = torch.nn.Conv2d(4, 4, REACH, padding=REACH // 2, groups=4, bias=False)
        torch.nn.init.ones_(self.near.weight)
        self.gains = torch.nn.Parameter(torch.tensor(gains).reshape(1, 3, 1, 1))

    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        if image.shape[2] % 8 != 0 or image.shape[3] % 8 != 0:
            raise RuntimeError("sides must be multiples of 8")
        known = 1 - mask
        sums = self.near(torch.cat([image * known, known], dim=1))
        fill = self.gains * sums[:, :3] / (sums[:, 3:] + 1e-6)
        return mask * fill + known * (1 - image)


class Wrong(torch.nn.Module):
    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return mask


def saved(module: torch.nn.Module, path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module), str(path))
    return str(path)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved(Local(), tmp_path_factory.mktemp("lama") / "local.pt")


@pytest.fixture(scope="module")
def inpainter(weights: str) -> LamaInpainter:
    return LamaInpainter(weights, device="cpu")


@pytest.fixture
def picture() -> tuple[np.ndarray, np.ndarray]:
    """123 x 77, a different colour each side, and a hole that touches the padded corner."""
    pixels = smooth(77, 123)
    pixels[:, :, 0] //= 2
    hole = np.zeros((77, 123), bool)
    hole[20:40, 30:60] = True
    hole[70:, 110:] = True
    pixels[hole] = (255, 0, 255)
    return pixels, hole


def expected(pixels: np.ndarray, hidden: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The same fill by OpenCV."""
    pad = ((0, -hole.shape[0] % 8), (0, -hole.shape[1] % 8))
    image = np.pad(pixels, (*pad, (0, 0)), mode="symmetric").astype(np.float64) / 255
    known = 1.0 - np.pad(hidden, pad, mode="symmetric")
    options: Any = {"normalize": False, "borderType": cv2.BORDER_CONSTANT}
    sums = cv2.boxFilter(image * known[:, :, None], -1, (REACH, REACH), **options)
    near = cv2.boxFilter(known, -1, (REACH, REACH), **options)
    fill = sums / (near[:, :, None] + 1e-6) * np.array(GAINS) * 255
    fill = np.clip(fill[: hole.shape[0], : hole.shape[1]], 0, 255)
    return np.where(hole[:, :, None], fill, pixels)


def test_fills_an_odd_size_from_what_is_known(inpainter, picture):
    pixels, hole = picture
    before = pixels.copy()
    (filled,) = inpainter.fill(pixels, hole, FillRequest())
    assert filled.shape == (77, 123, 3)
    assert filled.dtype == np.uint8
    np.testing.assert_allclose(filled, expected(pixels, hole, hole), atol=1)
    assert (filled[~hole] == pixels[~hole]).all()
    assert (pixels == before).all()


def test_what_must_not_serve_is_hidden_but_not_filled(inpainter, picture):
    pixels, hole = picture
    forbidden = np.zeros_like(hole)
    forbidden[20:40, 60:90] = True
    pixels[forbidden] = (0, 255, 0)
    (filled,) = inpainter.fill(pixels, hole, FillRequest(forbidden=forbidden))
    np.testing.assert_allclose(filled, expected(pixels, hole | forbidden, hole), atol=1)
    (seen,) = inpainter.fill(pixels, hole, FillRequest())
    assert np.abs(seen.astype(int) - filled)[20:40, 50:60].max() > 20


def test_every_seed_and_every_fill_is_the_same(inpainter, picture):
    fills = inpainter.fill(*picture, FillRequest(seed=3, count=3))
    assert len(fills) == 3
    assert fills[0] is not fills[1]
    (other,) = inpainter.fill(*picture, FillRequest(seed=4))
    for fill in fills:
        assert (fill == other).all()


def test_needs_are_those_of_the_network(inpainter):
    needs = inpainter.needs
    assert (needs.multiple, needs.native, needs.follows_prompt) == (8, None, False)


def test_a_large_window_is_filled_at_a_smaller_size_with_its_own_texture(weights):
    rng = np.random.default_rng(2)
    pixels = smooth(300, 420).astype(np.float64) * 0.5 + 60
    pixels += rng.normal(0, 18, (300, 420, 1))  # grain that a smaller picture cannot hold
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    hole = np.zeros((300, 420), bool)
    hole[120:180, 170:260] = True
    dirty = pixels.copy()
    dirty[hole] = (255, 0, 255)
    sizes = []
    small = LamaInpainter(weights, device="cpu", longest=128)
    module = small._module
    small._module = lambda image, mask: sizes.append(tuple(image.shape)) or module(image, mask)
    (filled,) = small.fill(dirty, hole, FillRequest())
    assert sizes == [(1, 3, 96, 128)]
    assert (filled[~hole] == dirty[~hole]).all()

    def grain(image: np.ndarray) -> float:
        fine = image.astype(np.float64) - cv2.GaussianBlur(image, (0, 0), 3)
        return float(fine[125:175, 175:255].std())

    assert 0.75 * grain(pixels) < grain(filled) < 1.25 * grain(pixels)
    # The colours are those of the network's answer at the smaller size.
    area = cv2.INTER_AREA
    inside = cv2.resize(hole.astype(np.float32), (128, 91), interpolation=area) > 0
    answer = expected(cv2.resize(dirty, (128, 91), interpolation=area), inside, inside)
    answer = cv2.resize(answer, (420, 300), interpolation=cv2.INTER_LINEAR)
    coarse = cv2.GaussianBlur(filled.astype(np.float64) - answer, (0, 0), 8)
    assert np.abs(coarse[125:175, 175:255]).max() < 8
    assert not (filled[hole] == (255, 0, 255)).all(axis=1).any()


def test_residuals_come_from_the_place_that_looks_alike():
    """Left half grainy, right half plain, told apart by colour: so must be the two holes."""
    rng = np.random.default_rng(1)
    pixels = np.full((240, 480, 3), (200, 150, 100), np.uint8)
    pixels[:, 240:] = (60, 90, 160)
    pixels[:, :240] += rng.integers(0, 50, (240, 240, 1), dtype=np.uint8)
    hole = np.zeros((240, 480), bool)
    hole[80:160, 80:160] = hole[80:160, 320:400] = True
    small = cv2.resize(pixels, (120, 60), interpolation=cv2.INTER_AREA)
    small_hole = cv2.resize(hole.astype(np.uint8), (120, 60), interpolation=cv2.INTER_AREA) > 0
    dirty = pixels.copy()
    dirty[hole] = 0  # what lies there is not known
    result = add_residuals(small, small_hole, dirty, hole)
    assert (result[~hole] == dirty[~hole]).all()
    left, right = result[90:150, 90:150], result[90:150, 330:390]
    assert abs(left.astype(float).std(axis=(0, 1))[0] - 50 / 12**0.5) < 3
    assert right.std(axis=(0, 1)).max() < 1


def test_nothing_known_is_an_error(inpainter, picture):
    pixels, _ = picture
    with pytest.raises(InpaintingError, match="whole window"):
        inpainter.fill(pixels, np.ones((77, 123), bool), FillRequest())


def test_a_caller_can_stop_it(inpainter, picture):
    with pytest.raises(CancelledError):
        inpainter.fill(*picture, FillRequest(progress=lambda *_: False))


def test_memory_that_runs_out_is_tried_at_half_the_size(weights, picture):
    pixels, hole = picture
    small = LamaInpainter(weights, device="cpu", longest=64)
    module, sizes = small._module, []

    def short(image: Any, mask: Any) -> Any:
        sizes.append(image.shape[3])
        if image.shape[3] > 40:
            raise torch.OutOfMemoryError("out of memory")
        return module(image, mask)

    small._module = short
    (filled,) = small.fill(pixels, hole, FillRequest())
    assert sizes == [64, 32]
    assert filled.shape == pixels.shape
    small._module = lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("out of memory"))
    with pytest.raises(OutOfMemoryError, match="cpu ran out of memory"):
        small.fill(pixels, hole, FillRequest())


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04" + bytes(400)])
def test_damaged_weights_are_said_to_be_so(tmp_path, content):
    path = tmp_path / "big-lama.pt"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"big-lama\.pt.* (damaged|no TorchScript)"):
        LamaInpainter(str(path))


def test_cut_off_weights_and_missing_ones_are_said_to_be_so(tmp_path, weights):
    path = tmp_path / "half.pt"
    content = Path(weights).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(WeightsError, match="damaged"):
        LamaInpainter(str(path))
    with pytest.raises(WeightsError, match="no weights at"):
        LamaInpainter(str(tmp_path / "none.pt"))


def test_pickled_weights_are_not_read(tmp_path):
    path = tmp_path / "pickled.pt"
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(WeightsError, match="no TorchScript"):
        LamaInpainter(str(path))


def test_another_network_is_refused(tmp_path, picture):
    other = LamaInpainter(saved(Wrong(), tmp_path / "other.pt"), device="cpu")
    with pytest.raises(WeightsError, match="no LaMa"):
        other.fill(*picture, FillRequest())


def test_what_comes_from_the_net_must_be_the_published_file(monkeypatch, weights, picture):
    monkeypatch.setattr(store, "located", lambda _: Path(weights))
    with pytest.raises(WeightsError, match="MD5"):
        LamaInpainter("someone/else:big-lama.pt", device="cpu")
    digest = hashlib.md5(Path(weights).read_bytes()).hexdigest()
    monkeypatch.setattr(lama, "_BIG_LAMA_MD5", digest)
    assert LamaInpainter("someone/else:big-lama.pt", device="cpu").fill(*picture, FillRequest())


def test_loads_and_fills_without_a_network_and_without_warnings(monkeypatch, weights, picture):
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LamaInpainter(weights, device="cpu").fill(*picture, FillRequest())


def test_a_fill_that_is_not_smaller_is_only_resized(picture):
    pixels, hole = picture
    large = np.full((154, 246, 3), 77, np.uint8)
    result = add_residuals(large, np.ones((154, 246), bool), pixels, hole)
    assert (result[hole] == 77).all()
    assert (result[~hole] == pixels[~hole]).all()
