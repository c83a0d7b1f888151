import type { Db } from './database.ts'

/** Sends known in memory only, before they are merged. */
const MERGE_AT = 8_192
/** Rows merged in one transaction, so that no send waits long for it; twice as many as it adds, if that is more. */
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
 * Who sent what under which client_id. An index of every message by its sender would touch a page for each sender in every
 * transaction and cost as much as all the rest of a send; so the latest sends are held in memory, found again on start as the
 * messages beyond `meta.sends_upto`, and merged into the table sorted, many rows to a page.
 */
export interface Sends {
  /** The seq under which the sender used this client_id, as the running transaction sees it. */
  find(sender: number, conversation: number, client_id: string): number | null
  /** Inside a transaction: a message was stored. */
  add(send: Send): void
  /** The conversations in which somebody sent anything, and the seqs in one of them beyond `after`. */
  conversationsOf(sender: number): Set<number>
  seqsOf(sender: number, conversation: number, after: number, limit: number): number[]
  purge(conversation: number): void
  /** Inside a transaction, at its end. */
  flush(): void
  settle(): void
  discard(): void
  /** To undo one append of several drafts. */
  snapshot(): () => void
}

export function openSends(db: Db): Sends {
  const byClient = db.read<{ seq: number }>(
    'SELECT seq FROM sends WHERE sender = ? AND conversation = ? AND client_id = ?',
  )
  const places = db.read<{ conversation: number }>('SELECT DISTINCT conversation FROM sends WHERE sender = ?')
  const seqs = db.read<{ seq: number }>(
    'SELECT seq FROM sends WHERE sender = ? AND conversation = ? AND seq > ? ORDER BY seq LIMIT ?',
  )
  const insert = db.write('INSERT OR IGNORE INTO sends (sender, conversation, seq, client_id) VALUES (?, ?, ?, ?)')
  const purge = db.write('DELETE FROM sends WHERE conversation = ?')
  const setUpto = db.write("INSERT OR REPLACE INTO meta (key, value) VALUES ('sends_upto', ?)")

  /** Not merged yet, oldest first; the last ones are of the running transaction. */
  let waiting = load(db)
  let settled = waiting.length
  /** Being merged, sorted, and how far; they stay findable until all of them are in the table. */
  let merging: Send[] = []
  let merged = 0
  let upto = 0
  const known = new Map<string, number>()
  for (const send of waiting) remember(send)

  function remember({ sender, conversation, seq, client_id }: Send): void {
    if (client_id !== null) known.set(keyOf(sender, conversation, client_id), seq)
  }
  function forget({ sender, conversation, client_id }: Send): void {
    if (client_id !== null) known.delete(keyOf(sender, conversation, client_id))
  }
  function rewind(length: number): void {
    for (const send of waiting.splice(length)) forget(send)
  }
  const unmerged = (sender: number) => [...merging, ...waiting].filter(send => send.sender === sender)

  return {
    find: (sender, conversation, client_id) =>
      known.get(keyOf(sender, conversation, client_id)) ?? byClient.get(sender, conversation, client_id)?.seq ?? null,
    add(send) {
      waiting.push(send)
      remember(send)
    },
    conversationsOf: sender =>
      new Set([...places.all(sender), ...unmerged(sender)].map(({ conversation }) => conversation)),
    seqsOf(sender, conversation, after, limit) {
      const later = unmerged(sender).filter(send => send.conversation === conversation && send.seq > after)
      const all = new Set([...seqs.all(sender, conversation, after, limit), ...later].map(({ seq }) => seq))
      return [...all].toSorted((a, b) => a - b).slice(0, limit)
    },
    purge(conversation) {
      purge(conversation)
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
    settle() {
      settled = waiting.length
      if (merging.length === 0 || merged < merging.length) return
      for (const send of merging) forget(send)
      merging = []
      merged = 0
    },
    discard() {
      rewind(settled)
      merged = 0
    },
    snapshot() {
      const { length } = waiting
      return () => rewind(length)
    },
  }
}

/** What was stored after the last complete merge. */
function load(db: Db): Send[] {
  const upto = db.read<{ value: string }>("SELECT value FROM meta WHERE key = 'sends_upto'").get()
  return db
    .read<Send>('SELECT n, sender, conversation, seq, client_id FROM messages WHERE n > ? ORDER BY n')
    .all(Number(upto?.value ?? 0))
}

function inTable(a: Send, b: Send): number {
  return a.sender - b.sender || a.conversation - b.conversation || a.seq - b.seq
}

function keyOf(sender: number, conversation: number, client_id: string): string {
  return `${sender}:${conversation}:${client_id}`
}
