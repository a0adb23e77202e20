"""What it costs a request to be let in by a token: `python -m bench.tokens`.

Three ways (`Authorization: Bearer`, the cookie of a session, a signed link), each the last of many
tokens, against the same request where there are none.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, median_of, print_figures
from storybook.access import Access, Caller, Recorded, Tokens, TokenScope
from storybook.book import RunId
from storybook.clock import MICROSECONDS
from storybook.http.authorization import SESSION_COOKIE, Gate

TOKENS: Final = 100
REQUESTS: Final = 20_000
RUN: Final = RunId("5" * 32)
NOW: Final = 1_790_000_000 * MICROSECONDS
REACH_MICROSECONDS: Final = 50.0


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Medians of what each way takes longer, in microseconds a request."""
    recorded, secret = _many_tokens()
    gate = Gate(_access(recorded), lambda: NOW)
    tokens, caller = Tokens(recorded), Caller("family-99", TokenScope.READ)
    until = NOW + 3_600 * MICROSECONDS
    session, link = tokens.sign(caller, until), tokens.sign(caller, until, RUN)
    ways = {
        "bearer": _request((b"authorization", f"Bearer {secret}".encode())),
        "session": _request((b"cookie", f"{SESSION_COOKIE}={session}".encode())),
        "link": _request(query=f"sig={link}".encode()),
    }
    open_gate, plain = Gate(_access([]), lambda: NOW), _request()
    requests = effort.of(REQUESTS)

    def costs(scope: dict[str, Any]) -> float:
        return _microseconds(gate, scope, requests) - _microseconds(open_gate, plain, requests)

    return [
        Figure(
            f"a token, by {way}",
            median_of(partial(costs, scope), effort.repetitions),
            "µs",
            REACH_MICROSECONDS,
            "≤",
            f"the last of {TOKENS}",
        )
        for way, scope in ways.items()
    ]


def _many_tokens() -> tuple[Recorded, str]:
    """So many tokens, and the secret of the last."""
    tokens, recorded, secret = Tokens(), [], ""
    for number in range(TOKENS):
        secret, added = tokens.add(f"family-{number}", TokenScope.READ, None, NOW)
        recorded.append((NOW, added))
    return recorded, secret


def _access(recorded: Recorded) -> Access:
    access = Access(lambda: recorded)
    access.refresh()
    return access


def _request(*headers: tuple[bytes, bytes], query: bytes = b"") -> dict[str, Any]:
    """A GET of a run's state, as an ASGI scope."""
    return {
        "type": "http",
        "method": "GET",
        "path": f"/api/runs/{RUN}",
        "query_string": query,
        "client": ("127.0.0.1", 4711),
        "headers": [(b"host", b"localhost"), (b"accept", b"*/*"), *headers],
    }


def _microseconds(gate: Gate, scope: dict[str, Any], requests: int) -> float:
    scopes = [dict(scope) for _ in range(requests)]  # what is found out stands in a scope
    began = time.perf_counter()
    for each in scopes:
        gate.admit(each)  # type: ignore[arg-type]  # a dict with all that is looked at
    return (time.perf_counter() - began) * 1e6 / requests


if __name__ == "__main__":
    print_figures(measured(measure))
