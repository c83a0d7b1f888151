import type { Db } from './database.ts'
import type { Marks } from './following.ts'
import type { Participant } from './group-commit.ts'

/** Ids whose numbers are cached. */
const MAX_REMEMBERED = 100_000

/** The small internal numbers of streams, of conversations and of users. */
export interface StreamIds extends Participant {
  find(id: string): number | null
  /** The id of a number in a row. */
  idOf(n: number): string
  /** Inside a transaction. */
  findOrCreate(id: string): number
  /** Inside a transaction: the next change of a user stream. */
  nextOfUser(id: string): { stream: number; change: number }
  /** The last change of a user stream; 0 without one. */
  lastChange(id: string): number
}

export function openStreamIds(db: Db, marks: Pick<Marks, 'mark'>): StreamIds {
  const known = new Map<string, number>()
  const ids = new Map<number, string>()
  const select = db.read<{ n: number }>('SELECT n FROM streams WHERE id = ?')
  const selectId = db.read<{ id: string }>('SELECT id FROM streams WHERE n = ?')
  const insert = db.write('INSERT INTO streams (id, last_change) VALUES (?, 0)')
  const advance = db.write('UPDATE streams SET last_change = last_change + 1 WHERE n = ?')
  const last = db.read<{ last_change: number }>('SELECT last_change FROM streams WHERE n = ?')
  const latest = db.read<{ change: number | null }>('SELECT max(change) AS change FROM log WHERE stream = ?')

  function find(id: string): number | null {
    const remembered = known.get(id)
    if (remembered !== undefined) return remembered
    const row = select.get(id)
    if (!row) return null
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.set(id, row.n)
    return row.n
  }

  function findOrCreate(id: string): number {
    const found = find(id)
    if (found !== null) return found
    insert(id)
    return select.get(id)?.n ?? never(id)
  }

  function idOf(n: number): string {
    const remembered = ids.get(n)
    if (remembered !== undefined) return remembered
    const id = selectId.get(n)?.id ?? never(String(n))
    if (ids.size >= MAX_REMEMBERED) ids.clear()
    ids.set(n, id)
    return id
  }

  return {
    find,
    idOf,
    findOrCreate,
    nextOfUser(id) {
      const stream = findOrCreate(id)
      advance(stream)
      marks.mark(stream, 'users')
      return { stream, change: last.get(stream)?.last_change ?? never(id) }
    },
    lastChange(id) {
      const stream = find(id)
      return stream === null ? 0 : (latest.get(stream)?.change ?? 0)
    },
    /** Drops numbers of a transaction that was rolled back. */
    discarded() {
      known.clear()
      ids.clear()
    },
  }
}

function never(id: string): never {
  throw new Error(`the stream ${id} vanished`)
}
