"""`list`: the books that are there."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell


def test_books_are_listed_newest_first(filled: Shell) -> None:
    """A line each, with its title and how much of it is ready."""
    header, newer, older = filled("list").stdout.splitlines()
    assert header.split() == ["run", "status", "stage", "pictures", "voices", "age", "title"]
    assert newer.split()[2:8] == ["5", "of", "5", "5", "of", "5"]
    assert older.split()[2:5] == ["5", "of", "5"] and older.count(" of ") == 1
    assert "토끼와 호랑이의 봄" in newer


def test_wide_letters_keep_the_columns_straight(filled: Shell) -> None:
    """After a Korean title a line is as long as the others, in columns of the terminal."""
    from rich.cells import cell_len

    widths = {cell_len(line) for line in filled("list").stdout.splitlines()}
    assert len(widths) == 1


def test_the_list_as_json_is_a_line_a_book(filled: Shell) -> None:
    """The fields of the API's library."""
    books = filled.json_lines("list")
    assert [it["ready_max_audio_page"] for it in books] == [4, -1]
    assert filled.json_lines("list", "--limit", "1") == books[:1]
    assert filled.json_lines("list", "--status", "failed") == []


def test_an_empty_folder_has_no_books(shell: Shell) -> None:
    """No fault: a sentence, and no JSON."""
    assert "No books" in shell("list").stdout
    assert shell.json_lines("list") == []
    assert not shell.data.exists()


@pytest.mark.parametrize("columns", ["40", "60", "80"])
def test_nothing_that_can_be_copied_is_cut(
    filled: Shell, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """Id, title and what is ready are whole in every width, also where the output is piped."""
    monkeypatch.setenv("COLUMNS", columns)
    told = filled("list").stdout
    for book in filled.json_lines("list"):
        assert book["run_id"][:8] in told
        assert book["title"] in told
    assert "5 of 5" in told
    assert "…" not in told


def test_a_narrow_list_has_two_lines_a_book(filled: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each figure means is said beside it; a wide one has a table."""
    monkeypatch.setenv("COLUMNS", "60")
    facts, title, older, _ = filled("list").stdout.splitlines()
    assert "DONE  5 of 5 pictures  5 of 5 voices" in facts
    assert title == "  토끼와 호랑이의 봄"
    assert "voices" not in older


def test_books_are_searched(filled: Shell) -> None:
    """By title and words; what has none of it is said."""
    assert len(filled.json_lines("list", "--search", "숲속")) == 2
    assert len(filled.json_lines("list", "--search", "숲속", "--limit", "1")) == 1
    assert filled("list", "--search", "잠수함").stdout == (
        "No book has '잠수함' in its title or words.\n"
    )
    of_status = filled("list", "--search", "숲속", "--status", "FAILED")
    assert of_status.stdout == "No book that is FAILED has '숲속' in its title or words.\n"
