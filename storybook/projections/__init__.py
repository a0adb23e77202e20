"""Views of the log that readers need ready: thrown away and rebuilt at will.

- A **projection** is a value: a name, a version, its tables, the event types that it handles, and
  `apply`, a pure function from what happened to rows (`projection`). Each is one file with its
  tables, its rows and the questions that they answer (`runs`, `library`, `timings`, `artifacts`),
  and one line of the `registry`.
- The **folds** of the runs, one of each run for all projections, turn recorded events into rows
  (`folding`).
- The **views** are in `projections.db`, apart from the log: quick, careless, and deleted without
  loss. Each projection has a **checkpoint** there, which changes in the transaction that changes
  its rows (`views`).
- The **projector** is the handler that fills the views while a process serves, and answers from
  them (`projector`); it leaves out what cannot be read, and takes it up again when it can be
  (`parking`). Where they lie meanwhile, and what becomes of a file that is lost or cannot be
  written, is a duty of its own (`view_file`).
- A **rebuild** makes new tables beside the old ones and swaps them, from any process, while the
  server goes on (`rebuild`).
"""
