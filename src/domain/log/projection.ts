import type { ConversationRecord, MemberRecord, MessageRecord, PinRecord, VersionRecord } from '../records.ts'
import type { ConversationEntry } from './entry.ts'
import { project } from './project.ts'
import { rowsOf, type RowChanges, type UserStreamEvent } from './rows.ts'
import type { State } from './state.ts'

/** The row changes of an entry as one object: what the MongoDB adapter reads until it writes row changes. */
export interface Projection {
  conversation: ConversationRecord
  version?: VersionRecord
  /** A new message, or one as it is after the change. */
  message?: MessageRecord
  /** The text of `message` is gone: blank the entries of its `text_changes`, drop its versions, its pin, its mentions' count. */
  erased?: true
  pinned?: PinRecord
  unpinned?: string
  sent?: RowChanges['member.sent']
  joined: MemberRecord[]
  member_role?: { user_id: string; role: MemberRecord['role'] }
  left: string[]
  purged?: true
  own: UserStreamEvent[]
}

export function projection(entry: ConversationEntry, state: State): Projection {
  const rows = project(entry, state)
  const [conversation] = rowsOf(rows, 'conversation')
  if (!conversation) throw new Error(`${entry.event} ${entry.stream}:${entry.change} projects no conversation`)
  const [[version], [message], [pin], [unpin], [sent], [role]] = [
    rowsOf(rows, 'version'),
    rowsOf(rows, 'message'),
    rowsOf(rows, 'pin'),
    rowsOf(rows, 'pin.dropped'),
    rowsOf(rows, 'member.sent'),
    rowsOf(rows, 'member.role'),
  ]
  const erased = entry.event === 'message.deleted'
  return {
    conversation: conversation.put,
    ...(version ? { version: version.put } : {}),
    ...(message ? { message: message.put } : {}),
    ...(erased ? { erased } : {}),
    ...(pin ? { pinned: pin.put } : {}),
    ...(unpin && !erased ? { unpinned: unpin.message_id } : {}),
    ...(sent ? { sent } : {}),
    joined: rowsOf(rows, 'member').map(({ put }) => put),
    ...(role ? { member_role: { user_id: role.user_id, role: role.role } } : {}),
    left: rowsOf(rows, 'member.left').map(({ user_id }) => user_id),
    ...(conversation.purged ? { purged: true as const } : {}),
    own: rowsOf(rows, 'user-stream').map(({ append }) => append),
  }
}
