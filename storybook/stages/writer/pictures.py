"""What may be wrong with what a page gives the painter: its image prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from storybook.book import Page
from storybook.languages.language import Found
from storybook.lexicon.absence import away
from storybook.lexicon.scenes import noun_of
from storybook.scene import PageScene
from storybook.stages.writer.answer.brief import Brief, brief_of, is_known
from storybook.stages.writer.answer.cards import card_faults
from storybook.stages.writer.answer.copied import is_copied
from storybook.stages.writer.answer.picture import Picture, Sheet, read_prompt
from storybook.stages.writer.rules import Rules, Wanted
from storybook.stages.writer.wording import length

ALIKE: Final = 4
"""Pages in a row on which everybody does but one thing: what a model says that does not choose."""
SOME_WORDS: Final = 6
"""From so many words of a scene on, at least half of them are different ones."""

_MARKUP: Final = re.compile(r"[<>{}\[\]|\\]|\.\.\.")
"""Signs of a placeholder that was left as it is."""
_WORD: Final = re.compile(r"[a-z'-]+")


def picturing(page: Page, book: Wanted, standing: Sequence[Page], rules: Rules) -> Found:
    """The problems of a page's image prompt; `standing` are the pages before it."""
    yield from length("image prompt", page.image_prompt, rules.prompt)
    if not page.image_prompt.isascii():
        yield "language", "the image prompt is not plain English"
    if rules.sensible and (found := _MARKUP.search(page.image_prompt)):
        yield "copied", f"the image prompt has a placeholder: {found[0]}"
    if not rules.named:
        return
    brief = brief_of(book.request, book.page_count, book.language)
    yield from _absent(page, brief)
    if page.scene is not None:
        yield from _as_told(page, page.scene)
    if read := _read(page, brief):
        yield from _cards(brief, read[0])
        yield from _scene(brief, *read)
        yield from _same(read, [_read(it, brief) for it in standing])


def _read(page: Page, brief: Brief) -> tuple[Sheet, Picture] | None:
    """What a page's prompt was made from; None where one of the cast is not in its scene, and the
    prompt has another's sentence in that place."""
    if page.scene is not None and not {*brief.names} <= {*page.scene.names}:
        return None
    return read_prompt(page.page, brief, page.image_prompt)


def _absent(page: Page, brief: Brief) -> Found:
    gone = away(page.text, brief.names)
    if page.scene is not None:
        gone |= {*brief.names} - {*page.scene.names}
    known = [character for character in brief.cast if is_known(character)]
    unseen = [one for one in known if one.kind.en not in page.image_prompt]
    absent = dict.fromkeys(one.kind.en for one in unseen if one.name not in gone)
    if absent or (known and len(unseen) == len(brief.cast)):
        absent = absent or dict.fromkeys(one.kind.en for one in unseen)
        yield "picture", f"the picture is without {', '.join(absent)}"


def _as_told(page: Page, scene: PageScene) -> Found:
    """What of a page's scene is not in its text, or not in its picture."""
    for fault in scene.faults():
        yield "picture", f"the scene knows no {fault}"
    seen, prompt = set(scene.names), page.image_prompt
    speakers = dict.fromkeys(line.character for line in page.dialogues)
    if unseen := [it for it in speakers if it not in seen and it not in away(page.text, [it])]:
        yield "picture", f"{unseen[0]} speaks, and the scene is without {unseen[0]}"
    nouns = [noun_of(it.looks) for it in scene.things if it.looks]
    if missing := [it for it in nouns if it not in prompt]:
        yield "picture", f"the image prompt is without {', '.join(missing)}"


def _cards(brief: Brief, sheet: Sheet) -> Found:
    for character, card in zip(brief.cast, sheet.cards, strict=True):
        for fault in card_faults(character, card):
            yield "picture", f"the description of {character.name} {fault}: {card[:80]}"


def _scene(brief: Brief, sheet: Sheet, picture: Picture) -> Found:
    if is_copied(picture.scene, brief.language):
        yield "copied", f"words of what the writer was told: {picture.scene[:60]}"
    if any(card in picture.scene.lower() for card in sheet.cards):
        yield "picture", "the scene describes a character once more"
    words = _WORD.findall(picture.scene.lower())
    if len(words) >= SOME_WORDS and len(set(words)) < len(words) / 2:
        yield "degenerate", f"the scene says the same again and again: {picture.scene[:60]}"


def _same(read: tuple[Sheet, Picture], standing: Sequence[tuple[Sheet, Picture] | None]) -> Found:
    """What does not change where it should, and what changes where it should not."""
    sheet, picture = read
    before = [it for it in standing if it is not None]
    if not before:
        return
    if before[-1][0].cards != sheet.cards:
        yield "picture", "a character is described otherwise than on the page before"
    if len(before) > 1 and before[-1][1] == picture and picture.scene:  # a cover may show page 1
        yield "repeated", "the picture is that of the page before"
    acts = [it.acts for _, it in (*before, read)[-ALIKE:]]
    if len(acts) == ALIKE and len({act for page in acts for act in page}) == 1:
        yield "repeated", f"on {ALIKE} pages in a row everybody is but {acts[0][0]}"
