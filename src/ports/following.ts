import type { StoredEntry } from './storage.ts'

/**
 * The log as one follower reads it: a part of Parley that keeps something of its own up to date with the log, such as a search
 * index. The store holds a position for each follower and stream. Guarantees of every adapter:
 *
 * - At least once: an entry is returned by `next` until `advance` has moved the position to it or beyond. None is omitted, also
 *   not those of an append that was interrupted by a crash and completed by another process.
 * - The entries of a stream are in order of `change` and without gaps, from the position on.
 * - Streams with unhandled entries are found by an index. The cost of `next` does not grow with the number of streams, and an
 *   append costs no command and no row for each follower.
 * - An entry whose text was deleted since has the blanked form. The last entry of a purged conversation is
 *   `conversation.deleted`; those before it are blank.
 *
 * Several callers of one follower may get the same entries; `Owners` keeps that rare.
 */
export interface Following {
  /** Streams with unhandled entries, those that have waited longest first. Empty: everything committed so far is handled. */
  next(limits: NextLimits): Promise<Unhandled[]>
  /** Moves the position of each stream to `change`, only forward. One write for all of them. */
  advance(handled: readonly Position[]): Promise<void>
  /** Puts the streams behind all others that wait now. Their positions stay. */
  postpone(streams: readonly string[]): Promise<void>
  lag(): Promise<Lag>
}

export interface NextLimits {
  streams: number
  /** Of all streams together, at least one entry. */
  entries: number
  /** About how many bytes of data in UTF-8, at least one entry. */
  bytes: number
}

/** A stream with the entries after its position, at least one and not necessarily all. */
export interface Unhandled {
  stream: string
  entries: StoredEntry[]
}

export interface Position {
  stream: string
  change: number
}

export interface Lag {
  /** How many streams have unhandled entries. */
  streams: number
  /** When the first unhandled entry of the stream that has waited longest was committed; null if everything is handled. */
  oldest_at: string | null
}

/** What a follower reads. `from` holds for streams that exist when the follower is first seen; later ones begin at change 1. */
export interface FollowOptions {
  streams: 'conversations' | 'users'
  from: 'beginning' | 'now'
}
