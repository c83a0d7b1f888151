import type { Db } from './database.ts'
import type { Participant } from './group-commit.ts'

/** Sends that are kept in memory before they are merged. */
const MERGE_AT = 8_192
/** Rows merged per transaction, so that sends do not wait long; or twice as many as the transaction adds, if that is more. */
const MERGED_AT_ONCE = 512

interface Send {
  /** The number of the message's row. */
  n: number
  sender: number
  conversation: number
  seq: number
  client_id: string | null
}

/**
 * The messages by sender and client_id. An index of every message by sender would change a page for each sender in every
 * transaction and cost as much as the rest of a send. So the latest sends are kept in memory, loaded at the start from the
 * messages after `meta.sends_upto`, and merged into the table in sorted order, many rows per page.
 */
export interface SendIndex extends Participant {
  /** The seq of the message with this sender and client_id, in the state of the running transaction. */
  find(sender: number, conversation: number, client_id: string): number | null
  /** Inside a transaction: adds a message that was stored. */
  add(send: Send): void
  /** The conversations in which a user has sent messages, and the seqs in one of them after `after`. */
  conversationsOf(sender: number): Set<number>
  seqsOf(sender: number, conversation: number, after: number, limit: number): number[]
  /** The number of them after `after`, up to `to`. */
  count(sender: number, conversation: number, after: number, to: number): number
  /** Between transactions: the conversation is purged; its rows are deleted with its messages. */
  forget(conversation: number): void
}

export function openSendIndex(db: Db): SendIndex {
  const byClient = db.read<{ seq: number }>(
    'SELECT seq FROM sends WHERE sender = ? AND conversation = ? AND client_id = ?',
  )
  // One seek per conversation. SELECT DISTINCT would read all messages of the sender.
  const places = db.read<{ conversation: number }>(
    `WITH RECURSIVE places (conversation) AS (
       SELECT min(conversation) FROM sends WHERE sender = ?1
       UNION ALL
       SELECT (SELECT min(s.conversation) FROM sends s WHERE s.sender = ?1 AND s.conversation > places.conversation)
       FROM places WHERE conversation IS NOT NULL)
     SELECT conversation FROM places WHERE conversation IS NOT NULL`,
  )
  const seqs = db.read<{ seq: number }>(
    'SELECT seq FROM sends WHERE sender = ? AND conversation = ? AND seq > ? ORDER BY seq LIMIT ?',
  )
  const counted = db.read<{ count: number }>(
    'SELECT count(*) AS count FROM sends WHERE sender = ? AND conversation = ? AND seq > ? AND seq <= ?',
  )
  const insert = db.write('INSERT INTO sends (sender, conversation, seq, client_id) VALUES (?, ?, ?, ?)')
  const setUpto = db.write("INSERT OR REPLACE INTO meta (key, value) VALUES ('sends_upto', ?)")

  /** Not merged yet, oldest first; the last ones are of the running transaction. */
  let waiting = load(db)
  let settled = waiting.length
  /**
   * The sends that are being merged, sorted, and how many of them are in the table in the running transaction and committed. All
   * stay in `known` until the last one is merged.
   */
  let merging: Send[] = []
  let merged = 0
  let committed = 0
  let upto = 0
  const known = new Map<string, number>()
  for (const send of waiting) addKnown(send)

  function addKnown({ sender, conversation, seq, client_id }: Send): void {
    if (client_id !== null) known.set(keyOf(sender, conversation, client_id), seq)
  }
  function dropKnown({ sender, conversation, client_id }: Send): void {
    if (client_id !== null) known.delete(keyOf(sender, conversation, client_id))
  }
  const unmerged = (sender: number) => [...merging.slice(merged), ...waiting].filter(send => send.sender === sender)

  return {
    find: (sender, conversation, client_id) =>
      known.get(keyOf(sender, conversation, client_id)) ?? byClient.get(sender, conversation, client_id)?.seq ?? null,
    add(send) {
      waiting.push(send)
      addKnown(send)
    },
    conversationsOf: sender =>
      new Set([...places.all(sender), ...unmerged(sender)].map(({ conversation }) => conversation)),
    seqsOf(sender, conversation, after, limit) {
      const later = unmerged(sender).filter(send => send.conversation === conversation && send.seq > after)
      const all = [...seqs.all(sender, conversation, after, limit), ...later]
      return all
        .map(({ seq }) => seq)
        .toSorted((a, b) => a - b)
        .slice(0, limit)
    },
    count(sender, conversation, after, to) {
      const later = unmerged(sender).filter(
        send => send.conversation === conversation && send.seq > after && send.seq <= to,
      )
      return (counted.get(sender, conversation, after, to)?.count ?? 0) + later.length
    },
    forget(conversation) {
      const gone = (send: Send) => send.conversation === conversation
      for (const send of [...merging.slice(0, merged), ...[...merging, ...waiting].filter(gone)]) dropKnown(send)
      merging = merging.slice(merged).filter(send => !gone(send))
      merged = committed = 0
      waiting = waiting.filter(send => !gone(send))
      settled = waiting.length
    },
    flush() {
      if (merging.length === 0 && settled >= MERGE_AT) {
        const settledOnes = waiting.splice(0, settled)
        settled = 0
        upto = settledOnes.at(-1)?.n ?? 0
        merging = settledOnes.toSorted(inTable)
      }
      if (merging.length === 0) return
      const added = waiting.length - settled
      const part = merging.slice(merged, merged + Math.max(MERGED_AT_ONCE, 2 * added))
      for (const { sender, conversation, seq, client_id } of part) insert(sender, conversation, seq, client_id)
      merged += part.length
      if (merged >= merging.length) setUpto(String(upto))
    },
    committed() {
      settled = waiting.length
      committed = merged
      if (merging.length === 0 || merged < merging.length) return
      for (const send of merging) dropKnown(send)
      merging = []
      merged = committed = 0
    },
    discarded() {
      for (const send of waiting.splice(settled)) dropKnown(send)
      merged = committed
    },
  }
}

/** The sends after the last complete merge, without those that an interrupted merge has put into the table. */
function load(db: Db): Send[] {
  const upto = db.read<{ value: string }>("SELECT value FROM meta WHERE key = 'sends_upto'").get()
  return db
    .read<Send>(
      `SELECT n, sender, conversation, seq, client_id FROM messages m WHERE n > ? AND NOT EXISTS (SELECT 1 FROM sends s
       WHERE s.sender = m.sender AND s.conversation = m.conversation AND s.seq = m.seq) ORDER BY n`,
    )
    .all(Number(upto?.value ?? 0))
}

function inTable(a: Send, b: Send): number {
  return a.sender - b.sender || a.conversation - b.conversation || a.seq - b.seq
}

function keyOf(sender: number, conversation: number, client_id: string): string {
  return `${sender}:${conversation}:${client_id}`
}
