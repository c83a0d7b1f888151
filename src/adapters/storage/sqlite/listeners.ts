import type { Log, StoredEntry } from '../../../ports/storage.ts'

type Listener = Parameters<Log['onCommit']>[0]

/** Who is told of what was committed. */
export interface Listeners {
  add(listener: Listener): void
  tell(entries: readonly StoredEntry[]): void
}

export function openListeners(): Listeners {
  const listeners: Listener[] = []
  return {
    add: listener => void listeners.push(listener),
    tell(entries) {
      for (const listener of listeners) {
        try {
          listener(entries)
        } catch (error) {
          // What it was told of is durable: neither the appends nor the other listeners may fail of this one.
          process.emitWarning(error instanceof Error ? error : String(error))
        }
      }
    },
  }
}
