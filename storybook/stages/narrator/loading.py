"""What becomes of a narrator's model that is damaged, or made for something else."""

from __future__ import annotations


class LoadingFailed(Exception):
    """The model cannot be loaded; the message says why."""
