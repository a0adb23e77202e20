"""What an engine can do at all, and what a request asks of it beyond that.

It is asked before any work is done: a request for what cannot be made is refused at once, and says
what can. A run may outlive the engines that it was asked of, so each is asked again when it begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from storybook.book import KeptPart, TtsConfig
from storybook.engines import Capabilities
from storybook.new_run import NewRun
from storybook.request import Loc, RequestFault
from storybook.run import EditionRequest, Run


def request_faults(
    asked: NewRun, writer: Capabilities, illustrator: Capabilities, narrator: Capabilities
) -> list[RequestFault]:
    """What of a request these engines cannot do. What is kept of another book is not made."""
    keep = asked.based_on.keep if asked.based_on is not None else None
    writes, paints = keep in (None, KeptPart.CAST), keep is not KeptPart.PICTURES
    return [
        *(writing_faults(asked, writer) if writes else ()),
        *(painting_faults(asked, illustrator) if paints else ()),
        *narration_faults(asked.tts, narrator),
    ]


def writing_faults(asked: Run | NewRun, writer: Capabilities) -> Iterator[RequestFault]:
    """What of a book's length, language and age a writer cannot do."""
    if writer.page_counts and asked.page_count not in writer.page_counts:
        found = f"{asked.page_count} pages"
        yield _fault(("page_count",), f"the writer does not write {found}", writer.page_counts)
    if not writer.has_language(asked.language):
        found = repr(asked.language)
        yield _fault(("language",), f"the writer does not write {found}", writer.languages)
    if asked.age and writer.ages and asked.age not in writer.ages:
        found = f"for the age {asked.age}"
        yield _fault(("age",), f"the writer does not write {found}", writer.ages)


def rewriting_faults(writer: Capabilities, loc: Loc = ("rewrite",)) -> Iterator[RequestFault]:
    """Whether a writer cannot write one page of a finished book anew."""
    if not writer.rewrites:
        what = "the writer of this book writes no page anew; give the text yourself"
        yield RequestFault(loc, what, "unsupported")


def translating_faults(
    writer: Capabilities, language: str, loc: Loc = ("language",)
) -> Iterator[RequestFault]:
    """Whether a writer cannot put the pages of a finished book into a language."""
    if not writer.translates:
        what = "the writer of this book translates nothing; give the text of the page yourself"
        yield RequestFault(loc, f"{what}, in {language!r}", "unsupported")
    elif not writer.has_language(language):
        yield _fault(loc, f"the writer does not write {language!r}", writer.languages)


def voice_faults(
    narrator: Capabilities, language: str, loc: Loc = ("language",)
) -> Iterator[RequestFault]:
    """Whether a narrator does not speak a language."""
    if not narrator.has_language(language):
        yield _fault(loc, f"the narrator does not speak {language!r}", narrator.languages)


def painting_faults(
    asked: Run | NewRun | EditionRequest, illustrator: Capabilities
) -> Iterator[RequestFault]:
    """What of a book's style an illustrator cannot do."""
    if asked.style and illustrator.styles and asked.style not in illustrator.styles:
        found = f"the illustrator does not paint in the style {asked.style!r}"
        yield _fault(("style",), found, illustrator.styles)


def narration_faults(tts: TtsConfig | None, narrator: Capabilities) -> Iterator[RequestFault]:
    """What of a book's voices a narrator cannot do."""
    if tts is None:
        return
    yield from voice_faults(narrator, tts.lang, ("tts", "lang"))
    for loc, voice in _voices(tts):
        if narrator.voices and voice not in narrator.voices:
            yield _fault(loc, f"the narrator has no voice {voice!r}", narrator.voices)


def _voices(tts: TtsConfig) -> Iterator[tuple[Loc, str]]:
    yield ("tts", "narrator_voice"), tts.narrator_voice
    if tts.dialogue_voice and not tts.is_cast:
        yield ("tts", "dialogue_voice"), tts.dialogue_voice
    for name, voice in tts.character_voices.items():
        yield ("tts", "character_voices", name), voice


def _fault(loc: Loc, what: str, known: Iterable[object]) -> RequestFault:
    return RequestFault(loc, f"{what}; it can do {', '.join(map(str, known))}", "unsupported")
