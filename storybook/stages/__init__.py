"""Stages: pieces of work, and who does them.

A **runner** (`runner`) follows the log for requested work, decides what to start when its engine
has a place (`scheduling`, `work_queue`, `devices`), and lets each **attempt** (`attempts`) be
performed (`performer`): a **handler** (`handlers`) gives an **engine** its **task** (`tasks`), keeps
the file (`artifacts`), and reports what happened as events. How far it is goes to live listeners
only (`progress`). The **registry** (`registry`) knows all engines and picks that of each role; the
engines that lead to models live here in a package for each role: `writer`, `illustrator`,
`narrator`, `transcriber`.
"""
