"""Signatures are those of Standard Webhooks."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Final

import pytest

from storybook.webhooks.signing import SecretFault, secrets_in, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
ID, SECONDS = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""What the project's own libraries are tested with."""


def test_the_signature_of_the_specification() -> None:
    """The same secret, id, time and body give the signature that others' libraries expect."""
    assert signed_headers(ID, SECONDS, BODY, secrets_in(SECRET)) == {
        "webhook-id": ID,
        "webhook-timestamp": str(SECONDS),
        "webhook-signature": SIGNATURE,
    }


VECTORS: Final[list[dict[str, str]]] = json.loads(
    Path(__file__).with_name("standard_webhooks.json").read_text("utf-8")
)["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda it: it["id"])
def test_an_independent_implementation_signs_the_same(vector: dict[str, str]) -> None:
    """With secrets of 24 to 64 bytes, with and without padding, over bodies such as ours and those
    that an encoding could change."""
    signed = signed_headers(
        vector["id"],
        int(vector["timestamp"]),
        vector["body"].encode(),
        secrets_in(vector["secret"]),
    )
    assert signed["webhook-signature"] == vector["signature"]


def test_two_secrets_sign_twice() -> None:
    """While one takes the place of another a receiver may know either."""
    other = "whsec_" + base64.b64encode(bytes(32)).decode().rstrip("=")
    headers = signed_headers(ID, SECONDS, BODY, secrets_in(f"{other} {SECRET}"))
    signatures = headers["webhook-signature"].split(" ")
    digest = hmac.digest(bytes(32), f"{ID}.{SECONDS}.".encode() + BODY, "sha256")
    assert signatures == ["v1," + base64.b64encode(digest).decode(), SIGNATURE]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("hush", "begin with whsec_"),
        ("whsec_!!!!", "no base64"),
        ("whsec_" + base64.b64encode(b"short").decode(), "5 bytes, and is to have 24 to 64"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "65 bytes"),
    ],
)
def test_what_is_no_secret(text: str, why: str) -> None:
    """The message says what was expected, and does not repeat what was found."""
    with pytest.raises(SecretFault, match=why) as caught:
        secrets_in(text)
    assert not text or text.removeprefix("whsec_") not in str(caught.value)
