"""The authority as a configuration profile, the one form in which an iPad takes an authority that
a page gives it (developer.apple.com/documentation/devicemanagement, `com.apple.security.root`)."""

from __future__ import annotations

import plistlib
import uuid
from typing import Any

from storybook.home.authority import Authority


def profile_of(authority: Authority) -> bytes:
    """The profile. The same authority has the same one, so that a device which has it already
    replaces it rather than having two."""
    certificate = authority.certificate_der()
    named = f"storybook.home.{authority.fingerprint.replace(' ', '')[:16].lower()}"
    root: dict[str, Any] = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{named}.root",
        "PayloadUUID": _uuid(f"{named}.root"),
        "PayloadDisplayName": authority.name,
        "PayloadCertificateFileName": "storybook.crt",
        "PayloadContent": certificate,
    }
    profile: dict[str, Any] = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": named,
        "PayloadUUID": _uuid(named),
        "PayloadDisplayName": authority.name,
        "PayloadDescription": f"SHA-256 {authority.fingerprint}",
        "PayloadContent": [root],
    }
    return plistlib.dumps(profile)


def _uuid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name)).upper()
