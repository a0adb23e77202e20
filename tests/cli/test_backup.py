"""`backup` and `restore`: a data folder goes elsewhere and comes back, whole or told why not."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from storybook.book import RunId
from storybook.data_folder import DataFolder
from storybook.home.identity import read_authority
from storybook.stores.backup import folder as backup_folder
from storybook.stores.backup.parts import LEFT_OUT, OUTPUTS, PARTS
from storybook.system import LockFile
from tests.cli.conftest import Shell
from tests.home.houses import House
from tests.reading_only import reading_only
from tests.recorded_folder import FILES, all_rows, book_with_files, files_in, recorded_folder
from tests.stores.pages import TABLE_LEAF, damage, damage_last
from tests.stores.raw_rows import append_row, forget_rows


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A shell on a folder with seven books."""
    recorded_folder(shell.data)
    return shell


@pytest.fixture(params=["backup", "backup.tar"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / str(request.param)


def told(text: str) -> str:
    return " ".join(text.split())


def test_everything_comes_back(kept: Shell, target: Path, tmp_path: Path) -> None:
    """Log, files, tokens, webhooks and reference pictures; and the new folder verifies."""
    report = kept.json("backup", str(target))
    assert (report["files"], report["missing"]) == (FILES, [])
    assert target.stat().st_mode & 0o077 == 0  # whoever reads it reads all books
    restored = Shell(tmp_path / "restored")
    there = kept.json("restore", str(target), str(restored.data))
    assert (there["head"], there["files"]) == (report["head"], FILES)
    assert all_rows(restored.data / "log.db") == all_rows(kept.data / "log.db")
    for name in ("outputs", "references"):
        assert files_in(restored.data / name) == files_in(kept.data / name)
    for name in ("access.db", "webhooks.db"):
        with closing(sqlite3.connect(restored.data / name)) as db:
            assert db.execute("SELECT note FROM notes").fetchall() == [(f"of {name}",)]
            assert (restored.data / name).stat().st_mode & 0o077 == 0
    assert restored.json("verify")["faults"] == []
    assert not (restored.data / ".restoring").exists()


def test_whom_the_house_trusts_comes_back(kept: Shell, target: Path, tmp_path: Path) -> None:
    """On another machine the same authority, so that no tablet has to be told again; keys are for
    their owner there, too."""
    authority = House(kept.data / "home").identity.authority
    kept("backup", str(target))
    restored = tmp_path / "restored"
    kept("restore", str(target), str(restored))
    there = [restored / "home", *(restored / "home").iterdir()]
    assert {it.name for it in there} == {"home", "authority.pem", "server.pem"}
    assert all(it.stat().st_mode & 0o077 == 0 for it in there)
    assert read_authority(restored / "home").certificate == authority.certificate


def test_everything_of_a_data_folder_is_in_a_backup_or_left_out_for_a_reason() -> None:
    """Whoever puts something beside the log decides, with a line in one of the two tables."""
    there = DataFolder(Path("data"))
    names = [
        path.name
        for name, it in vars(DataFolder).items()
        if isinstance(it, property) and isinstance(path := getattr(there, name), Path)
    ]
    assert set(names) <= {it.path for it in PARTS} | LEFT_OUT.keys() | {OUTPUTS}


def test_what_is_there_already_is_not_copied_again(kept: Shell, tmp_path: Path) -> None:
    """The second backup writes what is new, and touches no other file."""
    backup = tmp_path / "backup"
    assert kept.json("backup", str(backup))["copied"] == FILES + 1  # and a reference picture
    before = {it: it.stat().st_mtime_ns for it in (backup / "outputs").rglob("*.png")}
    (kept.data / "references" / "tiger.png").write_bytes(b"a tiger")
    again = kept.json("backup", str(backup))
    assert (again["copied"], again["bytes"]) == (1, len(b"a tiger"))
    assert {it: it.stat().st_mtime_ns for it in (backup / "outputs").rglob("*.png")} == before


def test_what_was_forgotten_is_removed(kept: Shell, target: Path, tmp_path: Path) -> None:
    """Its files, and the older log with its words: no byte of them is left in the backup."""
    run = book_with_files(kept.data)
    (words,) = {it["data"]["request"]["topic"] for it in kept.json_lines("log", run.name)[:1]}
    kept.json("backup", str(target))
    assert words.encode() in _bytes_of(target)
    for run_id in {it["run_id"] for it in kept.json_lines("log")}:
        forget_rows(kept.data / "log.db", run_id)
        shutil.rmtree(kept.data / "outputs" / run_id, ignore_errors=True)
    with closing(sqlite3.connect(kept.data / "log.db", isolation_level=None)) as db:
        db.execute("VACUUM")
    report = kept.json("backup", str(target))
    assert (report["files"], report["missing"]) == (0, [])
    left = _bytes_of(target)
    assert words.encode() not in left
    assert f"{run.name}/cover".encode() not in left
    if target.is_dir():
        assert report["removed"] == FILES + 1  # and the older log
        assert not (target / "outputs" / run.name).exists()
    assert kept.json("restore", str(target), str(tmp_path / "restored"))["files"] == 0


def _bytes_of(target: Path) -> bytes:
    paths = [target] if target.is_file() else [it for it in target.rglob("*") if it.is_file()]
    return b"".join(str(it).encode() + it.read_bytes() for it in paths)


@pytest.mark.slow
def test_a_file_that_is_lost_is_told_and_the_rest_is_backed_up(kept: Shell, target: Path) -> None:
    """Exit code 1 for whoever runs it every night, with what mends it."""
    book = book_with_files(kept.data)
    (book / "cover.png").unlink()
    (book / "page_1.wav").write_bytes(b"changed")
    result = kept("backup", str(target))
    assert result.exit_code == 1
    lost = [it for it in result.stdout.splitlines() if it.startswith("file ")]
    assert lost[0] == f"file {book.name}/cover.png is missing"
    assert lost[1].startswith(f"file {book.name}/page_1.wav has other bytes")
    assert f"`{kept.program} repair {book.name[:8]}`" in told(result.stderr)
    checked = kept("backup", str(target), "--verify")
    assert checked.exit_code == 1
    assert f"file {book.name}/cover.png is missing" in checked.stdout


@pytest.mark.slow
def test_a_file_that_was_lost_since_is_still_in_the_backup(kept: Shell, tmp_path: Path) -> None:
    """What the backup has whole is never given up for what is damaged in the data folder."""
    backup, book = tmp_path / "backup", book_with_files(kept.data)
    kept.json("backup", str(backup))
    (book / "cover.png").write_bytes(b"damaged")
    assert kept.json("backup", str(backup))["missing"] == []
    assert kept.json("restore", str(backup), str(tmp_path / "new"))["files"] == FILES


@pytest.mark.parametrize("harm", [damage, damage_last])
def test_a_damaged_log_never_takes_the_place_of_a_whole_one(
    kept: Shell, target: Path, harm: Callable[[Path, Callable[[bytes], bool]], bytes]
) -> None:
    """The old backup stays as it was, byte for byte; wherever the page is, also at the end."""
    kept.json("backup", str(target))
    before = _bytes_of(target)
    harm(kept.data / "log.db", lambda page: page[0] == TABLE_LEAF)
    result = kept("backup", str(target))
    assert result.exit_code == 1
    assert "the log is damaged" in result.stderr and "verify" in result.stderr
    assert _bytes_of(target) == before


def test_another_log_never_takes_the_place_of_a_longer_one(
    kept: Shell, target: Path, tmp_path: Path
) -> None:
    """One that was lost and begun anew, or that was put back from an older copy."""
    shorter = tmp_path / "shorter.db"
    shutil.copy(kept.data / "log.db", shorter)
    append_row(kept.data / "log.db", RunId(book_with_files(kept.data).name))
    kept.json("backup", str(target))
    before = _bytes_of(target)
    shutil.copy(shorter, kept.data / "log.db")
    result = kept("backup", str(target))
    assert result.exit_code == 1
    assert "has lost its end" in told(result.stderr)
    assert _bytes_of(target) == before


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("data/backup", "inside the data folder"),
        ("data/backup.tar", "inside the data folder"),
        (".", "is inside"),
        ("other", "has other things in it"),
        ("other/note.txt", "is a file"),
        ("books.tar.gz", "is a plain .tar"),
        ("link", "inside the data folder"),
        ("other/note.tar", "is no backup"),
    ],
)
def test_where_no_backup_may_be(kept: Shell, tmp_path: Path, target: str, why: str) -> None:
    """Each with the reason; nothing that is there is touched."""
    (tmp_path / "other").mkdir()
    for name in ("note.txt", "note.tar"):
        (tmp_path / "other" / name).write_text("mine")
    (tmp_path / "link").symlink_to(kept.data)
    result = kept("backup", str(tmp_path / target))
    assert result.exit_code == 1
    assert why in told(result.stderr)
    assert (tmp_path / "other" / "note.tar").read_text() == "mine"
    assert not (kept.data / ".lock").exists()


