"""What a command raises when it did not go well."""

from __future__ import annotations


class Failure(Exception):
    """Told as one line on stderr, with exit code 1: why, and what to do."""
