import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import { Conflict, type Context } from '../../context.ts'
import { toUser } from '../../domain/users.ts'
import { followExternal, type ExternalUser } from './external-user.ts'

type Upsert = Contract['users']['upsert']
type Result = Output<Upsert>['data'][number]

/** How often one user is tried again whom others change at the same time. */
const ATTEMPTS = 5

/** Each user is a change of its own: one that fails leaves the others as they are. */
export async function upsert(context: Context<Upsert>, { users }: Input<Upsert>): Promise<Output<Upsert>> {
  const data: Result[] = []
  for (const said of users) data.push(await one(context, said))
  return { data }
}

async function one(context: Context<Upsert>, said: ExternalUser): Promise<Result> {
  const { external_id } = said
  const refused = (error: NonNullable<Result['error']>): Result => ({
    external_id,
    result: 'failed',
    user: null,
    error,
  })
  for (let attempt = 1; ; attempt += 1)
    try {
      const { caller, storage } = context
      const known = await storage.users.findByExternalId(external_id)
      // A key makes no ADMIN, and changes none.
      if (caller.key && (said.role === 'ADMIN' || known?.role === 'ADMIN')) return refused('forbidden')
      const followed = await followExternal(context, known, said)
      if (!('user' in followed)) return refused(followed.outcome)
      return { external_id, result: followed.outcome, user: toUser(followed.user, caller.user), error: null }
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      if (attempt === ATTEMPTS) return refused('busy')
    }
}
