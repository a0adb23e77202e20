"""An exported archive: what is in it, that it is the same each time, and who vouches for it."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from storybook.book import WRITING, TtsConfig, narration_of, picture_of
from storybook.events.catalog import (
    AbandonReason,
    EditionRequested,
    EngineInfo,
    Event,
    Fault,
    MadeFrom,
    PageTranslated,
    RunCompleted,
    RunRequested,
    StageAbandoned,
    StageCompleted,
    StageDeferred,
    StageFailed,
    StageStarted,
    StageSubmitted,
    Submission,
)
from storybook.export.archive import make_archive
from storybook.export.archive.history import archived_events, makings_of
from storybook.export.archive.signing import SigningKey
from storybook.export.content import CannotExport
from storybook.export.media import SmallMedia
from storybook.run import fold
from storybook.stores.files import FileArtifactStore
from tests.export.archive.books import (
    BOOK,
    archive,
    content,
    files_in,
    looked_at,
    recorded,
    zipped,
)
from tests.export.finished import REQUEST, RUN, finished_history

pytestmark = pytest.mark.anyio

PICTURES = {"cover.png", *(f"panel_{n}.png" for n in range(1, 5))}
VOICES = {f"page_{n}.wav" for n in range(5)}
TOLD = {"manifest.json", "signature.json", "book.json", "events.jsonl", "licences.txt"}
ENGINE = EngineInfo("double")


async def test_it_has_the_files_under_the_names_of_the_contract(tmp_path: Path) -> None:
    """Pictures and recordings as they were made, byte for byte, beside what is told of them."""
    files = files_in(await archive(tmp_path))
    assert files.keys() == {*TOLD, *PICTURES, *VOICES}
    for name in (*PICTURES, *VOICES):
        assert files[name] == (tmp_path / "outputs" / RUN / name).read_bytes()


async def test_a_book_that_is_not_read_aloud_has_no_recordings(tmp_path: Path) -> None:
    """And is whole."""
    whole = await archive(tmp_path, tts=None)
    assert files_in(whole).keys() == {*TOLD, *PICTURES}
    assert looked_at(whole).is_whole_book


async def test_the_book_tells_pages_segments_digests_and_engines(tmp_path: Path) -> None:
    """All that one needs to show it, to read it aloud with the sentence lit, and to know how it was
    made."""
    files = files_in(await archive(tmp_path))
    told = json.loads(files[BOOK])
    assert (told["run_id"], told["language"], told["title"]) == (RUN, "ko", "토끼와 호랑이의 봄")
    page = told["pages"][2]
    assert page["dialogues"][0]["text"] == "안녕, 나랑 같이 놀래?"
    assert page["described"] and page["image_prompt"].endswith("noon")
    segment = page["narration"]["artifact"]["segments"][0]
    assert segment["text"] in page["summary"] and segment["end"] > segment["start"]
    for it in (page["picture"], page["narration"]):
        name = it["artifact"]["name"]
        assert it["artifact"]["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert it["made_by"] == {"name": "double"}
    assert told["written"] == {"made_by": {"name": "double"}}
    assert [it["role"] for it in told["makers"]] == ["writer", "illustrator", "narrator"]
    assert told["notice"] in files["licences.txt"].decode()


async def test_the_manifest_has_the_digest_of_every_file_and_event(tmp_path: Path) -> None:
    """Of events of what they said when they were recorded."""
    files = files_in(await archive(tmp_path))
    manifest = json.loads(files["manifest.json"])
    told = {it["name"]: (it["size"], it["sha256"]) for it in manifest["files"]}
    besides = {"manifest.json", "signature.json"}
    assert told == {
        name: (len(it), hashlib.sha256(it).hexdigest())
        for name, it in files.items()
        if name not in besides
    }
    events = recorded(finished_history(FileArtifactStore(tmp_path / "outputs")))
    assert manifest["events"] == [hashlib.sha256(it.data).hexdigest() for it in events]
    lines = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    assert [it["type"] for it in lines] == [it.type for it in events]
    assert lines[0]["data"]["request"]["topic"] == REQUEST.topic


async def test_the_same_book_makes_the_same_bytes(tmp_path: Path) -> None:
    """With the same key, whenever it is made: nothing in it is of that moment."""
    key = SigningKey.new()
    first = await archive(tmp_path, key)
    assert await archive(tmp_path, SigningKey.from_pem(key.pem())) == first
    with zipfile.ZipFile(io.BytesIO(first)) as opened:
        assert {it.date_time for it in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {it.compress_type for it in opened.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here to look at it")
async def test_openssl_finds_the_signature_right(tmp_path: Path) -> None:
    """It is Ed25519 of the manifest's bytes and nothing else: any program can look."""
    files = files_in(await archive(tmp_path))
    signature = json.loads(files["signature.json"])
    # An Ed25519 public key in DER is this head and the key's 32 bytes (RFC 8410).
    der = bytes.fromhex("302a300506032b6570032100" + signature["public_key"])
    for name, it in {
        "key.der": der,
        "signature": bytes.fromhex(signature["signature"]),
        "manifest.json": files["manifest.json"],
    }.items():
        (tmp_path / name).write_bytes(it)
    words = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der -sigfile signature"
    command = [*words.split(), "-in", "manifest.json"]
    done = await anyio.run_process(command, cwd=tmp_path, check=False)
    assert b"Verified Successfully" in done.stdout, done.stderr


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not here to unpack it")
async def test_unzip_takes_it(tmp_path: Path) -> None:
    """Info-ZIP, which is on most machines, finds nothing wrong with it."""
    (tmp_path / "book.zip").write_bytes(await archive(tmp_path))
    done = await anyio.run_process(["unzip", "-t", "book.zip"], cwd=tmp_path, check=False)
    assert done.returncode == 0 and b"No errors detected" in done.stdout