@pytest.mark.slow
def test_links_are_followed_to_the_backup_and_not_out_of_the_books(
    kept: Shell, tmp_path: Path
) -> None:
    """A link to another disk is a place; a link in a book's folder is no file of the book."""
    (tmp_path / "disk").mkdir()
    for name, points_to in (("one", "disk/one"), ("one.tar", "disk/one.tar")):
        (tmp_path / name).symlink_to(tmp_path / points_to)
        kept.json("backup", str(tmp_path / name))
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / points_to).exists()
    cover = book_with_files(kept.data) / "cover.png"
    cover.rename(tmp_path / "cover.png")
    cover.symlink_to(tmp_path / "cover.png")
    result = kept("backup", str(tmp_path / "two"))
    assert "cover.png is no file" in result.stdout


def test_two_backups_at_once(kept: Shell, target: Path) -> None:
    """The second one is told so, and so is a restore; nothing is mixed up."""
    kept.json("backup", str(target))
    is_folder = target.is_dir()
    lock = LockFile(target / ".lock" if is_folder else target.with_name(f".{target.name}.lock"))
    lock.write("4711")
    try:
        assert "in use by another backup or restore (process 4711)" in told(
            kept("backup", str(target)).stderr
        )
    finally:
        lock.release()
    assert kept("backup", str(target)).exit_code == 0


