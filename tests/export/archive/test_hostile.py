"""Archives from anybody: whatever is wrong with one is told, and nothing of it is believed."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, Final

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.book import Artifact
from storybook.events.codec import decode, encode
from storybook.export.archive.book_faults import voice_fault
from storybook.export.archive.checking import (
    MOST_EVENT_BYTES,
    MOST_JSON_BYTES,
    open_archive,
)
from storybook.export.archive.shapes import MOST_BYTES, MOST_FILES
from storybook.export.archive.signing import SigningKey
from storybook.export.archive.zipping import ArchiveRefused, EntryDamaged, ZipContents
from storybook.importing import book_of, content_of, origin_of, request_of
from storybook.run import Status, fold, import_run
from tests.export.archive.books import (
    BOOK,
    MANIFEST,
    archive,
    consistent,
    files_in,
    looked_at,
    with_book,
    zipped,
)
from tests.export.finished import wav
from tests.fuzzing import BOUNDED

Change = Callable[[Any], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good archive."""
    return anyio.run(archive, tmp_path_factory.mktemp("archive"))


def refused(content: bytes) -> str:
    """Why an archive is not even looked into."""
    with pytest.raises(ArchiveRefused) as told:
        looked_at(content)
    return str(told.value)


# --------------------------------------------------------------------------------- what is in a ZIP


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.png", "leads out of its folder"),
        ("a/../../evil.png", "leads out of its folder"),
        ("..", "leads out of its folder"),
        ("/etc/passwd", "has a path from the root"),
        ("//host/share", "has a path from the root"),
        ("C:\\evil.png", "has a backslash"),
        ("C:evil.png", "has a path from the root"),
        ("..\\evil.png", "has a backslash"),
        ("folder/cover.png", "is in a folder"),
        ("folder/", "is in a folder"),
        ("cover.png\0.exe", "zero byte"),
        ("evil.exe", "is of no kind that a book has"),
        ("cover.svg", "is of no kind that a book has"),
        ("__MACOSX", "is of no kind that a book has"),
        (".hidden", "is of no kind that a book has"),
        ("COVER.PNG", "is of no kind that a book has"),
        ("page_1.wav.exe", "is of no kind that a book has"),
        ("panel_1.png\n", "is of no kind that a book has"),
        ("표지.png", "is of no kind that a book has"),
        ("", "is of no kind that a book has"),
    ],
)
def test_a_name_that_no_book_has_is_refused(whole: bytes, name: str, why: str) -> None:
    """By what it tries."""
    assert why in refused(with_entry(whole, name))


def with_entry(whole: bytes, name: str, attributes: int = 0) -> bytes:
    """An archive with one more entry, of any name: `zipfile` would mend some."""
    packed = io.BytesIO(whole)
    stand_in = "x" * len(name.encode())
    with zipfile.ZipFile(packed, "a") as packing:
        entry = zipfile.ZipInfo(stand_in)
        entry.create_system, entry.external_attr = 3, attributes << 16
        packing.writestr(entry, b"evil")
    before, mark, after = packed.getvalue().rpartition(b"PK\x01\x02")  # the last of the directory
    named = (mark + after).replace(stand_in.encode(), name.encode(), 1) if name else mark + after
    flags = struct.unpack_from("<H", named, 8)[0] | (0x800 if not name.isascii() else 0)
    return before + named[:8] + struct.pack("<H", flags) + named[10:]


@pytest.mark.parametrize(
    ("kind", "why"), [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "no file"), (stat.S_IFDIR, "no")]
)
def test_what_is_no_file_is_refused(whole: bytes, kind: int, why: str) -> None:
    """A link, a pipe, a folder."""
    files = files_in(whole)
    del files["panel_1.png"]
    assert why in refused(with_entry(zipped(files), "panel_1.png", kind | 0o777))


def test_a_file_that_is_there_twice_is_refused(whole: bytes) -> None:
    """Which of them a program takes is its own affair: so none is taken."""
    assert "'cover.png' is in it twice" in refused(with_entry(whole, "cover.png"))


