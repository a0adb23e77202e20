"""What proxies say of a request, and how much of it is believed."""

from __future__ import annotations

import ipaddress
import re
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.http.forwarded import Hop, asked_through, hops_in
from storybook.settings import BASE_PATH_PATTERN
from tests.fuzzing import BOUNDED

LOCAL = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
OUTSIDE = "203.0.113.7"

NAMES = [b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix"]
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([*NAMES, b"forwarded", b"host"]),
        st.text(st.sampled_from('127.0.0.1 10.9,;="\\[]:/forhstpi\xff\t'), max_size=40).map(
            lambda it: it.encode("latin-1")
        )
        | st.binary(max_size=40),
    ),
    max_size=6,
)
ADDRESSES = st.ip_addresses().map(str)
FOREIGN = st.ip_addresses().filter(
    lambda it: (
        not any(it in net for net in LOCAL if net.version == it.version)
        and getattr(it, "ipv4_mapped", None) is None
    )
)


def headers(**lines: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), it.encode("latin-1")) for name, it in lines.items()]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ({}, Hop("127.0.0.1")),
        ({"x_forwarded_for": OUTSIDE}, Hop(OUTSIDE)),
        ({"x_forwarded_for": f"1.1.1.1, {OUTSIDE}"}, Hop(OUTSIDE)),
        ({"x_forwarded_for": f"1.1.1.1, {OUTSIDE}, 10.1.2.3"}, Hop(OUTSIDE)),
        ({"x_forwarded_for": "10.1.1.1, 10.1.2.3"}, Hop("10.1.1.1")),
        ({"x_forwarded_for": f"{OUTSIDE}:4711"}, Hop(OUTSIDE)),
        ({"x_forwarded_for": "[2001:db8::1]:80"}, Hop("2001:db8::1")),
        ({"x_forwarded_for": "::ffff:203.0.113.7"}, Hop(OUTSIDE)),
        ({"x_forwarded_for": "1.1.1.1, unknown"}, Hop("127.0.0.1")),
        ({"x_forwarded_for": "1.1.1.1, unknown, 10.1.2.3"}, Hop("10.1.2.3")),
        (
            {
                "x_forwarded_for": OUTSIDE,
                "x_forwarded_proto": "HTTPS",
                "x_forwarded_host": "books.example:8443",
                "x_forwarded_prefix": "/story",
            },
            Hop(OUTSIDE, "https", "books.example:8443", "/story"),
        ),
        ({"x_forwarded_proto": "https"}, Hop("127.0.0.1", "https")),
        (  # a made-up value before that of the only proxy
            {"x_forwarded_for": f"1.1.1.1, {OUTSIDE}", "x_forwarded_host": "evil.example, a.b"},
            Hop(OUTSIDE, host="a.b"),
        ),
        (  # two proxies, both of which add
            {"x_forwarded_for": f"{OUTSIDE}, 10.1.2.3", "x_forwarded_proto": "https, http"},
            Hop(OUTSIDE, "https"),
        ),
        (  # two proxies, the second of which replaces
            {"x_forwarded_for": f"{OUTSIDE}, 10.1.2.3", "x_forwarded_proto": "https"},
            Hop(OUTSIDE, "https"),
        ),
        ({"x_forwarded_host": "a.b/c"}, Hop("127.0.0.1")),
        ({"x_forwarded_host": "a@b"}, Hop("127.0.0.1")),
        ({"x_forwarded_prefix": "//evil.example"}, Hop("127.0.0.1")),
        ({"x_forwarded_prefix": "/a/../b"}, Hop("127.0.0.1")),
        ({"x_forwarded_proto": "javascript"}, Hop("127.0.0.1")),
        (
            {"forwarded": f'For="{OUTSIDE}:80";Proto=https;host="books.example"; by=_x'},
            Hop(OUTSIDE, "https", "books.example"),
        ),
        ({"forwarded": f"for=1.1.1.1;host=evil.example, for={OUTSIDE}"}, Hop(OUTSIDE)),
        ({"forwarded": f'for="[2001:db8::1]", for=10.0.0.1;host={OUTSIDE}'}, Hop("2001:db8::1")),
        ({"forwarded": "for=1.1.1.1, for=_hidden;proto=https"}, Hop("127.0.0.1", "https")),
        ({"forwarded": f'for=", for={OUTSIDE}'}, Hop("127.0.0.1")),  # a quote that never ends
        ({"forwarded": f'for="1.1.1.1\\", for={OUTSIDE}'}, Hop("127.0.0.1")),
        ({"forwarded": "for=1.1.1.1;for=2.2.2.2"}, Hop("127.0.0.1")),
        ({"forwarded": "for=1.1.1.1", "x_forwarded_for": OUTSIDE}, Hop(OUTSIDE)),
    ],
)
def test_what_trusted_proxies_say(lines: dict[str, str], expected: Hop) -> None:
    """The hops from the nearest on, as far as each was written by one that is trusted."""
    assert asked_through("127.0.0.1", headers(**lines), LOCAL) == expected


