"""Backups of a data folder, made while it is worked in, and the way back.

A **backup** is a folder or a tar of **stored files**, each with the beginning of its SHA-256 in its
name, and a **manifest** that says which of them it consists of. So nothing that an older manifest
names is ever overwritten: new files come beside the old ones, then the manifest is swapped, and
only then goes what nothing names any more. Whoever dies in between leaves the older backup whole.

A backup consists of **parts** (`parts.py`: the log first of all) and of the artifacts that its log
names: the log says their digests itself. `folder` and `archive` are the two kinds of backups,
`making` fills one, `contents` reads one, or a plain copy of a data folder, and `restoring` checks
it, and makes a data folder of it.
"""