def test_an_encrypted_file_is_refused(whole: bytes) -> None:
    """Nobody here knows the password."""
    packed = bytearray(whole)
    at = packed.rindex(b"PK\x01\x02") + 8
    packed[at] |= 0x1
    assert "is encrypted" in refused(bytes(packed))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(whole: bytes, method: int) -> None:
    """Stored and deflated is what programs write."""
    assert "expected stored or deflated" in refused(zipped(files_in(whole), method))


def test_a_bomb_is_refused_before_it_is_unpacked(whole: bytes) -> None:
    """By what its directory says: 250 MB of nothing are 250 KB."""
    files = files_in(whole)
    packed = zipped({**files, "page_9.wav": bytes(MOST_BYTES + 50_000_000)})
    assert len(packed) < 1_000_000
    tracemalloc.start()
    assert f"at most {MOST_BYTES:,} are taken" in refused(packed)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


def test_many_small_bombs_are_one_large_one(whole: bytes) -> None:
    """All files together count."""
    part = bytes(20_000_000)
    packed = zipped({**files_in(whole), **{f"panel_{n}.png": part for n in range(1, 13)}})
    assert f"at most {MOST_BYTES:,} are taken" in refused(packed)


def test_a_bomb_that_lies_about_its_size_is_found_out(whole: bytes) -> None:
    """It says 4 bytes and has 100 MB: of those no more than 5 are ever unpacked."""
    packed = bytearray(zipped({**files_in(whole), "page_9.wav": bytes(100_000_000)}))
    at = packed.rindex(b"PK\x01\x02") + 24
    struct.pack_into("<L", packed, at, 4)
    contents = ZipContents(io.BytesIO(bytes(packed)))
    tracemalloc.start()
    with pytest.raises(EntryDamaged, match="has more than the 4 bytes that it says"):
        contents.read("page_9.wav")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


@pytest.mark.parametrize("size", [3, 5, 0xFFFF_FFF0])
def test_a_stored_file_of_another_size_is_found_out(whole: bytes, size: int) -> None:
    """Whatever it says that it has."""
    packed = bytearray(zipped({**files_in(whole), "page_9.wav": b"four"}, zipfile.ZIP_STORED))
    at = packed.rindex(b"PK\x01\x02") + 20
    struct.pack_into("<L", packed, at, size)
    with pytest.raises(EntryDamaged):
        ZipContents(io.BytesIO(bytes(packed))).read("page_9.wav")


@pytest.mark.parametrize("name", ["book.json", "manifest.json", "signature.json", "events.jsonl"])
def test_json_that_would_fill_the_memory_is_refused(whole: bytes, name: str) -> None:
    """Before it is read: it takes many times as much there."""
    most = MOST_EVENT_BYTES if name == "events.jsonl" else MOST_JSON_BYTES
    told = refused(zipped({**files_in(whole), name: b" " * (most + 1)}))
    assert told == f"{name} has {most + 1:,} bytes, and at most {most:,} are taken"


def test_more_files_than_a_book_has_are_refused() -> None:
    """A directory of a million names is not even read."""
    many = {f"page_{n}.wav": b"" for n in range(MOST_FILES + 1)}
    assert f"more than {MOST_FILES} files" in refused(zipped(many))


def test_a_directory_that_is_longer_than_it_says_is_refused() -> None:
    """It names few files, and has many: `zipfile` goes by its length."""
    many = bytearray(zipped({f"page_{n}.wav": b"" for n in range(5_000)}))
    struct.pack_into("<HH", many, len(many) - 14, 5, 5)
    assert f"more than {MOST_FILES} files" in refused(bytes(many))


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_what_is_no_zip_is_told(content: bytes) -> None:
    """And what is expected."""
    assert "it is no ZIP" in refused(content)


def test_one_that_is_cut_off_is_told(whole: bytes) -> None:
    """Wherever it ends."""
    for end in range(1, len(whole), 997):
        assert "the end of the ZIP is missing" in refused(whole[: max(end, 4)])


