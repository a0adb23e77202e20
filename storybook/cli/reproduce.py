"""The command that makes a book again."""

from __future__ import annotations

import re
import shlex

from storybook.book import BasedOn, TtsConfig
from storybook.cli.called_as import NAME
from storybook.languages.known import language_of, names_in
from storybook.request import (
    DEFAULT_LANGUAGE,
    DEFAULT_PAGE_COUNT,
    DEFAULT_VOICE,
    WORDS,
    pace_for,
)
from storybook.run import Run

_PLAIN = re.compile(r"""[^"'`$\\!%\n]+""")
"""What double quotes keep as it is in every shell."""


def command_for(run: Run, program: str = NAME) -> str:
    """`storybook make` with a run's words, seed, length, language, age, style, cast and narrator:
    with the same engines, the same book, in its first edition."""
    run, it = run.first, run.based_on
    is_retold = it is not None and it.keep.has_text  # what is not said then is as it was there
    parts = [*_content(run, it), "--seed", str(run.seed)]
    if run.page_count != DEFAULT_PAGE_COUNT and not is_retold:
        parts += ["--pages", str(run.page_count)]
    if run.language != DEFAULT_LANGUAGE and not is_retold:
        parts += ["--language", run.language]
    if run.style or is_retold:
        parts += ["--style", _quoted(run.style)]
    for name in _saved(run):
        parts += ["--cast", _quoted(name)]
    if run.age and not is_retold:
        parts += ["--age", run.age]
    if run.tts is None:
        parts.append("--no-audio")
    else:
        parts += _voices(run, run.tts, is_retold)
        if run.tts.speed != pace_for(run.age)[0]:
            parts += ["--speed", f"{run.tts.speed:g}"]
    return " ".join([program, "make", *parts])


def _voices(run: Run, tts: TtsConfig, is_retold: bool) -> list[str]:
    """Who speaks in which voice. What was cast may be cast otherwise today."""
    is_usual = tts.is_cast and tts.narrator_voice == DEFAULT_VOICE and not is_retold
    parts = [] if is_usual else ["--narrator-voice", tts.narrator_voice]
    if tts.dialogue_voice and not is_usual:
        parts += ["--dialogue-voice", tts.dialogue_voice]
    asked = names_in(language_of(run.language), run.request)
    own = {name: tts.voices[name] for name in asked if name in tts.voices}
    return [*parts, *(it for name in own for it in ("--voice", _quoted(f"{name}={own[name]}")))]


def _saved(run: Run) -> list[str]:
    return [it.saved_as for it in run.cast if it.saved_as]


def _content(run: Run, it: BasedOn | None) -> list[str]:
    """What the book is made from: words, another book, or both."""
    origin = []
    if it is not None:
        origin = ["--based-on", it.run_id, "--edition", str(it.edition), "--keep", it.keep.value]
        if it.keep.has_text:
            return origin
    words = {name: getattr(run.request, name) for name in WORDS}
    if _saved(run) or origin:
        words["characters"] = run.characters_asked
    return [
        *origin,
        *(part for name, word in words.items() if word for part in (f"--{name}", _quoted(word))),
    ]


def _quoted(word: str) -> str:
    return f'"{word}"' if _PLAIN.fullmatch(word) else shlex.quote(word)
