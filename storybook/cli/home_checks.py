"""What `doctor` says of a data folder that has served a house."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from storybook.cli.findings import Finding, Grade
from storybook.clock import SystemClock
from storybook.home.authority import NotOurs, ServerCertificate
from storybook.home.identity import IdentityUnreadable, read_authority, read_certificate
from storybook.home.names import machine_names
from storybook.settings import Settings
from storybook.system import is_open_to_others

NAME = "home"
NEXT_START = "The next start of `storybook serve --home` makes another one."


def home_findings(folder: Path, settings: Settings) -> Iterator[Finding]:
    """Nothing where no house was ever served."""
    if not folder.exists():
        return
    try:
        authority, certificate = read_authority(folder), _certificate(folder)
    except FileNotFoundError as error:
        yield Finding(NAME, Grade.KNOWING, f"{error.filename} is not there", NEXT_START)
        return
    except IdentityUnreadable as error:
        yield Finding(NAME, Grade.MISSED, str(error), "Nobody in the house comes in meanwhile.")
        return
    except OSError as error:
        mend = "Let this user read it, best by making it his own."
        yield Finding(NAME, Grade.MISSED, f"{error.filename}: {error.strerror}", mend)
        return
    yield from _open_files(folder)
    names = machine_names(settings.server.trusted_hosts)
    host = f"[{names.shown}]" if ":" in names.shown else names.shown
    found = f"`storybook serve --home` is at https://{host}:{settings.home.port}/"
    if certificate is None:
        yield Finding(NAME, Grade.KNOWING, f"{found}; its certificate is unusable", NEXT_START)
    elif why := certificate.lacks(authority, names, SystemClock().now()):
        yield Finding(NAME, Grade.KNOWING, f"{found}; of its certificate: {why}", NEXT_START)
    else:
        ends = f"certificate until {certificate.ends_at:%Y-%m-%d}"
        yield Finding(
            NAME, Grade.OK, f"{found}; {ends}, authority until {authority.ends_at:%Y-%m-%d}"
        )


def _certificate(folder: Path) -> ServerCertificate | None:
    try:
        return read_certificate(folder)
    except NotOurs:
        return None


def _open_files(folder: Path) -> Iterator[Finding]:
    """Keys that other users can read."""
    found = sorted(it.name for it in (folder, *folder.iterdir()) if is_open_to_others(it))
    if found:
        told = f"other users of this machine can read {', '.join(found)}"
        yield Finding(NAME, Grade.MISSED, told, f"Close it: chmod -R go= {folder}")