def test_a_zip_of_something_else_is_told() -> None:
    """Also one whose files could be a book's."""
    assert "it has no manifest.json" in refused(zipped({"cover.png": b"x"}))
    assert "no manifest.json" in refused(zipped({}))


def test_large_zips_and_parts_of_some_are_refused(whole: bytes) -> None:
    """ZIP64, and a comment at the end, where a second directory could hide."""
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    assert "the kind for large files" in refused(whole[:-22] + locator + whole[-22:])
    commented = io.BytesIO(whole)
    with zipfile.ZipFile(commented, "a") as packing:
        packing.comment = b"hello"
    assert "the end of the ZIP is missing" in refused(commented.getvalue())


# ------------------------------------------------------------------------------- what it says of it


def faults(files: dict[str, bytes]) -> tuple[str, ...]:
    return looked_at(zipped(files)).faults


def test_other_bytes_are_named(whole: bytes) -> None:
    """The file, and how the digests differ."""
    files = files_in(whole)
    changed = bytearray(files["panel_2.png"])
    changed[-1] ^= 1
    (told,) = faults({**files, "panel_2.png": bytes(changed)})
    assert told.startswith("panel_2.png has other bytes: its SHA-256 ")
    (told,) = faults({**files, "panel_2.png": b"short"})
    assert told == "panel_2.png has 5 bytes and not 226"


def test_every_fault_is_told(whole: bytes) -> None:
    """One that is missing, one that is too many, one that is damaged, all at once."""
    files = files_in(whole)
    files["page_9.wav"], files["cover.png"] = b"RIFF", b"other"
    del files["page_1.wav"]
    assert set(faults(files)) == {
        "page_9.wav is not in manifest.json",
        "page_1.wav is missing",
        "cover.png has 5 bytes and not 226",
    }


def test_a_damaged_zip_names_the_file(whole: bytes) -> None:
    """A byte that was lost on a stick."""
    packed = bytearray(whole)
    packed[whole.index(b"RIFF") + 1_000] ^= 0xFF
    (told,) = looked_at(bytes(packed)).faults
    assert told == "page_0.wav is damaged: its checksum in the ZIP is another"


def test_a_manifest_that_was_changed_is_not_what_was_signed(whole: bytes) -> None:
    """By the key that it names; whoever is right about all files cannot sign for somebody else."""
    files = files_in(whole)
    signature = files["signature.json"]
    changed = {**consistent({**files, "licences.txt": b"none"}), "signature.json": signature}
    (told,) = faults(changed)
    key = json.loads(signature)["public_key"]
    assert told == f"signature.json: manifest.json is not what the key {key} has signed"


