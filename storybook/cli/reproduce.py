"""The command that makes a book again."""

from __future__ import annotations

import re
import shlex

import msgspec

from storybook.cli.called_as import NAME
from storybook.request import (
    DEFAULT_LANGUAGE,
    DEFAULT_PAGE_COUNT,
    DEFAULT_SPEED,
    DEFAULT_VOICE,
    PACE,
)
from storybook.run import Run

_PLAIN = re.compile(r"""[^"'`$\\!%\n]+""")
"""What double quotes keep as it is in every shell."""


def command_for(run: Run, program: str = NAME) -> str:
    """`storybook make` with a run's words, seed, length, language, age, style, cast and narrator:
    with the same engines, the same book, in its first edition."""
    run = run.first
    words = msgspec.structs.asdict(run.request)
    heroes = [it.saved_as for it in run.cast if it.saved_as]
    if heroes:
        words["characters"] = run.characters_asked
    parts = [part for name, word in words.items() for part in (f"--{name}", _quoted(word))]
    parts += ["--seed", str(run.seed)]
    if run.page_count != DEFAULT_PAGE_COUNT:
        parts += ["--pages", str(run.page_count)]
    if run.language != DEFAULT_LANGUAGE:
        parts += ["--language", run.language]
    if run.style:
        parts += ["--style", _quoted(run.style)]
    for name in heroes:
        parts += ["--cast", _quoted(name)]
    if run.age:
        parts += ["--age", run.age]
    if run.tts is None:
        parts.append("--no-audio")
    else:
        if run.tts.narrator_voice != DEFAULT_VOICE:
            parts += ["--narrator-voice", run.tts.narrator_voice]
        if run.tts.speed != PACE.get(run.age, (DEFAULT_SPEED, 0))[0]:
            parts += ["--speed", f"{run.tts.speed:g}"]
    return " ".join([program, "make", *parts])


def _quoted(word: str) -> str:
    return f'"{word}"' if _PLAIN.fullmatch(word) else shlex.quote(word)
