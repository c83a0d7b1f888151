import type { EventFrame } from '../../contracts/socket.ts'
import { deferred, type Deferred } from './deferred.ts'
import { ConnectionLost, askedToWait, passes } from './errors.ts'
import { delayBefore } from './policy.ts'

/** Events that may wait for one fetch; where more come, it is made again. */
const MAX_FRAMES = 10_000
/** Attempts in a row; the next `ready` begins anew. */
const MAX_ATTEMPTS = 10

/** Puts what was fetched in its place, and then the events that came meanwhile. null: it was older than what is known. */
export type Settle = ((frames: readonly EventFrame[]) => void) | null

interface Fetch {
  frames: EventFrame[]
  /** More events came than could wait: what is fetched now has a hole after it. */
  lost: boolean
  readonly done: Deferred<void>
}

/**
 * Streams to fetch anew, one after the other and each once however often it is asked for. The events that come for a stream
 * from the moment its fetch begins wait in `frames`; what came before is in what it fetches.
 */
export class Fetches {
  readonly #fetch: (stream: string) => Promise<Settle>
  readonly #random: () => number
  readonly #queue = new Map<string, Fetch>()
  /** Given up: what is known of them has a hole. */
  readonly #failed = new Set<string>()
  #working = false
  #closed = false
  #endPause: () => void = () => undefined

  constructor(fetch: (stream: string) => Promise<Settle>, random: () => number) {
    this.#fetch = fetch
    this.#random = random
  }

  /** Settles when the stream was fetched, or cannot be. */
  ask(stream: string): Promise<void> {
    const known = this.#queue.get(stream)
    if (known) {
      // It may be on its way already, with what was true before.
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

  /** The connection is back: tries again what was given up. */
  retry(): void {
    for (const stream of this.#failed) void this.ask(stream)
  }

  /** Takes an event that has to wait for one of these streams; false: none of them is being fetched. */
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

  #pause(error: unknown, attempt: number): Promise<void> {
    const { promise, resolve } = deferred<void>()
    const timer = setTimeout(() => resolve(), Math.max(askedToWait(error), delayBefore(attempt, 'retry', this.#random)))
    this.#endPause = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }
}
