import type { AnyEntry } from './entry.ts'

/**
 * An entry without the text of a deleted message: what replay serves from then on. The entry itself stays, so that the
 * stream has no gap and a repeat of the send is still recognised.
 */
export function blankMessage<T extends Pick<AnyEntry, 'event' | 'data'>>(entry: T): T {
  return { ...entry, data: { ...entry.data, content: null, attachments: [], metadata: null, reactions: [] } }
}
