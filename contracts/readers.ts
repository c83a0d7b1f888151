import type { EventData, EventName } from './events.ts'

/** Users who gain access to a conversation's stream after an event, or lose it with the event. Absent: none. */
export interface ReaderChanges {
  joined?: readonly string[]
  /** `all`: the stream has ended. */
  left?: readonly string[] | 'all'
}

const NONE: ReaderChanges = {}
const CHANGE_READERS: ReadonlySet<EventName> = new Set([
  'conversation.created',
  'conversation.deleted',
  'member.added',
  'member.removed',
])

/** Read from an event's data. A blanked entry of a purged conversation has none. */
export function readerChanges(event: EventName, data: object): ReaderChanges {
  if (event === 'conversation.deleted') return { left: 'all' }
  if (!CHANGE_READERS.has(event)) return NONE
  // Cast: contracts/events.ts defines the data of these events.
  const { member_ids, members, user_ids } = data as Partial<
    EventData<'conversation.created'> & EventData<'member.added'> & EventData<'member.removed'>
  >
  const joined = member_ids ?? members?.map(({ user_id }) => user_id)
  return { ...(joined ? { joined } : {}), ...(user_ids ? { left: user_ids } : {}) }
}

/** As `readerChanges`, from the data as JSON text. That of other events is not parsed. */
export function readerChangesOf(event: EventName, json: string): ReaderChanges {
  return CHANGE_READERS.has(event) ? readerChanges(event, JSON.parse(json) as object) : NONE
}

/** Whether the user loses access to the stream with an event with these changes. */
export function endsReading({ left }: ReaderChanges, user_id: string): boolean {
  return left === 'all' || (left?.includes(user_id) ?? false)
}
