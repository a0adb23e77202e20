"""What a server at home shows, in real handshakes with a client that trusts its authority."""

from __future__ import annotations

import plistlib
import ssl
import stat
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from storybook.home.authority import NotOurs, ServerCertificate, new_authority
from storybook.home.identity import IdentityUnreadable
from storybook.home.names import ServerNames
from storybook.home.profile import profile_of
from tests.home.houses import ADDRESS, DAY, House, shaken, trusting


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "data" / "home")


@pytest.mark.parametrize("name", [ADDRESS, "127.0.0.1", "::1", "localhost", "books-pc.local"])
def test_who_trusts_the_authority_is_let_in(house: House, name: str) -> None:
    """By the number that is shown, and by every name; also under OpenSSL's strictest rules."""
    shown = shaken(trusting(house.identity.authority), house.identity.context, name)
    assert shown == house.identity.certificate.certificate_der()


def test_who_does_not_trust_it_refuses(house: House) -> None:
    """A device that was not told knows no such authority, nor is another house's of any use."""
    other = new_authority("other", house.clock.now())
    for client in (trusting(None), trusting(other)):
        with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
            shaken(client, house.identity.context, ADDRESS)


def test_another_name_is_refused(house: House) -> None:
    """The certificate is of this machine alone."""
    for name in ("192.168.0.11", "other.local"):
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            shaken(trusting(house.identity.authority), house.identity.context, name)


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (ServerNames(("pc.local", "bank.example"), ()), "bank.example"),
        (ServerNames(("pc.local",), ("203.0.113.7",)), "203.0.113.7"),
        (ServerNames(("pc.local",), ("2001:db8::7",)), "2001:db8::7"),
    ],
)
def test_the_authority_is_of_no_use_for_others(
    house: House, tmp_path: Path, names: ServerNames, asked: str
) -> None:
    """Whoever steals its key can sign for a bank, and no client that heeds the authority's own
    limits lets that pass."""
    stolen = house.identity.authority.issue(names, house.clock.now())
    (tmp_path / "stolen.pem").write_bytes(stolen.pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "stolen.pem")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shaken(trusting(house.identity.authority), context, asked)


def test_another_start_shows_the_same(house: House) -> None:
    """Devices are told once."""
    before = house.identity
    house.clock.advance(DAY)
    again = house.opened()
    assert again.authority.certificate == before.authority.certificate
    assert again.certificate.certificate == before.certificate.certificate


def test_apple_takes_the_certificate(house: House) -> None:
    """It holds for no more than 397 days, both ends counted; the authority for years."""
    it = house.identity.certificate.certificate
    spans = it.not_valid_after_utc - it.not_valid_before_utc + timedelta(seconds=1)
    assert spans == timedelta(days=397)
    ends = house.identity.authority.ends_at - it.not_valid_before_utc
    assert ends > timedelta(days=19 * 365)


def test_it_is_renewed_before_it_ends(house: House) -> None:
    """By the same authority, and new connections are shown the new one without a restart."""
    first = house.identity.certificate.certificate_der()
    house.clock.advance(365 * DAY)
    assert house.identity.renew() == ""
    house.clock.advance(2 * DAY)
    assert "it ends on" in house.identity.renew()
    house.identity.show()
    second = house.identity.certificate
    assert house.identity.authority.has_signed(second)
    assert second.certificate_der() != first
    context = trusting(house.identity.authority)
    context.verify_mode, context.check_hostname = ssl.CERT_REQUIRED, False
    with pytest.raises(ssl.SSLCertVerificationError, match="not yet valid"):  # it is in the future
        shaken(context, house.identity.context, ADDRESS)
    assert house.identity.renew() == ""


