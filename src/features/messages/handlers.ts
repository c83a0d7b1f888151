import type { Contract } from '../../../contracts/index.ts'
import type { Handlers } from '../../context.ts'
import { can } from '../../domain/access.ts'
import { edited } from '../../domain/log/decide.ts'
import { toMessage } from '../../domain/messages.ts'
import { decodeChange, encodeChange, toList } from '../../domain/paging.ts'
import { load } from '../conversations/load.ts'
import { history } from './history.ts'
import { list } from './list.ts'
import { find, findToChange, findToWrite } from './load.ts'
import { send } from './send.ts'

export const messages: Handlers<Contract['messages']> = {
  send,
  list,

  async pins(context, { conversation_id, start, limit }) {
    const { caller, storage, fail } = context
    const from = start === undefined ? null : decodeChange(start)
    if (start !== undefined && from === null)
      return fail('validation_failed', {
        errors: [{ path: 'start', message: 'must be the next_start of the previous page' }],
      })
    await load(context, conversation_id)
    const pins = await storage.messages.pins(conversation_id, from, limit + 1)
    const records = await storage.messages.findMany(pins.map(pin => pin.message_id))
    const shown = pins.flatMap(({ message_id, user_id, at, pinned_change }) => {
      const message = records.find(record => record.id === message_id)
      return message ? [{ pinned_change, pin: { message: toMessage(message, caller.id), user_id, at } }] : []
    })
    const listed = toList(
      shown,
      limit,
      ({ pin }) => pin.message.id,
      next => encodeChange(next.pinned_change),
    )
    return { ...listed, data: listed.data.map(({ pin }) => pin) }
  },

  async get(context, { message_id }) {
    const { message } = await find(context, message_id)
    return toMessage(message, context.caller.id)
  },

  async update(context, { message_id, content, metadata }) {
    const { caller, commit, fail } = context
    const found = await findToWrite(
      context,
      message_id,
      ({ member, message }) => member !== null && message.sender_id === caller.id,
    )
    const { conversation, message } = found
    if (message.deleted_at !== null) return fail('gone')
    if (content === '' && message.attachments.length === 0)
      return fail('validation_failed', {
        errors: [{ path: 'content', message: 'must not be empty without attachments' }],
      })
    const patch = { ...(content === undefined ? {} : { content }), ...(metadata === undefined ? {} : { metadata }) }
    const committed = await commit({ conversation, message }, { event: 'message.updated', message_id, patch })
    const [entry] = committed.outcome === 'committed' ? committed.entries : []
    // The append has checked that it was this version of the message that it edited.
    return toMessage(entry ? edited(message, patch, entry.change, entry.at) : message, caller.id)
  },

  async delete(context, { message_id }) {
    const { caller, commit } = context
    const { conversation, message } = await findToChange(
      context,
      message_id,
      // A sender who is not a member gets 404, unless an ADMIN.
      ({ conversation, member, message }) =>
        message.sender_id === caller.id || can(caller.user, 'messages.delete', member, conversation),
    )
    if (message.deleted_at === null) await commit({ conversation, message }, { event: 'message.deleted', message_id })
    return null
  },

  history,

  async react(context, { message_id, emoji }) {
    const { caller, storage, commit, fail } = context
    const { conversation, message } = await findToWrite(context, message_id, 'messages.react')
    if (message.deleted_at !== null) return fail('gone')
    await commit({ conversation }, { event: 'message.reacted', message_id, user_id: caller.id, emoji, added: true })
    // Read again, because others may have reacted since, and the entry lists only the first of them.
    return toMessage((await storage.messages.find(message_id)) ?? message, caller.id)
  },

  async unreact(context, { message_id, emoji }) {
    const { caller, commit, fail } = context
    const { conversation, message } = await findToChange(context, message_id, 'messages.unreact')
    if (message.deleted_at !== null) return fail('gone')
    await commit({ conversation }, { event: 'message.reacted', message_id, user_id: caller.id, emoji, added: false })
    return null
  },

  async pin(context, { message_id }) {
    const { caller, commit, fail } = context
    const { conversation, message } = await findToChange(context, message_id, 'messages.pin')
    if (message.deleted_at !== null) return fail('gone')
    await commit({ conversation, message }, { event: 'message.pinned', message_id, user_id: caller.id })
    // A pin does not change the message.
    return toMessage(message, caller.id)
  },

  async unpin(context, { message_id }) {
    const { caller, commit } = context
    const { conversation, message } = await findToChange(context, message_id, 'messages.unpin')
    await commit({ conversation, message }, { event: 'message.unpinned', message_id, user_id: caller.id })
    return null
  },
}
