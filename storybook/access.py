"""Who may do what: tokens, and what is signed with them.

A token is a secret that its holder shows; only its SHA-256 is kept, which is enough for secrets of
256 random bits. What is done with tokens (added, revoked) are the events of an access log of their
own; `Tokens` is the fold of it. Where a token was ever added nobody is let in without one, also
after the last was revoked.

Sessions (a browser's cookie) and links (to one book) are signed with the hash of the token that
they were given for: they end with it, and need no memory of their own.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from storybook.book import RunId
from storybook.clock import MICROSECONDS

logger = logging.getLogger(__name__)

MAX_NAME_CHARACTERS: Final = 60
"""Of a token: it stands in events, in logs and in tables."""
_NAME: Final = re.compile(r"[\w][\w .@+-]*", re.ASCII)
LOCAL: Final = "command line"
"""The name of the caller who showed the local secret. No token can have it: it would be his."""
_PREFIX: Final = "sb_"
"""By which scanners for leaked secrets know one."""
_SECRET_BYTES: Final = 32


class TokenScope(enum.StrEnum):
    """What a token allows; each one what the ones before it do, too."""

    READ = "read"
    CREATE = "create"
    ADMIN = "admin"

    def allows(self, needed: TokenScope) -> bool:
        order = list(TokenScope)
        return order.index(self) >= order.index(needed)


class TokenAdded(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """A token was given to somebody. `digest` is the secret's SHA-256 in hexadecimal, `expires_at`
    microseconds since 1970, None for never."""

    name: str
    scope: TokenScope
    digest: str
    expires_at: int | None = None


class TokenRevoked(msgspec.Struct, frozen=True, tag=True):
    """A token is good for nothing any more."""

    name: str


AccessEvent = TokenAdded | TokenRevoked


class Token(msgspec.Struct, frozen=True):
    """A token as it stands. Times are microseconds since 1970, None if they never come."""

    name: str
    scope: TokenScope
    digest: str
    added_at: int
    expires_at: int | None = None
    revoked_at: int | None = None

    def holds(self, now: int) -> bool:
        """Whether it is good for anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class AccessRefused(Exception):
    """What was asked of the tokens contradicts how they stand; the message says how."""


class Caller(msgspec.Struct, frozen=True):
    """Who asks: by the name of the token that was shown, and with what it allows. A link to one
    book allows that one alone (`run_id`). `expires_at` is of the session or the link, `added_at` of
    the token: a new one of the same name is another's."""

    name: str
    scope: TokenScope
    run_id: RunId | None = None
    expires_at: int | None = None
    added_at: int = 0


Recorded = Iterable[tuple[int, AccessEvent]]
"""When each thing was done (microseconds since 1970), and what."""


