/** What users are notified of, devices that get push notifications, and what was pushed to each. The address of a removed device is `removed:<id>`. */
export const DEVICES = `
  CREATE TABLE preferences (
    user_id TEXT PRIMARY KEY, level TEXT NOT NULL, muted_until TEXT, quiet_hours TEXT NOT NULL, preview INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE devices (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, session_id TEXT NOT NULL, platform TEXT NOT NULL, device_id TEXT,
    address TEXT NOT NULL UNIQUE, target TEXT, created_at TEXT NOT NULL, last_used_at TEXT NOT NULL, expires_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX devices_user ON devices (user_id, id) WHERE target IS NOT NULL;
  CREATE INDEX devices_session ON devices (session_id) WHERE target IS NOT NULL;
  CREATE INDEX devices_expiry ON devices (expires_at);

  CREATE TABLE pushed (
    device_id TEXT NOT NULL, conversation_id TEXT NOT NULL, pushed_seq INTEGER NOT NULL, shown_seq INTEGER NOT NULL,
    expires_at TEXT NOT NULL, PRIMARY KEY (device_id, conversation_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pushed_expiry ON pushed (expires_at);

  CREATE TABLE notices (
    id TEXT PRIMARY KEY, created_by TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, data TEXT NOT NULL,
    accepted INTEGER NOT NULL, skipped INTEGER NOT NULL, devices INTEGER NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notices_expiry ON notices (expires_at);

  CREATE TABLE notice_outcomes (
    notice_id TEXT NOT NULL, device_id TEXT NOT NULL, outcome TEXT NOT NULL, expires_at TEXT NOT NULL,
    PRIMARY KEY (notice_id, device_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notice_outcomes_expiry ON notice_outcomes (expires_at);
`
