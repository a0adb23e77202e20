"""A benchmark that is killed takes along what it has started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parent.parent
SECONDS = 60.0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads /proc")
def test_a_benchmark_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither a process, of those that measure and those that are measured, nor a file."""
    command = [sys.executable, "-m", "bench.get_run"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environ) as benchmark:
        deadline = time.monotonic() + SECONDS
        started: list[psutil.Process] = []
        while len(started) < 4 and time.monotonic() < deadline:  # tracker, worker, two servers
            time.sleep(0.02)
            started = psutil.Process(benchmark.pid).children(recursive=True)
        benchmark.kill()
    _, alive = psutil.wait_procs(started, SECONDS)
    for process in alive:
        process.kill()
    assert len(started) >= 4
    assert alive == []
    assert list(tmp_path.iterdir()) == []
