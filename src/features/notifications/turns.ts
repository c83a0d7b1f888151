interface Queue {
  running: number
  waiting: (() => void)[]
}

/**
 * Runs work of one key at most so many times at once, in the order in which it came. What waits is bounded by what the caller
 * runs at once.
 */
export class Turns {
  readonly #at_once: number
  readonly #queues = new Map<string, Queue>()

  constructor(at_once: number) {
    this.#at_once = at_once
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? { running: 0, waiting: [] }
    this.#queues.set(key, queue)
    if (queue.running >= this.#at_once) await new Promise<void>(resolve => queue.waiting.push(resolve))
    else queue.running += 1
    try {
      return await work()
    } finally {
      const next = queue.waiting.shift()
      if (next) next()
      else queue.running -= 1
      if (queue.running === 0) this.#queues.delete(key)
    }
  }
}
