/** Typed listeners. If one throws, the others are called nevertheless, and the platform reports the error. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>()

  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Calls the listeners of this moment: one that is added meanwhile is not called, nor is one that is removed. */
  emit<E extends keyof Events>(event: E, value: Events[E]): void {
    const listeners = this.#listeners.get(event)
    const present = [...(listeners ?? [])]
    for (const listener of present) {
      if (!listeners?.has(listener)) continue
      // Cast: the set of an event holds only listeners that `on` added for this event.
      const hear = listener as (value: Events[E]) => void
      try {
        hear(value)
      } catch (error) {
        report(error)
      }
    }
  }
}

/** As an uncaught error of the app, but without ending the present work. Node has no `reportError`. */
export function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}