async def test_whole_is_said_with_the_key(tmp_path: Path) -> None:
    """Also of one that another program has packed anew; without a signature nobody is named."""
    key = SigningKey.new()
    whole = await archive(tmp_path, key)
    files = files_in(whole)
    for it in (whole, zipped(files), zipped(dict(reversed(files.items())))):
        assert (looked_at(it).verdict, looked_at(it).faults) == (
            f"whole, by key {key.public_key}",
            (),
        )
    del files["signature.json"]
    assert looked_at(zipped(files)).verdict == "whole"


# ------------------------------------------------------------------------------- what is not told


def told_of(event: Event) -> tuple[Any, list[str]]:
    line = archived_events(recorded([event]))[0]
    return json.loads(bytes(line.data)), list(line.withheld)


def test_nothing_is_told_of_who_asked_and_of_machines() -> None:
    """Names, addresses and keys of whoever made the book are no part of it."""
    asked = RunRequested(
        REQUEST, 7, TtsConfig(), "KEY", "anna", callback_url="https://me:pw@host/x?token=y"
    )
    away = EngineInfo("comfyui", "0.3", device="http://10.0.0.7:8188")
    events: list[Event] = [
        asked,
        StageStarted(WRITING.stage, None, 1, "host/boot/1/2/3", away),
        StageSubmitted(picture_of(0).stage, 0, 1, Submission("http://10.0.0.7:8188", "an-id")),
        StageDeferred(picture_of(0).stage, 0, 1, away, "http://10.0.0.7:8188 does not answer"),
        StageFailed(WRITING.stage, None, 1, Fault("kind", "GET http://10.0.0.7/x: 500", True)),
    ]
    secrets = ("anna", "KEY", "pw", "host", "boot", "10.0.0.7", "an-id")
    for event in events:
        data, withheld = told_of(event)
        assert withheld, event
        assert not [it for it in secrets if it in json.dumps(data)], data
    assert told_of(asked)[1] == ["idempotency_key", "requested_by", "callback_url"]


def test_what_is_told_of_an_event_stands_as_it_was_recorded() -> None:
    """So that its digest can be looked at; so it is with most of them."""
    event = StageAbandoned(WRITING.stage, None, 1, AbandonReason.SHUTDOWN)
    (line,) = archived_events(recorded([event]))
    assert hashlib.sha256(bytes(line.data)).hexdigest() == line.payload_digest
    assert not line.withheld


