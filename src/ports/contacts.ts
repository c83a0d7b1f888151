import type { Contact } from '../../contracts/entities.ts'
import type { Relation } from '../domain/blocking.ts'
import type { ContactRecord } from '../domain/records.ts'
import type { Page } from './storage.ts'

/** `blocked`: those who are blocked, added or not. `unblocked`: those who are added and not blocked. */
export type ContactFilter = 'all' | 'added' | 'blocked' | 'unblocked'

/**
 * Contacts and blocks: what a user keeps of another one. The rows follow from the `contact.*` entries of the user's stream, so
 * `Log.appendToUser` writes them. Each read shows the rows as of the appends that were acknowledged before it began.
 */
export interface Contacts {
  /** null: neither added nor blocked. */
  find(user_id: string, contact_id: string): Promise<ContactRecord | null>
  /** By contact id. */
  list(user_id: string, filter: ContactFilter, page: Page): Promise<ContactRecord[]>
  /** The users who have added or blocked this one, at most `limit`, in no particular order. */
  ownersOf(contact_id: string, limit: number): Promise<string[]>
  /** The relation to each of the others, at most 1,000; none for one where neither has blocked the other. */
  relations(user_id: string, other_ids: readonly string[]): Promise<Map<string, Relation>>
  /**
   * Replaces the profile of a deleted user in every `contact.*` entry that shows it. Entries that are appended meanwhile may be
   * missed; repeating it completes it.
   */
  anonymise(profile: Contact['user']): Promise<void>
}
