"""`storybook make`, in this process."""

from __future__ import annotations

import json
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import msgspec
import pytest

import storybook.bootstrap
import storybook.cli.book_making
import storybook.cli.make
import tests.cli.doubles
from storybook.book import artifact_name, narration_of, picture_of
from storybook.engines import Painting, PaintingTask, Report
from storybook.events.catalog import Submission
from storybook.export.media import Encode, Small, small_picture
from storybook.settings import Settings
from storybook.stages.registry import Engines
from tests.books import LAST_PAGE, PAGES
from tests.cli.conftest import WORDS, Shell, use_engines
from tests.cli.doubles import Brush, double_engines
from tests.export.finished import STORY

FILES = {artifact_name(work(page)) for page in PAGES for work in (picture_of, narration_of)}


PAGE = ("book.html", "book.html.made")
"""The page to open, and the note of what it was made from."""


@pytest.mark.slow
def test_a_book_lies_in_its_folder_with_the_page_to_open(shell: Shell) -> None:
    """Ten files, `book.html` and its note; the last lines name the folder and the page."""
    result = shell("make", *WORDS)
    assert result.exit_code == 0, result.output
    (folder,) = (shell.data / "outputs").iterdir()
    assert {it.name for it in folder.iterdir()} == {*FILES, *PAGE}
    assert result.stdout.splitlines()[-2].endswith(str(folder))
    assert result.stdout.splitlines()[-1].endswith((folder / "book.html").as_uri())


def test_each_event_is_a_line_where_no_terminal_is(shell: Shell) -> None:
    """The story of the making can be read from a pipe, and its last line is of the same clock."""
    lines = shell("make", *WORDS).stdout.splitlines()
    assert "a book is asked for: 조선시대 · 깊은 숲속 마을 · 토끼, 호랑이 · 우정" in lines[0]
    assert sum(" is written: " in line for line in lines) == len(PAGES)
    (done,) = (line for line in lines if line.endswith("the book is done"))
    assert done.split("  the book")[0].strip() + " after it was asked for" in lines[-4]


def test_json_is_one_object_and_nothing_else(shell: Shell) -> None:
    """For a program that calls it."""
    made = json.loads(shell("make", *WORDS, "--json").stdout)
    assert made["status"] == "DONE"
    assert made["error"] is None
    assert Path(made["book"]) == shell.data / "outputs" / made["run_id"] / "book.html"
    assert 0 < made["seconds"] < 60


def test_options_reach_the_run(shell: Shell) -> None:
    """Seed, voice, speed and age are recorded."""
    shell.make("--seed", "7", "--narrator-voice", "f2", "--speed", "1.5")
    shown = shell.json("show", "latest")
    assert shown["seed"] == 7
    assert (shown["tts"]["narrator_voice"], shown["tts"]["speed"]) == ("F2", 1.5)
    shell.make("--age", "3-4")
    shown = shell.json("show", "latest")
    assert (shown["state"]["age"], shown["tts"]["speed"]) == ("3-4", 0.9)


def test_a_book_without_audio_has_pictures_only(shell: Shell) -> None:
    """`--no-audio`."""
    made = shell.make("--no-audio")
    names = {it.name for it in Path(made["folder"]).iterdir()}
    assert names == {*(artifact_name(picture_of(page)) for page in PAGES), *PAGE}


