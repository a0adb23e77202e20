"""CONTRIBUTING.md lists the files to touch for a new event type; touching these adds one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.test_house import ROOT, tracked

SECTION: Final = (
    (ROOT / "CONTRIBUTING.md")
    .read_text("utf-8")
    .split("## How to add an event\n")[1]
    .split("\n## ")[0]
)
LISTED: Final = [
    link
    for line in SECTION.splitlines()
    if line.startswith("| ")
    for link in re.findall(r"\]\((.+?)\)", line)
]
SENTENCES: Final = next(it for it in LISTED if it.startswith("storybook/cli/"))
SENTENCES_TEST: Final = next(it for it in LISTED if it.startswith("tests/cli/"))
SAMPLE: Final = {"type": "BookRated", "schema": 1, "data": {"type": "BookRated", "stars": 5}}
IS_CHECKED_BY: Final = (
    "tests/events/test_samples.py",
    "tests/test_run.py::test_a_book_is_rated",
    f"{SENTENCES_TEST}::test_every_event_reads_as_a_sentence",
    "tests/test_house_words.py::test_every_event_type_has_its_evolution",
    "tests/test_recorded.py",
)

STRUCT: Final = '''

class BookRated(msgspec.Struct, frozen=True, tag=True):
    """A reader said how much they liked the book: 1 to 5 `stars`."""

    stars: int


Event = Union['''
EVOLUTION: Final = '''

def _book_rated(draft: Draft, event: BookRated) -> None:
    """An opinion changes nothing of the run."""


_EVOLVE: Final'''
DECISION: Final = '''

def rate_book(run: Run | None, stars: int) -> list[Event]:
    """Say how much a finished book was liked."""
    if existing(run).status is not Status.DONE:
        raise Refused("only a book that is done can be rated")
    return [BookRated(stars)]


def forget_run('''
RULE: Final = '''

def test_a_book_is_rated() -> None:
    """Once it is done."""
    from storybook.events.catalog import BookRated
    from storybook.run import rate_book

    run = fold([RunRequested(StoryRequest("미래", "바다", "고래", "우정"), 1), RunCompleted()])
    assert rate_book(run, 5) == [BookRated(5)]
    assert fold([BookRated(5)], run).status is Status.DONE
'''


def replaced(*pairs: tuple[str, str]) -> Callable[[str], str]:
    """An edit that puts a text in another's place, once each."""

    def edit(text: str) -> str:
        for old, new in pairs:
            assert old in text, f"the example no longer fits: {old!r} is not there"
            text = text.replace(old, new, 1)
        return text

    return edit


EDITS: Final[Mapping[str, Callable[[str], str]]] = {
    "storybook/events/catalog.py": replaced(
        ("\n\nEvent = Union[", STRUCT),
        ("    RunRequested,\n", "    RunRequested,\n    BookRated,\n"),
    ),
    "storybook/run/evolution.py": replaced(
        ("import (\n    AbandonReason,", "import (\n    AbandonReason,\n    BookRated,"),
        ("\n\n_EVOLVE: Final", EVOLUTION),
        ("    RunRequested: _", "    BookRated: _book_rated,\n    RunRequested: _"),
    ),
    "storybook/run/decisions.py": replaced(
        ("    ArtifactsPruned,\n", "    ArtifactsPruned,\n    BookRated,\n"),
        ("\n\ndef forget_run(", DECISION),
    ),
    "storybook/run/__init__.py": replaced(
        ("    prune_artifacts,\n", "    prune_artifacts,\n    rate_book,\n"),
        ('    "prune_artifacts",\n', '    "prune_artifacts",\n    "rate_book",\n'),
    ),
    SENTENCES: replaced(
        ("    ArtifactsPruned,\n", "    ArtifactsPruned,\n    BookRated,\n"),
        (
            "        case RunCompleted():",
            "        case BookRated(stars=stars):\n"
            '            return f"the book was given {stars} of 5 stars"\n'
            "        case RunCompleted():",
        ),
    ),
    "tests/events/samples/": lambda _: json.dumps(SAMPLE),
    "tests/test_run.py": lambda text: text + RULE,
    SENTENCES_TEST: replaced(
        ("    ArtifactsPruned,\n", "    ArtifactsPruned,\n    BookRated,\n"),
        (
            "    RunCompleted(),\n    RunFailed",
            "    BookRated(4),\n    RunCompleted(),\n    RunFailed",
        ),
        (
            '    "the book is done",',
            '    "the book was given 4 of 5 stars",\n    "the book is done",',
        ),
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project, to change it."""
    for path in tracked("storybook", "tests", "docs/*.py", "docs/*.md", "migrations", "*.toml"):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return tmp_path


def python(folder: Path, *arguments: str) -> None:
    """Run Python on the copy."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow  # runs tests of a copy of the project
def test_an_event_type_is_added_by_touching_what_is_listed(copy: Path) -> None:
    """Those files, `make docs`, and no other; then every test of events passes, old logs too."""
    assert {*EDITS, "docs/reference.md"} == set(map(_as_listed, LISTED))
    for name, edit in EDITS.items():
        path = copy / name
        if name.endswith("/"):
            path = path / "BookRated.1.json"
        path.write_text(edit(path.read_text("utf-8") if path.exists() else ""), "utf-8")
    python(copy, "-m", "docs.draw")
    assert "`BookRated` | A reader said" in (copy / "docs" / "reference.md").read_text("utf-8")
    python(copy, "-m", "pytest", "-n0", "-q", *IS_CHECKED_BY)


def _as_listed(link: str) -> str:
    return link if Path(link).suffix else f"{link}/"
