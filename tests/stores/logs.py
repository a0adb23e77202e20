"""The stores that the tests of the embedded log use."""

from __future__ import annotations

import itertools
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import verify_log


class SqliteStore(msgspec.Struct, frozen=True):
    """A log in a file; its clock counts from 1."""

    path: Path

    def open(self) -> AbstractAsyncContextManager[SqliteLog]:
        ticks = itertools.count(1)
        return SqliteLog.open(self.path, clock=lambda: next(ticks))

    def follow(self) -> AbstractAsyncContextManager[SqliteLog]:
        return SqliteLog.read_only(self.path)

    def faults(self) -> list[str]:
        return [str(fault) for fault in verify_log(self.path)]
