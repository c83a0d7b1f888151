/**
 * The listeners of a store's commits (`Log.onCommit`). What they are notified of is durable already, so one that throws fails
 * no append and keeps nothing from the others: it is logged as a warning of the process.
 */
export class CommitListeners<Entry> {
  /** Replaced, never changed: who is added by a listener is notified from the next commit on. */
  #listeners: readonly { notify: (entries: readonly Entry[]) => void }[] = []

  get size(): number {
    return this.#listeners.length
  }

  /** Gives the function that ends the subscription. The same function may be added twice. */
  add(notify: (entries: readonly Entry[]) => void): () => void {
    const listener = { notify }
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter(each => each !== listener)
    }
  }

  notify(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    for (const { notify } of this.#listeners) {
      try {
        notify(entries)
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }
}
