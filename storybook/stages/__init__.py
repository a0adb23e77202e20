"""Stages: pieces of work, and who does them.

- A **runner** follows the log for requested work (`runner`). Its **scheduler** decides what is to
  be started, stopped or abandoned, without a loop (`scheduling`), from the work that waits
  (`work_queue`) and the places that are free (`devices`); its **performer** does it (`performer`).
- An **attempt** is claimed, started, handled, and ended (`attempts`). How a stage is done is one
  table of **stage handlers** (`handlers`).
- An **engine** does the work of one role, given plain values (`storybook.engines`, `tasks`), and
  says beforehand what it can do. `registry` picks one for each role; each role has a package:
  `writer`, `illustrator`, `narrator`, `transcriber`.
- What is finished goes to the artifact store (`artifacts`); how far a stage is goes to whoever
  watches now, and nowhere else (`progress`). Lost files are made again by the same engines
  (`remaking`, `engine_places`).
"""
