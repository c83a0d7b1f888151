import { API_KEY, toApiKey, type ApiKeyRow } from './api-keys.ts'
import { DELIVERY, WEBHOOK, toWebhook, type WebhookRow } from './webhooks.ts'
import type { ContactRecord, PreferencesRecord } from '../../../domain/records.ts'
import type { Counts } from '../../../domain/analytics/sheets.ts'
import type { NoticeRecord, PushTarget, VapidKeys } from '../../../domain/push.ts'
import type { UploadPart } from '../../../domain/uploads.ts'
import type { Moved, MovedKind } from '../../../ports/moving.ts'
import type { CursorRecord } from '../../../ports/cursors.ts'
import {
  CONVERSATION,
  FILE,
  MEMBER,
  MESSAGE,
  USER,
  toConversationRecord,
  toFileRecord,
  toMemberRecord,
  toMessageRecord,
  toUserRecord,
  type ConversationRow,
  type FileRow,
  type MemberRow,
  type MessageRow,
  type UserRow,
} from './rows.ts'

/** Every kind that is one statement. */
export type Listed = Exclude<MovedKind, 'log' | 'user-stream'>

interface List<K extends Listed> {
  /** Sorted by a key. */
  sql: string
  record: (row: never) => Moved[K]
}

/** The columns of a row that are the fields of its record. */
const as = <K extends Listed>(sql: string): List<K> => ({ sql, record: (row: Moved[K]) => row })

const list = <K extends Listed>(sql: string, record: List<K>['record']): List<K> => ({ sql, record })

