import type { Contract } from '../../../contracts/index.ts'
import type { Handlers } from '../../context.ts'
import { toMember } from '../../domain/log/wire.ts'
import { pageFor, toList } from '../../domain/paging.ts'
import { receiptSeq } from '../../domain/unread.ts'
import { seenReceipts } from '../contacts/receipts.ts'
import { create } from './create.ts'
import { inbox, list } from './listing.ts'
import { load, loadMember } from './load.ts'
import { remove } from './remove.ts'
import { update } from './update.ts'
import { toConversation, toMe } from './view.ts'

export const conversations: Handlers<Contract['conversations']> = {
  create,
  list,
  inbox,
  update,

  async 'inbox-entry'(context, { conversation_id }) {
    const { caller, storage, fail } = context
    const access = await load(context, conversation_id)
    return access.member ? toConversation(storage, caller.user, access) : fail('not_found')
  },

  async get(context, { conversation_id }) {
    const access = await load(context, conversation_id)
    return toConversation(context.storage, context.caller.user, access)
  },

  delete: remove,

  async read(context, { conversation_id, seq }) {
    const { caller, storage, commitToUser, publish, clock, fail } = context
    const { conversation, member } = await loadMember(context, conversation_id)
    if (seq > conversation.last_seq)
      return fail('validation_failed', { errors: [{ path: 'seq', message: "is beyond the conversation's last_seq" }] })
    const committed = await commitToUser({ event: 'read.updated', conversation_id, seq, kind: 'read' })
    if (committed.outcome === 'refused') return fail('not_found')
    const last_read_seq = receiptSeq(committed.row)
    if (committed.outcome === 'committed' && last_read_seq > receiptSeq(member)) {
      const receipt = { conversation_id, user_id: caller.id, last_read_seq, at: clock().toISOString() }
      publish('receipt.updated', receipt, { conversation_id, members: conversation.participant_count })
    }
    return toMe(storage, caller.user, { member: committed.row, conversation })
  },

  async unread(context, { conversation_id, seq }) {
    const { caller, storage, commitToUser, fail } = context
    const { conversation } = await loadMember(context, conversation_id)
    if (seq > conversation.last_seq)
      return fail('validation_failed', { errors: [{ path: 'seq', message: "is beyond the conversation's last_seq" }] })
    const committed = await commitToUser({ event: 'read.updated', conversation_id, seq: seq - 1, kind: 'unread' })
    if (committed.outcome === 'refused') return fail('not_found')
    return toMe(storage, caller.user, { member: committed.row, conversation })
  },

  async membership(context, { conversation_id, muted_until, pinned, archived, notify }) {
    const { caller, storage, commitToUser, fail } = context
    const { conversation } = await loadMember(context, conversation_id)
    const patch = {
      ...(muted_until === undefined ? {} : { muted_until }),
      ...(pinned === undefined ? {} : { pinned }),
      ...(archived === undefined ? {} : { archived }),
      ...(notify === undefined ? {} : { notify }),
    }
    const committed = await commitToUser({ event: 'membership.updated', conversation_id, patch })
    if (committed.outcome === 'refused') return fail('not_found')
    return toMe(storage, caller.user, { member: committed.row, conversation })
  },

  async members(context, input) {
    await load(context, input.conversation_id)
    const members = await context.storage.members.list(input.conversation_id, pageFor(input))
    return toList(members.map(toMember), input.limit, member => member.user_id)
  },

  async receipts(context, input) {
    const { caller, storage, watchReceipts } = context
    await load(context, input.conversation_id)
    watchReceipts({ user_id: caller.id, session_id: caller.session.id }, input.conversation_id)
    const members = await storage.members.list(input.conversation_id, pageFor(input))
    const receipts = await seenReceipts(storage, caller.id, members)
    return toList(receipts, input.limit, receipt => receipt.user_id)
  },
}
