import { expect } from 'bun:test'
import type { PushRequest, Subscription } from './web-push.ts'

/** A message that was pushed to a device, and when. */
export interface PushedMessage {
  at: number
  conversation_id: string
  seq: number
}

/** What the push service has accepted for a device, in its order. */
export function pushedTo({ subscription, decrypt }: Subscription, accepted: Iterable<PushRequest>): PushedMessage[] {
  return [...accepted]
    .filter(({ path }) => subscription.endpoint.endsWith(path))
    .map(({ at, body }) => ({ at, ...(JSON.parse(decrypt(body)) as Omit<PushedMessage, 'at'>) }))
}

/**
 * What is missing was replaced by a later one. None comes again or after a later one of its conversation, unless the process
 * was killed in between and may not have stored that it was sent.
 */
export function expectPushedOnce(pushes: readonly PushedMessage[], kills: readonly number[]): void {
  for (const [index, { at, conversation_id, seq }] of pushes.entries())
    for (const earlier of pushes.slice(0, index))
      if (earlier.conversation_id === conversation_id && earlier.seq >= seq)
        expect({ seq, killed: kills.some(kill => earlier.at < kill && kill < at) }).toEqual({ seq, killed: true })
}
