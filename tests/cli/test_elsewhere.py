"""The commands against a server elsewhere, with a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from storybook.cli import cli
from tests.cli.conftest import WORDS, Shell
from tests.whole.server import Server, serving

pytestmark = pytest.mark.slow


class Elsewhere:
    """Runs `storybook --server URL` with a token in a file, and no data folder."""

    def __init__(self, server: Server, token: Path, nowhere: Path) -> None:
        self.url = server.url
        self._before = ("--server", server.url, "--token-file", str(token))
        self._environ = {"STORYBOOK_DATA": str(nowhere)}

    def __call__(self, *arguments: str, input: str | None = None) -> Result:
        return self.called(*self._before, *arguments, input=input)

    def called(self, *words: str, input: str | None = None) -> Result:
        """With these words alone."""
        result = CliRunner().invoke(
            cli,
            list(words),
            prog_name="storybook",
            input=input,
            env=self._environ,
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *arguments: str) -> Any:
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    folder = tmp_path_factory.mktemp("elsewhere")
    shell = Shell(folder / "data")
    told = shell("token", "add", "phone", "--scope", "create").stdout
    token = folder / "token"
    token.write_text(next(it for it in told.split() if it.startswith("sb_")) + "\n")
    with serving(folder / "data", "tests.cli.program") as server:
        yield Elsewhere(server, token, folder / "nowhere")


def test_a_book_is_made_shown_and_changed_elsewhere(elsewhere: Elsewhere) -> None:
    """Each command asks the server, and nothing is made here."""
    made = elsewhere.json("make", *WORDS)
    run_id, short = made["run_id"], made["run_id"][:8]
    assert made["status"] == "DONE"
    assert elsewhere.json("list", "--search", "우정")["run_id"] == run_id
    assert run_id[:8] in elsewhere("list").stdout
    assert elsewhere.json("show", short)["state"]["ready_max_page"] == 4
    shown = elsewhere("show", "latest").stdout
    assert made["title"] in shown and f"/api/runs/{run_id}/images/cover.png" in shown
    assert "DONE" in elsewhere("watch", "latest").stdout
    edited = elsewhere("edit", short, "--page", "0", "--text", "-", input="새 제목")
    assert edited.exit_code == 0, edited.output
    assert elsewhere("edit", short, "--voice", "M2", "--voice", "토끼=F2").exit_code == 0
    state = elsewhere.json("show", short)["state"]
    assert (state["edition"], state["pages"][0]["title"]) == (3, "새 제목")
    refused = elsewhere("cancel", short)
    assert refused.exit_code == 1 and "has ended" in refused.stderr
    told = elsewhere("make", *WORDS, "--based-on", short, "--keep", "text")
    assert told.exit_code == 0, told.output


def test_a_book_is_brought_from_elsewhere(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """Made there, and written here under its title; also right after it was asked for."""
    out = tmp_path / "out"
    made = elsewhere.json("make", *WORDS, "--format", "html", "--out", str(out))
    page = out / f"{made['title']}.html"
    assert made["copies"] == {"html": str(page)} and page.is_file()
    page.unlink()
    brought = elsewhere("export", "latest", "--out", str(out))
    assert brought.exit_code == 0 and page.is_file(), brought.output
    assert elsewhere("export", "latest").exit_code == 2
    refused = elsewhere("export", "latest", "--language", "fr", "--out", str(out))
    assert refused.exit_code == 1 and "the book is in ko" in refused.stderr


def test_what_needs_the_data_folder_says_so(elsewhere: Elsewhere) -> None:
    """Rather than looking at another one; a run that is not there is told by the server's name."""
    refused = elsewhere("verify")
    assert refused.exit_code == 2 and "looks at a data folder" in refused.stderr
    assert "takes no --seed" in elsewhere("make", *WORDS, "--seed", "3").stderr
    assert "give --text" in elsewhere("edit", "latest", "--page", "1", "--editor").stderr
    told = elsewhere("show", "abcdef").stderr
    assert "no book 'abcdef'" in told and f"`storybook --server {elsewhere.url} list`" in told
    assert "too short" in elsewhere("watch", "a").stderr


def test_a_server_lets_in_who_shows_its_token(elsewhere: Elsewhere, shell: Shell) -> None:
    """What it says else is told as it says it; an address that is none is a wrong call, and so is
    a folder beside it."""
    refused = elsewhere.called("--server", elsewhere.url, "list")
    assert refused.exit_code == 1 and "on the server `storybook token list`" in refused.stderr
    assert shell("--server", elsewhere.url, "list").exit_code == 2
    assert shell("--server", "books.example", "list").exit_code == 2
    assert shell("--token-file", __file__, "list").exit_code == 2
