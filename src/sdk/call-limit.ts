import { ParleyError, askedToWait } from './errors.ts'

export function isLimit(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'rate_limited'
}

/** Until when the server refuses calls of this user, as its refusals say. */
export class CallLimit {
  readonly #now: () => number
  readonly #changed: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Milliseconds since 1970; 0: it does not refuse them. */
  until = 0

  constructor(now: () => number, changed: () => void) {
    this.#now = now
    this.#changed = changed
  }

  note(error: unknown): void {
    const ms = isLimit(error) ? askedToWait(error) : 0
    const until = this.#now() + ms
    if (ms === 0 || until <= this.until) return
    this.clear()
    this.until = until
    this.#timer = setTimeout(() => {
      this.until = 0
      this.#changed()
    }, ms)
    this.#changed()
  }

  clear(): void {
    this.until = 0
    clearTimeout(this.#timer)
  }
}
