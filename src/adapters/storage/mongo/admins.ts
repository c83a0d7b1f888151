import { Unavailable } from '../../../ports/storage.ts'
import type { GuardRow, UserRow } from './rows.ts'
import type { Tables } from './tables.ts'

const GUARD = 'admins'
/** How often a step that others took first is tried again. */
const TRIES = 200

type Patched = 'patched' | 'duplicate'

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

  patch(id: string, set: Partial<UserRow>): Promise<Patched> {
    return this.#tables.users.patch({ id, set })
  }

  /** One at a time in this process, so that only processes race. */
  retire(id: string, set: Partial<UserRow>): Promise<Patched | 'last_admin'> {
    const turn = this.#last.then(() => this.#retire(id, set))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #retire(id: string, set: Partial<UserRow>): Promise<Patched | 'last_admin'> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const guard = await this.#settled()
      const others = await this.#tables.users.findOne({
        _id: { $ne: id },
        role: { $eq: 'ADMIN' },
        disabled: { $eq: false },
        deleted: { $eq: false },
      })
      if (!others) return 'last_admin'
      const mine: GuardRow = { _id: GUARD, step: guard.step + 1, user_id: id, patch: set }
      if (!(await this.#move(guard, mine))) continue
      const outcome = await this.#carryOut(mine)
      await this.#move(mine, { ...mine, user_id: null, patch: null })
      if (outcome === 'duplicate') return outcome
      // Somebody else may have carried it out, or given it up for a name that was taken: then once more.
      const row = await this.#tables.users.findId(id)
      if (!row || row.admin_step >= mine.step) return 'patched'
    }
    throw new Unavailable('too many change the ADMINs at once')
  }

  /** The guard with nothing left to carry out. */
  async #settled(): Promise<GuardRow> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const guard = await this.#tables.guards.findId(GUARD)
      if (!guard) await this.#tables.guards.insert({ _id: GUARD, step: 0, user_id: null, patch: null })
      else if (guard.user_id === null) return guard
      else {
        await this.#carryOut(guard)
        await this.#move(guard, { ...guard, user_id: null, patch: null })
      }
    }
    throw new Unavailable('too many change the ADMINs at once')
  }

  async #carryOut({ step, user_id, patch }: GuardRow): Promise<Patched> {
    if (user_id === null) return 'patched'
    const set = { ...patch, admin_step: step }
    return this.#tables.users.patch({ id: user_id, guard: { admin_step: { $lt: step } }, set })
  }

  /** From exactly this state: the step, and whether it is still to be carried out. */
  async #move(from: GuardRow, { step, user_id, patch }: GuardRow): Promise<boolean> {
    const guard = { step: { $eq: from.step }, user_id: { $eq: from.user_id } }
    return this.#tables.guards.updateOne({ id: GUARD, guard, set: { step, user_id, patch } })
  }
}
