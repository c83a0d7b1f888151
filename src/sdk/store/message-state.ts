import type { EventFrame, EventMessage, Message, Reaction } from '../wire-types.ts'

/** Users that a reaction lists. */
const MAX_REACTORS = 20

/** A new message as the viewer sees it, without reactions. */
export function newMessage(event: EventMessage): Message {
  return seenBy(event, [])
}

/** The message after an event; the same object if the event is of another message or older than the message. */
export function messageAfter(before: Message, { event, change, data }: EventFrame, viewer_id: string): Message {
  if (change === undefined || change <= before.change) return before
  if (event === 'message.reacted') {
    const { message_id, reactions, user_id, emoji, added } = data
    if (message_id !== before.id) return before
    const mine = user_id === viewer_id ? { emoji, me: added } : null
    return { ...before, change, reactions: withMe(reactions, before.reactions, mine) }
  }
  if (event !== 'message.updated' && event !== 'message.deleted') return before
  return data.id === before.id ? seenBy(data, before.reactions) : before
}

function seenBy(event: EventMessage, before: readonly Reaction[]): Message {
  return { ...event, reactions: withMe(event.reactions, before, null) }
}

/** Adds `me` to the reactions of an event: as before, except the one that the viewer has just changed. */
function withMe(
  reactions: EventMessage['reactions'],
  before: readonly Reaction[],
  mine: { emoji: string; me: boolean } | null,
): Reaction[] {
  return reactions.map(reaction => {
    const known = before.find(each => each.emoji === reaction.emoji)?.me ?? false
    return {
      ...reaction,
      user_ids: reaction.user_ids.slice(0, MAX_REACTORS),
      me: mine?.emoji === reaction.emoji ? mine.me : known,
    }
  })
}