def test_the_signature_of_another_key_is_found_out(whole: bytes) -> None:
    """Naming somebody's key does not make it theirs."""
    files = files_in(whole)
    told = json.loads(files["signature.json"])
    told["public_key"] = SigningKey.new().public_key
    (fault,) = faults({**files, "signature.json": json.dumps(told).encode()})
    assert "is not what the key" in fault


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("signature.json", b"{", "signature.json cannot be read"),
        ("signature.json", b'{"algorithm":"none","public_key":1,"signature":""}', "cannot be read"),
        (
            "signature.json",
            json.dumps(
                {"algorithm": "RSA", "public_key": "0" * 64, "signature": "0" * 128}
            ).encode(),
            "an algorithm that is not known",
        ),
        ("book.json", b"[]", "book.json has 2 bytes"),
    ],
)
def test_a_file_that_says_nothing_is_a_fault(
    whole: bytes, name: str, content: bytes, why: str
) -> None:
    """Told in a sentence, with the name."""
    assert any(why in it for it in faults({**files_in(whole), name: content}))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"{}", "missing required field"),
        (b'{"format":"other","version":1,"storybook":"","run_id":"", "edition":1}', "cannot be"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(whole: bytes, content: bytes, why: str) -> None:
    """Nothing else can be looked at then."""
    told = refused(zipped({**files_in(whole), MANIFEST: content}))
    assert "manifest.json" in told and why in told


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": "storybook log"}, "expected 'storybook book'"),
        ({"version": 2, "storybook": "9.9"}, "exported by storybook 9.9 in form 2"),
        ({"files": []}, "names no book.json"),
        ({"run_id": "../../etc"}, "run_id"),
        ({"run_id": "0" * 32 + "\n"}, "run_id"),
        ({"edition": 0}, "edition"),
        ({"events": ["x"]}, "events"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(
    whole: bytes, change: dict[str, Any], why: str
) -> None:
    """Of another kind, a later form, or another kind of value."""
    files = files_in(whole)
    told = {**json.loads(files[MANIFEST]), **change}
    assert why in refused(zipped({**files, MANIFEST: json.dumps(told).encode()}))


def test_a_manifest_that_names_a_file_twice_is_refused(whole: bytes) -> None:
    """With two digests, of which one would be right."""
    files = files_in(whole)
    told = json.loads(files[MANIFEST])
    told["files"].append(told["files"][-1])
    assert "twice" in refused(zipped({**files, MANIFEST: json.dumps(told).encode()}))


def test_events_are_held_against_the_manifest(whole: bytes) -> None:
    """One that is missing, changed, or at another place."""
    files = files_in(whole)
    lines = files["events.jsonl"].splitlines(keepends=True)
    shown = next(n for n, it in enumerate(lines) if b"withheld" not in it and b"summary" in it)
    changed = [*lines]
    changed[shown] = lines[shown].replace("토끼".encode(), "여우".encode(), 1)
    for told, why in (
        (lines[:-1], f"has {len(lines) - 1} events and not {len(lines)}"),
        (changed, f"event {shown + 1} is not what was recorded"),
        ([lines[1], lines[0], *lines[2:]], "event 1 is not what was recorded"),
        ([b"{}\n", *lines[1:]], "line 1 cannot be read"),
    ):
        found = faults(consistent({**files, "events.jsonl": b"".join(told)}))
        assert any(why in it for it in found), found


# -------------------------------------------------------------------------------- what the book is


def at(*path: str | int) -> Callable[[Any, Any], None]:
    def put(told: Any, value: Any) -> None:
        for name in path[:-1]:
            told = told[name]
        told[path[-1]] = value

    return put


PICTURE: Final = ("pages", 1, "picture", "artifact")
VOICE: Final = ("pages", 1, "narration", "artifact")
MEMBER: Final = {"name": "토끼", "kind": "rabbit"}
FIGURE: Final = {
    "kind": "rabbit",
    **dict.fromkeys(("coat", "belly", "accent", "cloth", "cloth2", "hair"), "#ffffff"),
}


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("format",), "other", "expected form 1"),
        (("version",), 2, "expected form 1"),
        (("run_id",), "f" * 32, "another book than the manifest says"),
        (("run_id",), 7, "cannot be read"),
        (("edition",), 2, "another book than the manifest says"),
        (("page_count",), 4, "cannot be read"),
        (("page_count",), 10**9, "cannot be read"),
        (("seed",), -1, "cannot be read"),
        (("seed",), "7", "cannot be read"),
        (("language",), "../../x", "language tag"),
        (("age",), "90", "cannot be read"),
        (("title",), None, "cannot be read"),
        (("title",), "\u202eevil", "title has control characters: U+202E"),
        (("request", "topic"), "a\0b", "request.topic has control characters: U+0000"),
        (("request", "topic"), "토" * 20_000, "has 20,000 characters"),
        (("request",), {}, "cannot be read"),
        (("tts", "narrator_voice"), "Z9", "expected one of M1"),
        (("tts", "speed"), 99, "expected at most 2.0"),
        (("tts", "lang"), "en", "the language of the book"),
        (("tts", "casting"), {"토끼": "Z9"}, "expected one of M1"),
        (("variations",), {"7": 1}, "names a page that the book does not have"),
        (("variations",), {"x": 1}, "cannot be read"),
        (("pages",), [], "cannot be read"),
        (("pages", 1, "page"), 2, "expected page 1, found page 2"),
        (("pages", 1, "page"), 99, "cannot be read"),
        (("pages", 1, "summary"), " ", "page 1 has no text"),
        (("pages", 1, "summary"), "x\x1b[2J", "control characters: U+001B"),
        (("pages", 1, "dialogues"), [{"text": "x"}], "cannot be read"),
        (("pages", 1, "scene"), {"place": 1}, "cannot be read"),
        ((*PICTURE, "name"), "../../evil.png", "expected panel_1.png, found"),
        ((*PICTURE, "name"), "cover.png", "expected panel_1.png, found"),
        ((*PICTURE, "media_type"), "text/html", "expected image/png, found 'text/html'"),
        ((*PICTURE, "sha256"), "0" * 64, "another file than the manifest says"),
        ((*PICTURE, "width"), 65, "panel_1.png has 64 × 64 pixels and not 65 × 64"),
        ((*VOICE, "media_type"), "audio/mpeg", "expected audio/wav"),
        ((*VOICE, "seconds"), 1e300, "expected at most 3600 s"),
        ((*VOICE, "seconds"), -1, "expected at most 3600 s"),
        ((*VOICE, "segments", 0, "start"), 99, "which cannot be"),
        ((*VOICE, "segments", 0, "end"), -1, "which cannot be"),
        ((*VOICE, "segments"), [{}] * 2_000, "cannot be read"),
        (("pages", 1, "narration"), None, "page_1.wav is on no page"),
        (("cast",), [MEMBER, MEMBER], "two of the cast have one name"),
        (("cast",), [{**MEMBER, "origin": "f" * 32}], "comes from another book"),
        (
            ("cast",),
            [{**MEMBER, "pictures": [{"name": "../x.png", "sha256": "0", "size": 1}]}],
            "comes from another book",
        ),
        (("cast",), [{**MEMBER, "figure": {**FIGURE, "shell": "url(x)"}}], "a colour that is none"),
        (("pages", 1, "others"), [{"language": "ko", "summary": "x"}], "in one language twice"),
        (("pages", 1, "others"), [{"language": "en"}], "page 1 in en has no text"),
        (("pages", 1, "others"), [{"language": "../x", "summary": "x"}], "language tag"),
    ],
)
def test_a_book_that_cannot_be_is_told(
    whole: bytes, path: tuple[str | int, ...], value: object, why: str
) -> None:
    """Where, what was expected, and what was found; the digests are all right."""
    put = at(*path)
    found = looked_at(with_book(whole, lambda told: put(told, value))).faults
    assert any(why in it for it in found), found
    with pytest.raises(ArchiveRefused):
        book_of(looked_at(with_book(whole, lambda told: put(told, value))))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("panel_1.png", b"<html>", "panel_1.png is no PNG"),
        ("panel_1.png", b"\x89PNG\r\n\x1a\n", "panel_1.png is no PNG"),
        ("page_1.wav", b"<html>", "page_1.wav is no WAV"),
        ("page_1.wav", b"", "page_1.wav is no WAV"),
        ("page_1.wav", b"RIFF\xff\xff\xff\xffWAVE", "page_1.wav is no WAV that can be played"),
        ("page_1.wav", wav(9.0), "page_1.wav lasts 9 s and not 0.5"),
    ],
)
def test_a_file_of_another_kind_is_told(whole: bytes, name: str, content: bytes, why: str) -> None:
    """Whatever its name says, and however right its digest is."""
    files = files_in(whole)
    told = json.loads(files[BOOK])
    of = "picture" if name.endswith(".png") else "narration"
    artifact = told["pages"][1][of]["artifact"]
    artifact["size"], artifact["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    changed = {**files, BOOK: json.dumps(told).encode(), name: content}
    found = faults(consistent(changed))
    assert any(why in it for it in found), found


def test_a_picture_that_is_too_large_to_decode_is_told(whole: bytes) -> None:
    """A hundred bytes may say that they are 60,000 × 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    png += struct.pack(">I", zlib.crc32(chunk))
    files = files_in(whole)
    told = json.loads(files[BOOK])
    told["pages"][0]["picture"]["artifact"] |= {
        "size": len(png),
        "sha256": hashlib.sha256(png).hexdigest(),
        "width": 60_000,
        "height": 60_000,
    }
    changed = {**files, BOOK: json.dumps(told).encode(), "cover.png": png}
    assert "cover.png is no PNG that can be taken" in faults(consistent(changed))


# ------------------------------------------------------------------------------------------- fuzzed


def is_answered(content: bytes) -> None:
    """Whatever it is, it is refused, or told all of its faults, or makes a run; nothing else is
    raised."""
    try:
        found = open_archive(io.BytesIO(content))
        book = book_of(found)
    except ArchiveRefused:
        return
    events = import_run(None, request_of(book), origin_of(found, "me"), content_of(book))
    assert [decode(type(it).__name__, 1, encode(it)) for it in events] == events
    run = fold(events)
    assert run is not None and run.status in (Status.DONE, Status.CANCELLED)


@BOUNDED
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(content: bytes) -> None:
    """Also behind a ZIP's beginning, and before its end."""
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(content), 0, 0)
    for it in (content, b"PK\x03\x04" + content, content + end):
        is_answered(it)


