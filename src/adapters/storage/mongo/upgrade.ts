import { MAX_TOMBSTONES, receiptSeq } from '../../../domain/unread.ts'
import type { Driver } from './driver.ts'
import { below, messageKey, sendKey } from './rows/keys.ts'
import type { ConversationRow, LeaseRow, MemberRow, MentionRow, MessageRow, SourceRow } from './rows/rows.ts'
import { Table, type Row } from './rows/table.ts'
import { openTables } from './rows/tables.ts'

const ROWS_AT_ONCE = 1_000

/** What schema 1 had under other names. */
interface OldLease extends Row {
  kind: 'conversation' | 'own'
  claim: number
  beat: string
  streams: string[]
}
interface OldMember extends MemberRow {
  own_change?: number
}
interface OldMention extends Row {
  gone?: number
}

/**
 * From schema 1 to 2: computes the numbers that unread counts are made of, keeps the keys of sends with the messages, and
 * renames what has other names now. Every step may be repeated: one that was broken off begins anew. No process of an older
 * version may write meanwhile.
 */
export async function upgrade(driver: Driver): Promise<void> {
  const tables = openTables(driver)
  const [lanes, causes] = [new Table<OldLease>(driver, 'lanes'), new Table<SourceRow>(driver, 'causes')]
  for await (const rows of causes.pages(null, ROWS_AT_ONCE)) await tables.sources.insertMissing(rows)
  for await (const rows of lanes.pages(null, ROWS_AT_ONCE)) await tables.leases.insertMissing(rows.map(leaseOf))
  for await (const rows of tables.conversations.pages(null, ROWS_AT_ONCE)) {
    for (const row of rows) await upgradeConversation(driver, row)
  }
  // Created again as a unique index, and with another order.
  await tables.messages.dropIndex('id_1')
  await tables.members.dropIndex('user_id_1')
  for (const name of ['sends', 'uncounted']) await new Table<Row>(driver, name).drop()
  await causes.drop()
  await lanes.drop()
}

function leaseOf({ _id, kind, claim, beat, streams }: OldLease): LeaseRow {
  return { _id, type: kind === 'own' ? 'user' : kind, version: claim, heartbeat_at: beat, streams }
}

async function upgradeConversation(driver: Driver, { _id, last_seq, purged }: ConversationRow): Promise<void> {
  const tables = openTables(driver)
  const countable = new Uint32Array(last_seq + 1)
  const deleted = purged ? [] : await upgradeMessages(tables.messages, _id, countable)
  const cut = deleted[deleted.length - MAX_TOMBSTONES - 1] ?? 0
  const read_seqs = await upgradeMembers(new Table<OldMember>(driver, 'members'), _id, countable)
  await upgradeMentions(new Table<OldMention & MentionRow>(driver, 'mentions'), _id, read_seqs)
  const numbers = {
    countable: countable[last_seq] ?? 0,
    tombstones: deleted.slice(-MAX_TOMBSTONES),
    tombstones_cut: cut,
  }
  await tables.conversations.updateOne({ id: _id, set: { ...numbers, senders: [], senders_moved: false } })
}

/** Writes the countable messages up to each seq; returns the seqs of the deleted ones. */
async function upgradeMessages(messages: Table<MessageRow>, id: string, countable: Uint32Array): Promise<number[]> {
  const deleted: number[] = []
  for (let first = 1; first < countable.length; first += ROWS_AT_ONCE) {
    const seqs = Array.from({ length: Math.min(ROWS_AT_ONCE, countable.length - first) }, (_, index) => first + index)
    const rows = new Map((await messages.findIds(seqs.map(seq => messageKey(id, seq)))).map(row => [row.seq, row]))
    const updates = seqs.flatMap(seq => {
      const row = rows.get(seq)
      const counts = row !== undefined && row.type !== 'system'
      countable[seq] = (countable[seq - 1] ?? 0) + (counts ? 1 : 0)
      if (!row) return []
      if (counts && row.deleted_at !== null) deleted.push(seq)
      const key = row.client_id === null ? {} : { send_key: sendKey(id, row) }
      return [{ id: row._id, set: { countable: countable[seq] ?? 0, ...key } }]
    })
    await messages.update(updates)
  }
  return deleted
}

/** Returns the marker of each member as it was set last. */
async function upgradeMembers(
  members: Table<OldMember>,
  id: string,
  countable: Uint32Array,
): Promise<Map<string, number>> {
  const read_seqs = new Map<string, number>()
  const at = (seq: number) => countable[Math.min(seq, countable.length - 1)] ?? 0
  for await (const rows of members.pages(below(id), ROWS_AT_ONCE)) {
    const updates = rows.map(row => {
      read_seqs.set(row.user_id, row.read_seq)
      const numbers = { read_countable: at(row.read_seq), own_countable: at(row.own_seq) }
      // Those are counted where there may be any.
      const own_unread = receiptSeq(row) > row.read_seq ? 1 : 0
      const left = row.present ? {} : { left_at: new Date().toISOString() }
      const set = { ...numbers, own_unread, user_change: row.own_change ?? row.user_change, ...left }
      return { id: row._id, set, unset: ['own_change' as const] }
    })
    await members.update(updates)
  }
  return read_seqs
}

async function upgradeMentions(
  mentions: Table<OldMention & MentionRow>,
  id: string,
  read_seqs: ReadonlyMap<string, number>,
): Promise<void> {
  for await (const rows of mentions.pages(below(id), ROWS_AT_ONCE)) {
    const old = rows.filter(row => row.gone !== undefined)
    const updates = old.map(({ _id, gone = 0 }) => {
      const [conversation_id = '', user_id = '', key = ''] = _id.split(':')
      const seq = Number.parseInt(key, 36)
      const open = seq > (read_seqs.get(user_id) ?? 0)
      const set = { conversation_id, user_id, seq, open, user_change: 0, deleted_at_change: gone }
      return { id: _id, set, unset: ['gone' as const] }
    })
    await mentions.update(updates)
  }
}
