/** `file_references.by` is a message's, a conversation's or a user's id; `conversation` is 0 for a user. */
export const FILES = `
  ALTER TABLE users ADD COLUMN avatar_file_id TEXT;

  CREATE TABLE files (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, content_type TEXT NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL, width INTEGER, height INTEGER, thumbnail INTEGER NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX files_user ON files (user_id, id, size);
  CREATE INDEX files_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE file_references (
    file_id TEXT NOT NULL, by TEXT NOT NULL, conversation INTEGER NOT NULL, PRIMARY KEY (file_id, by)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX file_references_conversation ON file_references (conversation);

  CREATE TABLE deleted_files (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX deleted_files_expiry ON deleted_files (expires_at);
`