def test_pages_are_made_ready_for_the_page_to_open_while_others_are_painted(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last picture is painted when the four before it are encoded, and not before."""
    encoded: list[bytes] = []

    async def encode(picture: bytes) -> Small:
        encoded.append(picture)
        return small_picture(picture)

    @asynccontextmanager
    async def encoders() -> AsyncIterator[Encode]:
        yield encode

    class Waiting(Brush):
        async def paint(
            self,
            task: PaintingTask,
            report: Report,
            submitted: Callable[[Submission], Awaitable[None]],
        ) -> Painting:
            if task.page.page == LAST_PAGE:
                with anyio.fail_after(30):
                    while len(encoded) < LAST_PAGE:  # noqa: ASYNC110 - nobody announces it
                        await anyio.sleep(0.005)
            return await super().paint(task, report, submitted)

    async def choose(settings: Settings, data: Path) -> Engines:
        return double_engines(illustrator=Waiting())

    monkeypatch.setattr(storybook.cli.book_making, "picture_processes", encoders)
    monkeypatch.setattr(storybook.bootstrap, "choose_engines", choose)
    made = shell.make("--no-audio")
    assert (made["status"], len(encoded)) == ("DONE", len(PAGES))
    assert Path(made["book"]).read_text("utf-8").count("data:image/webp") == len(PAGES)


def test_missing_words_are_named(shell: Shell) -> None:
    """Where nobody can be asked, a missing word is a usage error."""
    result = shell("make", "--era", "조선시대", "--topic", "우정")
    assert result.exit_code == 2
    assert "--place, --characters" in result.stderr


def test_missing_words_are_asked_for(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal; a blank answer is asked for again."""
    monkeypatch.setattr(storybook.cli.make, "can_ask", lambda: True)
    result = shell("make", *WORDS[:6], "--json", input=" \n용기\n")
    assert "What is it about? (for example 우정):" in result.stderr
    assert result.exit_code == 0, result.output
    assert shell.json("show", "latest")["request"]["topic"] == "용기"


@pytest.mark.parametrize("word", ["", " ", "가" * 201, "종\x07소리"])
def test_a_word_that_cannot_be_used_is_refused(shell: Shell, word: str) -> None:
    """By the same rules as over HTTP, before anything is begun."""
    result = shell("make", *WORDS[:6], "--topic", word)
    assert result.exit_code == 2
    assert "--topic" in result.stderr
    assert not shell.data.exists()


@pytest.mark.slow
def test_a_failed_book_says_why_and_can_be_gone_on_with(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, the reason and the way on; `--resume` makes what is missing and no more."""
    use_engines(monkeypatch, fails_at=3)
    failed = shell("make", *WORDS)
    assert failed.exit_code == 1
    assert "painting page 3: the paint has run out" in failed.stderr
    assert "make --resume" in failed.stderr
    assert failed.stderr.count("the paint has run out") == 1
    assert failed.output.count("WARNING") == 0
    use_engines(monkeypatch)
    made = shell.json("make", "--resume", "latest")
    assert made["status"] == "DONE"
    lines = shell("make", "--resume", "latest").stdout.splitlines()
    (done,) = (line for line in lines if line.endswith("the book is done"))
    assert done.split("  the book")[0].strip() + " after it was asked for" in lines[-4]
    timeline = shell.json("show", "latest")["timeline"]
    completed = [(it["stage"], it["page"]) for it in timeline if it["outcome"] == "completed"]
    assert len(completed) == len(set(completed)) == 1 + 5 + 5


@pytest.mark.slow
def test_a_finished_book_is_exported_again(shell: Shell) -> None:
    """`--resume` of a book that is whole writes its page anew."""
    made = shell.make()
    Path(made["book"]).unlink()
    assert shell.json("make", "--resume", made["run_id"][:6])["book"] == made["book"]
    assert Path(made["book"]).exists()


def test_a_missing_file_is_told_with_the_command_that_makes_it_again(shell: Shell) -> None:
    """And with the one that makes the same book anew: both are whole."""
    made = shell.make("--no-audio", "--seed", "7")
    (Path(made["folder"]) / "panel_2.png").unlink()
    result = shell("make", "--resume", "latest")
    assert result.exit_code == 1
    assert "panel_2.png is missing" in result.stderr
    assert f"`{shell.program} repair {made['run_id']}` makes it again" in result.stderr
    command = result.stderr[result.stderr.index(f"{shell.program} make --era") :].strip()
    again = shell(*shlex.split(command)[3:], "--json")
    assert again.exit_code == 0, again.output
    shown = [shell.json("show", it["run_id"]) for it in (made, json.loads(again.stdout))]
    assert shown[0]["request"] == shown[1]["request"]
    assert (shown[1]["seed"], shown[1]["tts"]) == (7, None)


def test_a_forbidden_word_is_refused_at_once(shell: Shell) -> None:
    """A usage error with the word and its field, and no book that could not be finished."""
    result = shell("make", *WORDS[:6], "--topic", "권총 놀이")
    assert result.exit_code == 2
    assert "topic: 권총 has no place in a children's book" in " ".join(result.stderr.split())
    assert shell.json_lines("list") == []


def test_what_would_be_refused_again_is_not_to_be_gone_on_with(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that would write the same: one attempt, other words are asked for, and no folder
    is named that is not there."""
    story = [msgspec.structs.replace(page, title="x") for page in STORY]
    monkeypatch.setattr(tests.cli.doubles, "STORY", story)
    failed = shell("make", *WORDS)
    assert failed.exit_code == 1
    assert "other words" in failed.stderr
    assert "--resume" not in failed.stderr
    assert "lies in" not in failed.stderr
    assert "attempt 2" not in failed.stdout
