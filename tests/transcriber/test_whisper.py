"""The transcriber whisper, on a model that the tests make."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import faster_whisper  # type: ignore[import-untyped]  # it has no type information
import numpy as np
import pytest

from storybook.engines import EngineUnavailable, Transcriber, Transcript, WorkFailed
from storybook.stages.extras import install_extra
from storybook.stages.transcriber.audio import RATE, Clip
from storybook.stages.transcriber.confidence import Heard
from storybook.stages.transcriber.whisper import engine as engine_module
from storybook.stages.transcriber.whisper import model as model_module
from storybook.stages.transcriber.whisper.engine import Whisper
from storybook.stages.transcriber.whisper.model import (
    Device,
    LoadedWhisper,
    Sound,
    find_device,
    voice_of,
)
from tests.clocks import ManualClock
from tests.transcriber.conformance import SAID, TranscriberConformance
from tests.transcriber.recordings import encode, silence, spoken
from tests.transcriber.scripted_whisper import make_model


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models, such as data/models: one that is sure, one that is not, and one that
    hears noise in everything."""
    folder = tmp_path_factory.mktemp("models")
    make_model(folder / "base", SAID)
    make_model(folder / "unsure", SAID, certainty=1.35)
    make_model(folder / "noise", SAID, speech=False)
    make_model(folder / "loop", "쩐" * 60)
    return folder


@pytest.fixture
def whisper(models: Path) -> Whisper:
    return Whisper(models_folder=models, device="cpu")


class TestConformance(TranscriberConformance):
    """What every transcriber keeps."""

    @pytest.fixture
    def transcriber(self, whisper: Whisper) -> Transcriber:
        return whisper


pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def hear(whisper: Whisper, text: str = "옛날 조선시대요") -> Transcript:
    return await whisper.transcribe(spoken(text, "wav"), "ko-KR")


async def test_the_model_is_loaded_at_first_use(whisper: Whisper) -> None:
    """Neither building the engine nor asking whether it is ready loads it; a voice does."""
    assert (await whisper.readiness()).ready
    assert not whisper.is_loaded
    await hear(whisper)
    assert whisper.is_loaded


async def test_silence_does_not_load_the_model(whisper: Whisper) -> None:
    """The voice detector is asked first."""
    await whisper.transcribe(encode(silence(2.0), "wav"), "ko-KR")
    assert not whisper.is_loaded


