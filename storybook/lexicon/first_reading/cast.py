"""The first reading of a cast, as it was: never edited, so that a run that was asked for under it
keeps the names in its words and voices. Today's is `storybook.lexicon.cast`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

import msgspec

from storybook.lexicon.character import Character
from storybook.lexicon.first_reading.kinds import (
    data,
    find_kind,
    find_traits,
    folk_of,
    is_known_kind,
)
from storybook.lexicon.words import Word

MAX_CAST: Final = 8
"""More characters than a picture book of four pages can tell of."""
MAX_NAME: Final = 14
MAX_DESCRIPTION: Final = 30
FRIEND: Final = Word("친구", "child", "child")


_SEPARATORS: Final = re.compile(
    r"\s*(?:[,，、;；/&+·|\n]|(?<!\S)(?:그리고|및|and|with)(?!\S))\s*", re.I
)
_UNWANTED: Final = re.compile(r"[^\w\s\-]|_")
_TAILS: Final = re.compile(r"\s*(?:의\s+)?(?:이야기|모험|동화|우정)$|\s+등(?:등)?$")
_LINKS: Final = ("이랑", "하고", "랑", "와", "과")
_TOGETHER: Final = ("함께", "같이", "닮은", "비슷한", "친한", "똑같은", "다른", "사이좋은", "싸운")
_NAMED: Final = re.compile(
    r"^(?P<desc>.*?)(?:이름[이은]\s*)?(?P<name>[^\s()]{1,8}?)"
    r"(?:이라는|라는|이라고 하는|라고 하는|인)\s+(?P<more>.*?)(?P<kind>[가-힣]+)$"
)
_PARENTHESES: Final = re.compile(r"^(?P<a>[^()]+?)\s*[(（](?P<b>[^()（）]+)[)）]\s*$")
_TITLED: Final = re.compile(r"^(?P<name>[^\s:：]{1,8})\s*(?:[:：]|\s[-–—]\s)\s*(?P<rest>.+)$")
_HEAD_COUNT: Final = re.compile(
    r"(?P<before>.*?)\s*(?P<n>두|세|네|다섯|여섯|일곱|여덟|[2-8])\s*(?:마리|명|친구)(?:의)?\s*(?P<after>.*)$"
)
_SIBLINGS: Final = re.compile(r"^(?P<before>.+?)\s*(?P<n>삼|사|오|칠)(?:형제|남매|자매|총사)$")
_NUMBERS: Final = {"두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8} | {
    "삼": 3,
    "사": 4,
    "오": 5,
    "칠": 7,
}
_ORDINALS: Final = ("첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째", "일곱째", "여덟째")
YOUNGEST: Final = "막내"
_NAME_LIKE: Final = (
    *("cloud", "star", "moon", "sun", "flower spirit", "butterfly", "seed"),
    *("lightning spirit", "dumpling", "rice cake", "bread", "apple", "strawberry", "tangerine"),
    *("carrot", "potato", "tree spirit", "wind spirit"),
)
_PRONOUNS: Final = {
    "나": "아이",
    "저": "아이",
    "내": "아이",
    "me": "아이",
    "i": "아이",
    "우리": "친구들",
}
_ARTICLES: Final = ("a", "an", "the", "named", "called")
_CASE_PARTICLES: Final = ("에게", "은", "는", "이", "가", "을", "를", "의", "도", "들")
_GIVEN_NAME: Final = re.compile(r"[가-힣]{1,5}|[A-Za-z0-9][A-Za-z0-9\-]{0,11}")
_ATTRIBUTIVE_ENDS: Final = "는은한운던린란간센진난쁜픈른긴큰찬든쌘인된온쓴탄친킨힌낀운의"
_EPITHETS: Final = ("쟁이", "꾸러기")
"""Ends of nouns that say what somebody is like and stand before another noun (겁쟁이 토끼)."""
_VERBAL_END: Final = re.compile(r"(다|요|고|며|서|면|음|함)$")


def cast(characters_ko: str) -> tuple[Character, ...]:
    """The characters that `characters_ko` names, in its order: at least one, at most `MAX_CAST`,
    with distinct names. Never raises, whatever the text."""
    found = [who for _, who in named_in(characters_ko)]
    return _distinct(found[:MAX_CAST]) or (Character(FRIEND.ko, "", FRIEND),)


def named_in(characters_ko: str) -> tuple[tuple[str, Character], ...]:
    """Each part of a text with the character that it names; two of one name are not told apart."""
    parts = _parts(unicodedata.normalize("NFC", characters_ko))
    found = ((one, _character(one)) for part in parts for one in _counted(part))
    return tuple((one, who) for one, who in found if who is not None)


# ---------------------------------------------------------------- from text to parts


def _parts(text: str) -> Iterator[str]:
    for listed in _SEPARATORS.split(text):
        yield from (part for part in _unlinked(_TAILS.sub("", listed.strip())) if part)


def _unlinked(text: str) -> list[str]:
    """Part a text at its joining particles."""
    tokens = _spaced(text).split()
    parts: list[str] = []
    current: list[str] = []
    for i, token in enumerate(tokens):
        stem = _stem_before_link(token)
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        ends_list = not following and (parts or is_known_kind(stem))
        if stem and (following or ends_list) and not following.startswith(_TOGETHER):
            parts.append(" ".join([*current, stem]))
            current = []
        else:
            current.append(token)
    if not parts and _are_a_row(tokens):
        return tokens
    return [*parts, " ".join(current)]


def _spaced(text: str) -> str:
    """Put a space after a particle that joins two known kinds without one ("토끼와거북이")."""
    tokens = []
    for token in text.split():
        for cut in range(2, len(token)):
            head, tail = token[:cut], token[cut:]
            stem = _stem_before_link(head)
            if is_known_kind(tail) and is_known_kind(stem) and not is_known_kind(token):
                token = f"{head} {tail}"
                break
        tokens.append(token)
    return " ".join(tokens)


def _stem_before_link(token: str) -> str:
    """The name before a joining particle at the end of `token`, or "" if there is none."""
    if is_known_kind(token):
        return ""
    for link in sorted(_LINKS, key=lambda link: not is_known_kind(token.removesuffix(link))):
        stem = token.removesuffix(link)
        if stem not in ("", token) and _may_join(stem, link):
            return stem
    return ""


def _may_join(stem: str, link: str) -> bool:
    if is_known_kind(stem) or stem in _PRONOUNS:
        return True
    if len(stem) < 2 or stem.endswith(_adjective_stems()):
        return False
    closed = _is_closed(stem[-1])
    if closed is None:
        return True
    return link == "하고" or closed == (link in ("과", "이랑"))


def _is_closed(letter: str) -> bool | None:
    """Whether a Hangul syllable ends in a consonant; None if it is no Hangul syllable."""
    return (ord(letter) - 0xAC00) % 28 != 0 if "가" <= letter <= "힣" else None


@cache
def _roles() -> frozenset[str]:
    return frozenset(data()["roles"])


@cache
def _adjective_stems() -> tuple[str, ...]:
    return tuple(trait[:-1] for trait in data()["traits"] if trait.endswith("한"))


def _are_a_row(tokens: list[str]) -> bool:
    """Whether the words are just a row of names ("토끼 곰 여우", "해님 달님", "엄마 아빠 동생")."""
    if len(tokens) < 2 or (len(tokens) == 2 and _is_own_noun(*tokens)):
        return False
    if all(token in _family() for token in tokens):
        return True
    folks = {folk_of(find_kind(token)) for token in tokens}
    return all(map(is_known_kind, tokens)) and folks in ({"animal"}, {"being"})


@cache
def _family() -> frozenset[str]:
    return frozenset(data()["family"])


def _is_known_animal(token: str) -> bool:
    return is_known_kind(token) and folk_of(find_kind(token)) == "animal"


# ---------------------------------------------------------------- from parts to characters


def _counted(part: str) -> list[str]:
    """Spell out a counted group: "곰 세 마리" is the eldest, the second and the third bear."""
    match = _SIBLINGS.match(part) or _HEAD_COUNT.match(part)
    if match is None:
        return [part]
    rest = " ".join(group for key, group in match.groupdict("").items() if key != "n" and group)
    name = rest.split()[-1] if rest else ""
    if not is_known_kind(name):
        return [part]
    count = _NUMBERS.get(match["n"]) or int(match["n"])
    description, epithet = _described(rest.split()[:-1], name)
    ordinals = _ORDINALS[:count] if count < 3 else (*_ORDINALS[: count - 1], YOUNGEST)
    return [f"{description} {ordinal} {epithet}".strip() for ordinal in ordinals]


def _character(part: str) -> Character | None:
    description, name, kind = _analysed(part)
    if not name:
        return None
    if not _is_attributive(description) or len(description) > MAX_DESCRIPTION:
        description = ""
    return Character(name, description, kind)


def _analysed(part: str) -> tuple[str, str, Word]:
    """The description, the name and the kind in one part."""
    if named := (_parenthesised(part) or _titled(part) or _called(part)):
        return named
    if part.isascii() and _has_kind(part):
        part = _in_korean(part)
    tokens = _clean(part).split()
    if len(tokens) == 1:
        tokens = [_PRONOUNS.get(tokens[0].lower(), tokens[0])]
    head = _head_index(tokens)
    if head is None:
        return _unknown(part, tokens)
    noun = _without_particle(tokens[head])
    before, after = tokens[:head], tokens[head + 1 :]
    if after and after[0] in _roles():
        return *_described(before, f"{noun} {after[0]}"), find_kind(noun)
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
    kind = find_kind(part)
    if not tokens:
        return "", kind.ko if kind.ko != part.strip() else "", kind
    description, name = _described(tokens[:-1], tokens[-1][:MAX_NAME].strip("-") or FRIEND.ko)
    if kind.ko == part.strip():
        kind = msgspec.structs.replace(kind, ko=name)
    return description, name, kind


def _described(before: list[str], noun: str) -> tuple[str, str]:
    """Part the words before a noun into a description and the noun's own epithet ("아기 곰")."""
    words = list(before)
    name = noun
    while words and not _is_attributive(words[-1]) and len(words[-1]) + len(name) < MAX_NAME:
        name = f"{words.pop()} {name}"
    return " ".join(words), name


