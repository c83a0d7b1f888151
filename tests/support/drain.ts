import type { Following } from '../../src/ports/following.ts'
import type { StoredEntry } from '../../src/ports/storage.ts'

const LIMITS = { streams: 10, entries: 100, bytes: 1024 * 1024 }
const MAX_ROUNDS = 10_000

/** Handles everything that the follower has not handled, by stream. */
export async function drain(following: Following, limits = LIMITS): Promise<Map<string, StoredEntry[]>> {
  const handled = new Map<string, StoredEntry[]>()
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = await following.next(limits)
    if (next.length === 0) return handled
    for (const { stream, entries } of next) handled.set(stream, [...(handled.get(stream) ?? []), ...entries])
    await following.advance(next.map(({ stream, entries }) => ({ stream, change: entries.at(-1)?.change ?? 0 })))
  }
  throw new Error('the follower never comes to an end')
}

/** The change numbers of what was handled in a stream. */
export function changesIn(handled: ReadonlyMap<string, readonly StoredEntry[]>, stream: string): number[] {
  return (handled.get(stream) ?? []).map(({ change }) => change)
}
