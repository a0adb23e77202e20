"""An authority at home, and the certificates of its servers, as `openssl` makes them."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Final

import pytest

LOOPBACK: Final = "IP:127.0.0.1"
"""The name that a server of the tests is asked by."""


class Authority:
    """An authority with its files in `folder`; `file` is what others trust."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        self._folder, self.file = folder, folder / "authority.pem"
        self._key = folder / "authority.key"
        _openssl("req", "-x509", *_new_key(self._key), "-subj", "/CN=Home", "-out", self.file)

    def server(self, name: str = LOOPBACK) -> ssl.SSLContext:
        """What a server that is called `name` shows its clients."""
        request, key, certificate, extensions = (
            self._folder / f"server.{kind}" for kind in ("csr", "key", "pem", "ext")
        )
        extensions.write_text(f"subjectAltName={name}\n")
        _openssl("req", "-new", *_new_key(key), "-subj", "/CN=server", "-out", request)
        signer = ("-CA", self.file, "-CAkey", self._key, "-set_serial", "2", "-days", "2")
        _openssl(
            *("x509", "-req", "-in", request, *signer),
            *("-extfile", extensions, "-out", certificate),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def self_signed(self) -> tuple[ssl.SSLContext, Path]:
        """What a server shows that has no authority, and the file that others trust."""
        key, file = self._folder / "self.key", self._folder / "self.pem"
        name = ("-subj", "/CN=server", "-addext", f"subjectAltName={LOOPBACK}")
        _openssl("req", "-x509", *_new_key(key), *name, "-out", file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file, key)
        return context, file

    def hashed(self) -> Path:
        """A folder with the certificate, named as OpenSSL looks for it."""
        folder = self._folder / "hashed"
        folder.mkdir()
        name = _openssl("x509", "-noout", "-hash", "-in", self.file).strip()
        shutil.copy(self.file, folder / f"{name}.0")
        return folder


def _new_key(file: Path) -> tuple[str | Path, ...]:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    return (*curve, "-nodes", "-keyout", file)


def _openssl(*arguments: str | Path) -> str:
    command = ("openssl", *map(str, arguments))
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
