"""Forms as any client may write them, in any pieces, whole and damaged."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.datastructures import upload_file

from storybook.engines import Capabilities, Readiness, Transcript
from storybook.events.catalog import EngineInfo
from storybook.http import speech
from storybook.languages.field import Field
from storybook.settings import Limits
from tests.fuzzing import BOUNDED
from tests.http.asgi import call
from tests.http.serving import Site, playing, serving
from tests.http.test_connections import answer_to

pytestmark = pytest.mark.anyio

PATH: Final = "/api/stt/field"
OURS: Final = ("audio_file", "field_type", "language")


class Part(msgspec.Struct, frozen=True):
    """One part of a form; it is a file if it has a file's name."""

    name: str
    content: bytes
    filename: str | None = None


Form = list[Part]


class Recording:
    """A transcriber that keeps what it was given."""

    info = EngineInfo("recording", model="none", device="cpu")
    capabilities = Capabilities()
    places = 32

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []

    async def readiness(self) -> Readiness:
        return Readiness(True)

    async def unload(self) -> None:
        return None

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        self.heard.append((audio, language))
        return Transcript("숲이요", 0.8)


@pytest.fixture(scope="module")
async def listening(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site that hears as many as come."""
    folder = tmp_path_factory.mktemp("listening")
    async with serving(folder, limits=Limits(speech_per_minute=1_000_000)) as running:
        yield running


@pytest.fixture
def recording(listening: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    """Nothing may open a temporary file, or keep any of the memory that there is for recordings:
    it would be used up before the examples are."""

    def forbidden(*args: Any, **options: Any) -> Any:
        raise AssertionError("a temporary file was opened")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, forbidden)
    monkeypatch.setattr(upload_file, "SpooledTemporaryFile", forbidden)
    monkeypatch.setattr(speech, "MOST_BYTES", 8_000)
    transcriber = Recording()
    with playing(listening, transcriber=transcriber):
        yield transcriber


# ---------------------------------------------------------------------------------------- writing

BOUNDARIES: Final = st.from_regex(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]", fullmatch=True)  # fmt: skip  # noqa: E501
"""All that RFC 2046 allows."""
NAMES: Final = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="%\\"), max_size=12
)
TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


ENDINGS: Final = [b"\r\n", b"\r", b"\n", b"--", b"\r\n--", b"\r\n--x", b"\0", b"\r\n\r\n"]


CONTENTS: Final = st.lists(st.sampled_from(ENDINGS) | st.binary(max_size=20), max_size=8).map(
    b"".join
)
"""Bytes, with much in them that looks like the end of a part."""
FILENAMES: Final = NAMES.filter(bool)  # httpx takes a file without a name for a text
FILE: Final = st.builds(Part, st.just("audio_file"), CONTENTS.map(lambda it: it or b"x"), FILENAMES)
FIELD: Final = st.builds(Part, st.just("field_type"), st.sampled_from([*Field]).map(str.encode))
LANGUAGE: Final = st.builds(Part, st.just("language"), TEXTS.map(str.encode))
OTHER: Final = st.builds(
    Part, NAMES.filter(lambda it: it not in OURS), CONTENTS, st.none() | FILENAMES
)
FORMS: Final = st.builds(
    lambda earlier, wanted, later: [*earlier, *wanted, *later],
    st.lists(OTHER | FILE | st.just(Part("field_type", b"no")), max_size=3),
    st.tuples(FILE, FIELD) | st.tuples(LANGUAGE, FIELD, FILE) | st.tuples(FIELD, FILE, LANGUAGE),
    st.lists(OTHER, max_size=2),
)
"""A form with all that is asked for, among other parts; of two with one name the last counts."""


def by_hand(form: Form, boundary: str, ways: Sequence[int]) -> bytes:
    """A form as clients of any age write it: `ways` choose among what is allowed."""
    lines = b"--" + boundary.encode()
    found = [b"", b"before it\r\n", b"\r\n"][ways[0] % 3]
    for part in form:
        said = [f"name={quoted(part.name, ways[1])}"]
        if part.filename is not None:
            said.append(f"filename={quoted(part.filename, ways[1])}")
        if ways[2] % 2:
            said.reverse()
        gap = ["; ", ";"][ways[3] % 2]
        head = f"{['Content-Disposition', 'content-disposition'][ways[2] % 2]}: form-data"
        more = ["", "Content-Type: text/plain; charset=x\r\n", "X-Other: 1\r\n"][ways[4] % 3]
        found += lines + f"\r\n{gap.join([head, *said])}\r\n{more}\r\n".encode()
        found += part.content + b"\r\n"
    return found + lines + [b"--\r\n", b"--", b"--\r\nafter it"][ways[5] % 3]


def quoted(text: str, way: int) -> str:
    if way % 2 and re.fullmatch(r"[A-Za-z0-9_-]+", text):
        return text
    return '"' + text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22") + '"'


def by_httpx(form: Form, boundary: str) -> bytes:
    """The same, as another program writes it."""
    files = [(it.name, (it.filename, it.content)) for it in form]
    kind = f'multipart/form-data; boundary="{boundary}"'
    request = httpx.Request("POST", "http://x", files=files, headers={"Content-Type": kind})
    return request.read()


Cuts = int | list[float]
"""Pieces of so many bytes, or where in a body it is cut."""
CUTS: Final = st.integers(1, 9) | st.lists(st.floats(0, 1), max_size=8)


def in_pieces(body: bytes, cuts: Cuts) -> list[bytes]:
    if isinstance(cuts, int):
        return [body[at : at + cuts] for at in range(0, len(body), cuts)]
    ends = sorted({0, len(body), *(round(it * len(body)) for it in cuts)})
    return [body[start:end] for start, end in pairwise(ends)]


WAYS: Final = st.lists(st.integers(0, 5), min_size=6, max_size=6)


# ---------------------------------------------------------------------------------------- sending


async def asked(site: Site, kind: str, pieces: Sequence[bytes]) -> tuple[int, Any]:
    headers = [(b"content-type", kind.encode())]
    answer = await call(site, PATH, method="POST", headers=headers, pieces=pieces)
    return answer.status, answer.json


@pytest.mark.slow
@settings(BOUNDED, max_examples=100)
@given(
    form=FORMS,
    boundary=BOUNDARIES,
    ways=WAYS,
    cuts=CUTS,
    by_another=st.booleans(),
)
async def test_a_form_is_read_byte_for_byte(
    listening: Site,
    recording: Recording,
    form: Form,
    boundary: str,
    ways: list[int],
    cuts: Cuts,
    by_another: bool,
) -> None:
    """Whoever wrote it, whatever else is in it, and however it is cut into pieces."""
    if any(f"\r\n--{boundary}".encode() in b"\r\n" + it.content for it in form):
        boundary = "none-of-them-has-this"
    body = by_httpx(form, boundary) if by_another else by_hand(form, boundary, ways)
    kind = f'multipart/form-data; boundary="{boundary}"'
    status, told = await asked(listening, kind, in_pieces(body, cuts))
    assert (status, told) == (200, told), body
    last = {it.name: it for it in form}
    language = last["language"].content.decode() if "language" in last else ""
    assert recording.heard.pop() == (last["audio_file"].content, language or "ko-KR")
    assert not recording.heard


KINDS: Final = st.sampled_from(
    [
        *('multipart/form-data; boundary="x"', "multipart/form-data; boundary=x"),
        *('multipart/form-data; boundary=""', "multipart/form-data; boundary="),
        *("multipart/form-data", "multipart/form-data;boundary=x;boundary=y", "text/plain"),
        *('multipart/form-data; boundary="x', 'multipart/form-data; boundary="x\\"', ""),
        *("multipart/form-data; boundary=\u00ff", "multipart/form-data; charset=x; boundary=x"),
        *("application/x-www-form-urlencoded", "multipart/mixed; boundary=x", ";;;==;boundary=x"),
    ]
) | st.text(st.sampled_from('multipart/form-data; boundary=x"\\,\u00e9%22 '), max_size=40)
SNIPPETS: Final = [*ENDINGS, b"\r\n--x--", b'"', b"\xff", b":", b" ", b"Content-Length: 9\r\n"]
DAMAGE: Final = st.lists(
    st.tuples(
        st.sampled_from(["put", "cut out", "double", "cut off"]),
        st.floats(0, 1),
        st.sampled_from(SNIPPETS) | st.binary(max_size=6),
    ),
    max_size=4,
)


def damaged(body: bytes, damage: Sequence[tuple[str, float, bytes]]) -> bytes:
    for how, where, what in damage:
        at = round(where * len(body))
        match how:
            case "put":
                body = body[:at] + what + body[at:]
            case "cut out":
                body = body[:at] + body[at + 8 * len(what) :]
            case "double":
                body = body[:at] + body[max(0, at - 80) : at] * 3 + body[at:]
            case _:
                body = body[:at]
    return body


@pytest.mark.slow
@settings(BOUNDED, max_examples=150)
@given(form=FORMS, ways=WAYS, damage=DAMAGE, kind=KINDS, cuts=CUTS)
async def test_a_damaged_form_is_refused_in_words(
    listening: Site,
    recording: Recording,
    form: Form,
    ways: list[int],
    damage: list[tuple[str, float, bytes]],
    kind: str,
    cuts: Cuts,
) -> None:
    """400 or 422, with what is wrong, unless the damage is none; never 500, never for ever."""
    body = damaged(by_hand(form, "x", ways), damage)
    status, told = await asked(listening, kind, in_pieces(body, cuts))
    check_answer(status, told)


def check_answer(status: int, told: Any) -> None:
    assert status in (200, 400, 422), told
    if status == 200:
        assert told.keys() == {"stt_text", "parsed_value", "confidence"}
    elif status == 400:
        assert isinstance(told["detail"], str) and told["detail"]
    else:
        assert all(it["loc"][0] == "body" and it["loc"][1] in OURS for it in told["detail"])


@pytest.mark.slow
@settings(BOUNDED, max_examples=40)
@given(form=FORMS, ways=WAYS, damage=DAMAGE, cuts=CUTS)
async def test_a_damaged_form_on_the_wire(
    listening: Site,
    recording: Recording,
    form: Form,
    ways: list[int],
    damage: list[tuple[str, float, bytes]],
    cuts: Cuts,
) -> None:
    """In chunks, on a connection: one answer comes, and that is all."""
    body = damaged(by_hand(form, "x", ways), damage)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunks = [b"%x\r\n%b\r\n" % (len(it), it) for it in in_pieces(body, cuts)]
    got = await answer_to(listening.port, head.encode(), b"".join(chunks) + b"0\r\n\r\n")
    lines, _, answer = got.partition(b"\r\n\r\n")
    check_answer(int(lines.split()[1]), json.loads(answer))
