import type { Bus, Note } from '../../ports/bus.ts'

/** Connects the nodes of one process. The server has one node; tests may have several. */
export class LocalNetwork {
  readonly #nodes = new Set<LocalBus>()

  join(): Bus {
    const node = new LocalBus(this.#nodes)
    this.#nodes.add(node)
    return node
  }
}

class LocalBus implements Bus {
  readonly connected = true
  readonly #nodes: Set<LocalBus>
  readonly #topics = new Set<string>()
  readonly #listeners: ((note: Note, topic: string) => void)[] = []

  constructor(nodes: Set<LocalBus>) {
    this.#nodes = nodes
  }

  publish(topic: string, note: Note): void {
    if (!this.#nodes.has(this) || this.#nodes.size === 1) return
    queueMicrotask(() => {
      for (const node of this.#nodes) if (node !== this && node.#topics.has(topic)) node.#take(note, topic)
    })
  }

  subscribe(topic: string): void {
    this.#topics.add(topic)
  }

  unsubscribe(topic: string): void {
    this.#topics.delete(topic)
  }

  onNote(listener: (note: Note, topic: string) => void): void {
    this.#listeners.push(listener)
  }

  onLost(): void {
    // Never lost.
  }

  onRestored(): void {
    // Never lost.
  }

  #take(note: Note, topic: string): void {
    for (const listener of this.#listeners) {
      try {
        listener(note, topic)
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#nodes.delete(this)
  }
}
