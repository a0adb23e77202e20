"""The espeak narrator: Korean speech that can be heard, told apart, and made again."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path

import anyio
import numpy as np
import pytest

from storybook.book import VOICES
from storybook.engines import (
    EngineUnavailable,
    Narration,
    NarrationTask,
    Narrator,
    Readiness,
    Report,
    WorkFailed,
)
from storybook.events.catalog import EngineInfo
from storybook.korean.espeak import as_it_sounds
from storybook.stages.narrator.espeak import engine
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.narrator.espeak.voices import FASTEST, SLOWEST
from storybook.stages.narrator.espeak.voices import VOICES as ESPEAK_VOICES
from tests.narrator.conformance import NarratorConformance
from tests.narrator.sounds import SENTENCE, SYLLABLES, pitch, samples, spoken, task

pytestmark = pytest.mark.anyio


class TestEspeak(NarratorConformance):
    """The espeak narrator keeps what every narrator keeps."""

    @pytest.fixture
    def narrator(self) -> Narrator:
        return Espeak()


async def read(what: NarrationTask, report: Report = lambda fraction: None) -> Narration:
    return await Espeak().narrate(what, report)


@pytest.fixture(scope="module")
def narrations() -> dict[str, Narration]:
    """The same sentence in each of the ten voices."""

    async def all_voices() -> dict[str, Narration]:
        return {voice: await read(task(SENTENCE, voice=voice)) for voice in VOICES}

    return anyio.run(all_voices)


def test_it_is_named_without_loading_it() -> None:
    """The version is that of the installed package."""
    info = Espeak().info
    assert info == EngineInfo("espeak", info.version, "", "cpu", apart=True)
    assert info.version


@pytest.mark.slow
def test_a_sentence_is_spoken_at_the_pace_of_a_reader(narrations: dict[str, Narration]) -> None:
    """Four to six syllables a second at speed 1, in every voice."""
    for voice, narration in narrations.items():
        assert 4 < SYLLABLES / spoken(narration) < 6.5, voice


def test_most_of_a_sentence_is_speech(narrations: dict[str, Narration]) -> None:
    """Silence has at most a third of a sentence."""
    for voice, narration in narrations.items():
        sound, _ = samples(narration)
        frames = sound[: sound.size // 441 * 441].reshape(-1, 441)
        silent = float(np.mean(np.sqrt(np.mean(frames**2, axis=1)) < 0.005))
        assert silent < 1 / 3, voice


def test_voices_can_be_told_apart_by_their_pitch(narrations: dict[str, Narration]) -> None:
    """Any two voices differ by a semitone or more, and men speak lower than women."""
    pitches = {voice: pitch(*samples(narration)) for voice, narration in narrations.items()}
    for one, other in combinations(VOICES, 2):
        higher, lower = sorted((pitches[one], pitches[other]), reverse=True)
        assert higher / lower > 2 ** (1 / 12), (one, other, pitches)
    men = [pitches[voice] for voice in VOICES if voice.startswith("M")]
    women = [pitches[voice] for voice in VOICES if voice.startswith("F")]
    assert max(men) * 1.1 < min(women)


def test_building_it_imports_nothing_heavy() -> None:
    """The command line's help must not wait for numpy."""
    program = (
        "import sys; from storybook.stages.narrator.espeak.engine import Espeak; Espeak().info;"
        "sys.exit(bool({'numpy', 'soundfile', 'espeakng_loader'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_a_missing_library_is_said_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the engine says what is missing and what mends it."""
    paths = {"library": "/nowhere/libespeak-ng.so", "data": "/nowhere/espeak-ng-data"}
    monkeypatch.setattr(engine, "_paths", lambda: paths)
    readiness = await Espeak().readiness()
    assert not readiness.ready
    assert "/nowhere/libespeak-ng.so" in readiness.why
    assert "pip install" in readiness.mend
    with pytest.raises(EngineUnavailable, match="pip install"):
        await read(task(SENTENCE))


async def test_a_missing_package_is_said_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """So is a package that is not installed."""
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    readiness = await Espeak().readiness()
    assert not readiness.ready
    assert "espeakng-loader" in readiness.why


async def test_a_library_without_data_is_said_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A broken installation is not taken for a working one."""
    paths = engine._paths() | {"data": str(tmp_path / "espeak-ng-data")}
    monkeypatch.setattr(engine, "_paths", lambda: paths)
    assert "no usable data" in (await Espeak().readiness()).why


async def test_data_are_found_under_a_long_path_with_korean_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The library's own buffer for a path is short, and plain."""
    folder = tmp_path / ("그림책" * 20) / ("깊은 숲속 마을" * 7)
    folder.mkdir(parents=True)
    paths = engine._paths()
    (folder / "espeak-ng-data").symlink_to(paths["data"], target_is_directory=True)
    monkeypatch.setattr(engine, "_paths", lambda: paths | {"data": str(folder / "espeak-ng-data")})
    assert await Espeak().readiness() == Readiness(True)


async def test_korean_is_pronounced_as_it_sounds() -> None:
    """합니다 is spoken 함니다."""
    written, sounding = await read(task("합니다")), await read(task("함니다"))
    assert written.wav == sounding.wav


@pytest.mark.parametrize(
    ("written", "sounding"),
    [
        *(("꽃잎", "꼰닙"), ("나뭇잎", "나문닙"), ("풀잎", "풀립"), ("깻잎", "깬닙")),
        *(("한여름", "한녀름"), ("솜이불", "솜니불"), ("담요", "담뇨"), ("단풍잎", "단풍닙")),
        *(("색연필", "생년필"), ("알약", "알략"), ("물약", "물략"), ("부엌일", "부엉닐")),
        *(("서울역", "서울력"), ("부산역에서", "부산녁에서"), ("시청역", "시청녁")),
        *(("내복약", "내봉냑"), ("영업용", "영엄뇽"), ("눈요기", "눈뇨기"), ("맨입", "맨닙")),
        *(("스물여섯", "스물려섯"), ("서른여덟", "서른녀덟"), ("사막여우", "사망녀우")),
        *(("옛이야기", "옌니야기"), ("물엿", "물렷"), ("신혼여행", "신혼녀행")),
    ],
)
def test_compounds_have_a_nieun_between_their_parts(written: str, sounding: str) -> None:
    """Where the first part ends in a consonant and the second begins with 이, 야, 여, 요 or 유."""
    assert as_it_sounds(written) == sounding


@pytest.mark.parametrize(
    "word",
    [
        *(
            "생일",
            "휴일",
            "기념일",
            "절약",
            "계약",
            "지역",
            "통역",
            "방역",
            "무역",
            "활용",
            "부작용",
        ),
        *("곰이야", "꽃이", "감기약", "여섯", "늑대여우", "토끼요", "일요일에"),
    ],
)
def test_other_words_have_none(word: str) -> None:
    """The same syllables in words of their own, as particles, or after a vowel."""
    assert as_it_sounds(word) == word


async def test_numbers_are_spoken_as_korean_words() -> None:
    """3개 sounds like 세 개, to the sample."""
    written, words = await read(task("사과 3개를")), await read(task("사과 세 개를"))
    assert written.wav == words.wav


@pytest.mark.slow
async def test_a_sentence_sounds_the_same_in_another_second() -> None:
    """The library would take the noise of its consonants from the clock, which counts seconds."""
    first = await read(task(SENTENCE))
    await anyio.sleep(1 - time.time() % 1)
    assert (await read(task(SENTENCE))).wav == first.wav


def test_every_speed_of_every_voice_is_one_that_the_library_takes() -> None:
    """Outside its range the library would change the rate silently."""
    for voice in ESPEAK_VOICES.values():
        assert SLOWEST < voice.rate(0.7) < voice.rate(2.0) < FASTEST


def test_every_voice_of_a_book_has_its_own_sound() -> None:
    """The ten names of the API are all there, none twice."""
    assert set(ESPEAK_VOICES) == set(VOICES)
    assert len({voice.variant for voice in ESPEAK_VOICES.values()}) == len(VOICES)


async def test_a_region_of_a_language_is_understood() -> None:
    """ko-KR is ko."""
    region, plain = await read(task(SENTENCE, lang="ko-KR")), await read(task(SENTENCE))
    assert region.wav == plain.wav


async def test_another_language_is_spoken_with_its_own_numbers() -> None:
    """An English book is read in English."""
    digits, words = [
        await read(task(f"The rabbit found {three} apples.", lang="en")) for three in ("3", "three")
    ]
    assert digits.wav == words.wav
    assert 1 < digits.seconds < 4


async def test_a_crash_of_the_library_is_a_failure_to_try_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program that dies before it has spoken is told from one that has nothing to say."""
    program = tmp_path / "speak.py"
    program.write_text("import os; os._exit(9)")
    monkeypatch.setattr(engine, "_PROGRAM", program)
    with pytest.raises(WorkFailed, match="exit status 9") as failure:
        await read(task(SENTENCE))
    assert failure.value.kind == "engine_crashed"
    assert failure.value.retryable


async def test_a_program_that_hangs_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No narration waits for ever."""
    program = tmp_path / "speak.py"
    program.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(engine, "_PROGRAM", program)
    monkeypatch.setattr(engine, "_SECONDS_PER_ANSWER", 0.05)
    with anyio.fail_after(30), pytest.raises(WorkFailed) as failure:
        await read(task(SENTENCE))
    assert failure.value.kind == "engine_hangs"


async def test_cancelling_ends_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cancelled narration leaves no process behind, and does not wait for the last utterance."""
    program = tmp_path / "speak.py"
    program.write_text(
        "import os, sys, time\n"
        "sys.stdin.buffer.read()\n"
        'print(\'{"rate": 22050}\\n{"bytes": 0}\', flush=True)\n'
        "time.sleep(60)\n"
    )
    monkeypatch.setattr(engine, "_PROGRAM", program)
    started: list[anyio.abc.Process] = []
    open_process = anyio.open_process

    async def remember(*args: object, **options: object) -> anyio.abc.Process:
        started.append(await open_process(*args, **options))  # type: ignore[arg-type]  # passed on
        return started[-1]

    monkeypatch.setattr(anyio, "open_process", remember)
    with anyio.fail_after(30), anyio.CancelScope() as scope:
        await read(task(SENTENCE, SENTENCE), lambda fraction: scope.cancel())
    assert scope.cancelled_caught
    assert started[0].returncode is not None


async def test_nothing_is_written_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What the library complains of does not reach the service's output."""
    program = tmp_path / "speak.py"
    program.write_text("import os; os.write(2, b'Unknown phoneme table'); os._exit(1)")
    monkeypatch.setattr(engine, "_PROGRAM", program)
    with pytest.raises(WorkFailed):
        await read(task(SENTENCE))
    assert capfd.readouterr() == ("", "")
