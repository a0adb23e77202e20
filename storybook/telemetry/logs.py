"""How log records are written: as lines for people, or as lines of JSON for programs.

Every module speaks to `logging`; members that have a name are a record's `extra`. structlog does
the writing, and adds what is bound to a request (its id). Above the level `debug` an exception
tells its type and where it was raised, and not its message, which may quote what a child wrote.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import structlog
from structlog.types import EventDict, ExcInfo, Processor, WrappedLogger

ROOT: Final = "storybook"
"""The logger of this package. Others warn only: what they say at `info` may have addresses with
secrets in them."""


def start_logging(level: int, *, as_json: bool) -> None:
    """Write records of this package from `level` on, and warnings of others, to stderr."""
    handler = _Stderr()
    handler.setFormatter(_formatter(as_json, shows_messages=level <= logging.DEBUG))
    root = logging.getLogger()
    root.handlers[:] = [*(it for it in root.handlers if not isinstance(it, _Stderr)), handler]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger(ROOT).setLevel(level)


class _Stderr(logging.Handler):
    """Writes to what stderr is at the moment: while a live table is drawn, that is above it."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):  # it is full, or closed: no reason to stop
            print(self.format(record), file=sys.stderr, flush=True)


def _formatter(as_json: bool, shows_messages: bool) -> logging.Formatter:
    exception = structlog.processors.ExceptionRenderer(
        _whole if shows_messages else _without_messages
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=as_json),
        exception,
    ]
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _tidy, renderer],
    )


def _tidy(logger: WrappedLogger, name: str, members: EventDict) -> EventDict:
    """Without members that say nothing."""
    return {key: it for key, it in members.items() if it not in (None, "")}


def _whole(exc_info: ExcInfo) -> str:
    return "".join(traceback.format_exception(*exc_info)).rstrip()


def _without_messages(exc_info: ExcInfo) -> str:
    return "".join(_told(exc_info[1])).rstrip()


def _told(error: BaseException) -> Iterator[str]:
    """An exception and what led to it: where, and of which types. What the system says is no text
    of a child."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
        yield "which led to\n"
    yield from traceback.format_tb(error.__traceback__)
    message = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{message}\n"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _told(each)


def bind_to_request(**members: Any) -> None:
    """Have all lines of the request that is in hand in this task name these."""
    structlog.contextvars.bind_contextvars(**members)
