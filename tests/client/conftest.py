"""A running site, as the tests of the API have it."""

from tests.http.conftest import anyio_backend, site

__all__ = ["anyio_backend", "site"]
