-- The log: every event of every run in one order. Rows are only ever added; `storybook/events`
-- writes them, and the triggers hold for everybody else too.

PRAGMA application_id = 0x53544f52;  -- 'STOR'

CREATE TABLE events (
  position       INTEGER PRIMARY KEY,  -- the order of the whole log, from 1, dense
  run_id         TEXT    NOT NULL,
  version        INTEGER NOT NULL,     -- the order within the run, from 1, dense: optimistic lock
  type           TEXT    NOT NULL,
  schema         INTEGER NOT NULL,     -- the shape of this type, lifted when it is read
  recorded_at    INTEGER NOT NULL,     -- microseconds since 1970, UTC; for people, never an order
  data           BLOB    NOT NULL,     -- the event as UTF-8 JSON on one line
  payload_digest BLOB    NOT NULL CHECK (length(payload_digest) = 32),  -- SHA-256 of data
  digest         BLOB    NOT NULL CHECK (length(digest) = 32),          -- see events/chain.py
  UNIQUE (run_id, version)
) STRICT;

-- What each command was answered: asking again gives the same answer.
CREATE TABLE commands (
  command        TEXT    PRIMARY KEY,
  run_id         TEXT    NOT NULL,
  first_position INTEGER NOT NULL,
  last_position  INTEGER NOT NULL CHECK (last_position >= first_position),
  version        INTEGER NOT NULL      -- the run's version behind the append
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: an event never changes'); END;

CREATE TRIGGER events_never_go BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: an event never goes'); END;

-- Refuses INSERT OR REPLACE too, which deletes a row without firing the DELETE trigger.
CREATE TRIGGER events_have_no_gaps BEFORE INSERT ON events
WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM events)
  OR NEW.version <> (SELECT coalesce(max(version), 0) + 1 FROM events WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the log is append-only: positions and versions have no gaps'); END;

CREATE TRIGGER commands_never_change BEFORE UPDATE ON commands
BEGIN SELECT RAISE(ABORT, 'the log is append-only: an answer never changes'); END;

CREATE TRIGGER commands_never_go BEFORE DELETE ON commands
BEGIN SELECT RAISE(ABORT, 'the log is append-only: an answer never goes'); END;

CREATE TRIGGER commands_happen_once BEFORE INSERT ON commands
WHEN EXISTS (SELECT 1 FROM commands WHERE command = NEW.command)
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a command happens once'); END;