def _head_index(tokens: list[str]) -> int | None:
    known = [i for i, token in enumerate(tokens) if is_known_kind(_without_particle(token))]
    if not known:
        known = [i for i, token in enumerate(tokens) if _ends_in_kind(token)]
    if not known:
        return None
    head = known[-1]
    if head - 1 in known and _is_own_noun(tokens[head - 1], tokens[head]):
        return head - 1
    return head


def _is_own_noun(noun: str, after: str) -> bool:
    """Whether `noun` is the head although `after` is a kind too: as a role ("토끼 할아버지") or
    as a name that pets and children have ("고양이 구름이")."""
    if after in _roles():
        return _is_known_animal(noun)
    is_person = folk_of(find_kind(noun)) == "person" and find_kind(noun).motif != "child"
    name_like = find_kind(_without_particle(after)).en in _NAME_LIKE
    return name_like and (is_person or _is_known_animal(noun))


def _ends_in_kind(token: str) -> bool:
    """A compound such as 꼬마토끼, whose end is a known kind of at least two syllables."""
    return any(is_known_kind(token[cut:]) for cut in range(1, len(token) - 1))


def _without_particle(token: str) -> str:
    if is_known_kind(token):
        return token
    for particle in _CASE_PARTICLES:
        if is_known_kind(stem := token.removesuffix(particle)):
            return stem
    return token


def _is_attributive(text: str) -> bool:
    """Whether a word can stand before a noun and say what it is like (많은, 커다란, 숲의, 흰)."""
    word = text.split()[-1] if text.split() else ""
    if not word or is_known_kind(word):
        return not word
    if word in _attributives() or word.endswith(_EPITHETS):
        return True
    return len(word) > 1 and word[-1] in _ATTRIBUTIVE_ENDS


@cache
def _attributives() -> frozenset[str]:
    traits = {ko.split()[-1] for ko in data()["traits"] if _is_closed(ko[-1])}
    return frozenset(
        traits | {"쓴", "된", "온", "탄", "산", "한", "두", "세", "네", "어떤", "모든"}
    )


def _is_given_name(token: str) -> bool:
    return bool(_GIVEN_NAME.fullmatch(token)) and not _VERBAL_END.search(token)


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
    description = f"{match['desc']} {match['more']}".strip()
    return " ".join(description.split()), match["name"], find_kind(match["kind"])


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
        name for ordinal in _ORDINALS if (name := f"{ordinal} {character.name}") not in taken
    )
    return msgspec.structs.replace(character, name=name)
