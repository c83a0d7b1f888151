import type { Contract } from '../../../contracts/index.ts'
import { TYPING_MS } from '../../../contracts/limits.ts'
import type { Handlers } from '../../context.ts'
import { can } from '../../domain/access.ts'
import { chooseOffline } from '../../domain/status.ts'
import { loadMember } from '../conversations/load.ts'

export const typing: Handlers<Contract['typing']> = {
  async start(context, { conversation_id }) {
    const { caller, storage, publish, socket, clock, fail } = context
    const { conversation, member } = await loadMember(context, conversation_id)
    if (!can(caller.user, 'messages.send', member, conversation)) return fail('forbidden')
    if (conversation.disabled) return fail('conversation_disabled')
    const expires_at = new Date(clock().getTime() + TYPING_MS).toISOString()
    const [status] = await storage.statuses.findMany([caller.id])
    const invisible = status !== undefined && chooseOffline(status, clock().toISOString())
    const audience = { conversation_id, members: conversation.participant_count, invisible, own_seq: member.own_seq }
    // Closing the socket has ended the typing already.
    if (socket?.open === false) return null
    publish('typing.started', { conversation_id, user_id: caller.id, expires_at }, audience)
    return null
  },

  async stop(context, { conversation_id }) {
    const { caller, publish } = context
    const { conversation } = await loadMember(context, conversation_id)
    const audience = { conversation_id, members: conversation.participant_count }
    publish('typing.stopped', { conversation_id, user_id: caller.id }, audience)
    return null
  },
}
