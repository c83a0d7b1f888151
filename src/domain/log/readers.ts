import type { EventData, EventName } from '../../../contracts/events.ts'

/** Users who gain or lose access to a stream by an entry; absent: none. */
export interface ReaderChanges {
  joined?: readonly string[]
  left?: readonly string[]
}

/** Reads them from an entry's stored data; a blanked entry of a purged conversation has none. */
export function readerChanges(event: EventName, json: string): ReaderChanges {
  if (event !== 'conversation.created' && event !== 'member.added' && event !== 'member.removed') return {}
  // Cast: the log holds these events as contracts/events.ts defines them, or blanked.
  const { member_ids, members, user_ids } = JSON.parse(json) as Partial<
    EventData<'conversation.created'> & EventData<'member.added'> & EventData<'member.removed'>
  >
  const joined = member_ids ?? members?.map(({ user_id }) => user_id)
  return { ...(joined ? { joined } : {}), ...(user_ids ? { left: user_ids } : {}) }
}
