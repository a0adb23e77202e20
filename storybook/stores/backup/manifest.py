"""What a backup says of itself, and how its files are named."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

import msgspec

from storybook.book import Artifact, RunId
from storybook.stores.artifacts import Stored, check_name
from storybook.stores.backup.parts import LOG, OUTPUTS, UnknownPath, check_path
from storybook.stores.sqlite.verify import Anchor

MANIFEST: Final = "backup.json"
FORMAT: Final = "storybook backup"
VERSION: Final = 1
DIGITS: Final = 16
"""Of a SHA-256 in a file's name: 64 bits tell the contents of one file apart."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class BackupError(Exception):
    """A backup could not be made, read or restored; the message says why, and what to do."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`head` is the end of the log in it, as an anchor; `parts` are the files of its parts, by
    their path in a data folder. `made_at` is for people."""

    format: str = FORMAT
    version: int = VERSION
    storybook: str
    made_at: str
    head: str
    parts: dict[str, Stored]

    @property
    def anchor(self) -> Anchor:
        return Anchor.parse(self.head)

    def stored_names(self) -> set[str]:
        """Where its parts lie in the backup."""
        return {stored_name(path, it.sha256) for path, it in self.parts.items()}


def stored_name(path: str, sha256: str) -> str:
    """Where a file of a data folder lies in a backup: `outputs/{run}/cover-0123456789abcdef.png`.
    Another content has another name. Raises `BackupError` for what is no SHA-256: a manifest and a
    log may come from anywhere, and their words do not get into names."""
    if _SHA256.fullmatch(sha256) is None:
        raise BackupError(f"expected the SHA-256 of {path}, found {sha256[:80]!r}")
    it = PurePosixPath(path)
    return str(it.with_name(f"{it.stem}-{sha256[:DIGITS]}{it.suffix}"))


def artifact_path(run_id: RunId, artifact: Artifact) -> str:
    """The path of an artifact. A log may come from anywhere: raises `BackupError` where a name in
    it is not plain."""
    try:
        return f"{OUTPUTS}/{check_name(run_id)}/{check_name(artifact.name)}"
    except ValueError as error:
        raise BackupError(f"the log names a file that nobody can have: {error}") from error


def encode_manifest(manifest: Manifest) -> bytes:
    """For people, too."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode_manifest(data: bytes, where: str) -> Manifest:
    """Raises `BackupError` if it is none, or one of a newer storybook."""
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
        if manifest.format != FORMAT or LOG not in manifest.parts:
            raise BackupError(f"{where} is no backup of storybook's")
        if manifest.version > VERSION:
            raise BackupError(
                f"{where} was written by storybook {manifest.storybook} in form "
                f"{manifest.version}, and this one knows {VERSION}: use that version"
            )
        Anchor.parse(manifest.head)
        for path, stored in manifest.parts.items():
            stored_name(check_path(path), stored.sha256)
    except (msgspec.MsgspecError, UnknownPath, ValueError) as error:
        raise BackupError(f"{where} cannot be read: {error}") from error
    return manifest
