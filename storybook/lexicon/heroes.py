"""Heroes who come back: how characters of other books are named among those of a new one.

A book's cast is read from free text (`cast`), by every engine. So heroes are put into that text, in
words that are read as what they are; should their name be taken or not be read as a name, they are
called in the new book as the text has them told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from storybook.book import CastMember
from storybook.lexicon.cast import MAX_CAST, cast, named_in


def named_among(
    characters_ko: str, heroes: Sequence[CastMember]
) -> tuple[str, tuple[CastMember, ...]]:
    """A text that names heroes first and then all others of `characters_ko`, and the heroes with
    the names that they have in it. Those whom the text names already are named once."""
    known = {name for hero in heroes for name in (hero.name, hero.saved_as)}
    others = [
        part
        for part, who in named_in(characters_ko)
        if part.strip() not in known and who.name not in known
    ]
    text = ", ".join([*map(_words, heroes), *others])
    names = [who.name for who in cast(text)][: min(len(heroes), MAX_CAST)]
    return text, tuple(
        msgspec.structs.replace(hero, name=name) for hero, name in zip(heroes, names, strict=False)
    )


def _words(hero: CastMember) -> str:
    """What names a hero so that its name and kind are read back; or else its kind at least."""
    read = [(text, cast(text)) for text in _phrases(hero)]
    alone = [(text, found[0]) for text, found in read if len(found) == 1]
    of_kind = [(text, who) for text, who in alone if who.kind.en == hero.kind]
    same = (text for text, who in of_kind if who.name == hero.name)
    return next(same, of_kind[0][0] if of_kind else hero.name)


def _phrases(hero: CastMember) -> Iterator[str]:
    named = (hero.name, f"{hero.called} {hero.name}", f"{hero.name}({hero.called})")
    for name in named:
        yield f"{hero.description} {name}".strip()
    yield from named
    yield f"{hero.description} {hero.called}".strip()
    yield hero.called
