import type { Message } from '../../contracts/entities.ts'
import { INLINE_REACTORS, toEventMessage } from './log/wire.ts'
import type { MessageRecord } from './records.ts'

/** Largest answer of a history page; a longer one stops earlier with `has_more` (SPEC, Lists). */
export const MOST_PAGE_BYTES = 256 * 1024

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

/** How many of the messages fit into one answer: at least one. Only long ones are measured exactly. */
export function fitting(messages: readonly Message[]): number {
  let bytes = 0
  for (const [index, message] of messages.entries()) {
    bytes += size(message)
    if (bytes > MOST_PAGE_BYTES && index > 0) return index
  }
  return messages.length
}

function size(message: Message): number {
  const short = message.metadata === null && (message.content?.length ?? 0) < 200 && message.mentions.length < 4
  return short && message.reactions.length === 0 ? 2_000 : Buffer.byteLength(JSON.stringify(message))
}
