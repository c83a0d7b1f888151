/**
 * Counts what is limited, over all nodes that share it. Promises of each adapter, each a case of `tests/conformance/counting`:
 *
 * - Each use of a key is counted once, on whichever node. A window begins with the first use of its key.
 * - Nothing rejects because the connection is lost, and nothing waits longer than 2 s: meanwhile each node counts by itself.
 * - Keys are not stored as they are given, because a name in a sign-in may be a password in the wrong field.
 */
export interface Counting extends AsyncDisposable {
  /** A limit of so many uses of each key in a window. The function counts one use, and tells of it without asking again. */
  limiter(name: string, points: number, window_seconds: number): (key: string) => Promise<Use>
  /** Gives one of so many places of the key to the holder, until `leave` or until its node dies; false: all are taken. */
  enter(key: string, holder: string, places: number): Promise<boolean>
  leave(key: string, holder: string): void
}

/** A use that was counted. */
export interface Use {
  /** Whether it is within the limit. */
  within: boolean
  /** The uses in this window, this one and those that were refused included. */
  uses: number
  /** Milliseconds until the window ends. */
  ends_in: number
}
