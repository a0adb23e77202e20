"""The house's own authority, and what it signs (X.509, RFC 5280).

Devices are told by hand to trust it, which nobody does twice gladly: so it holds for long, and its
certificates for as short as Apple's devices want them. It says itself for what it may sign
(*name constraints*): names and addresses at home.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from storybook.clock import MICROSECONDS
from storybook.home.names import NETWORKS, SUFFIXES, ServerNames

AUTHORITY_DAYS: Final = 20 * 365
"""Longer than the tablets last."""
CERTIFICATE_DAYS: Final = 397
"""Apple's devices take no certificate that holds for more than 398 days from an authority of the
world (support.apple.com/102028); of one's own they take 825. The shorter bound costs nothing here:
it is made anew by itself."""
RENEWAL_DAYS: Final = 30
"""So long before the end another one is made: a server that runs one evening a week makes it."""
CLOCK_DAYS: Final = 1
"""What is made holds since a day before: for tablets whose clock is slow."""
MAX_COMMON_NAME: Final = 64
"""Characters (RFC 5280, `ub-common-name`)."""
_CURVE: Final = ec.SECP256R1()
"""Every device takes it, and a handshake costs a tenth of RSA's."""
_ONLY_SIGNS: Final = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


class NotOurs(Exception):
    """What was read is no key with its certificate; the message says what it is."""


class Certified:
    """A private key and the certificate of its public one."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self.key, self.certificate = key, certificate

    @property
    def begins_at(self) -> datetime:
        return self.certificate.not_valid_before_utc

    @property
    def ends_at(self) -> datetime:
        return self.certificate.not_valid_after_utc

    def ends_within(self, days: int, now: int) -> bool:
        """`now` is in microseconds since 1970."""
        return self.ends_at <= _moment(now) + timedelta(days=days)

    def pem(self) -> bytes:
        """Both, as `from_pem` and OpenSSL read them: the private key, too."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return key + self.certificate_pem()

    def certificate_pem(self) -> bytes:
        """What others may have."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


class ServerCertificate(Certified):
    """What the server shows."""

    @classmethod
    def from_pem(cls, content: bytes) -> ServerCertificate:
        """Raises `NotOurs`."""
        return cls(*_read(content))

    def names(self) -> ServerNames:
        """For which it holds."""
        found = self.certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
        addresses = found.get_values_for_type(x509.IPAddress)
        return ServerNames(
            tuple(found.get_values_for_type(x509.DNSName)), tuple(map(str, addresses))
        )

    def lacks(self, authority: Authority, names: ServerNames, now: int) -> str:
        """Why another one is needed, in words; empty if none is. Names that are gone for a while,
        as when a cable is pulled, need no other one."""
        if not authority.has_signed(self):
            return "it is not of this authority"
        if missing := sorted(names.all - self.names().all):
            return f"this machine is also {', '.join(missing)} now"
        # A clock that stands before both, as that of a small computer that has just been started,
        # is wrong itself; one between the two was, when this was made.
        if authority.begins_at <= _moment(now) < self.begins_at:
            return f"it begins on {self.begins_at:%Y-%m-%d}"
        if self.ends_within(RENEWAL_DAYS, now):
            return f"it ends on {self.ends_at:%Y-%m-%d}"
        return ""


class Authority(Certified):
    """Who signs."""

    @classmethod
    def from_pem(cls, content: bytes) -> Authority:
        """Raises `NotOurs`."""
        return cls(*_read(content))

    @property
    def name(self) -> str:
        """As it stands in the settings of a device that trusts it."""
        (found,) = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found.value)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, as devices show it: pairs of hexadecimal digits."""
        return hashlib.sha256(self.certificate_der()).digest().hex(" ").upper()

    def has_signed(self, other: Certified) -> bool:
        try:
            other.certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):  # another name, kind of key, or key
            return False
        return True

    def issue(self, names: ServerNames, now: int) -> ServerCertificate:
        """A certificate for a server of these names, from `now` (microseconds since 1970) on."""
        key = ec.generate_private_key(_CURVE)
        alternatives: list[x509.GeneralName] = [x509.DNSName(it) for it in names.hosts]
        alternatives += [x509.IPAddress(ipaddress.ip_address(it)) for it in names.addresses]
        usage = x509.KeyUsage(**{**_ONLY_SIGNS, "digital_signature": True})
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        made = (
            _builder(names.local, key, now, CERTIFICATE_DAYS, self.ends_at)
            .issuer_name(self.certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(purposes, critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(self._key_identifier(), critical=False)
        )
        return ServerCertificate(key, made.sign(self.key, hashes.SHA256()))

    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)


def new_authority(machine: str, now: int) -> Authority:
    """An authority of a machine, from `now` (microseconds since 1970) on."""
    key = ec.generate_private_key(_CURVE)
    allowed: list[x509.GeneralName] = [x509.DNSName(it) for it in SUFFIXES]
    allowed += [x509.IPAddress(it) for it in NETWORKS]
    limits = x509.NameConstraints(permitted_subtrees=allowed, excluded_subtrees=None)
    usage = x509.KeyUsage(**{**_ONLY_SIGNS, "key_cert_sign": True, "crl_sign": True})
    name = f"Storybook at home ({machine})"[:MAX_COMMON_NAME]
    certificate = (
        _builder(name, key, now, AUTHORITY_DAYS)
        .issuer_name(_named(name))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(limits, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def _builder(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    now: int,
    days: int,
    at_most: datetime | None = None,
) -> x509.CertificateBuilder:
    """What both kinds have. `days` are all that it holds, those before `now` with them."""
    begins = _moment(now) - timedelta(days=CLOCK_DAYS)
    ends = begins + timedelta(days=days) - timedelta(seconds=1)  # both ends are in it
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name[:MAX_COMMON_NAME]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(min(ends, at_most) if at_most is not None else ends)
        .add_extension(identifier, critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _moment(now: int) -> datetime:
    return datetime.fromtimestamp(now // MICROSECONDS, UTC)


def _read(content: bytes) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    try:
        key = serialization.load_pem_private_key(content, None)
        certificate = x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError) as error:
        raise NotOurs(f"expected a private key and its certificate: {error}") from error
    if certificate.public_key() != key.public_key():
        raise NotOurs("the certificate is of another key")
    return cast(ec.EllipticCurvePrivateKey, key), certificate
