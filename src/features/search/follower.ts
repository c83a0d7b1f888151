import type { Follower } from '../../followers/follower.ts'
import { MAX_CHANGES, type SearchIndex } from '../../ports/search.ts'
import { changesOf } from './changes.ts'

/** Keeps the index up to date with the log. While the index cannot be written, entries wait in the log, and sends do not. */
export function openSearchFollower(index: SearchIndex): Follower {
  return {
    name: 'search',
    streams: 'conversations',
    from: 'beginning',
    async handle(entries) {
      const changes = entries.flatMap(changesOf)
      for (let at = 0; at < changes.length; at += MAX_CHANGES) await index.apply(changes.slice(at, at + MAX_CHANGES))
    },
  }
}
