/** `scopes` is JSON. */
export const API_KEYS = `
  CREATE TABLE api_keys (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, previous_hash TEXT, previous_until TEXT,
    scopes TEXT NOT NULL, act_as INTEGER NOT NULL, rate INTEGER, created_by TEXT NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT, last_used_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
  CREATE INDEX api_keys_previous ON api_keys (previous_hash) WHERE previous_hash IS NOT NULL;
  CREATE INDEX api_keys_user ON api_keys (user_id);
  CREATE INDEX api_keys_expiry ON api_keys (expires_at) WHERE expires_at IS NOT NULL;
`
