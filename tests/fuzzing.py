"""How much is tried of what nobody thinks of. The examples are the same in every run: a test that
has passed passes again, and one that fails fails for everybody."""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, settings

BOUNDED: Final = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,  # a busy machine takes longer
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
