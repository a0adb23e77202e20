"""The supertonic narrator: real loading and inference, on a model made for the test."""

from __future__ import annotations

import shutil
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from storybook.book import VOICES, TtsConfig
from storybook.engines import (
    Narration,
    NarrationTask,
    Narrator,
    Utterance,
    WorkFailed,
)
from storybook.stages.narrator.audio import Sound
from storybook.stages.narrator.supertonic import model as loaded
from storybook.stages.narrator.supertonic.engine import Supertonic
from tests.narrator.conformance import NarratorConformance
from tests.narrator.sounds import SENTENCE, read, samples, spoken, task
from tests.narrator.tiny_supertonic import CHUNK, PERIODS, RATE, make_model

pytestmark = pytest.mark.anyio

LONG = "토끼는 숲으로 달려가고, 호랑이는 그 뒤를 따라가며 " * 8 + "웃었어요."
PAGE = (SENTENCE, "안녕, 나랑 놀래?", "토끼가 물었어요.", SENTENCE, "그래, 좋아!", "둘은 걸었어요.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model 3."""
    return make_model(tmp_path_factory.mktemp("models") / "supertonic-3")


@pytest.fixture
def narrator(folder: Path) -> Supertonic:
    return Supertonic(folder.parent, folder)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is given to the model, in order."""
    texts: list[str] = []
    speak = loaded.SupertonicModel.speak

    def listen(self: loaded.SupertonicModel, text: str, *rest: Any) -> Sound:
        texts.append(text)
        return speak(self, text, *rest)

    monkeypatch.setattr(loaded.SupertonicModel, "speak", listen)
    return texts


class TestSupertonic(NarratorConformance):
    """Models 2 and 3 keep what every narrator keeps."""

    @pytest.fixture(params=["supertonic-2", "supertonic-3"])
    def narrator(self, request: pytest.FixtureRequest, tmp_path: Path) -> Narrator:
        return Supertonic(tmp_path, make_model(tmp_path / request.param, request.param))


async def test_it_says_which_model_it_is(tmp_path: Path) -> None:
    """Models 2 and 3 have the same files; their configuration tells them apart."""
    for model in ("supertonic-2", "supertonic-3"):
        info = Supertonic(tmp_path, make_model(tmp_path / model, model)).info
        assert (info.name, info.model, info.device) == ("supertonic", model, "cpu")
        assert info.version


async def test_a_reading_has_the_rate_of_the_model(narrator: Supertonic) -> None:
    """44.1 kHz."""
    _, rate = samples(await read(narrator, task(SENTENCE)))
    assert rate == RATE == 44_100


def test_the_usual_voice_is_m1() -> None:
    """A book that names no voice is read by M1."""
    assert TtsConfig().narrator_voice == "M1"


async def test_every_voice_sounds_as_its_style_says(tmp_path: Path) -> None:
    """The strongest tone of each narration is the pitch in the voice's own file."""
    narrator = Supertonic(tmp_path, make_model(tmp_path / "model", noise=0))
    for voice in VOICES:
        sound, rate = samples(await read(narrator, task(SENTENCE, voice=voice)))
        spectrum = np.abs(np.fft.rfft(sound))
        hertz = np.argmax(spectrum) * rate / sound.size
        assert hertz == pytest.approx(PERIODS[voice] * RATE / CHUNK, abs=2), voice


async def test_another_seed_gives_another_reading(narrator: Supertonic) -> None:
    """The noise is drawn from the seed, and from nothing else."""
    spoken = (Utterance(SENTENCE, "", "M1"),)
    one, other, again = [
        (await read(narrator, NarrationTask(spoken, "ko", 1.0, 0, seed))).wav for seed in (7, 8, 7)
    ]
    assert one == again != other


async def test_a_seed_may_be_as_long_as_a_books(narrator: Supertonic) -> None:
    """A book's seed has more bits than numpy's."""
    spoken = (Utterance(SENTENCE, "", "M1"),)
    assert (await read(narrator, NarrationTask(spoken, "ko", 1.0, 0, 2**63 - 1))).seconds > 0


def test_a_sentence_is_what_the_package_itself_makes_of_that_seed(folder: Path) -> None:
    """Bit for bit: the noise is drawn elsewhere, and nothing else differs."""
    import supertonic  # type: ignore[import-untyped]  # it has no type information

    package = supertonic.TTS("supertonic-3", folder, auto_download=False)
    np.random.seed(7)
    theirs, _ = package.synthesize("안녕하세요.", package.get_voice_style("F1"), lang="ko")
    ours = loaded.SupertonicModel(folder).speak("안녕하세요.", "F1", "ko", 1.05, seed=7)
    assert np.array_equal(ours, theirs[0])


async def test_threads_and_other_readings_change_nothing(folder: Path) -> None:
    """One sentence at a time, or all at once beside another page: the same bytes."""
    alone = await read(Supertonic(folder.parent, folder, threads=1), task(*PAGE))
    narrator = Supertonic(folder.parent, folder, threads=4)
    narrations: list[Narration] = []

    async def read_again(what: NarrationTask) -> None:
        narrations.append(await read(narrator, what))

    async with anyio.create_task_group() as group:
        for what in (task(*PAGE), task(*PAGE, voice="F1"), task(*PAGE)):
            group.start_soon(read_again, what)
    assert sum(narration == alone for narration in narrations) == 2


async def test_sentences_are_spoken_side_by_side(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads are in the model at the same time: each waits there for the other."""
    meeting = threading.Barrier(2, timeout=30)
    speak = loaded.SupertonicModel.speak

    def meet(self: loaded.SupertonicModel, *arguments: Any) -> Sound:
        meeting.wait()
        return speak(self, *arguments)

    monkeypatch.setattr(loaded.SupertonicModel, "speak", meet)
    await read(Supertonic(folder.parent, folder, threads=2), task("하나.", "둘."))


async def test_no_more_are_spoken_at_once_than_there_are_threads(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when two pages are read: those who could come would come while the first two wait."""
    calls, inside, most, lock = 0, 0, 0, threading.Lock()
    meeting = threading.Barrier(2, timeout=30)
    speak = loaded.SupertonicModel.speak

    def count(self: loaded.SupertonicModel, text: str, *rest: Any) -> Sound:
        nonlocal calls, inside, most
        with lock:
            calls += 1
            is_early = calls <= 2
            inside += 1
            most = max(most, inside)
        if is_early:
            meeting.wait()
            anyio.from_thread.run(anyio.wait_all_tasks_blocked)
        sound = speak(self, text, *rest)
        with lock:
            inside -= 1
        return sound

    monkeypatch.setattr(loaded.SupertonicModel, "speak", count)
    narrator = Supertonic(folder.parent, folder, threads=2)
    async with anyio.create_task_group() as group:
        for _ in range(narrator.places):
            group.start_soon(read, narrator, task(*PAGE))
    assert most == 2


async def test_the_model_is_loaded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that begin together wait for one model; after unloading it is loaded anew."""
    models: list[Path] = []
    load = loaded.SupertonicModel.__init__

    def remember(self: loaded.SupertonicModel, folder: Path, gpu: int | None = None) -> None:
        models.append(folder)
        load(self, folder, gpu)

    monkeypatch.setattr(loaded.SupertonicModel, "__init__", remember)
    narrator = Supertonic(folder.parent, folder)
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(read, narrator, task(SENTENCE))
    assert models == [folder]
    await narrator.unload()
    await read(narrator, task(SENTENCE))
    assert models == [folder, folder]


async def test_a_long_sentence_is_spoken_clause_by_clause(
    narrator: Supertonic, said: list[str]
) -> None:
    """Each under 120 characters, no word lost, with a breath between; it is one segment."""
    narration = await read(narrator, task(LONG))
    clauses = list(said)
    assert len(clauses) > 1
    assert " ".join(clauses) == LONG
    (segment,) = narration.segments
    assert segment.text == LONG
    assert segment.end - segment.start == pytest.approx(spoken(narration))
    lengths = [spoken(await read(narrator, task(clause))) for clause in clauses]
    assert spoken(narration) == pytest.approx(sum(lengths) + 0.12 * (len(clauses) - 1), abs=0.05)


async def test_no_clause_has_120_characters(narrator: Supertonic, said: list[str]) -> None:
    """Not even of a text without a place to breathe."""
    await read(narrator, task(LONG, "가" * 500))
    assert sum(len(clause) for clause in said) >= 500 + len(LONG.replace(" ", ""))
    assert max(len(clause) for clause in said) == 119


async def test_the_times_of_sentences_are_exact(narrator: Supertonic) -> None:
    """A sentence ends where it would end alone, to the sample, whatever is read before it."""
    alone = [spoken(await read(narrator, task(text))) for text in (*PAGE, LONG)]
    among = await read(narrator, task(*PAGE, LONG))
    lengths = [segment.end - segment.start for segment in among.segments]
    assert lengths == pytest.approx(alone, abs=1e-9)
    for before, after in pairwise(among.segments):
        assert after.start - before.end == pytest.approx(0.25, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("책 1권을 3시에 읽었어요 😀", "책 한 권을 세 시에 읽었어요"),
        ("토끼가 「漢字」를 봤어요.", "토끼가 한자를 봤어요."),
        ("<en>안녕</en> \U00013000!", "엔 안녕 엔!"),
    ],
)
async def test_korean_is_cleaned_of_what_the_model_cannot_read(
    narrator: Supertonic, said: list[str], text: str, spoken: str
) -> None:
    """Numbers become words; emoji, rare scripts and the model's own tags are left out."""
    await read(narrator, task(text))
    assert said == [spoken]


async def test_other_languages_are_cleaned_too(narrator: Supertonic, said: list[str]) -> None:
    """Beyond the model's table, and beyond 16 bits, where the package would fail."""
    await read(narrator, task("Hello <ko> 漢 \U00013000 世 World!", "漢", lang="en"))
    assert said == ["Hello ko World!"]


async def test_a_model_reads_its_own_languages(tmp_path: Path) -> None:
    """Model 2 knows five; German came with model 3."""
    two, three = [
        Supertonic(tmp_path, make_model(tmp_path / model, model))
        for model in ("supertonic-2", "supertonic-3")
    ]
    german = task("Der Hase lacht.", lang="de")
    assert (await read(three, german)).seconds > 0
    with pytest.raises(WorkFailed, match="supertonic-2 does not read 'de'") as failure:
        await read(two, german)
    assert failure.value.kind == "unsupported_language"


@pytest.mark.parametrize("speed", [0.5, 2.5])
async def test_a_speed_that_the_model_has_not_fails_for_good(
    narrator: Supertonic, speed: float
) -> None:
    """The message says which there are."""
    with pytest.raises(WorkFailed, match=r"0\.7 to 2\.0") as failure:
        await read(narrator, task(SENTENCE, speed=speed))
    assert not failure.value.retryable


async def test_a_page_takes_far_less_than_two_seconds_of_the_processor(
    narrator: Supertonic,
) -> None:
    """Loading included."""
    start = time.process_time()
    await read(narrator, task(*PAGE))
    assert time.process_time() - start < 2


async def test_cancelling_does_not_wait_and_begins_no_other_clause(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clause in hand may go on in its thread, the next is never spoken."""
    go_on, begun = threading.Event(), []

    def hang(self: loaded.SupertonicModel, text: str, *rest: Any) -> Sound:
        begun.append(text)
        anyio.from_thread.run_sync(scope.cancel)
        go_on.wait(60)
        return np.zeros(100, np.float32)

    monkeypatch.setattr(loaded.SupertonicModel, "speak", hang)
    narrator = Supertonic(folder.parent, folder, threads=1)
    try:
        with anyio.fail_after(30), anyio.CancelScope() as scope:
            await read(narrator, task(LONG, *PAGE))
    finally:
        go_on.set()
    assert scope.cancelled_caught
    assert len(begun) == 1


async def test_another_model_in_the_same_folder_is_known_once_the_first_is_let_go(
    tmp_path: Path,
) -> None:
    """Nor has anybody to restart it after putting a newer one there."""
    folder = tmp_path / "model"
    narrator = Supertonic(tmp_path, make_model(folder, "supertonic-2"))
    await read(narrator, task(SENTENCE))
    shutil.rmtree(folder)
    make_model(folder, "supertonic-3")
    await narrator.unload()
    assert narrator.info.model == "supertonic-3"
    assert (await read(narrator, task("Der Hase lacht.", lang="de"))).seconds > 0


async def test_a_failure_while_speaking_is_one_to_try_again(
    narrator: Supertonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of memory, for example."""

    def fail(*_: object) -> Sound:
        raise RuntimeError("bad allocation")

    monkeypatch.setattr(loaded.SupertonicModel, "speak", fail)
    with pytest.raises(WorkFailed, match="bad allocation") as failure:
        await read(narrator, task(SENTENCE))
    assert failure.value.kind == "synthesis"
    assert failure.value.retryable
