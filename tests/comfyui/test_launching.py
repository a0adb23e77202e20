"""A configured command starts ComfyUI when it does not answer, and what was started is stopped."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from pathlib import Path

import anyio
import anyio.lowlevel
import httpx
import pytest

from storybook.engines import EngineUnavailable
from storybook.stages.illustrator.comfyui.launcher import Launcher, LaunchFailed
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from tests.comfyui.double import ComfyDouble
from tests.comfyui.studio import Studio

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
QUICK = ComfyTiming(look_again=0.01, start=20, stop=5)


def command(*words: str) -> str:
    return shlex.join((sys.executable, *words))


class Sign:
    """Answers when something is in a file, which the launched process writes."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ready"

    async def answers(self) -> bool:
        return self.file.exists() and self.file.stat().st_size > 0


def process_of(file: Path) -> int:
    """The process id that a launched process wrote."""
    return int(file.read_text())


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # where there is one, it tells the dead that none has buried
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


async def test_what_answers_is_not_started(tmp_path: Path) -> None:
    """Somebody else has started it."""
    sign = Sign(tmp_path)
    sign.file.write_text("0")
    launcher = Launcher(command("-c", "raise SystemExit"), str(tmp_path), QUICK)
    await launcher.ensure(sign.answers)
    assert not launcher.is_running


async def test_what_does_not_answer_is_started_in_its_folder_once(tmp_path: Path) -> None:
    """However many pictures wait for it."""
    code = "import os,time; open('ready','a').write(f'{os.getpid()} '); time.sleep(60)"
    launcher, sign = Launcher(command("-c", code), str(tmp_path), QUICK), Sign(tmp_path)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(launcher.ensure, sign.answers)
    assert launcher.is_running
    (pid,) = sign.file.read_text().split()
    await launcher.stop()
    assert not is_alive(int(pid)) and not launcher.is_running


async def test_a_process_that_dies_fails_at_once_with_its_last_lines(tmp_path: Path) -> None:
    """Nobody waits for what cannot come."""
    code = "print('\\n'.join(f'line {n}' for n in range(50))); raise SystemExit('no such device')"
    launcher = Launcher(command("-c", code), str(tmp_path), QUICK)
    with anyio.fail_after(30), pytest.raises(LaunchFailed) as failure:
        await launcher.ensure(Sign(tmp_path).answers)
    assert "status 1" in str(failure.value)
    assert "no such device" in str(failure.value) and "line 49" in str(failure.value)
    assert "line 9\n" not in str(failure.value)


async def test_one_that_dies_since_another_has_the_port_does_not_matter(tmp_path: Path) -> None:
    """The other was only slow to answer."""
    launcher = Launcher(command("-c", "raise SystemExit('port in use')"), str(tmp_path), QUICK)

    asked = 0

    async def answers() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1 and not launcher.is_running

    await launcher.ensure(answers)
    assert asked > 1
    await launcher.stop()


async def test_a_process_that_never_answers_is_stopped(tmp_path: Path) -> None:
    """After the longest time that a start may take."""
    timing = ComfyTiming(look_again=0.01, start=0.3, stop=5)
    launcher = Launcher(command("-c", "import time; time.sleep(60)"), str(tmp_path), timing)
    with pytest.raises(LaunchFailed, match="did not answer within"):
        await launcher.ensure(Sign(tmp_path).answers)
    assert not launcher.is_running


async def test_a_chatty_process_is_not_held_up(tmp_path: Path) -> None:
    """More output than a pipe holds, before it answers."""
    code = "print('x' * 2_000_000); open('ready','w').write('1'); import time; time.sleep(60)"
    launcher, sign = Launcher(command("-c", code), str(tmp_path), QUICK), Sign(tmp_path)
    await launcher.ensure(sign.answers)
    await launcher.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups like these")
async def test_the_children_of_a_script_stop_with_it(tmp_path: Path) -> None:
    """Many start ComfyUI by a shell script."""
    code = "import os,time; open('ready','w').write(str(os.getpid())); time.sleep(60)"
    script = tmp_path / "run.sh"
    script.write_text(f"{command('-c', code)} &\nwait\n")
    launcher, sign = Launcher("sh run.sh", str(tmp_path), QUICK), Sign(tmp_path)
    await launcher.ensure(sign.answers)
    while not sign.file.read_text():
        await anyio.lowlevel.checkpoint()
    await launcher.stop()
    with anyio.fail_after(30):
        while is_alive(process_of(sign.file)):  # noqa: ASYNC110 - a signal takes its moment
            await anyio.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes at once")
async def test_one_that_does_not_want_to_stop_is_killed(tmp_path: Path) -> None:
    """After a moment."""
    code = (
        "import os,signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "open('ready','w').write('1'); time.sleep(60)"
    )
    timing = ComfyTiming(look_again=0.01, start=20, stop=0.1)
    launcher, sign = Launcher(command("-c", code), str(tmp_path), timing), Sign(tmp_path)
    await launcher.ensure(sign.answers)
    with anyio.fail_after(30):
        await launcher.stop()
    assert not launcher.is_running


def test_what_cannot_be_started_is_said_before(tmp_path: Path) -> None:
    """No such folder, no such program, no program at all."""
    assert "no folder" in Launcher("python", str(tmp_path / "absent"), QUICK).fault()
    assert "'no-such-program'" in Launcher("no-such-program", str(tmp_path), QUICK).fault()
    assert Launcher("", str(tmp_path), QUICK).fault()
    assert Launcher(command(), str(tmp_path), QUICK).fault() == ""


# --------------------------------------------------------------------------------- by the engine


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        port: int = it.getsockname()[1]
        return port


def launching(*words: str, port: int) -> Studio:
    url = f"http://127.0.0.1:{port}"
    return Studio(urls=(url,), launch=command(*words), launch_folder=str(ROOT))


async def test_a_picture_starts_comfyui_and_closing_stops_it() -> None:
    """It is ready without being started, paints, and is gone after `aclose`."""
    port = free_port()
    studio = launching("-m", "tests.comfyui.double", str(port), port=port)
    try:
        assert (await studio.engine.readiness()).ready
        await studio.paint()
        await studio.paint()
    finally:
        await studio.engine.aclose()
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://127.0.0.1:{port}/queue")


@pytest.mark.slow
async def test_a_dead_worker_of_ours_is_restarted(tmp_path: Path) -> None:
    """Nobody else would do it."""
    port = free_port()
    words = ("-m", "tests.comfyui.double", str(port), str(tmp_path / "died"))
    studio = launching(*words, port=port)
    try:
        await studio.paint()
    finally:
        await studio.engine.aclose()
    assert len(studio.submissions) == 2


async def test_a_command_that_fails_is_told_with_its_mend() -> None:
    """The last lines, and what to correct."""
    port = free_port()
    studio = launching("-c", "raise SystemExit('CUDA not found')", port=port)
    with pytest.raises(EngineUnavailable, match="CUDA not found") as failure:
        await studio.paint()
    assert "`launch`" in failure.value.mend
    await studio.engine.aclose()


async def test_a_command_that_is_wrong_is_not_ready() -> None:
    """It is said before a book is begun."""
    studio = Studio(urls=("http://127.0.0.1:1",), launch="no-such-program")
    readiness = await studio.engine.readiness()
    assert not readiness.ready and "no-such-program" in readiness.why


async def test_a_comfyui_of_somebody_elses_is_not_stopped() -> None:
    """It answered, so it was not launched."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double, launch=command("-c", "raise SystemExit"))
        await studio.paint()
        await studio.engine.aclose()
        await studio.paint()
