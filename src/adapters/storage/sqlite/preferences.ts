import type { PreferencesRecord } from '../../../domain/records.ts'
import type { AllPreferences } from '../../../ports/preferences.ts'
import type { Db } from './database.ts'
import { flag } from './rows.ts'

/** The rows of preferences, inside a transaction. */
export interface PreferencesRows {
  find(user_id: string): PreferencesRecord | null
  put(preferences: PreferencesRecord): void
}

type PreferencesRow = Omit<PreferencesRecord, 'quiet_hours' | 'preview'> & { quiet_hours: string; preview: number }

const PREFERENCES = 'user_id, level, muted_until, quiet_hours, preview'

export function openPreferencesRows(db: Db): PreferencesRows {
  const one = db.read<PreferencesRow>(`SELECT ${PREFERENCES} FROM preferences WHERE user_id = ?`)
  const put = db.write(`INSERT OR REPLACE INTO preferences (${PREFERENCES}) VALUES (?, ?, ?, ?, ?)`)
  return {
    find(user_id) {
      const row = one.get(user_id)
      if (!row) return null
      const quiet_hours = JSON.parse(row.quiet_hours) as PreferencesRecord['quiet_hours']
      return { ...row, quiet_hours, preview: row.preview === 1 }
    },
    put: ({ user_id, level, muted_until, quiet_hours, preview }) =>
      void put(user_id, level, muted_until, JSON.stringify(quiet_hours), flag(preview)),
  }
}

export function openPreferences(rows: PreferencesRows): AllPreferences {
  return {
    async find(user_id) {
      return rows.find(user_id)
    },
    async findMany(user_ids) {
      return user_ids.flatMap(user_id => rows.find(user_id) ?? [])
    },
  }
}
