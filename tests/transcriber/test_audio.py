"""The guard before every transcriber: whatever comes in, plain sound or a clear refusal."""

from __future__ import annotations

import logging
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import numpy as np
import pytest

from storybook.engines import AudioTooLarge, EngineAway, EngineUnavailable, InvalidAudio
from storybook.stages.transcriber import audio, decoder
from storybook.stages.transcriber.audio import Clip, decode
from storybook.stages.transcriber.container import Container
from tests.transcriber.recordings import FORMATS, encode, mux, recorded, silence, tone

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TEN_HOURS = 36_000


async def decoded(recording: bytes) -> Clip:
    return await decode("whisper", recording)


def pitch_of(clip: Clip) -> float:
    """The strongest frequency, in hertz."""
    samples = np.frombuffer(clip.pcm, "<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) / clip.seconds)


@pytest.mark.parametrize("name", FORMATS)
async def test_what_browsers_record_is_decoded(name: str) -> None:
    """Every container and codec gives the same sound, mono at 16 kHz."""
    clip = await decoded(recorded(name))
    assert clip.seconds == pytest.approx(2.0, abs=0.05)
    assert pitch_of(clip) == pytest.approx(220, abs=2)


async def test_stereo_and_other_rates_are_one_channel_at_16_khz() -> None:
    """A recorder chooses its own rate."""
    clip = await decoded(mux(tone(1.0, 44_100), "wav", "pcm_s16le", 44_100))
    assert clip.seconds == pytest.approx(1.0, abs=0.01)
    assert pitch_of(clip) == pytest.approx(220, abs=2)


async def test_a_wav_that_was_streamed_has_no_size() -> None:
    """Its header was written before its length was known."""
    whole = recorded("wav")
    at = whole.index(b"data") + 4
    for unknown in (0, 0xFFFFFFFF):
        clip = await decoded(whole[:at] + struct.pack("<I", unknown) + whole[at + 4 :])
        assert clip.seconds == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.77])
@pytest.mark.parametrize("name", [it for it in FORMATS if it != "webm live"])
async def test_a_file_that_was_cut_off_is_refused(name: str, share: float) -> None:
    """Half a recording would give half an answer, with nobody knowing."""
    whole = recorded(name)
    with pytest.raises(InvalidAudio, match=r"cut off|cannot be used"):
        await decoded(whole[: int(len(whole) * share)])


async def test_a_live_recording_that_ends_within_a_block_is_refused() -> None:
    """It does not say how long it is, but each block of it does."""
    whole = recorded("webm live")
    with pytest.raises(InvalidAudio, match="cut off"):
        await decoded(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("text", "옛날 옛적에".encode() * 50),
        ("a web page", b"<!doctype html><html><body>502 Bad Gateway</body></html>"),
        ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(500)),
        ("a playlist", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"),
        ("a script of files", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("noughts", bytes(2_000)),
        ("one byte", b"R"),
        ("a beginning", b"RIFF"),
    ],
)
async def test_what_is_no_recording_is_refused(what: str, content: bytes) -> None:
    """Whatever its name says: the content counts, and the refusal says what is accepted."""
    with pytest.raises(InvalidAudio, match="webm"):
        await decoded(content)


async def test_an_empty_file_is_refused() -> None:
    """The commonest fault of a recorder."""
    with pytest.raises(InvalidAudio, match="empty"):
        await decoded(b"")


@pytest.mark.parametrize(
    "head",
    [
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        b"OggS",
        b"fLaC",
        b"ID3\x04",
        b"\x00\x00\x00\x18ftypmp42",
    ],
)
async def test_a_right_beginning_and_nonsense_after_it_is_refused(head: bytes) -> None:
    """A signature makes no recording."""
    rng = np.random.default_rng(3)
    with pytest.raises(InvalidAudio):
        await decoded(head + rng.bytes(3_000))


async def test_a_file_over_25_mb_is_refused_unread() -> None:
    """No decoder is started for it."""
    with pytest.raises(AudioTooLarge, match="25 MB"):
        await decoded(b"RIFF" + bytes(audio.MAX_BYTES))


async def test_a_minute_is_accepted_and_more_is_not() -> None:
    """Silence packs so well that an hour of it is a small file: seconds are counted, not bytes."""
    assert (await decoded(encode(silence(60.0, 8_000), "flac", 8_000))).seconds == 60.0
    with pytest.raises(AudioTooLarge, match="60 s"):
        await decoded(encode(silence(600.0, 8_000), "flac", 8_000))


def claims_in_wav() -> bytes:
    whole = recorded("wav", 0.01)
    at = whole.index(b"data") + 4
    return whole[:at] + struct.pack("<I", 48_000 * TEN_HOURS) + whole[at + 4 :]


