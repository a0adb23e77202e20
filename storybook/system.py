"""All that differs between Linux, macOS and Windows, and nothing else.

- What reaches the disk: `sync_file`, `sync_folder`, `SYNC_STOPS_AT_THE_DRIVE`.
- Who may read: `is_open_to_others`.
- Who may write: `LockFile`, held by one process, readable by all; `is_locked`.
- Who is told: `Doorbell` and `DoorbellRinger`, notifications between processes by datagram.
- What stops it: `STOP_SIGNALS`, `on_stop_signals`; and what starts without
  heeding it: `shielded_start`, `start_shielded`.
- Which process it is: `boot_id`, `process_start`.
- Which command line starts it: `command_line`, `to_type`; and ends it: `end_process`.
- What the machine has: `usable_cores`, `give_way`, `available_memory`, `allow_open_files`,
  `c_library`.
"""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import itertools
import multiprocessing.process
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from types import FrameType
from typing import Final

if sys.platform == "win32":
    import msvcrt

    STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGBREAK)
    """What asks a server to stop: Ctrl-C, and Ctrl-Break or a closed console."""
else:
    import fcntl
    import resource

    STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    """What asks a server to stop: Ctrl-C, the service manager, and a terminal that is closed."""

_LOCKED_BYTE: Final = 1 << 30
"""Windows locks are mandatory: lock a byte far after the text, so that others can read it."""


SYNC_STOPS_AT_THE_DRIVE: Final = sys.platform == "darwin"
"""Whether fsync leaves data in the drive's cache (man 2 fsync), and more is to be asked."""


def sync_file(descriptor: int) -> None:
    """Make a file's content survive a power cut."""
    if sys.platform == "darwin":
        # fsync stops at the drive's cache there (man 2 fsync).
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder (a file just created or renamed) survive a power cut.

    Windows cannot open a folder for this; NTFS journals its names by itself.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_file(descriptor)
    finally:
        os.close(descriptor)


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this machine may do anything with a file or folder; Windows has other
    permissions, which are not looked at."""
    return sys.platform != "win32" and path.stat().st_mode & 0o077 != 0


def command_line(command: str) -> tuple[str, str | list[str]]:
    """The program in a command line as for a shell, and what `subprocess` takes of the whole.

    Windows programs split their command lines themselves, and have backslashes in paths.
    """
    is_windows = sys.platform == "win32"
    words = shlex.split(command, posix=not is_windows)
    program = words[0].strip('"') if words else ""
    return program, command if is_windows else words


def to_type(words: list[str]) -> str:
    """A command as a person types it into the shell of this system."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def end_process(process: subprocess.Popen[str], *, gently: bool) -> None:
    """Tell a process to stop, or end it; on POSIX the children of its session with it."""
    if sys.platform == "win32":
        if process.poll() is None:
            process.terminate()
        return
    # Once nothing of it is left, Linux says the one and macOS the other.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM if gently else signal.SIGKILL)


@contextlib.contextmanager
def on_stop_signals(told: Callable[[int], None]) -> Iterator[None]:
    """Call `told` with the number of each signal that asks to stop, instead of what that does by
    itself. It is called in the main thread between two bytecodes; a signal that is ignored
    (`nohup`) stays so."""

    def handle(number: int, frame: FrameType | None) -> None:
        told(number)

    before = {
        number: signal.signal(number, handle)
        for number in STOP_SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def shielded_start() -> Iterator[None]:
    """What is started in here by the calling thread does not take the signals that ask to stop.

    A closed terminal and a service manager send them to every process of a server; what is to stop,
    and when, is decided in one of them, which ends the others. They are blocked rather than
    ignored: a new process inherits that, also for the moment before its own code runs.
    """
    if sys.platform == "win32":
        yield  # Ctrl-C is for the console, which a worker ignores itself
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def start_shielded(process: multiprocessing.process.BaseProcess) -> None:
    """The same for a process of multiprocessing's."""
    if sys.platform != "win32":
        with shielded_start():
            resource_tracker.ensure_running()  # its start undoes the shield of what follows it
    with shielded_start():
        process.start()


def boot_id() -> str:
    """Names the time since this machine was started; empty where the system does not tell."""
    try:
        if sys.platform == "darwin":
            return _asked("sysctl", "-n", "kern.bootsessionuuid")
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def process_start(pid: int) -> str | None:
    """When a process of this machine was started, in the system's own words: with the process id it
    names one process for ever, since ids come again. None if there is no such process, or only its
    exit status is left; empty where the system does not tell."""
    try:
        if sys.platform == "linux":
            # Its name, in brackets, may hold anything; 20 fields further comes the start, in ticks.
            fields = (
                Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            )
            return None if fields[0] in "ZX" else fields[19]
        if sys.platform == "win32":
            return _started_on_windows(pid)
        return _asked("ps", "-o", "lstart=", "-p", str(pid)) or None
    except (FileNotFoundError, ProcessLookupError, subprocess.CalledProcessError):
        return None
    except (OSError, subprocess.SubprocessError):
        return ""


def _asked(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    return answer.stdout.strip()


def _started_on_windows(pid: int) -> str | None:
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]  # Windows
    limited_information, still_active = 0x1000, 259
    process = kernel.OpenProcess(limited_information, False, pid)
    if not process:
        access_denied = 5
        return "" if ctypes.get_last_error() == access_denied else None  # type: ignore[attr-defined]
    try:
        status, times = ctypes.c_ulong(), [ctypes.c_ulonglong() for _ in range(4)]
        kernel.GetExitCodeProcess(process, ctypes.byref(status))
        kernel.GetProcessTimes(process, *map(ctypes.byref, times))
        return str(times[0].value) if status.value == still_active else None
    finally:
        kernel.CloseHandle(process)


def usable_cores() -> int:
    """How many cores this process may use; macOS and Windows only tell how many there are."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def give_way() -> None:
    """Let other processes have the processor before this one, for good; nothing on Windows."""
    if sys.platform != "win32":
        os.nice(10)


def available_memory() -> int | None:
    """Bytes that a program can have without swapping; None where the system does not tell, as
    macOS and Windows do not."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1_024
    except OSError:
        pass
    return None


def allow_open_files(wanted: int) -> int:
    """Let this process have so many files and sockets open, or as many as it may; returns how many
    that are. Never lowers the limit."""
    if sys.platform == "win32":
        return wanted  # sockets are no files there, and handles are not limited by number
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return wanted
    if allowed >= wanted:
        return allowed
    aim = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    # macOS names no limit, and has one all the same.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (aim, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def c_library() -> ctypes.CDLL:
    """The C library that is loaded already."""
    return ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)


