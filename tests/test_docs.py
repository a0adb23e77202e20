"""The documents tell the truth: drawings are today's, links lead somewhere, examples run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from docs.draw import documents, drawn
from tests.languages.books import BILINGUAL_MODEL
from tests.openai_api.double import serving as writing
from tests.whole.server import WORDS, Server, follow, serving, storybook

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("document", documents(), ids=lambda it: it.name)
def test_drawings_are_todays(document: Path) -> None:
    """What a document shows of the code's tables is what they say; `make docs` draws it anew."""
    text = document.read_text(encoding="utf-8")
    assert text == drawn(text)


def test_links_lead_somewhere() -> None:
    """Every relative link of every document names a file that is there."""
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def shell_blocks(heading: str) -> list[str]:
    """The commands under a heading of the README, one entry a block."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def test_every_command_of_the_command_line_is_described() -> None:
    """The README's table and `--help` name the same commands."""
    section = README.split("\n## The command line\n")[1].split("\n## ")[0]
    described = set(
        re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.M)))
    )
    from storybook.cli import COMMANDS

    assert described == set(COMMANDS)


COMMAND = re.compile(r"(?<![\w.-])storybook((?: [a-z]+(?:-[a-z]+)*)+)")
"""A command as documents name it, with its words up to the first option or argument."""


def named_commands() -> list[tuple[str, ...]]:
    """The commands and their commands that README and documents name in code."""
    found = set()
    for document in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        text = document.read_text(encoding="utf-8")
        for code in re.findall(r"```.*?```|`[^`\n]+`|^ {4}[^\n]+", text, re.DOTALL | re.MULTILINE):
            for words in COMMAND.findall(code):
                found.add(command_of(words.split()))
    return sorted(found)


def command_of(words: list[str]) -> tuple[str, ...]:
    """The words that are to be commands: one, and another one after a group."""
    from storybook.cli import COMMANDS, load_command

    is_group = words[0] in COMMANDS and isinstance(load_command(words[0]), click.Group)
    return tuple(words[: 2 if is_group else 1])


@pytest.mark.parametrize("command", named_commands(), ids=" ".join)
def test_commands_that_documents_name_are_there(command: tuple[str, ...]) -> None:
    """Each explains itself."""
    from storybook.cli import cli

    result = CliRunner().invoke(cli, [*command, "--help"], prog_name="storybook")
    assert result.exit_code == 0, result.output
    assert f"Usage: storybook {' '.join(command)}" in result.output


@pytest.mark.slow
@pytest.mark.timeout(600)  # four whole books and their changes, also on a busy machine
def test_the_examples_of_editions_work(tmp_path: Path) -> None:
    """Each block runs as it stands, one after the other, beside a server; only its address is put
    in. Two books are made for them, one for each half of the document, and others are of them."""
    parent, client = (_without_translations(it) for it in _halves())
    data = tmp_path / "data"
    with serving(data) as server:
        for blocks in (parent, client):
            assert len(blocks) >= 4
            run_id = _run_blocks(blocks, server, data, tmp_path)
            assert server.state(run_id)["status"] == "DONE"
        assert server.state(run_id)["edition"] == 3
    assert (tmp_path / "before.png").read_bytes() != (tmp_path / "after.png").read_bytes()
    assert (data / "outputs" / run_id / "panel_2.e2.png").exists()


@pytest.mark.slow
def test_the_examples_of_another_language_work(tmp_path: Path) -> None:
    """With a model that translates, which is scripted; the book has no edition but the first."""
    data = tmp_path / "data"
    with writing(BILINGUAL_MODEL) as model, serving(data, writer_url=model.url) as server:
        for half in _halves():
            blocks = [it for it in half if it not in _without_translations(half)]
            asked = [it.replace('"base_edition": 3', '"base_edition": 1') for it in blocks]
            run_id = _run_blocks(asked, server, data, tmp_path)
            assert server.state(run_id)["languages"] == ["ko", "en"]


