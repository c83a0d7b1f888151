import type { UserStreamEvent } from '../../../../domain/log/rows.ts'
import type { Appender } from './appender.ts'
import type { UserFlush } from './user-stream.ts'

/** Deliveries of one conversation in progress at once, so that a large one leaves room for others. */
const AT_ONCE = 64

/** An entry of a member's user stream that follows from a change of the conversation. */
export interface Delivery {
  event: UserStreamEvent
  change: number
  at: string
}

/** Appends joined and left to the members' user streams, once each. */
export async function deliver(
  users: Pick<Appender<UserFlush>, 'call'>,
  conversation_id: string,
  deliveries: readonly Delivery[],
): Promise<void> {
  for (let start = 0; start < deliveries.length; start += AT_ONCE) {
    await Promise.all(
      deliveries
        .slice(start, start + AT_ONCE)
        .map(({ event, change, at }) =>
          users.call(event.user_id, { kind: 'delivery', event, source: `${conversation_id}:${change}`, at }, 1),
        ),
    )
  }
}
