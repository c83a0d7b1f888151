import type { FollowOptions } from '../ports/following.ts'
import type { StoredEntry } from '../ports/storage.ts'

/**
 * A part of Parley that keeps something of its own up to date with the log. One process of a store runs it at a time; rarely
 * two do for a moment.
 */
export interface Follower {
  /** Names its stored positions: never change one that was released. Contains no `:`. */
  readonly name: string
  readonly streams: FollowOptions['streams']
  /** Where it begins in streams that exist when it is first run. */
  readonly from: FollowOptions['from']
  /**
   * Handles entries of one or several streams; those of one stream are in order and without gaps. Entries may come again, so that
   * handling them twice must have the effect of once. When it resolves, they are handled; when it throws, they come again later.
   * Work that takes longer than a few milliseconds without waiting is divided by `setImmediate`.
   */
  handle(entries: readonly StoredEntry[]): Promise<void>
}
