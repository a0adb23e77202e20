"""By which names the devices of a house reach a machine."""

from __future__ import annotations

import pytest

from storybook.home.names import is_of_a_house, machine_names, names_of


@pytest.mark.parametrize(
    ("machine", "local"),
    [
        ("Books-PC", "books-pc.local"),
        ("books.lan", "books.local"),
        ("엄마 노트북", "storybook.local"),
        ("Kim's MacBook", "kim-s-macbook.local"),
        ("-", "storybook.local"),
        ("a" * 80, f"{'a' * 63}.local"),
    ],
)
def test_every_machine_has_a_local_name(machine: str, local: str) -> None:
    """What cannot stand in a name is left out of it."""
    assert names_of(machine, []).local == local


def test_only_addresses_at_home_are_taken() -> None:
    """One of the world would have devices trust the house's authority for somebody else's; and the
    first is told, since the way into the world goes from there."""
    found = ["203.0.113.7", "192.168.0.10", "fe80::1%3", "10.0.0.2", "fd00::2", "192.168.0.10", "x"]
    names = names_of("pc", found)
    assert names.addresses == ("127.0.0.1", "::1", "192.168.0.10", "10.0.0.2", "fd00::2")
    assert names.shown == "192.168.0.10"


def test_without_an_address_the_name_is_told() -> None:
    """A machine without a cable is still reached by itself."""
    names = names_of("pc", ["203.0.113.7"])
    assert names.shown == "pc.local"
    assert {"localhost", "127.0.0.1", "::1"} <= names.all


def test_settings_may_name_more() -> None:
    """What a router calls the machine; what is a name of the world gets no certificate."""
    names = names_of("pc", [], ["Books.LAN", "books.example", "10.0.0.9", "[fd00::9]"])
    assert names.hosts == ("localhost", "pc.local", "books.lan")
    assert names.addresses[2:] == ("10.0.0.9", "fd00::9")


@pytest.mark.parametrize(
    ("name", "whether"),
    [
        ("localhost", True),
        ("pc.local", True),
        ("a.b.home.arpa", True),
        ("local", False),
        ("pc", False),
        ("evil.example", False),
        ("local.evil.example", False),
        ("notlocal", False),
        ("-.local", False),
        ("*.local", False),
    ],
)
def test_which_names_are_of_a_house(name: str, whether: bool) -> None:
    """Those of which the world has none."""
    assert is_of_a_house(name) is whether


def test_this_machine_has_names() -> None:
    """Whatever it is called, and with whatever network."""
    names = machine_names()
    assert names.shown in names.all
    assert {"localhost", "127.0.0.1", "::1", names.local} <= names.all
