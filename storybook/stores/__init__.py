"""Stores: the log, the files of the books, and whose the work in hand is.

- `sqlite/` is the embedded log (an `EventLog`), and the leases beside it.
- An **artifact store** keeps bytes by run and name (`artifacts`), in a folder (`files`) or in
  memory (`memory`); whether they are still what was recorded is another question (`integrity`).
- A **lease** is an owner's right to a piece of work (`leases`); its **owner** has a name that
  tells whether its process still runs (`owners`).

Nobody above this room knows a table, a lock or a path of theirs; only `bootstrap` and the command
line choose one.
"""
