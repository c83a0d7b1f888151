/** `parts` is JSON. */
export const UPLOADS = `
  CREATE TABLE uploads (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, metadata TEXT NOT NULL, length INTEGER NOT NULL, offset INTEGER NOT NULL,
    parts TEXT NOT NULL, claimed_until TEXT, finished INTEGER NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX uploads_user ON uploads (user_id, id, length) WHERE finished = 0;
  CREATE INDEX uploads_expiry ON uploads (expires_at);
`
