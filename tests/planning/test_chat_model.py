"""Models of transformers as planners: tiny ones that have learnt one answer by heart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from autoedit import backends
from autoedit.errors import SettingError, WeightsError
from autoedit.planning.language_model import quoted
from tests.grounding.test_qwen_vl import tiny_model
from tests.grounding.tiny import byte_tokenizer, cut_off, odd_photo

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

PHOTO = odd_photo()
SAID = "entferne den Becher"
PLAN = '{"steps":[{"operation":"remove","target":{"phrase":"the cup"}}]}'
BOXED = PLAN[:-3] + ',"boxes":[[0,0,500,500]]}]}'
# The rules are left out, or the model would have to read thousands of bytes each time.
TEMPLATE = """\
{% for m in messages %}{% if m.role != 'system' %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
SEEING = """\
{% for m in messages %}{% if m.role != 'system' %}<|im_start|>{{ m.role }}
{% for c in m.content %}{% if c.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>\
{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def learn(model: Any, inputs: Any, answer: int) -> None:
    """Train on one text until its end is known by heart."""
    labels = inputs["input_ids"].clone()
    labels[:, :-answer] = -100
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(1000):
        loss = model(**inputs, labels=labels).loss
        if loss.item() < 0.005:
            return
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    raise AssertionError(f"The answer was not learnt: loss {loss.item():.3f}")


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import transformers as t

    torch.manual_seed(0)
    tokenizer = byte_tokenizer(["<|im_start|>", "<|im_end|>"])
    tokenizer.chat_template = TEMPLATE
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    config = t.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=512, eos_token_id=end,
        bos_token_id=tokenizer.bos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = t.LlamaForCausalLM(config)
    asked = f"<|im_start|>user\n{quoted(SAID)}<|im_end|>\n<|im_start|>assistant\n"
    answer = PLAN + "<|im_end|>"
    inputs = tokenizer([asked + answer], return_tensors="pt")
    learn(model, inputs, len(tokenizer(answer)["input_ids"]))
    folder = tmp_path_factory.mktemp("chat")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    named = {
        "image_token": "<|image_pad|>", "video_token": "<|video_pad|>",
        "vision_start_token": "<|vision_start|>", "vision_end_token": "<|vision_end|>",
    }  # fmt: skip
    tokenizer = byte_tokenizer(["<|im_start|>", "<|im_end|>"], extra_special_tokens=named)
    model, processor = tiny_model("qwen3_vl", tokenizer)
    processor.chat_template = SEEING
    asked = (
        "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>"
        f"{quoted(SAID)}<|im_end|>\n<|im_start|>assistant\n"
    )
    answer = BOXED + "<|im_end|>"
    image = Image.fromarray(PHOTO.pixels)
    inputs = processor(text=[asked + answer], images=[image], return_tensors="pt")
    learn(model, inputs, len(tokenizer(answer)["input_ids"]))
    folder = tmp_path_factory.mktemp("seeing")
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def planner(weights: Path, **settings: Any) -> Any:
    given = {"model": str(weights), "max_new_tokens": 150, "device": "cpu", **settings}
    return backends.create("planning", "language_model", given)


def test_a_chat_model_makes_the_plan(chat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(monkeypatch)
    asking = planner(chat)
    assert not asking.sees
    plan = asking.plan(SAID)
    assert [(step.operation, step.target.phrase) for step in plan.steps] == [("remove", "the cup")]
    assert plan.notes == ()
    assert asking.plan(SAID) == plan


def test_a_model_that_sees_says_where(seeing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(monkeypatch)
    asking = planner(seeing)
    assert asking.sees
    plan = asking.plan(SAID, PHOTO)
    assert plan.notes == ()
    assert plan.steps[0].boxes == ((0.0, 0.0, 61.5, 38.5),)


def test_a_detector_of_the_same_weights_shares_them(
    seeing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers as t

    loads: list[object] = []
    load = t.AutoModelForImageTextToText.from_pretrained
    monkeypatch.setattr(
        t.AutoModelForImageTextToText,
        "from_pretrained",
        lambda *a, **k: loads.append(a) or load(*a, **k),
    )
    asking = planner(seeing)
    backends.create("grounding", "qwen_vl", {"model": str(seeing), "device": "cpu"})
    assert asking.sees
    assert len(loads) == 1
    del asking
    planner(seeing)
    assert len(loads) == 2


def test_an_answer_that_is_cut_off_falls_back(chat: Path) -> None:
    plan = planner(chat, max_new_tokens=20).plan("remove the mug")
    assert plan.steps[0].target.head == "mug"
    assert "max_new_tokens" in plan.notes[-1]


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        planner(tmp_path / "nothing")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(WeightsError):
        planner(tmp_path)


def test_settings_out_of_range(chat: Path) -> None:
    with pytest.raises(SettingError, match="at least 1"):
        planner(chat, max_new_tokens=0)
