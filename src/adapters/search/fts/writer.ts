import type { Database } from 'bun:sqlite'
import { outcomeOf } from '../../../domain/search/index-change.ts'
import { tokensOf } from '../../../domain/search/tokens.ts'
import type { IndexChange, IndexedMessage } from '../../../ports/search.ts'
import { nextTick, numberOf } from './database.ts'
import { scopeOf } from './scope.ts'

/** What a batch changed in the numbers that the searching side keeps in memory. */
export interface Difference {
  messages: number
  /** Messages more or fewer with the term. */
  terms: [term: string, difference: number][]
}

interface Doc {
  n: number
  id: string
  change: number
}

/** Pages that are merged after each batch. */
const MERGE_PAGES = 32
/** Messages of a purged conversation that are removed in one transaction: each costs milliseconds with secure-delete. */
const PURGED_AT_ONCE = 10

export type Writer = ReturnType<typeof openWriter>

/** Changes one index; the only writer of its file. */
export function openWriter(db: Database) {
  const id = db.prepare<{ n: number }, [string]>('SELECT n FROM ids WHERE id = ?')
  const newId = db.prepare<{ n: number }, [string]>('INSERT INTO ids (id) VALUES (?) RETURNING n')
  const find = db.prepare<Doc, [number, number]>('SELECT n, id, change FROM docs WHERE conversation = ? AND seq = ?')
  const lastBefore = db.prepare<{ n: number }, [number]>('SELECT n FROM docs WHERE n < ? ORDER BY n DESC LIMIT 1')
  const insert = db.prepare('INSERT INTO docs (n, conversation, seq, id, change, at) VALUES (?, ?, ?, ?, ?, ?)')
  const insertText = db.prepare('INSERT INTO fts (rowid, text, scope) VALUES (?, ?, ?)')
  const text = db.prepare<{ text: string }, [number]>('SELECT text FROM fts WHERE rowid = ?')
  const update = db.prepare('UPDATE docs SET change = ? WHERE n = ?')
  const updateText = db.prepare('UPDATE fts SET text = ?, scope = ? WHERE rowid = ?')
  const remove = db.prepare('DELETE FROM docs WHERE n = ?')
  const removeText = db.prepare('DELETE FROM fts WHERE rowid = ?')
  const markPurged = db.prepare('INSERT OR IGNORE INTO purging (conversation) VALUES (?)')
  const purged = db.prepare<{ conversation: number }, []>('SELECT conversation FROM purging LIMIT 1')
  const unmark = db.prepare('DELETE FROM purging WHERE conversation = ?')
  const some = db.prepare<Doc, [number]>(
    `SELECT n, id, change FROM docs WHERE conversation = ? ORDER BY seq LIMIT ${PURGED_AT_ONCE}`,
  )
  const merge = db.prepare("INSERT INTO fts (fts, rank) VALUES ('merge', ?)")
  const reads = [id, newId, find, lastBefore, text, purged, some]
  const writes = [insert, insertText, update, updateText, remove, removeText, markPurged, unmark, merge]

  function inTransaction(work: (difference: Map<string, number>) => number): Difference {
    const terms = new Map<string, number>()
    db.run('BEGIN IMMEDIATE')
    try {
      const messages = work(terms)
      merge.run(MERGE_PAGES)
      db.run('COMMIT')
      return { messages, terms: [...terms].filter(([, difference]) => difference !== 0) }
    } catch (error) {
      if (db.inTransaction) db.run('ROLLBACK')
      throw error
    }
  }

  function apply(changes: readonly IndexChange[]): Difference {
    return inTransaction(terms => {
      let messages = 0
      const { puts, removals, purges } = outcomeOf(changes)
      // They are in order of their numbers: FTS5 begins a new segment at each rowid that is less than the one before.
      for (const message of puts) messages += put(message, terms)
      for (const { conversation_id, seq } of removals) messages -= drop(numberOfId(conversation_id), seq, terms)
      for (const conversation_id of purges) markPurged.run(numberOfId(conversation_id))
      return messages
    })
  }

  function put(message: IndexedMessage, terms: Map<string, number>): number {
    const [conversation, sender] = [numberOfId(message.conversation_id), numberOfId(message.sender_id)]
    const words = tokensOf(message.content).map(token => token.text)
    const scope = scopeOf(conversation, sender, message)
    const present = find.get(conversation, message.seq)
    const isSame = present?.id === message.id
    if (isSame && present.change >= message.change) return 0
    count(words, 1, terms)
    if (isSame) {
      count(wordsOf(present.n), -1, terms)
      updateText.run(words.join(' '), scope, present.n)
      update.run(message.change, present.n)
      return 0
    }
    // A store that was restored from a backup gives the seq to another message.
    if (present) erase(present.n, terms)
    const at = Date.parse(message.created_at)
    const n = freeNumber(at)
    insert.run(n, conversation, message.seq, message.id, message.change, at)
    insertText.run(n, words.join(' '), scope)
    return present ? 0 : 1
  }

  /** Ticks that were found full one after the other: from the first one up to the one that had room. */
  let full = { from: 0, to: 0 }

  /** The number after the last of the same tick, or of the next tick that has room. */
  function freeNumber(at: number): number {
    const first = numberOf(at)
    let tick = full.from <= first && first < full.to ? full.to : first
    for (;;) {
      const end = nextTick(tick)
      const n = Math.max(tick, (lastBefore.get(end)?.n ?? 0) + 1)
      if (n < end) {
        if (tick > first) full = { from: first, to: tick }
        return n
      }
      tick = end
    }
  }

  function drop(conversation: number, seq: number, terms: Map<string, number>): number {
    const present = find.get(conversation, seq)
    if (!present) return 0
    erase(present.n, terms)
    return 1
  }

  function erase(n: number, terms: Map<string, number>): void {
    count(wordsOf(n), -1, terms)
    removeText.run(n)
    remove.run(n)
  }

  function numberOfId(name: string): number {
    const n = id.get(name)?.n ?? newId.get(name)?.n
    if (n === undefined) throw new Error('an id has no number')
    return n
  }

  function wordsOf(n: number): string[] {
    return text.get(n)?.text.split(' ') ?? []
  }

  return {
    apply,
    /** Removes some messages of purged conversations; null if there are none. */
    purgeSome(): Difference | null {
      const conversation = purged.get()?.conversation
      if (conversation === undefined) return null
      return inTransaction(terms => {
        const docs = some.all(conversation)
        for (const { n } of docs) erase(n, terms)
        if (docs.length < PURGED_AT_ONCE) unmark.run(conversation)
        return -docs.length
      })
    },
    /** Makes this the index that is used from the next start on. */
    complete(): void {
      db.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('complete', '1')")
    },
    close(): void {
      for (const statement of [...reads, ...writes]) statement.finalize()
      db.close()
    },
  }
}

function count(words: readonly string[], difference: number, terms: Map<string, number>): void {
  for (const word of new Set(words)) if (word !== '') terms.set(word, (terms.get(word) ?? 0) + difference)
}
