import type { Message } from '../../contracts/entities.ts'
import { INLINE_REACTORS } from '../../contracts/entities.ts'
import { toEventMessage } from './log/wire.ts'
import { jsonSize } from './paging.ts'
import type { MessageRecord } from './records.ts'

/** A message as the viewer sees it: `reactions` say which are the viewer's own. */
export function toMessage(record: MessageRecord, viewer_id: string): Message {
  const reactions = record.reactions.map(({ emoji, user_ids }) => ({
    emoji,
    count: user_ids.length,
    user_ids: user_ids.slice(0, INLINE_REACTORS),
    me: user_ids.includes(viewer_id),
  }))
  return Object.assign(toEventMessage(record), { reactions })
}

/** How much of an answer a message takes at most: only long ones are measured exactly. */
export function messageSize(message: Message): number {
  const short = message.metadata === null && (message.content?.length ?? 0) < 200 && message.mentions.length < 4
  return short && message.reactions.length === 0 ? 2_000 : jsonSize(message)
}
