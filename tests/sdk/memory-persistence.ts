import { isTaken, type StorePersistence } from '../../src/sdk/store/index.ts'

/** Keeps records as a database would: copies, all or none. Several stores may share it. */
export class MemoryPersistence implements StorePersistence {
  readonly users = new Map<string, Map<string, unknown>>()
  /** How many saves of conversations there were, and how many of them were of everything. */
  readonly saves = { all: 0, whole: 0, refused: 0 }
  /** Whether each access fails, as with a broken database. */
  broken = false

  async load(user_id: string): Promise<ReadonlyMap<string, unknown>> {
    this.#check()
    return structuredClone(this.users.get(user_id) ?? new Map<string, unknown>())
  }

  async save(user_id: string, records: ReadonlyMap<string, unknown>, whole: boolean): Promise<boolean> {
    this.#check()
    const there = this.users.get(user_id) ?? new Map<string, unknown>()
    if (isTaken(there.get('head'), records.get('head'), whole)) {
      this.saves.refused += 1
      return false
    }
    if (records.has('head')) this.saves.all += 1
    if (whole) this.saves.whole += 1
    if (whole) for (const key of there.keys()) if (key.startsWith('c ')) there.delete(key)
    for (const [key, value] of structuredClone(records))
      if (value === undefined) there.delete(key)
      else there.set(key, value)
    this.users.set(user_id, there)
    return true
  }

  async clear(user_id: string): Promise<void> {
    this.#check()
    this.users.delete(user_id)
  }

  #check(): void {
    if (this.broken) throw new Error('the database is broken')
  }
}
