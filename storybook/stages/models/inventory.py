"""What is there: of each model of the index, and of others that engines would take.

Quick: sizes are looked at and digests recalled from the ledger. A digest that is not remembered is
computed only when that is asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from storybook.stages.models.index import KnownModel, ModelFile, ModelIndex
from storybook.stages.models.ledger import Ledger
from storybook.stages.narrator.kokoro.folder import NETWORK
from storybook.stages.narrator.supertonic.folder import CONFIGURATION
from storybook.stages.writer.llama.files import OLDER_PLACE

PART: Final = ".part"
"""After the name of a file that has not come whole."""
WHISPER_MARK: Final = "model.bin"

Digest = Callable[[Path], str]
"""Computes, or recalls, the digest of a file; empty if it is not to be computed."""


class State(enum.StrEnum):
    """How a file stands, the worst last; a model stands as its worst file."""

    VERIFIED = "verified"
    """Its digest is the one that it is to have."""
    THERE = "there"
    """It has the right size; its digest was not looked at, or none is known."""
    PARTIAL = "partial"
    """A download has begun and not ended."""
    MISSING = "missing"
    DIFFERENT = "different"
    """Another size or digest than the index's: another version, or damaged."""


class Piece(msgspec.Struct, frozen=True):
    """A file of a model as it is found. `size` is in bytes, of the part if it is `PARTIAL`;
    `expected` is the digest that it is to have, `sha256` the one that it has, where known."""

    path: Path
    state: State
    size: int
    sha256: str
    expected: str


class Holding(msgspec.Struct, frozen=True):
    """A model of the index as it is found. `whole` are the bytes that it has when all are there, as
    far as is known."""

    model: KnownModel
    place: Path
    pieces: tuple[Piece, ...]
    whole: int

    @property
    def state(self) -> State:
        if all(it.state is State.MISSING for it in self.pieces):
            return State.MISSING
        worst = max((it.state for it in self.pieces), key=list(State).index)
        return State.PARTIAL if worst is State.MISSING else worst

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return sum(it.size for it in self.pieces)

    @property
    def missing(self) -> int:
        """How many files are not there, or not whole."""
        return sum(it.state in (State.MISSING, State.PARTIAL) for it in self.pieces)


class Stray(msgspec.Struct, frozen=True):
    """A model that is no part of the index, or lies elsewhere. `same_as` is the model whose
    file this is, by its digest."""

    engine: str
    place: Path
    size: int
    sha256: str
    same_as: str


def holdings(index: ModelIndex, models: Path, ledger: Ledger, digest: Digest) -> list[Holding]:
    """Each model of the index. Raises `OSError`."""
    return [_held(model, models, ledger, digest) for model in index.models]


def _held(model: KnownModel, models: Path, ledger: Ledger, digest: Digest) -> Holding:
    files = _files_of(model, models)
    pieces = tuple(examine(model.path(models, it), it, ledger, digest) for it in files)
    return Holding(model, model.place(models), pieces, sum(it.size for it in files))


def _files_of(model: KnownModel, models: Path) -> tuple[ModelFile, ...]:
    """Those by which it is to be whole: the packages' where all of them are there."""
    packaged = model.packaged
    is_packaged = packaged and all(model.path(models, it).is_file() for it in packaged)
    return packaged if is_packaged else model.files


def examine(path: Path, file: ModelFile, ledger: Ledger, digest: Digest) -> Piece:
    """One file of a model."""
    expected = file.sha256 or ledger.came_with(path)
    if not path.is_file():
        part = part_of(path)
        if not part.is_file():
            return Piece(path, State.MISSING, 0, "", expected)
        return Piece(path, State.PARTIAL, part.stat().st_size, "", expected)
    size = path.stat().st_size
    if size == 0 or (file.size and size != file.size):
        return Piece(path, State.DIFFERENT, size, ledger.recall(path), expected)
    found = digest(path)
    state = State.THERE
    if found and expected:
        state = State.VERIFIED if found == expected else State.DIFFERENT
    return Piece(path, state, size, found, expected)


def part_of(path: Path) -> Path:
    """Where a file is while it comes."""
    return path.with_name(path.name + PART)


def strays(index: ModelIndex, data: Path, models: Path, digest: Digest) -> list[Stray]:
    """Models outside the index: in the models folder, and where older set-ups keep theirs."""
    known = {it.place(models) for it in index.models}
    by_digest = {file.sha256: it.name for it in index.models for file in it.files if file.sha256}
    found = []
    for engine, place in _candidates(data, models):
        if place in known:
            continue
        sha256 = digest(place) if place.is_file() else ""
        found.append(Stray(engine, place, _size(place), sha256, by_digest.get(sha256, "")))
    return found


def _candidates(data: Path, models: Path) -> Iterator[tuple[str, Path]]:
    yield from (("llama", it) for it in sorted(models.glob("*.gguf")))
    older = dict.fromkeys(it.absolute() for it in (OLDER_PLACE, data.parent / OLDER_PLACE))
    yield from (("llama", it) for it in older if it.is_file())
    folders = [it for it in sorted(models.glob("*")) if it.is_dir()]
    for folder in [Path("supertonic").absolute(), *folders]:
        if (folder / CONFIGURATION).is_file():
            yield "supertonic", folder
        elif (folder / WHISPER_MARK).is_file():
            yield "whisper", folder
        elif (folder / NETWORK).is_file():
            yield "kokoro", folder


def _size(place: Path) -> int:
    if place.is_file():
        return place.stat().st_size
    return sum(it.stat().st_size for it in place.rglob("*") if it.is_file())
