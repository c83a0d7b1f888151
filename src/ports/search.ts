import type { Message } from '../../contracts/entities.ts'
import type { IndexChange } from '../domain/search/index-change.ts'
import type { Query } from '../domain/search/query.ts'
import { Unavailable } from './storage.ts'

export type { IndexChange, IndexedMessage } from '../domain/search/index-change.ts'

/**
 * The full-text index of all messages. It is derived from storage: what it loses is put back by a rebuild. Promises of every
 * adapter, each a case of `tests/conformance/search`:
 *
 * - When `apply` resolves, its changes are durable and every later search sees them. If it rejects with `SearchUnavailable`, the
 *   outcome is unknown, and repeating the same call is safe.
 * - Applying a change again, or an older change of a message after a newer one of the same call, leaves the index as it was.
 * - A text that was removed or replaced is not found any more, and leaves the index's files soon after.
 * - Both adapters find the same messages for the same query, by the rules of `domain/search`; what differs is in
 *   docs/decisions.md.
 */
export interface SearchIndex extends AsyncDisposable {
  /**
   * `whole`: every message is in it that was applied. `absent`: there is none of this store and version; it needs a rebuild.
   * `outdated`: it answers, but an operator has asked for a rebuild.
   */
  state(): Promise<'whole' | 'absent' | 'outdated'>
  /** Without an index it does nothing: a rebuild begins later and reads what storage has then. At most `MAX_CHANGES` changes. */
  apply(changes: readonly IndexChange[]): Promise<void>
  /**
   * Begins a second index beside the present one, which answers until `finish`. From now on `apply` changes both. An earlier
   * rebuild that has not finished is given up.
   */
  begin(): Promise<Rebuild>
  /** Rejects with `SearchUnavailable` if there is no whole index or it cannot be reached. */
  search(request: SearchRequest): Promise<SearchHit[]>
}

export interface Rebuild {
  /** Applies changes to the new index only. */
  apply(changes: readonly IndexChange[]): Promise<void>
  /** From now on the new index is the index. */
  finish(): Promise<void>
}

/** Changes of one `apply`. */
export const MAX_CHANGES = 1_000

export interface SearchRequest {
  /** null: every message that the filters admit. It needs `sort: 'recent'` and one of `sender_id`, `type` and `has_file`. */
  query: Query | null
  /** The conversations that are searched; any number of them. `last_seq` tells how many messages there may be. */
  conversations: readonly { id: string; last_seq: number }[]
  sender_id?: string
  type?: Message['type']
  has_file?: true
  /** Times of creation: `from` inclusive, `to` exclusive. */
  from?: string
  to?: string
  /**
   * `recent`: all matches, latest first. `relevance`: by `compareMatches`, then latest first; at most about `MAX_RANKED`
   * matches, the latest ones of the exact matches before those with typos.
   */
  sort: 'relevance' | 'recent'
  /** The cursor of the first hit wanted. That message need not exist any more. */
  start?: string
  limit: number
}

/** Matches that are ranked by relevance. */
export const MAX_RANKED = 1_000

/**
 * A match. If there are fewer than `limit`, there are no more. Messages that come or go between two pages do not move the next
 * page.
 */
export interface SearchHit {
  id: string
  /** `start` of a page that begins with this hit: letters, digits, `_` and `-`, at most 100. */
  cursor: string
}

/** The index cannot be reached, or is being built. The gate answers 503. */
export class SearchUnavailable extends Unavailable {
  override readonly dependency = 'search'
}

/** `start` is not a cursor that this index gave. */
export class UnknownCursor extends Error {
  override readonly name = 'UnknownCursor'
}
