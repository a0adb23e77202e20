"""Which addresses a receiver may have that is on the internet."""

from __future__ import annotations

import pytest

from storybook.webhooks.private_addresses import is_public


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_of_the_internet(address: str) -> None:
    """Also where one is written inside another."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
        *("2002:7f00:1::", "2001:0:102:304:0:ffff:80ff:fffe", "::127.0.0.1", "fec0::1", "nowhere"),
    ],
)
def test_addresses_of_this_machine_and_its_neighbours(address: str) -> None:
    """Loopback, private, link-local (where clouds keep their keys), shared, multicast, reserved;
    and each of them inside an address that leads there."""
    assert not is_public(address)
