"""Retention: the files of old books are removed, and the log says so; the log keeps everything.

The newest runs keep their files, so many of them, as long as they are not too many bytes and not
too old; what was pinned stays, and does not count. What is due is decided by `due`, on what the
views know. Copies of books to be taken along have the bytes that the books leave: they can be made
again, so they go first. Of a book that was changed, the newest editions keep theirs, so many of
them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import accumulate
from typing import Final

import anyio
import msgspec

from storybook.book import RunId
from storybook.clock import MICROSECONDS, Clock, sleep
from storybook.commands import Commands
from storybook.events.catalog import NAMES_OF_ENDINGS
from storybook.events.log import EventLog, LogError, Recorded
from storybook.events.parked import ParkedRuns, RunParked
from storybook.events.subscription import Subscription
from storybook.export.keeping import StoredCopy, kept_copies, stored_copies
from storybook.projections.library import EndedRun, ended_runs
from storybook.projections.projector import Projections, ProjectionsBusy, ProjectionsStopped
from storybook.run import Refused, Run, kept_artifacts, prune_artifacts
from storybook.settings import RetentionSettings
from storybook.stores.artifacts import ArtifactError, ArtifactStore

logger = logging.getLogger(__name__)

DEFAULT_KEEP_RUNS: Final = 100
"""Runs that keep their files where nothing else is set: some 2.5 GB at most."""

LOOK_SECONDS: Final = 3_600
"""How often retention looks without being told that a run has ended: a file may stay an hour too
long."""

AT_ONCE: Final = 16
"""Runs whose files go together: the log commits what it is told of them at once, and whoever pins
a run waits no longer than for these."""

DAY: Final = 86_400 * MICROSECONDS


class Keep(msgspec.Struct, frozen=True):
    """How many runs keep their files, up to how many bytes, for how many days, and of how many of
    their newest editions; 0 is no limit."""

    runs: int = 0
    bytes: int = 0
    days: int = 0
    editions: int = 0


def kept_by(settings: RetentionSettings, *, by_default: bool) -> Keep:
    """What the settings keep. Where they name no number of runs, `by_default` says whether there is
    one: in folders of versions that kept all, nothing goes that nobody has asked to go."""
    runs = settings.keep_runs
    if runs is None:
        runs = DEFAULT_KEEP_RUNS if by_default else 0
    return Keep(runs, settings.keep_bytes, settings.keep_days, settings.keep_editions)


def due(ended: Sequence[EndedRun], keep: Keep, now: int) -> list[RunId]:
    """Of the runs with files, the newest first, those that keep them no longer, the oldest first.
    `now` is in microseconds since 1970."""
    found, size = [], 0
    for number, it in enumerate(ended, start=1):
        size += it.file_bytes
        is_old = keep.days and it.ended_at < now - keep.days * DAY
        if is_old or 0 < keep.runs < number or 0 < keep.bytes < size:
            found.append(it.run_id)
    return found[::-1]


def copies_due(copies: Sequence[StoredCopy], room: int) -> list[StoredCopy]:
    """Of the copies those that do not fit into so many bytes, the oldest first: the newest stay."""
    newest_first = sorted(copies, key=lambda it: (it.put_at, it.run_id, it.name), reverse=True)
    taken = accumulate(it.file_bytes for it in newest_first)
    return [it for it, size in zip(newest_first, taken, strict=True) if size > room][::-1]


def room_for_copies(kept: Iterable[EndedRun], keep: Keep) -> int:
    """The bytes that the books which keep their files leave, of those that `keep` has."""
    return max(0, keep.bytes - sum(it.file_bytes for it in kept))


def outlived(run: Run, editions: int) -> list[str]:
    """The files, by name, that none of so many of a book's newest whole editions has, nor the one
    that may still be made."""
    newest = _whole_editions(run)[-editions:]
    kept = {it.name for edition in (*newest, run) for it in edition.artifacts}
    return [name for name in run.files if name not in kept and name not in run.pruned]


def old_editions(run: Run, keep: Keep) -> range:
    """The numbers of the editions whose files are not kept for their own sake."""
    newest = _whole_editions(run)[-keep.editions :]
    return range(1, newest[0].edition if newest else run.edition)


def _whole_editions(run: Run) -> list[Run]:
    return [*run.editions, run.shown] if run.shown is run else list(run.editions)


def unset_notice(ended: Sequence[EndedRun], settings: RetentionSettings, now: int) -> str:
    """What the default would take in a folder where it does not hold, for people; nothing if it
    would take nothing, or a number is set."""
    would_go = len(due(ended, Keep(DEFAULT_KEEP_RUNS), now))
    if settings.keep_runs is not None or not would_go:
        return ""
    return (
        f"keep_runs of [retention] is not set, so that all books keep their files: "
        f"{DEFAULT_KEEP_RUNS}, which new folders have, would take those of {would_go}"
    )


class Retention:
    """Removes what is no longer kept: when it is started, after each run that ends, and every hour.

    `deciding` is held while the files of a run go: whoever pins one meanwhile is too late, or in
    time.
    """

    def __init__(
        self,
        keep: Keep,
        log: EventLog,
        commands: Commands,
        projections: Projections,
        artifacts: ArtifactStore,
        clock: Clock,
        parked: ParkedRuns,
    ) -> None:
        self.keep = keep
        self._log, self._commands, self._projections = log, commands, projections
        self._artifacts, self._clock, self._parked = artifacts, clock, parked
        self._ended = anyio.Event()
        self._thinned: dict[RunId, int] = {}
        """The newest edition of each book whose old editions' files are gone."""
        self.deciding = anyio.Lock()

    async def run(self) -> None:
        """Remove what is due, whenever there may be something, until cancelled."""
        head = await self._log.head()
        following = Subscription(
            self._log, "retention", self, after=head, parked=self._parked, types=NAMES_OF_ENDINGS
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(following.run)
            while True:
                self._ended = anyio.Event()
                try:
                    await self.prune()
                except (ProjectionsBusy, ProjectionsStopped):  # everybody else hears of it too
                    logger.exception("retention cannot look for old files")
                await self._wait()

    async def handle(self, batch: Sequence[Recorded]) -> None:
        """Runs have ended. The handler of the subscription."""
        await self._projections.reached(batch[-1].position)
        self._ended.set()

    async def _wait(self) -> None:
        async with anyio.create_task_group() as tasks:

            async def an_hour() -> None:
                await sleep(self._clock, LOOK_SECONDS)
                tasks.cancel_scope.cancel()

            tasks.start_soon(an_hour)
            await self._ended.wait()
            tasks.cancel_scope.cancel()

    async def prune(self) -> None:
        """Remove the files that are no longer kept."""
        if self.keep == Keep():
            return
        ended = await self._projections.ask(ended_runs)
        old = due(ended, self.keep, self._clock.now())
        found = [(run_id, 0) for run_id in old]
        kept = [it for it in ended if it.run_id not in set(old)]
        if self.keep.bytes:
            await self._prune_copies(kept)
        if self.keep.editions:
            found += [(it.run_id, it.edition) for it in kept if self._may_be_thinned(it)]
        for start in range(0, len(found), AT_ONCE):
            async with self.deciding, anyio.create_task_group() as tasks:
                for run_id, edition in found[start : start + AT_ONCE]:
                    tasks.start_soon(self._try, run_id, edition)
        if found:
            await self._projections.reached(await self._log.head())

    async def _prune_copies(self, kept: Sequence[EndedRun]) -> None:
        """Remove the copies for which the books that are kept leave no room."""
        found: list[StoredCopy] = []
        for it in kept:
            with _told(it.run_id):
                found += await stored_copies(self._artifacts, it.run_id)
        for copy in copies_due(found, room_for_copies(kept, self.keep)):
            with _told(copy.run_id):
                await self._artifacts.remove(copy.run_id, copy.names)
                logger.info("run %s: %s removed by retention", copy.run_id, copy.name)

    def _may_be_thinned(self, it: EndedRun) -> bool:
        is_known = self._thinned.get(it.run_id) == it.edition
        return it.edition > self.keep.editions and not is_known

    async def _try(self, run_id: RunId, edition: int) -> None:
        """Remove the files of a run, or of its old editions if its newest `edition` is told."""
        with suppress(RunParked), _told(run_id):  # nobody knows what its unread events say
            await self._prune_run(run_id, edition)

    async def _prune_run(self, run_id: RunId, edition: int) -> None:
        """Remove, then record: what is left half done is found and finished the next time."""
        run = await self._commands.load(run_id)
        if run is None or run.is_pinned or not run.status.has_ended:
            return  # since the views were asked: it needs what it has
        names = outlived(run, self.keep.editions) if edition else list(kept_artifacts(run))
        if names:
            copies = await self._copies(run_id, old_editions(run, self.keep) if edition else None)
            await self._artifacts.remove(run_id, [*copies, *names])
            await self._commands.execute(run_id, partial(prune_artifacts, names=names))
            logger.info("run %s: %d files removed by retention", run_id, len(names))
        if edition:
            self._thinned[run_id] = edition

    async def _copies(self, run_id: RunId, editions: range | None) -> list[str]:
        """What is kept of a book to be taken along; with `editions` only of these."""
        return kept_copies(await self._artifacts.names(run_id), editions)


@contextmanager
def _told(run_id: RunId) -> Iterator[None]:
    """What fails is tried again next time; the others go on."""
    try:
        yield
    except (ArtifactError, LogError, Refused):
        logger.exception("run %s: its old files could not be removed", run_id)
