from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.errors import InpaintingError, SettingError
from autoedit.inpainting.attention_eraser import erasing, self_attention_layers

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

HEIGHT, WIDTH = 10, 7  # latents, not square, not a multiple of anything
LATE, EARLY = torch.tensor(100), torch.tensor(900)


def tiny_unet() -> Any:
    """16 channels, three scales, self-attention in each but the middle one of the down blocks."""
    torch.manual_seed(0)
    unet = diffusers.UNet2DConditionModel(
        sample_size=64, in_channels=9, out_channels=4, layers_per_block=1,
        block_out_channels=(16, 32, 32),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=8, attention_head_dim=4, norm_num_groups=8,
    )  # fmt: skip
    return unet.eval()


@pytest.fixture(scope="module")
def pipe() -> Any:
    return SimpleNamespace(unet=tiny_unet(), scheduler=diffusers.DDIMScheduler())


@pytest.fixture
def hole() -> np.ndarray:
    mask = np.zeros((HEIGHT * 8, WIDTH * 8), np.float32)
    mask[16:48, 8:32] = 1
    return mask


def inputs(batch: int = 1, height: int = HEIGHT, width: int = WIDTH) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(5)
    sample = torch.randn(batch, 9, height, width, generator=generator)
    return sample, torch.randn(batch, 5, 8, generator=generator)


@torch.inference_mode()
def predict(pipe: Any, timestep: Any = LATE, batch: int = 1, **size: int) -> Any:
    sample, words = inputs(batch, **size)
    return pipe.unet(sample, timestep, encoder_hidden_states=words, return_dict=False)[0]


class Probe:
    """A self-attention layer whose output is its own attention matrix, (tokens, tokens)."""

    def __init__(self, height: int, width: int) -> None:
        torch.manual_seed(height * 100 + width)
        self.latent, self.count = (height, width), height * width
        channels = self.count + 8
        attention = importlib.import_module("diffusers.models.attention_processor").Attention
        self.layer = attention(query_dim=channels, heads=1, dim_head=channels, bias=False).eval()
        with torch.no_grad():
            self.layer.to_v.weight.copy_(torch.eye(channels))
            self.layer.to_out[0].weight.copy_(torch.eye(channels))
            self.layer.to_out[0].bias.zero_()
            self.layer.to_q.weight.mul_(6)  # so that the matrix is far from even
        position = torch.eye(self.count)[None]
        self.hidden = torch.cat([position, torch.randn(1, self.count, 8)], dim=2)
        unet = torch.nn.Module()
        unet.down_blocks, unet.mid_block = torch.nn.ModuleList(), None
        unet.up_blocks = torch.nn.ModuleList([torch.nn.ModuleDict({"attn1": self.layer})])
        unet.forward = self._forward
        self.pipe = SimpleNamespace(unet=unet, scheduler=diffusers.DDIMScheduler())

    def _forward(self, sample: Any, timestep: Any) -> Any:
        dtype = self.layer.to_q.weight.dtype
        return (self.layer(self.hidden.to(dtype))[:, :, : self.count],)

    @torch.inference_mode()
    def matrix(self, timestep: Any = LATE) -> Any:
        return self.pipe.unet(torch.zeros(1, 4, *self.latent), timestep)[0][0]

    @torch.inference_mode()
    def similarity(self) -> Any:
        query, key = self.layer.to_q(self.hidden)[0], self.layer.to_k(self.hidden)[0]
        return query @ key.T / query.shape[1] ** 0.5


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 5), st.integers(2, 6), st.data())
def test_no_attention_falls_on_the_hole_and_rows_still_sum_to_one(height, width, data):
    flat = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    hole = np.array(flat).reshape(height, width)
    if hole.all() or not hole.any():
        hole[0, 0] = not hole[0, 0]
    probe = Probe(height, width)
    inside = torch.from_numpy(hole.ravel())
    with erasing(probe.pipe, hole):
        matrix = probe.matrix()
    assert (matrix[:, inside] == 0).all()
    torch.testing.assert_close(matrix.sum(1), torch.ones(height * width))
    expected = probe.similarity().masked_fill(inside, -torch.inf).softmax(1)
    torch.testing.assert_close(matrix, expected)