def test_a_clock_that_was_wrong_spoils_nothing(house: House) -> None:
    """What was made in the future is made again. A clock that says 1970 when the machine has just
    been started makes nothing anew: no tablet would know the authority again."""
    authority = house.identity.authority
    house.addresses.append("10.0.0.7")
    house.clock.advance(5 * 365 * DAY)
    house.identity.renew()
    house.clock.jump(-5 * 365 * DAY)
    assert house.identity.renew().startswith("it begins on")
    house.identity.show()
    assert shaken(trusting(authority), house.identity.context, "10.0.0.7")
    house.clock.jump(-house.clock.now() / 1e6)
    assert house.identity.renew() == ""
    assert house.opened().authority.certificate == authority.certificate


def test_a_new_address_gets_a_new_certificate(house: House) -> None:
    """As when the router gives another one, or the machine another name; one that is away for a
    while needs none."""
    house.addresses.append("10.0.0.7")
    assert house.identity.renew() == "this machine is also 10.0.0.7 now"
    house.identity.show()
    assert shaken(trusting(house.identity.authority), house.identity.context, "10.0.0.7")
    assert "10.0.0.7" in house.identity.hosts()
    house.addresses.remove(ADDRESS)
    assert house.identity.renew() == ""
    assert house.identity.names.shown == "10.0.0.7"
    house.machine = "shelf"
    assert house.identity.renew() == "this machine is also shelf.local now"
    house.identity.show()
    assert {"shelf.local", "10.0.0.7"} <= house.identity.hosts()
    assert not {"books-pc.local", ADDRESS} & house.identity.hosts()


def test_an_authority_that_ends_is_replaced(house: House) -> None:
    """Twenty years on; its last certificates do not outlive it."""
    before = house.identity.authority
    house.clock.advance((20 * 365 - 100) * DAY)
    house.identity.renew()
    assert house.identity.certificate.ends_at == before.ends_at
    house.clock.advance(80 * DAY)
    assert "the authority ends" in house.identity.renew()
    assert house.identity.authority.has_signed(house.identity.certificate)
    assert not before.has_signed(house.identity.certificate)


def test_a_lost_or_damaged_certificate_is_made_again(house: House) -> None:
    """It costs nothing; the authority stays."""
    file = house.folder / "server.pem"
    for spoil in (file.unlink, lambda: file.write_bytes(b"?"), lambda: file.write_bytes(b"")):
        spoil()
        assert house.opened().authority.certificate == house.identity.authority.certificate
        assert ServerCertificate.from_pem(file.read_bytes())


@pytest.mark.parametrize("content", [b"", b"?", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_damaged_authority_is_not_replaced_in_silence(house: House, content: bytes) -> None:
    """All devices would have to be told anew: that is said, with what to do."""
    (house.folder / "authority.pem").write_bytes(content)
    with pytest.raises(IdentityUnreadable, match="put it back from a backup, or move it away"):
        house.opened()


def test_a_key_goes_with_its_own_certificate(house: House) -> None:
    """Files that were put together from two are told."""
    other = new_authority("other", house.clock.now())
    key = house.identity.authority.pem().split(b"-----BEGIN CERTIFICATE")[0]
    with pytest.raises(NotOurs, match="of another key"):
        ServerCertificate.from_pem(key + other.certificate_pem())


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_keys_are_for_their_owner(house: House) -> None:
    """Also in a folder that came from a copy, at the next start."""
    kept = [house.folder, *house.folder.iterdir()]
    assert {it.name for it in kept} == {"home", "authority.pem", "server.pem"}
    for it in kept:
        it.chmod(0o755)
    house.opened()
    assert [stat.S_IMODE(it.stat().st_mode) for it in kept] == [0o700, 0o600, 0o600]


def test_the_profile_is_the_authority_as_an_ipad_takes_it(house: House) -> None:
    """The same authority has the same profile: who installs it twice has it once."""
    authority = house.identity.authority
    profile = plistlib.loads(profile_of(authority))
    (root,) = profile["PayloadContent"]
    assert profile["PayloadType"] == "Configuration"
    assert root["PayloadType"] == "com.apple.security.root"
    assert root["PayloadContent"] == authority.certificate_der()
    assert profile["PayloadUUID"] != root["PayloadUUID"]
    assert profile_of(authority) == profile_of(house.opened().authority)