def test_a_tar_unpacked_is_a_backup(kept: Shell, tmp_path: Path) -> None:
    """One form for both: the next backup goes on from it."""
    kept.json("backup", str(tmp_path / "one.tar"))
    with tarfile.open(tmp_path / "one.tar") as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    assert kept.json("backup", str(tmp_path / "unpacked"), "--verify")["files"] == FILES
    assert kept.json("backup", str(tmp_path / "unpacked"))["copied"] == 0
    assert sorted(it.name for it in tmp_path.iterdir() if "one" in it.name) == [
        ".one.tar.lock",
        "one.tar",
    ]


@pytest.mark.slow
def test_verify_finds_what_a_bad_disk_does(kept: Shell, tmp_path: Path) -> None:
    """To a picture, to the tokens, to the log; and what is cut off. Restoring says the same."""
    backup = tmp_path / "backup"
    kept.json("backup", str(backup))
    picture = next((backup / "outputs").rglob("cover-*.png"))
    picture.write_bytes(b"X" * picture.stat().st_size)
    next(backup.glob("access-*.db")).write_bytes(b"nothing")
    result = kept("backup", str(backup), "--verify")
    assert result.exit_code == 1
    tokens, cover = result.stdout.splitlines()
    assert "access-" in tokens and "has other bytes" in tokens
    assert "cover.png has other bytes" in cover
    restored = kept("restore", str(backup), str(tmp_path / "new"))
    assert restored.exit_code == 1
    assert Shell(tmp_path / "new")("list").exit_code == 0
    damage(next(backup.glob("log-*.db")), lambda page: page[0] == TABLE_LEAF)
    for command in (("backup", str(backup), "--verify"), ("restore", str(backup), "newer")):
        refused = kept(*command)
        assert refused.exit_code == 1 and "has no log any more" in refused.stderr
    assert not (tmp_path / "newer" / "log.db").exists()


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_a_tar_that_was_cut_off(kept: Shell, tmp_path: Path, share: float) -> None:
    """It has no manifest, or not all of it: it is no backup."""
    kept.json("backup", str(tmp_path / "one.tar"))
    content = (tmp_path / "one.tar").read_bytes()
    end = content.rindex(b"backup.json")
    (tmp_path / "one.tar").write_bytes(content[: int(end * share)])
    for command in (("backup", "one.tar", "--verify"), ("restore", "one.tar", "new")):
        result = kept(*command)
        assert result.exit_code == 1 and "is no backup" in told(result.stderr)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["log.db", "outputs/x", "projections.db", "access.db", "log.db-wal"]
)
def test_nothing_is_restored_over_another_log(kept: Shell, tmp_path: Path, name: str) -> None:
    """Nor beside what is left of one; models and settings may be there."""
    kept.json("backup", str(tmp_path / "backup"))
    new = tmp_path / "new"
    (new / name).parent.mkdir(parents=True)
    (new / name).write_bytes(b"mine")
    result = kept("restore", str(tmp_path / "backup"), str(new))
    assert result.exit_code == 1 and "nothing was changed" in told(result.stderr)
    assert (new / name).read_bytes() == b"mine"
    welcome = tmp_path / "welcome"
    (welcome / "models").mkdir(parents=True)
    (welcome / "storybook.toml").write_text("")
    assert kept("restore", str(tmp_path / "backup"), str(welcome)).exit_code == 0


