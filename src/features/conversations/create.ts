import type { Conversation } from '../../../contracts/entities.ts'
import type { Contract } from '../../../contracts/index.ts'
import { reply, type Input, type Result } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { mayAdd, messageRefusal } from '../../domain/blocking.ts'
import type { UserRecord } from '../../domain/records.ts'
import { toConversation } from './view.ts'

type Create = Contract['conversations']['create']
/** What both kinds of conversations need, and the operations that make them. */
type Deps = Pick<Context<Contract['groups']['create']>, 'caller' | 'storage' | 'commit' | 'fail' | 'ids'>

export async function create(context: Context<Create>, input: Input<Create>): Promise<Result<Create>> {
  if (input.type === 'direct') return openDirect(context, input)
  return reply(201, await createGroup(context, input, input.participant_ids, 'participant_ids'))
}

/** `field` is the one that names the other members. */
export async function createGroup(
  context: Deps,
  { name = null, topic = null, visibility }: Pick<Input<Create>, 'name' | 'topic' | 'visibility'>,
  user_ids: readonly string[],
  field: string,
): Promise<Conversation> {
  const { caller, storage, commit, fail, ids } = context
  const others = await usersNamed(context, user_ids, field)
  const other_ids = others.map(({ id }) => id)
  const relations = await storage.contacts.relations(caller.id, other_ids)
  if (!others.every(user => mayAdd(user, relations.get(user.id)))) return fail('cannot_message_user')
  const conversation = { id: ids(), access_change: 0 }
  const settings = { type: 'group' as const, name, topic, visibility, created_by: caller.id }
  const member_ids = [caller.id, ...other_ids]
  await commit({ conversation }, { event: 'conversation.created', conversation: settings, member_ids })
  return shown(context, conversation.id)
}

async function openDirect(context: Context<Create>, input: Input<Create>): Promise<Result<Create>> {
  const { caller, storage, commit, fail, ids } = context
  const { name = null, topic = null, visibility, participant_ids } = input
  const invalid = (path: string, message: string) => fail('validation_failed', { errors: [{ path, message }] })
  if (withoutCaller(context, participant_ids).length !== 1)
    return invalid('participant_ids', 'a direct conversation takes exactly one other person')
  if (name !== null) return invalid('name', 'a direct conversation has no name')
  if (topic !== null) return invalid('topic', 'a direct conversation has no topic')
  if (visibility !== 'private') return invalid('visibility', 'a direct conversation is private')
  const [other] = await usersNamed(context, participant_ids, 'participant_ids')
  if (!other) throw new Error('one id names one user')
  const refusal = messageRefusal(other, (await storage.contacts.relations(caller.id, [other.id])).get(other.id))
  if (refusal) return fail(refusal)
  const existing = await storage.conversations.findDirect(caller.id, other.id)
  if (existing) return reply(200, await shown(context, existing.id))
  const conversation = { id: ids(), access_change: 0 }
  const settings = { type: 'direct' as const, name, topic, visibility, created_by: caller.id }
  const committed = await commit(
    { conversation },
    { event: 'conversation.created', conversation: settings, member_ids: [caller.id, other.id] },
  )
  if (committed.outcome === 'exists') return reply(200, await shown(context, committed.conversation_id))
  return reply(201, await shown(context, conversation.id))
}

function withoutCaller({ caller }: Pick<Deps, 'caller'>, user_ids: readonly string[]): string[] {
  return [...new Set(user_ids)].filter(user_id => user_id !== caller.id)
}

/** The users with these ids, each once and without the caller, in the order given; fails if one does not exist. */
async function usersNamed(context: Deps, user_ids: readonly string[], field: string): Promise<UserRecord[]> {
  const ids = withoutCaller(context, user_ids)
  const found = new Map((await context.storage.users.findMany(ids)).map(user => [user.id, user]))
  const users = ids.flatMap(id => found.get(id) ?? [])
  if (users.length === ids.length) return users
  return context.fail('validation_failed', { errors: [{ path: field, message: 'names a user who does not exist' }] })
}

async function shown({ caller, storage }: Pick<Deps, 'caller' | 'storage'>, id: string): Promise<Conversation> {
  const [record, member] = await Promise.all([storage.conversations.find(id), storage.members.find(id, caller.id)])
  if (!record) throw new Error('a conversation that was just created is gone')
  return toConversation(storage, caller.user, { conversation: record, member })
}
