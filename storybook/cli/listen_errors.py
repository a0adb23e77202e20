"""Why nothing can listen at an address, and what to do about it: the host's fault or the port's."""

from __future__ import annotations

import errno
import socket
from typing import Final

import msgspec

_UNKNOWN_NAMES: Final = {
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_FAIL", "EAI_AGAIN", "EAI_ADDRFAMILY")
    if hasattr(socket, name)
}
_NAME_A_HOST: Final = "set [server] host or --host; 127.0.0.1 is this machine only"


class ListenProblem(msgspec.Struct, frozen=True):
    """`part` is `host` or `port`, whichever is wrong."""

    part: str
    why: str
    mend: str


def explain(host: str, error: OSError | UnicodeError) -> ListenProblem:
    """What an error says that came of listening at a host."""
    if isinstance(error, UnicodeError) or error.errno in _UNKNOWN_NAMES:
        return ListenProblem("host", f"no machine is called {host!r}", _NAME_A_HOST)
    if error.errno == errno.EADDRNOTAVAIL:
        return ListenProblem("host", f"{host} is no address of this machine", _NAME_A_HOST)
    if error.errno == errno.EADDRINUSE:
        mend = "stop it, or name another port: `storybook serve --port`"
        return ListenProblem("port", "something else listens there", mend)
    if error.errno == errno.EACCES:
        mend = "name a port from 1024: `storybook serve --port`"
        return ListenProblem("port", "this user may not listen there", mend)
    why = error.strerror or str(error)
    return ListenProblem("port", why, "name another port: `storybook serve --port`")
