"""llama.cpp, loaded so that its threads sleep while they wait for each other.

Its threads meet hundreds of times for each token, and by default spin until all have come. Where
painters use the same cores, a thread that waits for its turn keeps the others spinning: measured at
ten to twenty times the time that one thread takes alone. OpenMP reads its policy once, when it is
loaded; an operator's own wins.
"""

from __future__ import annotations

import os
from typing import Any, Final

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import llama_cpp  # after the policy, which it reads while it is loaded

API: Final[Any] = llama_cpp
"""The C functions, without types: the package's own differ from version to version."""
Llama = llama_cpp.Llama
