"""Whole films, as Debian's ffmpeg finds them; and what is left of one that is not made."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import anyio
import msgspec
import numpy as np
import pytest

from storybook.book import Role, TtsConfig
from storybook.export import film
from storybook.export.content import BookContent, Maker, book_content
from storybook.export.film import Codec, FilmUnavailable, Shape, make_film, subtitles_of
from storybook.export.film.job import FilmJob
from storybook.export.film.script import REST, TICKS, TURN, script_of
from storybook.export.media import SmallMedia
from storybook.export.spoken_credits import read_credits
from storybook.processes import ProcessDied
from storybook.stores.artifacts import CannotKeep
from storybook.stores.files import FileArtifactStore
from tests.export.film.probing import FFMPEG, Probed, loudness_of
from tests.export.finished import READ_ALOUD, RUN, finished_run

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed"),
]

SHORT_SIDE: Final = 144
"""Pixels: a film of a hundredth of the size is made in two seconds."""
MAKERS: Final = (
    Maker(Role.WRITER, "composer"),
    Maker(Role.ILLUSTRATOR, "comfyui", "paper.safetensors"),
    Maker(Role.NARRATOR, "espeak"),
)
MODIFIED: Final = 1_750_000_000_000_000


class Made(msgspec.Struct, frozen=True):
    """A film, the book that it is of, and how much of it was said to be done, each time."""

    book: BookContent
    media: SmallMedia
    path: Path
    told: tuple[float, ...]


def book_in(folder: Path, tts: TtsConfig | None = READ_ALOUD) -> tuple[BookContent, SmallMedia]:
    store = FileArtifactStore(folder / "outputs")
    run = finished_run(store, tts)
    return book_content(RUN, run, makers=MAKERS, modified=MODIFIED), SmallMedia(store)


def made(folder: Path, shape: Shape, codec: Codec, tts: TtsConfig | None = READ_ALOUD) -> Made:
    book, media = book_in(folder, tts)
    path, told = folder / f"book.{codec.ending}", list[float]()

    async def make() -> None:
        await make_film(book, media, path, shape, told.append, codec, short_side=SHORT_SIDE)

    anyio.run(make)
    return Made(book, media, path, tuple(told))


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("wide"), Shape.WIDE, Codec.H264)


@pytest.fixture(scope="module")
def tall(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("tall"), Shape.TALL, Codec.VP9)


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("silent"), Shape.WIDE, Codec.H264, None)


Named = Callable[[str], Made]


@pytest.fixture
def named(wide: Made, tall: Made, silent: Made) -> Named:
    return {"wide": wide, "tall": tall, "silent": silent}.__getitem__


@pytest.mark.parametrize(
    "name, codecs, size",
    [
        ("wide", ("h264", "aac", "mov_text"), (256, 144)),
        ("tall", ("vp9", "opus", "webvtt"), (144, 256)),
    ],
)
def test_a_film_has_pictures_sound_and_subtitles(
    named: Named, name: str, codecs: tuple[str, ...], size: tuple[int, int]
) -> None:
    """In the codecs of its kind and the shape that was asked for, in the colours of high
    definition; sound and subtitles say their language, and subtitles are shown at once."""
    found = Probed(named(name).path)
    (sound,), (subtitles,) = found.streams["audio"], found.streams["subtitle"]
    assert (found.video["codec_name"], sound["codec_name"], subtitles["codec_name"]) == codecs
    assert (found.video["width"], found.video["height"]) == size
    assert found.video["pix_fmt"] == "yuv420p"
    assert (found.video["color_space"], found.video["color_range"]) == ("bt709", "tv")
    assert (sound["sample_rate"], sound["channels"]) == ("48000", 2)
    assert sound["tags"]["language"] == subtitles["tags"]["language"] == "kor"
    assert subtitles["disposition"]["default"] == 1


async def test_a_film_is_as_long_as_its_script(named: Named) -> None:
    """Which lasts until the makers are read aloud; frames come when something moves."""
    for name in ("wide", "tall", "silent"):
        book = named(name).book
        script = script_of(book, await read_credits(book) if book.is_read_aloud else None)
        found = Probed(named(name).path)
        assert found.seconds == pytest.approx(script.ticks / TICKS, abs=0.05)
        times = found.frame_times()
        assert times[0] == 0 and times[-1] == pytest.approx((script.ticks - 1) / TICKS, abs=0.002)
        assert len(times) < script.ticks * 0.8


@pytest.mark.parametrize("name", ["wide", "tall", "silent"])
def test_pages_are_chapters(named: Named, name: str) -> None:
    """From the cover to the end, each where its page begins to turn."""
    found, script = Probed(named(name).path), script_of(named(name).book)
    assert found.chapter_names == [it.name for it in script.shots]
    starts = [float(it["start_time"]) for it in found.chapters]
    assert starts == pytest.approx([it.start / TICKS for it in script.shots], abs=0.001)


@pytest.mark.parametrize("name", ["wide", "tall", "silent"])
def test_subtitles_in_the_film_are_those_beside_it(named: Named, name: str) -> None:
    """The same words at the same times."""
    inside, beside = (
        parsed(it) for it in (Probed(named(name).path).srt(), subtitles_of(named(name).book))
    )
    assert [text for _, text in inside] == [text for _, text in beside]
    # Opus begins with 6.5 ms that are not heard: everything in a WebM is so much later.
    late = 0.007 if name == "tall" else 0.0
    for (found, _), (meant, _) in zip(inside, beside, strict=True):
        assert found == pytest.approx([it + late for it in meant], abs=0.0015)


def files_in(folder: Path) -> set[str]:
    return {it.name for it in folder.iterdir()}


def parsed(srt: str) -> list[tuple[list[float], str]]:
    """The start and end of each, in seconds, and its words."""
    blocks = re.findall(r"(\S+ --> \S+)\n(.*?)(?:\n\n|\Z)", srt.strip(), re.DOTALL)
    return [
        ([seconds(it) for it in times.split(" --> ")], " ".join(re.sub("<.*?>", "", text).split()))
        for times, text in blocks
    ]


def seconds(time: str) -> float:
    hours, minutes, rest = time.replace(",", ".").split(":")
    return int(hours) * 3_600 + int(minutes) * 60 + float(rest)


@pytest.mark.parametrize("name", ["wide", "tall"])
def test_a_film_is_as_loud_as_others(named: Named, name: str) -> None:
    """-16 LUFS, and no peak above -1 dBTP, after the codec."""
    found = loudness_of(named(name).path)
    assert found.integrated == pytest.approx(-16, abs=0.5)
    assert found.peak <= -1


def test_a_book_without_audio_is_a_film_without_sound(silent: Made) -> None:
    """It has no track of silence, and its words are seen beside the picture."""
    found = Probed(silent.path)
    assert not found.streams["audio"]
    page = script_of(silent.book).shots[2]
    words = found.picture((page.end - 2) / TICKS)[:, 150:]
    assert (words.max(axis=2) < 215).sum() > 100


@pytest.mark.parametrize("name", ["wide", "tall", "silent"])
def test_each_page_shows_its_picture(named: Named, name: str) -> None:
    """In the middle of the frame, or of the part beside the words; and the end is paper."""
    found, script = Probed(named(name).path), script_of(named(name).book)
    for number, shot in enumerate(script.shots[:-1]):
        frame = found.picture((shot.end - REST) / TICKS)
        beside_words = shot.leaf.has_words
        height, width, _ = frame.shape
        x = 0.3 * width if beside_words and width > height else 0.5 * width
        y = 0.3 * height if beside_words and width < height else 0.5 * height
        colour = 0xFF886644 + 40 * number
        painted = [colour >> shift & 0xFF for shift in (16, 8, 0)]
        assert np.abs(frame[int(y), int(x)] - np.array(painted)).max() < 12
    end = found.picture(found.seconds - 0.5)
    assert end[5, 5].min() > 235


def test_a_page_turns_to_the_next(wide: Made) -> None:
    """In the midst of it there is something of both."""
    found, page = Probed(wide.path), script_of(wide.book).shots[2]
    before, midst, after = (
        found.picture((page.start + it) / TICKS) for it in (-2, TURN // 2, TURN + 1)
    )
    assert np.abs(midst.astype(int) - before).mean() > 3
    assert np.abs(midst.astype(int) - after).mean() > 3


@pytest.mark.parametrize("name", ["wide", "tall"])
def test_a_film_says_what_made_it(named: Named, name: str) -> None:
    """Its title, when it was made, and what generated what, for people and for machines."""
    made, found = named(name), Probed(named(name).path)
    assert found.tag("title") == made.book.title
    assert found.tag("comment") == made.book.identifier
    told = found.tag("description")
    assert "그림: ComfyUI (paper.safetensors)" in told
    assert "인공지능(AI)이 만든 것: 그림." in told
    assert re.search(r"\(pictures\): http\S+/trainedAlgorithmicMedia", told)
    assert re.search(r"\(text\): http\S+/algorithmicMedia", told)
    if name == "wide":
        assert found.tag("creation_time").startswith("2025-06-15T15:06:40")


def boxes_of(content: bytes) -> dict[str, bytes]:
    """The outermost boxes of an MP4, in order."""
    found, at = dict[str, bytes](), 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        found[content[at + 4 : at + 8].decode()] = content[at + 8 : at + size]
        assert size >= 8
        at += size
    assert at == len(content)
    return found


def test_an_mp4_says_in_xmp_what_made_it(wide: Made, tall: Made) -> None:
    """In the box that programs know, behind all that the index points to."""
    boxes = boxes_of(wide.path.read_bytes())
    assert next(iter(boxes)) == "ftyp" and [*boxes][-2:] == ["mdat", "uuid"]
    kind, told = boxes["uuid"][:16], ElementTree.fromstring(boxes["uuid"][16:])
    assert kind.hex() == "be7acfcb97a942e89c71999491e3afac"
    source = told.findtext(".//{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    assert source is not None and source.endswith("/trainedAlgorithmicMedia")
    title = told.find(".//{http://purl.org/dc/elements/1.1/}title")
    assert title is not None and "".join(title.itertext()) == wide.book.title
    assert b"xpacket" not in tall.path.read_bytes()


def test_ffmpeg_finds_the_xmp_of_an_mp4(wide: Made) -> None:
    """And reads all of the film, to its end."""
    probe = "ffprobe", "-v", "error", "-export_xmp", "1", "-show_format", str(wide.path)
    told = subprocess.run(probe, capture_output=True, check=True).stdout.decode()
    assert "trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>" in told
    read = "ffmpeg", "-v", "error", "-xerror", "-i", str(wide.path), "-f", "null", "-"
    assert subprocess.run(read, capture_output=True, check=True).stderr == b""


def test_progress_is_told_up_to_the_end(wide: Made) -> None:
    """It never goes back."""
    assert wide.told[0] == 0 and wide.told[-1] == 1
    assert list(wide.told) == sorted(wide.told)
    assert len(wide.told) > 100


def test_only_the_film_is_left(named: Named) -> None:
    """What it was written to has its name now, and the process has ended."""
    for name in ("wide", "tall", "silent"):
        path = named(name).path
        assert files_in(path.parent) == {path.name, "outputs"}


@pytest.mark.parametrize("name, shape", [("wide", Shape.WIDE), ("tall", Shape.TALL)])
def test_the_same_book_gives_the_same_bytes(
    named: Named, name: str, shape: Shape, tmp_path: Path
) -> None:
    """However busy the machine is, and whenever and wherever it is made."""
    first = named(name).path
    again = made(tmp_path, shape, Codec(first.suffix[1:])).path
    assert again.read_bytes() == first.read_bytes()


async def test_a_film_whose_process_is_killed_is_not_there(tmp_path: Path) -> None:
    """The one that was there before stays, and nothing lies beside it."""
    book, media = book_in(tmp_path)
    target = tmp_path / "book.mp4"
    target.write_bytes(b"an older film")
    before = set(multiprocessing.active_children())

    def kill(fraction: float) -> None:
        if fraction > 0.3:
            for process in set(multiprocessing.active_children()) - before:
                process.kill()

    with pytest.raises(ProcessDied):
        await make_film(book, media, target, report=kill, short_side=SHORT_SIDE)
    assert target.read_bytes() == b"an older film"
    assert files_in(tmp_path) == {"book.mp4", "outputs"}


async def test_a_film_that_nobody_waits_for_is_given_up(tmp_path: Path) -> None:
    """At once, and nothing of it is left, neither a file nor a process."""
    book, media = book_in(tmp_path)
    before = set(multiprocessing.active_children())
    with anyio.CancelScope() as scope:
        await make_film(
            book,
            media,
            tmp_path / "book.webm",
            report=lambda fraction: scope.cancel() if fraction > 0.3 else None,
            codec=Codec.VP9,
            short_side=SHORT_SIDE,
        )
    assert scope.cancelled_caught
    assert files_in(tmp_path) == {"outputs"}
    assert set(multiprocessing.active_children()) <= before


async def test_what_a_killed_program_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """But not what another one is writing now."""
    book, media = book_in(tmp_path)
    (tmp_path / f".making-{ended_process()}-0-book.mp4").write_bytes(b"half")
    (tmp_path / f".making-{os.getppid()}-0-book.mp4").write_bytes(b"half")
    with pytest.raises(CannotKeep), pytest.MonkeyPatch.context() as patch:
        patch.setattr(film, "_write", refuse)
        await make_film(book, media, tmp_path / "book.mp4", short_side=SHORT_SIDE)
    left = files_in(tmp_path)
    assert left == {f".making-{os.getppid()}-0-book.mp4", "outputs"}


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def refuse(job: object) -> None:
    raise OSError(28, "No space left on device")


async def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    """With what and why."""
    book, media = book_in(tmp_path)
    with pytest.raises(CannotKeep, match=r"book\.mp4 could not be written: No such file"):
        await make_film(book, media, tmp_path / "gone" / "book.mp4", short_side=SHORT_SIDE)


async def test_a_full_size_film_needs_little_memory(tmp_path: Path) -> None:
    """Under 450 MB at 1920 × 1080, whichever the codec."""
    book, media = book_in(tmp_path)
    short = msgspec.structs.replace(book, pages=book.pages[:1])
    before = set(multiprocessing.active_children())
    for codec in Codec:
        peaks = list[int]()

        def look(fraction: float, peaks: list[int] = peaks) -> None:
            for process in set(multiprocessing.active_children()) - before:
                status = Path(f"/proc/{process.pid}/status").read_text("ascii")
                peaks.extend(int(it) for it in re.findall(r"VmHWM:\s+(\d+) kB", status))

        await make_film(short, media, tmp_path / "book", report=look, codec=codec)
        assert 50_000 < max(peaks) < 450_000


async def test_a_missing_package_is_named_with_its_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is read or written."""
    monkeypatch.setattr(film, "find_spec", lambda name: None)
    book, media = book_in(tmp_path)
    with pytest.raises(FilmUnavailable, match=r"PyAV, which is not installed\. Install it with: "):
        await make_film(book, media, tmp_path / "book.mp4")


async def test_an_encoder_that_is_missing_is_named_with_its_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a PyAV that somebody has built without x264: the other codec can be had."""
    monkeypatch.setattr(film, "_write", without_encoders)
    book, media = book_in(tmp_path)
    with pytest.raises(FilmUnavailable, match=r"no encoder libx264\. Install .* as webm"):
        await make_film(book, media, tmp_path / "book.mp4", short_side=SHORT_SIDE)
    assert files_in(tmp_path) == {"outputs"}


def without_encoders(job: FilmJob) -> None:
    import av

    from storybook.export.film.writing import write_film

    av.codecs_available = set()
    for _ in write_film(job):
        pass


def test_whoever_asks_for_a_film_loads_nothing_that_makes_it() -> None:
    """PyAV, skia and numpy are for the process that does."""
    told = "import sys, storybook.export.film as film; film.check_available(); "
    told += "print({'av', 'skia', 'numpy', 'soundfile'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", told], text=True).strip() == "set()"
