import type { Preferences } from '../../contracts/entities.ts'
import type { PreferencesRecord } from './records.ts'

export const DEFAULT_PREFERENCES: Preferences = { level: 'all', muted_until: null, quiet_hours: [], preview: false }

export function toPreferences(record: PreferencesRecord | null): Preferences {
  const { level, muted_until, quiet_hours, preview } = record ?? DEFAULT_PREFERENCES
  return { level, muted_until, quiet_hours, preview }
}
