"""Whose certificates are trusted, and what is wrong with one that is not.

They are trusted as OpenSSL has it: those of the system, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`;
for machines without a list of their own, certifi's beside them unless one of the two is set.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from storybook.stages.addresses import AccessFault

_SELF_SIGNED: Final = 18
"""OpenSSL's X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT."""
_WRONG_NAME: Final = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""
_NOT_NOW: Final = (9, 10)
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""


def trusted_context() -> ssl.SSLContext:
    """What a client trusts now. Raises `AccessFault` if `SSL_CERT_FILE` cannot be read, which
    OpenSSL passes over."""
    file, folder = os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")
    try:
        return _context(file, folder, Path(file).stat().st_mtime_ns if file else 0)
    except OSError as error:  # an SSLError is one
        why = f"SSL_CERT_FILE names {file}, of which no certificate can be read ({error.strerror})"
        raise AccessFault(why, "Set it to a file of certificates (PEM)") from error


@lru_cache(maxsize=4)
def _context(file: str, folder: str, changed: int) -> ssl.SSLContext:
    """Kept, since it takes 50 ms to make: some 300 certificates are read."""
    import httpx

    is_own = file or folder
    context = ssl.create_default_context() if is_own else httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    # From Python 3.13 on: it refuses authorities as `openssl req -x509` makes them.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if file:
        context.load_verify_locations(file)
    return context


def tls_fault(error: BaseException, setting: str) -> AccessFault | None:
    """What is wrong with a server's certificate or TLS, if that is what an error is about.
    `setting` is what has its address."""
    found = next((it for it in _chain(error) if isinstance(it, ssl.SSLError)), None)
    if isinstance(found, ssl.SSLCertVerificationError):
        why = f"its certificate is refused: {found.verify_message.rstrip('.')}"
        return AccessFault(why, _mend(found.verify_code, setting))
    if found is not None:
        why = f"no TLS connection comes about ({found.reason or 'it breaks'})"
        return AccessFault(why, f"Set {setting} to http://… if it speaks no TLS")
    return None


def _mend(code: int, setting: str) -> str:
    if code in _WRONG_NAME:
        return f"Set {setting} to a name that the certificate has"
    if code in _NOT_NOW:
        return "Renew it there, or set the clock of this machine"
    whose = "that certificate" if code == _SELF_SIGNED else "the certificate of its authority"
    its = f"{whose} (PEM)"
    if file := os.environ.get("SSL_CERT_FILE"):
        return f"To trust it, add {its} to {file}, which SSL_CERT_FILE names"
    if folder := os.environ.get("SSL_CERT_DIR"):
        return f"To trust it, put {its} into {folder}, and run `openssl rehash {folder}`"
    return f"To trust it, set the environment variable SSL_CERT_FILE to a file with {its}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those behind it."""
    seen: set[int] = set()
    it: BaseException | None = error
    while it is not None and id(it) not in seen:
        seen.add(id(it))
        yield it
        it = it.__cause__ or it.__context__
