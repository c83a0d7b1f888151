import type { PreferencesRecord } from '../domain/records.ts'

/**
 * What users are notified of. The rows follow from the `preferences.updated` entries of the users' streams, so `Log.appendToUser`
 * writes them. Each read shows the rows as of the appends that were acknowledged before it began.
 */
export interface AllPreferences {
  /** null: the user has never changed them. */
  find(user_id: string): Promise<PreferencesRecord | null>
  /** Those that exist, in no particular order. At most 1,000 ids. */
  findMany(user_ids: readonly string[]): Promise<PreferencesRecord[]>
}
