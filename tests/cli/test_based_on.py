"""`storybook make --based-on`, `show` and `forget` of books that are based on others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storybook.book import BasedOn, KeptPart, RunId, StoryRequest, TtsConfig
from storybook.cli.reproduce import command_for
from storybook.run import fold, request_run
from tests.cli.conftest import REPOSITORY, WORDS, Shell

ORIGIN = RunId("7" * 32)


def derive(shell: Shell, origin: str, keep: str, *more: str) -> Any:
    """A book that is based on another; what `make --json` says of it."""
    made = shell("make", "--based-on", origin, "--keep", keep, *more, "--json")
    assert made.exit_code == 0, made.stderr
    return json.loads(made.stdout)


def test_a_book_is_made_from_another(shell: Shell) -> None:
    """The rest is as it was there; both are told by `show`, and all is in order."""
    first = shell.make()
    second = derive(shell, first["run_id"][:8], "pictures", "--narrator-voice", "F2")
    assert second["title"] == first["title"]
    told = shell.json("show", second["run_id"])
    assert told["tts"]["narrator_voice"] == "F2"
    assert told["based_on"] == {
        "run_id": first["run_id"],
        "edition": 1,
        "keep": "pictures",
        "is_gone": False,
    }
    (derived,) = shell.json("show", first["run_id"])["derived"]
    assert derived == {"run_id": second["run_id"], "edition": 1, "keep": "pictures"}
    shown = shell("show", second["run_id"]).stdout
    assert f"based on   {first['run_id'][:8]}, edition 1: keeps its pictures" in shown
    assert f"derived    {second['run_id'][:8]} (pictures)" in shell("show", first["run_id"]).stdout
    log = shell("log", second["run_id"]).stdout
    assert f"with text and pictures of {first['run_id'][:8]}, edition 1" in log
    assert "page 1 is kept: " in log and "painting page 1 is kept: panel_1.png" in log
    assert shell("verify").exit_code == 0
    assert shell("rebuild").exit_code == 0
    assert shell.json("show", second["run_id"]) == told


def test_forgetting_names_what_is_based_on_a_book(shell: Shell) -> None:
    """It stays whole, and says that its origin is gone; `--with-derived` takes it, too."""
    first = shell.make("--no-audio")["run_id"]
    second = derive(shell, first, "pictures")["run_id"]
    third = derive(shell, second, "text")["run_id"]
    answer = shell("forget", first, "--yes")
    assert answer.exit_code == 0, answer.stderr
    stay = f"Based on it, and have what they keep of it, and stay: {second[:8]}, {third[:8]}."
    assert stay in answer.stderr
    assert ", which is gone: keeps its pictures" in shell("show", second).stdout
    assert shell("verify").exit_code == 0
    answer = shell("forget", second, "--with-derived", "--yes")
    assert answer.exit_code == 0, answer.stderr
    assert f"and go with it: {third[:8]}." in answer.stderr
    assert "is forgotten, and 1 more" in answer.stdout
    assert shell.json_lines("list") == []
    assert not list((shell.data / "outputs").iterdir())


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--based-on", "latest"), "--based-on RUN and --keep belong together"),
        (("--keep", "text"), "--based-on RUN and --keep belong together"),
        (("--edition", "1", *WORDS), "--edition needs both"),
        (("--based-on", "0000", "--keep", "text"), "no book '0000' here"),
        (("--based-on", "latest", "--keep", "text", "--edition", "9"), "has no edition 9"),
        (("--based-on", "latest", "--keep", "text", "--pages", "7"), "--pages"),
        (("--based-on", "latest", "--keep", "cast"), "Missing --era"),
    ],
)
def test_what_cannot_be_is_said(shell: Shell, arguments: tuple[str, ...], why: str) -> None:
    """In the words of the command line."""
    shell.make("--no-audio")
    answer = shell("make", *arguments)
    assert answer.exit_code != 0
    assert why in answer.stderr


def test_a_book_is_made_again_from_its_origin() -> None:
    """The command that does it names that, and what may be otherwise there."""
    words = StoryRequest("미래", "바다", "토끼, 거북이", "용기")
    based_on = BasedOn(ORIGIN, 2, KeptPart.TEXT)
    run = fold(request_run(None, words, 7, TtsConfig(), page_count=7, based_on=based_on))
    assert run is not None
    assert command_for(run) == (
        f"storybook make --based-on {ORIGIN} --edition 2 --keep text --seed 7 --style '' "
        "--narrator-voice M1"
    )
    based_on = BasedOn(ORIGIN, 1, KeptPart.CAST)
    asked = request_run(None, words, 7, None, based_on=based_on, characters_asked="거북이")
    run = fold(asked)
    assert run is not None
    assert command_for(run) == (
        f"storybook make --based-on {ORIGIN} --edition 1 --keep cast "
        '--era "미래" --place "바다" --characters "거북이" --topic "용기" --seed 7 --no-audio'
    )


def test_a_derived_book_is_backed_up_whole(shell: Shell, tmp_path: Path) -> None:
    """Also without its origin: what comes back is in order, and made into a page to keep."""
    first = shell.make("--no-audio")["run_id"]
    second = derive(shell, first, "pictures")["run_id"]
    backup, there = tmp_path / "backup", Shell(tmp_path / "restored")
    assert shell.json("backup", str(backup))["missing"] == []
    assert shell("forget", first, "--yes").exit_code == 0
    assert shell.json("backup", str(backup))["missing"] == []
    restored = shell("restore", str(backup), str(there.data))
    assert restored.exit_code == 0, restored.stderr
    assert there.json("verify")["faults"] == []
    folders = [data / "outputs" / second for data in (shell.data, there.data)]
    files = sorted(it["name"] for it in there.json("show", second)["files"])
    assert [sorted(it.name for it in folder.glob("*.png")) for folder in folders] == [files] * 2
    assert len({(folder / "cover.png").read_bytes() for folder in folders}) == 1


def test_each_of_two_books_that_share_a_file_is_repaired(shell: Shell) -> None:
    """`verify` finds the damage in both, for it is one file; each gets its own again."""
    first = shell.make("--no-audio", "--seed", "7")["run_id"]
    second = derive(shell, first, "pictures")["run_id"]
    (shell.data / "outputs" / first / "panel_2.png").write_bytes(b"damaged")
    damaged = shell("verify")
    assert damaged.exit_code == 1
    for run_id in (first, second):
        assert f"file {run_id[:8]}/panel_2.png has 7 bytes" in damaged.stdout
        assert shell("repair", run_id).exit_code == 0
    assert shell("verify").exit_code == 0


@pytest.mark.slow
def test_a_server_makes_it_too(shell: Shell, start: Callable[..., subprocess.Popen[str]]) -> None:
    """What is left to the other book is left unsaid there as well."""
    first = shell.make("--narrator-voice", "F3")["run_id"]
    server = start(shell.data, "serve", "--port", "0")
    assert server.stdout is not None
    assert "http://" in server.stdout.readline()
    text = derive(shell, first, "text", "--style", "ink")["run_id"]
    told = shell.json("show", text)
    assert told["tts"]["narrator_voice"] == "F3"
    slow = derive(shell, first, "pictures", "--speed", "0.8")["run_id"]
    assert shell.json("show", slow)["tts"]["speed"] == 0.8
    derive(shell, first, "cast", *WORDS[:6], "--topic", "꿈")
    answer = shell("forget", first, "--with-derived", "--yes")
    assert answer.exit_code == 0, answer.stderr
    assert "and 3 more" in answer.stdout
    assert shell.json_lines("list") == []


@pytest.mark.slow
def test_the_embedded_engines_keep_what_is_kept(shell: Shell) -> None:
    """The same heroes in another story, and the same pictures with another voice, by the program as
    it is; what is lost is made again, byte for byte."""
    command = [sys.executable, "-m", "storybook", "--data", str(shell.data)]
    environ = {name: it for name, it in os.environ.items() if not name.startswith("STORYBOOK_")}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments],
            cwd=REPOSITORY,
            env=environ,
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = json.loads(run("make", *WORDS, "--seed", "7", "--json"))["run_id"]
    based_on = ("make", "--json", "--based-on", first, "--keep")
    voiced = json.loads(run(*based_on, "pictures", "--narrator-voice", "F1"))["run_id"]
    story = json.loads(run(*based_on, "cast", *WORDS[:6], "--topic", "용기", "--no-audio"))[
        "run_id"
    ]
    outputs = shell.data / "outputs"
    names = [f"{name}.png" for name in ("cover", "panel_1", "panel_2", "panel_3", "panel_4")]
    for name in names:
        assert (outputs / voiced / name).samefile(outputs / first / name)
    spoken = [(outputs / it / "page_1.wav").read_bytes() for it in (first, voiced)]
    assert spoken[0] != spoken[1]
    logs = [shell.json_lines("log", it) for it in (first, story)]
    before, after = [
        next(it["data"]["cast"] for it in log if it["data"].get("cast") and it["data"].get("title"))
        for log in logs
    ]
    assert [it["figure"] for it in after] == [it["figure"] for it in before]
    assert [it["card"] for it in after] == [it["card"] for it in before]
    lost = (outputs / voiced / "panel_3.png").read_bytes()
    (outputs / voiced / "panel_3.png").unlink()
    run("repair", voiced)
    assert (outputs / voiced / "panel_3.png").read_bytes() == lost
    assert shell("verify").exit_code == 0