def claims_in_flac() -> bytes:
    whole = bytearray(encode(silence(0.1), "flac"))
    whole[22:26] = struct.pack(">I", 48_000 * TEN_HOURS)  # STREAMINFO's total samples, low 32 bits
    return bytes(whole)


def claims_in_ogg() -> bytes:
    """The last page says at which sample it ends; pages have a checksum, so it is made anew."""
    whole = bytearray(recorded("ogg", 0.1))
    at = whole.rindex(b"OggS")
    whole[at + 6 : at + 14] = struct.pack("<q", 48_000 * TEN_HOURS)
    whole[at + 22 : at + 26] = bytes(4)
    checksum = 0
    for byte in whole[at:]:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum & 0x80000000 else 0)) & 0xFFFFFFFF
    whole[at + 22 : at + 26] = struct.pack("<I", checksum)
    return bytes(whole)


def claims_in_webm() -> bytes:
    whole = recorded("webm", 0.1)
    at = whole.index(b"\x44\x89\x88") + 3  # Info's Duration, a double of milliseconds
    return whole[:at] + struct.pack(">d", TEN_HOURS * 1000) + whole[at + 8 :]


def claims_in_mp4() -> bytes:
    """The one sample of an MP4 is said to last for ten hours."""
    whole = bytearray(recorded("mp4", 0.02))
    at = whole.index(b"mdhd") + 16
    whole[at + 4 : at + 8] = struct.pack(">I", 48_000 * TEN_HOURS)
    return bytes(whole)


@pytest.mark.parametrize(
    "claim", [claims_in_wav, claims_in_flac, claims_in_ogg, claims_in_webm, claims_in_mp4]
)
async def test_a_small_file_that_claims_ten_hours_is_refused_at_once(
    claim: Callable[[], bytes],
) -> None:
    """Nothing is reserved, waited for or made up for what a header says."""
    recording = claim()
    assert len(recording) < 10_000
    with anyio.fail_after(30), pytest.raises(InvalidAudio):
        await decoded(recording)


async def test_a_table_of_a_billion_samples_is_refused() -> None:
    """An MP4's sample table is a few bytes that stand for as many entries as they say."""
    whole = bytearray(recorded("mp4", 0.1))
    at = whole.index(b"stsz") + 8
    whole[at : at + 8] = struct.pack(">II", 1, 2**30 - 1)
    with anyio.fail_after(30), pytest.raises(InvalidAudio):
        await decoded(bytes(whole))


@pytest.mark.parametrize(("rate", "channels"), [(1, 1), (100, 1), (2**31 - 1, 1), (48_000, 300)])
async def test_rates_and_channels_that_no_recorder_has_are_refused(
    rate: int, channels: int
) -> None:
    """One sample a second would swell to 16,000 when it is resampled."""
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 % 2**32, 2 * channels, 16)
    body = bytes(6_000)
    wav = b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt " + struct.pack("<I", 16) + head
    with pytest.raises(InvalidAudio):
        await decoded(wav + b"data" + struct.pack("<I", len(body)) + body)


async def test_a_codec_that_no_browser_records_is_not_opened() -> None:
    """Matroska can hold hundreds of codecs; the fewer are reachable the better."""
    with pytest.raises(InvalidAudio, match="mp2"):
        await decoded(mux(tone(1.0), "matroska", "mp2", 48_000))


async def test_a_decoder_that_breaks_costs_only_this_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in C ends the process that it is in, which is not the service's."""
    for fault in ("import os; os.abort()", "raise SystemExit(0)", "import sys; sys.stdin.close()"):
        program = tmp_path / "broken.py"
        program.write_text(fault)
        monkeypatch.setattr(audio, "_PROGRAM", program)
        with pytest.raises(InvalidAudio, match="decoder breaks"):
            await decoded(recorded("wav") * 20)


async def test_a_decoder_that_hangs_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It did not use the time that it may: this machine had none for it, and says so."""
    monkeypatch.setattr(audio, "_PROGRAM", hanging(tmp_path))
    monkeypatch.setattr(audio, "MAX_WALL_SECONDS", 0.5)
    with pytest.raises(EngineAway, match="this machine is busy") as busy:
        await decoded(recorded("wav"))
    assert busy.value.retry_after == audio.RETRY_AFTER_SECONDS
    await gone(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there may be no such limit")
async def test_a_recording_that_takes_too_much_of_the_processor_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is the recording's fault, whatever else this machine does."""
    program = tmp_path / "spinning.py"
    program.write_text(
        f"import sys; sys.path.insert(0, {str(Path(decoder.__file__).parent)!r})\n"
        "import decoder; decoder.MAX_CPU_SECONDS = 1; decoder._limit_this_process()\n"
        "while True: pass\n"
    )
    monkeypatch.setattr(audio, "_PROGRAM", program)
    with pytest.raises(InvalidAudio, match="decoder breaks"):
        await decoded(recorded("wav"))