@pytest.mark.slow
def test_a_full_disk_leaves_the_old_backup(
    kept: Shell, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says where, and the next backup, with room, takes its place."""
    kept.json("backup", str(target))
    (kept.data / "references" / "tiger.png").write_bytes(b"a tiger")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        for module in ("folder", "archive"):
            patch.setattr(f"storybook.stores.backup.{module}.sync_file", full)
        result = kept("backup", str(target))
    assert result.exit_code == 1
    assert str(target) in result.stderr and "make room" in told(result.stderr)
    assert kept.json("backup", str(target), "--verify")["files"] == FILES
    assert kept.json("backup", str(target))["missing"] == []


@pytest.mark.slow
def test_a_full_disk_is_named_where_files_of_books_are_copied(
    kept: Shell, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are copied several at once; it is the backup's disk that is full, not the data's."""

    def full(self: object, name: str, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for kind in ("folder.BackupFolder", "archive.BackupArchive"):
        monkeypatch.setattr(f"storybook.stores.backup.{kind}.put", full)
    result = kept("backup", str(target))
    assert result.exit_code == 1
    assert f"{target}: No space left on device; make room" in told(result.stderr)


@pytest.mark.slow
def test_a_place_that_can_only_be_read(kept: Shell, tmp_path: Path) -> None:
    """No backup is made there; one that is there is checked and restored."""
    disk = tmp_path / "disk"
    kept.json("backup", str(disk / "backup"))
    kept.json("backup", str(disk / "one.tar"))
    with reading_only(disk):
        for name in ("backup", "one.tar", "new"):
            result = kept("backup", str(disk / name))
            assert result.exit_code == 1 and "name another place" in told(result.stderr)
        for name in ("backup", "one.tar"):
            assert kept("backup", str(disk / name), "--verify").exit_code == 0
            assert kept("restore", str(disk / name), str(tmp_path / f"of-{name}")).exit_code == 0


def test_a_data_folder_that_can_only_be_read_is_backed_up(kept: Shell, tmp_path: Path) -> None:
    """A snapshot, or a disk that was mounted so after an error."""
    with reading_only(kept.data):
        assert kept.json("backup", str(tmp_path / "backup"))["files"] == FILES


def test_where_there_is_no_log(shell: Shell, tmp_path: Path) -> None:
    """There is nothing to back up, and nothing is made."""
    assert "there is no log" in shell("backup", str(tmp_path / "backup")).stderr
    assert not (tmp_path / "backup").exists()
    for command in (("backup", "nowhere", "--verify"), ("restore", str(tmp_path), "new")):
        assert shell(*command).exit_code in (1, 2)


@pytest.mark.parametrize("version", [0, 99])
def test_a_log_of_another_version(kept: Shell, target: Path, version: int) -> None:
    """One that is newer than this storybook is not copied half understood."""
    with closing(sqlite3.connect(kept.data / "log.db")) as db:
        db.execute(f"PRAGMA user_version = {version}")
    result = kept("backup", str(target))
    assert result.exit_code == 1
    assert ("newer one" if version else "no log") in told(result.stderr)
    assert not (target / "backup.json").exists()


def test_a_backup_of_a_newer_storybook(kept: Shell, tmp_path: Path) -> None:
    """Its form is not guessed, and it is not overwritten."""
    backup = tmp_path / "backup"
    kept.json("backup", str(backup))
    manifest = (backup / "backup.json").read_text()
    (backup / "backup.json").write_text(manifest.replace('"version": 1', '"version": 2'))
    for command in (
        ("backup", "backup"),
        ("backup", "backup", "--verify"),
        ("restore", "backup", "n"),
    ):
        assert "use that version" in kept(*command).stderr


@pytest.mark.parametrize("path", ["../evil", "references/../../evil", "evil.db", "references/.e"])
def test_a_manifest_reaches_nowhere_else(kept: Shell, tmp_path: Path, path: str) -> None:
    """A backup may come from anywhere."""
    backup = tmp_path / "backup"
    kept.json("backup", str(backup))
    manifest = (backup / "backup.json").read_text()
    (backup / "backup.json").write_text(manifest.replace("references/rabbit.png", path))
    assert "cannot be read" in told(kept("restore", str(backup), str(tmp_path / "new")).stderr)
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.slow
@pytest.mark.parametrize("digest", ["../../../../evil", "", "g" * 64])
def test_a_manifest_without_digests(kept: Shell, tmp_path: Path, digest: str) -> None:
    """They are parts of names, and checked before."""
    backup = tmp_path / "backup"
    kept.json("backup", str(backup))
    manifest = json.loads((backup / "backup.json").read_text())
    manifest["parts"]["log.db"]["sha256"] = digest
    (backup / "backup.json").write_text(json.dumps(manifest))
    result = kept("restore", str(backup), str(tmp_path / "new"))
    assert "expected the SHA-256 of log.db" in told(result.stderr)


def test_a_pipe_in_a_backup_keeps_nobody_waiting(kept: Shell, tmp_path: Path) -> None:
    """It is no file, and so the log is not there."""
    backup = tmp_path / "backup"
    kept.json("backup", str(backup))
    (log,) = backup.glob("log-*.db")
    log.unlink()
    os.mkfifo(log)
    result = kept("restore", str(backup), str(tmp_path / "new"))
    assert "no log any more" in told(result.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["backup.json", "log-*.db", "outputs/*/cover-*.png"])
def test_a_tar_is_no_larger_inside_than_outside(kept: Shell, tmp_path: Path, name: str) -> None:
    """A member with a hole of 100 GB would fill the memory or the disk; a backup has none."""
    backup, tar = tmp_path / "backup", tmp_path / "backup.tar"
    kept.json("backup", str(backup))
    hollow = sorted(backup.glob(name))[0]
    with tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as out:
        for path in (it for it in backup.rglob("*") if it.is_file() and it != hollow):
            out.add(path, path.relative_to(backup))
        member, holes = tarfile.TarInfo("hollow"), b"0\n".ljust(tarfile.BLOCKSIZE, b"\0")
        member.size = len(holes)
        member.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": str(hollow.relative_to(backup)),
            "GNU.sparse.realsize": str(100_000_000_000),
        }
        out.addfile(member, io.BytesIO(holes))
    result = kept("restore", str(tar), str(tmp_path / "new"))
    assert result.exit_code == 1 and "Traceback" not in result.stderr
    assert any(it in told(result.stderr) for it in ("is no backup", "is missing", "not in the"))


def test_it_holds_at_60_columns(kept: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be copied is never cut."""
    monkeypatch.setenv("COLUMNS", "60")
    lines = kept("backup", "backup").stdout.splitlines()
    assert lines[1].startswith("  head ") and len(lines[1].rsplit(":")[1]) == 64


@pytest.mark.slow
def test_a_restore_that_was_killed_is_no_log(kept: Shell, tmp_path: Path) -> None:
    """What it had begun is put away by the next one."""
    kept.json("backup", "backup")
    begun = tmp_path / "new" / ".restoring"
    (begun / "outputs").mkdir(parents=True)
    (begun / "log.db").write_bytes(b"half")
    assert kept.json("restore", "backup", str(tmp_path / "new"))["files"] == FILES
    assert not begun.exists()


def test_the_beginning_of_a_killed_backup_is_no_other_thing(kept: Shell, tmp_path: Path) -> None:
    """The first one into a folder was killed: the next one goes on there."""
    started = tmp_path / "backup"
    (started / backup_folder.MAKING).mkdir(parents=True)
    (started / backup_folder.MAKING / "log.db").write_bytes(b"half")
    assert kept.json("backup", str(started))["files"] == FILES
    assert not (started / backup_folder.MAKING).exists()
