/** Public groups and invites. `public_name` is the folded name of a group that is listed, null for every other conversation. */
export const GROUPS = `
  ALTER TABLE conversations ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';
  ALTER TABLE conversations ADD COLUMN public_name TEXT;
  CREATE INDEX conversations_public ON conversations (id, public_name) WHERE public_name IS NOT NULL;

  CREATE TABLE invites (
    code TEXT PRIMARY KEY, id TEXT NOT NULL, conversation INTEGER NOT NULL, conversation_id TEXT NOT NULL,
    created_by TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT, max_uses INTEGER, uses INTEGER NOT NULL,
    revoked_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX invites_conversation ON invites (conversation, id);
  CREATE INDEX invites_user ON invites (created_by, id);
`
