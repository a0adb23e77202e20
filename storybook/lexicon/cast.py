"""Reading the cast of a book from the free text in which a person named it.

The text is parted (`parts`), groups are spelled out (`groups`), and in each part the last known
kind is the head: what stands before it describes it, and what stands after it is its given name
("토끼 토토"). "착하고 용감한 곰" is one bear, "치와와 초코" one dog. What sex, age and height
somebody has is told by `people`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from storybook.book import FIRST_READING, READING, StoryRequest
from storybook.lexicon.character import Character
from storybook.lexicon.first_reading.cast import cast as first_cast
from storybook.lexicon.groups import ORDINALS, spelled_out
from storybook.lexicon.parts import (
    KIN_OF_ONE_AGE,
    PRONOUNS,
    TELLER,
    is_age,
    is_attributive,
    is_own_noun,
    parts,
    roles,
    without_particle,
)
from storybook.lexicon.people import is_name, known, may_be_name
from storybook.lexicon.siblings import CHILD, siblings_known
from storybook.lexicon.words import Word, data, find_kind, find_traits, folk_of, is_known_kind

MAX_CAST: Final = 8
"""More characters than a picture book of four pages can tell of."""
MAX_NAME: Final = 14
MOST_REMEMBERED: Final = 64
"""Casts that are not read again: each page of a book, and each check of it, asks for its own."""
MAX_DESCRIPTION: Final = 45
"""A longer one is cut to its last words."""
FRIEND: Final = Word("친구", "child", "child")

_UNWANTED: Final = re.compile(r"[^\w\s\-]|_")
_NAMED: Final = re.compile(
    r"^(?P<desc>.*?)(?:이름[이은]\s*)?(?P<name>[^\s()]{1,8}?)"
    r"(?:이라는|라는|이라고 하는|라고 하는|인)\s+(?P<more>.*?)(?P<kind>[가-힣]+)$"
)
_PERSON: Final = re.compile(
    r"(?:^|[가-힣])(?:주|상|거|노|시|군|하|여|미|연|달|장|은|죄|외국|장애|연예|외계|우주|원시|지구|정치|언론|문)인\s"
)
"""Nouns that end in 인 and name nobody: 주인 아주머니, 외계인 친구."""
_PARENTHESES: Final = re.compile(r"^(?P<a>[^()]+?)\s*[(（](?P<b>[^()（）]+)[)）]\s*$")
_TITLED: Final = re.compile(r"^(?P<name>[^\s:：]{1,8})\s*(?:[:：]|\s[-–—]\s)\s*(?P<rest>.+)$")
_ARTICLES: Final = ("a", "an", "the", "named", "called")
_GIVEN_NAME: Final = re.compile(r"[가-힣]{1,5}|[A-Za-z0-9][A-Za-z0-9\-]{0,11}")
_VERBAL_END: Final = re.compile(r"(다|요|고|며|서|면|음|함)$")
_OBJECTS: Final = ("을", "를", "에게", "의", "에서", "으로", "로")


@lru_cache(MOST_REMEMBERED)
def cast(characters_ko: str, reading: int = READING) -> tuple[Character, ...]:
    """The characters that `characters_ko` names, in its order: at least one, at most `MAX_CAST`,
    with distinct names. `reading` is the one by which the words of a run are read
    (`StoryRequest.reading`). Never raises, whatever the text."""
    if reading == FIRST_READING:
        return first_cast(characters_ko)
    found = siblings_known([who for _, who in named_in(characters_ko)])
    return _distinct(found[:MAX_CAST]) or (known(Character(FRIEND.ko, "", FRIEND)),)


def characters_of(request: StoryRequest) -> tuple[Character, ...]:
    """The characters of a book, read as its request was when it was asked for."""
    return cast(request.characters, request.reading)


def named_in(characters_ko: str) -> tuple[tuple[str, Character], ...]:
    """Each part of a text with the character that it names; two of one name are not told apart."""
    found = ((one, _character(one)) for part in parts(characters_ko) for one in spelled_out(part))
    return tuple((one, who) for one, who in found if who is not None)


# ---------------------------------------------------------------- from parts to characters


def _character(part: str) -> Character | None:
    description, name, kind = _analysed(part)
    if not name:
        return None
    is_said = is_attributive(description) or may_be_name(name)
    words = description.split() if is_said else []
    while len(" ".join(words)) > MAX_DESCRIPTION:
        words.pop(0)
    return known(Character(name, " ".join(words), kind))


def _analysed(part: str) -> tuple[str, str, Word]:
    """The description, the name and the kind in one part."""
    if named := (_parenthesised(part) or _titled(part) or _called(part)):
        return named
    if of_kin := _named_of_kin(part):
        return of_kin
    if part.isascii() and _has_kind(part):
        part = _in_korean(part)
    tokens = _clean(part).split()
    if len(tokens) == 1:
        tokens = [PRONOUNS.get(tokens[0].lower(), tokens[0])]
        if tokens == [TELLER]:
            return "", TELLER, CHILD
    head = _head_index(tokens)
    if head is None:
        return _unknown(part, tokens)
    noun = without_particle(tokens[head])
    before, after = tokens[:head], tokens[head + 1 :]
    if after and is_age(" ".join(after)):  # 토끼 (다섯 살)
        before, after = [*before, *after], []
    if after and after[0] in roles():
        noun = f"{noun} {after[0]}"
        kind = find_kind(noun if is_known_kind(noun) else noun.split()[0])
        if len(after) == 2 and _is_given_name(after[1]):  # 토끼 인형 뚜뚜
            description, epithet = _described(before, noun)
            return description, after[1], msgspec.structs.replace(kind, ko=epithet)
        return *_described(before, noun), kind
    if len(after) == 1 and _is_given_name(after[0]):
        description, epithet = _described(before, noun)
        return description, after[0], _as_called(epithet, noun)
    return *_described(before, noun), find_kind(noun)


def _in_korean(english: str) -> str:
    """ "a brave rabbit" as "용감한 토끼", "Tom the cat" as "고양이 Tom": kind, traits and name."""
    english = english.split(" wearing ")[0]
    kind, traits = find_kind(english), find_traits(english)
    known = {*kind.en.split(), *" ".join(traits).split(), *_ARTICLES}
    words = _clean(english).split()
    unknown = [w for w in words if w.lower() not in known and not is_known_kind(w)]
    names = [w for w in unknown if w[0].isupper()]
    return " ".join([*map(_trait_in_korean, traits), kind.ko, *names[:1]])


def _trait_in_korean(english: str) -> str:
    traits: dict[str, str] = data()["traits"]
    return next(ko for ko, en in traits.items() if en == english)


def _as_called(epithet: str, noun: str) -> Word:
    kind = find_kind(noun)
    return msgspec.structs.replace(kind, ko=epithet)


def _unknown(part: str, tokens: list[str]) -> tuple[str, str, Word]:
    """A part with no known kind: its last word is the name, unless it is only a sign."""
    if not tokens:
        kind = find_kind(part)
        return "", kind.ko if kind.ko != part.strip() else "", kind
    last = part.strip() if part.isascii() else tokens[-1]
    kind = find_kind(last)
    if len(kind.ko) == 1 and last == f"{kind.ko}이" and without_particle(last) == last:
        kind = msgspec.structs.replace(find_kind(FRIEND.ko), ko=last)  # 소이 is no cow
    description, name = _described(tokens[:-1], tokens[-1][:MAX_NAME].strip("-") or FRIEND.ko)
    if kind.ko == last:
        kind = msgspec.structs.replace(kind, ko=name)
    return description, name, kind


def _described(before: list[str], noun: str) -> tuple[str, str]:
    """Part the words before a noun into a description and the noun's own epithet ("아기 곰"). A
    given name has none: 깨물기 대장 봄이 is called 봄이."""
    words = list(before)
    name = noun
    has_epithet = not may_be_name(noun)
    while has_epithet and words and _is_epithet(words[-1], name):
        name = f"{words.pop()} {name}"
    return " ".join(words), name


def _is_epithet(word: str, noun: str) -> bool:
    return not is_attributive(word) and len(word) + len(noun) < MAX_NAME


def _head_index(tokens: list[str]) -> int | None:
    known = [i for i, token in enumerate(tokens) if is_known_kind(without_particle(token))]
    known = [i for i in known if not _is_spoken_of(tokens, i)]
    if not known:
        known = [i for i, token in enumerate(tokens) if _ends_in_kind(token)]
    if not known:
        return None
    head = known[-1]
    if head - 1 in known and is_own_noun(tokens[head - 1], tokens[head]):
        return head - 1
    return head


def _is_spoken_of(tokens: list[str], i: int) -> bool:
    """Whether a noun only belongs to a description: 우산을 든 민지, 의사가 되고 싶은 하늘이."""
    if i + 1 == len(tokens):
        return False
    if tokens[i].endswith(_OBJECTS) and not is_known_kind(tokens[i]):
        return True
    return any(map(is_attributive, tokens[i + 1 : -1]))


def _ends_in_kind(token: str) -> bool:
    """A compound such as 꼬마토끼, whose end is a known kind of at least two syllables."""
    return any(is_known_kind(token[cut:]) for cut in range(1, len(token) - 1))


def _is_given_name(token: str) -> bool:
    is_word = _VERBAL_END.search(token) and not is_name(token)
    return bool(_GIVEN_NAME.fullmatch(token)) and not is_word


def _parenthesised(part: str) -> tuple[str, str, Word] | None:
    """ "토끼(토토)" and "토토(용감한 토끼)"."""
    match = _PARENTHESES.match(part)
    if match is None:
        return None
    for name, rest in ((match["a"], match["b"]), (match["b"], match["a"])):
        name = _clean(name).strip()
        if _is_given_name(name) and not is_known_kind(name) and _has_kind(rest):
            return _renamed(rest, name)
    return None


def _titled(part: str) -> tuple[str, str, Word] | None:
    """ "토토: 용감한 토끼"."""
    match = _TITLED.match(part)
    if match is None or not _is_given_name(match["name"]) or is_known_kind(match["name"]):
        return None
    return _renamed(match["rest"], match["name"]) if _has_kind(match["rest"]) else None


def _called(part: str) -> tuple[str, str, Word] | None:
    """ "토토라는 토끼", "이름이 토토인 용감한 토끼"."""
    match = _NAMED.match(_clean(part))
    if match is None or not is_known_kind(match["kind"]) or not _is_given_name(match["name"]):
        return None
    if _PERSON.search(f"{match['name']}{part[match.end('name') :][:2]}"):
        return None
    description = f"{match['desc']} {match['more']}".strip()
    return " ".join(description.split()), match["name"], find_kind(match["kind"])


def _named_of_kin(part: str) -> tuple[str, str, Word] | None:
    """ "쌍둥이 자매 하나", "고양이 형제 치즈": the first of those who are named after what they are
    together."""
    *before, name = _clean(part).split() or [""]
    if not before or not before[-1].endswith(KIN_OF_ONE_AGE) or not _is_given_name(name):
        return None
    if is_known_kind(name) and not is_name(name):
        return None
    at = len(before) - 1
    while at and is_known_kind(before[at - 1]):
        at -= 1
    together = " ".join(before[at:])
    kind = find_kind(before[at] if is_known_kind(before[at]) else name)
    if folk_of(kind) == "person":
        kind = find_kind(name)
    return " ".join(before[:at]), name, msgspec.structs.replace(kind, ko=together)


def _has_kind(text: str) -> bool:
    return _head_index(_clean(text).split()) is not None


def _renamed(rest: str, name: str) -> tuple[str, str, Word]:
    description, epithet, kind = _analysed(rest)
    return description, name, msgspec.structs.replace(kind, ko=epithet)


def _clean(text: str) -> str:
    """Only letters, digits, hyphens and single spaces."""
    return " ".join(_UNWANTED.sub(" ", text).split())


# ---------------------------------------------------------------- distinct names


def _distinct(found: Iterable[Character]) -> tuple[Character, ...]:
    """Rename those who share a name: by a short description if that tells them apart ("큰 곰",
    "작은 곰"), else by their order ("첫째 곰", "둘째 곰")."""
    group: dict[str, list[Character]] = {}
    everyone = list(found)
    for character in everyone:
        group.setdefault(character.name, []).append(character)
    taken: set[str] = {name for name, sharers in group.items() if len(sharers) == 1}
    named: list[Character] = []
    for character in everyone:
        sharers = group[character.name]
        if len(sharers) > 1:
            character = _told_apart(character, sharers, taken)
        taken.add(character.name)
        named.append(character)
    return tuple(named)


def _told_apart(character: Character, sharers: list[Character], taken: set[str]) -> Character:
    described = f"{character.description} {character.name}"
    descriptions = [sharer.description for sharer in sharers]
    short = len(character.description) <= 6 and all(descriptions)
    if short and len(set(descriptions)) == len(descriptions) and described not in taken:
        return msgspec.structs.replace(character, name=described, description="")
    name = next(
        name for ordinal in ORDINALS if (name := f"{ordinal} {character.name}") not in taken
    )
    return msgspec.structs.replace(character, name=name)
