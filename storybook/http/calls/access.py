"""Sessions and links."""

from __future__ import annotations

from typing import Final

from storybook.http.calls.call import NOT_KEPT, RUN, SET_COOKIE, Call, Reply, answer, signed_in
from storybook.http.schemas import JSON
from storybook.http.sessions import Session, SignedLink

ACCESS: Final = (
    Call(
        "create_link",
        "access",
        "POST",
        "/api/runs/{run_id}/links",
        "Sign a link to one book, which needs no token",
        {201: answer("the link, and until when it holds", SignedLink)},
        more="It ends with the token that it is asked with, too. Its first use leaves a cookie, so "
        "that what the book consists of needs no signature of its own.",
        errors=(408, 409, 413, 422),
        parameters=(RUN,),
        body=(JSON, "LinkRequest"),
    ),
    Call(
        "create_session",
        "access",
        "POST",
        "/api/session",
        "Sign in: a token becomes a cookie",
        {200: signed_in("who is signed in", Session)},
        errors=(408, 409, 413, 422),
        body=(JSON, "SignIn"),
    ),
    Call(
        "delete_session",
        "access",
        "DELETE",
        "/api/session",
        "Sign out",
        {204: Reply("the cookie is gone", headers=(NOT_KEPT, SET_COOKIE))},
        errors=(403,),
    ),
)
