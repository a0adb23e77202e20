"""From the members of a model's answer to pages.

The model says narration and spoken lines apart. A page's text has them one after the other, each
line with who says it and how ("안녕?" 토끼가 물었어요.), so that a listener knows it too.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from storybook.book import COVER_PAGE, MOST_PAGES, Dialogue, Page
from storybook.languages.language import Language
from storybook.lexicon import Character
from storybook.lexicon.looks import times
from storybook.stages.writer.answer.brief import Brief
from storybook.stages.writer.answer.cards import WEARING, card_faults
from storybook.stages.writer.answer.picture import (
    ACTS,
    Picture,
    Sheet,
    fallback_sheet,
    prompt_of,
    read_prompt,
    scene_of,
)
from storybook.stages.writer.answer.staging import Deed, staging_of

MEMBERS: Final = ("cover", *(f"page_{page}" for page in range(COVER_PAGE + 1, MOST_PAGES)))
"""The member of an answer that each page is; a book has as many of the first as it has pages."""

_QUOTES: Final = "\"'“”‘’「」『』 "


class Malformed(Exception):
    """A member of an answer has not the form that was asked for."""


class _Line(msgspec.Struct):
    character: str
    text: str


class _Picture(msgspec.Struct):
    time: str
    acts: dict[str, str]
    scene: str = ""
    where: str = ""
    action: Deed = Deed()
    things: list[str] = []


class _Told(msgspec.Struct):
    picture: _Picture
    title: str = ""
    summary: str = ""
    dialogues: list[_Line] = []


def sheet_of(
    brief: Brief, seed: int, members: dict[str, Any], known: Mapping[str, str] = {}
) -> Sheet:
    """The sheet that an answer begins with; what it does not say is drawn from the lexicon. `known`
    are the cards, by name, of those that come from another book."""
    fallback = fallback_sheet(brief, seed)
    cards = members.get("cards")
    said = cards if isinstance(cards, dict) else {}
    place = brief.place_en or _phrase(members.get("place")) or fallback.place
    return Sheet(
        place,
        tuple(
            known.get(character.name)
            or (_phrase(said[character.name]) if _is_card(character, said) else drawn)
            for character, drawn in zip(brief.cast, fallback.cards, strict=True)
        ),
    )


def sheet_of_standing(brief: Brief, seed: int, standing: Sequence[Page]) -> Sheet:
    """The sheet that the pages that stand were painted from."""
    for page in standing:
        if found := read_prompt(page.page, brief, page.image_prompt):
            return found[0]
    return fallback_sheet(brief, seed)


def page_of(number: int, brief: Brief, sheet: Sheet, said: Any) -> Page:
    """The page that a member of an answer tells. Raises `Malformed`."""
    try:
        told = msgspec.convert(said, _Told)
    except msgspec.ValidationError as error:
        raise Malformed(f"{MEMBERS[number]}: {error}") from error
    picture = _pictured(brief, sheet, told.picture)
    prompt, scene = (
        prompt_of(number, brief, sheet, picture),
        scene_of(number, brief, sheet, picture),
    )
    if number == COVER_PAGE:
        return Page(number, title=clean(told.title), image_prompt=prompt, scene=scene)
    dialogues = tuple(
        Dialogue(line.character, text)
        for line in told.dialogues[: brief.lengths.lines]
        if (text := clean(line.text).strip(_QUOTES))
    )
    summary = f"{clean(told.summary)} {spoken(dialogues, brief.language)}".strip()
    return Page(number, summary=summary, dialogues=dialogues, image_prompt=prompt, scene=scene)


def as_json(value: Any) -> str:
    """JSON as the model is to write it: no spaces, Hangul as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_card(character: Character, cards: dict[str, Any]) -> bool:
    """Whether a character's card says what is to be seen: one kind, and clothes."""
    card = _phrase(cards.get(character.name))
    return WEARING in card and not any(card_faults(character, card))


def _pictured(brief: Brief, sheet: Sheet, said: _Picture) -> Picture:
    """What the model says of a picture, in the words that a prompt may have."""
    time = said.time if said.time in times() else times()[0]
    acts = (said.acts.get(name, "") for name in brief.names)
    return Picture(
        time,
        tuple(act if act in ACTS else ACTS[0] for act in acts),
        _scene(sheet, said.scene),
        staging_of(said.where, said.action, said.things, brief.names),
    )


def _scene(sheet: Sheet, said: str) -> str:
    """A sentence about the page; what it says of a character's looks is on its card."""
    scene = _ascii(said)
    for card in sheet.cards:
        look = card.partition(WEARING)[0].split()
        scene = re.sub(rf"\b{re.escape(card)}\b", f"the {look[-1]}", scene, flags=re.IGNORECASE)
    return scene[:1].upper() + scene[1:]


def spoken(dialogues: Sequence[Dialogue], language: Language) -> str:
    """The spoken lines of a page as they stand after its narration, with who says them: the only
    words of a page that no writer wrote."""
    return " ".join(language.said(line.character, line.text) for line in dialogues)


def _phrase(said: Any) -> str:
    """A phrase that can stand within a prompt's sentence."""
    return _ascii(said).replace(".", "").replace(",", "").strip() if isinstance(said, str) else ""


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(plain.split())


def clean(text: str) -> str:
    """Composed letters, with single spaces and no control characters."""
    return " ".join(unicodedata.normalize("NFC", text).split())
