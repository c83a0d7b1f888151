import type { FollowOptions, Following, Unhandled } from '../../../ports/following.ts'
import type { Log } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import type { GroupCommit, Participant } from './group-commit.ts'
import type { LogRows } from './log-rows.ts'
import type { StreamIds } from './stream-ids.ts'

/** Marked streams that are given to the followers in one transaction. */
const MARKS_AT_ONCE = 1_000

type Streams = FollowOptions['streams']

/** The streams that were appended to. A mark is written once, with the first append after the followers were given the stream. */
export interface Marks extends Participant {
  /** Inside a transaction that appends to the stream. */
  mark(stream: number, streams: Streams): void
  /** Inside a transaction: gives marked streams to the followers. */
  distribute(now: number): void
  readonly any: boolean
  /** Inside a transaction: makes a follower known; its number. */
  register(name: string, options: FollowOptions, now: number): number
  /** Inside a transaction. */
  unregister(name: string): void
}

export function openMarks(db: Db): Marks {
  const insert = db.write('INSERT OR IGNORE INTO marks (stream) VALUES (?)')
  const some = db.read<{ stream: number }>(`SELECT stream FROM marks ORDER BY stream LIMIT ${MARKS_AT_ONCE}`)
  const give = db.write(
    `INSERT INTO follows (follower, stream, position, queued_at)
     SELECT f.n, m.stream, 0, ?1 FROM marks m CROSS JOIN followers f
     WHERE m.stream <= ?2 AND f.streams =
       CASE WHEN EXISTS (SELECT 1 FROM conversations c WHERE c.n = m.stream) THEN 'conversations' ELSE 'users' END
     ON CONFLICT (follower, stream) DO UPDATE SET queued_at = coalesce(queued_at, excluded.queued_at)`,
  )
  const drop = db.write('DELETE FROM marks WHERE stream <= ?')
  const known = db.read<{ n: number }>('SELECT n FROM followers WHERE name = ?')
  const add = db.insert('INSERT INTO followers (name, streams) VALUES (?, ?)')
  const forget = [
    db.write('DELETE FROM follows WHERE follower = (SELECT n FROM followers WHERE name = ?)'),
    db.write('DELETE FROM followers WHERE name = ?'),
  ]
  const begin = {
    conversations: db.write(
      `INSERT INTO follows (follower, stream, position, queued_at)
       SELECT ?1, n, CASE WHEN ?2 THEN 0 ELSE last_change END, CASE WHEN ?2 THEN ?3 END FROM conversations`,
    ),
    users: db.write(
      `INSERT INTO follows (follower, stream, position, queued_at)
       SELECT ?1, n, CASE WHEN ?2 THEN 0 ELSE last_change END, CASE WHEN ?2 THEN ?3 END FROM streams
       WHERE last_change > 0`,
    ),
  }
  const followed = db.read<{ streams: Streams }>('SELECT DISTINCT streams FROM followers')
  let wanted = new Set(followed.all().map(({ streams }) => streams))
  let marked = new Set(some.all().map(({ stream }) => stream))
  let pending = new Set<number>()
  /** What `marked` becomes if the transaction is committed. */
  let left: Set<number> | null = null

  return {
    get any() {
      return marked.size > 0
    },
    mark(stream, streams) {
      if (wanted.has(streams) && !(left ?? marked).has(stream)) pending.add(stream)
    },
    distribute(now) {
      const last = some.all().at(-1)?.stream
      if (last === undefined) return
      give(now, last)
      drop(last)
      left = new Set(some.all().map(({ stream }) => stream))
    },
    register(name, { streams, from }, now) {
      const found = known.get(name)
      if (found) return found.n
      const n = add(name, streams)
      begin[streams](n, from === 'beginning' ? 1 : 0, now)
      wanted = new Set([...wanted, streams])
      return n
    },
    unregister(name) {
      for (const each of forget) each(name)
    },
    flush() {
      for (const stream of pending) insert(stream)
    },
    committed() {
      if (left !== null) marked = left
      for (const stream of pending) marked.add(stream)
      pending = new Set()
      left = null
    },
    discarded() {
      pending = new Set()
      left = null
    },
  }
}

interface Parts {
  commits: GroupCommit
  marks: Marks
  streams: StreamIds
  log: Pick<LogRows, 'read'>
  /** The last change of a stream, in the state of the running transaction. */
  head: (stream: string) => number
  clock: () => Date
}

export function openFollowing(
  db: Db,
  { commits, marks, streams, log, head, clock }: Parts,
): Pick<Log, 'follow' | 'unfollow'> {
  const queue = db.read<{ stream: number; position: number }>(
    `SELECT stream, position FROM follows WHERE follower = ? AND queued_at IS NOT NULL ORDER BY queued_at, stream LIMIT ?`,
  )
  const move = db.write(
    'UPDATE follows SET position = max(position, ?3), queued_at = ?4 WHERE follower = ?1 AND stream = ?2',
  )
  const requeue = db.write(
    'UPDATE follows SET queued_at = ? WHERE follower = ? AND stream = ? AND queued_at IS NOT NULL',
  )
  const count = db.read<{ count: number }>(
    'SELECT count(*) AS count FROM follows WHERE follower = ? AND queued_at IS NOT NULL',
  )
  let latest = 0
  /** Ascends, so that what is queued later comes later. */
  const now = () => (latest = Math.max(latest + 1, clock().getTime()))

  function following(follower: number): Following {
    const distribute = () => (marks.any ? commits.ride(() => marks.distribute(now())) : Promise.resolve())
    const advance: Following['advance'] = handled =>
      commits.ride(() => {
        for (const { stream, change } of handled) {
          const n = streams.find(stream)
          if (n !== null) move(follower, n, change, change < head(stream) ? now() : null)
        }
      })
    return {
      async next(limits) {
        await distribute()
        const found: Unhandled[] = []
        const handled: { stream: string; change: number }[] = []
        let { entries: room, bytes } = limits
        for (const { stream: n, position } of queue.all(follower, limits.streams)) {
          const stream = streams.idOf(n)
          const entries = log.read(n, stream, position, room, bytes)
          if (entries.length === 0) handled.push({ stream, change: position })
          else found.push({ stream, entries })
          room -= entries.length
          for (const { json } of entries) bytes -= Buffer.byteLength(json)
          if (room <= 0 || bytes <= 0) break
        }
        if (handled.length > 0) await advance(handled)
        return found
      },
      advance,
      postpone: postponed =>
        commits.ride(() => {
          for (const stream of postponed) requeue(now(), follower, streams.find(stream) ?? -1)
        }),
      async lag() {
        await distribute()
        const [first] = queue.all(follower, 1)
        if (!first) return { streams: 0, oldest_at: null }
        const [entry] = log.read(first.stream, streams.idOf(first.stream), first.position, 1, 1)
        return { streams: count.get(follower)?.count ?? 0, oldest_at: entry?.at ?? null }
      },
    }
  }

  return {
    follow: async (name, options) => following(await commits.submit(() => marks.register(name, options, now()))),
    unfollow: name => commits.submit(() => marks.unregister(name)),
  }
}
