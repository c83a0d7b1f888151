import type { ConversationRecord } from '../../../domain/records.ts'
import type { Db } from './database.ts'
import { CONVERSATION, flag, tombstonesOf, toConversationRecord, type ConversationRow } from './rows.ts'

/** Conversations kept in memory; valid because one process owns the file. */
const MAX_REMEMBERED = 20_000

export interface Head {
  n: number
  purged: boolean
  record: ConversationRecord
}

/**
 * The conversations' rows. Inside a transaction changes are held in memory and written once each before COMMIT, so that
 * many sends to one conversation cost one update.
 */
export interface Heads {
  /** As the running transaction sees it. */
  get(id: string): Head | null
  /** As committed. */
  committed(id: string): Head | null
  /** Inside a transaction: the whole new row. */
  put(head: Head): void
  create(head: Head, pair: string | null): void
  flush(): void
  settle(): void
  discard(): void
  /** To undo one append of several drafts. */
  snapshot(): () => void
}

export function openHeads(db: Db): Heads {
  const remembered = new Map<string, Head>()
  let pending = new Map<string, Head>()
  const select = db.read<ConversationRow>(`SELECT ${CONVERSATION} FROM conversations WHERE id = ?`)
  const update = db.write(
    `UPDATE conversations SET name = ?, topic = ?, avatar_file_id = ?, disabled = ?, last_seq = ?, last_change = ?,
     access_change = ?, participant_count = ?, active_at = ?, updated_at = ?, countable = ?, tombstones = ?,
     tombstones_cut = ?, purged = ?, pair = CASE WHEN ? THEN NULL ELSE pair END WHERE n = ?`,
  )
  const insert = db.write(
    `INSERT INTO conversations (${CONVERSATION}, pair) VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )

  function committed(id: string): Head | null {
    const known = remembered.get(id)
    if (known) return known
    const row = select.get(id)
    if (!row) return null
    const head = { n: row.n, purged: row.purged === 1, record: toConversationRecord(row) }
    // Inside a transaction the row may be one that is not committed yet: only what `settle` saw is remembered then.
    if (!pending.has(id)) remember(head)
    return head
  }

  function remember(head: Head): void {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(head.record.id, head)
  }

  return {
    get: id => pending.get(id) ?? committed(id),
    committed,
    put: head => void pending.set(head.record.id, head),
    create(head, pair) {
      const { record: r } = head
      insert(
        head.n,
        r.id,
        r.type,
        r.name,
        r.topic,
        r.avatar_file_id,
        r.created_by,
        flag(r.disabled),
        r.last_seq,
        r.last_change,
        r.access_change,
        r.participant_count,
        r.active_at,
        r.created_at,
        r.updated_at,
        r.countable,
        tombstonesOf(r),
        r.tombstones_cut,
        pair,
      )
      pending.set(r.id, head)
    },
    flush() {
      for (const { n, purged, record: r } of pending.values())
        update(
          r.name,
          r.topic,
          r.avatar_file_id,
          flag(r.disabled),
          r.last_seq,
          r.last_change,
          r.access_change,
          r.participant_count,
          r.active_at,
          r.updated_at,
          r.countable,
          tombstonesOf(r),
          r.tombstones_cut,
          flag(purged),
          flag(purged),
          n,
        )
    },
    settle() {
      for (const head of pending.values()) remember(head)
      pending = new Map()
    },
    discard() {
      pending = new Map()
      remembered.clear()
    },
    snapshot() {
      const before = new Map(pending)
      return () => {
        pending = before
      }
    },
  }
}
