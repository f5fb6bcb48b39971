"""Tokenizers without a download, a photo of odd size, and a machine without a network."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from autoedit.core.photo import Photo
from tests.testing import smooth

BEGIN, END, PAD = "<s>", "</s>", "<pad>"


def odd_photo() -> Photo:
    """123 wide, 77 high."""
    return Photo(smooth(77, 123), name="odd.png")


def cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network: whatever opens a connection fails."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def clip_tokenizer() -> Any:
    """Letters as CLIP has them, each by itself or as the end of a word."""
    from tokenizers import pre_tokenizers
    from transformers import CLIPTokenizer

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*letters, *(letter + "</w>" for letter in letters)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={word: i for i, word in enumerate(words)}, merges=[], model_max_length=77
    )


def byte_tokenizer(extra: list[str], **named: Any) -> Any:
    """One token a byte, so that each digit is its own; `extra` and `named` are special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token=BEGIN, eos_token=END, pad_token=PAD, **named
    )
    tokenizer.add_tokens(extra, special_tokens=True)
    return tokenizer
