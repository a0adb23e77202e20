"""The command that makes a book again."""

from __future__ import annotations

import re
import shlex

import msgspec

from storybook.book import TtsConfig
from storybook.run import Run

_PLAIN = re.compile(r"""[^"'`$\\!%\n]+""")
"""What double quotes keep as it is in every shell."""


def command_for(run: Run) -> str:
    """`storybook make` with a run's words, seed and narrator: with the same engines, the same
    book."""
    words = msgspec.structs.asdict(run.request)
    parts = [part for name, word in words.items() for part in (f"--{name}", _quoted(word))]
    parts += ["--seed", str(run.seed)]
    if run.tts is None:
        parts.append("--no-audio")
    else:
        usual = TtsConfig()
        if run.tts.narrator_voice != usual.narrator_voice:
            parts += ["--narrator-voice", run.tts.narrator_voice]
        if run.tts.speed != usual.speed:
            parts += ["--speed", f"{run.tts.speed:g}"]
    return " ".join(["storybook make", *parts])


def _quoted(word: str) -> str:
    return f'"{word}"' if _PLAIN.fullmatch(word) else shlex.quote(word)
