import type { Filter } from 'mongodb'
import { Unavailable } from '../../../ports/storage.ts'
import type { GuardRow, UserExpected, UserRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

const GUARD = 'admins'
/** The guard when no step is left to carry out. */
const DONE = { user_id: null, expected: null, patch: null }
/** How often a step is tried again after another process took one first. */
const TRIES = 200

export type Patched = 'patched' | 'duplicate' | 'missed'
/** An update of one user and the condition on its row. */
export interface Decided {
  id: string
  expected: UserExpected
  set: Partial<UserRow>
}

/**
 * Keeps the last ADMIN. A change that ends an ADMIN's rights is a step of one guard row: it is decided when all earlier steps
 * are carried out, taken by a conditional update, and carried out by any process that finds it. So two concurrent changes
 * cannot each rely on the other ADMIN.
 */
export class Admins {
  readonly #tables: Tables
  #last: Promise<unknown> = Promise.resolve()
  constructor(tables: Tables) {
    this.#tables = tables
  }

  patch({ id, expected, set }: Decided): Promise<Patched> {
    return this.#tables.users.patch({ id, guard: expecting(expected), set })
  }

  /** One at a time in this process, so that only processes race. `missed`: its condition has changed, decide again. */
  retire(decided: Decided): Promise<Patched | 'last_admin'> {
    const turn = this.#last.then(() => this.#retire(decided))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #retire({ id, expected, set: patch }: Decided): Promise<Patched | 'last_admin'> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const guard = await this.#settled()
      const others = await this.#tables.users.findOne({
        _id: { $ne: id },
        role: { $eq: 'ADMIN' },
        disabled: { $eq: false },
        deleted: { $eq: false },
        $or: [{ password_hash: { $ne: null } }, { external_id: { $ne: null } }],
      })
      if (!others) return 'last_admin'
      const mine: GuardRow = { _id: GUARD, step: guard.step + 1, user_id: id, expected, patch }
      if (!(await this.#move(guard, mine))) continue
      const outcome = await this.#carryOut(mine)
      await this.#move(mine, { ...mine, ...DONE })
      if (outcome === 'duplicate') return outcome
      // Another caller may have carried it out, or found that it cannot be.
      const row = await this.#tables.users.findId(id)
      return !row || row.admin_step >= mine.step ? 'patched' : 'missed'
    }
    throw new Unavailable('too many change the ADMINs at once')
  }

  /** Carries out what is left, and returns the guard. */
  async #settled(): Promise<GuardRow> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const guard = await this.#tables.guards.findId(GUARD)
      if (!guard) await this.#tables.guards.insert({ _id: GUARD, step: 0, ...DONE })
      else if (guard.user_id === null) return guard
      else {
        await this.#carryOut(guard)
        await this.#move(guard, { ...guard, ...DONE })
      }
    }
    throw new Unavailable('too many change the ADMINs at once')
  }

  async #carryOut({ step, user_id, expected, patch }: GuardRow): Promise<Patched> {
    if (user_id === null) return 'patched'
    const set = { ...patch, admin_step: step }
    return this.#tables.users.patch({ id: user_id, guard: { ...expecting(expected), admin_step: { $lt: step } }, set })
  }

  /** Takes the next step from exactly this state. */
  async #move(from: GuardRow, { step, user_id, expected, patch }: GuardRow): Promise<boolean> {
    const guard = { step: { $eq: from.step }, user_id: { $eq: from.user_id } }
    return this.#tables.guards.updateOne({ id: GUARD, guard, set: { step, user_id, expected, patch } })
  }
}

function expecting(expected: UserExpected | null): Filter<UserRow> {
  return Object.fromEntries(Object.entries(expected ?? {}).map(([field, value]) => [field, { $eq: value }]))
}
