"""What every test may use, and what is said of those that were left out."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator

import pytest


def pytest_configure() -> None:
    """Whoever is started in the background is told to ignore what a terminal sends, and tells its
    children so; the tests send just that."""
    for name, usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True)
def untouched_logging() -> Iterator[None]:
    """A command sets up the logging of its process, which here is that of all tests."""
    _reset_logging()  # a fixture of the module may have run one
    yield
    _reset_logging()


def _reset_logging() -> None:
    root, ours = logging.getLogger(), logging.getLogger("storybook")
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.NOTSET)
    for handler in list(root.handlers):
        if type(handler).__module__.startswith("storybook."):
            root.removeHandler(handler)


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio, as its server does."""
    return "asyncio"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nothing is left out silently: one line for each test, with its reason."""
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"left out: {report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where everything is installed, a test that was left out is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    left_out = bool(reporter and reporter.getreports("skipped"))
    if os.environ.get("CI") and left_out and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