@pytest.fixture
def endless_large_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large files are decoded for ever, small ones as usual."""
    run = audio._run_decoder

    async def run_or_wait(engine: str, container: Container, recording: bytes) -> bytes:
        if len(recording) > audio.LARGE_BYTES:
            await anyio.sleep_forever()
        return await run(engine, container, recording)

    monkeypatch.setattr(audio, "_run_decoder", run_or_wait)


def padded() -> bytes:
    """Two seconds of sound in a file of 25 MB."""
    whole = recorded("mp4")
    room = audio.MAX_BYTES - len(whole)
    return whole + struct.pack(">I", room) + b"free" + bytes(room - 8)


async def test_a_padded_file_is_decoded_like_the_sound_in_it() -> None:
    """Most of it is passed over."""
    assert (await decoded(padded())).seconds == pytest.approx(2.0, abs=0.05)


@pytest.mark.usefixtures("endless_large_files")
async def test_large_files_hold_up_no_small_ones() -> None:
    """However many there are and however long they take."""
    large = padded()
    async with anyio.create_task_group() as tasks:
        for _ in range(audio.DECODERS + 2):
            tasks.start_soon(decoded, large)
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(30):
            assert (await decoded(recorded("webm"))).seconds == pytest.approx(2.0, abs=0.05)
        tasks.cancel_scope.cancel()


@pytest.mark.usefixtures("endless_large_files")
async def test_who_waits_too_long_for_a_decoder_is_told_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The recording itself may be good; it is not called unusable."""
    monkeypatch.setattr(audio, "MAX_WAIT_SECONDS", 0.05)
    large = padded()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(decoded, large)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(EngineAway, match="no decoder was free") as busy:
            await decoded(large)
        tasks.cancel_scope.cancel()
    assert busy.value.retry_after == audio.RETRY_AFTER_SECONDS
    assert "cannot be used" not in str(busy.value)


async def test_a_client_that_leaves_ends_the_decoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelling is ending its process."""
    monkeypatch.setattr(audio, "_PROGRAM", hanging(tmp_path))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(decoded, recorded("wav"))
        with anyio.fail_after(30):
            while not (tmp_path / "pid").exists():  # noqa: ASYNC110 - another process' file
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
    await gone(tmp_path)


def hanging(folder: Path) -> Path:
    """A program that says its process id in a file and never ends."""
    program = folder / "hanging.py"
    program.write_text(
        "import os, pathlib, sys, time\n"
        "sys.stdin.buffer.read()\n"
        f"path = pathlib.Path({str(folder)!r})\n"
        "(path / 'new').write_text(str(os.getpid()))\n"
        "(path / 'new').rename(path / 'pid')\n"
        "time.sleep(60)\n"
    )
    return program


async def gone(folder: Path) -> None:
    """Return when the hanging program has ended."""
    if not (folder / "pid").exists():
        return  # on a busy machine, before it has said its id
    pid = int((folder / "pid").read_text())
    with anyio.fail_after(30):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            await anyio.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits address space")
def test_the_decoder_gets_a_bounded_share_of_memory_and_writes_nothing(tmp_path: Path) -> None:
    """Both are the operating system's limits, which C code cannot step over."""
    folder = str(Path(decoder.__file__).parent)
    program = (
        f"import sys; sys.path.insert(0, {folder!r})\n"
        "import decoder; decoder._limit_this_process()\n"
        "try: bytearray(2 << 30); print('took it')\n"
        "except MemoryError: print('no memory')\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try: open('kept', 'wb', 0).write(b'x'); print('wrote')\n"
        "except OSError: print('no file')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["no memory", "no file"]


async def test_without_pyav_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine that needs it is named."""
    monkeypatch.setattr(audio, "find_spec", lambda name: None)
    with pytest.raises(EngineUnavailable, match="pip install av"):
        await decoded(recorded("wav"))


async def test_nothing_of_a_recording_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither of a good one nor of a bad one."""
    caplog.set_level(logging.DEBUG)
    await decoded(recorded("webm"))
    secret = b"RIFF    WAVEmy-secret-words" + bytes(100)
    with pytest.raises(InvalidAudio) as refusal:
        await decoded(secret)
    assert "secret" not in caplog.text + str(refusal.value)
    assert len(caplog.text) < 500
