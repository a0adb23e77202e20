"""The kokoro narrator: loading and inference in real processes, on a model made for the test."""

from __future__ import annotations

import math
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import anyio
import numpy as np
import pytest
from msgspec.structs import replace

from storybook.book import VOICES as NAMES
from storybook.book import VoiceDelivery
from storybook.engines import EngineUnavailable, NarrationTask, Readiness, Utterance, WorkFailed
from storybook.korean.kokoro import signs_of
from storybook.processes import ProcessDied
from storybook.stages.extras import install_extra
from storybook.stages.narrator.audio import Sound
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.narrator.kokoro import model as loaded
from storybook.stages.narrator.kokoro.clause import RATE, Clause
from storybook.stages.narrator.kokoro.engine import PACE, Kokoro
from storybook.stages.narrator.kokoro.folder import MODEL, NETWORK, VOICES_FILES
from storybook.stages.narrator.kokoro.signs import numbers_of
from storybook.stages.narrator.kokoro.voices import PACKS, SHIFT_AT_MOST, SOUNDS, VOICES
from tests.narrator.conformance import NarratorConformance
from tests.narrator.sounds import SENTENCE, read, spoken, task
from tests.narrator.tiny_kokoro import HERTZ, SECONDS_PER_NUMBER, make_model

pytestmark = pytest.mark.anyio

NICEST = 19
LONG = "토끼는 숲으로 달려가고, 호랑이는 그 뒤를 따라가며 " * 10 + "웃었어요."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole model."""
    return make_model(tmp_path_factory.mktemp("models") / "kokoro")


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[Kokoro]:
    """One narrator for all tests, as each has processes to start."""
    narrator = Kokoro(folder.parent, folder)
    yield narrator
    anyio.run(narrator.unload)


@pytest.mark.slow
class TestKokoro(NarratorConformance):
    """It keeps what every narrator keeps."""

    @pytest.fixture
    def narrator(self, shared: Kokoro) -> Kokoro:
        return shared


# ---------------------------------------------------------------------------------------- its voice


def said(folder: Path, text: str, voice: str = "M1", speed: float = 1.0) -> Sound:
    """What the model makes of a text, in this process."""
    numbers = numbers_of(signs_of(text))
    return loaded.speak(Clause(folder, numbers, VOICES[voice], speed))


def test_there_are_the_ten_voices() -> None:
    """Each of them is somebody: no two are made in the same way, and none is shifted too far."""
    assert tuple(VOICES) == NAMES
    assert len(set(VOICES.values())) == len(NAMES)
    assert all(sum(share for _, share in it.packs) == 1 for it in VOICES.values())
    assert all(abs(it.semitones) <= SHIFT_AT_MOST for it in VOICES.values())
    assert len(PACKS) == 5


def test_any_two_voices_are_told_apart_by_their_pitch() -> None:
    """Three semitones, with a margin: what was measured is told to whoever casts."""
    assert [it.name for it in SOUNDS] == list(NAMES)
    ladder = sorted(it.pitch for it in SOUNDS)
    assert min(12 * math.log2(high / low) for low, high in pairwise(ladder)) >= 3.15


def test_every_voice_is_as_high_as_its_packs_and_its_shift_say(folder: Path) -> None:
    """The strongest tone is the mean of the packs' pitches, so many semitones higher."""
    for name, voice in VOICES.items():
        sound = said(folder, SENTENCE, name)
        hertz = np.argmax(np.abs(np.fft.rfft(sound))) * RATE / sound.size
        packs = sum(HERTZ[pack] * share for pack, share in voice.packs)
        assert hertz == pytest.approx(packs * 2 ** (voice.semitones / 12), abs=2), name


def test_a_shifted_voice_takes_as_long_as_any(folder: Path) -> None:
    """What is played faster is said more slowly."""
    sounds = [said(folder, SENTENCE, name) for name in VOICES]
    assert max(it.size for it in sounds) / min(it.size for it in sounds) < 1.01


