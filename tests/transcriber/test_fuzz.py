"""Whatever bytes come: the guard and the decoder answer or refuse, and never take long.

The examples are decoded in the tests' own process, where a fault
in C would end the tests; in the service it ends a process that is there for that.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.engines import InvalidAudio
from storybook.stages.transcriber import decoder
from storybook.stages.transcriber.audio import decode
from storybook.stages.transcriber.container import Container, is_cut_off, sniff, tells_its_length
from storybook.stages.transcriber.decoder import DecoderDied
from tests.fuzzing import BOUNDED
from tests.transcriber.recordings import FORMATS, recorded

BOUND_SECONDS = 2.0  # of the processor: a busy machine takes longer
MOST_BYTES = round((decoder.MAX_SECONDS + 2 * decoder.GRACE_SECONDS) * decoder.RATE * 2)

Change = tuple[str, float, bytes]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "insert", "cut out", "cut off", "repeat"]),
        st.floats(0, 1),
        st.binary(min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=6,
)


def changed(recording: bytes, changes: list[Change]) -> bytes:
    """A recording, damaged."""
    for how, where, what in changes:
        at = round(where * len(recording))
        match how:
            case "put":
                recording = recording[:at] + what + recording[at + len(what) :]
            case "insert":
                recording = recording[:at] + what + recording[at:]
            case "cut out":
                recording = recording[:at] + recording[at + 16 * what[0] :]
            case "cut off":
                recording = recording[: at or 1]
            case _:
                recording = recording[:at] + recording[max(0, at - 200) : at] * 5 + recording[at:]
    return recording


def judged(recording: bytes, container: Container) -> None:
    """What a recording comes to: sound within bounds, or a fault that says something."""
    started = time.process_time()
    is_cut_off(recording, container)
    tells_its_length(recording, container)
    try:
        sound, held, _ = decoder.decode(recording, container.value)
    except DecoderDied as fault:
        assert fault.kind in ("broken", "empty", "codec", "too_long")
        assert fault.message
    else:
        assert 0 < len(sound) <= MOST_BYTES
        assert len(sound) / 2 / decoder.RATE == pytest.approx(held, abs=0.1)
    assert time.process_time() - started < BOUND_SECONDS


@pytest.mark.slow
@BOUNDED
@given(st.sampled_from(sorted(FORMATS)), CHANGES)
def test_damaged_recordings(name: str, changes: list[Change]) -> None:
    """Bytes changed, put in, taken out, doubled, cut off, in every container."""
    recording = changed(recorded(name, 0.3), changes)
    container = sniff(recording)
    if container is not None:
        judged(recording, container)


@BOUNDED
@given(st.sampled_from(list(Container)), st.binary(max_size=2_000))
def test_nonsense(container: Container, content: bytes) -> None:
    """Random bytes, given to each demuxer as if its signature had been there."""
    sniff(content)
    judged(content, container)


@settings(BOUNDED, max_examples=10)
@pytest.mark.slow  # each recording through a decoder of its own
@given(
    st.sampled_from([b"RIFF\x00\x00\x00\x00WAVE", b"OggS", b"fLaC", b"ID3", b"\x1a\x45\xdf\xa3"]),
    st.binary(max_size=500),
)
@pytest.mark.anyio
async def test_nonsense_through_the_whole_guard(head: bytes, content: bytes) -> None:
    """The process too: it ends, and it is a refusal that the client gets."""
    try:
        clip = await decode("whisper", head + content)
    except InvalidAudio as refusal:
        assert str(refusal)
    else:
        assert clip.seconds > 0
