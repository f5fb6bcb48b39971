import pytest

from autoedit.models.selection import files_wanted

STABLE_DIFFUSION = [
    ".gitattributes", "README.md", "LICENSE.md", "model_index.json", "sd-v1-5-inpainting.ckpt",
    "scheduler/scheduler_config.json", "tokenizer/merges.txt", "tokenizer/vocab.json",
    "unet/config.json", "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.fp16.bin", "unet/diffusion_pytorch_model.fp16.safetensors",
    "vae/config.json", "vae/diffusion_pytorch_model.safetensors",
    "vae/diffusion_pytorch_model.fp16.safetensors", "vae/diffusion_pytorch_model.onnx",
]  # fmt: skip


def weights(names: list[str]) -> list[str]:
    return [name for name in names if name.endswith((".safetensors", ".bin", ".ckpt", ".pt"))]


def test_half_precision_safetensors_are_taken_where_they_are_asked_for() -> None:
    assert files_wanted(STABLE_DIFFUSION, "fp16") == [
        "LICENSE.md", "model_index.json", "scheduler/scheduler_config.json",
        "tokenizer/merges.txt", "tokenizer/vocab.json", "unet/config.json",
        "unet/diffusion_pytorch_model.fp16.safetensors", "vae/config.json",
        "vae/diffusion_pytorch_model.fp16.safetensors",
    ]  # fmt: skip


def test_safetensors_of_another_variant_come_before_pickled_files() -> None:
    assert weights(files_wanted(STABLE_DIFFUSION)) == [
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["pytorch_model.bin", "tf_model.h5", "flax_model.msgpack"], ["pytorch_model.bin"]),
        (["model.safetensors", "pytorch_model.bin"], ["model.safetensors"]),
        (["model.safetensors", "sam3.pt"], ["model.safetensors"]),
        (["model.safetensors", "consolidated.safetensors"], ["model.safetensors"]),
        (["big-lama.pt", "modeling.py", "picture.png"], ["big-lama.pt"]),
        (["lora.safetensors"], ["lora.safetensors"]),
    ],
)
def test_one_set_of_weights_is_taken(names: list[str], expected: list[str]) -> None:
    assert files_wanted(names) == expected


def test_shards_come_with_their_own_index() -> None:
    names = [
        "model.safetensors.index.json", "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors", "pytorch_model.bin.index.json",
        "pytorch_model-00001-of-00001.bin", "model.fp16.safetensors",
        "model.safetensors.index.fp16.json", "model.fp16-00001-of-00001.safetensors",
    ]  # fmt: skip
    assert files_wanted(names) == sorted(names[:3])
    assert files_wanted(names, "fp16") == sorted(names[5:])
