import type { Settings } from 'meilisearch'
import type { Message } from '../../../../contracts/entities.ts'
import { tokensOf } from '../../../domain/search/tokens.ts'
import { MAX_RANKED, type IndexedMessage } from '../../../ports/search.ts'

/** The version of documents and settings. An index of another one is not used and is built anew. */
export const FORMAT = 1

/** A message in the index. `text` has its tokens, so that case, accents and scripts are treated by one rule everywhere. */
export interface MessageDocument {
  id: string
  conversation: string
  sender: string
  type: Message['type']
  file: boolean
  /** The time of creation, then a part of the id, so that few messages share one. */
  order: number
  text: string
}

/** The one document that says whose index it is, and whether it is whole. It disappears when the index is reset. */
export interface MarkerDocument {
  id: typeof MARKER
  epoch: string
  format: number
  complete: boolean
}
export const MARKER = 'marker'

export type IndexDocument = MessageDocument | MarkerDocument

/**
 * A typo in the first letter counts as two in Meilisearch, so two are allowed from 5 letters on. What then matches beyond the
 * rules of `domain/search` is left out by the comparison of each hit.
 */
export const SETTINGS: Settings = {
  searchableAttributes: ['text'],
  filterableAttributes: ['conversation', 'sender', 'type', 'file', 'order'],
  sortableAttributes: ['order', 'id'],
  rankingRules: ['sort', 'words', 'typo', 'proximity', 'exactness', 'order:desc'],
  typoTolerance: { enabled: true, disableOnNumbers: true, minWordSizeForTypos: { oneTypo: 5, twoTypos: 5 } },
  pagination: { maxTotalHits: MAX_RANKED },
  facetSearch: false,
}

/** Orders of one millisecond. Milliseconds times this many stay exact in a double. */
const ORDERS = 4_096

export function toDocument(message: IndexedMessage): MessageDocument {
  const { id, conversation_id, sender_id, type, has_file, created_at, content } = message
  return {
    id,
    conversation: conversation_id,
    sender: sender_id,
    type,
    file: has_file,
    // The 12 bits of a UUIDv7 that follow its time and version.
    order: leastOrder(created_at) + Number.parseInt(id.slice(15, 18), 16),
    text: tokensOf(content)
      .map(token => token.text)
      .join(' '),
  }
}

/** The least order of a message of that time. */
export function leastOrder(time: string): number {
  return Date.parse(time) * ORDERS
}
