"""The grammar (GBNF) of a book's answer: what it cannot say, a model cannot write.

The text is letters of its language, digits and the signs of picture books, in words, sentences and
pages of bounded length; words of another script only if the request has them. A line's speaker is
one of the cast. What is for the painter is ASCII. There is no place for a thought before the
answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from storybook.book import COVER_PAGE
from storybook.lexicon import Character
from storybook.lexicon.looks import times
from storybook.lexicon.words import folk_of
from storybook.stages.writer.answer import bounds
from storybook.stages.writer.answer.brief import Brief, is_known
from storybook.stages.writer.answer.pages import MEMBERS, as_json
from storybook.stages.writer.answer.picture import EMOTIONS, POSES
from storybook.stages.writer.answer.staging import DEEDS, MOST_THINGS

NAMED_AFTER: Final = 6
"""Words that may stand before a name in its sentence."""

_COLOURS = (
    *("white", "black", "brown", "gray", "golden", "silver", "red", "orange", "yellow"),
    *("green", "blue", "purple", "pink", "turquoise"),
)


def grammar(brief: Brief, first_page: int = COVER_PAGE) -> str:
    """The grammar of an answer from `first_page` on; from the cover on, with the sheet first."""
    pages = _members(_page(number) for number in brief.wanted(first_page))
    sheet = f'{_literal(_key("place"))} place "," cards "," '
    root = f'"{{" {sheet if first_page == COVER_PAGE else ""}{pages} "}}"'
    return _written({"root": root, **_page_rules(brief), **_picture_rules(brief)})


def text_grammar(brief: Brief, *, is_cover: bool, lines: int) -> str:
    """The grammar of a page's words alone: its title, or its narration and so many lines."""
    said = _members(['"\\"" spoken "\\""'] * lines)
    panel = f'"{{\\"summary\\":\\"" narration "\\",\\"lines\\":[" {said} "]}}"'
    cover = '"{\\"title\\":\\"" title "\\"}"'
    return _written({"root": cover if is_cover else panel, **_text_rules(brief)})


def _written(rules: Mapping[str, str]) -> str:
    return "\n".join(f"{name} ::= {body}" for name, body in rules.items()) + "\n"


def _page(number: int) -> str:
    told = "cover" if number == COVER_PAGE else "panel"
    return f"{_literal(_key(MEMBERS[number]))} {told}"


def _page_rules(brief: Brief) -> dict[str, str]:
    return {
        "cover": '"{\\"title\\":\\"" title "\\"" picture',
        "panel": '"{\\"summary\\":\\"" narration "\\",\\"dialogues\\":[" lines? "]" picture',
        "lines": f'line ("," line){{0,{brief.lengths.lines - 1}}}',
        "line": '"{\\"character\\":" name ",\\"text\\":\\"" spoken "\\"}"',
        "name": _any(as_json(name) for name in brief.names),
        **_text_rules(brief),
    }


def _text_rules(brief: Brief) -> dict[str, str]:
    lengths, script = brief.lengths, brief.language.script
    letter = f"[{script.letters}]"
    inner = f"[{script.letters}{script.inside}]" if script.inside else letter
    first = f"{letter} {inner}{{0,{lengths.word_letters - 1}}}"
    word = first if script.inside else f"{letter}{{1,{lengths.word_letters}}}"
    number = f"[0-9]{{1,4}} {letter}{{1,4}}" if script.has_units else "[0-9]{1,4}"
    ending = f" {letter}{{0,{script.ending}}}" if script.ending else ""
    # Once in a word, with what may be joined to a name or a place.
    foreign = "".join(f" | {_literal(word)}{ending}" for word in brief.foreign)
    return {
        "title": f"{_words(lengths.title_words)} [!?]?",
        "narration": _narration(lengths.sentences),
        "named": _named(lengths.sentence_words),
        "someone": f"({_any(as_json(name)[1:-1] for name in brief.names)}){ending}",
        "sentence": f"{_words(lengths.sentence_words)} end",
        "spoken": f"{_words(lengths.line_words)} end",
        "word": f"{word} | {number}{foreign}",
        "gap": '" " | ", "',
        "end": "[.!?…~]",
    }