LOCK_TRIES: Final = 3
LOCK_RETRY_SECONDS: Final = 0.005
"""Whoever looks by `is_locked` holds a free lock for microseconds, and must not make a process
that is just starting believe that it is taken."""


class AlreadyLocked(Exception):
    """Another process, or another `LockFile` of this one, holds the lock. `text` is its content."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(f"{path} is held by another process")
        self.path, self.text = path, text


class LockFile:
    """A lock that one process holds until it lets go or dies, with a text that anybody can read.

    The file stays when the lock is released (removing it would race with the next holder); its
    text is emptied then, but is left behind by a holder that was killed.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock; raises `AlreadyLocked`."""
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        for _ in range(LOCK_TRIES):
            if _try_lock(self._descriptor):
                return
            time.sleep(LOCK_RETRY_SECONDS)
        os.close(self._descriptor)
        raise AlreadyLocked(path, path.read_text("utf-8"))

    def write(self, text: str) -> None:
        """Replace the text that others read."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, text.encode())

    def release(self) -> None:
        """Let go of the lock; the operating system does it for a process that dies."""
        self.write("")
        _unlock(self._descriptor)
        os.close(self._descriptor)


def is_locked(path: Path) -> bool:
    """Whether a process holds a `LockFile` now, whatever its text says. Raises FileNotFoundError.

    Only the lock can tell: a killed holder's text stays, and its process id comes again.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if not _try_lock(descriptor, shared=True):
            return True
        _unlock(descriptor)
        return False
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock if it is free; a shared one goes beside other shared ones, on POSIX only."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            # flock, not lockf: a lockf lock is lost when the process closes any other descriptor
            # of the same file, such as one that just read it.
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(descriptor: int) -> None:
    if sys.platform == "win32":
        # Windows would do it after the close, but says not when.
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_serial = itertools.count()


class Doorbell:
    """A datagram socket in a folder, which other processes ring. `fileno` is for the event loop.

    Raises OSError where there are no such sockets (Windows) or the path is too long for one
    (about 100 characters): a caller goes on without, by looking from time to time.
    """

    _path: Path
    _socket: socket.socket

    def __init__(self, folder: Path) -> None:
        if sys.platform == "win32":
            raise OSError("no datagram sockets in the file system")
        folder.mkdir(exist_ok=True)
        self._path = folder / f"{os.getpid()}-{next(_serial)}"
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.bind(str(self._path))
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def clear(self) -> None:
        """Take all that has been rung since the last time."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(1)

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)


class DoorbellRinger:
    """Rings every doorbell in a folder. Never blocks and never fails: it is a hint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen_at = -1
        self._bells: list[Path] = []
        self._socket: socket.socket | None = None
        if sys.platform != "win32":
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    def ring(self) -> None:
        if self._socket is None:
            return
        self._look()
        for bell in self._bells:
            try:
                self._socket.sendto(b"\n", str(bell))
            except (ConnectionRefusedError, FileNotFoundError):
                bell.unlink(missing_ok=True)  # its process was killed
            except OSError:
                pass  # its buffer is full: it has been rung often enough

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _look(self) -> None:
        """List the folder again only when it has changed: a stat costs a fifth of a listing."""
        try:
            changed_at = self._folder.stat().st_mtime_ns
            if changed_at != self._seen_at:
                self._bells = list(self._folder.iterdir())
                self._seen_at = changed_at
        except OSError:
            return  # nobody listens yet, or this process has no file descriptor left to look with


def is_loopback(host: str) -> bool:
    """Whether an address, or localhost, is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
