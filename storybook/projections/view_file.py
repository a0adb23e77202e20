"""Where the views are kept while a process serves: in their file, or in memory.

Views are expendable. Where their file cannot be kept (a full disk, a folder that is only read) they
are in memory, and the file is tried again from time to time. A file that is lost while it is used
(damaged, deleted, replaced) is made anew, whoever meets the loss.
"""

from __future__ import annotations

import logging
import math
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import anyio
from anyio import CapacityLimiter, to_thread

from storybook.notifier import Notifier
from storybook.projections import views
from storybook.projections.projection import Projection
from storybook.projections.views import ForeignFile, InMemory
from storybook.stores.remains import write_anew

ROW_WAIT_MS: Final = 100
"""How long the event loop may stand for a row that is not in memory while another process commits;
a commit of a rebuild takes a few milliseconds."""
FILE_AGAIN_SECONDS: Final = 60.0
"""How long views stay in memory before their file is tried again."""
MOST_IN_MEMORY_BYTES: Final = 512 * 1024 * 1024
"""A file up to this size goes on in memory when it can no longer be written: the views of some
70,000 books. A larger one stays as it is until it can be."""

_log = logging.getLogger(__name__)


class ViewFile:
    """Three connections to the views, wherever those are: `db` writes, `rows_db` is the event
    loop's, and `reads_db` is for longer reads, so that none waits for another.

    `writing` and `reading` are held by whoever uses `db` or `reads_db` in a thread: while both are,
    the connections may be changed. With `keep` false the file is only read, once, at the opening.
    `restart` is called when other tables have come in the place of those that were lost or left:
    the projector goes on from what they have. `changed` notifies after that, and of a loss.
    """

    where: Path | InMemory
    db: sqlite3.Connection
    rows_db: sqlite3.Connection
    reads_db: sqlite3.Connection

    def __init__(
        self,
        path: Path,
        projections: Sequence[Projection],
        *,
        keep: bool,
        restart: Callable[[], None],
    ) -> None:
        self._path, self._projections, self._keep = path, projections, keep
        self._restart = restart
        self.writing, self.reading = CapacityLimiter(1), CapacityLimiter(1)
        self.is_lost = False
        """Whether the file is lost, and there is no new one yet."""
        self.changed = Notifier()

    # ------------------------------------------------------------------------- opening, closing

    async def open(self) -> None:
        """Connect to the file, or to memory where there can be none."""
        self._connect(*await to_thread.run_sync(self._opened))

    async def close(self) -> None:
        """Let go of the views."""
        async with self.reading, self.writing:
            await to_thread.run_sync(self._close)

    def _opened(self) -> tuple[sqlite3.Connection, Path | InMemory]:
        if self._keep:
            try:
                views.remove_unfinished(self._path)
                return views.open_views(self._path, self._projections), self._path
            except (sqlite3.Error, OSError) as error:
                if not views.may_pass(error):
                    raise
                self._warn_of_memory(error)
        return self._in_memory()

    def _remade(self) -> tuple[sqlite3.Connection, Path | InMemory]:
        """An empty file, or memory where there can be none."""
        try:
            return views.remake(self._path, self._projections), self._path
        except (sqlite3.Error, OSError) as error:
            self._warn_of_memory(error)
        return self._in_memory()

    def _in_memory(self) -> tuple[sqlite3.Connection, InMemory]:
        memory = InMemory()
        return views.open_in_memory(memory, self._path, self._projections), memory

    def _warn_of_memory(self, error: Exception) -> None:
        _log.warning(
            "%s cannot be kept (%s): the views are in memory, and the file is tried again every "
            "%g s. Make room on its disk, or let this user write it",
            *(self._path, error, FILE_AGAIN_SECONDS),
        )

    def _connect(self, db: sqlite3.Connection, where: Path | InMemory) -> None:
        self.db, self.where = db, where
        self.rows_db = views.connect(where, wait_ms=ROW_WAIT_MS, read_only=True)
        self.reads_db = views.connect(where, read_only=True)

    def _disconnect(self) -> None:
        for db in (self.rows_db, self.reads_db, self.db):
            db.close()

    def _close(self) -> None:
        self.rows_db.close()
        self.reads_db.close()
        with suppress(sqlite3.Error):  # not clean, then: the next opening looks closer
            views.close_clean(self.db)
        self.db.close()

    async def write_anew(self) -> None:
        """Leave nothing in the file of rows that were moved or removed. Raises `sqlite3.Error`."""
        if not isinstance(self.where, Path):
            return
        async with self.reading, self.writing:
            await to_thread.run_sync(write_anew, self.db)

    # -------------------------------------------------------------------------- what goes wrong

    def is_loss(self, error: Exception) -> bool:
        """Whether an error says that the file is lost."""
        if not isinstance(self.where, Path):
            return False
        is_gone = views.may_pass(error) and not self.where.exists()
        return isinstance(error, ForeignFile) or views.is_damage(error) or is_gone

    def may_pass(self, error: Exception) -> bool:
        """Whether somebody may mend this: it is the file's fault, and memory is not full."""
        is_of_file = views.may_pass(error) or views.is_busy(error) or self.is_loss(error)
        return is_of_file and isinstance(self.where, Path)

    def can_be_left(self, error: Exception) -> bool:
        """Whether the views may go on in memory after this."""
        if not (isinstance(self.where, Path) and views.may_pass(error)):
            return False
        return self.where.stat().st_size <= MOST_IN_MEMORY_BYTES

    def lose(self, error: Exception) -> None:
        """Have the file made anew; for whoever meets the loss, on the event loop."""
        if not self.is_lost:
            _log.warning("%s is lost (%s); it is made anew", self.where, error)
            self.is_lost = True
            self.changed.notify()

    async def leave(self, error: Exception) -> None:
        """Go on in memory, from what the file has."""
        self._warn_of_memory(error)
        async with self.reading, self.writing:
            opened = await to_thread.run_sync(self._in_memory)
            self._disconnect()
            self._connect(*opened)
            self._restart()
        self.changed.notify()

    # --------------------------------------------------------------------------------- the care

    async def care(self) -> None:
        """Make a lost file anew, and leave memory for a file when that is possible again."""
        while True:
            changed = self.changed.next
            if self.is_lost:
                await self._recover()
            with anyio.move_on_after(FILE_AGAIN_SECONDS if self._should_have_file else math.inf):
                await changed.wait()
            if self._should_have_file and not changed.is_set():
                await self._return_to_file()

    @property
    def _should_have_file(self) -> bool:
        return self._keep and isinstance(self.where, InMemory)

    async def _recover(self) -> None:
        # All at once on the event loop, so that nobody meets a closed connection.
        async with self.reading, self.writing:
            self._disconnect()
            self._connect(*self._remade())
            self._restart()
            self.is_lost = False
        self.changed.notify()

    async def _return_to_file(self) -> None:
        async with self.writing:
            try:
                await to_thread.run_sync(views.save, self.db, self._path)
                opened = await to_thread.run_sync(views.open_views, self._path, self._projections)
            except (sqlite3.Error, OSError) as error:
                _log.info("%s cannot be kept yet: %s", self._path, error)
                return
            async with self.reading:
                self._disconnect()
                self._connect(opened, self._path)
        _log.warning("%s is kept again", self._path)
