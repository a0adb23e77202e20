"""`import` and `verify FILE`: a book goes to another machine as one file."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from storybook.export.archive.signing import KEY_FILE, own_key
from tests.cli.conftest import WORDS, Shell
from tests.export.archive.books import consistent, exported_by_hand, files_in, zipped
from tests.reading_only import reading_only

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def there(tmp_path: Path) -> Shell:
    """Where a book was made."""
    return Shell(tmp_path / "there")


@pytest.fixture
def archive(there: Shell, tmp_path: Path) -> Path:
    """Its archive."""
    file = tmp_path / "book.zip"
    file.write_bytes(exported_by_hand(there.data, there.make("--seed", "7")["run_id"]))
    return file


def key_of(shell: Shell) -> str:
    return own_key(shell.data / "keys").public_key


# -------------------------------------------------------------------------------------- verify FILE


def test_a_whole_archive_is_told_anywhere(shell: Shell, there: Shell, archive: Path) -> None:
    """Without a data folder, and none is made; who says so is told by the key."""
    result = shell("verify", str(archive))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"✓ whole, by key {key_of(there)}\n")
    assert "토끼와 호랑이의 봄: edition 1 of run " in result.stdout
    assert not shell.data.exists()
    told = shell.json("verify", str(archive))
    assert (told["faults"], told["key"], told["is_ours"]) == ([], key_of(there), False)
    assert "which is of this installation" in there("verify", str(archive)).stdout


def test_one_that_nobody_has_signed_is_whole(shell: Shell, archive: Path) -> None:
    """And no more than that is said."""
    archive.write_bytes(zipped(consistent(files_in(archive.read_bytes()))))
    result = shell("verify", str(archive))
    assert result.stdout.startswith("✓ whole\n")
    assert "nobody has signed it" in result.stdout


def test_what_is_wrong_is_told_line_by_line(shell: Shell, archive: Path) -> None:
    """With exit code 1; in JSON, too."""
    files = files_in(archive.read_bytes())
    del files["page_1.wav"]
    archive.write_bytes(zipped({**files, "cover.png": b"other"}))
    result = shell("verify", str(archive))
    assert result.exit_code == 1
    cover, page = result.stdout.splitlines()
    assert cover.startswith("cover.png has 5 bytes and not ")
    assert page == "page_1.wav is missing"
    assert "is not whole: 2 faults found" in " ".join(result.stderr.split())
    as_json = shell("verify", str(archive), "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["faults"]) == (1, [cover, page])


def test_what_is_no_archive_is_told(shell: Shell, tmp_path: Path) -> None:
    """A file of anything."""
    file = tmp_path / "song.mp3"
    file.write_bytes(b"ID3")
    result = shell("verify", str(file))
    assert result.exit_code == 1
    assert result.stdout.startswith("it is no ZIP: expected one that `storybook")
    assert shell("verify", str(tmp_path / "nothing.zip")).exit_code == 2


def test_another_key_is_a_fault_if_one_is_expected(
    shell: Shell, there: Shell, archive: Path
) -> None:
    """What somebody else has signed is whole, and not what was asked for."""
    key = key_of(there)
    assert shell("verify", str(archive), "--key", key.upper()).exit_code == 0
    refused = shell("verify", str(archive), "--key", "0" * 64)
    assert refused.exit_code == 1
    assert refused.stdout == f"it is signed by key {key}, expected key {'0' * 64}\n"
    archive.write_bytes(zipped(consistent(files_in(archive.read_bytes()))))
    assert "signed by nobody" in shell("verify", str(archive), "--key", key).stdout
    assert "64 hexadecimal digits" in " ".join(
        shell("verify", str(archive), "--key", "x").stderr.split()
    )


def test_options_of_a_log_are_not_of_an_archive(shell: Shell, archive: Path) -> None:
    """Each says with what it goes."""
    anchor = f"1:{'0' * 64}"
    assert "leave FILE out" in shell("verify", str(archive), "--anchor", anchor).stderr
    assert "name its FILE" in shell("verify", "--key", "0" * 64).stderr


# ------------------------------------------------------------------------------------------- import


def test_a_book_is_taken_in(shell: Shell, archive: Path) -> None:
    """Into a folder that was not there; it is shown, listed, exported and verified as any other."""
    told = shell.json("import", str(archive))
    assert (told["is_new"], told["is_whole"], told["title"]) == (True, True, "토끼와 호랑이의 봄")
    assert told["run_id"] != told["origin"]
    run = told["run_id"][:8]
    shown = shell.json("show", run)
    assert (shown["state"]["status"], shown["seed"], len(shown["files"])) == ("DONE", 7, 10)
    assert shell("show", run).exit_code == 0
    assert told["run_id"][:8] in shell("list").stdout
    assert f"edition 1 of {told['origin'][:8]}, signed by key " in shell("log").stdout
    assert shell("export", run).exit_code == 0
    assert (Path(told["folder"]) / "book.html").exists()
    assert shell.json("verify")["faults"] == []
    assert shell("rebuild").exit_code == 0
    assert shell.json("show", run)["state"]["status"] == "DONE"


def test_where_it_came_from_is_shown(shell: Shell, archive: Path) -> None:
    """With the run and the edition there, and by whom it is signed."""
    told = shell.json("import", str(archive))
    (line,) = (it for it in shell("show", "latest").stdout.splitlines() if "from a file" in it)
    assert f"edition 1 of {told['origin']}, signed by key {told['key']}" in line


def test_the_same_archive_is_taken_in_once(shell: Shell, archive: Path) -> None:
    """The second time it is said that it is here."""
    first = shell("import", str(archive))
    assert first.stdout.startswith("✓ 토끼와 호랑이의 봄\n")
    again = shell("import", str(archive))
    assert (again.exit_code, again.stdout.splitlines()[0]) == (0, "✓ 토끼와 호랑이의 봄  is here")
    assert again.stdout.splitlines()[1:] == first.stdout.splitlines()[1:]
    assert len(shell.json_lines("list")) == 1


def test_a_forgotten_book_can_come_back(shell: Shell, archive: Path) -> None:
    """As another run, since what is forgotten stays so."""
    first = shell.json("import", str(archive))["run_id"]
    assert shell("forget", first, "--yes").exit_code == 0
    again = shell.json("import", str(archive))
    assert again["is_new"] and again["run_id"] != first
    assert shell.json("verify")["faults"] == []


def test_where_it_was_made_it_becomes_another_book(there: Shell, archive: Path) -> None:
    """A run of its own, beside the one that it came from, which it outlives."""
    taken = there.json("import", str(archive))
    assert taken["is_new"]
    there("forget", taken["origin"], "--yes")
    assert there.json("show", taken["run_id"])["state"]["status"] == "DONE"
    assert there.json("verify")["faults"] == []


def test_it_is_exported_again_with_the_same_content(
    shell: Shell, archive: Path, tmp_path: Path
) -> None:
    """By the key of whoever has it now; and the third one has it from there."""
    told = shell.json("import", str(archive))
    second = tmp_path / "second.zip"
    second.write_bytes(exported_by_hand(shell.data, told["run_id"]))
    assert f"whole, by key {key_of(shell)}" in shell("verify", str(second)).stdout
    first, now = files_in(archive.read_bytes()), files_in(second.read_bytes())
    media = {it for it in first if it.endswith((".png", ".wav"))}
    assert {it: first[it] for it in media} == {it: now[it] for it in media}
    third = Shell(tmp_path / "third")
    assert third.json("import", str(second))["origin"] == told["run_id"]


@pytest.mark.parametrize("name", ["../../evil.png", "evil.exe"])
def test_hostile_archives_are_refused(shell: Shell, archive: Path, name: str) -> None:
    """With a sentence, and nothing is written."""
    archive.write_bytes(zipped({**files_in(archive.read_bytes()), name: b"x"}))
    result = shell("import", str(archive))
    assert result.exit_code == 1
    assert "is not taken: " in result.stderr and "Traceback" not in result.output
    assert not shell.data.exists()


def test_all_that_is_wrong_is_told_before_anything_is_taken(shell: Shell, archive: Path) -> None:
    """Each fault, in one sentence."""
    files = files_in(archive.read_bytes())
    del files["page_1.wav"], files["page_2.wav"]
    archive.write_bytes(zipped(files))
    result = shell("import", str(archive))
    assert "page_1.wav is missing; page_2.wav is missing" in " ".join(result.stderr.split())
    assert not shell.data.exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")
def test_a_folder_that_can_only_be_read_takes_nothing(there: Shell, archive: Path) -> None:
    """And says so."""
    with reading_only(there.data):
        result = there("import", str(archive))
    assert result.exit_code == 1 and "Traceback" not in result.output


# ----------------------------------------------------------------------------------------- the key


def test_the_key_is_its_owners_and_is_backed_up(
    there: Shell, archive: Path, tmp_path: Path
) -> None:
    """Made once, with the first archive; a restored folder signs as the same installation."""
    key, file = key_of(there), there.data / "keys" / KEY_FILE
    if os.name == "posix":
        assert [it.stat().st_mode & 0o777 for it in (file.parent, file)] == [0o700, 0o600]
    assert [it.name for it in file.parent.iterdir()] == [KEY_FILE]
    assert own_key(file.parent).public_key == key
    assert there("backup", str(tmp_path / "backup")).exit_code == 0
    restored = tmp_path / "restored"
    assert there("restore", str(tmp_path / "backup"), str(restored)).exit_code == 0
    assert own_key(restored / "keys").public_key == key
    if os.name == "posix":
        assert (restored / "keys" / KEY_FILE).stat().st_mode & 0o077 == 0


def test_doctor_tells_of_the_key(there: Shell, archive: Path) -> None:
    """Which it is, that others could read it, and that it cannot be used."""

    def found() -> tuple[str, str, str]:
        told = map(json.loads, there("doctor", "--json").stdout.splitlines())
        it = next(it for it in told if it["name"] == "signing key")
        return it["grade"], it["found"], it["mend"]

    file = there.data / "keys" / KEY_FILE
    assert found() == ("ok", f"exported archives are whole, by key {key_of(there)}", "")
    if os.name == "posix":
        file.chmod(0o644)
        assert found()[0] == "missed" and "chmod" in found()[2]
    file.write_bytes(b"no key")
    grade, told, _ = found()
    assert grade == "missed" and "put it back from a backup" in told


def test_doctor_says_nothing_where_nothing_was_signed(shell: Shell) -> None:
    """There is no key before the first archive."""
    shell.make()
    assert "signing key" not in shell("doctor", "--json").stdout


# ------------------------------------------------------------------------------- in other processes


@pytest.mark.slow
def test_a_book_goes_to_another_machine(tmp_path: Path, start: Start) -> None:
    """As two families do it, each command a process of its own: made and exported there; verified,
    taken in, shown and exported again here, and that once more there."""
    here, there, out = tmp_path / "here", tmp_path / "there", tmp_path / "stick"

    def run(data: Path, *words: str) -> str:
        process = start(data, *words)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return output

    made = json.loads(run(there, "make", *WORDS, "--json"))
    run(there, "export", "latest", "--format", "zip", "--out", str(out))
    (archive,) = out.glob("*.zip")
    key = own_key(there / "keys").public_key
    assert f"whole, by key {key}" in run(here, "verify", str(archive))
    told = json.loads(run(here, "import", str(archive), "--json"))
    assert (told["origin"], told["key"], told["is_whole"]) == (made["run_id"], key, True)
    assert json.loads(run(here, "verify", "--json"))["faults"] == []
    shown = json.loads(run(here, "show", told["run_id"], "--json"))
    assert (shown["state"]["status"], shown["state"]["pages"][0]["title"]) == (
        *("DONE", made["title"]),
    )
    formats = "zip,html"
    run(here, "export", "latest", "--format", formats, "--out", str(out / "again"))
    assert {it.suffix for it in (out / "again").iterdir()} == {".zip", ".html"}
    (again,) = (out / "again").glob("*.zip")
    back = json.loads(run(there, "import", str(again), "--json"))
    assert back["origin"] == told["run_id"]
    assert json.loads(run(there, "verify", "--json"))["faults"] == []


@pytest.mark.slow
def test_a_running_server_takes_it_in(shell: Shell, archive: Path, start: Start) -> None:
    """It is sent there: a log has one writer."""
    process = start(shell.data, "serve", "--port", "0")
    assert process.stdout is not None
    process.stdout.readline()
    told = shell.json("import", str(archive))
    assert told["is_new"]
    assert shell.json("show", told["run_id"])["state"]["status"] == "DONE"
    assert not shell.json("import", str(archive))["is_new"]
