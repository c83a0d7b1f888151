/**
 * `marks`: streams that were appended to since they were last given to the followers. `follows`: how far a follower has come in
 * a stream; `queued_at` (ms) is set while it may have unhandled entries there. `jobs.due_at` is null for a dead job.
 */
export const FOLLOWERS = `
  CREATE TABLE followers (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, streams TEXT NOT NULL) STRICT;
  CREATE TABLE marks (stream INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE follows (
    follower INTEGER NOT NULL, stream INTEGER NOT NULL, position INTEGER NOT NULL, queued_at INTEGER,
    PRIMARY KEY (follower, stream)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX follows_queue ON follows (follower, queued_at) WHERE queued_at IS NOT NULL;

  CREATE TABLE jobs (
    id TEXT PRIMARY KEY, queue TEXT NOT NULL, payload TEXT NOT NULL, due_at TEXT, attempts INTEGER NOT NULL,
    expires_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobs_due ON jobs (queue, due_at);
  CREATE INDEX jobs_expiry ON jobs (expires_at);
`
