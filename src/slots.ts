/** Runs work that is costly at most so many times at once; the rest waits in order. */
export interface Slots {
  /** Throws what `full` makes if too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function openSlots(concurrency: number, max_waiting: number, full: () => Error): Slots {
  let running = 0
  const waiting: (() => void)[] = []
  return {
    async run(work) {
      if (running >= concurrency) {
        if (waiting.length >= max_waiting) throw full()
        const turn = Promise.withResolvers<void>()
        waiting.push(turn.resolve)
        await turn.promise
      } else running += 1
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else running -= 1
      }
    },
  }
}
