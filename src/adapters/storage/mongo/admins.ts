import type { Filter } from 'mongodb'
import { Unavailable } from '../../../ports/storage.ts'
import type { GuardRow, UserExpected, UserRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

const GUARD = 'admins'
/** Nothing is left to carry out. */
const DONE = { user_id: null, expected: null, patch: null }
/** How often a step that others took first is tried again. */
const TRIES = 200

export type Patched = 'patched' | 'duplicate' | 'missed'
/** An update of one user and what the row must still be for it. */
export interface Decided {
  id: string
  expected: UserExpected
  set: Partial<UserRow>
}

/**
 * The last ADMIN stays. What ends an ADMIN's rights is a step of one guard row: decided when all steps before it are carried
 * out, taken by a conditional update, carried out by whoever finds it. So no two can each rely on the other.
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

  /** One at a time in this process, so that only processes race. `missed`: what it rests on has moved, decide again. */
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
      })
      if (!others) return 'last_admin'
      const mine: GuardRow = { _id: GUARD, step: guard.step + 1, user_id: id, expected, patch }
      if (!(await this.#move(guard, mine))) continue
      const outcome = await this.#carryOut(mine)
      await this.#move(mine, { ...mine, ...DONE })
      if (outcome === 'duplicate') return outcome
      // Somebody else may have carried it out, or found that it could not be.
      const row = await this.#tables.users.findId(id)
      return !row || row.admin_step >= mine.step ? 'patched' : 'missed'
    }
    throw new Unavailable('too many change the ADMINs at once')
  }

  /** The guard with nothing left to carry out. */
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

  /** From exactly this state: the step, and whether it is still to be carried out. */
  async #move(from: GuardRow, { step, user_id, expected, patch }: GuardRow): Promise<boolean> {
    const guard = { step: { $eq: from.step }, user_id: { $eq: from.user_id } }
    return this.#tables.guards.updateOne({ id: GUARD, guard, set: { step, user_id, expected, patch } })
  }
}

function expecting(expected: UserExpected | null): Filter<UserRow> {
  return Object.fromEntries(Object.entries(expected ?? {}).map(([field, value]) => [field, { $eq: value }]))
}
