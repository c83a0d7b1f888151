import type { UserStreamEvent } from '../../../domain/log/rows.ts'
import type { Appender } from './appender.ts'
import type { OwnAnswer, OwnAppend } from './own-appends.ts'

/** Deliveries of one conversation that wait at once: those of a large one let others in between. */
const AT_ONCE = 64

/** What follows in a member's own stream from a change of the conversation. */
export interface Delivery {
  event: UserStreamEvent
  change: number
  at: string
}

/** Appends joined and left to the members' own streams, once each. */
export async function deliver(
  own: Pick<Appender<OwnAppend, OwnAnswer, never, never>, 'call'>,
  conversation_id: string,
  deliveries: readonly Delivery[],
): Promise<void> {
  for (let start = 0; start < deliveries.length; start += AT_ONCE) {
    await Promise.all(
      deliveries
        .slice(start, start + AT_ONCE)
        .map(({ event, change, at }) =>
          own.call(event.user_id, { kind: 'caused', event, cause: `${conversation_id}:${change}`, at }, 1),
        ),
    )
  }
}
