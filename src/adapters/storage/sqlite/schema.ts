import { EXTERNAL_IDS } from './migrations/external-ids.ts'
import { FILES } from './migrations/files.ts'
import type { StoredKind } from '../../../domain/retention.ts'
import { MAX_TOMBSTONES } from '../../../domain/unread.ts'
import { API_KEYS } from './migrations/api-keys.ts'
import { CONTACTS } from './migrations/contacts.ts'
import { DEVICES } from './migrations/devices.ts'
import { FOLLOWERS } from './migrations/followers.ts'
import { GROUPS } from './migrations/groups.ts'
import { ROLLUPS } from './migrations/rollups.ts'
import { STATUSES } from './migrations/statuses.ts'
import { UPLOADS } from './migrations/uploads.ts'
import { WEBHOOKS } from './migrations/webhooks.ts'

/**
 * Where each kind of row is stored. Other tables hold no content: `meta`, `streams` (ids), `purging`, `followers`, `marks`,
 * `follows` and `counted`.
 */
export const TABLES: Readonly<Record<StoredKind, string>> = {
  user: 'users',
  session: 'sessions',
  ticket: 'tickets',
  'api-key': 'api_keys',
  webhook: 'webhooks',
  'webhook-delivery': 'webhook_deliveries',
  cursor: 'cursors',
  preferences: 'preferences',
  status: 'statuses',
  device: 'devices',
  pushed: 'pushed',
  notice: 'notices',
  'notice-outcome': 'notice_outcomes',
  upload: 'uploads',
  job: 'jobs',
  rollup: 'sheets',
  conversation: 'conversations',
  member: 'members',
  invite: 'invites',
  message: 'messages',
  version: 'versions',
  pin: 'pins',
  mention: 'mentions',
  send: 'sends',
  reference: 'file_references',
  file: 'files',
  'deleted-file': 'deleted_files',
  log: 'log',
  'user-stream': 'log',
  contact: 'contacts',
}

