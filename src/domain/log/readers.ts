import type { EventData, EventName } from '../../../contracts/events.ts'

/** Who begins or ceases to read a stream with an entry; absent: nobody does. */
export interface ReaderChanges {
  joined?: readonly string[]
  left?: readonly string[]
}

/** Read from an entry's data as it is stored; one whose conversation was purged tells nothing. */
export function readerChanges(event: EventName, json: string): ReaderChanges {
  if (event !== 'conversation.created' && event !== 'member.added' && event !== 'member.removed') return {}
  // The log holds what contracts/events.ts says of these events, or nothing.
  const { member_ids, members, user_ids } = JSON.parse(json) as Partial<
    EventData<'conversation.created'> & EventData<'member.added'> & EventData<'member.removed'>
  >
  const joined = member_ids ?? members?.map(({ user_id }) => user_id)
  return { ...(joined ? { joined } : {}), ...(user_ids ? { left: user_ids } : {}) }
}
