import type { UserDraft } from '../../../domain/log/entry.ts'
import { decideUserDraft, markerAfter, projectUserEntry } from '../../../domain/log/user-stream.ts'
import { READ_BYTES, type Log, type AppendedToUser, type StoredEntry } from '../../../ports/storage.ts'
import { openAppend, type AppendParts } from './append.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import { empty } from './purges.ts'

export function openLog(db: Db, parts: AppendParts, commits: GroupCommit, onCommit: Log['onCommit']): Log {
  const { streams, conversations, members, counts, log, purges, clock, notify } = parts
  const append = openAppend(parts)

  function appendToUser(user_id: string, draft: UserDraft): AppendedToUser {
    const cached = conversations.current(draft.conversation_id)
    const member = cached && !cached.purged ? members.find(cached.n, draft.conversation_id, user_id) : null
    if (!cached || !member) return { outcome: 'refused', code: 'not_found' }
    const after = draft.event === 'read.updated' ? markerAfter(draft, member) : null
    const { n, record: conversation } = cached
    const beyond = after === null ? null : counts.beyond(n, conversation, member, after)
    const state = { conversation, member, beyond }
    const at = clock().toISOString()
    const decided = decideUserDraft(draft, state, { stream: user_id, change: 0, at })
    if (!decided) return { outcome: 'unchanged', member }
    const { stream, change } = streams.nextOfUser(user_id)
    const entry = { ...decided, change }
    const moved = projectUserEntry(entry, member)
    members.put(n, moved)
    if (after !== null) counts.marked(n, user_id, member.read_seq, after)
    notify(log.append(stream, entry, 0))
    return { outcome: 'committed', member: moved }
  }

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
    onCommit,
  }
}
