import type { EventData, EventName } from './events.ts'

/** Whose reading of a conversation's stream begins after an event, or ends with it. Absent: nobody's. */
export interface ReaderChanges {
  joined?: readonly string[]
  /** `all`: the stream has ended. */
  left?: readonly string[] | 'all'
}

/** By an event's data. An entry whose conversation was purged holds no data any more, and tells nothing. */
export function readerChanges(event: EventName, data: object): ReaderChanges {
  if (event === 'conversation.deleted') return { left: 'all' }
  if (event !== 'conversation.created' && event !== 'member.added' && event !== 'member.removed') return {}
  // contracts/events.ts says what the data of these events is.
  const { member_ids, members, user_ids } = data as Partial<
    EventData<'conversation.created'> & EventData<'member.added'> & EventData<'member.removed'>
  >
  const joined = member_ids ?? members?.map(({ user_id }) => user_id)
  return { ...(joined ? { joined } : {}), ...(user_ids ? { left: user_ids } : {}) }
}

/** Whether the user reads nothing of the stream after an event with these changes. */
export function endsReading({ left }: ReaderChanges, user_id: string): boolean {
  return left === 'all' || (left?.includes(user_id) ?? false)
}
