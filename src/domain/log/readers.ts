import type { EventName } from '../../../contracts/events.ts'
import { readerChanges, type ReaderChanges } from '../../../contracts/readers.ts'

const NONE: ReaderChanges = {}
const CHANGE_READERS: ReadonlySet<EventName> = new Set([
  'conversation.created',
  'conversation.deleted',
  'member.added',
  'member.removed',
])

/** The reader changes of a stored entry. The data of other events is not parsed. */
export function readerChangesOf(event: EventName, json: string): ReaderChanges {
  return CHANGE_READERS.has(event) ? readerChanges(event, JSON.parse(json) as object) : NONE
}
