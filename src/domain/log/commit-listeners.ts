type Listener<Entry> = (entries: readonly Entry[], elsewhere: boolean) => void

/**
 * The listeners of a store's commits (`Log.onCommit`). They are called with durable entries. If one throws, the append does
 * not fail and the others are called; the error is logged as a warning of the process.
 */
export class CommitListeners<Entry> {
  /** Replaced, never changed: a listener that is added during a call is called from the next commit on. */
  #listeners: readonly { notify: Listener<Entry> }[] = []

  get size(): number {
    return this.#listeners.length
  }

  /** Returns a function that removes the listener. The same listener may be added twice. */
  add(notify: Listener<Entry>): () => void {
    const listener = { notify }
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter(each => each !== listener)
    }
  }

  /** `elsewhere`: another process has committed them. */
  notify(entries: readonly Entry[], elsewhere = false): void {
    if (entries.length === 0) return
    for (const { notify } of this.#listeners) {
      try {
        notify(entries, elsewhere)
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }
}
