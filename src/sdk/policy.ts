/** How a client reacts when its socket closes (contracts/socket.ts, CLOSE_CODES). */
export type Reaction = 'stop' | 'retry' | 'refresh' | 'wait'

const FIRST_MS = 250
const MOST_MS = 30_000
/** A flood is not repeated at once. */
const WAIT_MS = 10_000

export function reactionTo(code: number): Reaction {
  if (code === 4401) return 'refresh'
  if (code === 4429) return 'wait'
  return code === 4400 || code === 4403 || code === 1009 ? 'stop' : 'retry'
}

/** Milliseconds until the next attempt: doubling with full jitter, so that a restart does not bring everybody back at once. */
export function delayBefore(attempt: number, reaction: Reaction, random: () => number): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** attempt)
  return Math.round((reaction === 'wait' ? WAIT_MS : 0) + random() * most)
}
