import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { can, canDisable, canSetRoles } from '../../domain/access.ts'
import { mayAdd } from '../../domain/blocking.ts'
import type { DraftOf } from '../../domain/log/entry.ts'
import type { MemberRecord } from '../../domain/records.ts'
import { nextOwner } from '../../domain/roles.ts'
import { checkAvatar } from '../files/avatar.ts'
import { everyMember, load } from './load.ts'
import { toConversation, type Access } from './view.ts'

type Update = Contract['conversations']['update']
type Deps = Pick<Context<Update>, 'caller' | 'storage' | 'commit' | 'fail'>
type Draft = DraftOf<'conversation.updated' | 'member.added' | 'member.updated' | 'member.removed'>

export async function update(context: Context<Update>, input: Input<Update>): Promise<Output<Update>> {
  return change(context, await load(context, input.conversation_id), input)
}

export async function change(context: Deps, access: Access, input: Input<Update>): Promise<Output<Update>> {
  const { caller, storage, commit, fail } = context
  const { conversation_id, participant_ids, disabled, name, topic, avatar_file_id, visibility } = input
  const { conversation, member } = access
  if (!can(caller.user, 'conversations.update', member, conversation)) return fail('forbidden')
  const byOwner = disabled !== undefined || visibility !== undefined
  if (byOwner && !canDisable(caller.user, member)) return fail('forbidden')
  const changesGroup = [name, topic, avatar_file_id, visibility, participant_ids].some(given => given !== undefined)
  if (changesGroup && conversation.type === 'direct') return fail('forbidden')

  const patch = {
    ...(name === undefined || name === conversation.name ? {} : { name }),
    ...(topic === undefined || topic === conversation.topic ? {} : { topic }),
    ...(visibility === undefined || visibility === conversation.visibility ? {} : { visibility }),
    ...(avatar_file_id === undefined || avatar_file_id === conversation.avatar_file_id ? {} : { avatar_file_id }),
    ...(disabled === undefined || disabled === conversation.disabled ? {} : { disabled }),
  }
  await checkAvatar(context, patch.avatar_file_id)
  const drafts: Draft[] = []
  if (participant_ids) drafts.push(...(await replaceParticipants(context, access, participant_ids)))
  if (Object.keys(patch).length > 0) drafts.push({ event: 'conversation.updated', actor_id: caller.id, patch })
  if (conversation.disabled && disabled !== false && drafts.length > 0) return fail('conversation_disabled')
  if (drafts.length === 0) return toConversation(storage, caller.user, access)
  await commit({ conversation }, ...drafts)
  return toConversation(storage, caller.user, await load(context, conversation_id))
}

/** The drafts that replace the members by `wanted`. A caller who is a member stays one; an ADMIN who is none does not join. */
async function replaceParticipants(
  { caller, storage, fail }: Deps,
  { conversation, member }: Access,
  wanted: readonly string[],
): Promise<Draft[]> {
  const present = await everyMember(storage, conversation.id)
  const keep = new Set(wanted.filter(user_id => user_id !== caller.id))
  if (member) keep.add(caller.id)
  const added = [...keep].filter(user_id => !present.some(member => member.user_id === user_id))
  const removed = present.filter(member => !keep.has(member.user_id))
  const found = await storage.users.findMany(added)
  if (found.length < added.length)
    return fail('validation_failed', {
      errors: [{ path: 'participant_ids', message: 'names a user who does not exist' }],
    })
  if (removed.some(member => member.role === 'owner') && !canSetRoles(caller.user, member)) return fail('forbidden')
  const relations = await storage.contacts.relations(caller.id, added)
  if (!found.every(user => mayAdd(user, relations.get(user.id)))) return fail('cannot_message_user')

  const drafts: Draft[] = []
  if (added.length > 0) {
    const members = added.map(user_id => ({ user_id, role: 'member' as const }))
    drafts.push({ event: 'member.added', actor_id: caller.id, members })
  }
  const staying = present.filter(member => !removed.includes(member))
  const owner = nextOwner(present, [...staying.map(asCandidate), ...added.map(asNewcomer)])
  if (owner !== null) drafts.push({ event: 'member.updated', user_id: owner, role: 'owner' })
  if (removed.length > 0)
    drafts.push({ event: 'member.removed', actor_id: caller.id, user_ids: removed.map(member => member.user_id) })
  return drafts
}

function asCandidate({ user_id, role, joined_change }: MemberRecord) {
  return { user_id, role, joined_change }
}

function asNewcomer(user_id: string) {
  return { user_id, role: 'member' as const, joined_change: Number.MAX_SAFE_INTEGER }
}
