"""How a server that asks who is there is reached, and what of that may be shown.

What goes along with each request is shown to nobody: the user and password that stood in the
address, its query (many servers take a token there), and the **key**, which an environment variable
holds.

How the key is sent is the setting `header`: `bearer`, `basic` (the variable holds `user:password`),
the name of a header that holds the key alone (`X-API-Key`), or name and first word
(`Authorization: Token`). A user and password in the address go before a key in `Authorization`.

No redirect is followed, so that nothing of this goes to anybody else.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin
from urllib.request import getproxies

from storybook.settings import is_variable
from storybook.stages.addresses import AccessFault, parts_of, proxy_fault, shown_url
from storybook.stages.certificates import tls_fault, trusted_context
from storybook.system import is_loopback

if TYPE_CHECKING:
    import ssl

    import httpx

BEARER: Final = "bearer"
KEY_REFUSED: Final = (401, 403)
HIDDEN: Final = "…"
"""What stands where a secret was."""

_AUTHORIZATION: Final = "Authorization"
_SCHEMES: Final = {"bearer": "Bearer", "basic": "Basic"}
_CHALLENGES: Final = (*_SCHEMES, "digest", "negotiate")
"""The ways to say who one is that a 401 may ask for."""
_HEADER_NAME: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SHORTEST_SECRET: Final = 4
"""Characters. A shorter one stands in any text by chance, and could not be told by its absence."""


class ServerAccess:
    """The way to the server at `address`.

    `key_variable` names the environment variable that holds the key, empty for none; it is read at
    each use. `setting` is what an operator sets to another address (`[writer] url`), to a value
    such as `example`. `url` is what is asked, and may be shown; `query` goes with every request.
    """

    def __init__(
        self, address: str, *, setting: str, example: str, key_variable: str, header: str = BEARER
    ) -> None:
        self.url, user, query = parts_of(address)
        name, _, password = user.partition(":")
        self._user = f"{unquote(name)}:{unquote(password)}" if user else ""
        self._raw_user = user
        self.query = parse_qsl(query, keep_blank_values=True)
        self._setting, self._example, self._variable = setting, example, key_variable.strip()
        self._table = setting.partition(" ")[0]
        self._name, self._scheme = _header_form(header)

    # ------------------------------------------------------------------------------------- asking

    def check(self) -> None:
        """Raise `AccessFault` unless the URL can be asked and the key can be sent."""
        import httpx

        try:
            it = httpx.URL(self.url)
            has_address = it.scheme in ("http", "https") and bool(it.host)
        except httpx.InvalidURL:
            has_address = False
        if not has_address:
            why = f"{self.url!r} is no http address" if self.url else "no endpoint is set"
            raise AccessFault(why, f"Set {self._setting}, such as {self._example}")
        self.headers()

    def headers(self) -> dict[str, str]:
        """The headers that say who asks. Raises `AccessFault`."""
        key = self._key()
        sent = {self._name: self._value(key)} if key else {}
        return sent | ({_AUTHORIZATION: _basic(self._user)} if self._user else {})

    def client(self, base_url: str = "", **options: Any) -> httpx.AsyncClient:
        """A client for the server, with the options of `httpx.AsyncClient`; `base_url` is `url` if
        not given. Raises `AccessFault`."""
        import httpx

        self.check()
        is_here = is_loopback(httpx.URL(self.url).host)
        if self.query:
            logging.getLogger("httpx").addFilter(_log_no_query)
        usual: dict[str, Any] = {
            "base_url": base_url or self.url,
            "headers": self.headers(),
            "params": self.query,
            "verify": self.tls() or False,  # without TLS, certificates need not be loaded
            "follow_redirects": False,
            "trust_env": not is_here,  # no proxy to this machine
        }
        try:
            return httpx.AsyncClient(**(usual | options))
        except (httpx.InvalidURL, ValueError, ImportError):  # they quote it, password and all
            raise proxy_fault() from None

    def websocket_url(self, path: str, query: dict[str, str]) -> str:
        """The address of a websocket of the server; it is not to be shown."""
        scheme, _, rest = self.url.partition("://")
        secure = "wss" if scheme == "https" else "ws"
        return f"{secure}://{rest}{path}?{urlencode([*query.items(), *self.query])}"

    def tls(self) -> ssl.SSLContext | None:
        """The certificates that are trusted, None where no TLS is spoken. Raises `AccessFault`."""
        return trusted_context() if self.url.startswith("https:") else None

    # ------------------------------------------------------------------------------ what went wrong

    def refusal(self, status: int, challenge: str = "") -> AccessFault:
        """What a status of `KEY_REFUSED` means; `challenge` is its `WWW-Authenticate`. What else
        the server says of it may quote part of the key, and is not repeated."""
        asked = (challenge.split() or [""])[0].lower()
        is_sent = bool(self._key() or self._user)
        if status == 403:
            why = "it forbids this with the key" if is_sent else "it forbids this without a key"
        else:
            why = "it refuses the key" if is_sent else "it takes no call without a key"
        if asked in _CHALLENGES and asked != self._sends():
            why += f" (it asks for {asked.title()})"
        return AccessFault(why, self._mend_of_key(asked))

    def redirect(self, status: int, location: str) -> AccessFault:
        """What an answer that points elsewhere means."""
        to = self.hide(shown_url(urljoin(f"{self.url}/", location)))
        mend = f"Set {self._setting} to where it answers; if that is a login, give it a key"
        return AccessFault(f"it answers {status} and points to {to}", mend)

    def tls_fault(self, error: BaseException) -> AccessFault | None:
        """What is wrong with the server's certificate or TLS, if that is what an error is about."""
        return tls_fault(error, self._setting)

    def hide(self, text: str) -> str:
        """A text of somebody else without what is secret here."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, HIDDEN)
        return text

    # ------------------------------------------------------------------------------------- the key

    def _key(self) -> str:
        """The key, or "" if there is none to send. What is none is refused here: libraries would
        quote it in their errors."""
        if not self._variable or (self._user and self._name == _AUTHORIZATION):
            return ""
        if not _VARIABLE.fullmatch(self._variable):  # it may be the key itself
            why = f"{self._table} key_variable is no name of an environment variable"
            raise AccessFault(why, "Put the key into a variable, and the variable's name there")
        if not _HEADER_NAME.fullmatch(self._name):
            why = f"{self._table} header names no header"
            raise AccessFault(why, "Set it to bearer, basic, or a name such as X-API-Key")
        key = os.environ.get(self._variable, "").strip()
        if not (key.isprintable() and (key.isascii() or self._scheme == "Basic")):
            why = f"{self._variable} holds characters that no key has"
            raise AccessFault(why, "Set it again, to one line of letters, digits and signs")
        if key and self._scheme == "Basic" and ":" not in key:
            why = f"{self._variable} holds no user and password"
            raise AccessFault(why, "Set it to user:password")
        return key

    def _value(self, key: str) -> str:
        if self._scheme == "Basic":
            return _basic(key)
        return f"{self._scheme} {key}" if self._scheme else key

    def _sends(self) -> str:
        """How it says who asks: one of `_SCHEMES`, or another word."""
        return "basic" if self._user else self._scheme.lower()

    def _secrets(self) -> Iterator[str]:
        """All that is to be shown to nobody, in each form in which it may come back."""
        key = os.environ.get(self._variable, "").strip() if self._variable else ""
        proxies = [parts_of(it).user for it in getproxies().values()]
        users = [self._user, self._raw_user, *proxies, *map(unquote, proxies)]
        pairs = [*users, *([key] if self._scheme == "Basic" else [])]
        passwords = [pair.partition(":")[2] for pair in pairs]
        encoded = [_basic(pair).removeprefix("Basic ") for pair in pairs]
        for secret in (key, *pairs, *passwords, *(value for _, value in self.query), *encoded):
            yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])

    def _mend_of_key(self, asked: str) -> str:
        if self._user and self._name == _AUTHORIZATION:
            return f"Set the user and password in {self._setting}"
        if not self._variable:
            return (
                f"Set {self._table} key_variable to the name of the environment variable that "
                "holds its key, and header to how that is sent"
            )
        variable = self._variable
        if variable not in os.environ and not is_variable(variable):
            variable = f"that {self._table} key_variable names"  # it may be the key itself
        if asked == "basic" and self._sends() != "basic":
            return (
                f"Set {self._table} header to basic, and the environment variable {variable} to "
                "user:password"
            )
        return f"Set the environment variable {variable} to a key that it takes"


def _header_form(header: str) -> tuple[str, str]:
    """The header that a key is sent in, and the word before it."""
    name, _, scheme = (it.strip() for it in header.partition(":"))
    if name.lower() in _SCHEMES and not scheme:
        name, scheme = _AUTHORIZATION, name
    name = _AUTHORIZATION if name.lower() == _AUTHORIZATION.lower() else name
    return name, _SCHEMES.get(scheme.lower(), scheme)


def _basic(user_and_password: str) -> str:
    """As RFC 7617 has it, in UTF-8."""
    return "Basic " + base64.b64encode(user_and_password.encode()).decode()


def _log_no_query(record: logging.LogRecord) -> bool:
    """httpx logs the URL of each request, with its query."""
    import httpx

    if isinstance(record.args, tuple):
        record.args = tuple(
            it.copy_with(query=None) if isinstance(it, httpx.URL) else it for it in record.args
        )
    return True