@BOUNDED
@given(peer=ADDRESSES, lines=HEADERS)
def test_nobody_is_believed_unless_the_settings_name_him(
    peer: str, lines: list[tuple[bytes, bytes]]
) -> None:
    """Whatever is sent, it changes nothing."""
    assert asked_through(peer, lines, ()) == Hop(peer)
    assert asked_through(OUTSIDE, lines, LOCAL) == Hop(OUTSIDE)


@BOUNDED
@given(lines=HEADERS)
def test_what_is_believed_is_well_formed(lines: list[tuple[bytes, bytes]]) -> None:
    """It goes into addresses and cookies: no slash, no line break, nothing that ends a value."""
    told = asked_through("127.0.0.1", lines, LOCAL)
    ipaddress.ip_address(told.client)
    assert told.scheme in ("", "http", "https")
    assert re.fullmatch(r"[A-Za-z0-9_.:\[\]-]*", told.host)
    assert re.fullmatch(BASE_PATH_PATTERN, told.prefix) and not told.prefix.startswith("//")


@BOUNDED
@given(
    made_up=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
    client=FOREIGN,
    proxies=st.lists(st.sampled_from(["10.0.0.1", "10.3.2.1", "fd00::7"]), max_size=3),
)
def test_a_client_is_who_the_outermost_trusted_proxy_saw(
    made_up: str, client: ipaddress.IPv4Address | ipaddress.IPv6Address, proxies: list[str]
) -> None:
    """What he put into the header before is never reached, whatever it is."""
    chain = ", ".join([made_up, str(client), *proxies])
    assert asked_through("127.0.0.1", headers(x_forwarded_for=chain), LOCAL).client == str(client)


@BOUNDED
@given(
    made_up=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
    client=FOREIGN,
)
def test_what_is_put_before_in_forwarded_hides_nobody_else(
    made_up: str, client: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    """At worst the proxy itself is taken for the client."""
    seen = f"[{client}]" if client.version == 6 else str(client)
    lines = headers(forwarded=f'{made_up}, for="{seen}"')
    assert asked_through("127.0.0.1", lines, LOCAL).client in (str(client), "127.0.0.1")


def test_no_header_makes_it_slow() -> None:
    """The longest heads that are taken: of commas, of quotes, of hops."""
    for text in ("," * 60_000, '"' * 60_001, '"\\' * 30_000, "10.0.0.1," * 7_000, "for=a;" * 9_000):
        for name in ("x_forwarded_for", "forwarded"):
            assert asked_through("127.0.0.1", headers(**{name: text}), LOCAL).client


def test_lines_of_the_same_name_are_one_list() -> None:
    """In the order in which they came."""
    lines = [*headers(x_forwarded_for="1.1.1.1"), *headers(x_forwarded_for="2.2.2.2, 3.3.3.3")]
    assert [it.client for it in hops_in(lines)] == ["3.3.3.3", "2.2.2.2", "1.1.1.1"]
