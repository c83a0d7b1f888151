import type { UserDraft } from '../../../domain/log/entry.ts'
import { decideOwn, markerAfter, projectOwn, type Counts } from '../../../domain/log/own.ts'
import { marker } from '../../../domain/unread.ts'
import type { MemberRecord } from '../../../domain/records.ts'
import { READ_BYTES, type Log, type OwnAppended, type StoredEntry } from '../../../ports/storage.ts'
import { openAppend, type Writers } from './append.ts'
import type { GroupCommit } from './group-commit.ts'
import { empty } from './purges.ts'

export function openLog(
  writers: Writers,
  commits: GroupCommit,
  counts: (seat: MemberRecord, after: number) => Counts,
  onCommit: Log['onCommit'],
): Log {
  const { db, streams, heads, seats, entries, purges, clock, tell } = writers
  const append = openAppend(writers)

  function appendOwn(user_id: string, draft: UserDraft): OwnAppended {
    const head = heads.get(draft.conversation_id)
    const seat = head && !head.purged ? seats.find(head.n, draft.conversation_id, user_id) : null
    if (!head || !seat) return { outcome: 'refused', code: 'not_found' }
    const after = draft.event === 'read.updated' ? markerAfter(draft, seat) : null
    // The head may be ahead of its row inside this transaction; the counts are of the head.
    const state = { conversation: head.record, seat, counts: counts(seat, after ?? marker(seat)) }
    const at = clock().toISOString()
    const decided = decideOwn(draft, state, { stream: user_id, change: 0, at })
    if (!decided) return { outcome: 'unchanged', seat }
    const { stream, change } = streams.nextOwn(user_id)
    const entry = { ...decided, change }
    const moved = projectOwn(entry, seat)
    seats.put(head.n, moved)
    tell([entries.append(stream, entry, 0)])
    return { outcome: 'committed', seat: moved }
  }

  async function purged(conversation_id: string): Promise<void> {
    const head = heads.committed(conversation_id)
    if (head && purges.hides(head.n)) await empty(purges, commits, head.n)
  }

  return {
    appendTo(conversation_id, drafts, seen) {
      const appended = commits.submit(() => append(conversation_id, drafts, seen))
      if (drafts.every(draft => draft.event !== 'conversation.deleted')) return appended
      // Who repeats a purge waits too until nothing is left.
      return appended.then(answer => purged(conversation_id).then(() => answer))
    },
    appendOwn: (user_id, draft) => commits.submit(() => appendOwn(user_id, draft)),
    async read(id, after, limit, max_bytes = READ_BYTES): Promise<StoredEntry[]> {
      db.check()
      const stream = streams.find(id)
      return stream === null ? [] : entries.read(stream, id, after, limit, max_bytes)
    },
    async heads(ids) {
      db.check()
      return new Map(ids.map(id => [id, heads.committed(id)?.record.last_change ?? streams.head(id)]))
    },
    onCommit,
  }
}
