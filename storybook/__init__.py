"""Four Korean words become a children's picture book: text, pictures and voices.

Five nouns carry the whole service.

- An **event** is a past-tense fact about one run; it never changes (`storybook.events`).
- The **log** keeps every event of every run in one order; a **position** in it is the only clock
  that readers need (`storybook.events.log`).
- A **run** is the fold of its own events; what happens next is decided here (`storybook.run`).
- A **projection** is a view computed from the log, thrown away and rebuilt at will
  (`storybook.projections`).
- A **stage** is one piece of work, done by an **engine** (`storybook.stages`,
  `storybook.engines`).

A module imports only from modules before it: `book`, `lexicon`, `events`, `run`, `commands`,
`stores`, `projections`, `engines`, `stages`, `application`, `bootstrap`, `http`, `cli`
(docs/architecture.md has all of them). `application` is what can be done, the same for every front
door; `bootstrap` puts the parts together and knows nothing of its front doors: `http` answers
requests with a running application, `cli` starts either. docs/glossary.md has every other noun.
"""

__version__ = "2.0.0"