def test_both_forms_of_the_voices_give_the_same(tmp_path: Path) -> None:
    """Those of the release, and those of the package."""
    one, other = [said(make_model(tmp_path / name, name), SENTENCE, "F2") for name in VOICES_FILES]
    assert np.array_equal(one, other)


async def test_the_usual_speed_is_that_of_reading_to_children(
    shared: Kokoro,
) -> None:
    """At 1.05 the network is asked for 0.79."""
    assert pytest.approx(0.79) == 1.05 * PACE
    at_usual = spoken(await read(shared, task(SENTENCE, speed=1.05)))
    numbers = len(numbers_of(signs_of(SENTENCE)))
    assert at_usual == pytest.approx(numbers * SECONDS_PER_NUMBER / 0.79, rel=0.03)


async def test_korean_is_spoken_as_it_sounds(shared: Kokoro) -> None:
    """같이 sounds like 가치, 3개 like 세 개, to the sample."""
    for written, sounding in (("같이 가요.", "가치 가요."), ("사과 3개", "사과 세 개")):
        one, other = [await read(shared, task(it)) for it in (written, sounding)]
        assert one.wav == other.wav


async def test_a_question_goes_up_where_a_book_is_read_with_expression(shared: Kokoro) -> None:
    """Its end is played faster and higher, so that it is shorter; the same words as a statement,
    and a book that is told as before, are as they were."""
    lengths = {}
    for delivery in (VoiceDelivery.STORY, VoiceDelivery.EXPRESSIVE):
        words = (Utterance("어디로 갔을까?", "", "M1"), Utterance("어디로 갔을까.", "", "M1"))
        made = await read(shared, replace(task(""), utterances=words, delivery=delivery))
        lengths[delivery] = [it.end - it.start for it in made.segments]
    before, after = lengths[VoiceDelivery.STORY], lengths[VoiceDelivery.EXPRESSIVE]
    assert after[0] < before[0] - 0.02 and after[1] == pytest.approx(before[1], abs=0.001)


async def test_a_long_sentence_is_spoken_in_clauses(shared: Kokoro) -> None:
    """So that it is never more than the model takes at once; nothing of it is lost."""
    whole = spoken(await read(shared, task(LONG, speed=1 / PACE)))
    signs = len(signs_of(LONG))
    assert signs > 508
    assert whole == pytest.approx(signs * SECONDS_PER_NUMBER, rel=0.1)


async def test_other_languages_are_read_by_espeak(shared: Kokoro) -> None:
    """A book in English is read, and says by whom."""
    assert shared.capabilities.languages[0] == "ko"
    assert shared.capabilities.has_language("en-US")
    english = task("Hello, little rabbit!", lang="en")
    by_espeak, ours = await read(Espeak(), english), await read(shared, english)
    assert ours.wav == by_espeak.wav
    assert (ours.made_from.model, ours.made_from.language) == ("espeak", "en")


# ------------------------------------------------------------------------------------ what it lacks


async def test_it_says_which_model_it_is(folder: Path) -> None:
    """None while there is none; it is looked for anew each time."""
    narrator = Kokoro(folder.parent.parent / "nowhere")
    assert narrator.info.model == ""
    assert Kokoro(folder.parent, folder).info.model == MODEL
    assert narrator.info.apart, "what it runs in can die without harm to other work"


async def assert_missing(narrator: Kokoro, why: str, mend: str) -> None:
    """It is not ready, says why and how to mend it, and a narration fails with the same words."""
    readiness = await narrator.readiness()
    assert not readiness.ready
    assert why in readiness.why
    assert mend in readiness.mend
    with pytest.raises(EngineUnavailable) as failure:
        await read(narrator, task(SENTENCE))
    assert (failure.value.why, failure.value.mend) == (readiness.why, readiness.mend)


