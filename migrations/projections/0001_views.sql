-- What the log looks like to readers. Every row is a function of the events alone, so the whole
-- file can be deleted and is made anew; a rebuild makes `runs` and `timings` beside these under
-- names with a number, and swaps them. `storybook/projections` writes it.

PRAGMA application_id = 0x53545056;  -- 'STPV'

CREATE TABLE checkpoint (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  position   INTEGER NOT NULL,  -- every event up to here has been applied, none behind it
  digest     BLOB    NOT NULL,  -- of the event at that position: whether it is still that log
  format     INTEGER NOT NULL,  -- the code that computed the rows, see tables.FORMAT
  generation INTEGER NOT NULL,  -- one more with each rebuild
  clean      INTEGER NOT NULL   -- 1 from an orderly close to the next write: all is on disk
) STRICT;

CREATE TABLE runs (
  position             INTEGER PRIMARY KEY,   -- of its first event: the order of the library
  run_id               TEXT    NOT NULL,
  version              INTEGER NOT NULL,      -- how many of its events have been folded
  status               TEXT    NOT NULL,
  stage                TEXT    NOT NULL,
  ready_max_page       INTEGER NOT NULL,
  ready_max_audio_page INTEGER NOT NULL,
  created_at           INTEGER NOT NULL,      -- microseconds since 1970: its first event
  updated_at           INTEGER NOT NULL,      -- its last event
  files_since          INTEGER,               -- when it ended, while it still has files
  title                TEXT    NOT NULL,
  cover_url            TEXT    NOT NULL,
  state                BLOB    NOT NULL       -- what GET /api/runs/{run_id} answers
) STRICT;

CREATE UNIQUE INDEX runs_by_id ON runs (run_id);
CREATE INDEX runs_by_status ON runs (status, position);
CREATE INDEX runs_by_files ON runs (files_since) WHERE files_since IS NOT NULL;

-- One row for each attempt at a piece of work. Times are microseconds since 1970.
CREATE TABLE timings (
  position     INTEGER PRIMARY KEY,  -- of the event that requested it
  run_id       TEXT    NOT NULL,
  stage        TEXT    NOT NULL,
  page         INTEGER,
  attempt      INTEGER NOT NULL,
  role         TEXT    NOT NULL,     -- whose work it is
  engine       TEXT,                 -- EngineInfo as JSON, once it has started
  requested_at INTEGER NOT NULL,
  started_at   INTEGER,
  ended_at     INTEGER,
  outcome      TEXT    NOT NULL,
  error        TEXT    NOT NULL
) STRICT;

-- What an ETA is computed from: how long a role's engine took lately.
CREATE INDEX timings_by_role ON timings (role, ended_at) WHERE outcome = 'completed';
