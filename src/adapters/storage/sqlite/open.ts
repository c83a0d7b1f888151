import { CommitListeners } from '../../../domain/log/commit-listeners.ts'
import { kindsThat } from '../../../domain/retention.ts'
import type { Storage, StoredEntry } from '../../../ports/storage.ts'
import type { AppendParts } from './append.ts'
import { openContactRows, openContacts } from './contacts.ts'
import { openNotices } from './notices.ts'
import { openPreferences, openPreferencesRows } from './preferences.ts'
import { openConversationCache, openConversations } from './conversations.ts'
import { openUnreadCounts } from './counts.ts'
import { openDatabase, type Db } from './database.ts'
import { openDevices } from './devices.ts'
import { openApiKeys } from './api-keys.ts'
import { openStatuses } from './statuses.ts'
import { openFollowing, openMarks } from './following.ts'
import { openFileReferences, openFileRows } from './files.ts'
import { groupCommit, type Participant } from './group-commit.ts'
import { openJobs, openOwners } from './jobs.ts'
import { openInviteRows, openInvites } from './invites.ts'
import { openRollups } from './rollups.ts'
import { lockFile } from './lock.ts'
import { openLogRows } from './log-rows.ts'
import { openLog } from './log.ts'
import { openMemberRows, openMembers } from './members.ts'
import { openMessageRows, openMessages } from './messages.ts'
import { makePrivate } from './private-files.ts'
import { empty, openPurges } from './purges.ts'
import { TABLES } from './schema.ts'
import { openSendIndex } from './send-index.ts'
import { openCursors, openSessions } from './sessions.ts'
import { openStreamIds } from './stream-ids.ts'
import { openUploads } from './uploads.ts'
import { openUsers } from './users.ts'
import { openWebhooks } from './webhooks.ts'

/** Bytes that are written to find out whether a disk that was full has room again. */
const PROBE_BYTES = 256 * 1024

export interface SqliteOptions {
  file: string
  clock?: () => Date
  ids?: () => string
  /** Stands between the store and its file. */
  around?: (db: Db) => Db
  /** Called if opening migrated the file. */
  migrated?: (what: string) => void
}

/** The embedded store: one file, one process, everything durable when its promise resolves (WAL, synchronous FULL). */
export async function openSqlite({ file, clock, ids, around = db => db, migrated }: SqliteOptions): Promise<Storage> {
  makePrivate(file)
  const lock = lockFile(file)
  try {
    const db = around(openDatabase(file, migrated))
    return await assemble(db, lock, clock ?? (() => new Date()), ids ?? (() => Bun.randomUUIDv7()))
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}

async function assemble(db: Db, lock: Disposable, clock: () => Date, ids: () => string): Promise<Storage> {
  const marks = openMarks(db)
  const [streams, sends] = [openStreamIds(db, marks), openSendIndex(db)]
  const [conversations, members] = [openConversationCache(db), openMemberRows(db)]
  const files = openFileReferences(db)
  const purges = openPurges(db, { sends, members, files, clock })
  const log = openLogRows(db, streams, purges)
  const messages = openMessageRows(db, streams, sends, log)
  const counts = openUnreadCounts(db, conversations, streams, sends)
  const invites = openInviteRows(db)
  const listeners = new CommitListeners<StoredEntry>()
  const notifications = pendingNotifications(listeners)
  const commits = groupCommit(db, [members, conversations, sends, purges, streams, marks, notifications])
  const { notify } = notifications
  const contacts = openContactRows(db)
  const preferences = openPreferencesRows(db)
  const parts: AppendParts = {
    streams,
    conversations,
    contacts,
    preferences,
    members,
    messages,
    files,
    counts,
    invites,
    log,
    purges,
    marks,
    clock,
    ids,
    notify,
  }
  const head = (id: string) => conversations.current(id)?.record.last_change ?? streams.lastChange(id)
  const following = openFollowing(db, { commits, marks, streams, log, head, clock })
  const alive = db.read<{ n: number }>('SELECT count(*) AS n FROM meta')
  const heartbeat = db.write("INSERT OR REPLACE INTO meta (key, value) VALUES ('checked_at', ?)")
  const probe = db.write(
    "INSERT INTO meta (key, value) VALUES ('probe', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  )
  const endProbe = db.write("DELETE FROM meta WHERE key = 'probe'")
  const sweeps = kindsThat('sweep', 'expired').map(kind =>
    db.write(`DELETE FROM ${TABLES[kind]} WHERE expires_at <= ?`),
  )

  /** Completes purges that were interrupted; they were not acknowledged. */
  const resumePurges = async () => {
    for (const conversation of purges.left()) await empty(purges, commits, conversation)
  }
  await resumePurges()

  return {
    epoch: epochOf(db),
    restored_at: db.read<{ value: string }>("SELECT value FROM meta WHERE key = 'restored_at'").get()?.value ?? null,
    users: openUsers(db, commits, files),
    sessions: openSessions(db, commits),
    conversations: openConversations(db, conversations),
    members: openMembers(db, conversations, members, counts),
    messages: openMessages({ db, conversations, streams, sends, purges, messages }),
    log: openLog(db, parts, commits, { onCommit: listener => listeners.add(listener), ...following }),
    invites: openInvites(db, invites, conversations, commits),
    cursors: openCursors(db, commits),
    contacts: openContacts(db, commits, contacts),
    preferences: openPreferences(preferences),
    statuses: openStatuses(db, commits),
    apiKeys: openApiKeys(db, commits),
    webhooks: openWebhooks(db, commits),
    devices: openDevices(db, commits),
    notices: openNotices(db, commits),
    uploads: openUploads(db, commits),
    jobs: openJobs(db, commits),
    owners: openOwners(),
    // The file is locked: no other process has it open.
    nodes: { announce: async () => undefined, others: async () => [] },
    rollups: openRollups(db, commits),
    files: openFileRows(db, commits),
    async health() {
      alive.get()
      if (commits.full) {
        // A small row would fit into existing pages although messages do not, so as much is written as sends need.
        await commits.submit(() => void probe(' '.repeat(PROBE_BYTES)))
        await commits.submit(() => void endProbe())
      }
      await commits.submit(() => void heartbeat(clock().toISOString()))
    },
    async sweep(now) {
      await commits.submit(() => sweeps.forEach(sweep => sweep(now)))
      await resumePurges()
      // Text that was deleted from the file stays in the write-ahead log until that is emptied.
      db.truncate()
    },
    async [Symbol.asyncDispose]() {
      db[Symbol.dispose]()
      lock[Symbol.dispose]()
    },
  }
}

/** Calls the listeners with the entries of a transaction when it is durable. The last participant. */
function pendingNotifications(
  listeners: CommitListeners<StoredEntry>,
): Participant & { notify: (entry: StoredEntry) => void } {
  let entries: StoredEntry[] = []
  return {
    notify: entry => void entries.push(entry),
    committed() {
      const committed = entries
      entries = []
      listeners.notify(committed)
    },
    discarded() {
      entries = []
    },
  }
}

/** The epoch, made with the store. A restore makes a new one. */
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
