from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

import torch
from safetensors.torch import load_file, save_file

from autoedit.errors import (
    BackendUnavailableError,
    OutOfMemoryError,
    SettingError,
    WeightsError,
)
from autoedit.inpainting import families, loading
from autoedit.models.device import Device
from tests.inpainting import checkpoints

CPU = Device("cpu", "float32")
GIB = 2**30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module")
def inpainting(folder: Path) -> Path:
    return Path(checkpoints.saved("stable_diffusion", folder))


@pytest.fixture(scope="module")
def turbo(folder: Path) -> Path:
    return Path(checkpoints.saved("z_image", folder))


@pytest.fixture
def copy(inpainting: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(inpainting, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("size", "free", "kind", "largest", "chosen"),
    [
        (4, 24, "cuda", None, "none"),
        (34, 48, "cuda", None, "none"),
        (34, 24, "cuda", 24, "sequential"),
        (34, 27, "cuda", 24, "model"),
        (34, 30, "cuda", None, "model"),
        (57, 24, "cuda", None, "sequential"),
        (57, 24, "cpu", None, "none"),
        (57, 24, "mps", None, "none"),
    ],
)
def test_offload_is_chosen_from_the_free_memory(
    size: int, free: int, kind: str, largest: int | None, chosen: str
) -> None:
    part = None if largest is None else largest * GIB
    assert loading.choose_offload(size * GIB, free * GIB, kind, part) == chosen


def test_place_measures_the_weights(inpainting: Path, monkeypatch: Any) -> None:
    pipe, _ = loading.load(inpainting, CPU)
    total = sum(file.stat().st_size for file in inpainting.rglob("*.safetensors"))
    assert 0.8 * total < sum(loading.weight_sizes(pipe)) <= total
    asked: list[tuple[int, int, str, int]] = []

    def choose(size: int, free: int, kind: str, largest: int) -> str:
        asked.append((size, free, kind, largest))
        return "none"

    monkeypatch.setattr(loading, "choose_offload", choose)
    monkeypatch.setattr(loading.memory, "free_bytes", lambda device: 12345)
    assert loading.place(pipe, CPU, None) == "none"
    sizes = loading.weight_sizes(pipe)
    assert asked == [(sum(sizes), 12345, "cpu", max(sizes))]


@pytest.mark.parametrize("way", ["none", "model", "sequential"])
def test_place_does_as_it_is_told(monkeypatch: Any, way: Any) -> None:
    calls: list[tuple[str, str]] = []

    class Pipe:
        components: ClassVar[dict[str, Any]] = {}

        def to(self, device: str) -> None:
            calls.append(("none", device))

        def enable_model_cpu_offload(self, device: str) -> None:
            calls.append(("model", device))

        def enable_sequential_cpu_offload(self, device: str) -> None:
            calls.append(("sequential", device))

    monkeypatch.setattr(loading.importlib.util, "find_spec", lambda name: object())
    assert loading.place(Pipe(), Device("cuda:1", "float16"), way) == way
    assert loading.place(Pipe(), CPU, way) == "none"
    assert calls == [(way, "cuda:1"), ("none", "cpu")]


def test_offloading_without_its_library_is_explained(inpainting: Path, monkeypatch: Any) -> None:
    pipe, _ = loading.load(inpainting, CPU)
    monkeypatch.setattr(loading.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendUnavailableError, match="pip install accelerate"):
        loading.place(pipe, Device("cuda", "float16"), "model")


def test_text_to_image_checkpoint_becomes_an_inpainting_pipeline(turbo: Path) -> None:
    pipe, family = loading.load(turbo, Device("cpu", "bfloat16"))
    assert (type(pipe).__name__, family.name) == ("ZImageInpaintPipeline", "z_image")
    assert pipe.transformer.dtype == torch.bfloat16


def test_family_overrides_the_class_name(copy: Path) -> None:
    index = copy / "model_index.json"
    index.write_text(index.read_text().replace("StableDiffusionInpaint", "SomebodysOwn"))
    with pytest.raises(SettingError, match="SomebodysOwnPipeline"):
        loading.load(copy, CPU)
    pipe, _ = loading.load(copy, CPU, family="stable_diffusion")
    assert type(pipe).__name__ == "StableDiffusionInpaintPipeline"


def test_pickled_weights_are_refused(copy: Path, tmp_path: Path) -> None:
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(weights), copy / "unet" / "diffusion_pytorch_model.bin")
    loading.load(copy, CPU)  # beside safetensors it is not looked at
    weights.unlink()
    with pytest.raises(WeightsError, match=r"unet.*\.bin.*can run code"):
        loading.load(copy, CPU)
    pickled = tmp_path / "model.ckpt"
    pickled.write_bytes(b"x")
    with pytest.raises(WeightsError, match=r"model\.ckpt.*can run code"):
        loading.load(pickled, CPU)


