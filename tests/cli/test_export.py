"""`storybook export`, and `make --format`: books to be taken along."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.cli import copies
from storybook.export.formats import FORMATS
from tests.cli.conftest import WORDS, Shell, use_engines
from tests.export.finished import STORY
from tests.export.scripted_format import ScriptedFormat

TITLE = STORY[0].title


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedFormat:
    """The format of pages for browsers, in a test's hands."""
    scripted = ScriptedFormat()
    monkeypatch.setitem(FORMATS, "html", scripted.as_format(is_long=True))
    return scripted


def test_a_book_is_written_to_a_folder_under_its_title(shell: Shell, tmp_path: Path) -> None:
    """Whole, and the folder is made; the line says where it is."""
    shell.make("--no-audio")
    out = tmp_path / "내 책"
    exported = shell("export", "latest", "--format", "html", "--out", str(out))
    assert exported.exit_code == 0, exported.output
    (page,) = out.iterdir()
    assert page.name == f"{TITLE}.html" and str(page) in exported.stdout
    assert b"<html" in page.read_bytes()


def test_without_a_folder_it_lies_beside_the_book(shell: Shell) -> None:
    """As its page always did."""
    made = shell.make("--no-audio")
    exported = shell("export", "latest")
    assert exported.stdout.split()[-1] == made["book"]


def test_what_takes_long_is_made_once(shell: Shell, scripted: ScriptedFormat) -> None:
    """What was kept is written again as it is."""
    shell.make("--no-audio")
    for _ in range(2):
        assert shell("export", "latest").exit_code == 0
        assert scripted.made == ["a4"]


def test_what_cannot_be_is_a_wrong_call(shell: Shell) -> None:
    """It says what is expected."""
    shell.make("--no-audio")
    wrong = shell("export", "latest", "--format", "html,doc")
    assert wrong.exit_code == 2 and "one of html" in " ".join(wrong.stderr.split())
    missing = shell("export", "latest", "--language", "fr")
    assert missing.exit_code == 1 and "the book is in ko" in missing.stderr


def test_half_a_book_is_exported_if_that_is_asked_for(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it is told what is missing."""
    use_engines(monkeypatch, fails_at=3)
    assert shell("make", "--no-audio", *WORDS).exit_code == 1
    refused = shell("export", "latest")
    assert refused.exit_code == 1 and "Missing: the picture of page" in refused.stderr
    given = shell("export", "latest", "--partial", "--out", str(tmp_path / "out"))
    assert given.exit_code == 0, given.output
    assert list((tmp_path / "out").iterdir())


def test_what_is_damaged_is_left_out_if_that_is_asked_for(shell: Shell, tmp_path: Path) -> None:
    """Once for all formats it is said what is missing."""
    made = shell.make("--no-audio")
    Path(made["folder"], "panel_2.png").write_bytes(b"other")
    export = "export", "latest", "--format", "html,zip", "--out", str(tmp_path / "out")
    refused = shell(*export)
    assert refused.exit_code == 1 and " repair " in " ".join(refused.stderr.split())
    given = shell(*export, "--partial")
    assert given.exit_code == 0, given.output
    assert given.stderr.count("missing: the picture of page 2") == 1
    assert len([*(tmp_path / "out").iterdir()]) == 2


def test_make_has_formats_too(shell: Shell, tmp_path: Path) -> None:
    """Beside its page, which is there as ever."""
    out = tmp_path / "out"
    made = shell.make("--no-audio", "--format", "html", "--out", str(out))
    assert Path(made["book"]).name == "book.html"
    assert made["copies"] == {"html": str(out / f"{made['title']}.html")}
    assert Path(made["copies"]["html"]).is_file()


def test_a_write_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    """And no half."""
    (tmp_path / "book").mkdir()
    with (
        pytest.raises(OSError, match="directory"),
        copies.whole_file(tmp_path, "book") as (_, file),
    ):
        file.write(b"content")
    assert [it.name for it in tmp_path.iterdir()] == ["book"]
    with copies.whole_file(tmp_path, "other") as (_, file):
        file.write(b"content")
    assert (tmp_path / "other").read_bytes() == b"content"
