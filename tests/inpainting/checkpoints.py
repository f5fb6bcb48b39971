"""Tiny random checkpoints of the real diffusers classes, made in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffusers
import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel

# All autoencoders halve the picture once, so that a latent is two pixels wide.
FACTOR = 2
SAMPLE = 32
NATIVE = FACTOR * SAMPLE


def clip_tokenizer() -> Any:
    """Spells every word in bytes."""
    letters = sorted(ByteLevel.alphabet())
    tokens = [*letters, *(f"{each}</w>" for each in letters), "<|startoftext|>", "<|endoftext|>"]
    return transformers.CLIPTokenizer(
        vocab={token: number for number, token in enumerate(tokens)},
        merges=[],
        model_max_length=77,
    )


def t5_tokenizer() -> Any:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyz"]
    return transformers.T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512)


def qwen_tokenizer() -> Any:
    special = [
        "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
        "<|image_pad|>", "<|video_pad|>",
    ]  # fmt: skip
    letters = sorted(ByteLevel.alphabet())
    made = transformers.Qwen2Tokenizer(
        vocab={token: number for number, token in enumerate([*letters, *special])},
        merges=[],
        pad_token="<|endoftext|>",
    )
    made.add_special_tokens({"additional_special_tokens": special[1:]})
    made.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    return made


def clip_text(width: int = 32, projection: bool = False) -> Any:
    config = transformers.CLIPTextConfig(
        hidden_size=width, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2,
        vocab_size=600, projection_dim=width, bos_token_id=512, eos_token_id=513,
    )  # fmt: skip
    if projection:
        return transformers.CLIPTextModelWithProjection(config)
    return transformers.CLIPTextModel(config)


def t5_text(width: int = 32) -> Any:
    return transformers.T5EncoderModel(
        transformers.T5Config(
            d_model=width, d_ff=37, d_kv=8, num_layers=2, num_heads=4, vocab_size=40
        )
    )


def qwen3_text(layers: int, width: int = 16) -> Any:
    return transformers.Qwen3ForCausalLM(
        transformers.Qwen3Config(
            hidden_size=width, intermediate_size=16, num_hidden_layers=layers,
            num_attention_heads=2, num_key_value_heads=2, head_dim=8, vocab_size=280,
        )
    )  # fmt: skip


def kl(latent_channels: int = 4, **more: Any) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=(16, 32), norm_num_groups=16, sample_size=NATIVE,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=latent_channels, **more,
    )  # fmt: skip


def unet(channels: int, cross: int = 32, **more: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=SAMPLE, in_channels=channels, block_out_channels=(16, 32), layers_per_block=1,
        norm_num_groups=16, cross_attention_dim=cross,
        **{"out_channels": 4, "attention_head_dim": 4,
           "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
           "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"), **more},
    )  # fmt: skip


def stable_diffusion(channels: int = 9) -> Any:
    cls = (
        diffusers.StableDiffusionInpaintPipeline if channels == 9 else
        diffusers.StableDiffusionPipeline
    )  # fmt: skip
    return cls(
        vae=kl(), text_encoder=clip_text(), tokenizer=clip_tokenizer(), unet=unet(channels),
        scheduler=diffusers.DDIMScheduler(
            beta_schedule="scaled_linear", clip_sample=False, steps_offset=1
        ),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip


def stable_diffusion_xl() -> Any:
    net = unet(
        4, 64, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=80, use_linear_projection=True,
        transformer_layers_per_block=(1, 2), attention_head_dim=(2, 4),
    )  # fmt: skip
    return diffusers.StableDiffusionXLPipeline(
        vae=kl(), unet=net, scheduler=diffusers.EulerDiscreteScheduler(),
        text_encoder=clip_text(), tokenizer=clip_tokenizer(),
        text_encoder_2=clip_text(projection=True), tokenizer_2=clip_tokenizer(),
    )  # fmt: skip


def stable_diffusion_3() -> Any:
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=SAMPLE, patch_size=1, in_channels=16, out_channels=16, num_layers=1,
        attention_head_dim=8, num_attention_heads=4, joint_attention_dim=32,
        caption_projection_dim=32, pooled_projection_dim=64, pos_embed_max_size=64,
    )  # fmt: skip
    return diffusers.StableDiffusion3Pipeline(
        transformer=transformer, scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=kl(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06),
        text_encoder=clip_text(projection=True), tokenizer=clip_tokenizer(),
        text_encoder_2=clip_text(projection=True), tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5_text(), tokenizer_3=t5_tokenizer(),
    )  # fmt: skip


def _flux(cls: Any, channels: int = 16, guided: bool = True) -> Any:
    transformer = diffusers.FluxTransformer2DModel(
        in_channels=channels, out_channels=16, num_layers=1, num_single_layers=1,
        attention_head_dim=16, num_attention_heads=2, joint_attention_dim=32,
        pooled_projection_dim=32, axes_dims_rope=(4, 4, 8), guidance_embeds=guided,
    )  # fmt: skip
    return cls(
        transformer=transformer, vae=kl(4, shift_factor=0.06, scaling_factor=1.5),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(), text_encoder=clip_text(),
        tokenizer=clip_tokenizer(), text_encoder_2=t5_text(), tokenizer_2=t5_tokenizer(),
    )  # fmt: skip


def chroma() -> Any:
    transformer = diffusers.ChromaTransformer2DModel(
        in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=32, axes_dims_rope=(4, 4, 8),
        approximator_num_channels=8, approximator_hidden_dim=32, approximator_layers=1,
    )  # fmt: skip
    return diffusers.ChromaPipeline(
        transformer=transformer, vae=kl(4, shift_factor=0.06, scaling_factor=1.5),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(), text_encoder=t5_text(),
        tokenizer=t5_tokenizer(),
    )  # fmt: skip


def flux2_klein() -> Any:
    transformer = diffusers.Flux2Transformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=3 * 16, timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False,
    )  # fmt: skip
    vae = diffusers.AutoencoderKLFlux2(
        block_out_channels=(16, 32), norm_num_groups=16, latent_channels=4, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
    )  # fmt: skip
    return diffusers.Flux2KleinPipeline(
        transformer=transformer, vae=vae, tokenizer=qwen_tokenizer(), text_encoder=qwen3_text(28),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(), is_distilled=True,
    )  # fmt: skip


def z_image() -> Any:
    transformer = diffusers.ZImageTransformer2DModel(
        in_channels=4, dim=32, n_layers=1, n_refiner_layers=1, n_heads=2, n_kv_heads=2,
        cap_feat_dim=16, axes_dims=[8, 4, 4], axes_lens=[1024, 64, 64],
    )  # fmt: skip
    with torch.no_grad():  # made by torch.empty: whatever was in memory
        transformer.x_pad_token.fill_(1.0)
        transformer.cap_pad_token.fill_(1.0)
    return diffusers.ZImagePipeline(
        transformer=transformer, vae=kl(4, shift_factor=0.1, scaling_factor=0.4),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(), tokenizer=qwen_tokenizer(),
        text_encoder=qwen3_text(2),
    )  # fmt: skip


def _qwen_parts(halvings: int) -> dict[str, Any]:
    text = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "vocab_size": 280,
        "bos_token_id": 0, "eos_token_id": 0,
        "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 4096,
        "rope_scaling": {"type": "mrope", "mrope_section": [1, 1, 2], "rope_type": "default"},
    }  # fmt: skip
    vision = {
        "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2,
        "out_hidden_size": 16,
    }  # fmt: skip
    names = ("vision_start", "vision_end", "image_pad", "video_pad")
    tokenizer = qwen_tokenizer()
    start, end, image, video = (tokenizer.convert_tokens_to_ids(f"<|{name}|>") for name in names)
    config = transformers.Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, vision_start_token_id=start,
        vision_end_token_id=end, image_token_id=image, video_token_id=video,
    )  # fmt: skip
    vae = diffusers.AutoencoderKLQwenImage(
        base_dim=2, z_dim=4, dim_mult=[1] * (halvings + 1), num_res_blocks=1,
        temperal_downsample=[False] * halvings,
        latents_mean=[0.0] * 4, latents_std=[1.0] * 4,
    )  # fmt: skip
    transformer = diffusers.QwenImageTransformer2DModel(
        in_channels=16, out_channels=4, num_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=16, axes_dims_rope=(8, 4, 4),
    )  # fmt: skip
    return {
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(),
        "vae": vae,
        "text_encoder": transformers.Qwen2_5_VLForConditionalGeneration(config),
        "tokenizer": tokenizer,
        "transformer": transformer,
    }


def qwen_image() -> Any:
    return diffusers.QwenImagePipeline(**_qwen_parts(1))


def qwen_image_edit() -> Any:
    parts = _qwen_parts(5)  # it always works at a megapixel
    processor = transformers.Qwen2VLProcessor(
        transformers.Qwen2VLImageProcessor(max_pixels=56 * 56, min_pixels=28 * 28),
        parts["tokenizer"],
        transformers.Qwen2VLVideoProcessor(),
    )
    return diffusers.QwenImageEditPipeline(**parts, processor=processor)


def kandinsky_2_2() -> Any:
    width = 32
    vision = transformers.CLIPVisionConfig(
        hidden_size=width, image_size=32, projection_dim=width, intermediate_size=37,
        num_attention_heads=4, num_hidden_layers=2, patch_size=8,
    )  # fmt: skip
    net = unet(
        9, width, out_channels=8, addition_embed_type="image", encoder_hid_dim=width,
        encoder_hid_dim_type="image_proj", class_embed_type=None,
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn", resnet_time_scale_shift="scale_shift",
    )  # fmt: skip
    movq = diffusers.VQModel(
        block_out_channels=(32, 64),
        down_block_types=("DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
        up_block_types=("AttnUpDecoderBlock2D", "UpDecoderBlock2D"), latent_channels=4,
        num_vq_embeddings=12, vq_embed_dim=4, norm_num_groups=8, norm_type="spatial",
    )  # fmt: skip
    prior = diffusers.PriorTransformer(
        num_attention_heads=2, attention_head_dim=12, embedding_dim=width, num_layers=1
    )
    with torch.no_grad():  # zeros would make all embeddings alike
        prior.clip_std.fill_(1.0)
    return diffusers.KandinskyV22CombinedPipeline(
        unet=net, movq=movq, scheduler=diffusers.DDIMScheduler(prediction_type="epsilon"),
        prior_prior=prior, prior_text_encoder=clip_text(width, projection=True),
        prior_image_encoder=transformers.CLIPVisionModelWithProjection(vision),
        prior_tokenizer=clip_tokenizer(),
        prior_scheduler=diffusers.UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample"
        ),
        prior_image_processor=transformers.CLIPImageProcessor(size=32, crop_size=32),
    )  # fmt: skip


BUILDERS: dict[str, Callable[[], Any]] = {
    "stable_diffusion": stable_diffusion,
    "stable_diffusion_xl": stable_diffusion_xl,
    "stable_diffusion_3": stable_diffusion_3,
    "flux": lambda: _flux(diffusers.FluxPipeline),
    # picture and masked picture (4 x 4 each), and 2 x 2 x 4 pixels of the mask
    "flux_fill": lambda: _flux(diffusers.FluxFillPipeline, 16 + 16 + 16),
    "flux_kontext": lambda: _flux(diffusers.FluxKontextPipeline),
    "flux2_klein": flux2_klein,
    "qwen_image": qwen_image,
    "qwen_image_edit": qwen_image_edit,
    "z_image": z_image,
    "chroma": chroma,
    "kandinsky_2_2": kandinsky_2_2,
}
"""Family to a checkpoint of its text-to-image or editing class; all but Kandinsky 2.1."""


def saved(name: str, directory: Any) -> str:
    """Make a family's checkpoint and save it; returns the directory."""
    torch.manual_seed(0)
    path = directory / name
    BUILDERS[name]().save_pretrained(path)
    return str(path)