def test_alone_the_holes_queries_are_redirected_when_asked(hole):
    probe = Probe(4, 6)
    inside = np.zeros((4, 6), bool)
    inside[1:3, 2:5] = True
    rows = torch.from_numpy(inside.ravel())
    plain = probe.matrix()
    with erasing(probe.pipe, inside, everywhere=False):
        matrix = probe.matrix()
    torch.testing.assert_close(matrix[~rows], plain[~rows])
    assert (plain[rows][:, rows].sum(1) > 0.01).any()
    assert (matrix[rows][:, rows] == 0).all()


def test_early_similarities_of_the_hole_are_scaled_down_and_late_ones_are_not():
    probe = Probe(4, 6)
    inside = np.zeros((4, 6), bool)
    inside[1:3, 2:5] = True
    rows = torch.from_numpy(inside.ravel())
    similarity = probe.similarity().masked_fill(rows, -torch.inf)
    with erasing(probe.pipe, inside, suppression=0.3, suppressed_steps=0.4):
        early, late = probe.matrix(EARLY), probe.matrix(LATE)
    torch.testing.assert_close(early[rows], (0.3 * similarity[rows]).softmax(1))
    torch.testing.assert_close(early[~rows], similarity[~rows].softmax(1))
    torch.testing.assert_close(late, similarity.softmax(1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_finite_and_exactly_zero_in_the_hole(dtype):
    probe = Probe(4, 6)
    probe.layer.to(dtype)
    inside = np.zeros((4, 6), bool)
    inside[1:3, 2:5] = True
    with erasing(probe.pipe, inside):
        matrix = probe.matrix(EARLY)
    assert matrix.dtype == dtype
    assert torch.isfinite(matrix).all()
    assert (matrix[:, torch.from_numpy(inside.ravel())] == 0).all()
    torch.testing.assert_close(matrix.float().sum(1), torch.ones(24), atol=0.02, rtol=0)


def test_a_unet_is_changed_while_open_and_as_it_was_afterwards(pipe, hole):
    before, processors = predict(pipe), dict(pipe.unet.attn_processors)
    with erasing(pipe, hole):
        inside = predict(pipe)
    assert not torch.allclose(inside, before, atol=1e-4)
    assert torch.equal(predict(pipe), before)
    assert pipe.unet.attn_processors == processors
    assert "forward" not in vars(pipe.unet)


def test_a_unet_is_as_it_was_after_an_error(pipe, hole):
    before, processors = predict(pipe), dict(pipe.unet.attn_processors)
    with pytest.raises(KeyboardInterrupt), erasing(pipe, hole):
        raise KeyboardInterrupt
    assert pipe.unet.attn_processors == processors
    assert torch.equal(predict(pipe), before)


def test_a_hook_on_the_unet_stays(pipe, hole):
    original, calls = pipe.unet.forward, []

    def hooked(*given: Any, **named: Any) -> Any:
        calls.append(1)
        return original(*given, **named)

    pipe.unet.forward = hooked
    try:
        with erasing(pipe, hole):
            predict(pipe)
        assert pipe.unet.forward is hooked
        assert calls
    finally:
        del pipe.unet.forward


def test_tokens_in_the_hole_do_not_reach_the_rest_of_the_picture(hole):
    """One layer at full size: what is known sees the hole in nothing but its convolutions."""
    layers = self_attention_layers(tiny_unet())
    assert next(iter(layers)).startswith("down_blocks.0")
    assert list(layers)[-1].startswith("up_blocks.2")
    probe = Probe(5, 3)
    inside = np.zeros((5, 3), bool)
    inside[2:4, 1] = True
    rows = torch.from_numpy(inside.ravel())
    with erasing(probe.pipe, inside):
        first = probe.matrix()
        probe.hidden[:, rows, probe.count :] += 3.0
        second = probe.matrix()
    assert torch.equal(first[~rows], second[~rows])
    assert not torch.equal(first[rows], second[rows])


def test_a_batch_gives_what_its_images_give_alone(pipe, hole):
    sample, words = inputs(batch=4)  # two images, each with and without the prompt
    with erasing(pipe, hole, guidance_scale=2.0), torch.inference_mode():
        together = pipe.unet(sample, EARLY, encoder_hidden_states=words).sample
        for number in range(4):
            one = slice(number, number + 1)
            alone = pipe.unet(sample[one], EARLY, encoder_hidden_states=words[one]).sample
            torch.testing.assert_close(together[one], alone, atol=1e-4, rtol=1e-4)


def test_guidance_drives_on_from_the_plain_prediction(pipe, hole):
    plain = predict(pipe)
    with erasing(pipe, hole, guidance_scale=1.0):
        redirected = predict(pipe)
    with erasing(pipe, hole, guidance_scale=3.0):
        driven = predict(pipe)
    torch.testing.assert_close(driven, plain + 3 * (redirected - plain), atol=1e-5, rtol=1e-5)


def test_steps_outside_the_range_are_plain(pipe, hole):
    with erasing(pipe, hole, steps=(0.0, 0.5), guidance_scale=3.0):
        late, early = predict(pipe, LATE), predict(pipe, EARLY)
    assert torch.equal(late, predict(pipe, LATE))
    assert not torch.allclose(early, predict(pipe, EARLY), atol=1e-4)


def test_layers_are_those_of_the_up_blocks_unless_said(pipe, hole):
    every = self_attention_layers(pipe.unet)
    up = [name.startswith("up_blocks.") for name in every]
    assert up == sorted(up)  # in the order in which they run
    first = up.index(True)
    with erasing(pipe, hole):
        usual = predict(pipe)
    with erasing(pipe, hole, layers=(first, len(up))):
        assert torch.equal(predict(pipe), usual)
    with erasing(pipe, hole, layers=(0, len(up))):
        assert not torch.allclose(predict(pipe), usual, atol=1e-5)


def test_the_mask_may_be_of_the_picture_or_the_latents_and_change_with_the_size(pipe, hole):
    small = torch.from_numpy(hole)[None, None, ::8, ::8]
    with erasing(pipe, hole):
        large = predict(pipe)
        other = predict(pipe, height=12, width=16)  # of another aspect, in the same open context
    with erasing(pipe, small):
        torch.testing.assert_close(predict(pipe), large)
        torch.testing.assert_close(predict(pipe, height=HEIGHT, width=WIDTH), large)
    assert other.shape == (1, 4, 12, 16)
    assert not torch.allclose(other, predict(pipe, height=12, width=16), atol=1e-4)


@pytest.mark.parametrize("value", [0, 1])
def test_a_layer_that_is_all_hole_or_all_known_is_left_alone(pipe, value):
    with erasing(pipe, np.full((80, 56), value)):
        torch.testing.assert_close(predict(pipe), predict(pipe))
        inside = predict(pipe)
    assert torch.equal(inside, predict(pipe))


def test_a_whole_inpainting_pipeline_runs_and_differs(pipe, hole):
    vae = diffusers.AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, latent_channels=4,
        down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
    )  # fmt: skip
    inpaint = diffusers.StableDiffusionInpaintPipeline(
        vae, None, None, pipe.unet, diffusers.DDIMScheduler(steps_offset=1), None, None,
        requires_safety_checker=False,
    )  # fmt: skip
    inpaint.set_progress_bar_config(disable=True)

    def run() -> Any:
        _, words = inputs()
        return inpaint(
            prompt_embeds=words, negative_prompt_embeds=-words, num_images_per_prompt=2,
            image=torch.zeros(1, 3, 80, 56), mask_image=torch.from_numpy(hole)[None, None],
            height=80, width=56, num_inference_steps=2, output_type="latent",
            generator=torch.Generator().manual_seed(1),
        ).images  # fmt: skip

    plain = run()
    with erasing(inpaint, hole):
        erased = run()
    assert erased.shape == (2, 4, 10, 7)
    assert torch.isfinite(erased).all()
    assert not torch.allclose(erased, plain, atol=1e-3)
    assert torch.equal(run(), plain)


def test_other_pipelines_and_settings_are_refused(pipe, hole):
    with pytest.raises(SettingError, match="another kind"), erasing(SimpleNamespace(), hole):
        pass
    for wrong in (
        {"layers": (3, 3)}, {"layers": (0, 99)}, {"steps": (0.5, 0.2)},
        {"suppression": 0.0}, {"guidance_scale": 0.0},
    ):  # fmt: skip
        with pytest.raises(SettingError, match="Erasing attention"), erasing(pipe, hole, **wrong):
            pass
    with pytest.raises(SettingError, match="one mask"), erasing(pipe, np.zeros((2, 8, 8))):
        pass


def test_tokens_that_are_no_grid_of_the_latents_are_an_error(hole):
    probe = Probe(4, 6)
    probe.latent = (5, 5)
    with pytest.raises(InpaintingError, match="24 tokens"), erasing(probe.pipe, hole):
        probe.matrix()
