import { blankJoined } from '../../../../domain/log/blank.ts'
import type { Entry } from '../../../../domain/log/entry.ts'
import type { FileReferenceRow } from '../rows/files.ts'
import type { LogRow } from '../rows/rows.ts'
import type { Row } from '../rows/table.ts'
import type { Collection } from './kinds.ts'

/** What a purge removes. Each row has the conversation's id in front of its key, an invite in a field. */
const REMOVED: ReadonlySet<Collection> = new Set([
  'messages',
  'versions',
  'pins',
  'mentions',
  'invites',
  'file_references',
])

/**
 * Carries out the purges of conversations whose rows were copied in the middle of one: their heads say that they are purged, but
 * some of what they held is in the backup.
 */
export class PurgedRows {
  readonly #conversations = new Set<string>()
  /** To which they referred: they are looked at again. */
  readonly files = new Set<string>()

  add(conversation_id: string): void {
    this.#conversations.add(conversation_id)
  }

  /** null: the row is one that a purge removes. */
  without<T extends Row>(collection: Collection, row: T): T | null {
    if (!REMOVED.has(collection)) return row
    const { conversation_id = row._id.split(':')[0] } = row as { conversation_id?: string }
    if (!this.#conversations.has(conversation_id ?? '')) return row
    // Cast: the rows of this collection.
    if (collection === 'file_references') this.files.add((row as unknown as FileReferenceRow).file_id)
    return null
  }

  /** The row of the log without what a purge takes from it. */
  blank(row: LogRow): LogRow {
    const mine = this.#conversations.has(row.stream)
    const entries = row.entries.map(line => {
      if (mine) return line.event === 'conversation.deleted' ? line : { ...line, json: '{}', hidden: null }
      if (line.event !== 'conversation.joined') return line
      // Cast: what was written under an event's name is that event's data.
      const data = JSON.parse(line.json) as Entry<'conversation.joined'>['data']
      return this.#conversations.has(data.conversation.id) ? { ...line, json: JSON.stringify(blankJoined(data)) } : line
    })
    return { ...row, entries }
  }
}