/** Casts: JSON columns contain what the adapter has written as these records. */
export const LISTS: { readonly [K in Listed]: List<K> } = {
  user: list(`SELECT ${USER} FROM users ORDER BY id`, (row: UserRow) => toUserRecord(row)),
  session: as(
    `SELECT id, user_id, generation, rotated_at, created_at, last_used_at, expires_at, revoked_at, user_agent, address
     FROM sessions ORDER BY id`,
  ),
  'api-key': list(`SELECT ${API_KEY} FROM api_keys ORDER BY id`, (row: ApiKeyRow) => toApiKey(row)),
  webhook: list(`SELECT ${WEBHOOK} FROM webhooks ORDER BY id`, (row: WebhookRow) => toWebhook(row)),
  'webhook-delivery': as(`SELECT ${DELIVERY} FROM webhook_deliveries ORDER BY id`),
  cursor: list(
    'SELECT id, user_id, positions, expires_at FROM cursors ORDER BY id',
    (row: Omit<CursorRecord, 'positions'> & { positions: string }) => {
      return { ...row, positions: JSON.parse(row.positions) as CursorRecord['positions'] }
    },
  ),
  preferences: list(
    'SELECT user_id, level, muted_until, quiet_hours, preview FROM preferences ORDER BY user_id',
    (row: Omit<PreferencesRecord, 'quiet_hours' | 'preview'> & { quiet_hours: string; preview: number }) => {
      const quiet_hours = JSON.parse(row.quiet_hours) as PreferencesRecord['quiet_hours']
      return { ...row, quiet_hours, preview: row.preview === 1 }
    },
  ),
  status: as('SELECT user_id, presence, text, emoji, expires_at, last_active_at FROM statuses ORDER BY user_id'),
  device: list(
    `SELECT id, user_id, session_id, platform, device_id, address, target, created_at, last_used_at, expires_at
     FROM devices ORDER BY id`,
    (row: Omit<Moved['device'], 'target'> & { target: string | null }) => {
      return { ...row, target: row.target === null ? null : (JSON.parse(row.target) as PushTarget) }
    },
  ),
  pushed: as(
    `SELECT device_id, conversation_id, pushed_seq, shown_seq, expires_at FROM pushed
     ORDER BY device_id, conversation_id`,
  ),
  notice: list(
    `SELECT id, created_by, title, body, data, accepted, skipped, devices, created_at, expires_at FROM notices
     ORDER BY id`,
    (row: Omit<NoticeRecord, 'data'> & { data: string }) => {
      return { ...row, data: JSON.parse(row.data) as NoticeRecord['data'] }
    },
  ),
  'notice-outcome': as(
    'SELECT notice_id, device_id, outcome, expires_at FROM notice_outcomes ORDER BY notice_id, device_id',
  ),
  upload: list(
    `SELECT id, user_id, metadata, length, offset, parts, claimed_until, finished, created_at, expires_at FROM uploads
     ORDER BY id`,
    (row: Omit<Moved['upload'], 'parts' | 'finished'> & { parts: string; finished: number }) => {
      return { ...row, parts: JSON.parse(row.parts) as UploadPart[], finished: row.finished === 1 }
    },
  ),
  job: as('SELECT id, queue, payload, due_at, attempts, expires_at FROM jobs ORDER BY id'),
  rollup: list(
    'SELECT conversation, month, sender, counts FROM sheets ORDER BY conversation, month, sender',
    (row: { conversation: string; month: string; sender: string; counts: string }) => {
      const counts = JSON.parse(row.counts) as Counts
      return { conversation_id: row.conversation, month: row.month, sender_id: row.sender, counts }
    },
  ),
  conversation: list(
    `SELECT ${CONVERSATION}, pair FROM conversations ORDER BY n`,
    ({ pair, ...row }: ConversationRow & { pair: string | null }) => {
      return { ...toConversationRecord(row), purged: row.purged === 1, pair }
    },
  ),
  member: list(
    `SELECT ${MEMBER}, (SELECT id FROM conversations WHERE n = conversation) AS conversation_id FROM members
     ORDER BY conversation, user_id`,
    ({ conversation_id, ...row }: MemberRow & { conversation_id: string }) => toMemberRecord(row, conversation_id),
  ),
  invite: as(
    `SELECT id, code, conversation_id, created_by, created_at, expires_at, max_uses, uses, revoked_at FROM invites
     ORDER BY code`,
  ),
  message: list(
    `SELECT ${MESSAGE}, sender_id, digest, (SELECT id FROM conversations WHERE n = conversation) AS conversation_id
     FROM messages ORDER BY n`,
    (row: MessageRow & { conversation_id: string; sender_id: string; digest: string | null }) =>
      toMessageRecord(row, row.conversation_id, () => row.sender_id, row.digest),
  ),
  version: as(
    `SELECT v.message_id, v.change, v.content, v.edited_at, c.id AS conversation_id FROM versions v
     JOIN messages m ON m.id = v.message_id JOIN conversations c ON c.n = m.conversation ORDER BY v.message_id, v.change`,
  ),
  pin: as(
    `SELECT message_id, (SELECT id FROM conversations WHERE n = conversation) AS conversation_id, user_id, at,
     pinned_change FROM pins ORDER BY message_id`,
  ),
  mention: list(
    `SELECT (SELECT id FROM conversations WHERE n = conversation) AS conversation_id, user_id, seq, open FROM mentions
     ORDER BY conversation, user_id, seq`,
    (row: Omit<Moved['mention'], 'open'> & { open: number }) => ({ ...row, open: row.open === 1 }),
  ),
  reference: as(
    `SELECT file_id, by, c.id AS conversation_id FROM file_references r JOIN conversations c ON c.n = r.conversation
     ORDER BY file_id, by`,
  ),
  file: list(`SELECT ${FILE}, expires_at FROM files ORDER BY id`, (row: FileRow & { expires_at: string | null }) => {
    const { expires_at, ...file } = row
    return { ...toFileRecord(file), expires_at }
  }),
  'deleted-file': as('SELECT id, user_id, expires_at FROM deleted_files ORDER BY id'),
  contact: list(
    'SELECT user_id, contact_id, added_at, blocked_at, receipts FROM contacts ORDER BY user_id, contact_id',
    (row: Omit<ContactRecord, 'receipts'> & { receipts: string | null }) => {
      return {
        ...row,
        receipts: row.receipts === null ? null : (JSON.parse(row.receipts) as ContactRecord['receipts']),
      }
    },
  ),
  head: as(
    `SELECT s.id AS stream, max(l.change) AS last_change FROM log l JOIN streams s ON s.n = l.stream
     WHERE l.stream NOT IN (SELECT n FROM conversations) GROUP BY l.stream ORDER BY l.stream`,
  ),
  usage: as(
    `SELECT user_id, sum(bytes) AS bytes, sum(uploads) AS uploads FROM (
       SELECT user_id, size AS bytes, 0 AS uploads FROM files UNION ALL
       SELECT user_id, CASE WHEN EXISTS (SELECT 1 FROM files f WHERE f.id = u.id) THEN 0 ELSE length END, 1 FROM uploads u
       WHERE finished = 0
     ) GROUP BY user_id ORDER BY user_id`,
  ),
  counted: as('SELECT stream, change FROM counted ORDER BY stream'),
  follower: as('SELECT name, streams FROM followers ORDER BY n'),
  // A marked stream that was not given to a follower yet has no row of it.
  follow: as(
    `SELECT f.name AS follower, s.id AS stream, coalesce(o.position, 0) AS position, s.last_change FROM (
       SELECT n, id, last_change, 'conversations' AS kind FROM conversations UNION ALL
       SELECT n, id, last_change, 'users' FROM streams WHERE last_change > 0 AND n NOT IN (SELECT n FROM conversations)
     ) s JOIN followers f ON f.streams = s.kind LEFT JOIN follows o ON o.follower = f.n AND o.stream = s.n
     ORDER BY f.n, s.n`,
  ),
  keys: list(
    "SELECT value FROM meta WHERE key = 'vapid'",
    (row: { value: string }) => JSON.parse(row.value) as VapidKeys,
  ),
}
