"""The languages that are known, by their tags."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from storybook.book import StoryRequest, TtsConfig, base_language
from storybook.languages.en import ENGLISH
from storybook.languages.ko import KOREAN
from storybook.languages.language import Language
from storybook.lexicon import Character, characters_of

LANGUAGES: Final[dict[str, Language]] = {it.tag: it for it in (KOREAN, ENGLISH)}
"""By tag. A line here is all that another language needs beside its object."""


def language_of(tag: str) -> Language:
    """The language of a tag, whatever its region. Of one that is not known nothing is known: no
    model writer writes it, an engine of another package may."""
    base = base_language(tag)
    return LANGUAGES.get(base) or _unknown(base)


@cache
def _unknown(tag: str) -> Language:
    return Language(tag=tag)


def written_languages() -> tuple[str, ...]:
    """The tags of those that a model writer can be asked for."""
    return tuple(tag for tag, it in LANGUAGES.items() if it.writing is not None)


def cast_in(language: Language, request: StoryRequest) -> tuple[Character, ...]:
    """A request's cast, as a story in a language calls it."""
    return language.people(characters_of(request))


def names_in(language: Language, request: StoryRequest) -> dict[str, str]:
    """What a story in a language calls the characters, by the names that the request gives them:
    in English, who is 토끼 there is Rabbit."""
    asked = (who.name for who in characters_of(request))
    return dict(zip(asked, (who.name for who in cast_in(language, request)), strict=True))


def voiced(language: Language, request: StoryRequest, tts: TtsConfig | None) -> TtsConfig | None:
    """How a book is read aloud, with the voices of characters by the names that its story calls
    them, too."""
    if tts is None or not tts.voices:
        return tts
    names = names_in(language, request)

    def also(voices: Mapping[str, str]) -> dict[str, str]:
        called = {names[old]: voice for old, voice in voices.items() if old in names}
        return {**called, **voices}

    character_voices, casting = also(tts.character_voices), also(tts.casting)
    return msgspec.structs.replace(tts, character_voices=character_voices, casting=casting)