async def test_a_missing_model_is_said_with_its_mend(tmp_path: Path) -> None:
    """Both commands, and the folder to put it by hand."""
    for mend in ("models pull kokoro", "models add kokoro", str(tmp_path / "models" / "kokoro")):
        await assert_missing(Kokoro(tmp_path), "there is no model", mend)


@pytest.mark.parametrize("file", [NETWORK, VOICES_FILES[0]])
async def test_a_file_that_is_missing_is_named(tmp_path: Path, file: str) -> None:
    """Also one of which nothing came."""
    folder = make_model(tmp_path / "model")
    (folder / file).write_bytes(b"")
    await assert_missing(Kokoro(tmp_path, folder), f"lacks {file}", "models pull")


async def test_a_missing_package_is_said_with_its_mend(
    shared: Kokoro, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    await assert_missing(shared, "onnxruntime", install_extra("kokoro"))


@pytest.mark.slow
@pytest.mark.parametrize("file", [NETWORK, VOICES_FILES[0]])
async def test_a_file_that_cannot_be_loaded_is_said(tmp_path: Path, file: str) -> None:
    """Half a download looks whole until it is loaded."""
    folder = make_model(tmp_path / "model")
    (folder / file).write_bytes(b"half of a file")
    narrator = Kokoro(tmp_path, folder)
    assert await narrator.readiness() == Readiness(True)
    with pytest.raises(EngineUnavailable, match="cannot be loaded") as failure:
        await read(narrator, task(SENTENCE))
    assert "again" in failure.value.mend
    await narrator.unload()


def test_building_it_imports_nothing_heavy() -> None:
    """Looking which engine is ready must not load the runtime."""
    program = (
        "import sys, pathlib, anyio; "
        "from storybook.stages.narrator.kokoro.engine import Kokoro;"
        "it = Kokoro(pathlib.Path('nowhere')); it.info; anyio.run(it.readiness);"
        "sys.exit(bool({'numpy', 'soundfile', 'onnxruntime'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# ----------------------------------------------------------------------------------- its processes


async def test_the_runtime_is_never_loaded_into_the_service(shared: Kokoro) -> None:
    """It is in processes that have the processor after all others, the painter's among them."""
    await read(shared, task(SENTENCE))
    kept = multiprocessing.active_children()
    assert kept
    if hasattr(os, "getpriority"):
        niceness = [os.getpriority(os.PRIO_PROCESS, it.pid or 0) for it in kept]
        assert min(niceness) >= min(os.getpriority(os.PRIO_PROCESS, 0) + 1, NICEST)


async def test_a_process_that_dies_is_a_failure_to_try_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed for want of memory, for example."""
    narrator = Kokoro(folder.parent, folder)

    async def die(clause: Clause) -> None:
        raise ProcessDied

    monkeypatch.setattr(narrator._processes, "do", die)
    with pytest.raises(WorkFailed, match="died") as failure:
        await read(narrator, task(SENTENCE))
    assert failure.value.retryable


@pytest.mark.slow
async def test_what_the_runtime_says_is_told(tmp_path: Path) -> None:
    """Its own exceptions could not be sent from a process to another one."""
    narrator = Kokoro(tmp_path, make_model(tmp_path / "model", tokens="input_ids"))
    with pytest.raises(WorkFailed, match="input_ids") as failure:
        await read(narrator, task(SENTENCE))
    assert (failure.value.kind, failure.value.retryable) == ("synthesis", True)
    await narrator.unload()


@pytest.mark.slow
async def test_cancelling_ends_the_process_at_once(folder: Path) -> None:
    """Nobody waits for a sentence that nobody hears."""
    narrator = Kokoro(folder.parent, folder)
    said = tuple(Utterance(LONG, "", "M1") for _ in range(50))
    with anyio.move_on_after(0.5) as scope, anyio.fail_after(30):
        await narrator.narrate(NarrationTask(said, "ko", 0.7, 0, 7), lambda fraction: None)
    assert scope.cancelled_caught
    await narrator.unload()
