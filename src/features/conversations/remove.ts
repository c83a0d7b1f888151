import type { Contract } from '../../../contracts/index.ts'
import type { Input } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'

type Delete = Contract['conversations']['delete']
type Deps = Pick<Context<Delete>, 'caller' | 'storage' | 'commit' | 'fail'>

/** Disables or purges. `type`: a conversation of another type is not found. */
export async function remove(
  { caller, storage, commit, fail }: Deps,
  { conversation_id, soft_delete }: Input<Delete>,
  type?: 'group',
): Promise<null> {
  const conversation = await storage.conversations.find(conversation_id)
  if (!conversation) {
    // A purged conversation still has its log, which tells it from an unknown id and from a user's.
    const [first] = await storage.log.read(conversation_id, 0, 1)
    return first?.event === 'conversation.created' ? null : fail('not_found')
  }
  if (type !== undefined && conversation.type !== type) return fail('not_found')
  await (soft_delete
    ? commit({ conversation }, { event: 'conversation.updated', actor_id: caller.id, patch: { disabled: true } })
    : commit({ conversation }, { event: 'conversation.deleted' }))
  return null
}
