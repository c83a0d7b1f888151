import type { UserDraft } from '../../../domain/log/entry.ts'
import { writeUserRow, type UserRow, type UserRowWriters } from '../../../domain/log/user-rows.ts'
import { decideUserDraft, markerAfter, userNeedsOf, type UserState } from '../../../domain/log/user-stream.ts'
import type { AppendedToUser } from '../../../ports/storage.ts'
import type { AppendParts } from './append.ts'

export type AppendToUser = <D extends UserDraft>(user_id: string, draft: D) => AppendedToUser<D['event']>

/** The context of row writers: the state before the entry. */
interface Target {
  n: number
  state: UserState
}

/** The append to a user stream: load, decide in memory, write. Runs in a transaction. */
export function openAppendToUser(parts: AppendParts): AppendToUser {
  const { streams, conversations, contacts, preferences, members, counts, log, clock, notify } = parts
  const writers: UserRowWriters<Target> = {
    membership({ put, marked }, { n, state }) {
      members.put(n, put)
      const before = state.membership?.member
      if (marked && before) counts.marked(n, put.user_id, before.read_seq, put.read_seq)
    },
    contact: ({ put }) => contacts.put(put),
    preferences: ({ put }) => preferences.put(put),
  }

  function load(user_id: string, draft: UserDraft): Target {
    const { conversation_id, contact_id, preferences: asked } = userNeedsOf(draft)
    const other = {
      contact: contact_id === null ? null : contacts.find(user_id, contact_id),
      preferences: asked ? preferences.find(user_id) : null,
    }
    const cached = conversation_id === null ? null : conversations.current(conversation_id)
    if (!cached || cached.purged) return { n: -1, state: { membership: null, ...other } }
    const { n, record: conversation } = cached
    const member = members.find(n, conversation.id, user_id)
    if (!member) return { n, state: { membership: null, ...other } }
    const after = draft.event === 'read.updated' ? markerAfter(draft, member) : null
    const beyond = after === null ? null : counts.beyond(n, conversation, member, after)
    return { n, state: { membership: { conversation, member, beyond }, ...other } }
  }

  return <D extends UserDraft>(user_id: string, draft: D) => {
    const target = load(user_id, draft)
    const place = { stream: user_id, change: 0, at: clock().toISOString() }
    const decision = decideUserDraft(draft, target.state, place)
    // Cast: the row is of the kind that the draft's event names (`UserRows`).
    const typed = (row: UserRow) => row as UserRow<D['event']>
    if (decision.outcome === 'refused') return decision
    if (decision.outcome === 'unchanged') return { outcome: 'unchanged', row: typed(decision.row) }
    const { stream, change } = streams.nextOfUser(user_id)
    writeUserRow(writers, decision.row_change, target)
    notify(log.append(stream, { ...decision.entry, change }, 0))
    return { outcome: 'committed', row: typed(decision.row_change.put) }
  }
}
