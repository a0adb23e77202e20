"""A finished run with small real files: the events that a whole book leaves, folded."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import skia  # type: ignore[import-not-found]  # skia-python has no stubs
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.book import (
    WRITING,
    Artifact,
    Dialogue,
    Page,
    RunId,
    Segment,
    StoryRequest,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
)
from storybook.events.catalog import EngineInfo, Event
from storybook.run import Run, complete_stage, fold, request_run, start_stage, write_page
from storybook.stages.narrator.utterances import utterances
from storybook.stores.files import FileArtifactStore
from tests.books import PAGES

RUN = RunId("0123456789abcdef" * 2)
REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")

READ_ALOUD = TtsConfig()

PROMPT = "watercolor picture book, a curious white rabbit and a shy orange tiger in a forest"

STORY = (
    Page(0, title="토끼와 호랑이의 봄", image_prompt=PROMPT),
    Page(
        1,
        summary="옛날 깊은 숲속에 호기심 많은 토끼가 살았어요. 토끼는 새로운 길을 좋아했어요.",
        image_prompt=f"{PROMPT}, morning",
    ),
    Page(
        2,
        summary='어느 날 토끼는 호랑이를 만났어요. "안녕, 나랑 같이 놀래?" 하고 토끼가 물었어요. '
        '호랑이는 꼬리를 말고 작은 목소리로 대답했어요. "나는 조금 무서워."',
        dialogues=(
            Dialogue("토끼", "안녕, 나랑 같이 놀래?"),
            Dialogue("호랑이", "나는 조금 무서워."),
        ),
        image_prompt=f"{PROMPT}, noon",
    ),
    Page(
        3,
        summary="갑자기 비가 쏟아졌어요. 토끼와 호랑이는 손을 꼭 잡았어요.",
        image_prompt=f"{PROMPT}, rain",
    ),
    Page(
        4,
        summary="드디어 무지개가 떴어요. 토끼와 호랑이는 둘도 없는 친구가 되었어요.",
        image_prompt=f"{PROMPT}, a rainbow",
    ),
)
"""Pages that may stand."""


def png(colour: int = 0xFF88AACC, side: int = 64) -> bytes:
    """A picture of one colour."""
    surface = skia.Surface(side, side)
    surface.getCanvas().clear(colour)
    return bytes(surface.makeImageSnapshot().encodeToData())


def wav(seconds: float = 0.5, rate: int = 22_050) -> bytes:
    """A quiet hum."""
    moments = np.arange(int(seconds * rate)) / rate
    hum = (np.sin(moments * 2 * np.pi * 220) * 3_000).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, hum, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def segments_of(page: Page) -> tuple[Segment, ...]:
    """A tenth of a second for each piece that a narrator would speak."""
    spoken = utterances(page, TtsConfig())
    return tuple(
        Segment(it.text, it.speaker, it.voice, n / 10, (n + 1) / 10) for n, it in enumerate(spoken)
    )


def finished_run(
    store: FileArtifactStore,
    tts: TtsConfig | None = READ_ALOUD,
    story: Sequence[Page] = STORY,
    request: StoryRequest = REQUEST,
) -> Run:
    """A run that is DONE, with its files in the store."""
    run = fold(finished_history(store, tts, story, request))
    assert run is not None
    return run


def finished_history(
    store: FileArtifactStore,
    tts: TtsConfig | None = READ_ALOUD,
    story: Sequence[Page] = STORY,
    request: StoryRequest = REQUEST,
) -> list[Event]:
    """The events of such a run."""
    events: list[Event] = []
    for new in _history(store, tts, story, request, events):
        events += new
    return events


def _history(
    store: FileArtifactStore,
    tts: TtsConfig | None,
    story: Sequence[Page],
    request: StoryRequest,
    events: list[Event],
) -> Iterator[list[Event]]:
    engine = EngineInfo("double")
    yield request_run(None, request, 7, tts)
    yield start_stage(fold(events), WRITING, 1, worker="test", engine=engine)
    for page in story:
        yield write_page(fold(events), 1, page)
    yield complete_stage(fold(events), WRITING, 1)
    readings = [narration_of(page) for page in PAGES] if tts is not None else []
    for work in [*(picture_of(page) for page in PAGES), *readings]:
        yield start_stage(fold(events), work, 1, worker="test", engine=engine)
        yield complete_stage(fold(events), work, 1, _artifact(store, work, story))


def _artifact(store: FileArtifactStore, work: Work, story: Sequence[Page]) -> Artifact:
    content = png(0xFF886644 + 40 * (work.page or 0)) if work.stage.is_picture else wav()
    name = artifact_name(work)
    path = Path(store.location(RUN, name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    if work.stage.is_picture:
        return Artifact(name, "image/png", len(content), digest, width=64, height=64)
    segments = segments_of(story[work.page or 0])
    return Artifact(name, "audio/wav", len(content), digest, seconds=0.5, segments=segments)
