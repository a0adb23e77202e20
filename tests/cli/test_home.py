"""`serve --home`: what the family is shown, what is kept, and what `doctor` says of it."""

from __future__ import annotations

import json
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest

import storybook.cli.home_checks
from storybook.home.identity import HomeIdentity, read_authority
from storybook.home.names import ServerNames, names_of
from tests.cli.conftest import WORDS, Shell
from tests.home.houses import House, trusting

Start = Callable[..., subprocess.Popen[str]]


def said_by(process: subprocess.Popen[str]) -> str:
    """What it prints until it serves."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C stops it" in line:
            return said
    raise AssertionError(f"it has ended: {said}{process.stderr.read() if process.stderr else ''}")


def url_in(said: str) -> str:
    found = re.search(r"https://localhost:\d+", said)
    assert found is not None, said
    return found[0]


@pytest.mark.slow
def test_the_house_is_opened_by_one_command(shell: Shell, start: Start) -> None:
    """Addresses, the way to trust it and the authority's fingerprint are told; keys and token are
    kept for their owner, and the token is in nothing that is printed into a file."""
    process = start(shell.data, "serve", "--home", "--port", "0")
    said = said_by(process)
    url, home = url_in(said), shell.data / "home"
    port = urlsplit(url).port
    assert re.search(
        rf"In the house it is at https://\S+:{port}/, or at https://\S+\.local:{port}/", said
    )
    authority = read_authority(home)
    assert authority.fingerprint in said
    token = (home / "token").read_text("ascii")
    assert token.startswith("sb_") and token not in said and str(home / "token") in said
    if sys.platform != "win32":
        modes = {it.name: stat.S_IMODE(it.stat().st_mode) for it in (home, *home.iterdir())}
        names = ("authority.pem", "server.pem", "token")
        assert modes == {"home": 0o700, **dict.fromkeys(names, 0o600)}
    with httpx.Client(base_url=url, verify=trusting(authority)) as tablet:
        assert tablet.get("/api/runs").status_code == 401
        assert tablet.post("/api/session", json={"token": token}).json()["name"] == "home"
        assert tablet.get("/api/runs").status_code == 200
    trust_page = re.search(r"http://\S+?:(\d+)/ tells", said)
    assert trust_page is not None
    assert "iPad" in httpx.get(f"http://127.0.0.1:{trust_page[1]}/").text
    process.terminate()
    assert process.wait() == 0


@pytest.mark.slow
def test_the_command_line_trusts_its_own_server(shell: Shell, start: Start) -> None:
    """Beside a server at home all is as beside any other; without the authority's file nothing is
    sent to whoever listens there."""
    url = url_in(said_by(start(shell.data, "serve", "--home", "--port", "0")))
    made = shell("make", *WORDS)
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith(f"The server at {url} holds this data folder")
    (shell.data / "home" / "authority.pem").rename(shell.data / "home" / "away")
    refused = shell("make", *WORDS)
    assert refused.exit_code == 1 and "start it again with --home" in refused.stderr


@pytest.mark.slow
def test_the_next_start_is_known_to_every_tablet(shell: Shell, start: Start) -> None:
    """The same authority and the same token; a token that was revoked lets nobody in, and another
    one is made."""
    home = shell.data / "home"
    kept = []
    for _ in range(2):
        process = start(shell.data, "serve", "--home", "--port", "0")
        said_by(process)
        kept.append([(home / name).read_bytes() for name in ("authority.pem", "token")])
        process.terminate()
        assert process.wait() == 0
    assert kept[0] == kept[1]
    shell("token", "revoke", "home")
    said_by(start(shell.data, "serve", "--home", "--port", "0"))
    assert (home / "authority.pem").read_bytes() == kept[0][0]
    assert (home / "token").read_bytes() != kept[0][1]
    (told,) = shell.json_lines("token", "list")
    assert (told["name"], told["scope"], told["revoked_at"]) == ("home", "create", None)


@pytest.mark.slow
def test_the_codes_lead_where_the_lines_say(shell: Shell) -> None:
    """On a terminal: the first to the trust page, the second to the server, with the token behind
    the #, where no log has it. They are read back as a tablet's camera does."""
    from tests.cli.qr_reader import codes_on
    from tests.cli.terminal import CTRL_C, Terminal

    terminal = Terminal(100, shell.data, "serve", "--home", "--port", "0", NO_COLOR="1")
    terminal.until("Ctrl-C stops it")
    token = (shell.data / "home" / "token").read_text("ascii")
    told = re.search(r"In the house it is at (\S+),", terminal.shown)
    page = re.search(r"Once on each device: (\S+) ", terminal.shown)
    assert told is not None and page is not None
    assert codes_on(terminal.shown) == [page[1], f"{told[1]}#token={token}"]
    assert token not in terminal.shown
    terminal.type(CTRL_C)
    assert terminal.end() == 0


@pytest.mark.slow
def test_a_narrow_terminal_is_told_so(shell: Shell) -> None:
    """Half a code would be read by no camera."""
    from tests.cli.terminal import CTRL_C, Terminal

    terminal = Terminal(30, shell.data, "serve", "--home", "--port", "0")
    assert "too narrow" in " ".join(terminal.until("Ctrl-C stops it").split())
    assert "█" not in terminal.shown
    terminal.type(CTRL_C)
    assert terminal.end() == 0


