import type { Contract } from '../../../contracts/index.ts'
import { ascending } from '../../../contracts/fields.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { messageSize, toMessage } from '../../domain/messages.ts'
import { fitting, toList } from '../../domain/paging.ts'
import type { SeqRange } from '../../ports/storage.ts'
import { load } from '../conversations/load.ts'

type List = Contract['messages']['list']

/** A page of the history by seq. With `around` it ascends and has the messages on both sides of one message. */
export async function list(context: Context<List>, input: Input<List>): Promise<Output<List>> {
  const { caller, storage } = context
  const { conversation_id, around, limit } = input
  await load(context, conversation_id)
  const records = await storage.messages.list(conversation_id, await rangeOf(context, input))
  const messages = records.map(record => toMessage(record, caller.id))
  const listed = (page: typeof messages, most: number) => toList(page, most, ({ id }) => id, undefined, messageSize)
  if (around === undefined) return listed(messages, limit)
  const centre = messages.findIndex(({ id }) => id === around)
  const [from, to] = fitting(messages.slice(0, limit), centre, messageSize)
  return listed(messages.slice(from, to + 1), to - from)
}

async function rangeOf(context: Context<List>, input: Input<List>): Promise<SeqRange> {
  const { sort, start, before, around, limit } = input
  if (around !== undefined) {
    const centre = await seqOf(context, input, 'around', around)
    return { ascending: true, from: Math.max(1, centre - Math.floor(limit / 2)), limit: limit + 1 }
  }
  return {
    ascending: ascending(sort),
    limit: limit + 1,
    ...(start === undefined ? {} : { from: await seqOf(context, input, 'start', start) }),
    ...(before === undefined ? {} : { to: await seqOf(context, input, 'before', before) }),
  }
}

async function seqOf(
  { storage, fail }: Context<List>,
  { conversation_id }: Input<List>,
  path: string,
  message_id: string,
): Promise<number> {
  const message = await storage.messages.find(message_id)
  if (message?.conversation_id !== conversation_id)
    return fail('validation_failed', { errors: [{ path, message: 'is not a message of this conversation' }] })
  return message.seq
}
