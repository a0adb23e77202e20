"""A spoken word, and what becomes of it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from litestar.datastructures import upload_file

from storybook.engines import Capabilities, EngineAway, Readiness, Transcript, WorkFailed
from storybook.events.catalog import EngineInfo
from storybook.http import speech
from storybook.request import MAX_FIELD_CHARACTERS
from storybook.settings import Limits
from storybook.stages.transcriber.whisper.engine import Whisper
from tests.http.serving import Site, eventually, playing, serving
from tests.transcriber.recordings import FORMATS, encode, noise, recorded, silence, spoken
from tests.transcriber.scripted_whisper import make_model

pytestmark = pytest.mark.anyio

AUDIO = ("word.wav", b"RIFF", "audio/wav")


async def post(site: Site, files: dict[str, Any], **data: str) -> tuple[int, Any]:
    answer = await site.client.post("/api/stt/field", files=files, data=data)
    return answer.status_code, answer.json()["detail"]


async def test_the_engine_is_not_there(site: Site) -> None:
    """503, and the detail names the engine, why, and the mend."""
    status, detail = await post(site, {"audio_file": AUDIO}, field_type="era")
    assert status == 503
    assert detail.startswith("none is not available: nobody hears in this test. ")


async def test_an_unknown_field(site: Site, holding: Holding) -> None:
    """400, with the fields that there are."""
    status, detail = await post(site, {"audio_file": AUDIO}, field_type="colour")
    assert status == 400
    assert "era, place, characters, topic" in detail


async def test_an_empty_recording(site: Site, holding: Holding) -> None:
    """400 before any engine is asked."""
    status, _ = await post(site, {"audio_file": ("a.wav", b"", "audio/wav")}, field_type="era")
    assert status == 400


async def test_missing_parts(site: Site, holding: Holding) -> None:
    """422 with an entry for each, whatever the body is instead."""
    status, detail = await post(site, {"other": AUDIO})
    assert status == 422
    assert [it["loc"] for it in detail] == [["body", "audio_file"], ["body", "field_type"]]
    answer = await site.client.post("/api/stt/field", json={})
    assert answer.status_code == 422


async def test_text_instead_of_a_file(site: Site, holding: Holding) -> None:
    """A form field is no recording."""
    answer = await site.client.post(
        "/api/stt/field", files={"x": AUDIO}, data={"audio_file": "text", "field_type": "era"}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "file_type"


@pytest.mark.parametrize("name", ["field_type", "language"])
async def test_a_file_instead_of_text(site: Site, holding: Holding, name: str) -> None:
    """A recording that came under another name is in no answer."""
    files = {"audio_file": AUDIO, name: ("a.wav", b"recorded", "audio/wav")}
    rest = {} if name == "field_type" else {"field_type": "era"}
    answer = await site.client.post("/api/stt/field", files=files, data=rest)
    assert answer.status_code == 422
    assert [(it["loc"][1], it["type"]) for it in answer.json()["detail"]] == [(name, "string_type")]
    assert "recorded" not in answer.text


async def test_a_recording_over_the_limit(site: Site, holding: Holding) -> None:
    """413, though a recording may be larger than any other body."""
    holding.let_go.set()
    larger = {"audio_file": ("a.wav", b"\0" * 200_000, "audio/wav")}
    answer = await site.client.post("/api/stt/field", files=larger, data={"field_type": "era"})
    assert answer.status_code == 200
    async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
        await connection.send(
            b"POST /api/stt/field HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        )
        with anyio.fail_after(30):
            assert b" 413 " in await connection.receive()


class Holding:
    """A transcriber that holds everybody until it is let go, and knows who was cancelled."""

    info = EngineInfo("holding", model="none", device="cpu")
    capabilities = Capabilities()
    places = 1

    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []
        self.cancelled = 0
        self.let_go = anyio.Event()
        self.failure: Exception | None = None
        self.said = "음… 숲이요"

    async def readiness(self) -> Readiness:
        return Readiness(True)

    async def unload(self) -> None:
        return None

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        self.heard.append((len(audio), language))
        if self.failure:
            raise self.failure
        try:
            await self.let_go.wait()
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise
        return Transcript(self.said, 0.8)


@pytest.fixture
def holding(site: Site) -> Iterator[Holding]:
    """The site, with the transcriber that holds."""
    transcriber = Holding()
    with playing(site, transcriber=transcriber):
        yield transcriber


@pytest.fixture
async def whisper(site: Site, tmp_path: Path) -> AsyncIterator[Whisper]:
    """The site, with Whisper on a model that says one sentence to any speech."""
    make_model(tmp_path / "base", "음… 토끼랑 거북이하고 여우요.")
    transcriber = Whisper(models_folder=tmp_path, device="cpu")
    with playing(site, transcriber=transcriber):
        yield transcriber
    await transcriber.unload()


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
async def test_what_a_browser_records_becomes_a_field(
    site: Site, whisper: Whisper, name: str
) -> None:
    """What was said, what is meant, and how sure it is; a false name does not matter."""
    file = ("recording.txt", spoken("토끼랑 거북이", name), "text/plain")
    answer = await site.client.post(
        "/api/stt/field",
        files={"audio_file": file},
        data={"field_type": "characters", "language": "ko-KR"},
    )
    assert answer.status_code == 200
    said = answer.json()
    assert said.keys() == {"stt_text", "parsed_value", "confidence"}
    assert said["stt_text"] == "음… 토끼랑 거북이하고 여우요."
    assert said["parsed_value"] == "토끼, 거북이, 여우"
    assert 0.3 < said["confidence"] <= 1


async def test_silence_and_noise_are_an_empty_answer(site: Site, whisper: Whisper) -> None:
    """200, with nothing heard."""
    for samples in (silence(1.0), noise(1.0, 0.5)):
        file = ("a.wav", encode(samples, "wav"), "audio/wav")
        answer = await site.client.post(
            "/api/stt/field", files={"audio_file": file}, data={"field_type": "era"}
        )
        assert answer.json() == {"stt_text": "", "parsed_value": "", "confidence": 0.0}


async def test_what_is_no_recording(site: Site, whisper: Whisper) -> None:
    """400, and the detail says what is wrong with it; 413 for more than a minute."""
    whole = recorded("webm")
    for content, word in (
        (b"<html></html>" * 20, "no recording"),
        (whole[: len(whole) // 2], "cut off"),
        (b"OggS" + bytes(range(256)) * 4, "cannot be used"),
    ):
        status, detail = await post(site, {"audio_file": ("a.webm", content)}, field_type="era")
        assert (status, word in detail) == (400, True), detail
    long = ("a.flac", encode(silence(62.0, 8_000), "flac", 8_000))
    status, detail = await post(site, {"audio_file": long}, field_type="era")
    assert (status, "60 s" in detail) == (413, True)


async def test_the_language(site: Site, holding: Holding) -> None:
    """Korean unless the client says otherwise; what is no language is 400."""
    holding.let_go.set()
    file = {"audio_file": AUDIO}
    await site.client.post("/api/stt/field", files=file, data={"field_type": "place"})
    await site.client.post(
        "/api/stt/field", files=file, data={"field_type": "place", "language": "en-US"}
    )
    assert [language for _, language in holding.heard] == ["ko-KR", "en-US"]
    holding.failure = WorkFailed("unsupported_language", "'x' is no language", retryable=False)
    assert (await post(site, file, field_type="place"))[0] == 400
    holding.failure = WorkFailed("busy", "the endpoint is busy", retryable=True)
    assert await post(site, file, field_type="place") == (503, "the endpoint is busy")


async def test_a_busy_machine_says_when_to_come_again(site: Site, holding: Holding) -> None:
    """503 with `Retry-After`: nothing is wrong with the recording."""
    holding.failure = EngineAway(
        "whisper", "this machine is busy", "Send it again", retry_after=4.2
    )
    answer = await post_word(site)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "cannot be used" not in answer.text


async def test_what_is_no_answer_is_trusted_little(site: Site, holding: Holding) -> None:
    """It is passed on as it was said; noise is nothing at all."""
    holding.let_go.set()
    for said, meant, most in (
        ("네? 뭐라고요?", "네? 뭐라고요?", 0.2),
        ("시청해주셔서 감사합니다", "", 0.0),
        ("토끼가 살았어요 " * 60, ("토끼가 살았어요 " * 22).strip(), 1.0),
    ):
        holding.said = said
        answer = (await post_word(site)).json()
        assert answer["parsed_value"] == meant
        assert len(meant) <= MAX_FIELD_CHARACTERS
        assert answer["confidence"] <= most


async def test_a_client_that_leaves_frees_its_place(site: Site, holding: Holding) -> None:
    """The work on its recording ends at once, and the next one is heard."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(post_word, site)
        await eventually(lambda: len(holding.heard) == 1)
        tasks.cancel_scope.cancel()
    await eventually(lambda: holding.cancelled == 1)
    holding.let_go.set()
    answer = await site.client.post(
        "/api/stt/field", files={"audio_file": AUDIO}, data={"field_type": "place"}
    )
    assert answer.json()["parsed_value"] == "숲"


