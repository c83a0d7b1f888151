import type { PreferencesRecord } from '../../../domain/records.ts'
import type { AllPreferences } from '../../../ports/preferences.ts'
import { toPreferences } from './rows/records.ts'
import type { Tables } from './rows/tables.ts'

/** A row is written after its entry is durable and before the append is acknowledged, as with contacts. */
export class MongoPreferences implements AllPreferences {
  readonly #tables: Pick<Tables, 'preferences'>
  constructor(tables: Pick<Tables, 'preferences'>) {
    this.#tables = tables
  }

  async find(user_id: string): Promise<PreferencesRecord | null> {
    return (await this.findMany([user_id]))[0] ?? null
  }

  async findMany(user_ids: readonly string[]): Promise<PreferencesRecord[]> {
    return (await this.#tables.preferences.findIds(user_ids)).map(toPreferences)
  }
}