def test_a_port_that_is_taken_is_told(shell: Shell) -> None:
    """The tablets know the address: it is not changed in silence."""
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = shell("serve", "--home", "--port", port)
    assert refused.exit_code == 1
    assert f"cannot listen at port {port} of the house: something else listens" in refused.stderr
    assert "serve --home --port" in refused.stderr
    assert not (shell.data / "home").exists()


@pytest.mark.slow
def test_the_trust_page_takes_any_port(
    shell: Shell, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for once by each device; what took its own is told."""
    with socket.create_server(("0.0.0.0", 0)) as taken, socket.create_server(("", 0)) as free:
        port, other = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        process = start(
            shell.data,
            *("serve", "--home"),
            STORYBOOK_HOME_PORT=str(other),
            STORYBOOK_HOME_TRUST_PORT=str(port),
        )
        said = said_by(process)
    assert url_in(said).endswith(f":{other}")
    assert f":{port}/ tells" not in said and "/ tells how" in said
    process.terminate()
    _, errors = process.communicate()
    assert f"The trust page takes another port: at {port}" in errors


@pytest.mark.parametrize("option", [("--host", "127.0.0.1"), ("--insecure",)])
def test_a_house_is_opened_whole_and_with_a_token(shell: Shell, option: tuple[str, ...]) -> None:
    """What contradicts that is a usage error, and makes nothing."""
    refused = shell("serve", "--home", *option)
    assert refused.exit_code == 2 and "name it alone" in refused.output
    assert not shell.data.exists()


def test_a_token_of_the_same_name_is_nobodys_to_take(shell: Shell) -> None:
    """Its secret is not here to be shown; what to do is said, and works."""
    shell("token", "add", "home", "--scope", "read")
    refused = shell("serve", "--home", "--port", "0")
    assert refused.exit_code == 1
    assert "there is a token 'home'" in refused.stderr
    assert "token revoke home" in refused.stderr


def test_a_damaged_authority_keeps_it_from_starting(shell: Shell) -> None:
    """Rather than have all tablets refuse another one."""
    House(shell.data / "home")
    (shell.data / "home" / "authority.pem").write_text("?")
    refused = shell("serve", "--home", "--port", "0")
    assert refused.exit_code == 1 and "put it back from a backup" in refused.stderr


# ------------------------------------------------------------------------------------- doctor


@pytest.fixture
def house(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> House:
    """What was kept of a house, on a machine that is still the same."""
    house = House(shell.data / "home")

    def names(more: object = ()) -> ServerNames:
        return house.names()

    monkeypatch.setattr(storybook.cli.home_checks, "machine_names", names)
    return house


def finding(shell: Shell) -> tuple[str, str, str]:
    """Grade, what was found, and what to do about it."""
    result = shell("doctor", "--json")
    (it,) = [it for it in map(json.loads, result.stdout.splitlines()) if it["name"] == "home"]
    return it["grade"], it["found"], it["mend"]


def test_the_doctor_tells_of_the_house(shell: Shell, house: House) -> None:
    """Where it is, and until when what it shows holds."""
    grade, found, mend = finding(shell)
    ends = house.identity.certificate.ends_at
    assert (grade, mend) == ("ok", "")
    assert found.startswith("`storybook serve --home` is at https://192.168.0.10:8443/")
    assert f"certificate until {ends:%Y-%m-%d}, authority until 20" in found


def test_the_doctor_tells_what_the_next_start_mends(shell: Shell, house: House) -> None:
    """Another address, and a certificate that is lost or damaged."""
    house.addresses.append("10.0.0.7")
    grade, found, _ = finding(shell)
    assert grade == "knowing" and "this machine is also 10.0.0.7 now" in found
    (house.folder / "server.pem").write_text("?")
    assert "its certificate is unusable" in finding(shell)[1]
    (house.folder / "server.pem").unlink()
    grade, found, mend = finding(shell)
    assert grade == "knowing" and "server.pem is not there" in found
    assert mend.startswith("The next start of")


def test_the_doctor_tells_of_a_damaged_authority(shell: Shell, house: House) -> None:
    """Nobody comes in with another one."""
    (house.folder / "authority.pem").write_text("?")
    grade, found, _ = finding(shell)
    assert grade == "missed" and "put it back from a backup" in found


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_the_doctor_tells_of_keys_that_others_can_read(shell: Shell, house: House) -> None:
    """With the command that closes them."""
    (house.folder / "authority.pem").chmod(0o644)
    result = shell("doctor", "--json")
    assert "other users of this machine can read authority.pem" in result.stdout
    assert "chmod -R go=" in result.stdout
    HomeIdentity(house.folder, lambda: names_of("pc", []), house.clock.now)
    assert "other users of this machine" not in shell("doctor", "--json").stdout


def test_settings_say_where_it_is(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """`config` tells the ports, and who said so."""
    monkeypatch.setenv("STORYBOOK_HOME_PORT", "9443")
    said = shell("config").stdout
    assert "[home]\nport = 9443  # STORYBOOK_HOME_PORT" in said
    assert "# trust_port = 8444  # default" in said
