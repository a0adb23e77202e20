"""Measurements of the real thing: `python -m bench.quick` prints them all as one table."""
