"""Signatures as Standard Webhooks has them: HMAC-SHA256 of `id.timestamp.body`, scheme `v1`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = (24, 64)
"""What Standard Webhooks allows: fewer can be guessed."""


class SecretFault(Exception):
    """A secret cannot be used. The message does not repeat it."""


def secrets_in(text: str) -> tuple[bytes, ...]:
    """The secrets in a text, which has one, or several with blanks between them while one takes the
    place of another. Raises `SecretFault`."""
    found = tuple(_secret(word) for word in text.split())
    if not found:
        raise SecretFault("it is empty, or not set here")
    return found


def _secret(word: str) -> bytes:
    if not word.startswith(PREFIX):
        raise SecretFault(f"it does not begin with {PREFIX}")
    encoded = word.removeprefix(PREFIX)
    try:
        secret = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SecretFault(f"what comes after {PREFIX} is no base64") from error
    fewest, most = SECRET_BYTES
    if not fewest <= len(secret) <= most:
        raise SecretFault(f"it has {len(secret)} bytes, and is to have {fewest} to {most}")
    return secret


def signed_headers(
    message_id: str, seconds: int, body: bytes, secrets: tuple[bytes, ...]
) -> Mapping[str, str]:
    """The headers that go with a body, with a signature by each secret. `seconds` since 1970 is
    when the attempt is made. An id has no full stop: it would move the bounds of what is signed."""
    assert "." not in message_id
    content = f"{message_id}.{seconds}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(_signature(content, secret) for secret in secrets),
    }


def _signature(content: bytes, secret: bytes) -> str:
    digest = hmac.new(secret, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
