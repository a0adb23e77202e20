"""The embedded log: one SQLite file, one process that writes it, any number that read it.

`log` is the `EventLog` on it, `writer` the one thread that appends, `recent` what the tails read
from memory, `holder` the right to write, `chain` the digests, `verify` the audit, `connection` how
SQLite is opened, `migrations` the numbered SQL; `leases` is a file of its own beside it.
"""
