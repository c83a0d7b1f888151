import type { EventFrame } from '../wire-types.ts'
import { deferred, type Deferred } from '../deferred.ts'
import { ConnectionLost, askedToWait, passes } from '../errors.ts'
import { delayBefore } from '../policy.ts'

/** Events that may wait for one fetch. If more come, the stream is fetched again. */
const MAX_FRAMES = 10_000
/** Attempts in a row. The next `ready` starts again. */
const MAX_ATTEMPTS = 10

/** Applies what was fetched, then the events that came meanwhile. null: what was fetched is older than what is known. */
export type Settle = ((frames: readonly EventFrame[]) => void) | null

/** Fetches wait before they are tried again. */
export interface Waiting {
  readonly error: Error
  /** Milliseconds since 1970. */
  readonly until: number
}

interface Fetch {
  frames: EventFrame[]
  /** More events came than may wait: some after this fetch are missing. */
  lost: boolean
  readonly done: Deferred<void>
}

/**
 * Streams to fetch again, one after the other; a stream that is asked for several times is fetched once. Events that come for
 * a stream after its fetch began wait in `frames`. Earlier ones are contained in the answer.
 */
export class Fetches {
  readonly #fetch: (stream: string) => Promise<Settle>
  readonly #random: () => number
  readonly #queue = new Map<string, Fetch>()
  /** Streams whose fetch failed too often; events of them are missing. */
  readonly #failed = new Set<string>()
  #working = false
  #closed = false
  #endPause: () => void = () => undefined
  #waiting: Waiting | null = null
  readonly #changed: () => void

  /** `changed` is called when `waiting` has changed. */
  constructor(fetch: (stream: string) => Promise<Settle>, random: () => number, changed: () => void = () => undefined) {
    this.#fetch = fetch
    this.#changed = changed
    this.#random = random
  }

  get waiting(): Waiting | null {
    return this.#waiting
  }

  /** Whether nothing is being fetched, could not be, or was given up. */
  get isSettled(): boolean {
    return !this.#closed && this.#queue.size === 0 && this.#failed.size === 0
  }

  /** The fetch of a stream that has not ended. */
  pending(stream: string): Promise<void> | undefined {
    return this.#queue.get(stream)?.done.promise
  }

  /** Settles when all that is being fetched now has been. */
  async settled(): Promise<void> {
    await Promise.all([...this.#queue.values()].map(({ done }) => done.promise))
  }

  /** Settles when the stream has been fetched, or cannot be. */
  ask(stream: string): Promise<void> {
    const known = this.#queue.get(stream)
    if (known) {
      // A fetch in flight may have the earlier state.
      known.lost = true
      return known.done.promise
    }
    const fetch = { frames: [], lost: false, done: deferred<void>() }
    fetch.done.promise.catch(() => undefined)
    this.#queue.set(stream, fetch)
    this.#failed.delete(stream)
    if (!this.#working) void this.#work()
    return fetch.done.promise
  }

  /** The connection is ready again: repeats the fetches that failed. */
  retry(): void {
    for (const stream of this.#failed) void this.ask(stream)
  }

  /** Keeps an event of a stream that is being fetched; false: none of these streams is. */
  hold(frame: EventFrame, ...streams: string[]): boolean {
    const fetch = streams.map(stream => this.#queue.get(stream)).find(each => each !== undefined)
    if (!fetch) return streams.some(stream => this.#failed.has(stream))
    if (fetch.frames.length < MAX_FRAMES) fetch.frames.push(frame)
    else fetch.lost = true
    return true
  }

  close(reason: string): void {
    this.#closed = true
    this.#endPause()
    for (const { done } of this.#queue.values()) done.reject(new Error(reason))
    this.#queue.clear()
  }

  async #work(): Promise<void> {
    this.#working = true
    let attempt = 0
    for (;;) {
      const [next] = this.#queue
      if (!next || this.#closed) break
      const [stream, fetch] = next
      fetch.frames = []
      fetch.lost = false
      try {
        const settle = await this.#fetch(stream)
        if (!settle) throw new ConnectionLost('the answer was older than what is known')
        attempt = 0
        if (this.#closed) break
        if (fetch.lost) continue
        this.#queue.delete(stream)
        settle(fetch.frames)
        fetch.done.resolve()
      } catch (error) {
        if (this.#closed) break
        attempt += 1
        if (passes(error) && attempt < MAX_ATTEMPTS) await this.#pause(error, attempt)
        else {
          attempt = 0
          this.#queue.delete(stream)
          this.#failed.add(stream)
          fetch.done.reject(error)
        }
      }
    }
    this.#working = false
  }

  async #pause(error: unknown, attempt: number): Promise<void> {
    const { promise, resolve } = deferred<void>()
    const ms = Math.max(askedToWait(error), delayBefore(attempt, 'retry', this.#random))
    const timer = setTimeout(() => resolve(), ms)
    this.#endPause = () => {
      clearTimeout(timer)
      resolve()
    }
    this.#become({ error: toError(error), until: Date.now() + ms })
    await promise
    this.#become(null)
  }

  #become(waiting: Waiting | null): void {
    this.#waiting = waiting
    if (!this.#closed) this.#changed()
  }
}

export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error })
}
