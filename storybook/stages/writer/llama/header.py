"""What a GGUF file says of itself, read without loading the model.

A file begins with its magic, a version, two counts and then its metadata, a list of keys and values
(<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>). Long lists, such as the vocabulary,
are passed over.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

MAGIC: Final = b"GGUF"
CHAT_TEMPLATE: Final = "tokenizer.chat_template"
MOST_KEYS: Final = 10_000
"""Metadata has some dozens of keys; a larger count is that of a file of something else."""
MOST_BYTES: Final = 1 << 24
"""The longest text that is read; templates have some thousand characters."""

_NUMBERS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?"} | {
    10: "Q",
    11: "q",
    12: "d",
}
"""The format of each type of number, as `struct` has it."""
_TEXT, _LIST = 8, 9
_BASE: Final = re.compile(r"(?<![a-z])(?:base|pretrain(?:ed)?|pt)(?![a-z])", re.IGNORECASE)
_TUNED: Final = re.compile(r"(?<![a-z])(?:instruct|chat|it|sft|dpo|rlhf)(?![a-z])", re.IGNORECASE)


class NotGGUF(Exception):
    """The file is none, or one that is cut or damaged."""


def read_header(file: Path) -> Mapping[str, object]:
    """The keys and single values of a GGUF's metadata. Raises `NotGGUF`, or OSError."""
    with file.open("rb") as opened:
        if opened.read(len(MAGIC)) != MAGIC:
            raise NotGGUF(f"{file} is no GGUF file")
        try:
            _, _, keys = _numbers(opened, "IQQ")
            if keys > MOST_KEYS:
                raise ValueError("too many keys")
            found = (_entry(opened) for _ in range(keys))
            return {key: value for key, value in found if value is not None}
        except (struct.error, ValueError, RecursionError) as error:
            raise NotGGUF(f"{file} has no whole GGUF header: {error}") from error


def why_not(file: Path, header: Mapping[str, object]) -> str:
    """Why a model cannot be asked for a book; empty if it can."""
    if not header.get(CHAT_TEMPLATE):
        return f"{file.name} has no chat template: it is a base model, or no language model"
    names = [header.get(f"general.{key}") for key in ("name", "finetune", "basename")]
    text = " ".join([file.stem, *(name for name in names if isinstance(name, str))])
    if _BASE.search(text) and not _TUNED.search(text):
        return f"{file.name} is a base model, which goes on with a text and answers no question"
    return ""


def _entry(opened: BinaryIO) -> tuple[str, object]:
    key = _text(opened)
    (kind,) = _numbers(opened, "I")
    return key, _value(opened, kind)


def _value(opened: BinaryIO, kind: int) -> object:
    """A single value; None for a list, which is passed over."""
    if kind in _NUMBERS:
        return _numbers(opened, _NUMBERS[kind])[0]
    if kind == _TEXT:
        return _text(opened)
    if kind != _LIST:
        raise ValueError(f"no type {kind} is known")
    inner, count = _numbers(opened, "IQ")
    if inner in _NUMBERS:
        opened.seek(count * struct.calcsize(f"<{_NUMBERS[inner]}"), 1)
        return None
    for _ in range(count):
        _pass_over(opened, inner)
    return None


def _pass_over(opened: BinaryIO, kind: int) -> None:
    if kind == _TEXT:
        (size,) = _numbers(opened, "Q")
        opened.seek(size, 1)
    else:
        _value(opened, kind)


def _text(opened: BinaryIO) -> str:
    (size,) = _numbers(opened, "Q")
    if size > MOST_BYTES:
        raise ValueError(f"a text of {size} bytes")
    read = opened.read(size)
    if len(read) < size:
        raise ValueError("it is cut")
    return read.decode("utf-8", "replace")


def _numbers(opened: BinaryIO, form: str) -> tuple[int, ...]:
    size = struct.calcsize(f"<{form}")
    return struct.unpack(f"<{form}", opened.read(size))
