"""From the text in which a person named a cast to one part for each of them.

"토끼, 거북이" is a list, and so is "토끼와 거북이". But "우산을 들고 다니는, 비를 좋아하는 하늘이"
is one child, whose description goes on after the comma, and "토끼와 함께 사는 곰" one bear: a comma
parts the text only where what stands before it can end a name, a joining particle only where it
can be one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from storybook.korean.particles import particle
from storybook.lexicon.emoji import spelled_in_place
from storybook.lexicon.people import is_name, may_be_name, sounds_like_name
from storybook.lexicon.words import data, find_kind, folk_of, is_known_kind

TELLER: Final = "나"
"""Who tells the story is called so in it."""
PRONOUNS: Final = {
    **dict.fromkeys(("나", "저", "내", "me", "i", "myself"), TELLER),
    "우리": "친구들",
}
_INNER: Final = re.compile(r"[(（][^()（）]*[)）]")
_SEPARATORS: Final = re.compile(
    r"\s*(?:[,，、;；/&+·|\n]|(?<!\S)(?:그리고|및|and|with)(?!\S))\s*", re.I
)
_TAILS: Final = re.compile(r"\s*(?:의\s+)?(?:이야기|모험|동화|우정)$|\s+등(?:등)?$")
_LINKS: Final = ("이랑", "하고", "랑", "와", "과")
_TOGETHER: Final = (
    *(
        "함께",
        "같이",
        "닮은",
        "비슷한",
        "친한",
        "똑같은",
        "다른",
        "사이좋은",
        "싸운",
        "노는",
        "사는",
    ),
    *("친구가", "친구인", "단둘이", "둘이"),
)
_TOGETHER_NAMED: Final = re.compile(
    r"(?:(?:두|세|네|다섯|단짝|삼|사|오)\s?)?(?:친구|단짝|형제|자매|남매|쌍둥이|아이|어린이)(?:들)?(?:인|,|:)?\s(?P<names>.+)"
)
KIN_OF_ONE_AGE: Final = ("쌍둥이", "형제", "자매", "남매", "오누이")
"""What those are together who are named after it: 쌍둥이 자매 하나, 두나."""
_OF_KIN: Final = re.compile(
    rf"(?P<group>(?:.*\s)?\S*(?:{'|'.join(KIN_OF_ONE_AGE)}))(?:인|,|:)?\s(?P<names>.+)"
)
_COUNTED: Final = re.compile(
    r"((?:\d{1,2})?(?:명|마리|분)|하나|둘|셋|넷|다섯|여섯)(?:이랑|하고|랑|와|과)"
)
_GOES_ON: Final = re.compile(r"(?:[는던]|하고|[^\s]고|며|면서|지만|는데|아서|어서|해서)$")
"""What ends so is no name, but goes on: 다니는, 쓰고, 좋아하지만."""
_YEARS: Final = re.compile(r"(?:^|\s)(?:\d{1,3}\s?[살세]|[가-힣]{1,4}\s살|살)$")
_ATTRIBUTIVE_ENDS: Final = "는은한운던린란간센진난쁜픈른긴큰찬든쌘인된온쓴탄친킨힌낀운의"
_EPITHETS: Final = ("쟁이", "꾸러기")
"""Ends of nouns that say what somebody is like and stand before another noun (겁쟁이 토끼)."""


def parts(text: str) -> Iterator[str]:
    """The parts of a text, each of which names somebody, or a group."""
    plain = spelled_in_place(unicodedata.normalize("NFC", text))
    for listed in _joined_again(_listed(plain)):
        yield from (part for part in _unlinked(_TAILS.sub("", listed.strip())) if part)


def is_attributive(text: str) -> bool:
    """Whether a word can stand before a noun and say what it is like (많은, 커다란, 숲의, 흰)."""
    word = text.split()[-1] if text.split() else ""
    if not word or is_known_kind(word):
        return not word
    if is_age(text) or word in _attributives() or word.endswith(_EPITHETS):
        return True
    return len(word) > 1 and word[-1] in _ATTRIBUTIVE_ENDS and not is_name(word)


def is_age(text: str) -> bool:
    """Whether a text ends with somebody's years: 다섯 살, 78세."""
    return _YEARS.search(text) is not None


def _listed(text: str) -> list[str]:
    """The text at its separators; those within brackets do not part it."""
    inner = _INNER.sub(lambda found: re.sub(r"[,，、;；/&+·|]", " ", found[0]), text)
    return [it for it in _SEPARATORS.split(inner) if it.strip()]


def _joined_again(listed: list[str]) -> Iterator[str]:
    """Pieces of which the description goes on in the next one, put together."""
    begun = ""
    for piece in listed:
        whole = f"{begun} {piece}".strip()
        if _goes_on(piece) and piece is not listed[-1]:
            begun = whole
        else:
            yield whole
            begun = ""


def _goes_on(piece: str) -> bool:
    words = piece.split()
    last = words[-1]
    if is_known_kind(last) or is_name(last):
        return False
    if last in _attributives() or piece in data()["traits"]:
        return True
    if _GOES_ON.search(last) and len(last) > 1:
        return len(words) > 1 or piece in data()["traits"] or last.endswith(("는", "던"))
    return len(words) > 1 and is_attributive(last)


