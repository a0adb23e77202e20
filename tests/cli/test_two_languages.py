"""A book in two languages on the command line, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.books import PAGES
from tests.cli import doubles
from tests.cli.conftest import Shell
from tests.engines import ScriptedWriter, page_of


class Translator(ScriptedWriter):
    """A scripted writer that a command can be given."""


@pytest.fixture
def bilingual(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """With a finished book to which English was added."""
    monkeypatch.setattr(doubles, "Scribe", Translator)
    shell.make()
    result = shell("edit", "latest", "--add-language", "en", "--note", "for grandma")
    assert result.exit_code == 0, result.output
    assert "language en added (for grandma)" in result.stdout
    assert "translating page 1 into en" in result.stdout
    assert "reading page 1 aloud in en" in result.stdout
    return shell


def folder_of(shell: Shell) -> Path:
    (folder,) = (shell.data / "outputs").iterdir()
    return folder


def test_a_language_is_added_and_shown(bilingual: Shell) -> None:
    """In the list of editions, in the comparison, and as a book of its own."""
    told = page_of(1, language="en").summary
    assert "language en added" in bilingual("editions", "latest").stdout
    difference = bilingual("diff", "latest", "1..2").stdout
    assert "languages  ko → ko, en" in difference and "page 1 in en" in difference
    assert "page_1.en.e2.wav" in difference
    shown = bilingual("show", "latest", "--language", "en")
    assert told in shown.stdout and "languages  ko, en" in shown.stdout
    assert told not in bilingual("show", "latest").stdout
    state = bilingual.json("show", "latest", "--language", "en")["state"]
    assert state["pages"][1]["summary"] == told
    assert state["pages"][1]["audio_url"].endswith("page_1.wav?language=en&edition=2")
    assert bilingual("verify").exit_code == 0
    names = {it.name for it in folder_of(bilingual).iterdir()}
    assert {f"page_{page}.en.e2.wav" for page in PAGES} < names


def test_a_page_is_given_a_text_in_a_language(bilingual: Shell, tmp_path: Path) -> None:
    """From a file, which is read aloud; nothing is translated."""
    (tmp_path / "text.txt").write_text("Rabbit slept.\n", "utf-8")
    change = ("edit", "latest", "--page", "1", "--language", "en")
    made = bilingual.json(*change, "--text", "text.txt")
    assert (made["status"], made["edition"]) == ("DONE", 3)
    assert "page 1 by hand in en" in bilingual("editions", "latest").stdout
    assert "Rabbit slept." in bilingual("show", "latest", "--language", "en").stdout
    result = bilingual(*change, "--revoice", "--no-wait")
    assert result.exit_code == 0, result.output
    assert "page 1 read again in en" in bilingual("editions", "latest").stdout


def test_a_book_is_exported_in_its_languages(bilingual: Shell) -> None:
    """One page in each, or with both texts; each says in which language it is."""
    korean, english = page_of(1).summary[:10], page_of(1, language="en").summary[:10]
    for language, name in (("", "book.html"), ("en", "book.en.html"), ("both", "book.both.html")):
        result = bilingual("export", "latest", "--language", language)
        assert result.exit_code == 0, result.output
        assert result.stdout.strip().endswith(f"/{name}")
        page = (folder_of(bilingual) / name).read_text("utf-8")
        assert f'<html lang="{"en" if language == "en" else "ko"}">' in page
        assert (korean in page, english in page) == (language != "en", language != "")
        assert page.count("<audio ") == len(PAGES)
        assert page.count('<div class="other" lang="en">') == len(PAGES) * (language == "both")
    assert "The End" in (folder_of(bilingual) / "book.en.html").read_text("utf-8")


def test_what_a_book_has_not_is_told(shell: Shell) -> None:
    """With what it has, and how it gets more."""
    shell.make("--no-audio")
    for command in ("show", "export"):
        result = shell(command, "latest", "--language", "en")
        assert result.exit_code == 1
        assert "ko" in result.stderr
    result = shell("export", "latest", "--language", "both")
    assert "edit RUN --add-language TAG" in " ".join(result.stderr.split())
    edit = ("edit", "latest", "--page", "1", "--language", "en")
    result = shell(*edit, "--editor")
    assert result.exit_code == 1 and "it is in ko" in result.stderr
    assert shell(*edit, "--text", "-", input="Rabbit slept.").exit_code == 2
    result = shell("edit", "latest", "--add-language", "en")
    assert result.exit_code == 2 and "translates nothing" in " ".join(result.stderr.split())
    result = shell("edit", "latest", "--language", "en", "--style", "ink")
    assert result.exit_code == 2 and "Which page" in result.stderr
    assert json.loads(shell("editions", "latest", "--json").stdout)["edition"] == 1