def test_half_precision_files_are_found(copy: Path) -> None:
    for file in list(copy.rglob("*.safetensors")):
        file.rename(file.with_name(f"{file.stem}.fp16.safetensors"))
    pipe, _ = loading.load(copy, CPU)
    assert sum(loading.weight_sizes(pipe)) > 0


def test_damaged_and_missing_files_are_explained(copy: Path, tmp_path: Path) -> None:
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="cannot be loaded as StableDiffusionInpaintPipeline"):
        loading.load(copy, CPU)
    weights.write_bytes(whole)
    config = copy / "unet" / "config.json"
    content = json.loads(config.read_text())
    config.write_text(json.dumps({**content, "cross_attention_dim": 48}))
    with pytest.raises(WeightsError, match="Pull it again"):
        loading.load(copy, CPU)
    (copy / "model_index.json").write_text("{")
    with pytest.raises(WeightsError, match="no readable model_index"):
        loading.load(copy, CPU)
    with pytest.raises(WeightsError, match="no readable model_index"):
        loading.load(tmp_path, CPU)


def test_too_old_a_library_and_too_little_memory(copy: Path, monkeypatch: Any) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    cls = loading.pipeline_class(families.named("stable_diffusion"))
    monkeypatch.setattr(cls, "from_pretrained", full)
    with pytest.raises(OutOfMemoryError, match="do not fit"):
        loading.load(copy, CPU)
    row = families.Family("new", "FluxNextInpaintPipeline")
    with pytest.raises(BackendUnavailableError, match="has no FluxNextInpaintPipeline"):
        loading.pipeline_class(row)


