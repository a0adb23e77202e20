"""Where what must last is kept: the log and the files of the books.

`sqlite/` is the embedded log (an `EventLog`). `artifacts` is what a store of artifacts is: bytes by
run and name; `files` keeps them in a folder, `memory` nowhere else. Nobody above this room knows a
table, a lock or a path of theirs; only `bootstrap` and the command line choose one.
"""
