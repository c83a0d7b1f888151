import { randomBytes } from 'node:crypto'
import type { Contract } from '../../../contracts/index.ts'
import type { Handlers } from '../../context.ts'
import { can } from '../../domain/access.ts'
import { hasEnded, toInvite } from '../../domain/invites.ts'
import { pageFor, toList } from '../../domain/paging.ts'
import { find } from '../conversations/load.ts'
import { toConversation } from '../conversations/view.ts'
import { join } from '../groups/join.ts'
import { loadGroup } from '../groups/load.ts'

/** 128 bits, so that nobody finds a code by trying. */
const CODE_BYTES = 16

export const invites: Handlers<Contract['invites']> = {
  async create(context, { conversation_id, expires_in = null, max_uses = null }) {
    const { caller, storage, fail, clock, ids } = context
    const { conversation, member } = await loadGroup(context, conversation_id)
    if (!can(caller.user, 'invites.create', member, conversation)) return fail('forbidden')
    if (conversation.disabled) return fail('conversation_disabled')
    const now = clock()
    const invite = {
      id: ids(),
      code: randomBytes(CODE_BYTES).toString('base64url'),
      conversation_id,
      created_by: caller.id,
      created_at: now.toISOString(),
      expires_at: expires_in === null ? null : new Date(now.getTime() + expires_in * 1_000).toISOString(),
      max_uses,
      uses: 0,
      revoked_at: null,
    }
    return (await storage.invites.create(invite)) ? toInvite(invite) : fail('not_found')
  },

  async list(context, input) {
    const { caller, storage, fail, clock } = context
    const { conversation_id, limit } = input
    const { conversation, member } = await loadGroup(context, conversation_id)
    if (!can(caller.user, 'invites.list', member, conversation)) return fail('forbidden')
    const found = await storage.invites.list(conversation_id, clock().toISOString(), pageFor(input))
    const listed = toList(
      found,
      limit,
      ({ code }) => code,
      ({ id }) => id,
    )
    return { ...listed, data: listed.data.map(toInvite) }
  },

  async revoke(context, { conversation_id, code }) {
    const { caller, storage, fail, clock } = context
    const { conversation, member } = await loadGroup(context, conversation_id)
    const invite = await storage.invites.find(code)
    if (!can(caller.user, 'invites.revoke', member, conversation)) return fail('forbidden')
    if (invite?.conversation_id !== conversation_id) return fail('not_found')
    await storage.invites.revoke(code, clock().toISOString())
    return null
  },

  async preview({ storage, fail, clock }, { code }) {
    const invite = await storage.invites.find(code)
    const conversation = invite && (await storage.conversations.find(invite.conversation_id))
    if (!conversation) return fail('not_found')
    if (hasEnded(invite, clock().toISOString())) return fail('gone')
    const { name, topic, participant_count } = conversation
    return { name, topic, participant_count }
  },

  async join(context, { code }) {
    const { caller, storage, fail } = context
    const invite = await storage.invites.find(code)
    const access = invite && (await find(context, invite.conversation_id))
    if (!access) return fail('not_found')
    if (access.member) return toConversation(storage, caller.user, access)
    return join(context, access.conversation, { code })
  },
}