def original_names(pipe: Any) -> dict[str, torch.Tensor]:
    """The weights of a tiny Stable Diffusion under the names of its first publishers."""
    resnet = {
        "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
        "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
    }  # fmt: skip
    blocks = {
        "down_blocks.0.resnets.0": "input_blocks.1.0",
        "down_blocks.1.resnets.0": "input_blocks.3.0",
        "down_blocks.0.downsamplers.0.conv": "input_blocks.2.0.op",
        "down_blocks.1.attentions.0": "input_blocks.3.1", "mid_block.resnets.0": "middle_block.0",
        "mid_block.attentions.0": "middle_block.1", "mid_block.resnets.1": "middle_block.2",
        "up_blocks.0.resnets.0": "output_blocks.0.0",
        "up_blocks.0.attentions.0": "output_blocks.0.1",
        "up_blocks.0.resnets.1": "output_blocks.1.0",
        "up_blocks.0.attentions.1": "output_blocks.1.1",
        "up_blocks.0.upsamplers.0.conv": "output_blocks.1.2.conv",
        "up_blocks.1.resnets.0": "output_blocks.2.0", "up_blocks.1.resnets.1": "output_blocks.3.0",
        "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
        "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    }  # fmt: skip
    coder = {
        "down_blocks.0.": "down.0.", "down_blocks.1.": "down.1.", "up_blocks.0.": "up.1.",
        "up_blocks.1.": "up.0.", "mid_block.resnets.0": "mid.block_1",
        "mid_block.resnets.1": "mid.block_2", "mid_block.attentions.0": "mid.attn_1",
        "resnets.": "block.", "downsamplers.0": "downsample", "upsamplers.0": "upsample",
        "conv_norm_out": "norm_out", "conv_shortcut": "nin_shortcut", "group_norm": "norm",
        "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out",
    }  # fmt: skip

    def renamed(key: str, names: dict[str, str]) -> str:
        for ours, theirs in names.items():
            key = key.replace(ours, theirs) if names is not blocks or key.startswith(ours) else key
        return key

    made: dict[str, torch.Tensor] = {}
    for key, value in pipe.unet.state_dict().items():
        name = renamed(key, resnet) if "resnets" in key else key
        made[f"model.diffusion_model.{renamed(name, blocks)}"] = value
    for key, value in pipe.vae.state_dict().items():
        made[f"first_stage_model.{renamed(key, coder)}"] = value
    for key, value in pipe.text_encoder.state_dict().items():
        prefix = "" if key.startswith("text_model.") else "text_model."
        made[f"cond_stage_model.transformer.{prefix}{key}"] = value
    return {key: value.contiguous() for key, value in made.items()}


def single_file(turbo: Path, directory: Path) -> Path:
    """The transformer alone, under its publisher's names."""
    weights = load_file(turbo / "transformer" / "diffusion_pytorch_model.safetensors")
    theirs = {
        "all_final_layer.2-1.": "final_layer.", "all_x_embedder.2-1.": "x_embedder.",
        "norm_q.": "q_norm.", "norm_k.": "k_norm.", "to_out.0.": "out.",
    }  # fmt: skip
    for key in [key for key in weights if key.endswith("to_q.weight")]:
        names = [key.replace("to_q", each) for each in ("to_q", "to_k", "to_v")]
        fused = torch.cat([weights.pop(name) for name in names])
        weights[key.replace("to_q", "qkv")] = fused
    made: dict[str, torch.Tensor] = {}
    for name, value in weights.items():
        key = name
        for ours, other in theirs.items():
            key = key.replace(ours, other)
        made[f"model.diffusion_model.{key}"] = value
    path = directory / "z.safetensors"
    save_file(made, path)
    return path


def test_single_file_with_all_parts(inpainting: Path, tmp_path: Path) -> None:
    whole, _ = loading.load(inpainting, CPU)
    path = tmp_path / "whole.safetensors"
    save_file(original_names(whole), path)
    for file in inpainting.iterdir():  # its configuration, without weights, beside it
        if file.is_dir():
            leave_out = shutil.ignore_patterns("*.safetensors")
            shutil.copytree(file, tmp_path / file.name, ignore=leave_out)
    shutil.copy(inpainting / "model_index.json", tmp_path)
    pipe, family = loading.load(path, CPU)
    assert family.name == "stable_diffusion" and pipe.unet.config.in_channels == 9
    for part in ("unet", "vae", "text_encoder"):
        expected = getattr(whole, part).state_dict()
        loaded = getattr(pipe, part).state_dict()
        assert loaded.keys() == expected.keys()
        for key, value in loaded.items():
            assert torch.equal(value, expected[key]), key


def test_single_file_takes_its_configuration_from_a_directory(turbo: Path, tmp_path: Path) -> None:
    file = single_file(turbo, tmp_path)
    whole, _ = loading.load(turbo, CPU)
    pipe, family = loading.load(file, CPU, config=str(turbo))
    assert (type(pipe).__name__, family.name) == ("ZImageInpaintPipeline", "z_image")
    expected = whole.transformer.state_dict()
    for key, value in pipe.transformer.state_dict().items():
        assert torch.equal(value, expected[key]), key


def test_single_file_without_configuration_never_asks_the_hub(
    turbo: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    import huggingface_hub

    def ask(*_: Any, **options: Any) -> Any:
        if not options.get("local_files_only"):
            pytest.fail("asked the hub")
        raise huggingface_hub.errors.LocalEntryNotFoundError("not here")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", ask)
    with pytest.raises(WeightsError, match=r"inpainting\.config.*pull Tongyi-MAI/Z-Image-Turbo"):
        loading.load(single_file(turbo, tmp_path), CPU)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"{}")
    with pytest.raises(WeightsError, match=r"broken\.safetensors cannot be loaded"):
        loading.load(broken, CPU)


def test_schedulers(inpainting: Path, turbo: Path) -> None:
    pipe, family = loading.load(inpainting, CPU)
    for name, (cls, changes, _) in loading.SCHEDULERS.items():
        loading.set_scheduler(pipe, family, name)
        assert type(pipe.scheduler).__name__ == cls
        assert changes.items() <= dict(pipe.scheduler.config).items()
        assert pipe.scheduler.config.beta_schedule == "scaled_linear"  # the checkpoint's own
    with pytest.raises(SettingError, match="No scheduler is called 'best'; there is: lcm"):
        loading.set_scheduler(pipe, family, "best")
    pipe, family = loading.load(turbo, CPU)
    with pytest.raises(SettingError, match="z_image only works with"):
        loading.set_scheduler(pipe, family, "lcm")


def test_lora_is_merged_with_its_scale(inpainting: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    pipe, _ = loading.load(inpainting, CPU)
    name = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    before = pipe.unet.get_submodule(name).weight.detach().clone()
    down, up = torch.randn(2, before.shape[1]), torch.randn(before.shape[0], 2)
    path = tmp_path / "style.safetensors"
    save_file({f"unet.{name}.lora_A.weight": down, f"unet.{name}.lora_B.weight": up}, path)
    loading.add_lora(pipe, path, 0.5)
    after = pipe.unet.get_submodule(name).weight
    assert torch.allclose(after, before + 0.5 * up @ down, atol=1e-5)
    assert not any("lora" in key for key in pipe.unet.state_dict())


def test_lora_that_is_none_is_explained(inpainting: Path, tmp_path: Path, monkeypatch: Any) -> None:
    pipe, _ = loading.load(inpainting, CPU)
    with pytest.raises(WeightsError, match=r"lora\.bin.*can run code"):
        loading.add_lora(pipe, tmp_path / "lora.bin", 1.0)
    with pytest.raises(WeightsError, match=r"holds 0 \.safetensors"):
        loading.add_lora(pipe, tmp_path, 1.0)
    with pytest.raises(SettingError, match="takes no LoRA"):
        loading.add_lora(object(), tmp_path / "a.safetensors", 1.0)
    monkeypatch.setattr(loading.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendUnavailableError, match="pip install peft"):
        loading.add_lora(pipe, tmp_path / "a.safetensors", 1.0)


def test_safety_checker_named_but_not_there_is_left_out(copy: Path) -> None:
    index = copy / "model_index.json"
    content = json.loads(index.read_text())
    content["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index.write_text(json.dumps({**content, "requires_safety_checker": True}))
    pipe, _ = loading.load(copy, CPU)
    assert pipe.safety_checker is None


def test_loading_is_silent_and_leaves_the_libraries_as_they_were(
    copy: Path, capfd: Any, caplog: Any
) -> None:
    from diffusers.utils import logging as ours
    from transformers.utils import logging as theirs

    before = ours.get_verbosity(), theirs.get_verbosity(), theirs.is_progress_bar_enabled()
    with caplog.at_level(logging.WARNING):
        loading.load(copy, CPU)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
    after = ours.get_verbosity(), theirs.get_verbosity(), theirs.is_progress_bar_enabled()
    assert after == before
