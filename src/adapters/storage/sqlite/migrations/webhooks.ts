/** `events` is JSON. `due_at` of a delivery is null once it has ended. */
export const WEBHOOKS = `
  CREATE TABLE webhooks (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT, conversation_id TEXT, description TEXT NOT NULL, secret TEXT NOT NULL,
    previous_secret TEXT, previous_until TEXT, enabled INTEGER NOT NULL, disabled_reason TEXT, failing_since TEXT,
    created_by TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY, webhook_id TEXT NOT NULL, event TEXT NOT NULL, stream TEXT NOT NULL, change INTEGER NOT NULL,
    status TEXT NOT NULL, attempts INTEGER NOT NULL, due_at TEXT, attempted_at TEXT, status_code INTEGER, error TEXT,
    duration_ms INTEGER, created_at TEXT NOT NULL, expires_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, change) WHERE due_at IS NOT NULL;
  CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook_id, id);
  CREATE INDEX webhook_deliveries_expiry ON webhook_deliveries (expires_at) WHERE expires_at IS NOT NULL;
`
