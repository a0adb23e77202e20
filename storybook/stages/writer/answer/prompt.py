"""What a language model is told: the rules, this book's four words, and what stands of the book.

The rules come first and are the same for every book of one length, so that a model which keeps what
it has read reads them once.
"""

from __future__ import annotations

from collections.abc import Sequence

from storybook.book import COVER_PAGE, Page
from storybook.languages.language import Blanks, Language, Writing
from storybook.lexicon import Character
from storybook.lexicon.topics import find_topic
from storybook.stages.writer.answer.brief import Brief, is_known, without_signs
from storybook.stages.writer.answer.instructions import advice, rules, writing_of
from storybook.stages.writer.answer.pages import MEMBERS, as_json

Message = dict[str, str]
"""`role` and `content`."""


def messages(
    brief: Brief, standing: Sequence[Page] = (), refused: Sequence[str] = (), wish: str = ""
) -> list[Message]:
    """The conversation that a model answers with the pages that do not stand yet, or with the one
    that is to be written anew after somebody's `wish`.

    Those that do are told as facts: a weak model that finds them as its own words goes on with the
    same ones. `refused` are the kinds of problems that the next page had before.
    """
    return [
        {"role": "system", "content": rules(brief.language, brief.last_page, brief.age)},
        {"role": "user", "content": _order(brief, standing, refused, wish)},
    ]


def example(brief: Brief, first_page: int = COVER_PAGE) -> str:
    """The form of an answer from a page on, with what goes where: in signs that no answer may
    have, so that nothing of it can be copied."""
    blanks = writing_of(brief.language).blanks
    picture = {
        "time": blanks.time,
        "where": blanks.where,
        "acts": dict.fromkeys(brief.names, blanks.act),
        "action": {
            "who": blanks.name,
            "does": blanks.deed,
            "what": blanks.thing,
            "whom": blanks.name,
        },
        "things": [blanks.thing],
        "scene": blanks.scene,
    }
    lines = [{"character": blanks.name, "text": blanks.line}]
    panel = {"summary": blanks.narration, "dialogues": lines, "picture": picture}
    cover = {"title": blanks.title, "picture": picture}
    shown: dict[str, object] = {}
    if brief.only is not None:
        return as_json({MEMBERS[brief.only]: panel if brief.only else cover})
    if first_page == COVER_PAGE:
        cards = {character.name: _card(character, blanks) for character in brief.cast}
        shown = {"place": brief.place_en or blanks.place, "cards": cards}
        shown[MEMBERS[COVER_PAGE]] = cover
    first_panel = max(first_page, COVER_PAGE + 1)
    shown[MEMBERS[first_panel]] = panel
    later = MEMBERS[first_panel + 1 : brief.page_count]
    rest = "".join(f",{as_json(name)}:{{…}}" for name in later)
    return f"{as_json(shown).removesuffix('}')}{rest}}}"


def _order(brief: Brief, standing: Sequence[Page], refused: Sequence[str], wish: str) -> str:
    told, first_page = writing_of(brief.language), len(standing)
    words = ", ".join(brief.foreign)
    is_anew = brief.only is not None
    return told.order.format(
        era=brief.era,
        era_en=brief.era_en,
        place=f"{brief.place}{'' if brief.place_en or first_page else told.unknown_place}",
        place_en=f" ({brief.place_en})" if brief.place_en else "",
        topic=f"{brief.topic}{_known_of(brief)}",
        foreign=told.foreign.format(words=words) if words else "",
        cast=everybody(brief),
        so_far=_anew(brief, standing, wish) if is_anew else _so_far(brief, standing),
        warning=_warning(brief, brief.wanted(first_page).start, refused),
        form=example(brief, first_page),
    )


def _known_of(brief: Brief) -> str:
    """What is known of the topic: what is done, what is hard, what helps, what is never said."""
    frame = find_topic(brief.topic)
    if frame is None:
        return ""
    return writing_of(brief.language).known_topic.format(
        does=frame.does,
        hard=", ".join(frame.hard),
        helps=", ".join(frame.helps),
        because=frame.because,
    )


def _so_far(brief: Brief, standing: Sequence[Page]) -> str:
    """What has happened in the book, and what is to be written now."""
    if not standing:
        return ""
    told = writing_of(brief.language)
    return told.so_far.format(
        facts=_facts(standing, told),
        wanted=", ".join(MEMBERS[len(standing) : brief.page_count]),
        last=brief.last_page,
    )


def _anew(brief: Brief, standing: Sequence[Page], wish: str) -> str:
    """The book as it stands, and which page of it is to be another one."""
    told, wanted = writing_of(brief.language), brief.wanted(len(standing)).start
    return told.anew.format(
        facts=_facts([it for it in standing if it.page != wanted], told),
        page=place_of(wanted, told),
        before=without_signs(standing[wanted].text),
        wish=without_signs(wish),
        wanted=MEMBERS[wanted],
    )


def _facts(pages: Sequence[Page], told: Writing) -> str:
    return "\n".join(f"- {place_of(it.page, told)}: {without_signs(it.text)}" for it in pages)


def _warning(brief: Brief, page: int, refused: Sequence[str]) -> str:
    """What was wrong with the page that is to be written, in the order in which it is mended."""
    told, helps = writing_of(brief.language), advice(brief.language, refused, brief.age)
    return told.warning.format(page=place_of(page, told), advice=helps) if helps else ""


def everybody(brief: Brief) -> str:
    """The cast as a model is told of it, a line for each."""
    return "\n".join(f"- {_described(character, brief.language)}" for character in brief.cast)


def place_of(page: int, told: Writing) -> str:
    return told.cover if page == COVER_PAGE else told.page.format(page=page)


def _described(character: Character, language: Language) -> str:
    named = language.kind(character.kind)
    kind = named if named != character.name else ""
    what = ", ".join(part for part in (character.description, kind) if part)
    return f"{character.name} ({what})" if what else character.name


def _card(character: Character, blanks: Blanks) -> str:
    return blanks.card.format(kind=character.kind.en if is_known(character) else blanks.kind)
