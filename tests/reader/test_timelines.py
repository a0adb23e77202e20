"""The page and the command line tell the same of a run's log."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from itertools import groupby

import pytest

from storybook.cli.timeline import Chapter, chapters, waited, worked
from storybook.events.log import Recorded
from storybook.http.log_entries import log_entry
from storybook.http.responses import to_json
from tests.reader.test_modules import READER, needs_node
from tests.recorded_folder import RECORDED

NOW = 1_900_000_000_000_000
"""After all that was recorded, in microseconds since 1970."""
TELL = """
import { attemptsOf, chaptersOf, waitedSeconds, workedSeconds } from "./behind/timeline.js";
const [runs, now] = JSON.parse(await new Response(process.stdin).text());
const told = (it) => [
  it.position, it.stage, it.page, it.attempt, it.outcome, it.error, it.engine?.name ?? null,
  waitedSeconds(it, now), workedSeconds(it, now),
];
console.log(JSON.stringify(runs.map((run) => chaptersOf(run).map(
  (it) => ({ edition: it.edition, events: it.entries.length, attempts: attemptsOf(it).map(told) }),
))));
"""


def recorded_runs() -> list[list[Recorded]]:
    """The events of each run that an earlier version has recorded."""
    columns = "position, run_id, version, type, schema, recorded_at, data, digest"
    sql = f"SELECT {columns} FROM events ORDER BY run_id, version"
    with closing(sqlite3.connect(f"file:{RECORDED / 'log.db'}?immutable=1", uri=True)) as db:
        rows = [Recorded(*row) for row in db.execute(sql)]
    return [list(run) for _, run in groupby(rows, key=lambda it: it.run_id)]


def told(chapter: Chapter) -> dict[str, object]:
    attempts = [
        (
            *(position, it.stage, it.page, it.attempt, it.outcome, it.error),
            *(it.engine.name if it.engine else None, waited(it, NOW), worked(it, NOW)),
        )
        for position, it in chapter.attempts.items()
    ]
    return {
        "edition": chapter.edition,
        "events": len(chapter.events),
        "attempts": attempts,
    }


@needs_node
def test_the_page_tells_of_a_log_what_the_command_line_tells() -> None:
    """Of runs that were done, failed, cancelled, retried, and killed in the middle."""
    runs = recorded_runs()
    entries = [[json.loads(to_json(log_entry(it))) for it in run] for run in runs]
    node = shutil.which("node")
    assert node is not None
    ran = subprocess.run(
        [node, "--input-type=module", "-e", TELL],
        input=json.dumps([entries, NOW / 1000]),
        cwd=READER,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    expected = [[told(it) for it in chapters(run)] for run in runs]
    assert len(expected) > 10
    assert found == _rounded(json.loads(to_json(expected)))


def _rounded(value: object) -> object:
    """Numbers to the millisecond: a browser's numbers hold no microseconds since 1970."""
    match value:
        case dict():
            return {key: _rounded(it) for key, it in value.items()}
        case list():
            return [_rounded(it) for it in value]
        case float():
            return pytest.approx(value, abs=0.001)
    return value
