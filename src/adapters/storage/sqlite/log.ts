import { READ_BYTES, type Log, type StoredEntry } from '../../../ports/storage.ts'
import { openAppend, type AppendParts } from './append.ts'
import { openAppendToUser } from './append-to-user.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import { empty } from './purges.ts'

type Hooks = Pick<Log, 'onCommit' | 'follow' | 'unfollow'>

export function openLog(db: Db, parts: AppendParts, commits: GroupCommit, hooks: Hooks): Log {
  const { streams, conversations, log, purges } = parts
  const append = openAppend(parts)
  const appendToUser = openAppendToUser(parts)

  async function purged(conversation_id: string): Promise<void> {
    const cached = conversations.find(conversation_id)
    if (cached && purges.hides(cached.n)) await empty(purges, commits, cached.n)
  }

  return {
    appendTo(conversation_id, drafts, seen) {
      const appended = commits.submit(() => append(conversation_id, drafts, seen))
      if (drafts.every(draft => draft.event !== 'conversation.deleted')) return appended
      // A repeated purge waits too until nothing is left.
      return appended.then(answer => purged(conversation_id).then(() => answer))
    },
    appendToUser: (user_id, draft) => commits.submit(() => appendToUser(user_id, draft)),
    async read(id, after, limit, max_bytes = READ_BYTES): Promise<StoredEntry[]> {
      db.check()
      const stream = streams.find(id)
      return stream === null ? [] : log.read(stream, id, after, limit, max_bytes)
    },
    async lastChanges(ids) {
      db.check()
      return new Map(ids.map(id => [id, conversations.find(id)?.record.last_change ?? streams.lastChange(id)]))
    },
    ...hooks,
  }
}