def _halves() -> list[list[str]]:
    """The blocks of commands for parents, and those for who writes a client."""
    text = (ROOT / "docs" / "editions.md").read_text("utf-8")
    halves = text.split("\n## For who writes a client\n")
    return [re.findall(r"```sh\n(.*?)```", it, re.DOTALL) for it in halves]


def _without_translations(blocks: list[str]) -> list[str]:
    return [it for it in blocks if "language" not in it]


def _run_blocks(blocks: list[str], server: Server, data: Path, folder: Path) -> str:
    """Run blocks on a new book, each until all that it has asked for is made; the book."""
    program = folder / "bin" / "storybook"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m storybook "$@"\n')
    program.chmod(0o755)
    run_id = server.request()
    list(follow(server, run_id))
    environ = {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "STORYBOOK_DATA": str(data),
        "RUN": run_id,
    }
    for block in blocks:
        _run_block(block, server, environ, folder)
        list(follow(server, run_id))
    return run_id


def _run_block(block: str, server: Server, environ: dict[str, str], folder: Path) -> None:
    script = "set -e\n" + block.replace("http://127.0.0.1:8000", server.url)
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, (block, done.stdout, done.stderr)
    assert '"detail"' not in done.stdout, (block, done.stdout)


@pytest.mark.slow
def test_the_example_of_the_client_works(tmp_path: Path) -> None:
    """As it stands in its document; only the address is put in."""
    text = (ROOT / "docs" / "client.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    with serving(tmp_path / "data", "tests.cli.program") as server:
        program = tmp_path / "example.py"
        program.write_text(example.replace("http://127.0.0.1:8000", server.url), "utf-8")
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, program], cwd=tmp_path, env=environ, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    assert " DONE 4" in done.stdout
    assert (tmp_path / "cover.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_curl_calls_of_the_readme_work(tmp_path: Path) -> None:
    """Each call is made as it stands there; only the address and the id are put in."""
    with serving(tmp_path / "data") as server:
        list(follow(server, server.request(topic_ko="용기")))  # the log does not begin with ours
        run_id = server.request()
        list(follow(server, run_id))
        _make_the_calls(server, run_id, tmp_path)


def _make_the_calls(server: Server, run_id: str, tmp_path: Path) -> None:
    calls = [it for block in shell_blocks("The API") for it in re.split(r"\n(?=curl)", block)]
    assert len(calls) >= 12
    for call in calls:
        command = call.strip().replace("http://127.0.0.1:8000", server.url)
        command = command.replace("$RUN", run_id)
        command = command.replace("$AT", str(server.events(run_id)[3]["position"]))
        result = subprocess.run(
            shlex.split(command.replace("\\\n", " ")),
            capture_output=True,
            cwd=tmp_path,
            timeout=30,
            check=False,
        )
        expected = (0, 28) if "--max-time" in command else (0,)
        assert result.returncode in expected, (command, result.stderr)
        answer = result.stdout.decode()
        # The book has ended, which 409 says, and there is no Whisper here, which 503 says.
        refused = command.endswith(("/cancel", "/retry", "/stt/field"))
        assert ('"detail"' in answer) == refused, (command, answer)
        if "/events" in command:
            assert "retry: " in answer
    assert (tmp_path / "cover.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "page_0.wav").read_bytes().startswith(b"RIFF")


def test_the_words_of_the_readme_are_those_that_make_book_uses() -> None:
    """The example of the README, the Makefile and the tests is one and the same."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in WORDS.values():
        assert word in makefile
        assert word in README


def test_the_version_is_one(tmp_path: Path) -> None:
    """The program, the package and the changelog name the same version."""
    import storybook as package

    assert storybook(tmp_path, "--version").stdout.strip().endswith(package.__version__)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {package.__version__}" in changelog


@pytest.mark.slow
@pytest.mark.timeout(310)  # each in a process of its own, two of them make books
def test_the_benchmarks_run(tmp_path: Path) -> None:
    """Every figure can be measured; what they are is no matter of the tests."""
    result = subprocess.run(
        [sys.executable, "-m", "bench.quick", "--once"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "medians of 1" in result.stdout
