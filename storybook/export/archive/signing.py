"""Who vouches for an archive: an installation, by a key of its own (Ed25519, RFC 8032).

The key is made when it is first needed, and lies in the data folder where only its user may read
it. What is signed are the bytes of the manifest, nothing else: any program that knows Ed25519 can
look whether they are. What computes it is imported when it is used: commands start without it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storybook.home.files import make_private, write_private
from storybook.system import sync_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM: Final = "Ed25519"
KEY_FILE: Final = "archive.pem"
"""In the folder of the installation's keys: a private key in PKCS #8, as OpenSSL reads it."""


class KeyUnusable(Exception):
    """The key that is kept cannot be used; the message says what to do."""


class SigningKey:
    """A private key. `public_key` is the other half, 64 hexadecimal digits: others know it by
    that."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        from cryptography.hazmat.primitives import serialization

        self._private = private
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        self.public_key: Final = private.public_key().public_bytes(*raw).hex()

    @classmethod
    def new(cls) -> SigningKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, content: bytes) -> SigningKey:
        """Raises ValueError."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        try:
            private = serialization.load_pem_private_key(content, None)
        except (ValueError, TypeError) as error:
            raise ValueError(f"expected a private key in PEM: {error}") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError(f"expected a key of {ALGORITHM}, found another kind")
        return cls(private)

    def pem(self) -> bytes:
        from cryptography.hazmat.primitives import serialization

        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def sign(self, content: bytes) -> bytes:
        """64 bytes, the same each time."""
        return self._private.sign(content)


def has_signed(public_key: str, signature: bytes, content: bytes) -> bool:
    """Whether a key (hexadecimal) has signed content."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def own_key(folder: Path) -> SigningKey:
    """The installation's key, made if there is none; `folder` is where its keys are. Of two
    processes that make it at once, both have the one that was there first. Raises `KeyUnusable`
    and `OSError`."""
    file = folder / KEY_FILE
    if not file.exists():
        make_private(folder)
        made = folder / f"{KEY_FILE}.{os.getpid()}"
        write_private(made, SigningKey.new().pem())
        try:
            _give_name(made, file)
        finally:
            made.unlink(missing_ok=True)
    return read_key(folder)


def _give_name(made: Path, file: Path) -> None:
    """Never in the place of a key that is there."""
    with contextlib.suppress(FileExistsError):
        try:
            os.link(made, file)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: nobody else makes one at this moment
            made.rename(file)
    sync_folder(file.parent)


def read_key(folder: Path) -> SigningKey:
    """The key as it is kept. Raises `FileNotFoundError`, other `OSError`, and `KeyUnusable`."""
    file = folder / KEY_FILE
    try:
        return SigningKey.from_pem(file.read_bytes())
    except ValueError as error:
        raise KeyUnusable(
            f"{file} cannot be used: {error}; put it back from a backup, or move it away: another "
            "key is made then, and what it signs is by another installation"
        ) from error
