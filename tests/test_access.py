"""Tokens, and what is signed with them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from storybook.access import (
    LOCAL,
    Access,
    AccessEvent,
    AccessRefused,
    Caller,
    TokenAdded,
    Tokens,
    TokenScope,
    digest_of,
)
from storybook.book import RunId
from storybook.stores.server_secret import read_server_secret, write_server_secret
from storybook.stores.sqlite.access import (
    AccessUnreadable,
    append_access,
    read_access,
    state_of_access,
)

NOW, LATER = 1_000_000_000, 2_000_000_000
RUN, OTHER = RunId("a" * 32), RunId("b" * 32)


def with_token(
    scope: TokenScope = TokenScope.CREATE, expires_at: int | None = None
) -> tuple[Tokens, str]:
    secret, event = Tokens().add("tablet", scope, expires_at, NOW)
    return Tokens([(NOW, event)]), secret


def test_a_token_is_known_by_its_secret_alone() -> None:
    """Nothing that is recorded holds it."""
    tokens, secret = with_token()
    assert tokens.by_secret(secret, NOW) == Caller("tablet", TokenScope.CREATE, added_at=NOW)
    assert tokens.by_secret(secret + "x", NOW) is None
    assert secret not in repr(tokens.all)
    assert tokens.all[0].digest == digest_of(secret)


def test_a_token_ends() -> None:
    """By its time, or when it is revoked; what was signed with it ends too."""
    tokens, secret = with_token(expires_at=LATER)
    caller = tokens.by_secret(secret, LATER - 1)
    assert caller is not None and tokens.still_holds(caller, LATER - 1)
    assert tokens.by_secret(secret, LATER) is None and not tokens.still_holds(caller, LATER)
    session = tokens.sign(caller, 10 * LATER)
    assert tokens.by_session(session, NOW) is not None
    history: list[tuple[int, AccessEvent]] = [
        (NOW, TokenAdded("tablet", TokenScope.CREATE, digest_of(secret), LATER)),
        (NOW + 1, tokens.revoke("tablet")),
    ]
    after = Tokens(history)
    assert after.by_secret(secret, NOW + 2) is None
    assert after.by_session(session, NOW + 2) is None
    assert not after.still_holds(caller, NOW + 2)


def test_a_new_token_may_take_a_name_that_was_revoked() -> None:
    """What was signed with the old one stays worthless, and what was open with it ends."""
    tokens, secret = with_token()
    session = tokens.sign(Caller("tablet", TokenScope.CREATE), LATER)
    with pytest.raises(AccessRefused, match="revoke it"):
        tokens.add("tablet", TokenScope.READ, None, NOW)
    revoked = (NOW, tokens.revoke("tablet"))
    first = (NOW, TokenAdded("tablet", TokenScope.CREATE, digest_of(secret)))
    before = tokens.by_secret(secret, NOW)
    other, event = Tokens([first, revoked]).add("tablet", TokenScope.READ, None, NOW + 1)
    renewed = Tokens([first, revoked, (NOW + 1, event)])
    after = renewed.by_secret(other, NOW + 1)
    assert after == Caller("tablet", TokenScope.READ, added_at=NOW + 1)
    assert before is not None and not renewed.still_holds(before, NOW + 1)
    assert renewed.still_holds(after, NOW + 1)
    assert renewed.by_secret(secret, NOW) is None
    assert renewed.by_session(session, NOW) is None


@pytest.mark.parametrize("name", ["", " a", "-a", "a\n", "가", "a" * 61, "../a", LOCAL])
def test_names_that_no_token_can_have(name: str) -> None:
    """It stands in events and logs, and nobody is to pass for the command line."""
    with pytest.raises(AccessRefused):
        Tokens().add(name, TokenScope.READ, None, NOW)


def test_revoking_what_is_not_there_names_what_is() -> None:
    """A name that was mistyped is found at once."""
    with pytest.raises(AccessRefused, match="there are: tablet"):
        with_token()[0].revoke("tabelt")


def test_a_link_opens_one_book_to_be_read() -> None:
    """Not another one, not for longer, not as a session, and not with a letter changed."""
    tokens, secret = with_token(TokenScope.ADMIN)
    caller = tokens.by_secret(secret, NOW)
    assert caller is not None
    link = tokens.sign(caller, LATER, RUN)
    assert tokens.by_link(link, RUN, NOW) == Caller("tablet", TokenScope.READ, RUN, LATER, NOW)
    assert tokens.by_link(link, OTHER, NOW) is None
    assert tokens.by_link(link, RUN, LATER) is None
    assert tokens.by_session(link, NOW) is None
    assert tokens.by_link(tokens.sign(caller, LATER), RUN, NOW) is None
    for place in range(len(link)):
        changed = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        assert tokens.by_link(changed, RUN, NOW) is None, changed


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "....", "a.1.b", "ÿ.1.ÿ", "dGFibGV0.-5.x"])
def test_what_is_no_signature(text: str) -> None:
    """It names nobody, and breaks nothing."""
    tokens, _ = with_token()
    assert tokens.by_session(text, NOW) is None
    assert tokens.by_link(text, RUN, NOW) is None


def test_each_scope_allows_what_those_before_it_do() -> None:
    """read, create, admin."""
    allowed = [[it.allows(needed) for needed in TokenScope] for it in TokenScope]
    assert allowed == [[True, False, False], [True, True, False], [True, True, True]]


# ------------------------------------------------------------------------------------- the file


def test_tokens_are_kept_where_only_their_user_can_read(tmp_path: Path) -> None:
    """In the order in which things were done."""
    path = tmp_path / "access.db"
    assert read_access(path) == []
    secret, event = Tokens().add("tablet", TokenScope.READ, None, NOW)
    append_access(path, event, NOW)
    append_access(path, Tokens(read_access(path)).revoke("tablet"), LATER)
    token = Tokens(read_access(path)).all[0]
    assert (token.added_at, token.revoked_at) == (NOW, LATER)
    assert secret.encode() not in path.read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def access_of(path: Path) -> Access:
    access = Access(lambda: read_access(path), lambda: state_of_access(path))
    access.refresh()
    return access


def test_a_change_is_seen(tmp_path: Path) -> None:
    """Without tokens nobody needs one; from the first on everybody does, also after the last."""
    path = tmp_path / "access.db"
    access = access_of(path)
    assert not access.is_configured
    secret, event = access.tokens.add("tablet", TokenScope.READ, None, NOW)
    append_access(path, event, NOW)
    access.refresh()
    caller = access.caller(secret, NOW)
    assert access.is_configured and caller is not None and access.still_holds(caller, NOW)
    append_access(path, access.tokens.revoke("tablet"), NOW)
    access.refresh()
    assert access.is_configured and not access.still_holds(caller, NOW)


def test_what_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    """A damaged file is no open door; it opens again when it is put back."""
    path = tmp_path / "access.db"
    path.write_bytes(b"no database at all, whatever it was before" * 100)
    access = access_of(path)
    assert access.is_configured and access.caller("", NOW) is None
    with pytest.raises(AccessUnreadable, match="put it back"):
        read_access(path)
    path.unlink()
    access.refresh()
    assert not access.is_configured


def test_what_cannot_be_opened_is_not_to_be_moved_away(tmp_path: Path) -> None:
    """It is whole, and without it everybody would be let in."""
    path = tmp_path / "access.db"
    path.mkdir()
    with pytest.raises(AccessUnreadable, match="let this user read it") as found:
        read_access(path)
    assert "no tokens" not in str(found.value)


def test_the_secret_of_a_server_is_its_users(tmp_path: Path) -> None:
    """It is new each time, and lets in as the command line."""
    path = tmp_path / "server.secret"
    assert read_server_secret(path) == ""
    first, second = write_server_secret(path), write_server_secret(path)
    assert first != second == read_server_secret(path)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    access = Access()
    access.local_secret = second
    assert access.caller(second, NOW) == Caller(LOCAL, TokenScope.ADMIN)
    assert access.caller(first, NOW) is None
