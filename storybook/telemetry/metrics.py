"""The metrics of one service, as Prometheus reads them: every name, and where it is counted.

Each service has a registry of its own. Names follow the Prometheus conventions: base units,
`_total` for what only grows. Labels are few and bounded: no run, no caller, nothing that a person
wrote.
"""

from __future__ import annotations

import platform
from typing import Final

import msgspec
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder

from storybook import __version__
from storybook.book import Stage
from storybook.clock import MICROSECONDS
from storybook.telemetry.attempts import Ended, EndedAttempt, RunOver, StageLoad

_REQUEST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_APPEND_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
_GROUP_EVENTS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_WORK_SECONDS: Final = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800)


class Snapshot(msgspec.Struct, frozen=True):
    """What is so when somebody looks: how many streams are open, how far each subscription is
    behind the log, what there is of each stage, and the bytes that are free and that the log has.
    `now` is the time of day in microseconds since 1970."""

    now: int
    streams: int
    lags: dict[str, int]
    loads: dict[Stage, StageLoad]
    open_runs: int
    parked_runs: int
    free_bytes: int
    log_bytes: int


class Metrics:
    """All of them. What is counted is told by its method; what stands, when they are written."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        build = Info("storybook_build", "Which storybook runs.", registry=registry)
        build.info({"version": __version__, "python": platform.python_version()})
        self._requests = Histogram(
            "storybook_http_request_duration_seconds",
            "Requests, and the time until the head of their answer, by the template of their path.",
            ["method", "route", "status"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self._of_requests: dict[tuple[str, str, int], Histogram] = {}
        self._streams = Gauge(
            "storybook_open_streams", "Event streams that are open.", registry=registry
        )
        self._append_seconds = Histogram(
            "storybook_append_duration_seconds",
            "Appends to the log that were recorded, and the time until that was answered.",
            buckets=_APPEND_SECONDS,
            registry=registry,
        )
        self._append_failures = Counter(
            "storybook_append_failures_total",
            "Appends that the log did not take, or nobody knows of; conflicts are none.",
            registry=registry,
        )
        self._batches = Histogram(
            "storybook_append_batch_events",
            "Events that were committed together.",
            buckets=_GROUP_EVENTS,
            registry=registry,
        )
        self._lag = Gauge(
            "storybook_subscription_lag_events",
            "Events of the log that a subscription has not taken yet.",
            ["subscription"],
            registry=registry,
        )
        self._make_those_of_work(registry)
        self._free = Gauge(
            "storybook_disk_free_bytes", "Free where the data folder lies.", registry=registry
        )
        self._log_size = Gauge(
            "storybook_log_size_bytes",
            "The log, and what waits beside it.",
            registry=registry,
        )

    def _make_those_of_work(self, registry: CollectorRegistry) -> None:
        self._queue = Gauge(
            "storybook_queue_attempts",
            "Attempts that wait for their turn, a moment, or an engine.",
            ["stage"],
            registry=registry,
        )
        self._oldest = Gauge(
            "storybook_queue_oldest_seconds",
            "For how long the first of them might have begun.",
            ["stage"],
            registry=registry,
        )
        self._in_hand = Gauge(
            "storybook_attempts_in_hand", "Attempts in hand.", ["stage"], registry=registry
        )
        self._waited = Histogram(
            "storybook_attempt_wait_seconds",
            "How long attempts waited that have ended.",
            ["role"],
            buckets=_WORK_SECONDS,
            registry=registry,
        )
        self._worked = Histogram(
            "storybook_attempt_duration_seconds",
            "Attempts that have ended, and how long they were in hand.",
            ["role", "engine", "outcome"],
            buckets=_WORK_SECONDS,
            registry=registry,
        )
        self._failures = Counter(
            "storybook_attempt_failures_total",
            "Attempts that failed, by what went wrong.",
            ["role", "kind"],
            registry=registry,
        )
        self._runs = Counter(
            "storybook_runs_ended_total", "Runs that have ended.", ["status"], registry=registry
        )
        self._open_runs = Gauge(
            "storybook_open_runs", "Runs that have not ended.", registry=registry
        )
        self._parked_runs = Gauge(
            "storybook_parked_runs", "Runs that cannot be read any further.", registry=registry
        )

    # --------------------------------------------------------------------------- what passes

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is the template of its path."""
        key = method, route, status
        found = self._of_requests.get(key)
        if found is None:
            found = self._of_requests[key] = self._requests.labels(method, route, str(status))
        found.observe(seconds)

    def appended(self, seconds: float) -> None:
        """An append was recorded, and answered after so long."""
        self._append_seconds.observe(seconds)

    def append_failed(self) -> None:
        """An append was not recorded, or nobody knows."""
        self._append_failures.inc()

    def committed(self, events: int) -> None:
        """So many events were committed together."""
        self._batches.observe(events)

    def ended(self, it: Ended) -> None:
        """An attempt or a run has ended."""
        match it:
            case RunOver(status=status):
                self._runs.labels(status).inc()
            case EndedAttempt():
                self._waited.labels(it.role).observe(it.waited)
                self._worked.labels(it.role, it.engine, it.outcome).observe(it.worked)
                if it.outcome == "failed":
                    self._failures.labels(it.role, it.fault).inc()

    # --------------------------------------------------------------------------- what is read

    def written(self, accept: str, snapshot: Snapshot) -> tuple[bytes, str]:
        """Everything as text, and its media type: the format that `accept` asks for."""
        self._take(snapshot)
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def _take(self, it: Snapshot) -> None:
        self._streams.set(it.streams)
        self._open_runs.set(it.open_runs)
        self._parked_runs.set(it.parked_runs)
        self._free.set(it.free_bytes)
        self._log_size.set(it.log_bytes)
        for name, lag in it.lags.items():
            self._lag.labels(name).set(lag)
        for stage in Stage:
            load = it.loads.get(stage, StageLoad())
            since = it.now if load.waiting_since is None else load.waiting_since
            self._queue.labels(stage.value).set(load.waiting)
            self._oldest.labels(stage.value).set(max(it.now - since, 0) / MICROSECONDS)
            self._in_hand.labels(stage.value).set(load.in_hand)
