"""Stages: pieces of work, and who does them.

A **runner** (`runner`) tails the log for requested work, takes it in hand when its engine has a
place (`agenda`, `devices`), lets it be **performed** (`perform`) by an **engine** (`engines`), and
reports what happened as events. Finished files go through the artifact store (`artifacts`); how
far a stage is goes to live listeners only (`live`). `choice` picks the engine of each role; each
role's engines live in a package of its own: `writer`, `illustrator`, `narrator`, `transcriber`.
"""
