"""A real `supertonic serve` with a tiny model, for as long as a test needs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_LISTENS: Final = re.compile(r"running on (http://[\w.:]+)")
_START_SECONDS: Final = 60.0


@contextmanager
def supertonic_serve(model: Path) -> Iterator[str]:
    """Start it on a free port; gives its URL. What it complains of is in the error if it ends."""
    command = "from supertonic.cli import main; main()"
    program = subprocess.Popen(
        [sys.executable, "-c", command, "serve", "--port", "0"],
        env=os.environ | {"SUPERTONIC_CACHE_DIR": str(model), "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Ends a start that hangs, so that reading its lines ends too.
    alarm = threading.Timer(_START_SECONDS, program.kill)
    alarm.start()
    with program:
        assert program.stderr
        # Its log is dropped once it listens, or the pipe would fill and stop it.
        rest = threading.Thread(target=program.stderr.read)
        try:
            url = _listening(program.stderr)
            alarm.cancel()
            rest.start()
            yield url
        finally:
            alarm.cancel()
            program.kill()
            if rest.ident:
                rest.join()


def _listening(log: IO[str]) -> str:
    lines = []
    for line in log:
        if found := _LISTENS.search(line):
            return found[1]
        lines.append(line)
    raise RuntimeError(f"supertonic serve did not start:\n{''.join(lines)}")