def test_bytes_that_are_no_event_are_withheld() -> None:
    """A damaged row of a log keeps no book from being exported."""
    good = recorded([StageAbandoned(WRITING.stage, None, 1, AbandonReason.SHUTDOWN)])[0]
    for data in (b"", b"{", b"\xff", b'{"a":\n1}', b" {}"):
        (line,) = archived_events([replace(good, data=data)])
        assert line.withheld == ("data",)
        assert line.payload_digest == hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------------------------- its history


def test_who_made_what_is_known_by_edition() -> None:
    """A text that a later edition has otherwise is that one's; files are those of all."""
    other = EngineInfo("llama", "1")
    rewriting = StageCompleted(WRITING.stage, 2, 1, made_by=other)
    events: list[Event] = [
        StageCompleted(WRITING.stage, None, 0, made_by=ENGINE),
        EditionRequested(2, 1),
        rewriting,
        EditionRequested(3, 2, restores=1),
    ]
    by_edition = {it: makings_of(events, it).texts for it in (1, 2, 3)}
    assert by_edition[1].keys() == by_edition[3].keys() == {WRITING}
    assert by_edition[2].keys() == {WRITING, rewriting.work}


async def test_events_of_another_book_are_refused(tmp_path: Path) -> None:
    """Rather than a book that says of itself what is not so."""
    store = FileArtifactStore(tmp_path)
    with pytest.raises(CannotExport):
        await make_archive(
            content(finished_history(store)), SmallMedia(store), [], SigningKey.new()
        )


# ------------------------------------------------------------------------- partial, two languages


async def test_a_book_that_is_not_whole_has_what_there_is(tmp_path: Path) -> None:
    """Its archive is whole, the book is not."""
    store = FileArtifactStore(tmp_path)
    events = finished_history(store)[:30]
    run = fold(events)
    assert run is not None and run.status == "RUNNING"
    whole = await make_archive(
        content(events, partial=True), SmallMedia(store), recorded(events), SigningKey.new()
    )
    found = looked_at(whole)
    assert (found.faults, found.is_whole_book) == ((), False)
    assert {*PICTURES, *VOICES} - files_in(whole).keys()


async def test_other_languages_come_along(tmp_path: Path) -> None:
    """With their voices, as the run has them, if all languages are asked for."""
    store = FileArtifactStore(tmp_path)
    whole = await make_archive(
        content(bilingual(store), language="both"),
        SmallMedia(store),
        recorded(bilingual(store)),
        SigningKey.new(),
    )
    found = looked_at(whole)
    assert (found.faults, found.is_whole_book) == ((), True)
    assert {f"page_{n}.en.wav" for n in range(5)} <= files_in(whole).keys()


async def test_the_book_in_another_language_is_a_book_in_it(tmp_path: Path) -> None:
    """Its voice is the book's: the names are those of the contract."""
    store = FileArtifactStore(tmp_path)
    whole = await make_archive(
        content(bilingual(store), language="en"),
        SmallMedia(store),
        recorded(bilingual(store)),
        SigningKey.new(),
    )
    files, found = files_in(whole), looked_at(whole)
    assert (found.faults, found.is_whole_book) == ((), True)
    assert files.keys() == {*TOLD, *PICTURES, *VOICES}
    told = json.loads(files[BOOK])
    assert (told["language"], told["tts"]["lang"]) == ("en", "en")
    assert told["pages"][1]["summary"] == "Page 1 in English."
    assert told["pages"][1]["image_prompt"].endswith("morning")


def bilingual(store: FileArtifactStore) -> list[Event]:
    """A finished book that was put into English."""
    events = finished_history(store)
    run = fold(events)
    assert run is not None
    events.append(EditionRequested(2, 1, add_language="en"))
    for page in range(5):
        voice = run.artifact(narration_of(page))
        assert voice is not None
        name = f"page_{page}.en.e2.wav"
        english = narration_of(page, "en")
        old = Path(store.location(RUN, voice.name))
        old.with_name(name).write_bytes(old.read_bytes())
        title = "In English" if page == 0 else ""
        summary = "" if page == 0 else f"Page {page} in English."
        events += [
            PageTranslated(page, "en", 1, title, summary),
            StageCompleted(WRITING.stage, page, 1, None, MadeFrom(), ENGINE, language="en"),
            StageCompleted(
                english.stage, page, 1, replace(voice, name=name), made_by=ENGINE, language="en"
            ),
        ]
    return [*events, RunCompleted()]