async def test_the_model_is_unloaded_when_it_was_idle(models: Path) -> None:
    """Five minutes after its last use, and is loaded again by the next one."""
    clock = ManualClock()
    whisper = Whisper(models_folder=models, device="cpu", idle_seconds=300, clock=clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(whisper.unload_when_idle)
        await hear(whisper)
        clock.advance(200)
        await hear(whisper)
        clock.advance(200)
        await anyio.wait_all_tasks_blocked()
        assert whisper.is_loaded
        clock.advance(101)
        await anyio.wait_all_tasks_blocked()
        assert not whisper.is_loaded
        assert (await hear(whisper)).text == SAID
        clock.advance(301)
        await anyio.wait_all_tasks_blocked()
        assert not whisper.is_loaded
        tasks.cancel_scope.cancel()


async def test_the_model_hears_the_voice_alone_in_korean(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The language is passed on, and what is no voice is cut away before."""
    asked: list[tuple[Sound, dict[str, Any]]] = []
    transcribe = faster_whisper.WhisperModel.transcribe

    def recorded(model: Any, sound: Sound, **options: Any) -> Any:
        asked.append((sound, options))
        return transcribe(model, sound, **options)

    monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", recorded)
    word = spoken("옛날 조선시대요", "wav")[44:]
    padded = encode(silence(4.0), "wav")[44:] + word + encode(silence(4.0), "wav")[44:]
    await whisper.transcribe(encode(np.frombuffer(padded, np.int16), "wav"), "ko-KR")
    [(sound, options)] = asked
    assert options["language"] == "ko"
    assert options["temperature"] == 0.0
    assert sound.size / RATE < 3.5


async def test_it_works_with_whole_numbers_on_the_processor(whisper: Whisper) -> None:
    """int8 is four times as quick there."""
    await hear(whisper)
    assert whisper._model is not None
    assert whisper._model._model.model.compute_type.startswith("int8")
    assert whisper.info.device == "cpu"


def test_it_works_with_half_floats_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best device there is, or the one that was named."""
    monkeypatch.setattr(model_module, "_gpu_count", lambda: 2)
    assert find_device("auto") == Device("gpu0", "cuda", 0, "float16")
    assert find_device("gpu1") == Device("gpu1", "cuda", 1, "float16")
    assert find_device("cpu") == Device("cpu", "cpu", 0, "int8")
    monkeypatch.setattr(model_module, "_gpu_count", lambda: 0)
    assert find_device("auto").name == "cpu"


async def test_an_unsure_model_gives_a_lower_confidence(models: Path) -> None:
    """The probability of its words is in it."""
    sure = await hear(Whisper(models_folder=models, device="cpu"))
    unsure = await hear(Whisper(model="unsure", models_folder=models, device="cpu"))
    assert sure.text == unsure.text == SAID
    assert unsure.confidence < 0.97 < sure.confidence


async def test_what_the_model_takes_for_noise_is_not_said(models: Path) -> None:
    """Also where the voice detector heard a voice."""
    transcript = await hear(Whisper(model="noise", models_folder=models, device="cpu"))
    assert transcript == Transcript("", 0.0)


async def test_what_became_a_loop_is_heard_again_without_repetitions(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no chance in it: the same clip gives the same text."""
    asked: list[dict[str, Any]] = []
    transcribe = faster_whisper.WhisperModel.transcribe

    def looping(model: Any, sound: Sound, **options: Any) -> Any:
        asked.append(options)
        segments, info = transcribe(model, sound, **options)
        if len(asked) == 1:
            segments = [dataclasses.replace(it, text="쩐" * 100) for it in segments]
        return segments, info

    monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", looping)
    assert (await hear(whisper)).text == SAID
    assert "no_repeat_ngram_size" not in asked[0]
    assert asked[1]["no_repeat_ngram_size"] == 3
    assert asked[1]["temperature"] == 0.0


async def test_a_loop_that_stays_one_is_nothing(models: Path) -> None:
    """The model says nothing else, and says it very surely."""
    transcript = await hear(Whisper(model="loop", models_folder=models, device="cpu"))
    assert transcript == Transcript("", 0.0)


async def test_a_word_after_ten_seconds_of_silence_is_heard(whisper: Whisper) -> None:
    """Whoever speaks late speaks; what is silent is cut before anything listens to it."""
    word = spoken("숲이요", "wav")[44:]
    late = encode(silence(10.0), "wav")[44:] + word + encode(silence(30.0), "wav")[44:]
    transcript = await whisper.transcribe(encode(np.frombuffer(late, np.int16), "wav"), "ko-KR")
    assert transcript.text == SAID
    assert transcript.confidence > 0.3


@pytest.mark.parametrize("samples", [0, 10, 16_000 * 60])
def test_silence_is_no_voice(samples: int) -> None:
    """However short or long; the detector is not even asked."""
    assert voice_of(Clip(bytes(2 * samples))).size == 0


async def test_a_model_may_be_named_by_its_folder(models: Path) -> None:
    """A name under data/models, with or without what downloads call it, or any path."""
    (models / "whisper-small").symlink_to(models / "base")
    for name in ("base", "small", str(models / "base")):
        whisper = Whisper(model=name, models_folder=models, device="cpu")
        assert (await whisper.readiness()).ready
        assert whisper.info.model == Path(name).name


async def test_a_missing_model_is_told_with_the_way_to_get_it(tmp_path: Path) -> None:
    """Nothing is downloaded in silence."""
    whisper = Whisper(models_folder=tmp_path, device="cpu")
    readiness = await whisper.readiness()
    assert not readiness.ready
    assert str(tmp_path / "whisper-base") in readiness.why
    assert "storybook models pull whisper-base" in readiness.mend
    with pytest.raises(EngineUnavailable, match="models pull"):
        await hear(whisper)


async def test_an_incomplete_model_is_told(models: Path, tmp_path: Path) -> None:
    """Without its tokenizer faster-whisper would look for one on the internet."""
    (tmp_path / "half").mkdir()
    for name in ("model.bin", "config.json"):
        (tmp_path / "half" / name).symlink_to(models / "base" / name)
    readiness = await Whisper(model=str(tmp_path / "half"), device="cpu").readiness()
    assert "lacks tokenizer.json" in readiness.why


async def test_a_broken_model_is_told(models: Path, tmp_path: Path) -> None:
    """Its files are there, and are no model: a download that broke."""
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        (folder / name).symlink_to(models / "base" / name)
    (folder / "model.bin").write_bytes(b"<html>404</html>" * 100)
    with pytest.raises(EngineUnavailable, match="cannot be loaded") as error:
        await hear(Whisper(model=str(folder), device="cpu"))
    assert "Download the model again" in error.value.mend


@pytest.mark.parametrize(("device", "told"), [("gpu7", "CUDA devices"), ("tpu", "no device 'tpu'")])
async def test_a_device_that_is_not_there_is_told(models: Path, device: str, told: str) -> None:
    """A named device is never replaced in silence."""
    whisper = Whisper(models_folder=models, device=device)
    readiness = await whisper.readiness()
    assert not readiness.ready
    assert told in readiness.why
    assert whisper.info.device == device


async def test_without_the_package_it_says_what_to_install(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named."""
    monkeypatch.setattr(engine_module, "is_installed", lambda: False)
    readiness = await Whisper(models_folder=models, device="cpu").readiness()
    assert readiness.mend == f"Install it with: {install_extra('whisper')}"


async def test_a_language_that_the_model_does_not_know_is_refused(whisper: Whisper) -> None:
    """Klingon is a language by its tag."""
    with pytest.raises(WorkFailed, match="tlh") as failure:
        await whisper.transcribe(spoken("숲이요"), "tlh")
    assert failure.value.kind == "unsupported_language"


Hear = Callable[[LoadedWhisper, Sound, str, Callable[[], None]], list[Heard]]


class Hearing:
    """Stands before the model: counts who is in it, and holds them back until let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let_go = threading.Event()
        self.began = 0
        self.inside = 0
        self.most_inside = 0
        self.threads: set[int] = set()
        hear = LoadedWhisper.hear

        def held(model: LoadedWhisper, sound: Sound, language: str, between: Any) -> list[Heard]:
            self.began += 1
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
            self.threads.add(threading.get_ident())
            try:
                self.let_go.wait(60)
                return hear(model, sound, language, between)
            finally:
                self.inside -= 1

        monkeypatch.setattr(LoadedWhisper, "hear", held)

    async def has_begun(self, count: int) -> None:
        with anyio.fail_after(30):
            while self.began < count:  # noqa: ASYNC110 - counted in another thread
                await anyio.sleep(0.005)


async def test_requests_take_turns_and_leave_the_loop_free(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One model, one at a time, in another thread than the event loop's."""
    hearing = Hearing(monkeypatch)
    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(hear, whisper)
        await hearing.has_begun(1)
        hearing.let_go.set()
    assert hearing.began == 4
    assert hearing.most_inside == 1
    assert threading.get_ident() not in hearing.threads


async def test_who_leaves_while_waiting_never_reaches_the_model(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn goes to the next who still waits."""
    hearing = Hearing(monkeypatch)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hear, whisper)
        await hearing.has_begun(1)
        leaving = anyio.CancelScope()

        async def wait_and_leave() -> None:
            with leaving:
                await hear(whisper)

        tasks.start_soon(wait_and_leave)
        tasks.start_soon(hear, whisper)
        await anyio.wait_all_tasks_blocked()
        leaving.cancel()
        hearing.let_go.set()
    assert hearing.began == 2


async def test_who_leaves_while_the_model_works_frees_it_between_segments(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CTranslate2 cannot be interrupted within one; what comes after it is not computed."""
    entered, go_on = threading.Event(), threading.Event()
    reached: list[int] = []

    def long_hearing(
        model: LoadedWhisper, sound: Sound, language: str, between: Any
    ) -> list[Heard]:
        entered.set()
        for segment in range(100):
            go_on.wait(60)
            between()
            reached.append(segment)
        return [Heard(SAID)]

    with monkeypatch.context() as patch:
        patch.setattr(LoadedWhisper, "hear", long_hearing)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hear, whisper)
            with anyio.fail_after(30):
                while not entered.is_set():  # noqa: ASYNC110 - set in another thread
                    await anyio.sleep(0.005)
            tasks.cancel_scope.cancel()
            go_on.set()
    assert reached == []
    assert (await hear(whisper)).text == SAID


async def test_a_failure_of_the_model_is_worth_another_try(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full GPU is empty a moment later; the turn is given on in any case."""

    def full(*args: Any, **options: Any) -> Any:
        raise RuntimeError("CUDA failed with error out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(faster_whisper.WhisperModel, "transcribe", full)
        with pytest.raises(WorkFailed) as failure:
            await hear(whisper)
    assert failure.value.kind == "out_of_memory"
    assert failure.value.retryable
    assert (await hear(whisper)).text == SAID
