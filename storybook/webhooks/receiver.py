"""One attempt: a POST to whoever answers at an address, of whom nothing is believed.

The name is resolved here, each address that it leads to is looked at, and the connection goes to
one of those: a name that leads elsewhere a moment later (DNS rebinding) leads nowhere new. `Host`,
the name in TLS and the certificate's stay the receiver's. No proxy is asked, since it would resolve
the name once more; no redirect is followed; and of the answer only its head is read.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import anyio

from storybook.stages.addresses import AccessFault
from storybook.stages.certificates import tls_fault, trusted_context
from storybook.stages.retry_after import seconds_of
from storybook.webhooks.private_addresses import is_public
from storybook.webhooks.schedule import AttemptOutcome

if TYPE_CHECKING:
    import httpx

ATTEMPT_SECONDS: Final = 15.0
"""What a receiver gets to answer, all in all: Standard Webhooks names 15 to 30."""
MOST_ADDRESSES: Final = 4
"""Addresses of one name that are tried in one attempt."""
_REDIRECTS: Final = range(300, 400)


class Receiver:
    """Posts to receivers. `allows_private` lets a name lead to this machine and this network."""

    def __init__(self, *, allows_private: bool, seconds: float = ATTEMPT_SECONDS) -> None:
        self._allows_private, self._seconds = allows_private, seconds

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> AttemptOutcome:
        """Make an attempt; whatever goes wrong is its outcome."""
        import httpx

        try:
            with anyio.fail_after(self._seconds):
                return await self._post(httpx.URL(url), headers, body)
        except TimeoutError:
            return AttemptOutcome(why=f"no answer within {self._seconds:g} s")
        except AccessFault as fault:
            return AttemptOutcome(why=str(fault))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return AttemptOutcome(why=_why(error))

    async def _post(
        self, url: httpx.URL, headers: Mapping[str, str], body: bytes
    ) -> AttemptOutcome:
        import httpx

        failure = AttemptOutcome(why="its name leads nowhere")
        for address in await self._addresses(url):
            try:
                return await _post_to(address, url, headers, body)
            except httpx.ConnectError as error:  # perhaps it is reached by another one
                failure = AttemptOutcome(why=_why(error))
        return failure

    async def _addresses(self, url: httpx.URL) -> list[str]:
        """Where a name leads, as addresses. Raises `AccessFault`."""
        try:
            found = await anyio.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise AccessFault("its name is not found", "Look whether it is right") from error
        addresses = list(dict.fromkeys(str(it[4][0]) for it in found))
        private = [] if self._allows_private else [it for it in addresses if not is_public(it)]
        if private:
            why = f"its name leads to {private[0]}, which is no public address"
            raise AccessFault(why, "Set [webhooks] private_addresses if that is meant")
        return addresses[:MOST_ADDRESSES]


async def _post_to(
    address: str, url: httpx.URL, headers: Mapping[str, str], body: bytes
) -> AttemptOutcome:
    import httpx

    is_secure = url.scheme == "https"
    async with (
        # A client for each attempt: a connection to an address must not serve another name there.
        httpx.AsyncClient(
            verify=trusted_context() if is_secure else False,
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # all of it has one limit
        ) as client,
        client.stream(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},
        ) as answer,
    ):
        return _outcome(answer)


def _outcome(answer: httpx.Response) -> AttemptOutcome:
    status = answer.status_code
    why = f"answered {status}, and no redirect is followed" if status in _REDIRECTS else ""
    return AttemptOutcome(status, why, seconds_of(answer.headers.get("retry-after", "")))


def _why(error: Exception) -> str:
    """Why no answer came: in our words, since a library's may repeat what the receiver sent."""
    if (fault := tls_fault(error, "callback_url")) is not None:
        return fault.why
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            return f"no connection ({errno.errorcode.get(cause.errno, cause.errno)})"
        cause = cause.__cause__ or cause.__context__
    return f"no answer ({type(error).__name__})"
