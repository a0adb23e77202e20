"""Makes pictures and voices small enough to be carried inside one file.

A watercolour of 1024 × 1024 pixels is some 2 MB as PNG and 0.2 MB as WebP; twenty seconds of voice
are 0.9 MB as WAV and 0.1 MB as MP3. What cannot be made smaller is carried as it is.
"""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import anyio.to_thread

from storybook.book import Artifact, RunId
from storybook.run import Run
from storybook.stores.artifacts import ArtifactStore, read_whole
from storybook.stores.integrity import check_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Made = TypeVar("Made")
Small = tuple[str, bytes]
"""A media type and bytes."""
Encode = Callable[[bytes], Awaitable[Small]]
"""Makes a picture or a reading small."""

PICTURE_QUALITY: Final = 88
"""Of 100: the grain and soft edges of a watercolour stay, at a tenth of the PNG."""
MP3_RATES: Final = frozenset(
    {8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000}
)
"""Samples a second that MP3 knows."""
_VOICE_COMPRESSION: Final = 0.5
"""From 0 to 1 as libsndfile counts: some 50 kilobits a second of voice, as many as it needs. (With
a constant rate it writes no header that says how long the recording is and where it begins.)"""


def small_picture(png: bytes) -> Small:
    """A picture as media type and bytes."""
    import skia  # type: ignore[import-not-found]  # skia-python has no stubs

    image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(png))
    encoded = image and image.encodeToData(skia.kWEBP, PICTURE_QUALITY)
    return ("image/webp", bytes(encoded)) if encoded else ("image/png", png)


def small_audio(wav: bytes) -> Small:
    """A reading as media type and bytes. What has a rate that MP3 does not know gets the next
    higher one, or the highest."""
    import soundfile  # type: ignore[import-untyped]  # it has no type information

    samples, rate = soundfile.read(io.BytesIO(wav), dtype="int16")
    if "MP3" not in soundfile.available_formats():
        return "audio/wav", wav
    samples, rate = _resampled(samples, rate)
    mp3 = io.BytesIO()
    soundfile.write(
        mp3,
        samples,
        rate,
        format="MP3",
        bitrate_mode="VARIABLE",
        compression_level=_VOICE_COMPRESSION,
    )
    return "audio/mpeg", mp3.getvalue()


def _resampled(samples: NDArray[np.int16], rate: int) -> tuple[NDArray[np.int16], int]:
    if rate in MP3_RATES:
        return samples, rate
    import numpy as np

    known = min((it for it in MP3_RATES if it > rate), default=max(MP3_RATES))
    count = round(len(samples) * known / rate)
    moments = np.arange(count) * (rate / known)
    made = np.interp(moments, np.arange(len(samples)), samples)
    return made.astype(np.int16), known


def data_uri(media_type: str, content: bytes) -> str:
    """Content as a URI that carries it."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


async def picture_in_thread(png: bytes) -> Small:
    """`small_picture`. Its thread holds the GIL for the third of a second that a picture takes."""
    return await anyio.to_thread.run_sync(small_picture, png)


async def audio_in_thread(wav: bytes) -> Small:
    """`small_audio`, which lets go of the GIL."""
    return await anyio.to_thread.run_sync(small_audio, wav)


def files_in(run: Run, added: str = "") -> Iterator[Artifact]:
    """What a book's page carries: its pictures, and its voice in its own language or an added
    one."""
    for work in run.plan:
        file = run.artifact(work)
        if file is not None and (work.stage.is_picture or work.language == added):
            yield file


async def of_each(
    artifacts: Iterable[Artifact], make: Callable[[Artifact], Awaitable[Made]]
) -> dict[str, Made]:
    """What is made of each by its name, several at once. Raises the first error there is."""
    errors: list[Exception] = []
    made: dict[str, Made] = {}

    async def one(artifact: Artifact) -> None:
        try:
            made[artifact.name] = await make(artifact)
        except Exception as error:
            errors.append(error)
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for artifact in artifacts:
            tasks.start_soon(one, artifact)
    if errors:
        raise errors[0]
    return made


class SmallMedia:
    """Artifacts as a book carries them, each made small once however often it is asked for.

    Each call raises `NoSuchArtifact`, `CannotRead` or `DamagedArtifact`."""

    def __init__(
        self,
        store: ArtifactStore,
        picture: Encode = picture_in_thread,
        audio: Encode = audio_in_thread,
    ) -> None:
        self._store, self._picture, self._audio = store, picture, audio
        self._made: dict[tuple[str, str], Small] = {}
        self._turns: defaultdict[tuple[str, str], anyio.Lock] = defaultdict(anyio.Lock)

    async def whole(self, run_id: RunId, artifact: Artifact) -> bytes:
        """An artifact as it was made: PNG or WAV."""
        content = await read_whole(self._store, run_id, artifact.name)
        check_bytes(artifact, content)
        return content

    async def small(self, run_id: RunId, artifact: Artifact) -> Small:
        """An artifact as media type and bytes: WebP or MP3, where that can be made of it."""
        key = artifact.name, artifact.sha256
        async with self._turns[key]:
            if key not in self._made:
                encode = self._picture if artifact.width else self._audio
                self._made[key] = await encode(await self.whole(run_id, artifact))
            return self._made[key]

    async def uri(self, run_id: RunId, artifact: Artifact) -> str:
        """A small artifact as a URI that carries it."""
        return data_uri(*await self.small(run_id, artifact))