class Tokens:
    """All tokens there were, the newest of each name."""

    def __init__(self, recorded: Recorded = ()) -> None:
        self._by_name: dict[str, Token] = {}
        for at, event in recorded:
            match event:
                case TokenAdded(name=name, scope=scope, digest=digest, expires_at=expires_at):
                    self._by_name[name] = Token(name, scope, digest, at, expires_at)
                case TokenRevoked(name=name):
                    revoked = msgspec.structs.replace(self._by_name[name], revoked_at=at)
                    self._by_name[name] = revoked
        self._by_digest = {it.digest: it for it in self._by_name.values()}

    @property
    def all(self) -> list[Token]:
        """In the order in which they were added first."""
        return list(self._by_name.values())

    @property
    def is_empty(self) -> bool:
        """Whether there has never been a token."""
        return not self._by_name

    def add(
        self, name: str, scope: TokenScope, expires_at: int | None, now: int
    ) -> tuple[str, TokenAdded]:
        """A new secret, and the event that lets it in. Raises `AccessRefused`."""
        if not _NAME.fullmatch(name) or len(name) > MAX_NAME_CHARACTERS:
            raise AccessRefused(
                f"expected a name of at most {MAX_NAME_CHARACTERS} letters from a to z, digits, "
                "spaces and . @ + - _, which begins with a letter or digit; found "
                f"{name[: MAX_NAME_CHARACTERS + 1]!r}"
            )
        if name == LOCAL:
            raise AccessRefused(f"{LOCAL!r} is the name of what is done on this machine")
        if (found := self._by_name.get(name)) is not None and found.holds(now):
            raise AccessRefused(f"there is a token {name!r}: revoke it, or take another name")
        secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        return secret, TokenAdded(name, scope, digest_of(secret), expires_at)

    def revoke(self, name: str) -> TokenRevoked:
        """The event that lets nobody in by it any more. Raises `AccessRefused`."""
        found = self._by_name.get(name)
        if found is None or found.revoked_at is not None:
            known = ", ".join(it.name for it in self.all if it.revoked_at is None) or "none"
            raise AccessRefused(f"there is no token {name!r} to revoke; there are: {known}")
        return TokenRevoked(name)

    # ----------------------------------------------------------------------------- who asks

    def by_secret(self, secret: str, now: int) -> Caller | None:
        """Whose token this is, if it holds."""
        digest = digest_of(secret)
        token = self._by_digest.get(digest)
        if token is None or not hmac.compare_digest(token.digest, digest) or not token.holds(now):
            return None
        return Caller(token.name, token.scope, expires_at=token.expires_at, added_at=token.added_at)

    def by_session(self, session: str, now: int) -> Caller | None:
        """Whose session this is, if it and its token hold."""
        return self._by_signature(session, None, now)

    def by_link(self, link: str, run_id: RunId, now: int) -> Caller | None:
        """Who gave the link to this book, if it and that token hold; it allows to read it."""
        return self._by_signature(link, run_id, now)

    def still_holds(self, caller: Caller, now: int) -> bool:
        """Whether what a caller showed before would be let in again."""
        token = self._by_name.get(caller.name)
        return (
            token is not None
            and token.added_at == caller.added_at
            and token.holds(now)
            and (caller.expires_at is None or now < caller.expires_at)
        )

    # ------------------------------------------------------------------------ what is signed

    def sign(self, caller: Caller, expires_at: int, run_id: RunId | None = None) -> str:
        """A session of a caller, or a link to a book, until a moment (microseconds since 1970)."""
        token = self._by_name[caller.name]
        return _signed(token, expires_at // MICROSECONDS, run_id)

    def _by_signature(self, text: str, run_id: RunId | None, now: int) -> Caller | None:
        name, expires = _named(text)
        token = self._by_name.get(name)
        if token is None or not token.holds(now) or now >= expires * MICROSECONDS:
            return None
        if not hmac.compare_digest(_signed(token, expires, run_id).encode(), text.encode()):
            return None
        scope = token.scope if run_id is None else TokenScope.READ
        return Caller(name, scope, run_id, expires * MICROSECONDS, token.added_at)


class Access:
    """The tokens as they stand now, read again when they have changed.

    `read` gives what was recorded, `state_of` something that differs once there is more (the size
    and time of a file). What cannot be read lets nobody in. `local_secret` is what lets the command
    line beside this process in, empty for none.
    """

    def __init__(
        self, read: Callable[[], Recorded] = list, state_of: Callable[[], object] = object
    ) -> None:
        self._read, self._state_of = read, state_of
        self._state: object = None
        self._is_broken = False
        self.tokens = Tokens()
        self.local_secret = ""

    @property
    def is_configured(self) -> bool:
        """Whether nobody is let in without a token."""
        return self._is_broken or not self.tokens.is_empty

    def refresh(self) -> None:
        """Look whether anything has changed. Never raises."""
        state = self._state_of()
        if state == self._state:
            return
        try:
            self.tokens, self._is_broken = Tokens(self._read()), False
        except Exception as error:
            logger.error("nobody is let in: %s", error)
            self.tokens, self._is_broken = Tokens(), True
        self._state = state

    def caller(self, secret: str, now: int) -> Caller | None:
        """Whose secret this is, if it lets anybody in."""
        if self.local_secret and hmac.compare_digest(secret.encode(), self.local_secret.encode()):
            return Caller(LOCAL, TokenScope.ADMIN)
        return self.tokens.by_secret(secret, now)

    def still_holds(self, caller: Caller, now: int) -> bool:
        """Whether what a caller showed before would be let in again."""
        return caller.name == LOCAL or self.tokens.still_holds(caller, now)


def digest_of(secret: str) -> str:
    """The SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _signed(token: Token, expires: int, run_id: RunId | None) -> str:
    """Name, end (seconds since 1970) and signature, as an address or a cookie can have them."""
    name = _encoded(token.name.encode())
    told = f"{name}.{expires}"
    what = f"{'session' if run_id is None else f'link {run_id}'} {told}"
    signature = hmac.digest(bytes.fromhex(token.digest), what.encode(), "sha256")
    return f"{told}.{_encoded(signature)}"


def _named(text: str) -> tuple[str, int]:
    """The name and the end that a signed text tells; an empty name if it is none."""
    try:
        name, expires, _ = text.split(".")
        return base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode(), int(expires)
    except ValueError:  # also what is no base64, no UTF-8 and no number
        return "", 0


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
