import { CommitListeners } from '../../../domain/log/commit-listeners.ts'
import type { Storage, StoredEntry } from '../../../ports/storage.ts'
import type { Fault } from '../../../ports/storage-fault.ts'
import type { Writers } from './append.ts'
import { openConversations } from './conversations.ts'
import { openUnreadCounts } from './counts.ts'
import { openCursors } from './cursors.ts'
import { openDatabase, type Db } from './database.ts'
import { openEntries } from './entries.ts'
import { groupCommit } from './group-commit.ts'
import { openHeads } from './heads.ts'
import { lockFile } from './lock.ts'
import { openLog } from './log.ts'
import { openMembers } from './members.ts'
import { openMessageRows } from './message-rows.ts'
import { openMessages } from './messages.ts'
import { empty, openPurges } from './purges.ts'
import { openMemberRows } from './member-rows.ts'
import { openSends } from './sends.ts'
import { openSessions } from './sessions.ts'
import { openStreams } from './streams.ts'
import { openUsers } from './users.ts'

export interface SqliteOptions {
  file: string
  clock?: () => Date
  ids?: () => string
  /** Only for tests of crashes. */
  fault?: Fault
}

/** The embedded store: one file, one process, everything durable when its promise resolves (WAL, synchronous FULL). */
export async function openSqlite({ file, clock, ids, fault }: SqliteOptions): Promise<Storage> {
  const lock = lockFile(file)
  try {
    const db = openDatabase(file, fault)
    return await assemble(db, lock, clock ?? (() => new Date()), ids ?? (() => Bun.randomUUIDv7()))
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}

async function assemble(db: Db, lock: Disposable, clock: () => Date, ids: () => string): Promise<Storage> {
  const listeners = new CommitListeners<StoredEntry>()
  let told: StoredEntry[] = []
  const [streams, heads, members, sends] = [openStreams(db), openHeads(db), openMemberRows(db), openSends(db)]
  const counts = openUnreadCounts(db, heads, streams, sends)
  const purges = openPurges(db, sends)
  const [rows, entries] = [openMessageRows(db, streams, sends), openEntries(db, purges)]
  const commits = groupCommit(db, {
    flush() {
      members.flush()
      heads.flush()
      sends.flush()
    },
    committed() {
      heads.settle()
      sends.settle()
      purges.settle()
      const entries = told
      told = []
      listeners.notify(entries)
    },
    discarded() {
      told = []
      heads.discard()
      members.discard()
      sends.discard()
      purges.discard()
      streams.forget()
    },
  })
  const tell = (made: readonly StoredEntry[]) => void told.push(...made)
  const writers: Writers = { db, streams, heads, members, sends, messages: rows, entries, purges, clock, ids, tell }
  const alive = db.read<{ n: number }>('SELECT count(*) AS n FROM meta')
  const heartbeat = db.write("INSERT OR REPLACE INTO meta (key, value) VALUES ('checked_at', ?)")
  const sweeps = ['sessions', 'tickets', 'cursors'].map(table => db.write(`DELETE FROM ${table} WHERE expires_at <= ?`))

  /** What an interrupted purge has left; its caller was not told that it is done. */
  const resumePurges = async () => {
    for (const conversation of purges.left()) await empty(purges, commits, conversation)
  }
  await resumePurges()

  return {
    epoch: epochOf(db),
    users: openUsers(db, commits),
    sessions: openSessions(db, commits),
    conversations: openConversations(db, heads),
    members: openMembers(db, heads, members, counts),
    messages: openMessages({ db, heads, streams, sends, purges, rows }),
    log: openLog(writers, commits, counts, listener => listeners.add(listener)),
    cursors: openCursors(db, commits),
    async health() {
      alive.get()
      await commits.submit(() => void heartbeat(clock().toISOString()))
    },
    async sweep(now) {
      await commits.submit(() => sweeps.forEach(sweep => sweep(now)))
      await resumePurges()
      // What was erased from the file since the last time is still in the write-ahead log, until it happens to be overwritten.
      db.truncate()
    },
    async [Symbol.asyncDispose]() {
      db[Symbol.dispose]()
      lock[Symbol.dispose]()
    },
  }
}

/** Made with the store; a restore makes a new one. */
function epochOf(db: Db): string {
  const read = db.read<{ value: string }>("SELECT value FROM meta WHERE key = 'epoch'")
  const known = read.get()
  if (known) return known.value
  const epoch = crypto.randomUUID()
  db.begin()
  db.write("INSERT INTO meta (key, value) VALUES ('epoch', ?)")(epoch)
  db.commit()
  return epoch
}
