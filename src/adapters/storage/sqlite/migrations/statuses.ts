export const STATUSES = `
  CREATE TABLE statuses (
    user_id TEXT PRIMARY KEY, presence TEXT, text TEXT, emoji TEXT, expires_at TEXT, last_active_at TEXT
  ) STRICT, WITHOUT ROWID;
`
