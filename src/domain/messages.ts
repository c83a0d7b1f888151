import type { Message } from '../../contracts/entities.ts'
import { INLINE_REACTORS } from '../../contracts/entities.ts'
import { messageWith } from './log/wire.ts'
import { jsonSize } from './paging.ts'
import type { MessageRecord } from './records.ts'

/** A message as the viewer sees it: `me` of each reaction says whether the viewer has reacted. */
export function toMessage(record: MessageRecord, viewer_id: string): Message {
  const reactions = record.reactions.map(({ emoji, user_ids }) => ({
    emoji,
    count: user_ids.length,
    user_ids: user_ids.slice(0, INLINE_REACTORS),
    me: user_ids.includes(viewer_id),
  }))
  return messageWith(record, reactions)
}

/** An upper bound of a message's size as JSON, in bytes. Only long messages are measured. */
export function messageSize(message: Message): number {
  const short = message.metadata === null && (message.content?.length ?? 0) < 200 && message.mentions.length < 4
  return short && message.reactions.length === 0 ? 2_000 : jsonSize(message)
}
