"""`token`, and what a server that has tokens lets its own command line do."""

from __future__ import annotations

import re
import stat

import httpx
import pytest

from storybook.access import Tokens, digest_of
from storybook.stores.sqlite.access import read_access
from tests.cli.conftest import WORDS, Shell
from tests.cli.test_beside_a_server import Start


def test_a_token_is_shown_once(shell: Shell) -> None:
    """Its secret alone on standard output, and nowhere else ever again."""
    added = shell("token", "add", "tablet", "--scope", "create", "--expires", "30d")
    secret = added.stdout.strip()
    assert secret.startswith("sb_") and "not shown again" in added.stderr
    token = Tokens(read_access(shell.data / "access.db")).all[0]
    assert token.digest == digest_of(secret)
    assert token.expires_at is not None
    assert token.expires_at - token.added_at == 30 * 24 * 3600 * 1_000_000
    listed = shell("token", "list").stdout
    assert "tablet" in listed and "valid" in listed
    assert secret not in listed and token.digest not in listed


def test_tokens_as_json(shell: Shell) -> None:
    """A line each, without their hashes."""
    shell("token", "add", "tablet", "--scope", "read")
    shell("token", "revoke", "tablet")
    (told,) = shell.json_lines("token", "list")
    assert set(told) == {"name", "scope", "added_at", "expires_at", "revoked_at"}
    assert (told["name"], told["expires_at"]) == ("tablet", None) and told["revoked_at"]


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (("revoke", "nobody"), "there are: none", 1),
        (("add", "가", "--scope", "read"), "expected a name", 1),
        (("add", "a", "--scope", "read", "--expires", "soon"), "such as 12h", 2),
        (("add", "a", "--scope", "root"), "'root'", 2),
        (("add", "a"), "--scope", 2),
    ],
)
def test_what_no_token_can_be(
    shell: Shell, arguments: tuple[str, ...], said: str, code: int
) -> None:
    """Each fault says what was expected, and records nothing."""
    result = shell("token", *arguments)
    assert result.exit_code == code and said in result.output
    assert shell("token", "list").stdout.startswith("No tokens")


def test_a_server_that_others_reach_needs_tokens(shell: Shell) -> None:
    """Nothing is opened to a network by mistake."""
    refused = shell("serve", "--host", "0.0.0.0", "--port", "0")
    assert refused.exit_code == 1
    assert "storybook token add" in refused.output.replace(shell.program, "storybook")
    assert "--insecure" in refused.output


@pytest.mark.parametrize(
    ("variable", "value"), [("TRUSTED_PROXIES", "127.0.0.1"), ("BASE_PATH", "/story")]
)
def test_a_proxy_without_tokens_is_told_of(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """It stands where others reach it; with a token nothing is said."""
    monkeypatch.setenv(f"STORYBOOK_SERVER_{variable}", value)
    said = "Whoever reaches the proxy"
    assert said in shell("serve", "--host", "203.0.113.1", "--port", "0").output
    shell("token", "add", "tablet", "--scope", "create")
    assert said not in shell("serve", "--host", "203.0.113.1", "--port", "0").output


@pytest.mark.slow
def test_the_command_line_needs_no_token_beside_its_server(shell: Shell, start: Start) -> None:
    """It reads the server's secret, which only this user can; others are asked for a token. Events
    say who it was. The secret goes with the server."""
    added = shell("token", "add", "tablet", "--scope", "create")
    serving = start(shell.data, "serve", "--port", "0")
    assert serving.stdout is not None
    found = re.search(r"http://\S+", serving.stdout.readline())
    assert found
    assert httpx.get(f"{found[0]}/api/runs").status_code == 401
    token = {"Authorization": f"Bearer {added.stdout.strip()}"}
    assert httpx.get(f"{found[0]}/api/runs", headers=token).status_code == 200
    secret = shell.data / "server.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert shell("make", *WORDS).exit_code == 0
    first = shell.json_lines("log", "latest")[0]
    assert first["data"]["requested_by"] == "command line"
    serving.terminate()
    serving.wait()
    assert not secret.exists()
