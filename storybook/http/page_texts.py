"""What the server's own pages and pictures say, in each language that they speak."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from storybook.http.page_language import PageLanguage


class DeviceSteps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of device, the file that it takes, and its steps."""

    name: str
    file: str
    steps: tuple[str, ...]


class TrustTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those of the trust page. `{name}` in a text is the authority's name, `{file}` a file's."""

    title: str
    why: str
    compare: str
    """Goes before the fingerprint."""
    download: str
    then: str
    """Goes before the server's address."""
    other: str
    """Leads to the certificate as PEM, for all other devices."""
    undo: str
    devices: tuple[DeviceSteps, ...]


class PageTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`book_code` is the title of the QR code of a book's address."""

    book_code: str
    trust: TrustTexts


TEXTS: Final[Mapping[PageLanguage, PageTexts]] = msgspec.toml.decode(
    Path(__file__).with_name("page_texts.toml").read_bytes(), type=dict[PageLanguage, PageTexts]
)
