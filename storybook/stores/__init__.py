"""Where what must last is kept: the log and the files of the books.

`sqlite/` is the embedded log (an `EventLog`), `files` the folder of artifacts. Nobody above this
room knows a table, a lock or a path of theirs; only `bootstrap` and the command line choose one.
"""
