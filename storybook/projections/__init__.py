"""Views of the log that readers need ready: thrown away and rebuilt at will.

- A **row** is a function of the events of its run, and of nothing else: no clock, no chance. So a
  rebuild comes to the same bytes as following live did (`folding`, from `runs` and `timings`).
- The **tables** are in `projections.db`, apart from the log: quick, careless, and deleted without
  loss (`tables`; `reads` has the questions they answer).
- The **checkpoint** says up to which position the rows go, and changes in the transaction that
  changes them.
- The **projector** follows the log and keeps the tables (`projector`); it runs in the process that
  serves.
- A **rebuild** makes new tables beside the old ones and swaps them, from any process, while the
  server goes on (`rebuild`).
"""
