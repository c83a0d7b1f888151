import type { Contract } from '../../../contracts/index.ts'
import { reply, type Input, type Result } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { isReachable } from '../../domain/access.ts'
import { toConversation } from './view.ts'

type Create = Contract['conversations']['create']
type Deps = Pick<Context<Create>, 'caller' | 'storage' | 'commit' | 'fail' | 'ids'>

/** `field` is the one that names the other members. */
export async function create(context: Deps, input: Input<Create>, field = 'participant_ids'): Promise<Result<Create>> {
  const { caller, storage, commit, fail, ids } = context
  const { type, name = null, topic = null, visibility } = input
  const others = [...new Set(input.participant_ids)].filter(user_id => user_id !== caller.id)
  const invalid = (path: string, message: string) => fail('validation_failed', { errors: [{ path, message }] })
  if (type === 'direct') {
    if (others.length !== 1) return invalid('participant_ids', 'a direct conversation takes exactly one other person')
    if (name !== null) return invalid('name', 'a direct conversation has no name')
    if (topic !== null) return invalid('topic', 'a direct conversation has no topic')
    if (visibility !== 'private') return invalid('visibility', 'a direct conversation is private')
  }
  const found = await storage.users.findMany(others)
  if (found.length < others.length) return invalid(field, 'names a user who does not exist')
  if (!found.every(isReachable)) return fail('cannot_message_user')

  const [other] = others
  if (type === 'direct' && other !== undefined) {
    const existing = await storage.conversations.findDirect(caller.id, other)
    if (existing) return reply(200, await shown(existing.id))
  }
  const conversation = { id: ids(), access_change: 0 }
  const committed = await commit(
    { conversation },
    {
      event: 'conversation.created',
      conversation: { type, name, topic, visibility, created_by: caller.id },
      member_ids: [caller.id, ...others],
    },
  )
  if (committed.outcome === 'exists') return reply(200, await shown(committed.conversation_id))
  return reply(201, await shown(conversation.id))

  async function shown(id: string) {
    const [record, member] = await Promise.all([storage.conversations.find(id), storage.members.find(id, caller.id)])
    if (!record) throw new Error('a conversation that was just created is gone')
    return toConversation(storage, caller.user, { conversation: record, member })
  }
}
