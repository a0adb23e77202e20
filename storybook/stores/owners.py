"""Who owns work in hand, by a name that tells whether its process still runs.

The name stands in each lease, and in each `StageStarted` as its worker. On the machine of an owner
it is known at once when its process has ended; of one elsewhere only its lease tells.
"""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Callable

import msgspec

from storybook.system import boot_id, process_start


class Owner(msgspec.Struct, frozen=True):
    """A worker: the machine and its start, the process and its start (ids come again), and which
    worker of that process it is."""

    host: str
    boot: str
    pid: int
    start: str
    number: int = 0

    def __str__(self) -> str:
        words = (self.host, self.boot, str(self.pid), self.start, str(self.number))
        return "/".join(word.replace("/", "_") for word in words)


_numbers = itertools.count(1)


def new_owner() -> Owner:
    """A worker of this process that no other one is."""
    pid = os.getpid()
    start = process_start(pid) or ""
    return Owner(socket.gethostname(), boot_id(), pid, start, next(_numbers))


def parse_owner(name: str) -> Owner | None:
    """The owner that is named so; None for a name of another kind (an earlier version's)."""
    words = name.split("/")
    if len(words) != len(Owner.__struct_fields__):
        return None
    host, boot, pid, start, number = words
    if not (pid.isdecimal() and number.isdecimal()):
        return None
    return Owner(host, boot, int(pid), start, int(number))


def is_gone(name: str, here: Owner, start_of: Callable[[int], str | None] = process_start) -> bool:
    """Whether an owner is known to work no more: its process has ended, or its machine was started
    again since. `start_of` tells when a process of this machine was started.

    Of a process on another machine nothing is known: there the lease decides.
    """
    owner, this = parse_owner(name), parse_owner(str(here))
    if owner is None or this is None or owner.host != this.host:
        return False
    if owner.boot != this.boot:
        return bool(owner.boot and this.boot)
    if owner.pid == this.pid and owner.start == this.start:
        return False
    start = start_of(owner.pid)
    if start is None:
        return True
    return bool(start and owner.start) and start.replace("/", "_") != owner.start
