import { CLOSE_CODES } from './generated/limits.ts'
import type { CloseCode } from './wire-types.ts'

/** How a client reacts when its socket closes (CLOSE_CODES). */
export type Reaction = 'stop' | 'retry' | 'spread' | 'refresh' | 'wait'

const FIRST_MS = 250
const MAX_MS = 30_000
/** A restart closes every socket at once. Clients reconnect at a random time within this span. */
const SPREAD_MS = 3_000
/** The wait after 4429 and the like. */
const WAIT_MS = 10_000

const REACTIONS: Record<(typeof CLOSE_CODES)[CloseCode]['reconnect'], Reaction> = {
  no: 'stop',
  yes: 'retry',
  'yes, with jitter': 'spread',
  'yes, after a wait': 'wait',
  'after a refresh': 'refresh',
}

/** Codes outside the table, such as 1006, mean that the network broke. */
export function reactionTo(code: number): Reaction {
  const known: Partial<Record<number, (typeof CLOSE_CODES)[CloseCode]>> = CLOSE_CODES
  const row = known[code]
  return row ? REACTIONS[row.reconnect] : 'retry'
}

/** Milliseconds until the next attempt: doubling, with full jitter, so that clients do not reconnect all at once. */
export function delayBefore(attempt: number, reaction: Reaction, random: () => number): number {
  const most = Math.max(reaction === 'spread' ? SPREAD_MS : 0, Math.min(MAX_MS, FIRST_MS * 2 ** attempt))
  return Math.round((reaction === 'wait' ? WAIT_MS : 0) + random() * most)
}
