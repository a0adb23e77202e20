"""Books to lay out and print, with everything in them that people put into books."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Final

import msgspec

from storybook.book import Artifact, Page, Role, RunId, StoryRequest
from storybook.export.content import BookContent, Maker, PageContent, PageText
from storybook.export.media import SmallMedia
from storybook.export.spans import Span
from storybook.languages.known import language_of
from storybook.stores.memory import MemoryArtifactStore

RUN: Final = RunId("fedcba9876543210" * 2)
MAKERS: Final = (
    Maker(Role.WRITER, "llama", "some-model.gguf"),
    Maker(Role.ILLUSTRATOR, "painter"),
    Maker(Role.NARRATOR, "espeak"),
)
TITLE: Final = "토끼와 호랑이의 봄"
TEXTS: Final = (
    "옛날 깊은 숲속에 호기심 많은 토끼가 살았어요. 토끼는 새로운 길을 좋아했어요.",
    '어느 날 토끼 Tom은 호랑이 3마리를 만났어요.\n"안녕, 나랑 같이 놀래?" 하고 물었어요.',
    "우리 家族은 모두 다섯, 생일은 2026년 11월 26일이에요! 😀 👨‍👩‍👧 🇰🇷 ♥️ 1️⃣ 👍🏽",
    "드디어 무지개가 떴어요. 둘도 없는 친구가 되었어요.",
)
ENGLISH: Final = (
    "Long ago a curious rabbit lived deep in the forest.",
    'One day Tom met three tigers.\n"Do you want to play with me?" he asked.',
    "Our family is five, and the birthday is November 26, 2026!",
    "At last there was a rainbow. They were the best of friends.",
)


class Printed(msgspec.Struct):
    """A book, and its pictures."""

    content: BookContent
    media: SmallMedia


async def printed(
    texts: tuple[str, ...] = TEXTS,
    title: str = TITLE,
    under: tuple[str, ...] = (),
    picture: bytes | None = None,
    heroes: str = "호기심 많은 토끼, 겁 많은 호랑이",
) -> Printed:
    """A book with a page for each text, the texts of `under` below them in English; without
    pictures if `picture` is empty."""
    store = MemoryArtifactStore()
    drawn = plain_png(256, 256) if picture is None else picture
    pages = []
    for number, text in enumerate((title, *texts)):
        below = () if not under else (_text(number, (title, *under)[number], "en"),)
        artifact = _artifact(number, drawn) if drawn else None
        if artifact is not None:
            await store.put(RUN, artifact.name, drawn)
        told = f"{number}쪽 그림"
        pages.append(PageContent(number, _text(number, text), artifact, None, told, below))
    request = StoryRequest("조선시대", "깊은 숲속 마을", heroes, "우정")
    content = BookContent(
        *(RUN, language_of("ko"), request, tuple(pages), len(pages)),
        makers=MAKERS,
        modified=1_795_000_000_000_000,
    )
    return Printed(content, SmallMedia(store))


def plain_png(width: int, height: int) -> bytes:
    """A PNG of 8 bits and three colours, as painters make them: a slope from blue to red."""
    steps = (bytes([x * 255 // width, 90, 255 - x * 255 // width]) for x in range(width))
    row = b"\0" + b"".join(steps)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(row * height)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _text(number: int, text: str, language: str = "ko") -> PageText:
    page = Page(number, summary=text) if number else Page(0, title=text)
    spans = tuple((Span(it, None, False),) for it in text.split("\n"))
    return PageText(page, language_of(language), spans)


def _artifact(number: int, content: bytes) -> Artifact:
    name = f"panel_{number}.png" if number else "cover.png"
    width, height = _size(content)
    digest = hashlib.sha256(content).hexdigest()
    return Artifact(name, "image/png", len(content), digest, width=width, height=height)


def _size(content: bytes) -> tuple[int, int]:
    """Of a PNG."""
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