/**
 * Migrations, oldest first. The file's `user_version` is the number of migrations it has had. Never change one that was released.
 *
 * A send should change few pages: messages are appended in the order they come, and only small index entries are placed by
 * conversation. The fields that most messages do not have (`extra`) are one JSON column that is usually null. The log has no row
 * for a `message.created`: between two rows of a conversation all changes are new messages with consecutive `seq`, counted from
 * the row's `last_seq`; an edit writes the creation as a row of its own. `sends` is merged in bulk (`send-index.ts`).
 * Conversations and users have a small internal number (`streams.n`). `log.joined` is the conversation of a
 * `conversation.joined`. `purging` lists purged conversations that still have rows, `blanked` the change up to which their log is
 * blank.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE users (
    id TEXT PRIMARY KEY, username TEXT NOT NULL, username_key TEXT NOT NULL UNIQUE, full_name TEXT, full_name_key TEXT,
    email TEXT, email_key TEXT UNIQUE, role TEXT NOT NULL, disabled INTEGER NOT NULL, deleted INTEGER NOT NULL,
    password_hash TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX users_full_name ON users (full_name_key);
  CREATE INDEX users_role ON users (role);

  CREATE TABLE sessions (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, generation INTEGER NOT NULL, rotated_at TEXT NOT NULL,
    created_at TEXT NOT NULL, last_used_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT, user_agent TEXT,
    address TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_user ON sessions (user_id);
  CREATE INDEX sessions_expiry ON sessions (expires_at);

  CREATE TABLE tickets (
    hash TEXT PRIMARY KEY, session_id TEXT NOT NULL, expires_at TEXT NOT NULL, token_expires_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX tickets_expiry ON tickets (expires_at);

  CREATE TABLE cursors (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, positions TEXT NOT NULL, expires_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX cursors_expiry ON cursors (expires_at);

  CREATE TABLE streams (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, last_change INTEGER NOT NULL) STRICT;

  CREATE TABLE log (
    stream INTEGER NOT NULL, change INTEGER NOT NULL, event TEXT NOT NULL, seq INTEGER, last_seq INTEGER NOT NULL,
    at TEXT NOT NULL, data TEXT NOT NULL, hidden TEXT, joined INTEGER, PRIMARY KEY (stream, change)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX log_joined ON log (joined) WHERE joined IS NOT NULL;

  CREATE TABLE conversations (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, name TEXT, topic TEXT, avatar_file_id TEXT,
    created_by TEXT NOT NULL, disabled INTEGER NOT NULL, last_seq INTEGER NOT NULL, last_change INTEGER NOT NULL,
    access_change INTEGER NOT NULL, participant_count INTEGER NOT NULL, active_at TEXT NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, purged INTEGER NOT NULL DEFAULT 0, pair TEXT UNIQUE
  ) STRICT;

  CREATE TABLE purging (conversation INTEGER PRIMARY KEY, blanked INTEGER NOT NULL) STRICT;

  CREATE TABLE members (
    conversation INTEGER NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL, joined_at TEXT NOT NULL,
    joined_change INTEGER NOT NULL, read_seq INTEGER NOT NULL, read_at_seq INTEGER NOT NULL, own_seq INTEGER NOT NULL,
    receipt_seq INTEGER NOT NULL, receipt_at TEXT, muted_until TEXT, pinned INTEGER NOT NULL, archived INTEGER NOT NULL,
    notify TEXT NOT NULL, PRIMARY KEY (conversation, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_user ON members (user_id);
  CREATE INDEX members_joined ON members (conversation, joined_change, user_id);

  CREATE TABLE messages (
    n INTEGER PRIMARY KEY AUTOINCREMENT, conversation INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, change INTEGER NOT NULL,
    sender INTEGER NOT NULL, sender_id TEXT NOT NULL, client_id TEXT, type TEXT NOT NULL, content TEXT,
    created_at TEXT NOT NULL, extra TEXT, uncounted INTEGER NOT NULL, digest TEXT
  ) STRICT;
  CREATE UNIQUE INDEX messages_seq ON messages (conversation, seq);
  CREATE UNIQUE INDEX messages_id ON messages (id);
  CREATE INDEX messages_uncounted ON messages (conversation, seq) WHERE uncounted = 1;

  CREATE TABLE sends (
    sender INTEGER NOT NULL, conversation INTEGER NOT NULL, seq INTEGER NOT NULL, client_id TEXT,
    PRIMARY KEY (sender, conversation, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX sends_client ON sends (sender, conversation, client_id);

  CREATE TABLE mentions (
    conversation INTEGER NOT NULL, user_id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (conversation, user_id, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE versions (
    message_id TEXT NOT NULL, change INTEGER NOT NULL, content TEXT NOT NULL, edited_at TEXT NOT NULL,
    PRIMARY KEY (message_id, change)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pins (
    message_id TEXT PRIMARY KEY, conversation INTEGER NOT NULL, user_id TEXT NOT NULL, at TEXT NOT NULL,
    pinned_change INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pins_conversation ON pins (conversation, pinned_change);
  `,
  // The stored numbers of unread counts (docs/adr/0003-unread-counts.md), computed once for existing rows.
  `
  ALTER TABLE messages ADD COLUMN countable INTEGER NOT NULL DEFAULT 0;
  UPDATE messages SET countable = counted.countable FROM (
    SELECT n, sum(type <> 'system') OVER (PARTITION BY conversation ORDER BY seq) AS countable FROM messages
  ) AS counted WHERE counted.n = messages.n;

  ALTER TABLE conversations ADD COLUMN countable INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN tombstones TEXT;
  ALTER TABLE conversations ADD COLUMN tombstones_cut INTEGER NOT NULL DEFAULT 0;
  UPDATE conversations SET countable = coalesce(
    (SELECT countable FROM messages m WHERE m.conversation = conversations.n ORDER BY seq DESC LIMIT 1), 0);
  UPDATE conversations SET tombstones = deleted.seqs, tombstones_cut = deleted.cut FROM (
    SELECT conversation, json_group_array(seq ORDER BY seq) FILTER (WHERE place <= ${MAX_TOMBSTONES}) AS seqs,
      coalesce(max(seq) FILTER (WHERE place > ${MAX_TOMBSTONES}), 0) AS cut
    FROM (SELECT conversation, seq, row_number() OVER (PARTITION BY conversation ORDER BY seq DESC) AS place
      FROM messages WHERE uncounted = 1 AND type <> 'system')
    GROUP BY conversation
  ) AS deleted WHERE deleted.conversation = conversations.n;

  ALTER TABLE members ADD COLUMN read_countable INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE members ADD COLUMN own_unread INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE members ADD COLUMN own_countable INTEGER NOT NULL DEFAULT 0;
  UPDATE members SET
    read_countable = coalesce(
      (SELECT countable FROM messages m WHERE m.conversation = members.conversation AND m.seq = read_seq), 0),
    own_countable = coalesce(
      (SELECT countable FROM messages m WHERE m.conversation = members.conversation AND m.seq = own_seq), 0),
    own_unread = CASE WHEN own_seq > read_at_seq THEN 0 ELSE
      (SELECT count(*) FROM messages m WHERE m.conversation = members.conversation AND m.seq > read_seq
       AND m.seq <= max(receipt_seq, own_seq) AND m.sender_id = members.user_id AND m.uncounted = 0) END;
  CREATE INDEX members_leaders ON members (conversation, joined_change, user_id) WHERE role <> 'member';

  ALTER TABLE mentions ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
  UPDATE mentions SET open = 1 WHERE seq > coalesce((SELECT read_seq FROM members m
    WHERE m.conversation = mentions.conversation AND m.user_id = mentions.user_id), seq);
  CREATE INDEX mentions_open ON mentions (user_id, conversation, seq) WHERE open = 1;
  `,
  CONTACTS,
  DEVICES,
  FOLLOWERS,
  GROUPS,
  ROLLUPS,
  STATUSES,
  FILES,
  UPLOADS,
  EXTERNAL_IDS,
  API_KEYS,
  WEBHOOKS,
]
