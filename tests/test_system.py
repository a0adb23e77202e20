"""What differs between operating systems does the same on each."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

import storybook.system
from storybook.system import (
    STOP_SIGNALS,
    AlreadyLocked,
    Doorbell,
    DoorbellRinger,
    LockFile,
    available_memory,
    is_locked,
    on_stop_signals,
    shielded_start,
    sync_file,
    sync_folder,
)

sockets_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no datagram sockets in the file system"
)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a short name: a socket's path has at most about 100 characters."""
    with tempfile.TemporaryDirectory(prefix="bell") as folder:
        yield Path(folder)


def rung(bell: Doorbell) -> bool:
    return bool(select.select([bell.fileno()], [], [], 0)[0])


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    """The second is refused and told the text; after the release it is free and empty."""
    lock = LockFile(tmp_path / "lock")
    lock.write("first, and longer")
    lock.write("me")
    with pytest.raises(AlreadyLocked) as refused:
        LockFile(tmp_path / "lock")
    assert refused.value.text == "me"
    lock.release()
    again = LockFile(tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == ""
    again.release()


def test_looking_at_a_lock_tells_whether_it_is_held(tmp_path: Path) -> None:
    """Whatever its text says, and without taking it from anybody."""
    with pytest.raises(FileNotFoundError):
        is_locked(tmp_path / "lock")
    (tmp_path / "lock").write_text("left behind", "utf-8")
    assert not is_locked(tmp_path / "lock")
    lock = LockFile(tmp_path / "lock")
    assert is_locked(tmp_path / "lock")
    lock.release()
    assert not is_locked(tmp_path / "lock")


def test_a_look_does_not_keep_a_starting_process_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who finds the lock taken for an instant tries again."""
    looker = LockFile(tmp_path / "lock")
    monkeypatch.setattr("storybook.system.time.sleep", lambda seconds: looker.release())
    LockFile(tmp_path / "lock").release()


@sockets_only
def test_a_doorbell_rings(short_folder: Path) -> None:
    """Every bell in the folder is rung, also one put up later, until it is taken down."""
    ringer = DoorbellRinger(short_folder)
    ringer.ring()
    first = Doorbell(short_folder)
    ringer.ring()
    assert rung(first)
    first.clear()
    assert not rung(first)
    os.utime(short_folder, ns=(1, 1))  # whatever the clock's grain, the folder has changed
    second = Doorbell(short_folder)
    ringer.ring()
    assert rung(first)
    assert rung(second)
    first.close()
    ringer.ring()
    second.close()
    ringer.close()
    assert list(short_folder.iterdir()) == []


@sockets_only
def test_a_dead_bell_is_taken_down(short_folder: Path) -> None:
    """The socket of a process that was killed is removed at the next ring."""
    script = "from storybook.system import *; b = Doorbell(Path(sys.argv[1])); os._exit(0)"
    subprocess.run([sys.executable, "-c", script, short_folder], check=True)
    assert len(list(short_folder.iterdir())) == 1
    ringer = DoorbellRinger(short_folder)
    ringer.ring()
    ringer.close()
    assert list(short_folder.iterdir()) == []


@sockets_only
def test_a_full_bell_is_rung_often_enough(short_folder: Path) -> None:
    """Ringing never blocks, however long nobody listens."""
    bell, ringer = Doorbell(short_folder), DoorbellRinger(short_folder)
    for _ in range(2_000):
        ringer.ring()
    bell.clear()
    assert not rung(bell)
    bell.close()
    ringer.close()


@sockets_only
def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    """Where no doorbell can be put up, an OSError says so."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    with pytest.raises(OSError, match="too long"):
        Doorbell(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="sockets are no files there")
def test_more_files_may_be_open() -> None:
    """The limit is raised as far as wanted or possible, never lowered, and what it is, is told."""
    script = """
import resource
from storybook.system import allow_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300))
for wanted in (200, 150, 300, 5_000):
    print(allow_open_files(wanted), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
    told = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE)
    assert told.stdout.decode().splitlines() == ["200 200", "200 200", "300 300", "300 300"]


def test_files_and_folders_are_synced(tmp_path: Path) -> None:
    """Both calls take what they are given and return."""
    with (tmp_path / "file").open("wb") as file:
        file.write(b"content")
        file.flush()
        sync_file(file.fileno())
    sync_folder(tmp_path)


def test_memory_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there in all says nothing of what a program can have."""
    monkeypatch.setattr(Path, "read_text", Mock(side_effect=FileNotFoundError))
    assert available_memory() is None


def test_a_server_is_stopped_by_at_least_ctrl_c() -> None:
    """SIGINT is among the signals that stop a server, on every system."""
    assert STOP_SIGNALS[0].name == "SIGINT"
    assert len(STOP_SIGNALS) >= 2


def test_signals_that_stop_are_told_and_do_nothing_else() -> None:
    """One that is ignored, as under `nohup`, stays ignored."""
    told: list[int] = []
    ignored = STOP_SIGNALS[-1]
    before = signal.signal(ignored, signal.SIG_IGN)
    try:
        with on_stop_signals(told.append):
            signal.raise_signal(STOP_SIGNALS[0])
            signal.raise_signal(STOP_SIGNALS[1])
            signal.raise_signal(ignored)
    finally:
        signal.signal(ignored, before)
    assert len(told) == len(STOP_SIGNALS[:2]) - (ignored in STOP_SIGNALS[:2])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals to processes")
def test_a_shielded_process_heeds_no_signal_that_stops() -> None:
    """From its first moment on, before any line of it has run."""
    with shielded_start():
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for number in STOP_SIGNALS:
        process.send_signal(number)
    process.communicate(b"\n", timeout=30)
    assert process.returncode == 0
    for number in STOP_SIGNALS:  # and here they come again
        assert number not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_what_differs_between_systems_stands_in_one_place() -> None:
    """No other file of the package asks which system it runs on."""
    package = Path(storybook.system.__file__).parent
    for path in package.rglob("*.py"):
        if path.name != "system.py":
            text = path.read_text(encoding="utf-8")
            assert "sys.platform" not in text and "os.name" not in text, path


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is done there")
def test_a_process_gives_way() -> None:
    """Its niceness rises, and that of nobody else."""
    code = "import os; from storybook.system import give_way; a = os.nice(0); give_way(); "
    done = subprocess.run(
        [sys.executable, "-c", code + "print(os.nice(0) > a or a == 19)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"
