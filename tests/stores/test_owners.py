"""Owners of work: whether they still run."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from storybook.stores.owners import Owner, is_gone, new_owner, parse_owner
from storybook.system import process_start

HERE = Owner("house", "boot-1", 100, "5000", 1)


def changed(**fields: object) -> str:
    return str(msgspec.structs.replace(HERE, **fields))


def started(pid: int) -> str | None:
    """Process 200 was started at 6000, and 300 cannot be looked at; there is no other one."""
    return {200: "6000", 300: ""}.get(pid)


@pytest.mark.parametrize(
    ("owner", "gone"),
    [
        (changed(number=2), False),
        (changed(pid=200, start="6000"), False),
        (changed(pid=200, start="5999"), True),
        (changed(pid=201), True),
        (changed(pid=300), False),
        (changed(boot="boot-0"), True),
        (changed(boot="", pid=100), False),
        (changed(host="shed", pid=201), False),
        ("house/100/1a2b3c4d", False),
        ("anybody", False),
    ],
    ids=[
        "another worker of this process",
        "a process that runs",
        "a process id that came again",
        "a process that has ended",
        "a process that tells nothing",
        "before the machine was restarted",
        "a system that does not tell its start",
        "another machine",
        "a worker of an earlier version",
        "any other name",
    ],
)
def test_who_is_known_to_be_gone(owner: str, gone: bool) -> None:
    """Where nothing is known the lease decides."""
    assert is_gone(owner, HERE, started) is gone


def test_an_owner_is_known_by_its_name() -> None:
    """Whatever the host is called."""
    owner = msgspec.structs.replace(HERE, host="a/b")
    assert parse_owner(str(owner)) == msgspec.structs.replace(HERE, host="a_b")
    assert new_owner() != new_owner()


def test_a_real_process_is_there_until_it_has_ended() -> None:
    """Also while nobody has taken its exit status."""
    here = new_owner()
    assert not is_gone(str(here), here)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        start = process_start(process.pid)
        assert start
        owner = str(msgspec.structs.replace(here, pid=process.pid, start=start))
        assert not is_gone(owner, here)
        process.kill()
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # and leave it unreaped
            assert is_gone(owner, here)
        process.wait()
        assert is_gone(owner, here)
