"""A data folder of an earlier version opens, folds to the same bytes, and verifies, for ever."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

import storybook.request
from storybook.events.log import START, Recorded
from storybook.http.run_state import encode_progress, encode_state
from storybook.projections.progress import ProgressFold
from storybook.run import fold
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import head_of, verify_log

pytestmark = pytest.mark.anyio
RECORDED: Final = Path(__file__).parent / "recorded" / "v2.0"
EXPECTED: Final = msgspec.json.decode((RECORDED / "expected.json").read_bytes())


@pytest.fixture(params=["today's defaults", "other defaults"], autouse=True)
def defaults(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What new requests get by default has no say in what is recorded."""
    if request.param == "other defaults":
        monkeypatch.setattr(storybook.request, "DEFAULT_PAGE_COUNT", 7)
        monkeypatch.setattr(storybook.request, "DEFAULT_LANGUAGE", "fr")
        monkeypatch.setattr(storybook.request, "DEFAULT_VOICE", "F5")
        monkeypatch.setattr(storybook.request, "DEFAULT_SPEED", 2.0)
        monkeypatch.setattr(storybook.request, "DEFAULT_PAUSE_MS", 1)


@pytest.fixture
async def rows(tmp_path: Path) -> list[Recorded]:
    """Every row of the log, read from a copy of the folder."""
    shutil.copy(RECORDED / "log.db", tmp_path)
    async with SqliteLog.read_only(tmp_path / "log.db") as log:
        return await log.read(START, 10_000)


def by_run(rows: list[Recorded]) -> dict[str, list[Recorded]]:
    runs: dict[str, list[Recorded]] = {}
    for row in rows:
        runs.setdefault(row.run_id, []).append(row)
    return runs


def v21(state: bytes) -> bytes:
    """The members of a state that version 2.1 had, as it wrote them; later ones follow `error`."""
    members: dict[str, Any] = msgspec.json.decode(state)
    names = ("status", "stage", "ready_max_page", "ready_max_audio_page", "pages", "error")
    assert tuple(members)[: len(names)] == names
    return msgspec.json.encode({name: members[name] for name in names})


async def test_the_rows_are_what_they_were(rows: list[Recorded]) -> None:
    """Position, run, version, type, schema, time, data and digest of every event."""
    digest = hashlib.sha256()
    for it in rows:
        columns = (it.position, it.run_id, it.version, it.type, it.schema, it.recorded_at)
        digest.update(repr((*columns, it.data, it.digest)).encode())
    assert (len(rows), digest.hexdigest()) == (EXPECTED["events"], EXPECTED["rows_sha256"])


async def test_every_state_folds_to_the_same_bytes(rows: list[Recorded]) -> None:
    """After every event of every run, not only at the end."""
    for run_id, events in by_run(rows).items():
        digest, state = hashlib.sha256(), b""
        for count, it in enumerate(events, start=1):
            run = fold(each.event for each in events[:count])
            assert run is not None
            state = v21(encode_state(it.run_id, run))
            digest.update(b"%d:%s\n" % (it.position, state))
        expected = EXPECTED["runs"][run_id]
        assert state.decode() == expected["state"]
        assert digest.hexdigest() == expected["states_sha256"], expected["about"]


async def test_every_progress_message_has_its_bytes_and_its_id(rows: list[Recorded]) -> None:
    """A client that comes back years later is told the same."""
    for run_id, events in by_run(rows).items():
        progress = ProgressFold()
        told = [(it.position, progress.feed(it)) for it in events]
        messages = [[at, encode_progress(said).decode()] for at, said in told if said is not None]
        assert messages == EXPECTED["runs"][run_id]["progress"]


def test_the_log_verifies(tmp_path: Path) -> None:
    """File, schema and digest chain; its head is the one that was noted down."""
    shutil.copy(RECORDED / "log.db", tmp_path)
    assert list(verify_log(tmp_path / "log.db")) == []
    assert str(head_of(tmp_path / "log.db")) == EXPECTED["head"]
