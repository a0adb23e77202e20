"""Books that a good model would write: nine pages in Korean and in English, and a server that gives
whatever pages of one are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from storybook.stages.writer.answer.pages import MEMBERS, as_json
from tests.openai_api.double import Asked, Reply, Rule, completion

Told = tuple[str, Mapping[str, str]]
"""Narration of a page, and who says what there."""

KOREAN_TITLE: Final = "토끼와 호랑이의 하늘 연"
KOREAN_STORY: Final[Sequence[Told]] = (
    ("옛날 깊은 숲속 마을에 호기심 많은 토끼가 살았어요. 토끼는 하늘이 궁금했어요.", {}),
    (
        "어느 날 토끼는 바위 뒤에서 겁 많은 호랑이를 만났어요. 호랑이는 꼬리를 말고 있었어요.",
        {"토끼": "나랑 연을 만들자!"},
    ),
    ("둘은 대나무를 살살 깎았어요. 토끼가 종이를 바르고 호랑이가 풀을 쑤었어요.", {}),
    (
        "연은 높이 떠올라 구름까지 닿았어요. 토끼가 폴짝폴짝 뛰었어요.",
        {"호랑이": "우리 연이 춤을 춰!"},
    ),
    ("그런데 매서운 바람이 휘잉 몰아쳤어요. 줄이 뚝 끊어지자 토끼가 소리쳤어요.", {}),
    ("호랑이는 무서웠지만 캄캄한 언덕으로 걸어갔어요. 발밑에서 나뭇잎이 바스락거렸어요.", {}),
    (
        "커다란 소나무 꼭대기에 연이 걸려 있었어요. 토끼는 발을 동동 굴렀어요.",
        {"호랑이": "내가 올라가 볼게."},
    ),
    ("호랑이는 한 발 한 발 나무를 탔어요. 토끼는 밑에서 두 손을 모았어요.", {}),
    (
        "마침내 호랑이가 연을 안고 내려왔어요. 둘은 노을 아래에서 꼭 껴안았어요.",
        {"토끼": "네가 제일 용감해!"},
    ),
)

ENGLISH_TITLE: Final = "The Kite That Danced"
ENGLISH_STORY: Final[Sequence[Told]] = (
    ("In a village deep in the forest lived Rabbit, who loved to look up at the sky.", {}),
    (
        "One morning Rabbit found a shaky striped tail behind a rock. It was Tiger's tail.",
        {"Rabbit": "Shall we make a kite?"},
    ),
    ("Rabbit cut the bamboo, snip, snip. Tiger stirred a big pot of sticky glue.", {}),
    (
        "Up went the kite, past the pines and over a cloud. Rabbit hopped for joy.",
        {"Tiger": "Look, it dances!"},
    ),
    ("Then a cold wind came and howled. Snap! Rabbit held nothing but a piece of string.", {}),
    ("Tiger was afraid of the dark hill, but he took one small step, and another.", {}),
    (
        "The kite hung at the very top of an old tree. Rabbit could not reach it.",
        {"Tiger": "I will climb up."},
    ),
    ("Branch by branch Tiger went higher, while Rabbit counted every paw with him.", {}),
    (
        "At sunset Tiger brought the kite home in his arms, and the two friends hugged.",
        {"Rabbit": "You are the bravest of all!"},
    ),
)

_TIMES: Final = ("in the morning", "at noon", "at sunset", "at night")
_ACTS: Final = ("happy, waving", "brave, walking", "surprised, standing", "happy, hugging")
_SCENES: Final = (
    "A wide blue sky hangs over the little houses.",
    "A grey rock stands beside a sandy path.",
    "Bamboo sticks and paper lie on the grass.",
    "The kite flies high above the pines.",
    "Leaves whirl around in the strong wind.",
    "A dark hill rises behind the village.",
    "An old tree holds a kite in its top.",
    "Long branches reach out like arms.",
    "The sun goes down behind the forest.",
)
_CARDS: Final = (
    "a curious white rabbit wearing a red scarf",
    "a timid orange tiger wearing a blue vest",
)


def members(
    title: str, story: Sequence[Told], names: Sequence[str], pages: int
) -> dict[str, dict[str, Any]]:
    """The members of an answer: the sheet, the cover and the first pages of a story."""

    def picture(page: int) -> dict[str, Any]:
        acts = {name: _ACTS[(page + n) % 4] for n, name in enumerate(names)}
        return {"time": _TIMES[page % 4], "acts": acts, "scene": _SCENES[page % 9]}

    sheet: dict[str, Any] = {"place": "a village in the forest"}
    sheet["cards"] = dict(zip(names, _CARDS, strict=True))
    told: dict[str, Any] = {MEMBERS[0]: {"title": title, "picture": picture(0)}}
    # The last page is the end, however many come before it.
    chosen = (*story[: pages - 2], story[-1])
    for page, (summary, lines) in enumerate(chosen, start=1):
        spoken = [{"character": name, "text": text} for name, text in lines.items()]
        told[MEMBERS[page]] = {"summary": summary, "dialogues": spoken, "picture": picture(page)}
    return {**sheet, **told}


def writes(title: str, story: Sequence[Told], names: Sequence[str]) -> Rule:
    """A model that knows one story, and tells as much of it as it is asked for."""

    def rule(asked: Asked) -> Reply | None:
        if asked.path != "/chat/completions":
            return None
        wanted = asked.body["messages"][-1]["content"]
        pages = [int(it) for it in re.findall(r"page_(\d+)\"", wanted)]
        whole = members(title, story, names, max(pages) + 1)
        first = 0 if '"cover"' in wanted else min(pages)
        left_out = {*MEMBERS[:first], *(("place", "cards") if first else ())}
        return completion(asked, as_json({k: v for k, v in whole.items() if k not in left_out}))

    return rule


KOREAN_MODEL: Final = writes(KOREAN_TITLE, KOREAN_STORY, ("토끼", "호랑이"))
ENGLISH_MODEL: Final = writes(ENGLISH_TITLE, ENGLISH_STORY, ("Rabbit", "Tiger"))


def _bilingual(asked: Asked) -> Reply | None:
    """A model that knows the Korean story, and its pages in English when it is told them."""
    if asked.path != "/chat/completions":
        return None
    order = asked.body["messages"][-1]["content"]
    told = re.search(r"^What it tells: (.*)$", order, re.MULTILINE)
    if told is None:
        return KOREAN_MODEL(asked)
    if told[1] == KOREAN_TITLE:
        return completion(asked, as_json({"title": ENGLISH_TITLE}))
    pages = dict(zip((it for it, _ in KOREAN_STORY), ENGLISH_STORY, strict=True))
    summary, lines = pages[told[1]]
    return completion(asked, as_json({"summary": summary, "lines": [*lines.values()]}))


BILINGUAL_MODEL: Final = _bilingual
