import { publicName } from '../../../domain/public-groups.ts'
import { pairOf, type ConversationRecord } from '../../../domain/records.ts'
import { foldName } from '../../../domain/users.ts'
import type { Conversations } from '../../../ports/storage.ts'
import type { Writers } from './append.ts'
import { range, type Db } from './database.ts'
import type { Participant } from './group-commit.ts'
import { CONVERSATION, flag, tombstonesOf, toConversationRecord, type ConversationRow } from './rows.ts'

/** Conversations kept in memory; valid because one process owns the file. */
const MAX_REMEMBERED = 20_000

export interface Cached {
  n: number
  purged: boolean
  record: ConversationRecord
}

/**
 * The conversations' rows. Inside a transaction changes are held in memory and written once each before COMMIT, so that
 * many sends to one conversation cost one update.
 */
export interface ConversationCache extends Participant {
  writers: Writers<'conversation'>
  /** In the state of the running transaction. */
  current(id: string): Cached | null
  /** In the committed state; purged ones too. */
  find(id: string): Cached | null
  /** Inside a transaction: the direct conversation of a pair. */
  ofPair(pair: string): string | null
}

export function openConversationCache(db: Db): ConversationCache {
  const remembered = new Map<string, Cached>()
  let pending = new Map<string, Cached>()
  const select = db.read<ConversationRow>(`SELECT ${CONVERSATION} FROM conversations WHERE id = ?`)
  const byPair = db.read<{ id: string }>('SELECT id FROM conversations WHERE pair = ?')
  const update = db.write(
    `UPDATE conversations SET name = ?, topic = ?, avatar_file_id = ?, disabled = ?, last_seq = ?, last_change = ?,
     access_change = ?, participant_count = ?, active_at = ?, updated_at = ?, countable = ?, tombstones = ?,
     tombstones_cut = ?, visibility = ?, public_name = ?, purged = ?, pair = CASE WHEN ? THEN NULL ELSE pair END WHERE n = ?`,
  )
  const insert = db.write(
    `INSERT INTO conversations (${CONVERSATION}, pair) VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )

  function find(id: string): Cached | null {
    const known = remembered.get(id)
    if (known) return known
    const row = select.get(id)
    if (!row) return null
    const cached = { n: row.n, purged: row.purged === 1, record: toConversationRecord(row) }
    // Inside a transaction the row may not be committed yet, so it is not cached here.
    if (!pending.has(id)) remember(cached)
    return cached
  }

  function remember(cached: Cached): void {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(cached.record.id, cached)
  }

  function create(n: number, r: ConversationRecord, pair: string | null): void {
    insert(
      n,
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
      r.visibility,
      pair,
    )
  }

  return {
    writers: {
      conversation({ put: record, created, purged, pair }, { n }) {
        if (created) create(n, record, pair)
        pending.set(record.id, { n, purged, record })
      },
    },
    current: id => pending.get(id) ?? find(id),
    find,
    ofPair: pair => byPair.get(pair)?.id ?? null,
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
          r.visibility,
          publicName(r),
          flag(purged),
          flag(purged),
          n,
        )
    },
    committed() {
      for (const cached of pending.values()) remember(cached)
      pending = new Map()
    },
    discarded() {
      pending = new Map()
      remembered.clear()
    },
  }
}

export function openConversations(db: Db, cache: ConversationCache): Conversations {
  const direct = db.read<ConversationRow>(`SELECT ${CONVERSATION} FROM conversations WHERE pair = ?`)
  const listed = (where: string, order: string) =>
    db.read<ConversationRow>(
      `SELECT ${CONVERSATION} FROM conversations WHERE purged = 0 AND (?1 IS NULL OR disabled = ?1) AND ${where}
       ORDER BY ${order} LIMIT ?4`,
    )
  const byId = {
    forward: listed('id >= ?2 AND id < ?3', 'id ASC'),
    backward: listed('id <= ?2 AND id > ?3', 'id DESC'),
  }
  const ofPublic = (edge: string, direction: string) =>
    db.read<ConversationRow>(
      `SELECT ${CONVERSATION} FROM conversations WHERE public_name IS NOT NULL AND (?1 = '' OR instr(public_name, ?1) > 0)
       AND id ${edge} ORDER BY id ${direction} LIMIT ?4`,
    )
  const publicById = { forward: ofPublic('>= ?2 AND id < ?3', 'ASC'), backward: ofPublic('<= ?2 AND id > ?3', 'DESC') }
  const byActivity = {
    forward: listed('(active_at, id) > (?2, ?3)', 'active_at ASC, id ASC'),
    backward: listed('(active_at, id) < (?2, ?3)', 'active_at DESC, id DESC'),
  }
  const disabledOf = ({ disabled }: { disabled?: boolean }) => (disabled === undefined ? null : disabled ? 1 : 0)

  function find(id: string): ConversationRecord | null {
    const cached = cache.find(id)
    return cached && !cached.purged ? { ...cached.record } : null
  }

  return {
    async find(id) {
      db.check()
      return find(id)
    },
    // One process has the file: what it knows is never behind.
    async recent(id) {
      db.check()
      return find(id)
    },
    async findDirect(user_id, other_id) {
      const row = direct.get(pairOf([user_id, other_id]))
      return row && toConversationRecord(row)
    },
    async listAll(filter, page) {
      const read = page.ascending ? byId.forward : byId.backward
      return read.all(disabledOf(filter), ...range(page), page.limit).map(toConversationRecord)
    },
    async listPublic({ q = '' }, page) {
      const read = page.ascending ? publicById.forward : publicById.backward
      return read.all(foldName(q), ...range(page), page.limit).map(toConversationRecord)
    },
    async listAllByActivity(filter, { ascending, after, limit }) {
      const read = ascending ? byActivity.forward : byActivity.backward
      const edge = after ?? { active_at: ascending ? '' : '\uffff', id: '' }
      return read.all(disabledOf(filter), edge.active_at, edge.id, limit).map(toConversationRecord)
    },
  }
}
