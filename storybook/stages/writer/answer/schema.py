"""The JSON schema of an answer, for servers that bind a model to one.

Members are properties and not elements of a list: every server keeps their order, and none needs to
know lists of fixed shape. The patterns say what the grammar of the llama engine says, more loosely.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from storybook.book import COVER_PAGE
from storybook.lexicon import Character
from storybook.lexicon.looks import times
from storybook.stages.writer.answer import bounds
from storybook.stages.writer.answer.brief import Brief, is_known
from storybook.stages.writer.answer.pages import MEMBERS
from storybook.stages.writer.answer.picture import ACTS
from storybook.stages.writer.answer.staging import DEEDS, MOST_THINGS, PLACES

Schema = dict[str, Any]


def schema(brief: Brief, first_page: int = COVER_PAGE) -> Schema:
    """The schema of an answer from `first_page` on; from the cover on, it begins with the sheet."""
    cover = _object({"title": _title(brief), "picture": _defined("picture")})
    pages = {
        MEMBERS[number]: cover if number == COVER_PAGE else _defined("panel")
        for number in brief.wanted(first_page)
    }
    book = _object(pages if first_page else {**_sheet(brief), **pages})
    return {**book, "$defs": _definitions(brief)}


def text_schema(brief: Brief, *, is_cover: bool, lines: int) -> Schema:
    """The schema of a page's words alone: its title, or its narration and as many lines."""
    if is_cover:
        return _object({"title": _title(brief)})
    line = _told(brief, 2, brief.lengths.letters(brief.lengths.line_words[1]))
    said = {"type": "array", "items": line, "minItems": lines, "maxItems": lines}
    return _object({"summary": _summary(brief), "lines": said})


def _title(brief: Brief) -> Schema:
    return _told(brief, 2, brief.lengths.letters(4), f"[{brief.language.script.letters}!?]")


def _definitions(brief: Brief) -> dict[str, Schema]:
    """What stands in several places. Servers bound how many values a schema may have in all."""
    return {
        "act": _one_of(ACTS),
        "picture": _picture(brief),
        "panel": _object(
            {
                "summary": _summary(brief),
                "dialogues": _dialogues(brief),
                "picture": _defined("picture"),
            }
        ),
    }


def _sheet(brief: Brief) -> dict[str, Schema]:
    return {
        "place": _one_of([brief.place_en]) if brief.place_en else _pattern("an? [a-z -]{5,60}"),
        "cards": _object({character.name: _card(character) for character in brief.cast}),
    }


def _card(character: Character) -> Schema:
    kind = f" {character.kind.en}" if is_known(character) else ""
    return _pattern(f"an? [a-z -]{{3,30}}{kind} wearing an? [a-z -]{{3,24}}")


def _summary(brief: Brief) -> Schema:
    lengths = brief.lengths
    words = lengths.sentences[1] * lengths.sentence_words[1]
    return _told(brief, 20, lengths.letters(words))


def _dialogues(brief: Brief) -> Schema:
    line = _object(
        {
            "character": _one_of(brief.names),
            "text": _told(brief, 2, brief.lengths.letters(brief.lengths.line_words[1])),
        }
    )
    return {"type": "array", "items": line, "maxItems": brief.lengths.lines}


def _picture(brief: Brief) -> Schema:
    letters = bounds.SCENE_WORDS[1] * 7
    return _object(
        {
            "time": _one_of(times()),
            "where": _pattern(f"({'|'.join(PLACES)}) [a-z][a-z -]{{4,50}}"),
            "acts": _object(dict.fromkeys(brief.names, _defined("act"))),
            "action": _action(brief),
            "things": {"type": "array", "items": _thing(), "maxItems": MOST_THINGS},
            "scene": _english(letters),
        }
    )


def _action(brief: Brief) -> Schema:
    """One action: `what` is a name or a thing, `whom` a name, or nobody."""
    names = list(brief.names)
    return _object(
        {
            "who": _one_of(names),
            "does": _one_of(DEEDS),
            "what": {"anyOf": [_one_of([*names, ""]), _thing()]},
            "whom": _one_of([*names, ""]),
        }
    )


def _thing() -> Schema:
    return _pattern("an? [a-z][a-z -]{2,40}")


def _told(brief: Brief, least: int, most: int, end: str = "[.!?…~]") -> Schema:
    """Text with no letters but the language's, and words of another script as a whole. It begins
    with a word, or with a number of something: "…" and "1, 2, 3" are no text."""
    script = brief.language.script
    letter = f"[{script.letters}]"
    counted = letter if script.has_units else f"[ {script.letters}]"
    foreign = "".join(f"|{word}" for word in brief.foreign)  # letters, digits and hyphens alone
    first = f"({letter}|[0-9]{{1,4}}{counted}{foreign})"
    inside = script.inside.replace("-", "")
    rest = f"([{script.letters}0-9 .,!?~…{inside}-]{foreign})"
    return _pattern(f"{first}{rest}{{{least - 1},{most - 1}}}{end}")


def _english(most: int) -> Schema:
    return _pattern(f"[A-Z][A-Za-z ,'-]{{10,{most}}}[.]")


def _pattern(body: str) -> Schema:
    return {"type": "string", "pattern": f"^{body}$"}


def _one_of(values: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(values)}


def _defined(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