def _narration(many: tuple[int, int]) -> str:
    """One of the first two sentences names somebody: a page of nobody does not pass."""
    least, most = many
    first = f'named (" " sentence){{{least - 1},{most - 1}}}'
    return f'{first} | sentence " " named (" " sentence){{{max(0, least - 2)},{most - 2}}}'


def _named(many: tuple[int, int]) -> str:
    """A sentence that names somebody: a word at least comes after the name."""
    most = many[1]
    before = min(NAMED_AFTER, most - 2)
    return f"(word gap){{0,{before}}} someone (gap word){{1,{max(1, most - before - 1)}}} end"


def _picture_rules(brief: Brief) -> dict[str, str]:
    cards = (
        f"{_literal(_key(character.name))} card-{place}"
        for place, character in enumerate(brief.cast)
    )
    acts = (f"{_literal(_key(name))} act" for name in brief.names)
    return {
        "place": _literal(as_json(brief.place_en)) if brief.place_en else '"\\"" phrase "\\""',
        "cards": f'{_literal(_key("cards") + "{")} {_members(cards)} "}}"',
        **{f"card-{place}": _card(it) for place, it in enumerate(brief.cast)},
        "picture": '",\\"picture\\":{\\"time\\":" time ",\\"where\\":\\"" where "\\",'
        '\\"acts\\":{" acts "},\\"action\\":{" action "},\\"things\\":[" things? "],'
        '\\"scene\\":\\"" scene "\\"}}"',
        "time": _any(as_json(time) for time in times()),
        "where": f'("inside" | "outside") (" " latin){{2,{bounds.WHERE_WORDS}}}',
        "action": '"\\"who\\":" name ",\\"does\\":" deed ",\\"what\\":" what ",\\"whom\\":" whom',
        "deed": _any(as_json(deed) for deed in DEEDS),
        "what": f"{_literal(as_json(''))} | name | thing",
        "whom": f"{_literal(as_json(''))} | name",
        "things": f'thing ("," thing){{0,{MOST_THINGS - 1}}}',
        "thing": f'"\\"" first (" " latin){{1,{bounds.THING_WORDS - 1}}} "\\""',
        "acts": _members(acts),
        "act": '"\\"" emotion ", " pose "\\""',
        "emotion": _any(EMOTIONS),
        "pose": _any(POSES),
        "scene": f"[A-Z] [a-z]{{0,{bounds.LATIN_LETTERS - 1}}} (latin-gap latin)"
        f'{{{bounds.SCENE_WORDS[0] - 1},{bounds.SCENE_WORDS[1] - 1}}} "."',
        "latin": f"[a-z] [a-z'-]{{0,{bounds.LATIN_LETTERS - 1}}}",
        "latin-gap": '" " | ", "',
        "phrase": f'first (" " latin){{1,{bounds.SCENE_WORDS[0]}}}',
        "first": f'"an " [aeiou] {_letters} | "a " [b-df-hj-np-tv-z] {_letters}',
        "colour": _any(_COLOURS),
        "clothes": 'coloured (" " latin){1,2}',
        "coloured": _any(f"{'an' if it[0] in 'aeiou' else 'a'} {it}" for it in _COLOURS),
    }


_letters = f"[a-z-]{{1,{bounds.LATIN_LETTERS - 1}}}"


def _card(character: Character) -> str:
    """Adjectives, the coat's colour unless it is a person, the kind, and coloured clothes."""
    kind = _literal(f" {character.kind.en}") if is_known(character) else '" " latin'
    has_coat = is_known(character) and folk_of(character.kind) != "person"
    colour = '" " colour ' if has_coat else ""
    more = f'(" " latin){{0,{bounds.CARD_ADJECTIVES - 1}}}'
    return f'"\\"" first {more} {colour}{kind} " wearing " clothes "\\""'


def _words(many: tuple[int, int]) -> str:
    return _repeated("word", "gap", many)


def _repeated(rule: str, between: str, many: tuple[int, int]) -> str:
    least, most = many
    return f"{rule} ({between} {rule}){{{least - 1},{most - 1}}}"


def _members(members: Iterable[str]) -> str:
    return ' "," '.join(members)


def _key(name: str) -> str:
    return f"{as_json(name)}:"


def _any(literals: Iterable[str]) -> str:
    return " | ".join(map(_literal, literals))


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
