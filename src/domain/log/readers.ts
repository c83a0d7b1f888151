import type { EventData, EventName } from '../../../contracts/events.ts'
import type { AnyEntry } from './entry.ts'

/** Users who gain or lose access to a stream by an entry; absent: none. */
export interface ReaderChanges {
  joined?: readonly string[]
  left?: readonly string[]
}

/** A blanked entry of a purged conversation has none. */
export function readerChanges(event: EventName, data: AnyEntry['data']): ReaderChanges {
  if (event !== 'conversation.created' && event !== 'member.added' && event !== 'member.removed') return {}
  // Cast: the data is of one of these events, or blanked.
  const { member_ids, members, user_ids } = data as Partial<
    EventData<'conversation.created'> & EventData<'member.added'> & EventData<'member.removed'>
  >
  const joined = member_ids ?? members?.map(({ user_id }) => user_id)
  return { ...(joined ? { joined } : {}), ...(user_ids ? { left: user_ids } : {}) }
}

/** The same of an entry as it is stored; the data of other events is not parsed. */
export function readerChangesOf(event: EventName, json: string): ReaderChanges {
  if (event !== 'conversation.created' && event !== 'member.added' && event !== 'member.removed') return {}
  // Cast: the log holds what contracts/events.ts says of the event, or a blanked entry.
  return readerChanges(event, JSON.parse(json) as AnyEntry['data'])
}
