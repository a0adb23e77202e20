"""The trust page: how a device is told to trust the server at home.

It is served over plain HTTP, since the device does not trust the server yet: the page, the
authority's certificate in three forms, and nothing else. Whoever can change what comes over the
house's network can change it; so it shows the fingerprint that is to be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final

from litestar.types import ASGIApp, Receive, Scope, Send

from storybook.home.authority import Authority
from storybook.home.profile import profile_of
from storybook.http.page_language import VARY, PageLanguage, page_language
from storybook.http.page_safety import POLICY, page_policy, pages_guarded
from storybook.http.page_texts import TEXTS, DeviceSteps, TrustTexts
from storybook.http.requests import READ, method
from storybook.http.responses import NOT_KEPT, RawResponse, json_response

_HTML: Final = b"text/html; charset=utf-8"
_STYLE: Final = """
:root { color-scheme: light dark; --paper: #fbf7ef; --ink: #33291f; --gold: #7a5510; }
@media (prefers-color-scheme: dark) { :root { --paper: #211b15; --ink: #f1e8da; --gold: #e3b75f; } }
body { font: 18px/1.6 system-ui, sans-serif; max-width: 42rem; margin: 0 auto; padding: 1.5rem;
  background: var(--paper); color: var(--ink); }
h1, h2 { font-family: ui-serif, Georgia, serif; line-height: 1.25; }
h2 { margin: 2rem 0 .5rem; }
a { color: var(--gold); }
a.file, a.open { display: inline-block; padding: .6rem 1rem; border: 2px solid;
  border-radius: .6rem; overflow-wrap: anywhere; }
a:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
code { font: 16px/1.6 ui-monospace, monospace; overflow-wrap: anywhere; }
li { margin: .4rem 0; }
:lang(ko) { word-break: keep-all; }
"""
_POLICY: Final = (POLICY, page_policy(styles=[_STYLE]).encode())

Form = tuple[bytes, bytes, Callable[[Authority], bytes]]
FORMS: Final[dict[str, Form]] = {
    "/storybook.mobileconfig": (b"application/x-apple-aspen-config", b"inline", profile_of),
    "/storybook.crt": (
        b"application/x-x509-ca-cert",
        b'attachment; filename="storybook.crt"',
        Authority.certificate_der,
    ),
    "/storybook.pem": (
        b"application/x-pem-file",
        b'attachment; filename="storybook.pem"',
        Authority.certificate_pem,
    ),
}
"""The authority's certificate by path: its media type, whether it is kept as a file or handed to
the system, and its content."""


def trust_page(authority: Callable[[], Authority], address: Callable[[], str]) -> ASGIApp:
    """The application. Both are asked anew for each request: they may change."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        answer = _answer(scope, authority(), address())
        await answer(scope, receive, send)

    return pages_guarded(answered, ())


def _answer(scope: Scope, authority: Authority, address: str) -> RawResponse:
    path = scope["path"]
    if path != "/" and path not in FORMS:
        return json_response({"detail": "no such path; GET / has all there is"}, status=404)
    if method(scope) not in READ:
        refused = {"detail": "this path takes GET and HEAD"}
        return json_response(refused, status=405, headers=[(b"allow", b"GET, HEAD")])
    if path == "/":
        language = page_language(scope)
        headers = [NOT_KEPT, VARY, _POLICY, (b"content-language", language.encode())]
        page = render_trust_page(authority, address, language)
        return RawResponse(page, media_type=_HTML, headers=headers)
    kind, disposition, content = FORMS[path]
    headers = [NOT_KEPT, (b"content-disposition", disposition)]
    return RawResponse(content(authority), media_type=kind, headers=headers)


def render_trust_page(authority: Authority, address: str, language: PageLanguage) -> bytes:
    """The page, for a server that is at `address`."""
    texts, name = TEXTS[language].trust, escape(authority.name)
    devices = "".join(_device(texts, it, name) for it in texts.devices)
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'>"
        f"<title>{texts.title}</title><meta name='viewport' content='width=device-width'>"
        f"<style>{_STYLE}</style></head><body><main><h1>{texts.title}</h1><p>{texts.why}</p>"
        f"<p>{texts.compare}<br><code>{authority.fingerprint}</code></p>{devices}"
        f"<p>{texts.then}<br><a class='open' href='{escape(address)}'>{escape(address)}</a></p>"
        f"<p><a href='storybook.pem'>{texts.other}</a></p>"
        f"<p>{texts.undo.format(name=name)}</p></main></body></html>"
    ).encode()


def _device(texts: TrustTexts, device: DeviceSteps, name: str) -> str:
    listed = "".join(f"<li>{it.format(name=name)}</li>" for it in device.steps)
    told = texts.download.format(file=device.file)
    link = f"<a class='file' href='{device.file}'>{told}</a>"
    return f"<h2>{device.name}</h2><p>{link}</p><ol>{listed}</ol>"