@BOUNDED
@given(data=st.data())
def test_any_damage_is_answered(whole: bytes, data: st.DataObject) -> None:
    """Bytes changed, cut out and put in anywhere, mostly where the ZIP says what is in it."""
    packed = bytearray(whole)
    directory = whole.index(b"PK\x01\x02")
    places = st.one_of(
        st.integers(directory, len(packed) - 1),
        st.integers(0, 300),
        st.integers(0, len(packed) - 1),
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = min(data.draw(places), len(packed))
        end = place + data.draw(st.integers(0, 8))
        packed[place:end] = data.draw(st.binary(max_size=8))
    is_answered(bytes(packed))


@BOUNDED
@given(content=st.binary(max_size=100), at=st.integers(0, 60))
def test_any_recording_is_answered(content: bytes, at: int) -> None:
    """Whatever stands in a WAV's head."""
    whole = wav()
    told = Artifact("page_1.wav", "audio/wav", len(whole), "", seconds=0.5)
    changed = whole[:at] + content + whole[at + len(content) :]
    assert all("page_1.wav" in it for it in voice_fault(told, changed))
    assert not list(voice_fault(told, whole))


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=10),
        st.sampled_from(["", "../x", "ko", "M1", "cover.png", "0" * 64, "cast", "en"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@BOUNDED
@given(data=st.data())
def test_any_book_is_answered(whole: bytes, data: st.DataObject) -> None:
    """Any value in the place of any other one in the book, in an archive whose digests are right:
    it becomes a run, or all that is wrong is told."""
    files = files_in(whole)
    told = json.loads(files[BOOK])
    for _ in range(data.draw(st.integers(1, 3))):
        _put_anywhere(told, data)
    changed = {**files, BOOK: json.dumps(told).encode("utf-8", "surrogatepass")}
    is_answered(zipped(consistent(changed), zipfile.ZIP_STORED))


@BOUNDED
@given(data=st.data())
def test_any_manifest_is_answered(whole: bytes, data: st.DataObject) -> None:
    """The same for the manifest and the signature."""
    files = files_in(whole)
    name = data.draw(st.sampled_from([MANIFEST, "signature.json"]))
    told = json.loads(files[name])
    _put_anywhere(told, data)
    files[name] = json.dumps(told).encode("utf-8", "surrogatepass")
    is_answered(zipped(files, zipfile.ZIP_STORED))


def _put_anywhere(told: Any, data: st.DataObject) -> None:
    """Go down as far as chance has it, and put a value there, or take one away."""
    while True:
        names = list(told) if isinstance(told, dict) else list(range(len(told)))
        if not names:
            return
        name = data.draw(st.sampled_from(names))
        inner = told[name]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
            told = inner
            continue
        if isinstance(told, dict) and data.draw(st.booleans()):
            del told[name]
        else:
            told[name] = data.draw(values)
        return