def _unlinked(text: str) -> list[str]:
    """Part a text at its joining particles."""
    tokens = _spaced(text).split()
    found: list[str] = []
    current: list[str] = []
    for i, token in enumerate(tokens):
        stem = _stem_before_link(token)
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        ends_list = not following and (found or is_known_kind(stem))
        stem = stem or (_counted_before_link(token) if following and current else "")
        if stem and (following or ends_list) and not following.startswith(_TOGETHER):
            found.append(" ".join([*current, stem]))
            current = []
        else:
            current.append(token)
    rows = [*found, " ".join(current)]
    return [name for row in rows for name in _row(row)]


def _row(text: str) -> list[str]:
    """The names of which a text is just a row, also after what they are together (세 친구 민지 지우
    서준); else the text itself."""
    tokens = text.split()
    if _are_a_row(tokens):
        return tokens
    of_kin = _OF_KIN.fullmatch(text)
    if of_kin is not None and all(map(_is_name, names := of_kin["names"].split())):
        return [f"{of_kin['group']} {names[0]}", *names[1:]]
    named = _TOGETHER_NAMED.match(text)
    names = named["names"].split() if named else []
    return names if len(names) > 1 and all(map(may_be_name, names)) else [text]


def _is_name(word: str) -> bool:
    return may_be_name(word) or sounds_like_name(word)


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


def _counted_before_link(token: str) -> str:
    """How many of a group there are before a joining particle: 네 명하고, 아이 둘과."""
    found = _COUNTED.fullmatch(token)
    return found[1] if found is not None else ""


def _may_join(stem: str, link: str) -> bool:
    if is_known_kind(stem) or stem in PRONOUNS:
        return True
    if len(stem) < 2 or stem.endswith(_adjective_stems()):
        return False
    closed = is_closed(stem[-1])
    if closed is None:
        return True
    return link == "하고" or closed == (link in ("과", "이랑"))


def is_closed(letter: str) -> bool | None:
    """Whether a Hangul syllable ends in a consonant; None if it is no Hangul syllable."""
    return (ord(letter) - 0xAC00) % 28 != 0 if "가" <= letter <= "힣" else None


@cache
def _adjective_stems() -> tuple[str, ...]:
    return tuple(trait[:-1] for trait in data()["traits"] if trait.endswith("한"))


def _are_a_row(tokens: list[str]) -> bool:
    """Whether the words are just a row of names ("토끼 곰 여우", "해님 달님", "엄마 아빠 동생")."""
    if len(tokens) < 2 or (len(tokens) == 2 and is_own_noun(*tokens)):
        return False
    if all(token in _family() for token in tokens):
        return True
    if all(map(is_name, tokens)):
        return True
    folks = {folk_of(find_kind(token)) for token in tokens}
    return all(map(is_known_kind, tokens)) and folks in ({"animal"}, {"being"})


def is_own_noun(noun: str, after: str) -> bool:
    """Whether `noun` is the head although `after` is a kind too: as a role ("토끼 할아버지") or
    as a name that pets and children have ("고양이 구름이")."""
    if after in roles():
        return _is_known_animal(noun)
    folk = folk_of(find_kind(noun))
    is_person = folk == "person" and find_kind(noun).motif != "child"
    if noun in _family():  # 할아버지 나무 is a tree
        return False
    if is_pet_form(after):  # 로봇 별이
        return is_known_kind(noun)
    name_like = find_kind(without_particle(after)).en in _NAME_LIKE
    return name_like and (is_person or _is_known_animal(noun))


def is_pet_form(word: str) -> bool:
    """Whether a word is a name by the 이 at its end: 별이, 구름이."""
    stem = word.removesuffix("이")
    if stem in ("", word) or is_known_kind(word) or not is_closed(stem[-1]):
        return False
    return is_known_kind(stem) and find_kind(stem).en in _NAME_LIKE


_NAME_LIKE: Final = (
    *("cloud", "star", "moon", "sun", "flower spirit", "butterfly", "seed"),
    *("lightning spirit", "dumpling", "rice cake", "bread", "apple", "strawberry", "tangerine"),
    *("carrot", "potato", "tree spirit", "wind spirit", "little bean", "little button"),
    *("little bell", "little stone", "little wave", "little rainbow", "little chocolate bar"),
)
_CASE_PARTICLES: Final = ("에게", "은", "는", "이", "가", "을", "를", "의", "도", "들")


def without_particle(token: str) -> str:
    """A known kind without the particle or the plural's 들 after it; any other word as it is. A
    particle agrees with its word: 소이 is no cow, of which one says 소가, but a name."""
    if is_known_kind(token):
        return token
    for one in _CASE_PARTICLES:
        stem = token.removesuffix(one)
        if is_known_kind(stem) and particle(stem, one) == one:
            return stem
    return token


@cache
def roles() -> frozenset[str]:
    """Words that may stand after a kind without being its given name ("토끼 할아버지")."""
    return frozenset(data()["roles"])


@cache
def _family() -> frozenset[str]:
    return frozenset(data()["family"])


def _is_known_animal(token: str) -> bool:
    return is_known_kind(token) and folk_of(find_kind(token)) == "animal"


@cache
def _attributives() -> frozenset[str]:
    traits = {ko.split()[-1] for ko in data()["traits"] if is_closed(ko[-1])}
    return frozenset(
        traits | {"쓴", "된", "온", "탄", "산", "한", "두", "세", "네", "어떤", "모든"}
    )