async def test_too_many_at_once(
    site: Site, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 with Retry-After: what waits is in memory."""
    monkeypatch.setattr(speech, "MOST_AT_ONCE", 2)
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(partial(post_word, site))
        await eventually(lambda: len(holding.heard) == 2)
        answer = await post_word(site)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "5"
        holding.let_go.set()
    assert (await post_word(site)).status_code == 200


HALF_AN_UPLOAD = (
    b"POST /api/stt/field HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
)


async def test_an_engine_that_is_not_there_is_told_before_the_body(site: Site) -> None:
    """Nobody sends a recording for nothing."""
    async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
        await connection.send(HALF_AN_UPLOAD)
        with anyio.fail_after(30):
            assert b" 503 " in await connection.receive()


async def test_a_slow_upload_takes_nobodys_place(
    site: Site, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what has come whole is heard or waits."""
    monkeypatch.setattr(speech, "MOST_AT_ONCE", 1)
    holding.let_go.set()
    asked = 0

    async def readiness() -> Readiness:
        nonlocal asked
        asked += 1
        return Readiness(True)

    monkeypatch.setattr(holding, "readiness", readiness)
    async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
        await connection.send(HALF_AN_UPLOAD)
        await eventually(lambda: asked == 1)
        assert (await post_word(site)).status_code == 200


async def test_recordings_have_so_much_memory(
    site: Site, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond it 429, as for too many; a recording that has been heard gives back what it had."""
    monkeypatch.setattr(speech, "MOST_BYTES", 1_000)
    holding.let_go.set()
    large = {"audio_file": ("a.wav", bytes(2_000), "audio/wav")}
    for _ in range(3):
        assert (await post_word(site)).status_code == 200
        answer = await site.client.post("/api/stt/field", files=large, data={"field_type": "era"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")


@pytest.mark.slow
async def test_a_body_that_never_comes(tmp_path: Path) -> None:
    """408 at the time limit, and the connection is closed."""
    async with serving(tmp_path, limits=Limits(request_seconds=0.2)) as site:
        with playing(site, transcriber=Holding()):
            other = b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
            for sent in (HALF_AN_UPLOAD, other):
                async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
                    await connection.send(sent)
                    got = b""
                    with anyio.fail_after(30):
                        async for piece in connection:
                            got += piece
                    assert got.startswith(b"HTTP/1.1 408 ") and b"within 0.2 s" in got


async def post_word(site: Site) -> httpx.Response:
    return await site.client.post(
        "/api/stt/field", files={"audio_file": AUDIO}, data={"field_type": "place"}
    )


async def test_a_large_recording_is_never_on_disk(
    site: Site, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays in memory, however large; no temporary file is opened for it."""

    def forbidden(*args: Any, **options: Any) -> Any:
        raise AssertionError("a temporary file was opened")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, forbidden)
    monkeypatch.setattr(upload_file, "SpooledTemporaryFile", forbidden)
    holding.let_go.set()
    large = ("a.wav", bytes(3_000_000), "audio/wav")
    answer = await site.client.post(
        "/api/stt/field", files={"audio_file": large}, data={"field_type": "place"}
    )
    assert answer.status_code == 200
    assert holding.heard == [(3_000_000, "ko-KR")]


@pytest.mark.parametrize(
    "body",
    [b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", b"nonsense", b""],
)
async def test_a_form_that_is_none(site: Site, holding: Holding, body: bytes) -> None:
    """400, or 422 where nothing is in it; never 500."""
    answer = await site.client.post(
        "/api/stt/field",
        content=body,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]
